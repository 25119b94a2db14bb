//! The feed: reads the log once for all listeners, renders each event once, and keeps the newest in a ring.
//!
//! It wakes on the commits of its own process, and looks now and then for those of others. While nobody listens it reads
//! nothing; its place in the log is then unknown, and the next listener sets it.

use std::sync::Arc;

use model::event::{Event, EventSubject};
use model::limits;
use parking_lot::{Mutex, MutexGuard};
use store::{Store, StoreError};
use tokio::sync::{Notify, broadcast};

use super::frame::Frame;

#[derive(Debug)]
pub(super) struct Feed {
    store: Store,
    frames: broadcast::Sender<Arc<Frame>>,
    /// The last event of the log that was put into the ring; `None` while nobody listens.
    place: Mutex<Option<i64>>,
    committed: Arc<Notify>,
}

impl Feed {
    pub(super) fn new(store: Store) -> Self {
        let (frames, _) = broadcast::channel(limits::EVENTS_BEHIND_MAX);
        let committed = store.committed();
        Self { store, frames, place: Mutex::default(), committed }
    }

    pub(super) fn has_listeners(&self) -> bool {
        self.frames.receiver_count() > 0
    }

    pub(super) fn show_live(&self, event: &Event) {
        self.show(Frame::live(event));
    }

    fn show(&self, frame: Frame) {
        // An error says that the last listener just left.
        if self.frames.send(Arc::new(frame)).is_err() {
            tracing::trace!("nobody listens any more");
        }
    }

    /// Everything from now on, and the newest event there was before that.
    pub(super) async fn listen(&self) -> Result<(broadcast::Receiver<Arc<Frame>>, i64), StoreError> {
        // In this order: what is committed after the look reaches the listener through the ring.
        let frames = self.frames.subscribe();
        let newest = self.store.log_bounds().await?.newest;
        self.place().get_or_insert(newest);
        self.committed.notify_one();
        Ok((frames, newest))
    }

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
                tracing::error!(%error, "cannot read the log of events");
                tokio::time::sleep(limits::EVENTS_INTERVAL).await;
            }
        }
    }

    /// Whether anybody listens. The place is forgotten under its lock, which a new listener takes after it has begun to
    /// listen: it finds either the place kept, or none and sets it.
    fn is_needed(&self) -> bool {
        let mut place = self.place();
        if !self.has_listeners() {
            *place = None;
        }
        place.is_some()
    }

    /// Puts what was recorded since the last time into the ring.
    async fn forward(&self) -> Result<(), StoreError> {
        loop {
            if !self.is_needed() {
                return Ok(());
            }
            let Some(after) = *self.place() else { return Ok(()) };
            let page = self.store.events_after(after, EventSubject::default()).await?;
            for stored in page.events {
                *self.place() = Some(stored.event_id);
                self.show(Frame::recorded(stored));
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    fn place(&self) -> MutexGuard<'_, Option<i64>> {
        self.place.lock()
    }
}
