//! What a path says of its file.

use std::collections::BTreeMap;

use super::tokens::{Identifier, Term, words};

/// File names that say nothing: such a file is known by its folder.
const NAMELESS: &[&str] =
    &["index", "mod", "lib", "main", "init", "__init__", "__main__", "package", "readme"];

/// Folders in front of a file whose names are counted: those further up are common to much of the workspace.
const FOLDERS: usize = 3;

/// How much a part of the file's own name counts, against 1 for its folders: the name was chosen for this file.
const NAME_WEIGHT: u8 = 2;

/// The terms of a path with their weights.
pub(super) fn path_terms(path: &str) -> BTreeMap<Term, u8> {
    let mut terms = BTreeMap::new();
    let mut identifier = Identifier::default();
    let mut add = |text: &str, weight: u8| {
        for word in words(text) {
            identifier.split(word);
            for term in identifier.terms() {
                let count = terms.entry(term).or_insert(0_u8);
                *count = weight.max(*count);
            }
        }
    };
    let mut parts = path.rsplit('/');
    add(parts.next().unwrap_or_default(), NAME_WEIGHT);
    for (index, folder) in parts.take(FOLDERS).enumerate() {
        add(folder, if index == 0 && NAMELESS.contains(&file_stem(path)) { NAME_WEIGHT } else { 1 });
    }
    for word in own_name(path).split('+') {
        identifier.split(&word.replace(['-', '.'], "_"));
        terms.insert(Term::file_stem(identifier.joined()), 1);
    }
    terms
}

/// The file's name without what follows the first dot behind its start.
pub(super) fn file_stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    let start = name.len() - name.trim_start_matches(['.', '_']).len();
    name[start..].split('.').next().map_or(name, |stem| &name[..start + stem.len()])
}

/// What the file is called: its stem, or where that says nothing, the name of its folder.
pub(super) fn own_name(path: &str) -> &str {
    let stem = file_stem(path);
    if !NAMELESS.contains(&stem) {
        return stem;
    }
    path.rsplit('/').nth(1).unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_stem_or_its_folder() {
        for (path, name) in [
            ("src/parser.rs", "parser"),
            ("src/parser/mod.rs", "parser"),
            ("packages/core/index.test.ts", "core"),
            ("a/.eslintrc.json", ".eslintrc"),
            ("pkg/__init__.py", "pkg"),
            ("main.go", "main"),
            ("Makefile", "Makefile"),
        ] {
            assert_eq!(own_name(path), name, "{path}");
        }
    }
}
