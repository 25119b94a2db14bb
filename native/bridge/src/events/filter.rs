//! Which events a listener wants.

use crate::limits;
use crate::store::EventSubject;

/// Which events a listener wants; all that is named must match.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only events about this.
    pub subject: EventSubject,
    /// Only events of these types.
    pub types: Option<TypePatterns>,
}

/// Event types, `*` standing for anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypePatterns(Vec<String>);

impl TypePatterns {
    /// Reads a list such as `job.*,item.completed`.
    ///
    /// # Errors
    /// What is wrong, and what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let patterns: Vec<String> = text.split(',').map(|pattern| pattern.trim().to_owned()).collect();
        if patterns.len() > limits::TYPE_PATTERNS_MAX {
            return Err(format!("has more than {} patterns", limits::TYPE_PATTERNS_MAX));
        }
        let is_allowed = |character: char| character.is_ascii_alphanumeric() || "._-*".contains(character);
        match patterns.iter().find(|pattern| pattern.is_empty() || !pattern.chars().all(is_allowed)) {
            Some(wrong) => Err(format!(
                "`{wrong}` is no event type; write for example job.completed, or with * for anything: job.*,item.completed"
            )),
            None => Ok(Self(patterns)),
        }
    }

    fn match_type(&self, event_type: &str) -> bool {
        self.0.iter().any(|pattern| is_match(pattern, event_type))
    }
}

impl Filter {
    /// Whether the listener wants an event of this type about this subject.
    #[must_use]
    pub fn matches(&self, event_type: &str, subject: &EventSubject) -> bool {
        let is = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        is(&self.subject.job_id, &subject.job_id)
            && is(&self.subject.conversation_id, &subject.conversation_id)
            && is(&self.subject.lane_id, &subject.lane_id)
            && self.types.as_ref().is_none_or(|types| types.match_type(event_type))
    }
}

/// Each piece between stars is looked for from where the one before it was found: what is found first leaves most for the rest.
fn is_match(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*') {
        match text.find(piece) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    text.ends_with(tail)
}

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
            assert_eq!(is_match(pattern, text), matches, "{pattern} on {text}");
        }
    }

    #[test]
    fn what_can_never_match_is_refused() {
        for wrong in ["", "job.*,", "job created", "job/created", &"a,".repeat(40)] {
            assert!(TypePatterns::parse(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(TypePatterns::parse("a.*, b").unwrap(), TypePatterns(vec!["a.*".into(), "b".into()]));
    }
}
