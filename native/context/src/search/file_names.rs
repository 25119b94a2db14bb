//! How well what a file is called fits a query: its author chose the name to say in a few words what it is about.

use std::collections::HashSet;

use super::paths::own_name;
use super::query::Analysis;
use super::tokens::{Identifier, stem, words};

/// Letters that are left of a word when it is shortened: `util` for "utility", `config` for "configuration".
const SHORTENED: usize = 4;

/// What a query asks for, to compare names of files with.
pub(super) struct AskedNames {
    /// The parts of its words, in lower case.
    parts: HashSet<String>,
}

impl AskedNames {
    pub(super) fn new(analysis: &Analysis<'_>) -> Self {
        let mut identifier = Identifier::default();
        let mut parts = HashSet::new();
        for word in &analysis.words {
            identifier.split(word);
            // Parts of one letter say nothing.
            parts.extend(identifier.parts().filter(|part| part.len() > 1).map(str::to_owned));
        }
        Self { parts }
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
                asked += f32::from(self.parts.iter().any(|other| is_same_word(part, other)));
            }
        }
        2.0 * asked / (parts + 1.0)
    }
}

/// Whether two are forms of a word, or one is the other shortened.
fn is_same_word(one: &str, other: &str) -> bool {
    let is_shortened = |short: &str, long: &str| {
        let short = short.strip_suffix('s').unwrap_or(short);
        short.len() >= SHORTENED && long.starts_with(short)
    };
    stem(one) == stem(other) || is_shortened(one, other) || is_shortened(other, one)
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
