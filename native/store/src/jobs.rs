//! Table `jobs`. A change of a job and its event are one transaction.

use model::clock::Timestamp;
use model::event::Event;
use model::ids::{InstanceId, JobId, LaneId, ThreadId};
use model::job::{Job, JobEvent, JobStatus, Outcome};
use model::limits;
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::events::{append, delete_events};
use super::{Store, StoreError, id_column, required_id};

/// A query for jobs.
#[derive(Debug, Clone, Default)]
pub struct JobQuery {
    /// Only jobs with this status.
    pub status: Option<JobStatus>,
    /// Only jobs that ended like this.
    pub outcome: Option<Outcome>,
    /// Only jobs of this conversation.
    pub conversation_id: Option<ThreadId>,
    /// Only jobs of this lane.
    pub lane_id: Option<LaneId>,
    /// Only jobs whose message, working directory or ids contain this string. The case of ASCII letters is
    /// ignored.
    pub search: Option<String>,
    /// Only jobs older than this one.
    pub before: Option<JobId>,
    /// The maximum number of jobs.
    pub limit: u32,
}

/// A job as JSON. Parsing and writing the jobs of a long list again would take most of its time.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct JobDocument {
    /// The id of the job.
    #[serde(skip)]
    pub job_id: JobId,
    json: Box<RawValue>,
}

impl JobDocument {
    /// Returns the document of a job.
    ///
    /// # Errors
    /// [`StoreError::Record`] if the job cannot be written as JSON.
    pub fn of(job: &Job) -> Result<Self, StoreError> {
        Ok(Self { job_id: job.job_id.clone(), json: serde_json::value::to_raw_value(job)? })
    }

    /// Reads the row `(job_id, format, job)`. A newer version of this program may have written a job that
    /// this one cannot parse. That must not hide the other jobs, so it is logged and skipped.
    fn read(row: &Row<'_>) -> Result<Option<Self>, StoreError> {
        let text = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        if row.get::<_, i64>(1)? == JOB_FORMAT {
            return Ok(Some(Self {
                job_id: required_id(row, 0)?,
                json: RawValue::from_string(text.to_owned())?,
            }));
        }
        readable(text).map(|job| Self::of(&job)).transpose()
    }
}

/// The version of the JSON of a stored job. Increase it with every change of [`Job`] and what it contains:
/// jobs of other formats are parsed, so that they get the fields of this one.
const JOB_FORMAT: i64 = 3;

/// A page of jobs, newest first.
#[derive(Debug, Clone)]
pub struct JobPage {
    /// The jobs of this page.
    pub jobs: Vec<JobDocument>,
    /// Whether older jobs match, too.
    pub more: bool,
}

/// The number of jobs with each status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// The number of accepted jobs whose turn has not started.
    pub starting: u64,
    /// The number of running jobs.
    pub running: u64,
    /// The number of completed jobs.
    pub completed: u64,
    /// The number of failed jobs, including the cancelled ones.
    pub failed: u64,
    /// The number of cancelled jobs.
    pub cancelled: u64,
    /// The id of the newest job.
    pub latest_job_id: Option<JobId>,
}

/// Statistics of the jobs that were accepted in a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobPeriod {
    /// The start of the period.
    pub at: Timestamp,
    /// The number of completed jobs.
    pub completed: u64,
    /// The number of failed jobs, including the cancelled ones.
    pub failed: u64,
    /// The number of cancelled jobs.
    pub cancelled: u64,
    /// The number of jobs that have not ended.
    pub unfinished: u64,
    /// The tokens sent to the model, including cached ones.
    pub input_tokens: u64,
    /// The part of the input tokens that was read from the provider's cache.
    pub cached_input_tokens: u64,
    /// The tokens that the model produced, including reasoning.
    pub output_tokens: u64,
}

/// The condition for jobs that contain a search string.
const SEARCHED: &str = " AND instr(lower(job_id || ' ' || coalesce(conversation_id, '') || ' ' ||
    coalesce(json_extract(job, '$.cwd'), '') || ' ' || json_extract(job, '$.message')), lower(?)) > 0";

