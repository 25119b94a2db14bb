//! Publishes the event log: every event, in order and once.
//!
//! The log itself is the outbox. A cursor in the database is the position up to which it is published. The
//! cursor moves when JetStream has acknowledged an event. If an acknowledgment was lost because a connection
//! broke or a process died, the stored event is recognized by the key of the stream's last event, and by the
//! keys that the stream remembers (`Nats-Msg-Id`).
//!
//! Several events are in flight at the same time. A connection keeps their order and never reconnects, so
//! only the last events in flight can be lost. Only while a cluster elects a new leader for the stream can an
//! event be refused and its successor be accepted. In this case `eventId` gives the order.

use std::collections::VecDeque;

use async_nats::jetstream::Context;
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::message::PublishMessage;
use bridge::events::bounded::bounded;
use bridge::nats_status::NatsStatus;
use bridge::webhooks::envelope::Attributes;
use bytes::Bytes;
use model::clock::Timestamp;
use model::event::{Event, EventSubject, StoredEvent};
use model::limits;
use model::webhook::Scope;
use serde_json::{Value, json};
use store::{NatsCursor, Store, StoreError};

use super::connection::describe;
use super::stream::EventStream;
use super::subject::Subjects;

/// The type of the event that reports events that were deleted before they were published.
const GAP_EVENT: &str = "nats.gap";

/// Publishes a log below a prefix. A data directory has one publisher at a time.
#[derive(Debug)]
pub(super) struct Publisher {
    store: Store,
    subjects: Subjects,
    cursor: NatsCursor,
    /// The id up to which gaps were reported.
    gap_reported: i64,
    status: NatsStatus,
}

impl Publisher {
    pub(super) async fn new(
        store: Store,
        subjects: Subjects,
        status: NatsStatus,
    ) -> Result<Self, StoreError> {
        let cursor = store.open_nats_cursor(subjects.prefix()).await?;
        Ok(Self { store, subjects, cursor, gap_reported: 0, status })
    }

    /// Publishes over a connection until that fails.
    ///
    /// # Errors
    /// Returns a message for the user if the log cannot be read, or if an event cannot be published.
    pub(super) async fn run(&mut self, context: &Context, stream: &EventStream) -> Result<(), String> {
        let cannot_read = |error: StoreError| format!("cannot read the event log: {error}");
        let message_bytes_max = stream.message_bytes_max.unwrap_or(usize::MAX);
        let body_bytes_max = context
            .client()
            .max_payload()
            .min(message_bytes_max)
            .saturating_sub(limits::NATS_HEADERS_BYTES_MAX);
        let committed = self.store.committed();
        if let Some(stored) = stream.last_key.as_deref().and_then(|key| self.event_id_of(key)) {
            // A log that was restored from a backup may be behind what it has published.
            let newest = self.store.log_bounds().await.map_err(cannot_read)?.newest;
            if stored <= newest {
                self.advance(stored).await.map_err(cannot_read)?;
            }
        }
        loop {
            let page = self.store.events_after(self.cursor.event_id, EventSubject::default()).await;
            let page = page.map_err(cannot_read)?;
            self.report_gap().await.map_err(cannot_read)?;
            let sent = self.publish(context, &page.events, body_bytes_max).await;
            if let Some(acknowledged) = sent.acknowledged {
                self.advance(acknowledged).await.map_err(cannot_read)?;
            }
            sent.outcome?;
            if page.more {
                continue;
            }
            tokio::select! {
                () = committed.notified() => {}
                // Other processes of the data directory write, too.
                () = tokio::time::sleep(limits::EVENTS_INTERVAL) => {}
            }
        }
    }

