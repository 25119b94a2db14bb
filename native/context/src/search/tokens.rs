//! Splits text into search terms.
//!
//! Code and prose write the same thing differently: `parseParams`, `parse_params`, "parsing the parameters".
//! An identifier therefore gives a term for the stem of each of its parts, and one for the whole without case
//! and underscores.

use xxhash_rust::xxh3::xxh3_64;

use crate::limits;

/// A search term: the hash of a word in one of the namespaces below. Two words may collide. With 32 bits that
/// happens to about one pair in a large workspace, and costs a result a few ranks at worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Term(pub(crate) u32);

impl Term {
    /// Returns the term of a word or of a part of an identifier, by its stem.
    pub(crate) fn part(lower: &str) -> Self {
        Self::hash(stem(lower).as_bytes(), 0)
    }

    /// Returns the term of a whole identifier of several parts.
    pub(crate) fn whole(joined: &str) -> Self {
        Self::hash(joined.as_bytes(), 0)
    }

    /// Returns the term for the definition of an identifier.
    pub(crate) fn definition(joined: &str) -> Self {
        Self::hash(joined.as_bytes(), b'=')
    }

    /// Returns the term for a file with this stem, which ends at the first dot.
    pub(crate) fn file_stem(joined: &str) -> Self {
        Self::hash(stem(joined).as_bytes(), b'/')
    }

    #[allow(clippy::cast_possible_truncation, reason = "the lower half of a hash is a hash")]
    fn hash(bytes: &[u8], space: u8) -> Self {
        let hash = xxh3_64(bytes);
        Self((hash ^ u64::from(space).wrapping_mul(0x9E37_79B9_7F4A_7C15)) as u32)
    }
}

/// Returns the words of a text: runs of letters, digits and underscores. Runs longer than an identifier can
/// be are data and are skipped.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !(character.is_alphanumeric() || character == '_'))
        .filter(|word| !word.is_empty() && word.len() <= limits::WORD_BYTES_MAX)
}

/// An identifier split into parts.
#[derive(Debug, Default)]
pub(crate) struct Identifier {
    /// The parts in lower case, concatenated.
    joined: String,
    ends: Vec<usize>,
}

impl Identifier {
    /// Splits a word, replacing the previous content. One buffer serves many words.
    ///
    /// A part ends before an underscore, before an uppercase letter that follows a lowercase letter or a
    /// digit (`parse|Json`), and before the last of several uppercase letters if a lowercase letter follows
    /// (`HTTP|Server`). Digits belong to the letters before them (`utf8`, `sha256`).
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

    /// Returns the parts in lower case.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.joined[start..*end])
    }

    /// Returns the whole identifier in lower case without underscores.
    pub(crate) fn joined(&self) -> &str {
        &self.joined
    }

    /// Returns the search terms of the identifier. Parts of one letter carry no meaning.
    pub(crate) fn terms(&self) -> impl Iterator<Item = Term> {
        let whole = (self.ends.len() > 1).then(|| Term::whole(&self.joined));
        self.parts().filter(|part| part.len() > 1).map(Term::part).chain(whole)
    }
}

/// Returns the stem that the inflected forms of an English word share: `parse`, `parses`, `parsed`, `parsing`
/// become `pars`; `validate`, `validation`, `validator` become `validat`. A few endings are enough for names
/// in code. A table of exceptions would not be worth its size.
pub(crate) fn stem(word: &str) -> &str {
    if word.len() < 4 || !word.is_ascii() {
        return word;
    }
    let mut stem = word;
    if let Some(rest) = stem.strip_suffix("ies").filter(|rest| rest.len() > 2) {
        // `y` is also removed below.
        stem = rest;
    } else if !["ss", "us", "is"].iter().any(|ending| stem.ends_with(ending)) {
        stem = stem.strip_suffix('s').unwrap_or(stem);
    }
    for ending in ["ing", "ed", "er", "or", "ion"] {
        if let Some(rest) = stem.strip_suffix(ending).filter(|rest| is_stem(rest, ending)) {
            stem = undouble(rest);
            break;
        }
    }
    // Give `cookie` and `cookies`, and `apply` and `applied`, one stem.
    let last = ["ie", "e", "y", "i"];
    let rest = last.iter().find_map(|ending| stem.strip_suffix(ending).filter(|rest| rest.len() > 2));
    rest.unwrap_or(stem)
}

/// Returns whether the remainder of a word after removing an ending can be a stem.
fn is_stem(rest: &str, ending: &str) -> bool {
    match ending {
        "ion" => rest.len() > 3 && rest.ends_with(['t', 's']),
        "or" => rest.len() > 3 && rest.ends_with('t'),
        "er" => rest.len() > 3,
        _ => rest.len() > 2 && rest.contains(['a', 'e', 'i', 'o', 'u', 'y']),
    }
}

/// Undoubles the final consonant: `mapp(ing)` becomes `map`, but `call(ing)` becomes `call`.
fn undouble(stem: &str) -> &str {
    match stem.as_bytes() {
        [.., a, b] if a == b && !b"aeioulsz".contains(b) => &stem[..stem.len() - 1],
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_split_at_word_boundaries() {
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
    fn only_inflected_forms_of_a_word_share_a_stem() {
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
    fn term_namespaces_are_disjoint() {
        let terms = [Term::whole("run"), Term::definition("run"), Term::file_stem("run")];
        assert_eq!(terms.iter().collect::<std::collections::HashSet<_>>().len(), 3);
    }
}
