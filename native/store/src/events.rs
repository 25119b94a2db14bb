//! Table `events`: the log of everything that happened. SQLite lets one transaction write at a time and ids only grow, so
//! their order is the order of the commits, across all bridge processes of the data folder.

use model::clock::Timestamp;
use model::event::{Event, EventSubject, StoredEvent};
use model::limits;
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::{Pending, Store, StoreError, id_column};

/// Events in the order of their ids.
#[derive(Debug, Clone)]
pub struct EventPage {
    /// The events of this page.
    pub events: Vec<StoredEvent>,
    /// Whether more may follow.
    pub more: bool,
}

/// Where the log begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogBounds {
    /// The oldest event that is kept; 0 when there is none.
    pub oldest: i64,
    /// The newest event that ever was; 0 when there was none.
    pub newest: i64,
    /// Events up to this one may have been forgotten.
    pub forgotten_up_to: i64,
}

/// The columns that [`of_row`] reads, of the table `events e`.
pub(super) const COLUMNS: &str =
    "e.event_id, e.at, e.type, e.job_id, e.conversation_id, e.turn_id, e.lane_id, e.payload";

/// How many columns these are.
pub(super) const COLUMNS_COUNT: usize = 8;

/// From a row that begins with [`COLUMNS`].
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

/// Records an event inside the transaction of the change that it tells of.
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
    /// Records an event by itself. Returns when its place among the writes is sure: it becomes durable before any write that
    /// begins later. Waiting for the commit is left to the caller, who may drop what is returned.
    ///
    /// # Errors
    /// [`StoreError`] when the database is closed.
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

    /// The events after `after`, of one subject where it is named; as many as fit into a page.
    ///
    /// # Errors
    /// [`StoreError`].
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

    /// Where the log begins and ends.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn log_bounds(&self) -> Result<LogBounds, StoreError> {
        self.read(|connection| {
            let number = |sql: &str| -> Result<i64, StoreError> {
                let value: Option<Option<i64>> =
                    connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
                Ok(value.flatten().unwrap_or(0))
            };
            Ok(LogBounds {
                // Before the newest: what is written in between must not make the log end before it begins.
                oldest: number("SELECT min(event_id) FROM events")?,
                forgotten_up_to: number("SELECT up_to FROM forgotten_events")?,
                newest: number("SELECT seq FROM sqlite_sequence WHERE name = 'events'")?,
            })
        })
        .await
    }
}

/// Forgets the events that `condition` selects, and remembers that there were some.
pub(super) fn forget_events(
    connection: &Connection,
    condition: &str,
    values: impl rusqlite::Params + Clone,
) -> Result<usize, StoreError> {
    let newest = format!("SELECT coalesce(max(event_id), 0) FROM events WHERE {condition}");
    let newest: i64 = connection.query_row(&newest, values.clone(), |row| row.get(0))?;
    connection.execute("UPDATE forgotten_events SET up_to = max(up_to, ?1)", [newest])?;
    Ok(connection.execute(&format!("DELETE FROM events WHERE {condition}"), values)?)
}
