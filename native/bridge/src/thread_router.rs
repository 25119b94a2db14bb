//! Finds the app-server that holds a thread.
//!
//! The shared app-server of the bridge holds every thread that is not pinned. The thread of a lane session is
//! pinned: it stays loaded in the app-server of that session, between its turns too, until the session ends.

use std::collections::HashMap;
use std::sync::Arc;

use codex::protocol::ThreadOptions;
use model::ids::ThreadId;
use parking_lot::{Mutex, MutexGuard};
use tokio_util::sync::CancellationToken;

use crate::supervisor::Supervisor;

/// The app-servers of this bridge process and the threads that are pinned to them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ThreadRouter {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Supervisor,
    pins: Mutex<HashMap<ThreadId, Pin>>,
}

/// The app-server that a thread is pinned to.
#[derive(Debug, Clone)]
struct Pin {
    supervisor: Supervisor,
    options: ThreadOptions,
    /// Cancelled when the thread is unpinned.
    unpinned: CancellationToken,
}

impl ThreadRouter {
    /// Creates a router that sends every thread to `shared` until the thread is pinned elsewhere.
    #[must_use]
    pub fn new(shared: Supervisor) -> Self {
        Self { inner: Arc::new(Inner { shared, pins: Mutex::default() }) }
    }

    /// Returns the supervisor of the shared app-server.
    #[must_use]
    pub fn shared(&self) -> &Supervisor {
        &self.inner.shared
    }

    /// Returns all supervisors: the shared one, and each that has a pinned thread.
    #[must_use]
    pub fn all(&self) -> Vec<Supervisor> {
        let mut all = vec![self.inner.shared.clone()];
        for pin in self.pins().values() {
            if !all.iter().any(|supervisor| supervisor.is_same(&pin.supervisor)) {
                all.push(pin.supervisor.clone());
            }
        }
        all
    }

    /// Returns the supervisor of the app-server that holds the thread.
    #[must_use]
    pub fn supervisor_of(&self, thread_id: &ThreadId) -> Supervisor {
        self.pins().get(thread_id).map_or_else(|| self.inner.shared.clone(), |pin| pin.supervisor.clone())
    }

    /// Pins the thread to the app-server of `supervisor` until `unpinned` is cancelled.
    ///
    /// The thread is loaded with `options` where a message does not specify its own, because Codex remembers
    /// only the options of the last turn.
    pub fn pin(
        &self,
        thread_id: &ThreadId,
        supervisor: Supervisor,
        options: ThreadOptions,
        unpinned: CancellationToken,
    ) {
        self.pins().insert(thread_id.to_owned(), Pin { supervisor, options, unpinned });
    }

    /// Returns the options with which a pinned thread is loaded where a message does not specify its own.
    #[must_use]
    pub fn pinned_options(&self, thread_id: &ThreadId) -> ThreadOptions {
        self.pins().get(thread_id).map(|pin| pin.options.clone()).unwrap_or_default()
    }

    /// Unpins the thread.
    pub fn unpin(&self, thread_id: &ThreadId) {
        if let Some(pin) = self.pins().remove(thread_id) {
            pin.unpinned.cancel();
        }
    }

    /// Returns the token that is cancelled when the thread is unpinned; `None` when it is not pinned.
    #[must_use]
    pub fn pinned_until(&self, thread_id: &ThreadId) -> Option<CancellationToken> {
        self.pins().get(thread_id).map(|pin| pin.unpinned.clone())
    }

    fn pins(&self) -> MutexGuard<'_, HashMap<ThreadId, Pin>> {
        self.inner.pins.lock()
    }
}
