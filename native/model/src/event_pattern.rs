//! Patterns of event types: `job.completed`, `lane.*`, `*`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An event type, `*` standing for anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, example = "lane.*")]
pub struct EventPattern(String);

impl EventPattern {
    /// Reads one pattern.
    ///
    /// # Errors
    /// What is wrong, and what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_allowed = |character: char| character.is_ascii_alphanumeric() || "._-*".contains(character);
        if text.is_empty() || text.len() > LENGTH_MAX || !text.chars().all(is_allowed) {
            return Err(format!(
                "`{text}` is no event type; write for example job.completed, or with * for anything: job.*,item.completed"
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether the pattern stands for this type. Each piece between stars is looked for from where the one before it was
    /// found: what is found first leaves most for the rest.
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

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Longer than any type that Codex or the bridge has.
const LENGTH_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
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
