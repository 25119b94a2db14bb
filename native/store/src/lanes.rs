//! Table `lanes`. A transition of a lane and its events are one transaction. The transaction reads the lane
//! first, because several bridge processes may change one lane.

use std::collections::HashMap;

use model::clock::Timestamp;
use model::event::Event;
use model::ids::{InstanceId, JobId, LaneId, ThreadId, TurnId};
use model::lane::{Lane, LaneEvent, LaneRefusal, LaneStatus};
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::events::append;
use super::{Store, StoreError, id_column, required_id};

/// A query for lanes.
#[derive(Debug, Clone, Default)]
pub struct LaneQuery {
    /// Only lanes with one of these statuses; all lanes if empty.
    pub statuses: Vec<LaneStatus>,
    /// Only lanes of this project.
    pub project_id: Option<String>,
    /// Only lanes of this thread.
    pub thread_id: Option<ThreadId>,
    /// Only lanes whose last change was before this time.
    pub updated_before: Option<Timestamp>,
    /// Whether to list only synthetic lanes.
    pub synthetic_only: bool,
    /// The maximum number of lanes.
    pub limit: u32,
}

/// A lane, and the bridge process that last worked on it.
#[derive(Debug, Clone)]
pub struct OwnedLane {
    /// The lane.
    pub lane: Lane,
    /// The bridge process.
    pub instance_id: InstanceId,
}

/// The outcome of a change of a lane.
#[derive(Debug, Clone)]
pub enum LaneChange {
    /// The lane was changed. Contains its new state.
    Done(Lane),
    /// The state of the lane does not allow the change, and nothing has changed.
    Refused(LaneRefusal, Lane),
    /// There is no such lane.
    NotFound,
}

