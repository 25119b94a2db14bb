//! Table `browser_sessions`: which browsers are signed in.

use model::clock::Timestamp;
use rusqlite::params;

use super::{Store, StoreError};

impl Store {
    /// Remembers that a browser is signed in, and forgets the sessions that have expired.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn insert_browser_session(
        &self,
        session_hash: String,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let now = Timestamp::now().as_millis();
            connection.execute("DELETE FROM browser_sessions WHERE expires_at <= ?1", [now])?;
            connection.execute(
                "INSERT INTO browser_sessions (session_hash, expires_at) VALUES (?1, ?2)",
                params![session_hash, expires_at.as_millis()],
            )?;
            Ok(())
        })
        .await
    }

    /// Forgets a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_browser_session(&self, session_hash: String) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute("DELETE FROM browser_sessions WHERE session_hash = ?1", [session_hash])?;
            Ok(())
        })
        .await
    }

    /// All sessions, with the moments when they expire.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn browser_sessions(&self) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT session_hash, expires_at FROM browser_sessions")?;
            let rows =
                statement.query_map([], |row| Ok((row.get(0)?, Timestamp::from_millis(row.get(1)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}
