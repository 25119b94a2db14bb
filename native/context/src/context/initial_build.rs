//! The first building of the index: once, in a thread of its own.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Event, Inner};
use crate::index::Progress;

/// How far the first building is.
#[derive(Debug, Default)]
pub(super) struct InitialBuild {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum State {
    #[default]
    NotStarted,
    Running(Progress),
    Ended,
}

impl InitialBuild {
    /// Starts it, unless that was done before.
    pub(super) fn start(&self, inner: &Arc<Inner>) {
        let mut state = self.state();
        if *state != State::NotStarted {
            return;
        }
        *state = State::Running(Progress { files: 0, total: 0 });
        let inner = Arc::clone(inner);
        let thread = std::thread::Builder::new().name("code-index".to_owned()).spawn(move || {
            // Also when it panics: whoever waits has waited long enough.
            let _guard = EndGuard(&inner);
            inner.build(&|progress| *inner.initial_build.state() = State::Running(progress));
        });
        if let Err(error) = thread {
            tracing::error!(%error, "the code index cannot be built");
            *state = State::Ended;
        }
    }

    /// Waits until it has ended, or for a time.
    pub(super) fn wait(&self, at_most: Option<Duration>) {
        let state = self.state();
        let running = |state: &mut State| *state != State::Ended;
        match at_most {
            Some(time) => drop(self.ended.wait_timeout_while(state, time, running)),
            None => drop(self.ended.wait_while(state, running)),
        }
    }

    /// How far it is; `None` once it has ended.
    pub(super) fn progress(&self) -> Option<Progress> {
        match *self.state() {
            State::NotStarted => Some(Progress { files: 0, total: 0 }),
            State::Running(progress) => Some(progress),
            State::Ended => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct EndGuard<'a>(&'a Inner);

impl Drop for EndGuard<'_> {
    fn drop(&mut self) {
        *self.0.initial_build.state() = State::Ended;
        self.0.initial_build.ended.notify_all();
        self.0.notify(&Event::Built);
    }
}
