//! How well a file name matches a query. Authors choose file names to say in a few words what a file is
//! about.

use std::collections::HashSet;

use super::paths::own_name;
use super::query::Analysis;
use super::tokens::{Identifier, stem, words};

/// The minimum length of an abbreviation: `util` for "utility", `config` for "configuration".
const ABBREVIATION_BYTES_MIN: usize = 4;

/// The words of a query, prepared for comparison with file names.
pub(super) struct NameMatcher {
    /// The distinct parts of the query's words.
    words: Vec<Word>,
}

/// A word in the forms that are compared.
#[derive(PartialEq, Eq, Hash)]
struct Word {
    /// The word in lower case.
    text: String,
    stem: String,
}

impl NameMatcher {
    pub(super) fn new(analysis: &Analysis<'_>) -> Self {
        let mut identifier = Identifier::default();
        let mut words = HashSet::new();
        for word in &analysis.words {
            identifier.split(word);
            // Parts of one letter carry no meaning.
            let parts = identifier.parts().filter(|part| part.len() > 1);
            words.extend(parts.map(|part| Word { text: part.to_owned(), stem: stem(part).to_owned() }));
        }
        Self { words: words.into_iter().collect() }
    }

    /// Returns how much of a file's own name the query mentions. A name of one word scores 1. A name of
    /// several words scores more for the same share, because each match is evidence. The score stays below 2.
    pub(super) fn score(&self, path: &str) -> f32 {
        let mut identifier = Identifier::default();
        let (mut parts, mut matched) = (0.0, 0.0);
        for word in words(&own_name(path).replace(['-', '.'], "_")) {
            identifier.split(word);
            for part in identifier.parts() {
                parts += 1.0;
                let part_stem = stem(part);
                let is_same = |word: &Word| {
                    word.stem == part_stem
                        || is_abbreviation(&word.text, part)
                        || is_abbreviation(part, &word.text)
                };
                matched += f32::from(self.words.iter().any(is_same));
            }
        }
        2.0 * matched / (parts + 1.0)
    }
}

/// Returns whether `short` is an abbreviation of `long`.
fn is_abbreviation(short: &str, long: &str) -> bool {
    let short = short.strip_suffix('s').unwrap_or(short);
    short.len() >= ABBREVIATION_BYTES_MIN && long.starts_with(short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Weights;

    fn fit(query: &str, path: &str) -> f32 {
        NameMatcher::new(&Analysis::new(query, &Weights::default().terms)).score(path)
    }

    #[test]
    fn a_name_matches_by_the_words_of_the_query() {
        let query = "how the server runs its middlewares";
        let paths =
            ["web/server_middleware.py", "web/middleware.py", "web/web_middleware.py", "web/server.md"];
        let fits = paths.map(|path| fit(query, path));
        assert!(fits[0] > fits[1] && fits[1] > fits[2] && fits[2] > 0.0, "{fits:?}");
        assert!((fits[1] - fits[3]).abs() < f32::EPSILON, "{fits:?}");
        assert!(fit(query, "web/client.py").abs() < f32::EPSILON);
    }

    #[test]
    fn word_forms_and_abbreviations_match() {
        for (query, path) in [
            ("reading the configuration", "src/config.rs"),
            ("utility functions", "lib/utils.js"),
            ("auth of users", "src/authentication.ts"),
            ("route registration", "src/routing/mod.rs"),
            ("RouterGroup", "routergroup.go"),
        ] {
            assert!((fit(query, path) - 1.0).abs() < f32::EPSILON, "{query} {path}");
        }
        for (query, path) in [("the use of a map", "src/user.rs"), ("a service", "src/server.rs")] {
            assert!(fit(query, path).abs() < f32::EPSILON, "{query} {path}");
        }
    }
}
