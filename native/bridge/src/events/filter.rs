//! Filters of events.

use model::event::EventSubject;
use model::event_pattern::EventPattern;
use model::limits;

/// Selects events. An event must match all criteria that are set.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only events about this subject.
    pub subject: EventSubject,
    /// Only events of these types.
    pub types: Option<TypePatterns>,
}

/// A list of patterns of event types, in which `*` matches anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypePatterns(Vec<EventPattern>);

impl TypePatterns {
    /// Parses a list such as `job.*,item.completed`.
    ///
    /// # Errors
    /// A description of the invalid pattern or limit, as the end of a sentence.
    pub fn parse(list: &str) -> Result<Self, String> {
        let patterns = list
            .split(',')
            .map(|pattern| EventPattern::parse(pattern.trim()))
            .collect::<Result<Vec<_>, _>>()?;
        if patterns.len() > limits::TYPE_PATTERNS_MAX {
            return Err(format!("has more than {} patterns", limits::TYPE_PATTERNS_MAX));
        }
        Ok(Self(patterns))
    }

    fn matches(&self, event_type: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(event_type))
    }
}

impl Filter {
    /// Reports whether the filter selects an event of this type about this subject.
    #[must_use]
    pub fn matches(&self, event_type: &str, subject: &EventSubject) -> bool {
        fn selects<Id: PartialEq>(criterion: &Option<Id>, actual: &Option<Id>) -> bool {
            criterion.is_none() || criterion == actual
        }
        selects(&self.subject.job_id, &subject.job_id)
            && selects(&self.subject.conversation_id, &subject.conversation_id)
            && selects(&self.subject.lane_id, &subject.lane_id)
            && self.types.as_ref().is_none_or(|types| types.matches(event_type))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_patterns_are_refused() {
        for list in ["", "job.*,", "job created", "job/created", &"a,".repeat(40)] {
            assert!(TypePatterns::parse(list).is_err(), "{list:?}");
        }
        let both = TypePatterns::parse("a.*, b").unwrap();
        assert_eq!(both.0.iter().map(EventPattern::as_str).collect::<Vec<_>>(), ["a.*", "b"]);
    }
}