    async fn publish(&self, context: &Context, events: &[StoredEvent], body_bytes_max: usize) -> Sent {
        let mut sent = Sent { acknowledged: None, outcome: Ok(()) };
        let mut in_flight: VecDeque<(i64, PublishAckFuture)> = VecDeque::new();
        let mut rest = events.iter();
        loop {
            let next = if in_flight.len() < limits::NATS_IN_FLIGHT_MAX { rest.next() } else { None };
            if let Some(stored) = next {
                let message = PublishMessage::build()
                    .message_id(self.key(stored.event_id))
                    .header("Content-Type", "application/json")
                    .payload(self.body(stored, body_bytes_max));
                let subject = self.subjects.event(&stored.event.event_type);
                match context.send_publish(subject, message).await {
                    Ok(acknowledgement) => in_flight.push_back((stored.event_id, acknowledgement)),
                    Err(error) => {
                        sent.outcome = Err(format!("cannot publish events: {}", describe(&error)));
                        return sent;
                    }
                }
                continue;
            }
            let Some((event_id, acknowledgement)) = in_flight.pop_front() else { return sent };
            match acknowledgement.await {
                Ok(_) => {
                    self.status.published();
                    sent.acknowledged = Some(event_id);
                }
                Err(error) => {
                    sent.outcome = Err(format!("event {event_id} was not accepted: {}", describe(&error)));
                    return sent;
                }
            }
        }
    }

    /// Returns the envelope of an event. If it is too large for the server, the long strings of its payload
    /// are truncated.
    fn body(&self, stored: &StoredEvent, bytes_max: usize) -> Bytes {
        let whole = self.envelope(stored.event_id, &stored.event);
        if whole.len() <= bytes_max {
            return whole;
        }
        let payload: Value = serde_json::from_str(&stored.event.payload).unwrap_or_default();
        // The envelope contains the payload twice.
        let room = bytes_max.saturating_sub(whole.len() - 2 * stored.event.payload.len()) / 2;
        let cut = Event { payload: bounded(&payload, room), ..stored.event.clone() };
        let body = self.envelope(stored.event_id, &cut);
        if body.len() <= bytes_max {
            return body;
        }
        let without_payload = Event { payload: json!({"truncated": true}).to_string(), ..cut };
        self.envelope(stored.event_id, &without_payload)
    }

    fn envelope(&self, event_id: i64, event: &Event) -> Bytes {
        let key = self.key(event_id);
        let scope = Scope::default();
        let attributes =
            Attributes { id: &key, ts: event.at, event_key: &key, subscription_id: None, scope: &scope };
        attributes.render(event_id, event)
    }

    /// Returns the key of an event, which is globally unique and does not change when the event is sent
    /// again.
    fn key(&self, event_id: i64) -> String {
        format!("{}:{event_id}", self.cursor.log_id)
    }

    /// Returns the id of the event of this log that has a key.
    fn event_id_of(&self, key: &str) -> Option<i64> {
        key.strip_prefix(&self.cursor.log_id)?.strip_prefix(':')?.parse().ok()
    }

    async fn advance(&mut self, event_id: i64) -> Result<(), StoreError> {
        if event_id <= self.cursor.event_id {
            return Ok(());
        }
        self.store.move_nats_cursor(self.subjects.prefix(), event_id).await?;
        self.cursor.event_id = event_id;
        Ok(())
    }

    /// Reports a gap if unpublished events were deleted, because the limits of the history apply to them,
    /// too.
    async fn report_gap(&mut self) -> Result<(), StoreError> {
        let after = self.cursor.event_id;
        let up_to = self.store.log_bounds().await?.forgotten_up_to;
        if up_to <= after.max(self.gap_reported) {
            return Ok(());
        }
        self.gap_reported = up_to;
        tracing::warn!(after, up_to, "events were deleted before they could be published to NATS");
        let event =
            Event::new(Timestamp::now(), GAP_EVENT, &json!({"afterEventId": after, "upToEventId": up_to}));
        self.store.record_event(event).await?;
        Ok(())
    }
}

/// The result of publishing a page of events.
struct Sent {
    /// The id up to which all events are acknowledged.
    acknowledged: Option<i64>,
    outcome: Result<(), String>,
}
