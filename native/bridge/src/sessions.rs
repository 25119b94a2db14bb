//! Which app-server has which thread.
//!
//! The bridge's own (shared) app-server has every thread but those that live in a session: a lane's thread stays loaded in
//! its session's app-server, between its turns, too, until the session ends.

use std::collections::HashMap;
use std::sync::Arc;

use codex::protocol::ThreadOptions;
use model::ids::ThreadId;
use parking_lot::{Mutex, MutexGuard};
use tokio_util::sync::CancellationToken;

use crate::session::Session;

/// All app-servers of this bridge process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sessions {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Session,
    homes: Mutex<HashMap<ThreadId, Home>>,
}

/// Where a thread lives.
#[derive(Debug, Clone)]
struct Home {
    session: Session,
    options: ThreadOptions,
    /// Set when it moves out.
    leaves: CancellationToken,
}

impl Sessions {
    /// Every thread is in `shared`, until it settles elsewhere.
    #[must_use]
    pub fn new(shared: Session) -> Self {
        Self { inner: Arc::new(Inner { shared, homes: Mutex::default() }) }
    }

    /// The bridge's own app-server.
    #[must_use]
    pub fn shared(&self) -> &Session {
        &self.inner.shared
    }

    /// All app-servers: the shared one, and each in which a thread lives.
    #[must_use]
    pub fn all(&self) -> Vec<Session> {
        let mut all = vec![self.inner.shared.clone()];
        for home in self.homes().values() {
            if !all.iter().any(|session| session.is(&home.session)) {
                all.push(home.session.clone());
            }
        }
        all
    }

    /// The app-server that has the thread.
    #[must_use]
    pub fn of(&self, thread_id: &ThreadId) -> Session {
        self.homes().get(thread_id).map_or_else(|| self.inner.shared.clone(), |home| home.session.clone())
    }

    /// The thread stays loaded in `session` until `leaves`. It is loaded with `options` where a message does not say
    /// otherwise: Codex itself remembers those of the last turn only.
    pub fn settle(
        &self,
        thread_id: &ThreadId,
        session: Session,
        options: ThreadOptions,
        leaves: CancellationToken,
    ) {
        self.homes().insert(thread_id.to_owned(), Home { session, options, leaves });
    }

    /// What the thread is loaded with where a message does not say otherwise.
    #[must_use]
    pub fn options_of(&self, thread_id: &ThreadId) -> ThreadOptions {
        self.homes().get(thread_id).map(|home| home.options.clone()).unwrap_or_default()
    }

    /// The thread lives nowhere any more.
    pub fn leave(&self, thread_id: &ThreadId) {
        if let Some(home) = self.homes().remove(thread_id) {
            home.leaves.cancel();
        }
    }

    /// Set when the thread moves out; `None` when it lives nowhere.
    #[must_use]
    pub fn resident_until(&self, thread_id: &ThreadId) -> Option<CancellationToken> {
        self.homes().get(thread_id).map(|home| home.leaves.clone())
    }

    fn homes(&self) -> MutexGuard<'_, HashMap<ThreadId, Home>> {
        self.inner.homes.lock()
    }
}
