//! An event as it goes over the wire: a frame of `text/event-stream` (WHATWG HTML, section 9.2), rendered once for all listeners.

use bytes::Bytes;
use model::clock::Timestamp;
use model::event::{Event, EventSubject, StoredEvent};
use model::ids::{JobId, LaneId, ThreadId, TurnId};
use model::job::JobEvent;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The `data` of an event. Its type is also the frame's `event`, and its id the frame's `id`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event)]
pub struct EventView<'a> {
    /// Its place in the log; larger ones came later. Missing where the event is shown once and not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<i64>,
    /// When it happened.
    at: Timestamp,
    /// Recorded: `job.created`, `job.bound`, `job.queued`, `job.edited`, `job.forked`, `job.started`, `job.completed`,
    /// `job.failed`, `item.completed`, `approval.requested`, `approval.resolved`, `conversation.renamed` and its like, and
    /// those of lanes, for example `lane.turn.completed`.
    /// Live: what Codex tells, by its own names with dots for slashes, for example `item.agentMessage.delta`.
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
    /// What is told. Of an event of Codex's its own fields, with `truncated: true` where long strings had to be cut.
    #[schema(value_type = Object)]
    payload: Option<&'a RawValue>,
}

impl<'a> EventView<'a> {
    /// An event as clients see it.
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
            // Written by this program as JSON on one line, so this is never `None`.
            payload: serde_json::from_str(&event.payload).ok(),
        }
    }
}

/// A rendered event, with what filters look at.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) event_id: Option<i64>,
    pub(super) event_type: String,
    pub(super) subject: EventSubject,
    pub(super) text: Bytes,
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
        let text = format!("{id}event: {}\ndata: {data}\n\n", event.event_type);
        Self {
            event_id,
            event_type: event.event_type.clone(),
            subject: EventSubject {
                job_id: event.job_id.clone(),
                conversation_id: event.conversation_id.clone(),
                lane_id: event.lane_id.clone(),
            },
            text: text.into(),
        }
    }

    /// Whether it is the last event of this job.
    pub(super) fn ends(&self, job_id: &JobId) -> bool {
        self.subject.job_id.as_deref() == Some(job_id)
            && JobEvent::ENDS.iter().any(|end| end.name() == self.event_type)
    }
}

/// A frame that tells of the stream itself. It has no id, so that a client goes on from the last event it had.
pub(super) fn notice(event_type: &str, data: &serde_json::Value) -> String {
    format!("event: {event_type}\ndata: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_frame_is_one_line_of_data_whatever_is_in_it() {
        let event =
            Event::new(Timestamp::from_millis(0), "item.completed", &json!({"text": "two\nlines\r\n"}))
                .about_job(JobId::from("j"))
                .about_turn(TurnId::from("t"));
        let frame = Frame::recorded(StoredEvent { event_id: 7, event: event.clone() });
        let text = String::from_utf8(frame.text.to_vec()).unwrap();
        let lines: Vec<&str> = text.split('\n').collect();
        assert_eq!(lines.len(), 5, "{text}");
        assert_eq!((lines[0], lines[1]), ("id: 7", "event: item.completed"));
        let data: Value = serde_json::from_str(lines[2].strip_prefix("data: ").unwrap()).unwrap();
        let expected = json!({"eventId": 7, "at": "1970-01-01T00:00:00.000Z", "type": "item.completed", "jobId": "j",
            "turnId": "t", "payload": {"text": "two\nlines\r\n"}});
        assert_eq!(data, expected);
        assert!(Frame::live(&event).text.starts_with(b"event: "), "a live one has no id");
    }
}
