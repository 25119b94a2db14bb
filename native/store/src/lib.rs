//! What the bridge remembers: one SQLite database, shared by all bridge processes of a data folder.
//!
//! The only room that knows SQL. Writes go through one writer thread ([`writer`]), which groups those that wait into one
//! transaction and answers after the commit; reads use connections of their own. A file a table: [`jobs`], [`events`],
//! [`approvals`], [`browser_sessions`], [`lanes`], [`aliases`], [`idempotency`], [`webhooks`], [`deliveries`], [`nats`].
//!
//! Durability: WAL with `synchronous=NORMAL`. A commit survives the death of the process at any instruction; a power
//! failure may take the last moments with it, but never leaves half a transaction. Codex keeps the conversations
//! themselves, and recovery reads the truth from there.

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
pub use jobs::{JobCounts, JobPage, JobPeriod, JobQuery};
pub use lanes::{LaneQuery, OwnedLane};
pub use nats::NatsCursor;
pub use webhooks::{Inserted, WebhookChange};
pub use writer::Pending;
use writer::Writer;

/// Applied in order; the database's `user_version` counts those that were. Never edit one that was released.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_jobs_and_events.sql"),
    include_str!("migrations/0002_approvals_and_waiting_messages.sql"),
    include_str!("migrations/0003_events_and_idempotency.sql"),
    include_str!("migrations/0004_lanes.sql"),
    include_str!("migrations/0005_webhooks.sql"),
    include_str!("migrations/0006_nats.sql"),
    include_str!("migrations/0007_browser_sessions.sql"),
];

/// Why the database could not be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// SQLite said so.
    #[error("{0}")]
    Sqlite(Arc<rusqlite::Error>),
    /// The file cannot be made.
    #[error("{path}: {error}")]
    File {
        /// The database file.
        path: PathBuf,
        /// What the operating system said.
        error: Arc<std::io::Error>,
    },
    /// A stored record cannot be read.
    #[error("a stored record cannot be read: {0}")]
    Record(Arc<serde_json::Error>),
    /// A newer version of this program wrote it.
    #[error(
        "{path} was written by a newer version of Codex Bridge (schema {found}, this one knows {known}); update it"
    )]
    TooNew {
        /// The database file.
        path: PathBuf,
        /// Its schema.
        found: usize,
        /// Ours.
        known: usize,
    },
    /// Another bridge process answers for this job.
    #[error("another bridge process answers for this job by now")]
    NotOurs,
    /// The change did not become durable: the database is closed, or its group's transaction failed (see the log).
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
    /// One for each connection.
    permits: Arc<Semaphore>,
}

impl Store {
    /// Opens `codex-bridge.sqlite` in `folder`, makes it where it is missing, and brings it to the present schema.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("codex-bridge.sqlite");
        keep_private(&path)?;
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

    /// Runs `change` inside a transaction; returns after it is committed.
    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.begin_write(change).await?.committed().await
    }

    /// Gives `change` its place among the writes; what is returned waits for the commit.
    async fn begin_write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Pending<T>, StoreError> {
        self.writer.write(change).await
    }

    /// Tells one waiter, the caller's, of every commit of this process.
    #[must_use]
    pub fn committed(&self) -> Arc<Notify> {
        self.writer.committed()
    }

    /// Runs `query` on a thread that may wait.
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = Arc::clone(&self.readers);
        // Waiting here costs nothing; a thread and a connection for each of a thousand clients would.
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

    /// Forgets what belongs to no job and is old: keys, and events and approvals, from before these moments.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn prune_by_age(
        &self,
        events_before: Timestamp,
        keys_before: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let doomed = "job_id IS NULL AND at < ?1
                          AND event_id NOT IN (SELECT event_id FROM webhook_deliveries WHERE status = 'pending')";
            events::forget_events(connection, doomed, [events_before.as_millis()])?;
            approvals::forget_approvals_without_job(connection, events_before)?;
            idempotency::forget_keys(connection, keys_before)
        })
        .await
    }

    /// Commits what waits and closes the writer.
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

/// Messages and answers are their user's business. SQLite gives its side files the rights of the main one.
fn keep_private(path: &Path) -> Result<(), StoreError> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let kept = match options.open(path) {
        Ok(_) => Ok(()),
        // Not opened: closing it would release the locks that SQLite holds on it in this process (POSIX).
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => tighten(path),
        Err(error) => Err(error),
    };
    kept.map_err(|error| StoreError::File { path: path.to_owned(), error: Arc::new(error) })
}

#[cfg(unix)]
fn tighten(path: &Path) -> std::io::Result<()> {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
}

#[cfg(not(unix))]
fn tighten(_: &Path) -> std::io::Result<()> {
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
    // Immediate: two windows that start together must not both apply a migration.
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

/// Reads a column that holds an id.
fn required_id<Id: From<String>>(row: &Row<'_>, index: usize) -> rusqlite::Result<Id> {
    Ok(row.get::<_, String>(index)?.into())
}

/// Reads a column that holds an id or NULL.
fn id_column<Id: From<String>>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Id>> {
    Ok(row.get::<_, Option<String>>(index)?.map(Id::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_database_is_for_its_user_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let _store = Store::open(folder.path()).unwrap();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.path());
        }
    }

    #[test]
    fn a_database_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path()).unwrap());
        let connection = Connection::open(folder.path().join("codex-bridge.sqlite")).unwrap();
        connection.pragma_update(None, "user_version", MIGRATIONS.len() as i64 + 1).unwrap();
        assert!(matches!(Store::open(folder.path()), Err(StoreError::TooNew { .. })));
    }
}
