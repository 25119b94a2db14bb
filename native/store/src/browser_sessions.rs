//! Table `browser_sessions`: the sign-in sessions of browsers.

use model::clock::Timestamp;
use rusqlite::params;

use super::{Store, StoreError};

impl Store {
    /// Records a sign-in session, and deletes the sessions that have expired.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
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

    /// Deletes a sign-in session.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn delete_browser_session(&self, session_hash: String) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute("DELETE FROM browser_sessions WHERE session_hash = ?1", [session_hash])?;
            Ok(())
        })
        .await
    }

    /// Returns the hash and the expiry of every sign-in session.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
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
