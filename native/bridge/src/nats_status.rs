//! The state of publishing to NATS. The crate `nats` writes it; `GET /health` and `GET /system` show it.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;
use store::{Store, StoreError};
use utoipa::ToSchema;

/// NATS, as `GET /health` shows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NatsView {
    /// `connected`, `connecting`, or `standby` while another bridge of the data directory publishes.
    #[schema(value_type = String, example = "connected")]
    state: State,
    /// Whether this bridge is connected and its stream is set up correctly.
    connected: bool,
    /// The servers, without secrets.
    #[schema(example = "nats://127.0.0.1:4222")]
    url: String,
    /// The prefix of all subjects.
    #[schema(example = "codex")]
    prefix: String,
    /// The name of this bridge on NATS: the second token of its subjects.
    #[schema(example = "build-01")]
    instance: String,
    /// The stream that stores the events, once it is known.
    stream: Option<String>,
    /// Whether the bridge accepts commands over NATS.
    commands: bool,
    /// The number of events that this bridge has published since it started.
    published: u64,
    /// An upper bound of the number of recorded events that are not yet published.
    behind: u64,
    /// The last error, until NATS works again.
    last_error: Option<String>,
}

impl NatsView {
    /// Returns the last error, until NATS works again.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.last_error.as_deref()
    }
}

/// The facts about NATS that do not change while a bridge runs.
#[derive(Debug, Clone)]
pub struct NatsIdentity {
    /// The servers, without secrets.
    pub url: String,
    /// The prefix of all subjects.
    pub prefix: String,
    /// The name of this bridge on NATS.
    pub instance: String,
    /// Whether the bridge accepts commands over NATS.
    pub commands: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    #[default]
    Standby,
    Connecting,
    Connected,
}

/// The state of publishing to NATS. Cheap to clone; all clones share one state.
#[derive(Debug, Clone)]
pub struct NatsStatus {
    identity: Arc<NatsIdentity>,
    store: Store,
    observed: Arc<Mutex<Observed>>,
}

#[derive(Debug, Default)]
struct Observed {
    state: State,
    stream: Option<String>,
    published: u64,
    last_error: Option<String>,
}

impl NatsStatus {
    /// Returns the status of a bridge that has not yet tried to connect. `store` holds the log that it
    /// publishes.
    #[must_use]
    pub fn new(identity: NatsIdentity, store: Store) -> Self {
        Self { identity: Arc::new(identity), store, observed: Arc::default() }
    }

    /// Notes that this process publishes for the data directory and connects.
    pub fn connecting(&self) {
        self.observed().state = State::Connecting;
    }

    /// Notes that the connection and its stream are ready.
    pub fn connected(&self, stream: &str) {
        let mut observed = self.observed();
        observed.state = State::Connected;
        observed.stream = Some(stream.to_owned());
        if observed.last_error.take().is_some() {
            tracing::info!(stream, "NATS works again");
        }
    }

    /// Notes that the stream acknowledged one event.
    pub fn published(&self) {
        self.observed().published += 1;
    }

    /// Notes an error, and logs it unless it is the same as the one before.
    pub fn failed(&self, error: String) {
        let mut observed = self.observed();
        observed.state = State::Connecting;
        if observed.last_error.as_ref() != Some(&error) {
            tracing::warn!(error, "NATS is unavailable; retrying, and events wait in the log");
        }
        observed.last_error = Some(error);
    }

    /// Returns the state as the API shows it.
    ///
    /// # Errors
    /// [`StoreError`] when the log cannot be read.
    pub async fn view(&self) -> Result<NatsView, StoreError> {
        let NatsIdentity { url, prefix, instance, commands } = (*self.identity).clone();
        let newest = self.store.log_bounds().await?.newest;
        let cursor = self.store.nats_cursor(&prefix).await?.unwrap_or(newest);
        let observed = self.observed();
        Ok(NatsView {
            state: observed.state,
            connected: observed.state == State::Connected,
            url,
            prefix,
            instance,
            stream: observed.stream.clone(),
            commands,
            published: observed.published,
            behind: u64::try_from(newest - cursor).unwrap_or(0),
            last_error: observed.last_error.clone(),
        })
    }

    fn observed(&self) -> MutexGuard<'_, Observed> {
        self.observed.lock()
    }
}
