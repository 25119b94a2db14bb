//! The SQLite database, which all bridge processes of a data directory share.
//!
//! This is the only crate that uses SQL. Writes go through one writer thread ([`writer`]), which groups
//! waiting writes into one transaction and answers after the commit. Reads use separate connections. There is
//! one module per table: [`jobs`], [`events`], [`approvals`], [`browser_sessions`], [`lanes`], [`aliases`],
//! [`idempotency`], [`webhooks`], [`deliveries`], [`nats`].
//!
//! Durability: WAL with `synchronous=NORMAL`. A commit survives the death of the process at any instruction.
//! A power failure may lose the last commits, but never leaves a partial transaction. Codex stores the
//! conversations themselves, and recovery reads their state from there.

mod aliases;
mod approvals;
mod browser_sessions;
mod deliveries;
mod events;
mod idempotency;
mod jobs;
mod lanes;
mod nats;
mod webhooks;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::clock::Timestamp;
use model::limits;
use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags, Row};
use tokio::sync::{Notify, Semaphore};

pub use approvals::{ApprovalPage, ApprovalQuery};
pub use deliveries::{ChangedBy, DeliveryPage, DeliveryQuery, Due, Outbox, OutboxWebhook};
pub use events::{EventPage, LogBounds};
pub use idempotency::{Claim, KeptReply, KeyedRequest};
pub use jobs::{JobCounts, JobDocument, JobPage, JobPeriod, JobQuery};
pub use lanes::{LaneChange, LaneQuery, OwnedLane};
pub use nats::NatsCursor;
pub use webhooks::{Inserted, WebhookChange};
pub use writer::Pending;
use writer::Writer;

/// The migrations, in the order in which they are applied. The `user_version` of the database is the number
/// of applied migrations. Never edit a released migration.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_jobs_and_events.sql"),
    include_str!("migrations/0002_approvals_and_waiting_messages.sql"),
    include_str!("migrations/0003_events_and_idempotency.sql"),
    include_str!("migrations/0004_lanes.sql"),
    include_str!("migrations/0005_webhooks.sql"),
    include_str!("migrations/0006_nats.sql"),
    include_str!("migrations/0007_browser_sessions.sql"),
    include_str!("migrations/0008_job_columns.sql"),
];

/// The reason why the database cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// SQLite reported an error.
    #[error("{0}")]
    Sqlite(Arc<rusqlite::Error>),
    /// The database file cannot be created.
    #[error("{path}: {error}")]
    File {
        /// The database file.
        path: PathBuf,
        /// The error of the operating system.
        error: Arc<std::io::Error>,
    },
    /// A stored record cannot be read.
    #[error("a stored record cannot be read: {0}")]
    Record(Arc<serde_json::Error>),
    /// A newer version of this program wrote the database.
    #[error(
        "{path} was written by a newer version of Codex Bridge (schema {found}; this version supports \
         {known}); update Codex Bridge"
    )]
    TooNew {
        /// The database file.
        path: PathBuf,
        /// The schema version of the database.
        found: usize,
        /// The schema version of this program.
        known: usize,
    },
    /// Another bridge process has adopted the job.
    #[error("another bridge process is responsible for this job now")]
    NotOurs,
    /// The change was not committed: the database is closed, or the transaction of its group failed, which is
    /// logged.
    #[error("the change was not committed")]
    NotCommitted,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(error))
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Record(Arc::new(error))
    }
}

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    writer: Writer,
    readers: Arc<Readers>,
}

#[derive(Debug)]
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    /// One permit per connection.
    permits: Arc<Semaphore>,
}

