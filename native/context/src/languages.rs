//! The languages: how a file of one is recognised, and what its syntax means.
//!
//! [`table`] has one entry for each; its queries are in `queries/<name>/`. Everything else of the crate asks here instead of naming
//! a language, except for how imports lead to files, which has a rule for each family.

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
    /// The name in answers and requests, lower case.
    pub name: &'static str,
    /// What file names end with, without the dot, lower case.
    pub extensions: &'static [&'static str],
    /// Whole file names, lower case.
    pub file_names: &'static [&'static str],
    /// Programs that a `#!` line names.
    pub interpreters: &'static [&'static str],
    /// Its syntax, where there is a grammar.
    pub syntax: Option<Syntax>,
    /// How the first line of a comment starts; used to count lines where there is no grammar.
    pub line_comment: Option<&'static str>,
}

/// What is known of a language's syntax.
#[derive(Debug)]
pub struct Syntax {
    /// The grammar.
    pub grammar: fn() -> tree_sitter::Language,
    /// Its queries, one after another.
    pub queries: &'static [&'static str],
    /// How a declaration says who may use it.
    pub visibility: VisibilityRule,
    /// How its tests are marked.
    pub tests: &'static [TestMark],
    /// How its imports are written.
    pub imports: ImportNotation,
}

/// How the module of an import is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportNotation {
    /// A path, quoted or not, is one module.
    Path,
    /// A tree of paths, as Rust's `use a::{b, c::d as e}`; also `mod name;`.
    UseTree,
    /// A path whose last part is what is brought in, as Java's `a.b.Class` and `a.b.*`.
    QualifiedName,
}

/// How a declaration says who may use it.
#[derive(Debug, Clone, Copy)]
pub enum VisibilityRule {
    /// By words in front of the name: `pub`, `private`. Without one it is what `otherwise` says.
    Words {
        /// Words of what everybody may use.
        public: &'static [&'static str],
        /// Words of what the package or subclasses may use.
        internal: &'static [&'static str],
        /// Words of what nobody else may use.
        private: &'static [&'static str],
        /// What a declaration without any of the words is.
        otherwise: crate::record::Visibility,
        /// What a member of a class or struct without any of the words is.
        member: crate::record::Visibility,
    },
    /// Names that start with an underscore are private.
    Underscore,
    /// Names that start with a capital letter are public.
    Capital,
}

/// A mark by which a function is known to be a test, whatever file it is in.
#[derive(Debug, Clone, Copy)]
pub enum TestMark {
    /// A decorator with this text in it.
    Decorator(&'static str),
    /// A name that starts so.
    NamePrefix(&'static str),
}

/// A language's place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LanguageId(u8);

impl LanguageId {
    /// Every language.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..u8::MAX).take(LANGUAGES.len()).map(Self)
    }

    /// The language of a name as requests use it, also by an extension or another common name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Self::all()
            .find(|id| id.language().name == name)
            .or_else(|| Self::all().find(|id| id.language().extensions.contains(&name.as_str())))
            .or_else(|| Self::all().find(|id| id.language().interpreters.contains(&name.as_str())))
    }

    /// What is known of it.
    #[must_use]
    pub fn language(self) -> &'static Language {
        // An id of a cache of another version never gets here: `fingerprint` is part of the cache's key.
        LANGUAGES.get(usize::from(self.0)).unwrap_or(&table::PLAIN_TEXT)
    }

    /// The compiled queries; `None` where there is no grammar. The first call for a language compiles them, some milliseconds.
    #[must_use]
    pub fn query(self) -> Option<&'static LanguageQuery> {
        static COMPILED: [OnceLock<Option<LanguageQuery>>; LANGUAGES.len()] =
            [const { OnceLock::new() }; LANGUAGES.len()];
        COMPILED.get(usize::from(self.0))?.get_or_init(|| LanguageQuery::compile(self.language())).as_ref()
    }
}

/// What a cached record depends on besides the text: the languages, their queries and their grammars.
#[must_use]
pub fn fingerprint() -> u64 {
    let mut hash = Xxh3::new();
    for language in LANGUAGES {
        hash.update(language.name.as_bytes());
        let Some(syntax) = &language.syntax else { continue };
        for query in syntax.queries {
            hash.update(query.as_bytes());
        }
        // Grammars do not all tell their version; these numbers change whenever rules do.
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
            let query = id.query().expect("it compiles");
            assert_eq!(query.unknown_captures(), Vec::<&str>::new(), "{}", language.name);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn names_extensions_and_interpreters_lead_to_one_language() {
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
