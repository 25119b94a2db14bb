//! Patterns of event types: `job.completed`, `lane.*`, `*`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A pattern of event types, in which `*` matches any text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, example = "lane.*")]
pub struct EventPattern(String);

impl EventPattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// Returns a message for the caller if the pattern is empty, too long, or contains a character that no
    /// event type has.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_allowed = |character: char| character.is_ascii_alphanumeric() || "._-*".contains(character);
        if text.is_empty() || text.len() > LENGTH_MAX || !text.chars().all(is_allowed) {
            return Err(format!(
                "`{text}` is not an event type; use for example job.completed, or * as a wildcard: \
                 job.*,item.completed"
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// Reports whether the pattern matches an event type. Each piece between stars is searched for after the
    /// match of the previous piece. The first match is enough, because it leaves the most text for the other
    /// pieces.
    #[must_use]
    pub fn matches(&self, event_type: &str) -> bool {
        let Some((head, rest)) = self.0.split_once('*') else { return self.0 == event_type };
        let Some(mut text) = event_type.strip_prefix(head) else { return false };
        let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
        for piece in middle.split('*') {
            match text.find(piece) {
                Some(at) => text = &text[at + piece.len()..],
                None => return false,
            }
        }
        text.ends_with(tail)
    }

    /// Returns the pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The maximum length of a pattern, which is longer than any event type of Codex or the bridge.
const LENGTH_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_text() {
        for (pattern, text, matches) in [
            ("job.created", "job.created", true),
            ("job.created", "job.create", false),
            ("*", "anything", true),
            ("job.*", "job.completed", true),
            ("job.*", "jobs.completed", false),
            ("*.completed", "item.completed", true),
            ("item.*.delta", "item.agentMessage.delta", true),
            ("item.*.delta", "item.delta", false),
            ("a*b*c", "a.b.b.c", true),
            ("a*b*c", "a.c.b", false),
            ("*aa*aa", "aaa", false),
            ("**", "", true),
        ] {
            assert_eq!(EventPattern::parse(pattern).unwrap().matches(text), matches, "{pattern} on {text}");
        }
    }
}
