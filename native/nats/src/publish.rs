//! Publishes the log: every event, in order, each once.
//!
//! The log itself is the outbox. A cursor in the database says how far it is published; it moves after JetStream has acknowledged.
//! What was stored without our hearing of it (a connection broke, a process died) is found by the key of the stream's last event,
//! and by the stream's own memory of keys (`Nats-Msg-Id`). Several events are under way at once; as a connection keeps their order
//! and is never mended, what is lost of them is lost from the end. Only while a cluster chooses a new leader for the stream can one
//! be refused and its successor taken; `eventId` tells the order then.

use std::collections::VecDeque;

use async_nats::jetstream::Context;
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::message::PublishMessage;
use bridge::events::bounded::bounded;
use bridge::nats_status::NatsStatus;
use bridge::webhooks::envelope::Marks;
use bytes::Bytes;
use model::clock::Timestamp;
use model::event::{Event, EventSubject, StoredEvent};
use model::limits;
use model::webhook::Scope;
use serde_json::{Value, json};
use store::{NatsCursor, Store, StoreError};

use super::connection::described;
use super::stream::EventStream;
use super::subject::Subjects;

/// The type of the event that tells of events which were forgotten before they were published.
const GAP_EVENT: &str = "nats.gap";

/// Publishes one log below one prefix. There is one at a time for a data folder.
#[derive(Debug)]
pub(super) struct Publisher {
    store: Store,
    subjects: Subjects,
    cursor: NatsCursor,
    /// Up to here a gap was told of.
    gap_told: i64,
    status: NatsStatus,
}

impl Publisher {
    pub(super) async fn new(
        store: Store,
        subjects: Subjects,
        status: NatsStatus,
    ) -> Result<Self, StoreError> {
        let cursor = store.open_nats_cursor(subjects.prefix()).await?;
        Ok(Self { store, subjects, cursor, gap_told: 0, status })
    }

    /// Publishes over one connection, until that fails.
    ///
    /// # Errors
    /// For a person: why it failed.
    pub(super) async fn run(&mut self, context: &Context, stream: &EventStream) -> Result<(), String> {
        let cannot_read = |error: StoreError| format!("the log cannot be read: {error}");
        let message_bytes_max = stream.message_bytes_max.unwrap_or(usize::MAX);
        let body_bytes_max = context
            .client()
            .max_payload()
            .min(message_bytes_max)
            .saturating_sub(limits::NATS_HEADERS_BYTES_MAX);
        let committed = self.store.committed();
        if let Some(stored) = stream.last_key.as_deref().and_then(|key| self.place_of(key)) {
            // A log that was put back from a copy may be behind what it published.
            let newest = self.store.log_bounds().await.map_err(cannot_read)?.newest;
            if stored <= newest {
                self.advance(stored).await.map_err(cannot_read)?;
            }
        }
        loop {
            let page = self.store.events_after(self.cursor.event_id, EventSubject::default()).await;
            let page = page.map_err(cannot_read)?;
            self.tell_of_gap().await.map_err(cannot_read)?;
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
                // Other processes of the data folder write, too.
                () = tokio::time::sleep(limits::EVENTS_INTERVAL) => {}
            }
        }
    }

    async fn publish(&self, context: &Context, events: &[StoredEvent], body_bytes_max: usize) -> Sent {
        let mut sent = Sent { acknowledged: None, outcome: Ok(()) };
        let mut under_way: VecDeque<(i64, PublishAckFuture)> = VecDeque::new();
        let mut rest = events.iter();
        loop {
            let next = if under_way.len() < limits::NATS_IN_FLIGHT_MAX { rest.next() } else { None };
            if let Some(stored) = next {
                let message = PublishMessage::build()
                    .message_id(self.key(stored.event_id))
                    .header("Content-Type", "application/json")
                    .payload(self.body(stored, body_bytes_max));
                let subject = self.subjects.event(&stored.event.event_type);
                match context.send_publish(subject, message).await {
                    Ok(acknowledgement) => under_way.push_back((stored.event_id, acknowledgement)),
                    Err(error) => {
                        sent.outcome = Err(format!("events cannot be published: {}", described(&error)));
                        return sent;
                    }
                }
                continue;
            }
            let Some((event_id, acknowledgement)) = under_way.pop_front() else { return sent };
            match acknowledgement.await {
                Ok(_) => {
                    self.status.published();
                    sent.acknowledged = Some(event_id);
                }
                Err(error) => {
                    sent.outcome = Err(format!("event {event_id} was not taken: {}", described(&error)));
                    return sent;
                }
            }
        }
    }

    /// The envelope. Where it is too large for the server, the long texts of its payload are cut.
    fn body(&self, stored: &StoredEvent, bytes_max: usize) -> Bytes {
        let whole = self.envelope(stored.event_id, &stored.event);
        if whole.len() <= bytes_max {
            return whole;
        }
        let payload: Value = serde_json::from_str(&stored.event.payload).unwrap_or_default();
        // The envelope holds it twice.
        let room = bytes_max.saturating_sub(whole.len() - 2 * stored.event.payload.len()) / 2;
        let cut = Event { payload: bounded(&payload, room), ..stored.event.clone() };
        let body = self.envelope(stored.event_id, &cut);
        if body.len() <= bytes_max {
            return body;
        }
        let nothing = Event { payload: json!({"truncated": true}).to_string(), ..cut };
        self.envelope(stored.event_id, &nothing)
    }

    fn envelope(&self, event_id: i64, event: &Event) -> Bytes {
        let key = self.key(event_id);
        let scope = Scope::default();
        let marks = Marks { id: &key, ts: event.at, event_key: &key, subscription_id: None, scope: &scope };
        marks.around(event_id, event)
    }

    /// The same however often the event is sent, and no other event's anywhere.
    fn key(&self, event_id: i64) -> String {
        format!("{}:{event_id}", self.cursor.log_id)
    }

    /// Which event of this log has this key.
    fn place_of(&self, key: &str) -> Option<i64> {
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

    /// The history's bounds count for what waits, too.
    async fn tell_of_gap(&mut self) -> Result<(), StoreError> {
        let after = self.cursor.event_id;
        let up_to = self.store.log_bounds().await?.forgotten_up_to;
        if up_to <= after.max(self.gap_told) {
            return Ok(());
        }
        self.gap_told = up_to;
        tracing::warn!(after, up_to, "events were forgotten before they could be published to NATS");
        let event =
            Event::new(Timestamp::now(), GAP_EVENT, &json!({"afterEventId": after, "upToEventId": up_to}));
        self.store.record_event(event).await?;
        Ok(())
    }
}

/// How far a page came.
struct Sent {
    /// Up to this event all are acknowledged.
    acknowledged: Option<i64>,
    outcome: Result<(), String>,
}
