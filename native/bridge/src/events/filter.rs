//! Which events a listener wants.

use model::event::EventSubject;
use model::event_pattern::EventPattern;
use model::limits;

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
pub struct TypePatterns(Vec<EventPattern>);

impl TypePatterns {
    /// Reads a list such as `job.*,item.completed`.
    ///
    /// # Errors
    /// What is wrong, and what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let patterns = text
            .split(',')
            .map(|pattern| EventPattern::parse(pattern.trim()))
            .collect::<Result<Vec<_>, _>>()?;
        if patterns.len() > limits::TYPE_PATTERNS_MAX {
            return Err(format!("has more than {} patterns", limits::TYPE_PATTERNS_MAX));
        }
        Ok(Self(patterns))
    }

    fn match_type(&self, event_type: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(event_type))
    }
}

impl Filter {
    /// Whether the listener wants an event of this type about this subject.
    #[must_use]
    pub fn matches(&self, event_type: &str, subject: &EventSubject) -> bool {
        fn selects<Id: PartialEq>(wanted: &Option<Id>, found: &Option<Id>) -> bool {
            wanted.is_none() || wanted == found
        }
        selects(&self.subject.job_id, &subject.job_id)
            && selects(&self.subject.conversation_id, &subject.conversation_id)
            && selects(&self.subject.lane_id, &subject.lane_id)
            && self.types.as_ref().is_none_or(|types| types.match_type(event_type))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_never_match_is_refused() {
        for wrong in ["", "job.*,", "job created", "job/created", &"a,".repeat(40)] {
            assert!(TypePatterns::parse(wrong).is_err(), "{wrong:?}");
        }
        let both = TypePatterns::parse("a.*, b").unwrap();
        assert_eq!(both.0.iter().map(EventPattern::as_str).collect::<Vec<_>>(), ["a.*", "b"]);
    }
}