impl Store {
    /// Opens `codex-bridge.sqlite` in `directory`, creates it if it does not exist, and migrates it to the
    /// current schema.
    ///
    /// # Errors
    /// Returns an error if the file cannot be created or opened, or if a newer version of this program wrote
    /// it.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let path = directory.join("codex-bridge.sqlite");
        make_private(&path)?;
        let mut connection = Connection::open(&path)?;
        configure(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        migrate(&mut connection, &path)?;
        let readers = Arc::new(Readers {
            path,
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(limits::STORE_READERS)),
        });
        Ok(Self { writer: Writer::start(connection)?, readers })
    }

    /// Runs `change` in a transaction, and returns after the commit.
    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.begin_write(change).await?.committed().await
    }

    /// Queues `change`, and returns a handle that waits for the commit.
    async fn begin_write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Pending<T>, StoreError> {
        self.writer.write(change).await
    }

    /// Returns a notification of every commit of this process, for one waiter.
    #[must_use]
    pub fn committed(&self) -> Arc<Notify> {
        self.writer.committed()
    }

    /// Runs `query` on a thread that may block.
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = Arc::clone(&self.readers);
        // Waiting here is free. A thread and a connection for each of a thousand clients would not be.
        let permit =
            Arc::clone(&readers.permits).acquire_owned().await.map_err(|_| StoreError::NotCommitted)?;
        let run = tokio::task::spawn_blocking(move || {
            let connection = readers.take()?;
            let outcome = query(&connection);
            readers.give_back(connection);
            drop(permit);
            outcome
        });
        run.await.map_err(|_| StoreError::NotCommitted)?
    }

    /// Deletes old records that belong to no job: events and approvals from before `events_before`, and
    /// idempotency keys from before `keys_before`.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn prune_by_age(
        &self,
        events_before: Timestamp,
        keys_before: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let deletable = "job_id IS NULL AND at < ?1 AND event_id NOT IN (
                                 SELECT event_id FROM webhook_deliveries WHERE status = 'pending')";
            events::delete_events(connection, deletable, [events_before.as_millis()])?;
            approvals::delete_approvals_without_job(connection, events_before)?;
            idempotency::delete_keys(connection, keys_before)
        })
        .await
    }

    /// Commits the waiting writes, and closes the writer.
    pub async fn close(&self) {
        self.writer.close().await;
    }
}

impl Readers {
    fn take(&self) -> Result<Connection, StoreError> {
        if let Some(connection) = self.idle.lock().pop() {
            return Ok(connection);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        configure(&connection)?;
        Ok(connection)
    }

    fn give_back(&self, connection: Connection) {
        self.idle.lock().push(connection);
    }
}

/// Makes the database file readable only by its user, because it contains messages and answers. SQLite gives
/// its side files the same permissions.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let created = match options.open(path) {
        Ok(_) => Ok(()),
        // The file is not opened here: closing it would release the locks that SQLite holds on it in this
        // process (POSIX).
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => restrict_permissions(path),
        Err(error) => Err(error),
    };
    created.map_err(|error| StoreError::File { path: path.to_owned(), error: Arc::new(error) })
}

#[cfg(unix)]
fn restrict_permissions(path: &Path) -> std::io::Result<()> {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
}

#[cfg(not(unix))]
fn restrict_permissions(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(limits::STORE_BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    // An immediate transaction, so that two windows that start together do not both apply a migration.
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let found = usize::try_from(version).unwrap_or(usize::MAX);
    if found > MIGRATIONS.len() {
        return Err(StoreError::TooNew { path: path.to_owned(), found, known: MIGRATIONS.len() });
    }
    for migration in &MIGRATIONS[found..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))?;
    transaction.commit()?;
    Ok(())
}

/// Reads a column that contains an id.
fn required_id<Id: From<String>>(row: &Row<'_>, index: usize) -> rusqlite::Result<Id> {
    Ok(row.get::<_, String>(index)?.into())
}

/// Reads a column that contains an id or NULL.
fn id_column<Id: From<String>>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Id>> {
    Ok(row.get::<_, Option<String>>(index)?.map(Id::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_the_user_may_read_the_database() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let _store = Store::open(directory.path()).unwrap();
        for entry in std::fs::read_dir(directory.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.path());
        }
    }

    #[test]
    fn a_database_of_a_newer_version_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        drop(Store::open(directory.path()).unwrap());
        let connection = Connection::open(directory.path().join("codex-bridge.sqlite")).unwrap();
        connection.pragma_update(None, "user_version", MIGRATIONS.len() as i64 + 1).unwrap();
        assert!(matches!(Store::open(directory.path()), Err(StoreError::TooNew { .. })));
    }
}
