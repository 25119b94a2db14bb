//! NATS: publishes every event to JetStream and accepts lane commands, so that one place can watch and drive
//! many bridges.
//!
//! - [`Nats`] is the task. It becomes the leader, connects, and starts over after each failure.
//! - [`publish`] publishes the log to a stream, in order and each event once. [`stream`] checks or creates
//!   the stream.
//! - [`commands`] passes requests through the guard to the routes of the API. [`operations`] lists the
//!   operations.
//! - [`connection`] is a connection that is used once. [`subject`] contains the names of subjects, and
//!   [`config`] the validated settings.
//!
//! One process of a data directory is the leader: the one that holds the lock `nats.lock`. Nothing waits for
//! NATS. Events are in the log whether or not NATS is available, and unpublished events stay there as long as
//! the history keeps them. Without a server in the settings, nothing of this crate runs.

mod commands;
mod config;
mod connection;
mod gateway;
mod operations;
mod publish;
mod stream;
pub mod subject;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::context::ContextBuilder;
use bridge::instance::take_lock;
use bridge::nats_status::{NatsIdentity, NatsStatus};
use model::limits;
use store::{Store, StoreError};

pub use commands::CommandContext;
use commands::Commands;
pub use config::{DEFAULT_PREFIX, NatsConfig, NatsSettings};
use connection::Connection;
pub use gateway::{CommandError, Gateway, Reply, RoutedRequest};
use publish::Publisher;

/// The bridge on NATS. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Nats {
    config: Arc<NatsConfig>,
    store: Store,
    lock_file: PathBuf,
    status: NatsStatus,
}

impl Nats {
    /// Prepares to publish the log of `store`. The first time, publishing starts with the next event. Nothing
    /// is published until [`Nats::run`] runs.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn new(config: NatsConfig, store: Store, data_directory: &Path) -> Result<Self, StoreError> {
        store.open_nats_cursor(config.subjects.prefix()).await?;
        let lock_file = data_directory.join("nats.lock");
        let identity = NatsIdentity {
            url: config.url(),
            prefix: config.subjects.prefix().to_owned(),
            instance: config.subjects.instance().to_owned(),
            commands: config.commands,
        };
        let status = NatsStatus::new(identity, store.clone());
        Ok(Self { config: Arc::new(config), store, lock_file, status })
    }

    /// Returns the state of publishing, which `GET /health` shows.
    #[must_use]
    pub fn status(&self) -> NatsStatus {
        self.status.clone()
    }

    /// Publishes events and accepts commands until the bridge stops, while this process is the leader of the
    /// data directory. `gateway` executes the commands.
    pub async fn run(self, gateway: impl Gateway, context: CommandContext) {
        let stopping = context.stopping.clone();
        stopping.run_until_cancelled(self.lead(Commands::new(gateway, context))).await;
    }

    async fn lead(&self, commands: Commands<impl Gateway>) {
        loop {
            match take_lock(&self.lock_file) {
                Ok(Some(lock)) => {
                    self.status.connecting();
                    self.keep_connected(&commands).await;
                    drop(lock);
                }
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "cannot acquire the lock for NATS"),
            }
            tokio::time::sleep(limits::NATS_LEADER_INTERVAL).await;
        }
    }

    /// Opens one connection after another. Returns only if the database cannot be read.
    async fn keep_connected(&self, commands: &Commands<impl Gateway>) {
        let subjects = self.config.subjects.clone();
        let mut publisher = match Publisher::new(self.store.clone(), subjects, self.status.clone()).await {
            Ok(publisher) => publisher,
            Err(error) => return self.status.failed(format!("cannot read the event log: {error}")),
        };
        let mut wait = limits::NATS_RETRY_MIN;
        loop {
            let started = Instant::now();
            if let Err(problem) = self.connect_and_work(&mut publisher, commands).await {
                self.status.failed(problem);
            }
            wait = next_wait(wait, started.elapsed());
            tokio::time::sleep(wait).await;
        }
    }

    async fn connect_and_work(
        &self,
        publisher: &mut Publisher,
        commands: &Commands<impl Gateway>,
    ) -> Result<(), String> {
        let connection = Connection::open(&self.config).await?;
        let worked = tokio::select! {
            // Report the end of the connection first, before the errors that it causes.
            biased;
            () = connection.lost.cancelled() => Err("the connection to NATS was lost".to_owned()),
            worked = self.work(&connection, publisher, commands) => worked,
        };
        worked.map_err(|problem| connection.explain(problem))
    }

    async fn work(
        &self,
        connection: &Connection,
        publisher: &mut Publisher,
        commands: &Commands<impl Gateway>,
    ) -> Result<(), String> {
        let client = &connection.client;
        let context = ContextBuilder::new().timeout(limits::NATS_ACK_TIMEOUT).build(client.clone());
        let stream = stream::ensure(&context, &self.config.subjects).await?;
        self.status.connected(&stream.name);
        let serve = async {
            if self.config.commands {
                commands.serve(client, &self.config.subjects).await
            } else {
                std::future::pending().await
            }
        };
        tokio::select! {
            published = publisher.run(&context, &stream) => published,
            served = serve => served,
        }
    }
}

/// Returns the wait before the next connection, after one that lasted for `lasted`.
fn next_wait(last: Duration, lasted: Duration) -> Duration {
    if lasted >= limits::NATS_HEALTHY_AFTER {
        limits::NATS_RETRY_MIN
    } else {
        (last * 2).min(limits::NATS_RETRY_MAX)
    }
}
