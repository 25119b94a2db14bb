//! How NATS stands, for whoever asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use utoipa::ToSchema;

use super::config::NatsConfig;
use crate::store::{Store, StoreError};

/// NATS, as `GET /health` shows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NatsView {
    /// `connected`; `connecting` while it is tried; `standby` while another bridge of the data folder does it.
    #[schema(value_type = String, example = "connected")]
    state: State,
    /// Whether this bridge is connected, and the stream is as it must be.
    connected: bool,
    /// The servers, without secrets.
    #[schema(example = "nats://127.0.0.1:4222")]
    url: String,
    /// What all subjects begin with.
    #[schema(example = "codex")]
    prefix: String,
    /// Which bridge this is there: the second token of its subjects.
    #[schema(example = "build-01")]
    instance: String,
    /// The stream that keeps the events, once it is known.
    stream: Option<String>,
    /// Whether commands are taken from there.
    commands: bool,
    /// Events that this bridge has published since it started.
    published: u64,
    /// Events of the log that are not yet published, at most so many.
    behind: u64,
    /// What went wrong last, until it goes well again.
    last_error: Option<String>,
}

impl NatsView {
    /// What went wrong last, until it goes well again.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.last_error.as_deref()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    #[default]
    Standby,
    Connecting,
    Connected,
}

/// What the task tells of itself. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Status(Arc<Mutex<Told>>);

#[derive(Debug, Default)]
struct Told {
    state: State,
    stream: Option<String>,
    published: u64,
    last_error: Option<String>,
}

impl Status {
    /// The turn of this process has come.
    pub(super) fn connecting(&self) {
        self.told().state = State::Connecting;
    }

    pub(super) fn connected(&self, stream: &str) {
        let mut told = self.told();
        told.state = State::Connected;
        told.stream = Some(stream.to_owned());
        if told.last_error.take().is_some() {
            tracing::info!(stream, "NATS is well again");
        }
    }

    pub(super) fn published(&self) {
        self.told().published += 1;
    }

    /// Logged when it is news.
    pub(super) fn failed(&self, error: String) {
        let mut told = self.told();
        told.state = State::Connecting;
        if told.last_error.as_ref() != Some(&error) {
            tracing::warn!(error, "NATS cannot be used; it is tried again, and events wait in the log");
        }
        told.last_error = Some(error);
    }

    pub(super) async fn view(&self, config: &NatsConfig, store: &Store) -> Result<NatsView, StoreError> {
        let newest = store.log_bounds().await?.newest;
        let cursor = store.nats_cursor(config.subjects.prefix()).await?.unwrap_or(newest);
        let told = self.told();
        Ok(NatsView {
            state: told.state,
            connected: told.state == State::Connected,
            url: config.url(),
            prefix: config.subjects.prefix().to_owned(),
            instance: config.subjects.instance().to_owned(),
            stream: told.stream.clone(),
            commands: config.commands,
            published: told.published,
            behind: u64::try_from(newest - cursor).unwrap_or(0),
            last_error: told.last_error.clone(),
        })
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
