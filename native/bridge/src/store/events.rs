//! Table `events`: the log of everything that happened.

use rusqlite::{Connection, params};
use serde::Serialize;
use serde_json::Value;

use super::{Store, StoreError};
use crate::clock::Timestamp;

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventRow {
    /// Grows by one with every event of the data folder; the order in which they became durable.
    pub event_id: i64,
    /// When it happened.
    pub at: Timestamp,
    /// For example `job.completed`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The job it concerns.
    pub job_id: Option<String>,
    /// The conversation it concerns.
    pub conversation_id: Option<String>,
    /// What changed.
    pub payload: Value,
}

/// An event that is about to be recorded, inside the transaction of the change that it tells of.
pub(super) struct NewEvent<'a> {
    pub(super) at: Timestamp,
    pub(super) event_type: &'a str,
    pub(super) job_id: Option<&'a str>,
    pub(super) conversation_id: Option<&'a str>,
    pub(super) payload: &'a Value,
}

pub(super) fn append(connection: &Connection, event: &NewEvent<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO events (at, type, job_id, conversation_id, payload) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            event.at.as_millis(),
            event.event_type,
            event.job_id,
            event.conversation_id,
            event.payload.to_string(),
        ])?;
    Ok(())
}

impl Store {
    /// The recorded steps of one job, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events_of_job(&self, job_id: &str) -> Result<Vec<EventRow>, StoreError> {
        let job_id = job_id.to_owned();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT event_id, at, type, job_id, conversation_id, payload FROM events WHERE job_id = ?1 ORDER BY event_id",
            )?;
            let mut rows = statement.query([job_id])?;
            let mut events = Vec::new();
            while let Some(row) = rows.next()? {
                let payload: String = row.get(5)?;
                events.push(EventRow {
                    event_id: row.get(0)?,
                    at: Timestamp::from_millis(row.get(1)?),
                    event_type: row.get(2)?,
                    job_id: row.get(3)?,
                    conversation_id: row.get(4)?,
                    payload: serde_json::from_str(&payload)?,
                });
            }
            Ok(events)
        })
        .await
    }
}
