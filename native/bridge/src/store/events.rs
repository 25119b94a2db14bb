//! Table `events`: the log of everything that happened.

use rusqlite::{Connection, params};
use serde_json::Value;

use super::StoreError;
use crate::clock::Timestamp;

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
