//! The initial build of the index, which runs once, on its own thread.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::{Event, Inner};
use crate::index::Progress;

/// The state of the initial build.
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
    /// Starts the build, unless it was started before.
    pub(super) fn start(&self, inner: &Arc<Inner>) {
        let mut state = self.state();
        if *state != State::NotStarted {
            return;
        }
        *state = State::Running(Progress { files: 0, total: 0 });
        let inner = Arc::clone(inner);
        let thread = std::thread::Builder::new().name("code-index".to_owned()).spawn(move || {
            // The guard also runs when the build panics, so that nobody waits forever.
            let _guard = EndGuard(&inner);
            inner.build(&|progress| *inner.initial_build.state() = State::Running(progress));
        });
        if let Err(error) = thread {
            tracing::error!(%error, "cannot start the thread that builds the code index");
            *state = State::Ended;
        }
    }

    /// Waits until the build has ended, or for at most the given time.
    pub(super) fn wait(&self, at_most: Option<Duration>) {
        let mut state = self.state();
        let running = |state: &mut State| *state != State::Ended;
        match at_most {
            Some(time) => drop(self.ended.wait_while_for(&mut state, running, time)),
            None => self.ended.wait_while(&mut state, running),
        }
    }

    /// Returns the progress of the build; `None` once it has ended.
    pub(super) fn progress(&self) -> Option<Progress> {
        match *self.state() {
            State::NotStarted => Some(Progress { files: 0, total: 0 }),
            State::Running(progress) => Some(progress),
            State::Ended => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
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
