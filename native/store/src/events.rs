//! Table `events`: the event log. SQLite allows only one write transaction at a time and ids only increase,
//! so the order of the ids is the order of the commits, across all bridge processes of the data directory.

use model::clock::Timestamp;
use model::event::{Event, EventSubject, StoredEvent};
use model::limits;
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::{Pending, Store, StoreError, id_column};

/// A page of events, ordered by id.
#[derive(Debug, Clone)]
pub struct EventPage {
    /// The events of this page.
    pub events: Vec<StoredEvent>,
    /// Whether there may be more events.
    pub more: bool,
}

/// The bounds of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogBounds {
    /// The id of the oldest event in the log; 0 if there is none.
    pub oldest: i64,
    /// The id of the newest event that was ever recorded; 0 if there was none.
    pub newest: i64,
    /// Events up to this id may have been deleted.
    pub forgotten_up_to: i64,
}

/// The columns that [`of_row`] reads, of the table `events e`.
pub(super) const COLUMNS: &str =
    "e.event_id, e.at, e.type, e.job_id, e.conversation_id, e.turn_id, e.lane_id, e.payload";

/// The number of these columns.
pub(super) const COLUMNS_COUNT: usize = 8;

/// Reads an event from a row that begins with [`COLUMNS`].
pub(super) fn of_row(row: &Row<'_>) -> Result<StoredEvent, StoreError> {
    let event = Event {
        at: Timestamp::from_millis(row.get(1)?),
        event_type: row.get(2)?,
        job_id: id_column(row, 3)?,
        conversation_id: id_column(row, 4)?,
        turn_id: id_column(row, 5)?,
        lane_id: id_column(row, 6)?,
        payload: row.get(7)?,
    };
    Ok(StoredEvent { event_id: row.get(0)?, event })
}

/// Records an event, in the transaction of the change that it reports.
pub(super) fn append(connection: &Connection, event: &Event) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO events (at, type, job_id, conversation_id, turn_id, lane_id, payload)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            event.at.as_millis(),
            event.event_type,
            event.job_id.as_deref(),
            event.conversation_id.as_deref(),
            event.turn_id.as_deref(),
            event.lane_id.as_deref(),
            event.payload,
        ])?;
    Ok(())
}

impl Store {
    /// Records an event by itself. Returns when the write is queued, so that it is committed before any later
    /// write. The caller may wait for the commit, or drop the returned handle.
    ///
    /// # Errors
    /// Returns an error if the database is closed.
    pub async fn record_event(&self, event: Event) -> Result<Pending<()>, StoreError> {
        self.begin_write(move |connection| {
            let recorded = append(connection, &event);
            if let Err(error) = &recorded {
                tracing::error!(%error, event_type = event.event_type, "cannot record an event");
            }
            recorded
        })
        .await
    }

    /// Returns the events after `after` that match `subject`, as many as fit into a page.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn events_after(&self, after: i64, subject: EventSubject) -> Result<EventPage, StoreError> {
        self.read(move |connection| {
            let mut sql = format!("SELECT {COLUMNS} FROM events e WHERE event_id > ?");
            let mut values: Vec<SqlValue> = vec![after.into()];
            let EventSubject { job_id, conversation_id, lane_id } = subject;
            let conditions = [
                (" AND job_id = ?", job_id.map(String::from)),
                (" AND conversation_id = ?", conversation_id.map(String::from)),
                (" AND lane_id = ?", lane_id.map(String::from)),
            ];
            for (condition, value) in conditions {
                if let Some(value) = value {
                    sql.push_str(condition);
                    values.push(value.into());
                }
            }
            sql.push_str(" ORDER BY event_id LIMIT ?");
            let limit = limits::EVENTS_PAGE_MAX;
            values.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut events = Vec::new();
            let mut bytes = 0;
            while let Some(row) = rows.next()? {
                let stored = of_row(row)?;
                bytes += stored.event.payload.len();
                events.push(stored);
                if bytes > limits::EVENTS_PAGE_BYTES_MAX {
                    return Ok(EventPage { events, more: true });
                }
            }
            let more = events.len() == limit;
            Ok(EventPage { events, more })
        })
        .await
    }

    /// Returns the bounds of the log.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn log_bounds(&self) -> Result<LogBounds, StoreError> {
        self.read(|connection| {
            let number = |sql: &str| -> Result<i64, StoreError> {
                let value: Option<Option<i64>> =
                    connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
                Ok(value.flatten().unwrap_or(0))
            };
            Ok(LogBounds {
                // This is read before the newest id, so that an event that is written in between cannot make
                // the log end before it begins.
                oldest: number("SELECT min(event_id) FROM events")?,
                forgotten_up_to: number("SELECT up_to FROM forgotten_events")?,
                newest: number("SELECT seq FROM sqlite_sequence WHERE name = 'events'")?,
            })
        })
        .await
    }
}

/// Deletes the events that match `condition`, and records the newest deleted id.
pub(super) fn delete_events(
    connection: &Connection,
    condition: &str,
    values: impl rusqlite::Params + Clone,
) -> Result<usize, StoreError> {
    let newest = format!("SELECT coalesce(max(event_id), 0) FROM events WHERE {condition}");
    let newest: i64 = connection.query_row(&newest, values.clone(), |row| row.get(0))?;
    connection.execute("UPDATE forgotten_events SET up_to = max(up_to, ?1)", [newest])?;
    Ok(connection.execute(&format!("DELETE FROM events WHERE {condition}"), values)?)
}