impl Store {
    /// Records a new job, which `instance_id` runs, with its first event. `message` is kept until the job
    /// ends.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn insert_job(
        &self,
        instance_id: &InstanceId,
        job: &Job,
        message: String,
    ) -> Result<(), StoreError> {
        let (instance_id, job) = (instance_id.to_string(), job.clone());
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO jobs (job_id, instance_id, status, conversation_id, created_at, job, message,
                     lane_id, format) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                )?
                .execute(params![
                    job.job_id.as_str(),
                    instance_id,
                    job.status.name(),
                    job.conversation_id.as_deref(),
                    job.created_at.as_millis(),
                    serde_json::to_string(&job)?,
                    message,
                    job.lane_id.as_deref(),
                    JOB_FORMAT,
                ])?;
            append_job_event(connection, &job, JobEvent::Created)
        })
        .await
    }

    /// Records the current state of a job, and the transition that led to it, if there is one.
    ///
    /// # Errors
    /// Returns [`StoreError::NotOurs`] if another bridge process has adopted the job, or another error if the
    /// database cannot be written.
    pub async fn update_job(
        &self,
        instance_id: &InstanceId,
        job: &Job,
        event: Option<JobEvent>,
    ) -> Result<(), StoreError> {
        let (instance_id, job) = (instance_id.to_string(), job.clone());
        self.write(move |connection| {
            let changed = connection
                .prepare_cached(
                    "UPDATE jobs SET status = ?3, conversation_id = ?4, job = ?5,
                     message = CASE WHEN ?6 THEN NULL ELSE message END, outcome = ?7, format = ?8
                     WHERE job_id = ?1 AND instance_id = ?2",
                )?
                .execute(params![
                    job.job_id.as_str(),
                    instance_id,
                    job.status.name(),
                    job.conversation_id.as_deref(),
                    serde_json::to_string(&job)?,
                    job.status.is_end(),
                    job.outcome.map(Outcome::name),
                    JOB_FORMAT,
                ])?;
            if changed == 0 {
                return Err(StoreError::NotOurs);
            }
            match event {
                Some(event) => append_job_event(connection, &job, event),
                None => Ok(()),
            }
        })
        .await
    }

    /// Returns a job.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn job(&self, job_id: &JobId) -> Result<Option<Job>, StoreError> {
        let job_id = job_id.to_string();
        self.read(move |connection| {
            let text: Option<String> = connection
                .prepare_cached("SELECT job FROM jobs WHERE job_id = ?1")?
                .query_row([job_id], |row| row.get(0))
                .optional()?;
            Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
        })
        .await
    }

    /// Returns the recorded message of an unfinished job.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn job_message(&self, job_id: &JobId) -> Result<Option<String>, StoreError> {
        let job_id = job_id.to_string();
        self.read(move |connection| {
            let text = connection
                .prepare_cached("SELECT message FROM jobs WHERE job_id = ?1")?
                .query_row([job_id], |row| row.get::<_, Option<String>>(0))
                .optional()?;
            Ok(text.flatten())
        })
        .await
    }

    /// Replaces the message of an unfinished job.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn set_job_message(&self, job_id: &JobId, message: String) -> Result<(), StoreError> {
        let job_id = job_id.to_string();
        self.write(move |connection| {
            connection
                .prepare_cached("UPDATE jobs SET message = ?2 WHERE job_id = ?1 AND message IS NOT NULL")?
                .execute([job_id, message])?;
            Ok(())
        })
        .await
    }

    /// Returns the bridge process that is responsible for a job.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn job_instance(&self, job_id: &JobId) -> Result<Option<InstanceId>, StoreError> {
        let job_id = job_id.to_string();
        self.read(move |connection| {
            Ok(connection
                .prepare_cached("SELECT instance_id FROM jobs WHERE job_id = ?1")?
                .query_row([job_id], |row| required_id(row, 0))
                .optional()?)
        })
        .await
    }

    /// Returns the jobs that match a query, newest first.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn jobs(&self, query: JobQuery) -> Result<JobPage, StoreError> {
        self.read(move |connection| {
            let mut sql = "SELECT job_id, format, job FROM jobs WHERE TRUE".to_owned();
            let mut values: Vec<SqlValue> = Vec::new();
            let mut and = |condition: &str, value: SqlValue| {
                sql.push_str(condition);
                values.push(value);
            };
            // A conversation or a lane has few jobs. The `+` keeps SQLite from using the index of a status,
            // which many jobs have.
            let is_narrow = query.conversation_id.is_some() || query.lane_id.is_some();
            if let Some(status) = query.status {
                let condition = if is_narrow { " AND +status = ?" } else { " AND status = ?" };
                and(condition, status.name().to_owned().into());
            }
            if let Some(outcome) = query.outcome {
                let condition = if is_narrow { " AND +outcome = ?" } else { " AND outcome = ?" };
                and(condition, outcome.name().to_owned().into());
            }
            if let Some(conversation_id) = query.conversation_id {
                and(" AND conversation_id = ?", String::from(conversation_id).into());
            }
            if let Some(lane_id) = query.lane_id {
                and(" AND lane_id = ?", String::from(lane_id).into());
            }
            if let Some(search) = query.search {
                and(SEARCHED, search.into());
            }
            if let Some(before) = query.before {
                and(
                    " AND (created_at, rowid) < (SELECT created_at, rowid FROM jobs WHERE job_id = ?)",
                    String::from(before).into(),
                );
            }
            // One more row than requested shows whether there are more.
            and(" ORDER BY created_at DESC, rowid DESC LIMIT ?", (i64::from(query.limit) + 1).into());
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut jobs = Vec::new();
            let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
            let mut bytes = 0;
            while let Some(row) = rows.next()? {
                if jobs.len() == limit || bytes > limits::JOBS_PAGE_BYTES_MAX {
                    return Ok(JobPage { jobs, more: true });
                }
                let job = JobDocument::read(row)?;
                bytes += job.as_ref().map_or(0, |job| job.json.get().len());
                jobs.extend(job);
            }
            Ok(JobPage { jobs, more: false })
        })
        .await
    }

    /// Returns the number of jobs with each status.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn job_counts(&self) -> Result<JobCounts, StoreError> {
        self.read(|connection| {
            let mut counts = JobCounts::default();
            let mut statement =
                connection.prepare_cached("SELECT status, count(*) FROM jobs GROUP BY status")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let count = u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default();
                match row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)? {
                    "starting" => counts.starting = count,
                    "running" => counts.running = count,
                    "completed" => counts.completed = count,
                    _ => counts.failed = count,
                }
            }
            let cancelled: i64 = connection
                .prepare_cached("SELECT count(*) FROM jobs WHERE outcome = 'cancelled'")?
                .query_row([], |row| row.get(0))?;
            counts.cancelled = u64::try_from(cancelled).unwrap_or_default();
            counts.latest_job_id = connection
                .prepare_cached("SELECT job_id FROM jobs ORDER BY created_at DESC, rowid DESC LIMIT 1")?
                .query_row([], |row| id_column(row, 0))
                .optional()?
                .flatten();
            Ok(counts)
        })
        .await
    }

    /// Returns the last `count` periods of `period_ms` milliseconds up to `now`, oldest first. A job counts
    /// in the period in which it was accepted.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn job_periods(
        &self,
        now: Timestamp,
        period_ms: i64,
        count: u32,
    ) -> Result<Vec<JobPeriod>, StoreError> {
        self.read(move |connection| {
            // The periods start at multiples of their length, so that a request a moment later returns the
            // same periods.
            let newest = now.as_millis() / period_ms;
            let oldest = newest - i64::from(count) + 1;
            let empty = |number: i64| JobPeriod {
                at: Timestamp::from_millis(number * period_ms),
                ..JobPeriod::default()
            };
            let mut periods: Vec<_> = (oldest..=newest).map(empty).collect();
            let mut statement = connection.prepare_cached(
                "SELECT created_at / ?2 - ?1, status, count(*), count(*) FILTER (WHERE outcome = 'cancelled'),
                     coalesce(sum(json_extract(job, '$.result.tokenUsage.inputTokens')), 0),
                     coalesce(sum(json_extract(job, '$.result.tokenUsage.cachedInputTokens')), 0),
                     coalesce(sum(json_extract(job, '$.result.tokenUsage.outputTokens')), 0)
                 FROM jobs WHERE created_at >= ?1 * ?2 GROUP BY 1, 2",
            )?;
            let mut rows = statement.query([oldest, period_ms])?;
            while let Some(row) = rows.next()? {
                let number = |column| -> Result<u64, StoreError> {
                    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or_default())
                };
                let index = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(usize::MAX);
                // The clock of another process may be ahead.
                let Some(period) = periods.get_mut(index) else { continue };
                let count = number(2)?;
                match row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)? {
                    "completed" => period.completed += count,
                    "failed" => period.failed += count,
                    _ => period.unfinished += count,
                }
                period.cancelled += number(3)?;
                period.input_tokens += number(4)?;
                period.cached_input_tokens += number(5)?;
                period.output_tokens += number(6)?;
            }
            Ok(periods)
        })
        .await
    }

    /// Returns the unfinished jobs of all bridge processes except `instance_id`, each with its process,
    /// oldest first.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn unfinished_jobs_of_others(
        &self,
        instance_id: &InstanceId,
    ) -> Result<Vec<(InstanceId, Job)>, StoreError> {
        let instance_id = instance_id.to_string();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT instance_id, job FROM jobs
                 WHERE status IN ('starting', 'running') AND instance_id <> ?1 ORDER BY created_at, rowid",
            )?;
            let mut rows = statement.query([instance_id])?;
            let mut jobs = Vec::new();
            while let Some(row) = rows.next()? {
                let text = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
                if let Some(job) = readable(text) {
                    jobs.push((required_id(row, 0)?, job));
                }
            }
            Ok(jobs)
        })
        .await
    }

    /// Makes `to` responsible for a job, if `from` still is. Returns whether `to` is responsible now.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn adopt_job(
        &self,
        job_id: &JobId,
        from: &InstanceId,
        to: &InstanceId,
    ) -> Result<bool, StoreError> {
        let (job_id, from, to) = (job_id.to_string(), from.to_string(), to.to_string());
        self.write(move |connection| {
            let changed = connection
                .prepare_cached("UPDATE jobs SET instance_id = ?3 WHERE job_id = ?1 AND instance_id = ?2")?
                .execute([job_id, from, to])?;
            Ok(changed == 1)
        })
        .await
    }

    /// Deletes ended jobs that are older than `created_before` or not among the newest `keep` jobs, with
    /// their events and approvals. Returns their number.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn prune_jobs(&self, created_before: Timestamp, keep: u32) -> Result<usize, StoreError> {
        self.write(move |connection| {
            // A job whose events have pending deliveries to webhooks is kept until these end.
            let deletable = "SELECT job_id FROM jobs WHERE status IN ('completed', 'failed')
                AND (created_at < ?1
                     OR rowid NOT IN (SELECT rowid FROM jobs ORDER BY created_at DESC, rowid DESC LIMIT ?2))
                AND job_id NOT IN (SELECT job_id FROM events JOIN webhook_deliveries USING (event_id)
                                   WHERE webhook_deliveries.status = 'pending' AND job_id IS NOT NULL)";
            let values = params![created_before.as_millis(), keep];
            delete_events(connection, &format!("job_id IN ({deletable})"), values)?;
            connection.execute(&format!("DELETE FROM approvals WHERE job_id IN ({deletable})"), values)?;
            Ok(connection.execute(&format!("DELETE FROM jobs WHERE job_id IN ({deletable})"), values)?)
        })
        .await
    }
}

/// Parses a stored job. A newer version of this program may have written a job that this one cannot parse,
/// which must not hide the other jobs.
fn readable(text: &str) -> Option<Job> {
    serde_json::from_str(text)
        .inspect_err(|error| tracing::warn!(%error, "skipped a stored job that cannot be read"))
        .ok()
}

/// Records an event of a job. The payload contains the state, not the whole job, which a client can read.
fn append_job_event(connection: &Connection, job: &Job, event: JobEvent) -> Result<(), StoreError> {
    let payload = json!({
        "status": job.status,
        "outcome": job.outcome,
        "turnId": job.turn_id,
        "delivery": job.delivery,
        "failure": job.failure,
    });
    let event = Event::new(job.updated_at, event.name(), &payload)
        .about_job(job.job_id.clone())
        .about_conversation(job.conversation_id.clone())
        .about_turn(job.turn_id.clone())
        .about_lane(job.lane_id.clone());
    append(connection, &event)
}

#[cfg(test)]
mod tests;
