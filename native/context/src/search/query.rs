//! What is asked for: its kind, and the terms to look for.

use std::collections::HashSet;

use super::tokens::{Identifier, Term, words};
use crate::limits;

/// What kind of a query it is. Each is answered best by another mixture of what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryKind {
    /// A name, perhaps with those around it: `ClientSession`, `Sinatra::Base`, `app.render`.
    Symbol,
    /// A file or folder: `src/http/mod.rs`, `routing.py`.
    Path,
    /// Words: a question, a description.
    Question,
    /// A piece of code.
    Snippet,
}

impl QueryKind {
    /// The kind of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        if !text.contains(char::is_whitespace) {
            let is_file = text.rsplit_once('.').is_some_and(|(stem, extension)| {
                !stem.is_empty()
                    && !stem.ends_with(':')
                    && crate::languages::detect(text, "").language().extensions.contains(&extension)
            });
            return if text.contains('/') || text.contains('\\') || is_file {
                Self::Path
            } else {
                Self::Symbol
            };
        }
        let code = text.matches(['{', '}', ';', '=', '(', ')', '[', ']']).count();
        let words = words(text).count();
        // Who writes prose sets a parenthesis now and then; in code every other word has a sign.
        if code > 1 && (code * 2 >= words || text.contains('\n')) { Self::Snippet } else { Self::Question }
    }
}

/// In which of a posting's counts a term is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// In all.
    Word,
    /// In the names that a chunk defines.
    Definition,
    /// In the file's own name.
    FileStem,
}

/// A term to look for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sought {
    pub(super) term: Term,
    pub(super) role: Role,
    pub(super) weight: f32,
    /// Which word of the query it is of, for saying why something was found.
    pub(super) word: usize,
}

/// A query taken apart.
#[derive(Debug)]
pub(super) struct Analysis<'a> {
    pub(super) kind: QueryKind,
    pub(super) text: &'a str,
    pub(super) words: Vec<&'a str>,
    pub(super) sought: Vec<Sought>,
}

/// How much terms count against a word's 1.
#[derive(Debug, Clone, Copy)]
pub struct TermWeights {
    /// The part of an identifier.
    pub part: f32,
    /// Two words of the query as one identifier.
    pub pair: f32,
    /// The definition of what is written as an identifier.
    pub definition: f32,
    /// The definition of a name that is a plain word, or two.
    pub word_definition: f32,
    /// A file of that name.
    pub file_stem: f32,
    /// A file of that name, when it is a plain word of several.
    pub word_file_stem: f32,
}

/// Words that a question is made with. They are rare in code, which would make them count much.
const QUESTION_WORDS: &[&str] = &[
    "a",
    "about",
    "all",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "been",
    "before",
    "by",
    "can",
    "code",
    "do",
    "does",
    "each",
    "find",
    "for",
    "from",
    "get",
    "gets",
    "give",
    "given",
    "has",
    "have",
    "how",
    "i",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "me",
    "of",
    "on",
    "or",
    "our",
    "over",
    "show",
    "so",
    "such",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "this",
    "to",
    "used",
    "uses",
    "using",
    "via",
    "was",
    "we",
    "what",
    "when",
    "where",
    "which",
    "while",
    "who",
    "why",
    "will",
    "with",
    "work",
    "works",
    "you",
    "implemented",
    "implementation",
    "implement",
    "implements",
    "handled",
    "defined",
    "happen",
    "happens",
];

impl<'a> Analysis<'a> {
    pub(super) fn new(text: &'a str, weights: &TermWeights) -> Self {
        let kind = QueryKind::of(text);
        let mut analysis = Self { kind, text, words: Vec::new(), sought: Vec::new() };
        let mut seen = HashSet::new();
        let mut identifier = Identifier::default();
        let mut previous: Option<String> = None;
        for word in words(text) {
            if kind == QueryKind::Question && QUESTION_WORDS.contains(&word.to_ascii_lowercase().as_str()) {
                previous = None;
                continue;
            }
            if analysis.sought.len() >= limits::QUERY_TERMS_MAX {
                break;
            }
            identifier.split(word);
            let index = analysis.words.len();
            analysis.words.push(word);
            let mut add = |term, role, weight| {
                if weight > 0.0 && seen.insert((term, role)) {
                    analysis.sought.push(Sought { term, role, weight, word: index });
                }
            };
            let joined = identifier.joined();
            let is_identifier = kind == QueryKind::Symbol || is_identifier(word);
            let part = if identifier.parts().nth(1).is_some() { weights.part } else { 1.0 };
            for term in identifier.terms() {
                add(term, Role::Word, if term == Term::whole(joined) { 1.0 } else { part });
            }
            let (definition, file_stem) = if is_identifier {
                (weights.definition, weights.file_stem)
            } else {
                (weights.word_definition, weights.word_file_stem)
            };
            if kind != QueryKind::Path {
                add(Term::definition(joined), Role::Definition, definition);
            }
            add(Term::file_stem(joined), Role::FileStem, file_stem);
            if kind == QueryKind::Question {
                if let Some(previous) = previous {
                    let pair = previous + joined;
                    add(Term::whole(&pair), Role::Word, weights.pair);
                    add(Term::definition(&pair), Role::Definition, weights.word_definition);
                    add(Term::file_stem(&pair), Role::FileStem, weights.file_stem);
                }
                previous = Some(joined.to_owned());
            }
        }
        analysis
    }

    /// Whether one of some words was asked for, in whatever form.
    pub(super) fn asks_for(&self, words: &[&str]) -> bool {
        words.iter().any(|word| {
            let term = Term::part(word);
            self.sought.iter().any(|sought| sought.role == Role::Word && sought.term == term)
        })
    }
}

/// Whether a word in prose is written as only a name in code is: `parse_args`, `parseArgs`, `HTTPException`. A capital letter at its start may
/// be that of a sentence or a product.
fn is_identifier(word: &str) -> bool {
    let inner = word.trim_matches('_');
    inner.contains('_')
        || inner.len() != word.len()
        || (inner.chars().skip(1).any(char::is_uppercase) && inner.chars().any(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_query_is_seen_from_its_form() {
        for (text, kind) in [
            ("ClientSession", QueryKind::Symbol),
            ("Sinatra::Base", QueryKind::Symbol),
            ("app.render()", QueryKind::Symbol),
            ("response", QueryKind::Symbol),
            ("src/http/mod.rs", QueryKind::Path),
            ("routing.py", QueryKind::Path),
            ("how are routes registered", QueryKind::Question),
            ("mounting with use() and prefix stripping", QueryKind::Question),
            ("res.send body encoding", QueryKind::Question),
            ("for (let i = 0; i < n; i++) { sum += a[i]; }", QueryKind::Snippet),
            ("def run(self):\n    return self.value", QueryKind::Snippet),
        ] {
            assert_eq!(QueryKind::of(text), kind, "{text}");
        }
    }

    #[test]
    fn only_what_is_written_like_one_is_an_identifier_in_prose() {
        for word in ["parse_args", "parseArgs", "HTTPException", "__init__", "_private"] {
            assert!(is_identifier(word), "{word}");
        }
        for word in ["Session", "session", "JSON", "HTTP2"] {
            assert!(!is_identifier(word), "{word}");
        }
    }
}
