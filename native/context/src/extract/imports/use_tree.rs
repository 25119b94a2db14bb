//! Rust's `use a::{b, c::{self, d as e}, f::*}` and `mod name;`.

use super::module;
use crate::record::{Import, ImportedName, NameTableBuilder, Span};

/// Returns one import for each path of a tree.
pub(super) fn imports<'text>(
    span: Span,
    text: &str,
    tree: &'text str,
    reexported: bool,
    names: &mut NameTableBuilder<'text>,
) -> Vec<Import> {
    if span.of(text).trim_end().ends_with(';') && declares_module(span.of(text)) {
        let mut import = module(span, &format!("self::{tree}"));
        import.alias = Some(names.intern(tree));
        return vec![import];
    }
    let mut imports = Vec::new();
    expand("", tree, &mut |path, local, everything| {
        let mut import = module(span, path);
        import.reexported = reexported;
        import.everything = everything;
        if !everything {
            let last = path.rsplit("::").next().unwrap_or(path);
            // The last part of `path` occurs in the text, although `path` itself was put together from a
            // tree.
            let name = find(tree, last).unwrap_or_default();
            import.names =
                [ImportedName { name: names.intern(name), local: names.intern(local.unwrap_or(name)) }]
                    .into();
        }
        imports.push(import);
    });
    imports
}

fn declares_module(statement: &str) -> bool {
    statement.split_whitespace().rev().nth(1).is_some_and(|word| word == "mod")
}

fn find<'text>(text: &'text str, part: &str) -> Option<&'text str> {
    text.find(part).and_then(|start| text.get(start..start + part.len()))
}

/// Calls `found` for each leaf with its path, its local name, and whether it imports everything.
fn expand<'text>(prefix: &str, tree: &'text str, found: &mut impl FnMut(&str, Option<&'text str>, bool)) {
    let tree = tree.trim();
    if let Some((head, list)) = tree.split_once('{') {
        let list = list.trim_end().strip_suffix('}').unwrap_or(list);
        let prefix = joined(prefix, head.trim().trim_end_matches(':'));
        for branch in branches(list) {
            expand(&prefix, branch, found);
        }
    } else if let Some(path) = tree.strip_suffix('*') {
        found(&joined(prefix, path.trim().trim_end_matches(':')), None, true);
    } else if !tree.is_empty() {
        let (path, local) =
            tree.split_once(" as ").map_or((tree, None), |(path, local)| (path.trim(), Some(local.trim())));
        let path =
            if path == "self" && !prefix.is_empty() { prefix.to_owned() } else { joined(prefix, path) };
        found(&path, local, false);
    }
}

fn joined(prefix: &str, path: &str) -> String {
    match (prefix.is_empty(), path.is_empty()) {
        (true, _) => path.to_owned(),
        (_, true) => prefix.to_owned(),
        _ => format!("{prefix}::{path}"),
    }
}

/// Splits a list at the commas that are not in braces.
fn branches(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    list.split(move |character| {
        depth += match character {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        character == ',' && depth == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_becomes_a_path_for_each_leaf() {
        let mut paths = Vec::new();
        expand("", "crate::{a, b::{self, c as d, e::*}, f :: g}", &mut |path, local, everything| {
            paths.push((path.to_owned(), local.map(str::to_owned), everything));
        });
        let plain = |path: &str| (path.to_owned(), None, false);
        assert_eq!(
            paths,
            [
                plain("crate::a"),
                plain("crate::b"),
                ("crate::b::c".to_owned(), Some("d".to_owned()), false),
                ("crate::b::e".to_owned(), None, true),
                plain("crate::f :: g"),
            ]
        );
    }
}
