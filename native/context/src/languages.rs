//! The supported languages: how their files are recognized and how their syntax is interpreted.
//!
//! `table` has one entry per language, whose queries are in `queries/<name>/`. The rest of the crate asks
//! this module instead of naming languages. The exception is the resolution of imports to files, which has
//! rules per language family.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

mod detect;
mod query;
mod table;

pub use detect::detect;
pub use query::{Capture, LanguageQuery};
pub use table::LANGUAGES;

/// A language of the table.
#[derive(Debug)]
pub struct Language {
    /// The name in answers and requests, in lower case.
    pub name: &'static str,
    /// The file name extensions, without the dot, in lower case.
    pub extensions: &'static [&'static str],
    /// Whole file names, in lower case.
    pub file_names: &'static [&'static str],
    /// The programs that a `#!` line may name.
    pub interpreters: &'static [&'static str],
    /// The syntax, if there is a grammar.
    pub syntax: Option<Syntax>,
    /// The start of a line comment. It is used to count lines if there is no grammar.
    pub line_comment: Option<&'static str>,
}

/// The syntax of a language.
#[derive(Debug)]
pub struct Syntax {
    /// The tree-sitter grammar.
    pub grammar: fn() -> tree_sitter::Language,
    /// The queries, which are concatenated.
    pub queries: &'static [&'static str],
    /// The rule for the visibility of a declaration.
    pub visibility: VisibilityRule,
    /// The marks of tests.
    pub tests: &'static [TestMark],
    /// The notation of imports.
    pub imports: ImportNotation,
}

/// How the module of an import is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportNotation {
    /// A path, quoted or not, which is one module.
    Path,
    /// A tree of paths, such as Rust's `use a::{b, c::d as e}`, and also `mod name;`.
    UseTree,
    /// A path whose last part is imported, such as Java's `a.b.Class` and `a.b.*`.
    QualifiedName,
}

/// How a declaration indicates its visibility.
#[derive(Debug, Clone, Copy)]
pub enum VisibilityRule {
    /// By keywords before the name, such as `pub` or `private`.
    Words {
        /// The keywords of public declarations.
        public: &'static [&'static str],
        /// The keywords of declarations for the package or subclasses.
        internal: &'static [&'static str],
        /// The keywords of private declarations.
        private: &'static [&'static str],
        /// The visibility of a declaration without a keyword.
        otherwise: crate::record::Visibility,
        /// The visibility of a member of a class or struct without a keyword.
        member: crate::record::Visibility,
    },
    /// By the name: names that start with an underscore are private.
    Underscore,
    /// By the name: names that start with an uppercase letter are public.
    Capital,
}

/// A mark that identifies a function as a test, independent of its file.
#[derive(Debug, Clone, Copy)]
pub enum TestMark {
    /// A decorator that contains this word.
    Decorator(&'static str),
    /// A name that starts with this prefix.
    NamePrefix(&'static str),
}

/// The index of a language in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LanguageId(u8);

impl LanguageId {
    /// Returns every language.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..u8::MAX).take(LANGUAGES.len()).map(Self)
    }

    /// Finds a language by the name that a request uses: its own name, an extension, or the name of an
    /// interpreter.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Self::all()
            .find(|id| id.language().name == name)
            .or_else(|| Self::all().find(|id| id.language().extensions.contains(&name.as_str())))
            .or_else(|| Self::all().find(|id| id.language().interpreters.contains(&name.as_str())))
    }

    /// Returns the entry of the language in the table.
    #[must_use]
    pub fn language(self) -> &'static Language {
        // Ids from caches of other versions never get here, because `fingerprint` is part of the cache
        // version.
        LANGUAGES.get(usize::from(self.0)).unwrap_or(&table::PLAIN_TEXT)
    }

    /// Returns the compiled queries, or `None` if there is no grammar. The first call for a language compiles
    /// them, which takes some milliseconds.
    #[must_use]
    pub fn query(self) -> Option<&'static LanguageQuery> {
        static COMPILED: [OnceLock<Option<LanguageQuery>>; LANGUAGES.len()] =
            [const { OnceLock::new() }; LANGUAGES.len()];
        COMPILED.get(usize::from(self.0))?.get_or_init(|| LanguageQuery::compile(self.language())).as_ref()
    }
}

/// Returns a hash of everything besides the text that a cached record depends on: the languages, their
/// queries and their grammars.
#[must_use]
pub fn fingerprint() -> u64 {
    let mut hash = Xxh3::new();
    for language in LANGUAGES {
        hash.update(language.name.as_bytes());
        let Some(syntax) = &language.syntax else { continue };
        for query in syntax.queries {
            hash.update(query.as_bytes());
        }
        // Not every grammar reports its version. These numbers change whenever the rules do.
        let grammar = (syntax.grammar)();
        for number in [
            grammar.abi_version(),
            grammar.parse_state_count(),
            grammar.node_kind_count(),
            grammar.field_count(),
        ] {
            hash.update(&number.to_le_bytes());
        }
    }
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_compiles_and_uses_known_captures() {
        let mut wrong = Vec::new();
        for id in LanguageId::all() {
            let language = id.language();
            let Some(syntax) = &language.syntax else { continue };
            let source = syntax.queries.concat();
            if let Err(error) = tree_sitter::Query::new(&(syntax.grammar)(), &source) {
                let line = source.lines().nth(error.row).unwrap_or_default();
                wrong.push(format!("{}: {error} in: {line}", language.name));
                continue;
            }
            let query = id.query().expect("the query compiles");
            assert_eq!(query.unknown_captures(), Vec::<&str>::new(), "{}", language.name);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn languages_are_found_by_name_extension_and_interpreter() {
        for (key, expected) in
            [("Python", "python"), ("ts", "typescript"), ("rs", "rust"), ("node", "javascript")]
        {
            assert_eq!(LanguageId::from_name(key).map(|id| id.language().name), Some(expected), "{key}");
        }
        assert_eq!(LanguageId::from_name("klingon"), None);
        let mut seen = std::collections::HashSet::new();
        for extension in LANGUAGES.iter().flat_map(|language| language.extensions) {
            assert!(seen.insert(extension), "{extension} belongs to two languages");
        }
    }
}
