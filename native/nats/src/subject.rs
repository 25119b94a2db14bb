//! The subjects of one bridge. Pure.
//!
//! ```text
//! <prefix>.<instance>.events.<event type>    published, into the stream of all bridges with this prefix
//! <prefix>.<instance>.lanes.<operation>      received by this bridge, if commands are enabled
//! ```

use std::fmt::Write;

use model::limits;

/// The names that a bridge uses on NATS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subjects {
    prefix: String,
    instance: String,
}

impl Subjects {
    /// Returns the subjects for a valid prefix and instance; see [`is_prefix`] and [`is_token`].
    #[must_use]
    pub fn new(prefix: &str, instance: &str) -> Self {
        Self { prefix: prefix.to_owned(), instance: instance.to_owned() }
    }

    /// Returns the prefix of all subjects.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns the name of the bridge.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Returns the subject of events of a type.
    #[must_use]
    pub fn event(&self, event_type: &str) -> String {
        let mut subject = format!("{}.{}.events", self.prefix, self.instance);
        for token in event_type.split('.') {
            subject.push('.');
            subject.push_str(&token_of(token));
        }
        subject
    }

    /// Returns the pattern of all events of this bridge.
    #[must_use]
    pub fn events(&self) -> String {
        format!("{}.{}.events.>", self.prefix, self.instance)
    }

    /// Returns the pattern of all events of all bridges with this prefix.
    #[must_use]
    pub fn events_of_all(&self) -> String {
        format!("{}.*.events.>", self.prefix)
    }

    /// Returns the pattern of all operations of this bridge.
    #[must_use]
    pub fn operations(&self) -> String {
        format!("{}.{}.lanes.>", self.prefix, self.instance)
    }

    /// Returns the operation in the subject of a request.
    #[must_use]
    pub fn operation<'a>(&self, subject: &'a str) -> Option<&'a str> {
        subject.strip_prefix(&format!("{}.{}.lanes.", self.prefix, self.instance))
    }

    /// Returns the name of the stream that is created if no other stream has the events. Names of streams
    /// must not contain dots.
    #[must_use]
    pub fn stream_name(&self) -> String {
        format!("{}-events", self.prefix.replace('.', "-"))
    }
}

/// Reports whether a string is a token of a subject that is valid everywhere: letters, digits, `-` and `_`.
#[must_use]
pub fn is_token(text: &str) -> bool {
    (1..=limits::NATS_TOKEN_LENGTH_MAX).contains(&text.len()) && text.chars().all(is_plain)
}

/// Reports whether a string consists of such tokens with dots between them.
#[must_use]
pub fn is_prefix(text: &str) -> bool {
    text.len() <= limits::NATS_TOKEN_LENGTH_MAX && text.split('.').all(is_token)
}

/// Converts a string to a token, by replacing other characters with `-`. For example, `build-01.example.com`
/// becomes `build-01-example-com`.
#[must_use]
pub fn token_of(text: &str) -> String {
    let plain = |character| if is_plain(character) { character } else { '-' };
    let token: String = text.chars().take(limits::NATS_TOKEN_LENGTH_MAX).map(plain).collect();
    if token.is_empty() { "-".to_owned() } else { token }
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

/// Reports whether one of `patterns` matches every subject that `required` matches. Both may have wildcards.
#[must_use]
pub fn captures<S: AsRef<str>>(patterns: &[S], required: &str) -> bool {
    patterns.iter().any(|pattern| covers(pattern.as_ref(), required))
}

fn covers(pattern: &str, required: &str) -> bool {
    let (mut pattern, mut required) = (pattern.split('.'), required.split('.'));
    loop {
        match (pattern.next(), required.next()) {
            (Some(">"), Some(_)) | (None, None) => return true,
            (Some("*"), Some(token)) if token != ">" => {}
            (Some(literal), Some(token)) if literal == token => {}
            _ => return false,
        }
    }
}

/// Formats strings as a list for a message.
pub(super) fn listed<S: AsRef<str>>(texts: &[S]) -> String {
    let mut list = String::new();
    for text in texts {
        let separator = if list.is_empty() { "" } else { ", " };
        // Writing into a string cannot fail.
        let _written = write!(list, "{separator}`{}`", text.as_ref());
    }
    list
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn subjects() -> Subjects {
        Subjects::new("codex", "build-01")
    }

    #[test]
    fn the_subject_of_an_event_keeps_the_dots_of_its_type() {
        assert_eq!(subjects().event("lane.turn.completed"), "codex.build-01.events.lane.turn.completed");
        assert_eq!(subjects().event("odd..type> *"), "codex.build-01.events.odd.-.type---");
        assert_eq!(subjects().event(""), "codex.build-01.events.-");
    }

    #[test]
    fn an_operation_is_parsed_from_its_subject() {
        let subjects = subjects();
        assert_eq!(subjects.operation("codex.build-01.lanes.session.start"), Some("session.start"));
        assert_eq!(subjects.operation("codex.other.lanes.list"), None);
    }

    #[test]
    fn prefixes_and_tokens_are_validated() {
        for good in ["codex", "a.b.c", "A-1_b"] {
            assert!(is_prefix(good), "{good}");
        }
        for bad in ["", ".", "a.", ".a", "a..b", "a b", "a.*", ">", "$SYS", "ä", &"x".repeat(65)] {
            assert!(!is_prefix(bad), "{bad}");
        }
        assert!(is_token("a-b") && !is_token("a.b") && !is_token(""));
    }

    #[test]
    fn a_stream_captures_what_its_patterns_cover() {
        let required = "codex.build-01.events.>";
        for pattern in [">", "codex.>", "codex.*.events.>", "codex.build-01.events.>", "*.*.*.>", "codex.*.>"]
        {
            assert!(captures(&["other", pattern], required), "{pattern}");
        }
        for pattern in [
            "codex.*.events.*",
            "codex.*.events",
            "codex",
            "*",
            "codex.*.events.lane.>",
            "codex.other.events.>",
        ] {
            assert!(!captures(&[pattern], required), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_host_name_becomes_a_token(name in any::<String>()) {
            let token = token_of(&name);
            prop_assert!(is_token(&token), "{token}");
            prop_assert_eq!(token_of(&token), token);
        }

        #[test]
        fn a_token_is_not_changed(token in "[A-Za-z0-9_-]{1,64}") {
            prop_assert_eq!(token_of(&token), token);
        }

        #[test]
        fn any_event_is_published_below_its_bridge(event_type in any::<String>()) {
            let subjects = Subjects::new("a.b", "c");
            let subject = subjects.event(&event_type);
            prop_assert!(captures(&[subjects.events()], &subject), "{subject}");
            prop_assert!(captures(&[subjects.events_of_all()], &subject), "{subject}");
            prop_assert!(subject.split('.').all(is_token), "{subject}");
        }
    }
}
