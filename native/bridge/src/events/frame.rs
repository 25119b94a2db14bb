//! Frames of `text/event-stream` (WHATWG HTML, section 9.2). Each event is rendered once for all
//! subscriptions.

use bytes::Bytes;
use model::clock::Timestamp;
use model::event::{Event, EventSubject, StoredEvent};
use model::ids::{JobId, LaneId, ThreadId, TurnId};
use model::job::JobEvent;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The `data` of an event. The frame's `event` repeats its type, and the frame's `id` its id.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event)]
pub struct EventView<'a> {
    /// The position of the event in the log. Later events have larger ids. Missing if the event is live, not
    /// recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<i64>,
    /// When the event happened.
    at: Timestamp,
    /// Recorded events: `job.created`, `job.bound`, `job.queued`, `job.edited`, `job.forked`, `job.started`,
    /// `job.completed`, `job.failed`, `item.completed`, `approval.requested`, `approval.resolved`,
    /// `conversation.renamed` and similar ones, and those of lanes, for example `lane.turn.completed`. Live
    /// events: the notifications of Codex, with dots instead of slashes in their names, for example
    /// `item.agentMessage.delta`.
    #[serde(rename = "type")]
    event_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_id: Option<&'a JobId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<&'a ThreadId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    turn_id: Option<&'a TurnId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lane_id: Option<&'a LaneId>,
    /// The details of the event. For an event of Codex, these are its own fields, with `truncated: true` if
    /// long strings were cut.
    #[schema(value_type = Object)]
    payload: Option<&'a RawValue>,
}

impl<'a> EventView<'a> {
    /// Returns an event as clients see it.
    #[must_use]
    pub fn of(event_id: Option<i64>, event: &'a Event) -> Self {
        Self {
            event_id,
            at: event.at,
            event_type: &event.event_type,
            job_id: event.job_id.as_ref(),
            conversation_id: event.conversation_id.as_ref(),
            turn_id: event.turn_id.as_ref(),
            lane_id: event.lane_id.as_ref(),
            // This program wrote the payload as JSON on one line, so it is never `None`.
            payload: serde_json::from_str(&event.payload).ok(),
        }
    }
}

/// A rendered event, with the fields that filters use.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) event_id: Option<i64>,
    pub(super) event_type: String,
    pub(super) subject: EventSubject,
    pub(super) bytes: Bytes,
}

impl Frame {
    pub(super) fn recorded(stored: StoredEvent) -> Self {
        let StoredEvent { event_id, event } = stored;
        Self::new(Some(event_id), &event)
    }

    pub(super) fn live(event: &Event) -> Self {
        Self::new(None, event)
    }

    fn new(event_id: Option<i64>, event: &Event) -> Self {
        let data = serde_json::to_string(&EventView::of(event_id, event)).unwrap_or_default();
        let id = event_id.map(|id| format!("id: {id}\n")).unwrap_or_default();
        let frame = format!("{id}event: {}\ndata: {data}\n\n", event.event_type);
        Self {
            event_id,
            event_type: event.event_type.clone(),
            subject: EventSubject {
                job_id: event.job_id.clone(),
                conversation_id: event.conversation_id.clone(),
                lane_id: event.lane_id.clone(),
            },
            bytes: frame.into(),
        }
    }

    /// Reports whether this is the last event of a job.
    pub(super) fn ends(&self, job_id: &JobId) -> bool {
        self.subject.job_id.as_ref() == Some(job_id)
            && JobEvent::ENDS.iter().any(|end| end.name() == self.event_type)
    }
}

/// Returns a frame about the stream itself. It has no id, so that a client resumes after the last event that
/// it received.
pub(super) fn notice(event_type: &str, data: &serde_json::Value) -> String {
    format!("event: {event_type}\ndata: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_frame_has_one_line_of_data() {
        let event =
            Event::new(Timestamp::from_millis(0), "item.completed", &json!({"text": "two\nlines\r\n"}))
                .about_job(JobId::from("j"))
                .about_turn(TurnId::from("t"));
        let frame = Frame::recorded(StoredEvent { event_id: 7, event: event.clone() });
        let text = String::from_utf8(frame.bytes.to_vec()).unwrap();
        let lines: Vec<&str> = text.split('\n').collect();
        assert_eq!(lines.len(), 5, "{text}");
        assert_eq!((lines[0], lines[1]), ("id: 7", "event: item.completed"));
        let data: Value = serde_json::from_str(lines[2].strip_prefix("data: ").unwrap()).unwrap();
        let expected = json!({"eventId": 7, "at": "1970-01-01T00:00:00.000Z", "type": "item.completed",
            "jobId": "j", "turnId": "t", "payload": {"text": "two\nlines\r\n"}});
        assert_eq!(data, expected);
        assert!(Frame::live(&event).bytes.starts_with(b"event: "), "a live event has no id");
    }
}