impl Store {
    /// Records a new lane. Returns `false` if there is already a lane with its id.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn insert_lane(&self, instance_id: &InstanceId, lane: &Lane) -> Result<bool, StoreError> {
        let (instance_id, lane) = (instance_id.to_string(), lane.clone());
        self.write(move |connection| {
            let inserted = connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO lanes
                     (lane_id, instance_id, status, thread_id, created_at, updated_at, lane)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    lane.lane_id.as_str(),
                    instance_id,
                    lane.status.name(),
                    lane.thread_id.as_deref(),
                    lane.created_at.as_millis(),
                    lane.updated_at.as_millis(),
                    serde_json::to_string(&lane)?,
                ])?;
            if inserted == 1 {
                append_lane_event(connection, &lane, &lane.event("lane.created"), lane.created_at)?;
            }
            Ok(inserted == 1)
        })
        .await
    }

    /// Applies a transition to a lane, and assigns the lane to this process.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written. Nothing has changed then.
    pub async fn step_lane(
        &self,
        instance_id: &InstanceId,
        lane_id: &LaneId,
        step: impl FnOnce(&mut Lane, Timestamp) -> Result<Vec<LaneEvent>, LaneRefusal> + Send + 'static,
    ) -> Result<LaneChange, StoreError> {
        let (instance_id, lane_id) = (instance_id.clone(), lane_id.clone());
        self.write(move |connection| {
            let Some(before) = read_lane(connection, &lane_id)? else { return Ok(LaneChange::NotFound) };
            let now = Timestamp::now();
            let mut lane = before.clone();
            let events = match step(&mut lane, now) {
                Ok(events) => events,
                Err(refusal) => return Ok(LaneChange::Refused(refusal, before)),
            };
            connection
                .prepare_cached(
                    "UPDATE lanes
                     SET instance_id = ?2, status = ?3, thread_id = ?4, updated_at = ?5, lane = ?6
                     WHERE lane_id = ?1",
                )?
                .execute(params![
                    lane_id.as_str(),
                    instance_id.as_str(),
                    lane.status.name(),
                    lane.thread_id.as_deref(),
                    lane.updated_at.as_millis(),
                    serde_json::to_string(&lane)?,
                ])?;
            for event in &events {
                append_lane_event(connection, &lane, event, now)?;
            }
            Ok(LaneChange::Done(lane))
        })
        .await
    }

    /// Records an event of a lane without changing the lane.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn record_lane_event(&self, lane: &Lane, event: LaneEvent) -> Result<(), StoreError> {
        let lane = lane.clone();
        self.write(move |connection| append_lane_event(connection, &lane, &event, Timestamp::now())).await
    }

    /// Deletes a lane, unless it is active.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn delete_lane(&self, lane_id: &LaneId) -> Result<LaneChange, StoreError> {
        let lane_id = lane_id.clone();
        self.write(move |connection| {
            let Some(lane) = read_lane(connection, &lane_id)? else { return Ok(LaneChange::NotFound) };
            if let Err(refusal) = lane.check_deletable() {
                return Ok(LaneChange::Refused(refusal, lane));
            }
            connection.execute("DELETE FROM lanes WHERE lane_id = ?1", [lane_id.as_str()])?;
            append_lane_event(connection, &lane, &lane.event("lane.deleted"), Timestamp::now())?;
            Ok(LaneChange::Done(lane))
        })
        .await
    }

    /// Returns a lane.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn lane(&self, lane_id: &LaneId) -> Result<Option<Lane>, StoreError> {
        let lane_id = lane_id.clone();
        self.read(move |connection| read_lane(connection, &lane_id)).await
    }

    /// Returns the id of the newest lane of each thread that has a lane.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn lanes_of_threads(
        &self,
        thread_ids: Vec<ThreadId>,
    ) -> Result<HashMap<ThreadId, LaneId>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT lane_id FROM lanes WHERE thread_id = ?1 ORDER BY created_at DESC, rowid DESC LIMIT 1",
            )?;
            let mut lanes = HashMap::new();
            for thread_id in thread_ids {
                let lane_id =
                    statement.query_row([thread_id.as_str()], |row| id_column(row, 0)).optional()?.flatten();
                lanes.extend(lane_id.map(|lane_id| (thread_id, lane_id)));
            }
            Ok(lanes)
        })
        .await
    }

    /// Returns the lanes that match a query, newest first.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn lanes(&self, query: LaneQuery) -> Result<Vec<OwnedLane>, StoreError> {
        self.read(move |connection| {
            let mut sql = "SELECT lane, instance_id FROM lanes WHERE TRUE".to_owned();
            let mut values: Vec<SqlValue> = Vec::new();
            if !query.statuses.is_empty() {
                let marks = vec!["?"; query.statuses.len()].join(", ");
                sql.push_str(&format!(" AND status IN ({marks})"));
                values.extend(query.statuses.iter().map(|status| status.name().to_owned().into()));
            }
            let conditions: [(&str, Option<SqlValue>); 3] = [
                (" AND thread_id = ?", query.thread_id.map(|id| String::from(id).into())),
                (" AND json_extract(lane, '$.projectId') = ?", query.project_id.map(Into::into)),
                (" AND updated_at < ?", query.updated_before.map(|moment| moment.as_millis().into())),
            ];
            for (condition, value) in conditions {
                if let Some(value) = value {
                    sql.push_str(condition);
                    values.push(value);
                }
            }
            if query.synthetic_only {
                sql.push_str(" AND json_extract(lane, '$.synthetic')");
            }
            sql.push_str(" ORDER BY created_at DESC, rowid DESC LIMIT ?");
            values.push(i64::from(query.limit).into());
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut lanes = Vec::new();
            while let Some(row) = rows.next()? {
                let text = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
                match serde_json::from_str(text) {
                    Ok(lane) => lanes.push(OwnedLane { lane, instance_id: required_id(row, 1)? }),
                    // A newer version of this program may have written it. That must not hide the other
                    // lanes.
                    Err(error) => tracing::warn!(%error, "skipped a stored lane that cannot be read"),
                }
            }
            Ok(lanes)
        })
        .await
    }
}

fn read_lane(connection: &Connection, lane_id: &LaneId) -> Result<Option<Lane>, StoreError> {
    let text: Option<String> = connection
        .prepare_cached("SELECT lane FROM lanes WHERE lane_id = ?1")?
        .query_row([lane_id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

fn append_lane_event(
    connection: &Connection,
    lane: &Lane,
    event: &LaneEvent,
    at: Timestamp,
) -> Result<(), StoreError> {
    let named = |field: &str| event.payload[field].as_str();
    let event = Event::new(at, event.event_type, &event.payload)
        .about_job(named("jobId").map(JobId::from).or_else(|| lane.active_job_id.clone()))
        .about_conversation(lane.thread_id.clone())
        .about_turn(named("turnId").map(TurnId::from).or_else(|| lane.active_turn_id.clone()))
        .about_lane(lane.lane_id.clone());
    append(connection, &event)
}
