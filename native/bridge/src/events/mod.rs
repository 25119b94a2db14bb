//! Events: what has happened, and what happens now.
//!
//! - **Recorded** events have an id. Each is written in the transaction of the change that it reports
//!   (`store/events.rs`), or on its own ([`Events::record`]). Recorded events are shown after the commit, in
//!   the order of their ids, with those of other bridge processes of the data directory.
//! - **Live** events have no id. They are notifications of Codex during a turn, shown at once to present
//!   subscriptions ([`Events::live`]).
//!
//! The [`Feed`](feed) reads the log once for all subscriptions and puts frames of both kinds into one bounded
//! ring. A [`Subscription`] replays the log first and then follows the ring, without gaps or duplicates.

pub mod bounded;
mod feed;
mod filter;
mod frame;
mod listener;
mod subscription;

use std::collections::HashSet;
use std::sync::Arc;

use codex::rpc::Notification;
use model::clock::Timestamp;
use model::event::{Event, EventSubject};
use model::ids::{JobId, TurnId};
use model::limits;
use serde_json::Value;
use store::{EventPage, LogBounds, Pending, Store, StoreError};

use bounded::bounded;
use feed::Feed;
pub use filter::{Filter, TypePatterns};
pub use frame::EventView;
pub use listener::Listener;
pub use subscription::{JobEnd, Start, Subscription};

/// The notification of Codex that is recorded: a finished item of a turn. No later event contains it.
const RECORDED_METHOD: &str = "item/completed";

/// The notifications of Codex that are recorded for a lane if they are about a turn of the lane, and their
/// event types.
const LANE_METHODS: [(&str, &str); 3] = [
    ("turn/started", "lane.turn.started.notification"),
    ("item/completed", "lane.item.completed.notification"),
    ("turn/completed", "lane.turn.completed.notification"),
];

/// The events of a data directory. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Events {
    store: Store,
    feed: Arc<Feed>,
}

impl Events {
    /// Returns the events of `store`. Recorded events are shown while [`Events::run`] is polled.
    #[must_use]
    pub fn new(store: Store) -> Self {
        let feed = Arc::new(Feed::new(store.clone()));
        Self { store, feed }
    }

    /// Shows recorded events for as long as it is polled.
    pub async fn run(self) {
        self.feed.run().await;
    }

    /// Records an event that belongs to no other change. When this returns, the event's position in the log
    /// is before that of all later writes. Await the returned value to know that the event is durable.
    ///
    /// # Errors
    /// [`StoreError`] if the database is closed.
    pub async fn record(&self, event: Event) -> Result<Pending<()>, StoreError> {
        self.store.record_event(event).await
    }

    /// Shows an event to present subscriptions. Does not call `event` if there are none.
    pub fn live(&self, event: impl FnOnce() -> Event) {
        if self.feed.has_subscriptions() {
            self.feed.publish_live(&event());
        }
    }

    /// Records or shows a notification of Codex about a turn of the subject's job. Calls `subject` only if it
    /// is needed.
    pub async fn handle_codex(&self, subject: impl Fn() -> EventSubject, notification: &Notification) {
        let method = notification.method.as_str();
        let lane_event = LANE_METHODS.iter().find(|(lane_method, _)| *lane_method == method);
        if method != RECORDED_METHOD {
            self.live(|| codex_event(subject(), notification, limits::LIVE_EVENT_BYTES_MAX));
        } else {
            self.record_or_log(codex_event(subject(), notification, limits::EVENT_BYTES_MAX)).await;
        }
        if let Some((_, event_type)) = lane_event {
            let subject = subject();
            if subject.lane_id.is_some() {
                let mut event = codex_event(subject, notification, limits::EVENT_BYTES_MAX);
                (*event_type).clone_into(&mut event.event_type);
                self.record_or_log(event).await;
            }
        }
    }

    async fn record_or_log(&self, event: Event) {
        let event_type = event.event_type.clone();
        if let Err(error) = self.record(event).await {
            tracing::error!(%error, event_type, "cannot record an event");
        }
    }

    /// Returns the ids of the recorded finished items of a job.
    ///
    /// # Errors
    /// [`StoreError`] if the log cannot be read.
    pub async fn item_ids(&self, job_id: &JobId) -> Result<HashSet<String>, StoreError> {
        let (mut ids, mut after) = (HashSet::new(), 0);
        let subject = EventSubject { job_id: Some(job_id.to_owned()), ..EventSubject::default() };
        loop {
            let page = self.store.events_after(after, subject.clone()).await?;
            let Some(last) = page.events.last() else { return Ok(ids) };
            after = last.event_id;
            let items =
                page.events.iter().filter(|stored| stored.event.event_type == event_type_of(RECORDED_METHOD));
            ids.extend(items.filter_map(|stored| {
                let payload: Value = serde_json::from_str(&stored.event.payload).ok()?;
                payload.pointer("/item/id")?.as_str().map(str::to_owned)
            }));
        }
    }

    /// Subscribes to the events that `filter` selects, from `start` on.
    ///
    /// # Errors
    /// [`StoreError`] if the log cannot be read.
    pub async fn subscribe(&self, filter: Filter, start: Start) -> Result<Subscription, StoreError> {
        Subscription::new(self.clone(), filter, start).await
    }

    /// Returns a page of recorded events after `after` that are about `subject`.
    ///
    /// # Errors
    /// [`StoreError`] if the log cannot be read.
    pub async fn page(&self, after: i64, subject: EventSubject) -> Result<EventPage, StoreError> {
        self.store.events_after(after, subject).await
    }

    /// Returns the bounds of the log.
    ///
    /// # Errors
    /// [`StoreError`] if the log cannot be read.
    pub async fn log_bounds(&self) -> Result<LogBounds, StoreError> {
        self.store.log_bounds().await
    }
}

fn codex_event(subject: EventSubject, notification: &Notification, bytes_max: usize) -> Event {
    let EventSubject { job_id, conversation_id, lane_id } = subject;
    let params = &notification.params;
    let turn_id = params.get("turnId").or_else(|| params.pointer("/turn/id")).and_then(Value::as_str);
    Event::new(Timestamp::now(), event_type_of(&notification.method), &bounded(params, bytes_max))
        .about_job(job_id)
        .about_conversation(conversation_id)
        .about_turn(turn_id.map(TurnId::from))
        .about_lane(lane_id)
}

/// Returns the event type of a notification: `item.agentMessage.delta` for `item/agentMessage/delta`.
fn event_type_of(method: &str) -> String {
    let dotted = |character: char| match character {
        '/' => '.',
        // The type is on a line of its own in a frame.
        character if character.is_control() => '_',
        character => character,
    };
    method.chars().map(dotted).collect()
}
