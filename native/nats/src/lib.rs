//! NATS: every event into JetStream, and lane commands from there, so that one place can watch and drive many bridges.
//!
//! - [`Nats`]: the task. It takes its turn, connects, and starts over whenever something fails.
//! - [`publish`]: the log into a stream, in order, each event once. [`stream`]: that stream, checked or made.
//! - [`commands`]: requests to this bridge, through the guard to the routes of the API. [`operations`]: which there are.
//! - [`connection`]: one connection, never mended. [`subject`], [`config`]: names and settings, checked. [`status`]: how it stands.
//!
//! One process of a data folder does this: the one that holds the lock `nats.lock`. Nothing waits for NATS: events are in the log
//! whether or not it is there, and what could not be published stays there, as long as the history keeps it. Without a server in the
//! settings nothing of this runs.

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
    /// The log of `store` on NATS: from now on, if this is the first time. Nothing is published until [`Nats::run`] runs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn new(config: NatsConfig, store: Store, data_folder: &Path) -> Result<Self, StoreError> {
        store.open_nats_cursor(config.subjects.prefix()).await?;
        let lock_file = data_folder.join("nats.lock");
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

    /// Publishes events and accepts commands while no other process of the data directory does, until the bridge stops.
    /// Commands are carried out by `gateway`.
    pub async fn run(self, gateway: impl Gateway, context: CommandContext) {
        let stopping = context.stopping.clone();
        stopping.run_until_cancelled(self.take_turn(Commands::new(gateway, context))).await;
    }

    async fn take_turn(&self, commands: Commands<impl Gateway>) {
        loop {
            match take_lock(&self.lock_file) {
                Ok(Some(lock)) => {
                    self.status.connecting();
                    self.keep_on(&commands).await;
                    drop(lock);
                }
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "cannot take the lock of NATS"),
            }
            tokio::time::sleep(limits::NATS_LEADER_INTERVAL).await;
        }
    }

    /// One connection after another. Ends when the database cannot be used.
    async fn keep_on(&self, commands: &Commands<impl Gateway>) {
        let subjects = self.config.subjects.clone();
        let mut publisher = match Publisher::new(self.store.clone(), subjects, self.status.clone()).await {
            Ok(publisher) => publisher,
            Err(error) => return self.status.failed(format!("the log cannot be read: {error}")),
        };
        let mut wait = limits::NATS_RETRY_MIN;
        loop {
            let begun = Instant::now();
            if let Err(problem) = self.connect_and_work(&mut publisher, commands).await {
                self.status.failed(problem);
            }
            wait = next_wait(wait, begun.elapsed());
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
            // What the server says of a connection's end comes first.
            biased;
            () = connection.lost.cancelled() => Err("the connection to NATS was lost".to_owned()),
            worked = self.work(&connection, publisher, commands) => worked,
        };
        worked.map_err(|problem| connection.explained(problem))
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

/// How long is waited before the next connection, after one that lasted for `lasted`.
fn next_wait(last: Duration, lasted: Duration) -> Duration {
    if lasted >= limits::NATS_HEALTHY_AFTER {
        limits::NATS_RETRY_MIN
    } else {
        (last * 2).min(limits::NATS_RETRY_MAX)
    }
}
