//! The feed reads the log once for all subscriptions, renders each event once, and keeps the newest frames in
//! a ring.
//!
//! A commit of this process wakes the feed, and it polls the log for events of other processes. Without
//! subscriptions the feed reads nothing. Its position in the log is unknown then, and the next subscription
//! sets it.

use std::sync::Arc;

use model::event::{Event, EventSubject};
use model::limits;
use parking_lot::{Mutex, MutexGuard};
use store::{Store, StoreError};
use tokio::sync::{Notify, broadcast};

use super::frame::Frame;

/// The feed of one process.
#[derive(Debug)]
pub(super) struct Feed {
    store: Store,
    frames: broadcast::Sender<Arc<Frame>>,
    /// The id of the last event of the log that was put into the ring. `None` without subscriptions.
    position: Mutex<Option<i64>>,
    committed: Arc<Notify>,
}

impl Feed {
    pub(super) fn new(store: Store) -> Self {
        let (frames, _) = broadcast::channel(limits::EVENTS_BEHIND_MAX);
        let committed = store.committed();
        Self { store, frames, position: Mutex::default(), committed }
    }

    pub(super) fn has_subscriptions(&self) -> bool {
        self.frames.receiver_count() > 0
    }

    pub(super) fn publish_live(&self, event: &Event) {
        self.publish(Frame::live(event));
    }

    fn publish(&self, frame: Frame) {
        // An error means that the last subscription has just ended.
        if self.frames.send(Arc::new(frame)).is_err() {
            tracing::trace!("an event has no subscriptions");
        }
    }

    /// Returns a receiver of all frames from now on, and the id of the newest event before them.
    pub(super) async fn subscribe(&self) -> Result<(broadcast::Receiver<Arc<Frame>>, i64), StoreError> {
        // The order matters: an event that is committed after this query reaches the subscription through the
        // ring.
        let frames = self.frames.subscribe();
        let newest = self.store.log_bounds().await?.newest;
        self.position().get_or_insert(newest);
        self.committed.notify_one();
        Ok((frames, newest))
    }

    /// Forwards events from the log to the ring.
    pub(super) async fn run(&self) {
        loop {
            if self.is_needed() {
                tokio::select! {
                    () = self.committed.notified() => {}
                    () = tokio::time::sleep(limits::EVENTS_INTERVAL) => {}
                }
            } else {
                self.committed.notified().await;
            }
            if let Err(error) = self.forward().await {
                tracing::error!(%error, "cannot read the event log");
                tokio::time::sleep(limits::EVENTS_INTERVAL).await;
            }
        }
    }

    /// Reports whether there are subscriptions, and resets the position if there are none. This happens under
    /// the lock, which a new subscription takes only after it has joined the ring. So it finds either a valid
    /// position, or none and sets it.
    fn is_needed(&self) -> bool {
        let mut position = self.position();
        if !self.has_subscriptions() {
            *position = None;
        }
        position.is_some()
    }

    /// Puts newly recorded events into the ring.
    async fn forward(&self) -> Result<(), StoreError> {
        loop {
            if !self.is_needed() {
                return Ok(());
            }
            let Some(after) = *self.position() else { return Ok(()) };
            let page = self.store.events_after(after, EventSubject::default()).await?;
            for stored in page.events {
                *self.position() = Some(stored.event_id);
                self.publish(Frame::recorded(stored));
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    fn position(&self) -> MutexGuard<'_, Option<i64>> {
        self.position.lock()
    }
}
