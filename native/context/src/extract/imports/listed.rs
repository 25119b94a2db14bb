//! Import statements with a list of names: Scala's `import a.{b, c => d}`, PHP's `use A\\{B, C as D}`.

use super::qualified;
use crate::record::{Import, NameTableBuilder, Span};

const KEYWORDS: [&str; 2] = ["import ", "use "];

/// Returns whether the captured text is the whole statement instead of its path.
pub(super) fn is_statement(written: &str) -> bool {
    KEYWORDS.iter().any(|keyword| written.starts_with(keyword))
}

/// Returns one import for each name of a statement.
pub(super) fn imports<'text>(
    span: Span,
    statement: &'text str,
    names: &mut NameTableBuilder<'text>,
) -> Vec<Import> {
    let list = KEYWORDS.iter().find_map(|keyword| statement.strip_prefix(keyword)).unwrap_or(statement);
    let list = list.trim().trim_end_matches(';');
    // PHP's functions and constants are imported like classes.
    let list = list.strip_prefix("function ").or_else(|| list.strip_prefix("const ")).unwrap_or(list);
    let (prefix, inner) = list.split_once('{').map_or(("", list), |(prefix, inner)| (prefix.trim(), inner));
    let items = inner.trim_end_matches('}').split(',').map(str::trim).filter(|item| !item.is_empty());
    items
        .map(|item| {
            let (path, alias) = ["=>", " as "]
                .iter()
                .find_map(|sign| item.split_once(sign))
                .map_or((item, None), |(path, alias)| (path.trim(), Some(alias.trim())));
            let module = path.strip_suffix('_').or_else(|| path.strip_suffix('*'));
            let everything = module.is_some_and(|module| module.is_empty() || module.ends_with(['.', '\\']));
            let path = if everything { module.unwrap_or_default() } else { path };
            let mut import = qualified(span, path, everything, alias, names);
            let separators = ['.', '\\'];
            import.path = format!("{prefix}{path}").trim_end_matches(separators).into();
            import
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_of_a_list_is_an_import() {
        let paths = |statement| {
            let mut names = NameTableBuilder::default();
            let imports = imports(Span { start: 0, end: 1 }, statement, &mut names);
            imports.iter().map(|import| format!("{} {}", import.path, import.everything)).collect::<Vec<_>>()
        };
        assert_eq!(paths("import a.b.{C, D => E}"), ["a.b.C false", "a.b.D false"]);
        assert_eq!(paths("import a.b._"), ["a.b true"]);
        assert_eq!(paths("import a.{b, _}"), ["a.b false", "a true"]);
        assert_eq!(paths("use A\\{B, C as D};"), ["A\\B false", "A\\C false"]);
        assert_eq!(paths("use function A\\b;"), ["A\\b false"]);
    }
}
