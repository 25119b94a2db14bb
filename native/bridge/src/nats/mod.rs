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
mod operations;
mod publish;
mod status;
mod stream;
pub mod subject;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::context::ContextBuilder;
use tokio_util::sync::CancellationToken;

use crate::http::{App, InProcess};
use crate::instance::take_lock;
use crate::limits;
use crate::store::{Store, StoreError};
use commands::Commands;
pub(crate) use commands::operation_names;
pub use config::{DEFAULT_PREFIX, NatsConfig, NatsSettings};
use connection::Connection;
use publish::Publisher;
pub use status::NatsView;
use status::Status;

/// The bridge on NATS. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Nats {
    config: Arc<NatsConfig>,
    store: Store,
    lock_file: PathBuf,
    status: Status,
}

impl Nats {
    /// The log of `store` on NATS: from now on, if this is the first time. Nothing is published until [`Nats::run`] runs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn new(config: NatsConfig, store: Store, data_folder: &Path) -> Result<Self, StoreError> {
        store.open_nats_cursor(config.subjects.prefix()).await?;
        let lock_file = data_folder.join("nats.lock");
        Ok(Self { config: Arc::new(config), store, lock_file, status: Status::default() })
    }

    /// How it stands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn view(&self) -> Result<NatsView, StoreError> {
        self.status.view(&self.config, &self.store).await
    }

    /// Publishes and takes commands, while no other process of the data folder does; until `stopping`.
    pub(crate) async fn run(self, app: Arc<App>, in_process: InProcess, stopping: CancellationToken) {
        stopping.run_until_cancelled(self.take_turn(Commands::new(app, in_process))).await;
    }

    async fn take_turn(&self, commands: Commands) {
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
    async fn keep_on(&self, commands: &Commands) {
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

    async fn connect_and_work(&self, publisher: &mut Publisher, commands: &Commands) -> Result<(), String> {
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
        commands: &Commands,
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
