//! Extracts the imports of a file.

use super::captures::{Captures, ImportMatch};
use crate::languages::{ImportNotation, LanguageId};
use crate::record::{Import, ImportedName, NameId, NameTableBuilder, Span};

mod listed;
mod use_tree;

pub(super) fn imports<'text>(
    language: LanguageId,
    text: &'text str,
    captures: &Captures,
    names: &mut NameTableBuilder<'text>,
) -> Vec<Import> {
    let notation = language.language().syntax.as_ref().map_or(ImportNotation::Path, |syntax| syntax.imports);
    let mut imports: Vec<Import> = Vec::new();
    let mut last_path = None;
    for found in &captures.imports {
        let (Some(path), statement) = (found.path, found.statement) else { continue };
        let statement = statement.unwrap_or(path);
        let written = unquoted(path.of(text));
        match notation {
            ImportNotation::UseTree => {
                imports.extend(use_tree::imports(statement, text, written, found.reexported, names));
            }
            ImportNotation::QualifiedName if listed::is_statement(written) => {
                imports.extend(listed::imports(statement, written, names));
            }
            ImportNotation::QualifiedName => {
                imports.push(qualified(statement, written, found.everything, alias(found, text), names));
            }
            ImportNotation::Path => {
                // A statement has one match for each imported name.
                if last_path != Some(path) {
                    imports.push(module(statement, written));
                    last_path = Some(path);
                }
                if let Some(import) = imports.last_mut() {
                    add(import, found, text, names);
                }
            }
        }
    }
    imports
}

/// Replaces the preliminary name ids in the imports with the final ones.
pub(super) fn remap_names(imports: &mut [Import], final_ids: &[NameId]) {
    let remapped = |id: NameId| final_ids[id.0 as usize];
    for import in imports {
        import.alias = import.alias.map(remapped);
        for imported in &mut import.names {
            *imported = ImportedName { name: remapped(imported.name), local: remapped(imported.local) };
        }
    }
}

fn module(span: Span, path: &str) -> Import {
    Import {
        span,
        path: path.into(),
        names: Box::default(),
        alias: None,
        everything: false,
        reexported: false,
    }
}

fn add<'text>(
    import: &mut Import,
    found: &ImportMatch,
    text: &'text str,
    names: &mut NameTableBuilder<'text>,
) {
    import.everything |= found.everything;
    import.reexported |= found.reexported;
    if let Some(alias) = found.module_alias {
        import.alias = Some(names.intern(alias.of(text)));
    }
    if let Some(name) = found.name {
        let imported = ImportedName {
            name: names.intern(unquoted(name.of(text))),
            local: names.intern(unquoted(found.alias.unwrap_or(name).of(text))),
        };
        if !import.names.contains(&imported) {
            import.names = import.names.iter().copied().chain([imported]).collect();
        }
    }
}

/// Makes the import of a qualified name: `a.b.Class` imports `Class` from `a.b`.
fn qualified<'text>(
    span: Span,
    path: &'text str,
    everything: bool,
    alias: Option<&'text str>,
    names: &mut NameTableBuilder<'text>,
) -> Import {
    let mut import = module(span, path);
    import.everything = everything;
    if !everything {
        let last = path.rsplit(['.', '\\']).next().unwrap_or(path);
        import.names =
            [ImportedName { name: names.intern(last), local: names.intern(alias.unwrap_or(last)) }].into();
    }
    import
}

fn alias<'text>(found: &ImportMatch, text: &'text str) -> Option<&'text str> {
    found.alias.map(|alias| alias.of(text))
}

fn unquoted(path: &str) -> &str {
    let path = path.trim();
    for (open, close) in [('"', '"'), ('\'', '\''), ('`', '`'), ('<', '>')] {
        if let Some(inner) = path.strip_prefix(open).and_then(|path| path.strip_suffix(close)) {
            return inner;
        }
    }
    path
}
