//! Events: what happened, as it happens, for whoever listens.
//!
//! - **Recorded** events have an id. They are written with the change that they tell of (`store/events.rs`), or by
//!   themselves ([`Events::record`]), and shown after the commit, in the order of their ids, those of other bridge
//!   processes of the data folder included.
//! - **Live** events have none: what Codex tells while a turn runs, shown at once to whoever listens now ([`Events::live`]).
//!
//! The [`Feed`](feed) reads the log once for everybody and puts both kinds into one bounded ring, rendered. A
//! [`Subscription`] replays the log first and goes on with the ring, without gap or duplicate.

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
pub use subscription::{Start, Subscription};

/// What Codex told that is recorded, because no later event holds it: a finished piece of a turn.
const RECORDED_METHOD: &str = "item/completed";

/// What Codex told in a turn of a lane that is recorded for the lane, and as what.
const LANE_METHODS: [(&str, &str); 3] = [
    ("turn/started", "lane.turn.started.notification"),
    ("item/completed", "lane.item.completed.notification"),
    ("turn/completed", "lane.turn.completed.notification"),
];

/// All events. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Events {
    store: Store,
    feed: Arc<Feed>,
}

impl Events {
    /// The events of `store`. Recorded ones are shown once [`Events::run`] runs.
    #[must_use]
    pub fn new(store: Store) -> Self {
        let feed = Arc::new(Feed::new(store.clone()));
        Self { store, feed }
    }

    /// Shows what is recorded, for as long as it is polled.
    pub async fn run(self) {
        self.feed.run().await;
    }

    /// Records an event that belongs to no other write. Returns when its place in the log is sure: before all that is written
    /// later. Whoever needs to know that it is durable awaits what is returned.
    ///
    /// # Errors
    /// [`StoreError`] when the database is closed.
    pub async fn record(&self, event: Event) -> Result<Pending<()>, StoreError> {
        self.store.record_event(event).await
    }

    /// Shows an event to whoever listens now. `event` is not called when nobody does.
    pub fn live(&self, event: impl FnOnce() -> Event) {
        if self.feed.has_listeners() {
            self.feed.show_live(&event());
        }
    }

    /// Takes note of what Codex told in a turn of the subject's job. `subject` is only asked for where somebody wants it.
    pub async fn of_codex(&self, subject: impl Fn() -> EventSubject, notification: &Notification) {
        let method = notification.method.as_str();
        let forwarded = LANE_METHODS.iter().find(|(forwarded, _)| *forwarded == method);
        if method != RECORDED_METHOD {
            self.live(|| codex_event(subject(), notification, limits::LIVE_EVENT_BYTES_MAX));
        } else {
            self.record_or_log(codex_event(subject(), notification, limits::EVENT_BYTES_MAX)).await;
        }
        if let Some((_, event_type)) = forwarded {
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

    /// The ids of the finished items of a job that are recorded.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn items_of(&self, job_id: &JobId) -> Result<HashSet<String>, StoreError> {
        let (mut ids, mut after) = (HashSet::new(), 0);
        let subject = EventSubject { job_id: Some(job_id.to_owned()), ..EventSubject::default() };
        loop {
            let page = self.store.events_after(after, subject.clone()).await?;
            let Some(last) = page.events.last() else { return Ok(ids) };
            after = last.event_id;
            let items =
                page.events.iter().filter(|stored| stored.event.event_type == type_of(RECORDED_METHOD));
            ids.extend(items.filter_map(|stored| {
                let payload: Value = serde_json::from_str(&stored.event.payload).ok()?;
                payload.pointer("/item/id")?.as_str().map(str::to_owned)
            }));
        }
    }

    /// Listens: to what `filter` selects, from `start` on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn subscribe(&self, filter: Filter, start: Start) -> Result<Subscription, StoreError> {
        Subscription::new(self.clone(), filter, start).await
    }

    /// Recorded events after `after`, about one subject where it is named; as many as fit into a page.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn page(&self, after: i64, subject: EventSubject) -> Result<EventPage, StoreError> {
        self.store.events_after(after, subject).await
    }

    /// Where the log begins and ends.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn log_bounds(&self) -> Result<LogBounds, StoreError> {
        self.store.log_bounds().await
    }
}

fn codex_event(subject: EventSubject, notification: &Notification, bytes_max: usize) -> Event {
    let EventSubject { job_id, conversation_id, lane_id } = subject;
    let params = &notification.params;
    let turn_id = params.get("turnId").or_else(|| params.pointer("/turn/id")).and_then(Value::as_str);
    Event::new(Timestamp::now(), type_of(&notification.method), &bounded(params, bytes_max))
        .about_job(job_id)
        .about_conversation(conversation_id)
        .about_turn(turn_id.map(TurnId::from))
        .about_lane(lane_id)
}

/// `item/agentMessage/delta` is shown as `item.agentMessage.delta`.
fn type_of(method: &str) -> String {
    let dotted = |character: char| match character {
        '/' => '.',
        // It stands on a line of its own.
        character if character.is_control() => '_',
        character => character,
    };
    method.chars().map(dotted).collect()
}
