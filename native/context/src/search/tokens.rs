//! From text to the terms it is found by.
//!
//! Code and people write the same thing differently: `parseParams`, `parse_params`, "parsing the parameters". An identifier therefore gives
//! a term for each of its parts, by their stems, and one for the whole, without case and underscores.

use xxhash_rust::xxh3::xxh3_64;

use crate::limits;

/// What a text is found by: the hash of a word in one of the spaces below. Two words may share it; at 32 bits that is one pair in a large
/// workspace, and costs a result some places at worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Term(pub(crate) u32);

impl Term {
    /// A part of an identifier, or a word, by its stem.
    pub(crate) fn part(lower: &str) -> Self {
        Self::hash(stem(lower).as_bytes(), 0)
    }

    /// An identifier of several parts as a whole.
    pub(crate) fn whole(joined: &str) -> Self {
        Self::hash(joined.as_bytes(), 0)
    }

    /// The definition of an identifier.
    pub(crate) fn definition(joined: &str) -> Self {
        Self::hash(joined.as_bytes(), b'=')
    }

    /// A file whose name, without what follows the first dot, is this.
    pub(crate) fn file_stem(joined: &str) -> Self {
        Self::hash(stem(joined).as_bytes(), b'/')
    }

    #[allow(clippy::cast_possible_truncation, reason = "the lower half of a hash is a hash")]
    fn hash(bytes: &[u8], space: u8) -> Self {
        let hash = xxh3_64(bytes);
        Self((hash ^ u64::from(space).wrapping_mul(0x9E37_79B9_7F4A_7C15)) as u32)
    }
}

/// The words of a text: runs of letters, digits and underscores. What is longer than an identifier can be is data.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !(character.is_alphanumeric() || character == '_'))
        .filter(|word| !word.is_empty() && word.len() <= limits::WORD_BYTES_MAX)
}

/// An identifier taken apart.
#[derive(Debug, Default)]
pub(crate) struct Identifier {
    /// Lower case, one after another.
    joined: String,
    ends: Vec<usize>,
}

impl Identifier {
    /// Takes a word apart, in place of what was there before: a buffer for many words.
    ///
    /// A part ends before an underscore, before a capital letter after a small one or a digit (`parse|Json`), and before the last of several
    /// capital letters that a small one follows (`HTTP|Server`). Digits belong to the letters in front of them (`utf8`, `sha256`).
    pub(crate) fn split(&mut self, word: &str) {
        self.joined.clear();
        self.ends.clear();
        let mut characters = word.chars().peekable();
        let mut previous = '_';
        while let Some(character) = characters.next() {
            let starts = character.is_uppercase()
                && (!previous.is_uppercase() || characters.peek().is_some_and(|next| next.is_lowercase()));
            if character == '_' || starts {
                self.end_part();
            }
            if character != '_' {
                self.joined.extend(character.to_lowercase());
            }
            previous = character;
        }
        self.end_part();
    }

    fn end_part(&mut self) {
        if self.ends.last().copied().unwrap_or(0) < self.joined.len() {
            self.ends.push(self.joined.len());
        }
    }

    /// Its parts, in lower case.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.joined[start..*end])
    }

    /// The whole, in lower case and without underscores.
    pub(crate) fn joined(&self) -> &str {
        &self.joined
    }

    /// What it is found by. Parts of one letter say nothing.
    pub(crate) fn terms(&self) -> impl Iterator<Item = Term> {
        let whole = (self.ends.len() > 1).then(|| Term::whole(&self.joined));
        self.parts().filter(|part| part.len() > 1).map(Term::part).chain(whole)
    }
}

/// The beginning that forms of an English word have in common: `parse`, `parses`, `parsed`, `parsing` are `pars`; `validate`, `validation`,
/// `validator` are `validat`. A few endings are enough for what code is named by; no table of exceptions is worth its room.
pub(crate) fn stem(word: &str) -> &str {
    if word.len() < 4 || !word.is_ascii() {
        return word;
    }
    let mut stem = word;
    if let Some(rest) = stem.strip_suffix("ies").filter(|rest| rest.len() > 2) {
        // `y` goes below as well.
        stem = rest;
    } else if !["ss", "us", "is"].iter().any(|ending| stem.ends_with(ending)) {
        stem = stem.strip_suffix('s').unwrap_or(stem);
    }
    for ending in ["ing", "ed", "er", "or", "ion"] {
        if let Some(rest) = stem.strip_suffix(ending).filter(|rest| is_stem(rest, ending)) {
            stem = undoubled(rest);
            break;
        }
    }
    // `cookie` and `cookies`, `apply` and `applied`
    let last = ["ie", "e", "y", "i"];
    let rest = last.iter().find_map(|ending| stem.strip_suffix(ending).filter(|rest| rest.len() > 2));
    rest.unwrap_or(stem)
}

/// Whether what is left of a word without an ending can be one.
fn is_stem(rest: &str, ending: &str) -> bool {
    match ending {
        "ion" => rest.len() > 3 && rest.ends_with(['t', 's']),
        "or" => rest.len() > 3 && rest.ends_with('t'),
        "er" => rest.len() > 3,
        _ => rest.len() > 2 && rest.contains(['a', 'e', 'i', 'o', 'u', 'y']),
    }
}

/// `mapp(ing)` is `map`, but `call(ing)` is `call`.
fn undoubled(stem: &str) -> &str {
    match stem.as_bytes() {
        [.., a, b] if a == b && !b"aeioulsz".contains(b) => &stem[..stem.len() - 1],
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_taken_apart_where_their_words_meet() {
        let mut identifier = Identifier::default();
        for (word, parts) in [
            ("parseParams", &["parse", "params"][..]),
            ("parse_params", &["parse", "params"]),
            ("HTTPServer", &["http", "server"]),
            ("getHTTP2Url", &["get", "http2", "url"]),
            ("__init__", &["init"]),
            ("MAX_BYTES", &["max", "bytes"]),
            ("sha256Sum", &["sha256", "sum"]),
            ("OAuth2PasswordBearer", &["o", "auth2", "password", "bearer"]),
            ("ÜberGröße", &["über", "größe"]),
            ("_", &[]),
        ] {
            identifier.split(word);
            assert_eq!(identifier.parts().collect::<Vec<_>>(), parts, "{word}");
            assert_eq!(identifier.joined(), parts.concat(), "{word}");
        }
    }

    #[test]
    fn forms_of_a_word_share_their_stem_and_other_words_do_not() {
        for forms in [
            &["parse", "parses", "parsed", "parsing", "parser"][..],
            &["validate", "validates", "validation", "validator", "validators", "validating"],
            &["map", "maps", "mapped", "mapping"],
            &["call", "calls", "called", "calling"],
            &["query", "queries"],
            &["cookie", "cookies"],
            &["apply", "applies", "applied", "applying"],
            &["connect", "connection", "connections", "connector"],
            &["class"],
            &["status"],
        ] {
            for form in forms {
                assert_eq!(stem(form), stem(forms[0]), "{form}");
            }
        }
        for (one, other) in
            [("string", "strip"), ("thing", "the"), ("red", "ring"), ("user", "use"), ("bed", "be")]
        {
            assert_ne!(stem(one), stem(other));
        }
    }

    #[test]
    fn spaces_of_terms_are_apart() {
        let terms = [Term::whole("run"), Term::definition("run"), Term::file_stem("run")];
        assert_eq!(terms.iter().collect::<std::collections::HashSet<_>>().len(), 3);
    }
}
