//! Table `conversation_aliases`: conversations that go on as copies.

use model::ids::ThreadId;
use rusqlite::OptionalExtension;

use super::{Store, StoreError, required_id};

impl Store {
    /// Remembers that messages for `conversation_id` go to `goes_on_as`, unless they go elsewhere already. Returns where they go.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn insert_alias(
        &self,
        conversation_id: &ThreadId,
        goes_on_as: &ThreadId,
    ) -> Result<ThreadId, StoreError> {
        let (conversation_id, goes_on_as) = (conversation_id.to_string(), goes_on_as.to_string());
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO conversation_aliases (conversation_id, goes_on_as) VALUES (?1, ?2)",
                )?
                .execute([&conversation_id, &goes_on_as])?;
            Ok(connection
                .prepare_cached("SELECT goes_on_as FROM conversation_aliases WHERE conversation_id = ?1")?
                .query_row([conversation_id], |row| required_id(row, 0))?)
        })
        .await
    }

    /// Forgets that messages for `conversation_id` go to `goes_on_as`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_alias(
        &self,
        conversation_id: &ThreadId,
        goes_on_as: &ThreadId,
    ) -> Result<(), StoreError> {
        let (conversation_id, goes_on_as) = (conversation_id.to_string(), goes_on_as.to_string());
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "DELETE FROM conversation_aliases WHERE conversation_id = ?1 AND goes_on_as = ?2",
                )?
                .execute([conversation_id, goes_on_as])?;
            Ok(())
        })
        .await
    }

    /// The conversation that goes on for this one, if one does.
    ///
    /// # Errors
    /// [`StoreError`].
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
