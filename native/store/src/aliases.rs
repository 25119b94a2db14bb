//! Table `conversation_aliases`: conversations that continue as copies.

use model::ids::ThreadId;
use rusqlite::OptionalExtension;

use super::{Store, StoreError, required_id};

impl Store {
    /// Redirects messages from `conversation_id` to `target`, unless they are already redirected. Returns the
    /// conversation to which they are redirected.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn insert_alias(
        &self,
        conversation_id: &ThreadId,
        target: &ThreadId,
    ) -> Result<ThreadId, StoreError> {
        let (conversation_id, target) = (conversation_id.to_string(), target.to_string());
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO conversation_aliases (conversation_id, goes_on_as)
                     VALUES (?1, ?2)",
                )?
                .execute([&conversation_id, &target])?;
            Ok(connection
                .prepare_cached("SELECT goes_on_as FROM conversation_aliases WHERE conversation_id = ?1")?
                .query_row([conversation_id], |row| required_id(row, 0))?)
        })
        .await
    }

    /// Deletes the redirection of messages from `conversation_id` to `target`.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn forget_alias(
        &self,
        conversation_id: &ThreadId,
        target: &ThreadId,
    ) -> Result<(), StoreError> {
        let (conversation_id, target) = (conversation_id.to_string(), target.to_string());
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "DELETE FROM conversation_aliases WHERE conversation_id = ?1 AND goes_on_as = ?2",
                )?
                .execute([conversation_id, target])?;
            Ok(())
        })
        .await
    }

    /// Returns the conversation to which messages for this one are redirected, if there is one.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn alias(&self, conversation_id: &ThreadId) -> Result<Option<ThreadId>, StoreError> {
        let conversation_id = conversation_id.to_string();
        self.read(move |connection| {
            Ok(connection
                .prepare_cached("SELECT goes_on_as FROM conversation_aliases WHERE conversation_id = ?1")?
                .query_row([conversation_id], |row| required_id(row, 0))
                .optional()?)
        })
        .await
    }
}
