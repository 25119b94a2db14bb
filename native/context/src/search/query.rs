//! Query analysis: the kind of a query and the terms to look up.

use std::collections::HashSet;

use super::tokens::{Identifier, Term, words};
use crate::limits;

/// The kind of a query. Each kind is answered best by another mixture of ranking signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryKind {
    /// A name, possibly qualified: `ClientSession`, `Sinatra::Base`, `app.render`.
    Symbol,
    /// A file or directory: `src/http/mod.rs`, `routing.py`.
    Path,
    /// Prose: a question, a description.
    Question,
    /// A piece of code.
    Snippet,
}

impl QueryKind {
    /// Classifies the text of a query.
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
        // Prose contains a parenthesis now and then. In code every other word comes with punctuation.
        if code > 1 && (code * 2 >= words || text.contains('\n')) { Self::Snippet } else { Self::Question }
    }
}

/// The count of a posting in which a term is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// All counts.
    Word,
    /// The names that a chunk defines.
    Definition,
    /// The file's own name.
    FileStem,
}

/// A term to look up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct QueryTerm {
    pub(super) term: Term,
    pub(super) role: Role,
    pub(super) weight: f32,
    /// The index of the query word that the term comes from, for explaining results.
    pub(super) word: usize,
}

/// An analyzed query.
#[derive(Debug)]
pub(super) struct Analysis<'a> {
    pub(super) kind: QueryKind,
    pub(super) text: &'a str,
    pub(super) words: Vec<&'a str>,
    pub(super) terms: Vec<QueryTerm>,
}

/// The weights of terms, relative to 1 for a whole word.
#[derive(Debug, Clone, Copy)]
pub struct TermWeights {
    /// A part of an identifier.
    pub part: f32,
    /// Two consecutive words of the query as one identifier.
    pub pair: f32,
    /// The definition of a word that is written as an identifier.
    pub definition: f32,
    /// The definition of a name that consists of one or two plain words of the query.
    pub word_definition: f32,
    /// A file with that name.
    pub file_stem: f32,
    /// A file with that name if it is one plain word of several.
    pub word_file_stem: f32,
}

/// Words that phrase a question. They are rare in code, which would give them a high weight.
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
        let mut analysis = Self { kind, text, words: Vec::new(), terms: Vec::new() };
        let mut seen = HashSet::new();
        let mut identifier = Identifier::default();
        let mut previous: Option<String> = None;
        for word in words(text) {
            if kind == QueryKind::Question && QUESTION_WORDS.contains(&word.to_ascii_lowercase().as_str()) {
                previous = None;
                continue;
            }
            if analysis.terms.len() >= limits::QUERY_TERMS_MAX {
                break;
            }
            identifier.split(word);
            let index = analysis.words.len();
            analysis.words.push(word);
            let mut add = |term, role, weight| {
                if weight > 0.0 && seen.insert((term, role)) {
                    analysis.terms.push(QueryTerm { term, role, weight, word: index });
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

    /// Returns whether the query mentions one of `words` in any inflected form.
    pub(super) fn mentions(&self, words: &[&str]) -> bool {
        words.iter().any(|word| {
            let term = Term::part(word);
            self.terms.iter().any(|query_term| query_term.role == Role::Word && query_term.term == term)
        })
    }
}

/// Returns whether a word is written in a way that only identifiers are: `parse_args`, `parseArgs`,
/// `HTTPException`. A capital letter at the start is no evidence: it may start a sentence or a product name.
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
    fn a_query_is_classified_by_its_form() {
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
    fn words_in_prose_are_identifiers_only_if_written_like_one() {
        for word in ["parse_args", "parseArgs", "HTTPException", "__init__", "_private"] {
            assert!(is_identifier(word), "{word}");
        }
        for word in ["Session", "session", "JSON", "HTTP2"] {
            assert!(!is_identifier(word), "{word}");
        }
    }
}
