//! Tables `nats_cursors` and `log_identity`: the positions up to which the log is published to NATS.

use rusqlite::{Connection, OptionalExtension};

use super::{Store, StoreError};

/// The position up to which the log is published below a prefix of subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatsCursor {
    /// The random id of the log, which is created with the database.
    pub log_id: String,
    /// Events up to this id are published.
    pub event_id: i64,
}

impl Store {
    /// Returns the cursor of a prefix. A new cursor starts at the end of the log.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn open_nats_cursor(&self, prefix: &str) -> Result<NatsCursor, StoreError> {
        let prefix = prefix.to_owned();
        self.write(move |connection| {
            connection.execute(
                "INSERT OR IGNORE INTO nats_cursors (prefix, event_id)
                 VALUES (?1, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0))",
                [&prefix],
            )?;
            let log_id = connection.query_row("SELECT log_id FROM log_identity", [], |row| row.get(0))?;
            Ok(NatsCursor { log_id, event_id: find(connection, &prefix)?.unwrap_or(0) })
        })
        .await
    }

    /// Records that the events up to `event_id` are published. A cursor never moves back.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn move_nats_cursor(&self, prefix: &str, event_id: i64) -> Result<(), StoreError> {
        let prefix = prefix.to_owned();
        self.write(move |connection| {
            connection
                .prepare_cached("UPDATE nats_cursors SET event_id = max(event_id, ?2) WHERE prefix = ?1")?
                .execute(rusqlite::params![prefix, event_id])?;
            Ok(())
        })
        .await
    }

    /// Returns the id up to which the log is published below a prefix, if it has a cursor.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn nats_cursor(&self, prefix: &str) -> Result<Option<i64>, StoreError> {
        let prefix = prefix.to_owned();
        self.read(move |connection| find(connection, &prefix)).await
    }
}

fn find(connection: &Connection, prefix: &str) -> Result<Option<i64>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT event_id FROM nats_cursors WHERE prefix = ?1")?;
    Ok(statement.query_row([prefix], |row| row.get(0)).optional()?)
}
