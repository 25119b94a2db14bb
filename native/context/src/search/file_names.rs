//! How well what a file is called fits a query: its author chose the name to say in a few words what it is about.

use std::collections::HashSet;

use super::paths::own_name;
use super::query::Analysis;
use super::tokens::{Identifier, stem, words};

/// Letters that are left of a word when it is shortened: `util` for "utility", `config` for "configuration".
const SHORTENED: usize = 4;

/// What a query asks for, to compare names of files with.
pub(super) struct AskedNames {
    /// The parts of its words.
    words: Vec<Word>,
}

/// A word in the forms that it is compared in.
#[derive(PartialEq, Eq, Hash)]
struct Word {
    /// In lower case.
    text: String,
    stem: String,
}

impl AskedNames {
    pub(super) fn new(analysis: &Analysis<'_>) -> Self {
        let mut identifier = Identifier::default();
        let mut words = HashSet::new();
        for word in &analysis.words {
            identifier.split(word);
            // Parts of one letter say nothing.
            let parts = identifier.parts().filter(|part| part.len() > 1);
            words.extend(parts.map(|part| Word { text: part.to_owned(), stem: stem(part).to_owned() }));
        }
        Self { words: words.into_iter().collect() }
    }

    /// How much of a file's own name is asked for: 1 for a name of one word, more for the same share of a name of more words, because each
    /// that fits is evidence; less than 2.
    pub(super) fn fit(&self, path: &str) -> f32 {
        let mut identifier = Identifier::default();
        let (mut parts, mut asked) = (0.0, 0.0);
        for word in words(&own_name(path).replace(['-', '.'], "_")) {
            identifier.split(word);
            for part in identifier.parts() {
                parts += 1.0;
                let part_stem = stem(part);
                let is_same = |word: &Word| {
                    word.stem == part_stem || is_short(&word.text, part) || is_short(part, &word.text)
                };
                asked += f32::from(self.words.iter().any(is_same));
            }
        }
        2.0 * asked / (parts + 1.0)
    }
}

/// Whether a word is another one shortened.
fn is_short(short: &str, long: &str) -> bool {
    let short = short.strip_suffix('s').unwrap_or(short);
    short.len() >= SHORTENED && long.starts_with(short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Weights;

    fn fit(query: &str, path: &str) -> f32 {
        AskedNames::new(&Analysis::new(query, &Weights::default().terms)).fit(path)
    }

    #[test]
    fn a_name_fits_by_the_words_that_are_asked_for() {
        let query = "how the server runs its middlewares";
        let paths =
            ["web/server_middleware.py", "web/middleware.py", "web/web_middleware.py", "web/server.md"];
        let fits = paths.map(|path| fit(query, path));
        assert!(fits[0] > fits[1] && fits[1] > fits[2] && fits[2] > 0.0, "{fits:?}");
        assert!((fits[1] - fits[3]).abs() < f32::EPSILON, "{fits:?}");
        assert!(fit(query, "web/client.py").abs() < f32::EPSILON);
    }

    #[test]
    fn forms_of_a_word_and_shortened_words_fit() {
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
