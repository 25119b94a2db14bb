//! Search terms of file paths.

use std::collections::BTreeMap;

use super::tokens::{Identifier, Term, words};

/// File names without information. Such a file is known by its directory.
const GENERIC_NAMES: &[&str] =
    &["index", "mod", "lib", "main", "init", "__init__", "__main__", "package", "readme"];

/// The number of enclosing directories whose names are indexed. Those further up are common to much of the
/// workspace.
const DIRECTORIES_INDEXED: usize = 3;

/// The weight of a part of the file's own name, against 1 for its directories. The name was chosen for this
/// file.
const NAME_WEIGHT: u8 = 2;

/// Returns the terms of a path with their weights.
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
    for (index, directory) in parts.take(DIRECTORIES_INDEXED).enumerate() {
        add(directory, if index == 0 && GENERIC_NAMES.contains(&file_stem(path)) { NAME_WEIGHT } else { 1 });
    }
    for word in own_name(path).split('+') {
        identifier.split(&word.replace(['-', '.'], "_"));
        terms.insert(Term::file_stem(identifier.joined()), 1);
    }
    terms
}

/// Returns the file name up to its first dot, not counting leading dots and underscores.
pub(super) fn file_stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    let start = name.len() - name.trim_start_matches(['.', '_']).len();
    name[start..].split('.').next().map_or(name, |stem| &name[..start + stem.len()])
}

/// Returns the distinctive name of a file: its stem, or the name of its directory if the stem is a generic
/// name.
pub(super) fn own_name(path: &str) -> &str {
    let stem = file_stem(path);
    if !GENERIC_NAMES.contains(&stem) {
        return stem;
    }
    path.rsplit('/').nth(1).unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_its_stem_or_its_directory() {
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
