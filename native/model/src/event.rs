//! Events: facts with a time, a type and the objects that they are about.

use crate::clock::Timestamp;
use crate::ids::{JobId, LaneId, ThreadId, TurnId};

/// An event. Build one with [`Event::new`] and name its objects with the `about_…` methods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The time at which it happened.
    pub at: Timestamp,
    /// The type: dotted nouns, then a verb in the past tense, for example `job.created`.
    pub event_type: String,
    /// The job that the event is about.
    pub job_id: Option<JobId>,
    /// The conversation that the event is about.
    pub conversation_id: Option<ThreadId>,
    /// The turn that the event is about.
    pub turn_id: Option<TurnId>,
    /// The lane that the event is about.
    pub lane_id: Option<LaneId>,
    /// The details as JSON on one line.
    pub payload: String,
}

impl Event {
    /// Returns an event without objects. `payload` must be JSON on one line.
    #[must_use]
    pub fn new(at: Timestamp, event_type: impl Into<String>, payload: &impl ToString) -> Self {
        Self {
            at,
            event_type: event_type.into(),
            job_id: None,
            conversation_id: None,
            turn_id: None,
            lane_id: None,
            payload: payload.to_string(),
        }
    }

    /// Names the job, if there is one.
    #[must_use]
    pub fn about_job(self, job_id: impl Into<Option<JobId>>) -> Self {
        Self { job_id: job_id.into(), ..self }
    }

    /// Names the conversation, if there is one.
    #[must_use]
    pub fn about_conversation(self, conversation_id: impl Into<Option<ThreadId>>) -> Self {
        Self { conversation_id: conversation_id.into(), ..self }
    }

    /// Names the turn, if there is one.
    #[must_use]
    pub fn about_turn(self, turn_id: impl Into<Option<TurnId>>) -> Self {
        Self { turn_id: turn_id.into(), ..self }
    }

    /// Names the lane, if there is one.
    #[must_use]
    pub fn about_lane(self, lane_id: impl Into<Option<LaneId>>) -> Self {
        Self { lane_id: lane_id.into(), ..self }
    }

    /// Names the job, conversation and lane of a subject.
    #[must_use]
    pub fn about(self, subject: EventSubject) -> Self {
        let EventSubject { job_id, conversation_id, lane_id } = subject;
        Self { job_id, conversation_id, lane_id, ..self }
    }

    /// Returns the job, conversation and lane that the event is about.
    #[must_use]
    pub fn subject(&self) -> EventSubject {
        EventSubject {
            job_id: self.job_id.clone(),
            conversation_id: self.conversation_id.clone(),
            lane_id: self.lane_id.clone(),
        }
    }
}

/// The objects that events are about. As a filter, it selects the events that match in every object it names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventSubject {
    /// A job.
    pub job_id: Option<JobId>,
    /// A conversation.
    pub conversation_id: Option<ThreadId>,
    /// A lane.
    pub lane_id: Option<LaneId>,
}

/// An event of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// The position in the log. Ids increase with every event.
    pub event_id: i64,
    /// The event itself.
    pub event: Event,
}
