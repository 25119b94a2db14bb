//! Table `webhooks`.

use model::ids::WebhookId;
use model::limits;
use model::secret::Secret;
use model::webhook::Webhook;
use rusqlite::{Connection, Row, params};

use super::{Store, StoreError};

/// The outcome of adding a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted {
    /// The webhook was added, or a webhook with its id existed before. Contains the stored webhook.
    Done(Box<Webhook>),
    /// There are too many webhooks.
    Full,
}

/// The effects of a change of a webhook on its events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WebhookChange {
    /// Whether the webhook gets only events that are recorded after the change.
    pub from_now_on: bool,
    /// Whether its pending deliveries are attempted immediately.
    pub due_now: bool,
}

impl Store {
    /// Adds a webhook, which gets the events from now on. A webhook that already has its id is not changed.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn insert_webhook(&self, webhook: &Webhook) -> Result<Inserted, StoreError> {
        let webhook = webhook.clone();
        self.write(move |connection| {
            if let Some(known) = find(connection, &webhook.id)? {
                return Ok(Inserted::Done(Box::new(known)));
            }
            let count: u32 = connection.query_row("SELECT count(*) FROM webhooks", [], |row| row.get(0))?;
            if count >= limits::WEBHOOKS_MAX {
                return Ok(Inserted::Full);
            }
            if count == 0 {
                // While there are no webhooks, the cursor does not advance.
                connection.execute(&format!("UPDATE webhook_cursor SET event_id = ({NEWEST})"), [])?;
            }
            connection.execute(
                &format!(
                    "INSERT INTO webhooks (webhook_id, after_event_id, revision, secret, webhook)
                     VALUES (?1, ({NEWEST}), 0, ?2, ?3)"
                ),
                params![webhook.id.as_str(), secret(&webhook), serde_json::to_string(&webhook)?],
            )?;
            Ok(Inserted::Done(Box::new(webhook)))
        })
        .await
    }

    /// Returns all webhooks, oldest first.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT webhook, secret FROM webhooks ORDER BY rowid")?;
            let mut rows = statement.query([])?;
            let mut webhooks = Vec::new();
            while let Some(row) = rows.next()? {
                webhooks.push(of_row(row)?);
            }
            Ok(webhooks)
        })
        .await
    }

    /// Returns a webhook.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn webhook(&self, webhook_id: &WebhookId) -> Result<Option<Webhook>, StoreError> {
        let webhook_id = webhook_id.clone();
        self.read(move |connection| find(connection, &webhook_id)).await
    }

    /// Changes a webhook. Returns the changed webhook, or `None` if it does not exist.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn change_webhook(
        &self,
        webhook_id: &WebhookId,
        change: impl FnOnce(&mut Webhook) -> WebhookChange + Send + 'static,
    ) -> Result<Option<Webhook>, StoreError> {
        let webhook_id = webhook_id.clone();
        self.write(move |connection| {
            let Some(mut webhook) = find(connection, &webhook_id)? else { return Ok(None) };
            let WebhookChange { from_now_on, due_now } = change(&mut webhook);
            save(connection, &webhook)?;
            announce(connection, &webhook_id)?;
            if from_now_on {
                connection.execute(
                    &format!("UPDATE webhooks SET after_event_id = ({NEWEST}) WHERE webhook_id = ?1"),
                    [webhook_id.as_str()],
                )?;
            }
            if due_now {
                // The JSON must contain the same time as the column.
                connection.execute(
                    "UPDATE webhook_deliveries SET next_attempt_at = ?2,
                     delivery = json_set(delivery, '$.nextAttemptAt', ?3)
                     WHERE webhook_id = ?1 AND status = 'pending'",
                    params![
                        webhook_id.as_str(),
                        webhook.updated_at.as_millis(),
                        String::from(webhook.updated_at)
                    ],
                )?;
            }
            Ok(Some(webhook))
        })
        .await
    }

    /// Deletes a webhook and its deliveries. Returns `false` if it does not exist.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn delete_webhook(&self, webhook_id: &WebhookId) -> Result<bool, StoreError> {
        let webhook_id = webhook_id.clone();
        self.write(move |connection| {
            Ok(connection.execute("DELETE FROM webhooks WHERE webhook_id = ?1", [webhook_id.as_str()])? > 0)
        })
        .await
    }
}

/// Selects the id of the newest event that was ever recorded.
const NEWEST: &str = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'";

pub(super) fn find(connection: &Connection, webhook_id: &WebhookId) -> Result<Option<Webhook>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT webhook, secret FROM webhooks WHERE webhook_id = ?1")?;
    let mut rows = statement.query([webhook_id.as_str()])?;
    rows.next()?.map(of_row).transpose()
}

/// Reads a webhook from a row that begins with `webhook, secret`.
pub(super) fn of_row(row: &Row<'_>) -> Result<Webhook, StoreError> {
    let mut webhook: Webhook =
        serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
    webhook.secret = row.get::<_, Option<String>>(1)?.map(Secret);
    Ok(webhook)
}

/// Updates the record of a webhook.
pub(super) fn save(connection: &Connection, webhook: &Webhook) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE webhooks SET webhook = ?2, secret = ?3 WHERE webhook_id = ?1")?
        .execute(params![webhook.id.as_str(), serde_json::to_string(webhook)?, secret(webhook)])?;
    Ok(())
}

/// Increments the revision, so that the process that delivers reads the webhook again.
pub(super) fn announce(connection: &Connection, webhook_id: &WebhookId) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE webhooks SET revision = revision + 1 WHERE webhook_id = ?1")?
        .execute([webhook_id.as_str()])?;
    Ok(())
}

fn secret(webhook: &Webhook) -> Option<&str> {
    webhook.secret.as_ref().map(|secret| secret.0.as_str())
}
