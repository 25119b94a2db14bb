//! Table `approvals`. A change of an approval and its event are one transaction.

use model::approval::{Approval, ApprovalStatus};
use model::clock::Timestamp;
use model::event::Event;
use model::ids::{ApprovalId, InstanceId, JobId, LaneId, ThreadId};
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use serde_json::json;

use super::events::append;
use super::{Store, StoreError, required_id};

/// A query for approvals.
#[derive(Debug, Clone, Default)]
pub struct ApprovalQuery {
    /// Only approvals with this status.
    pub status: Option<ApprovalStatus>,
    /// Only approvals of this job.
    pub job_id: Option<JobId>,
    /// Only approvals of this conversation.
    pub conversation_id: Option<ThreadId>,
    /// Only approvals of this lane.
    pub lane_id: Option<LaneId>,
    /// Only approvals older than this one.
    pub before: Option<ApprovalId>,
    /// The maximum number of approvals.
    pub limit: u32,
}

/// A page of approvals, newest first.
#[derive(Debug, Clone)]
pub struct ApprovalPage {
    /// The approvals of this page.
    pub approvals: Vec<Approval>,
    /// Whether older approvals match, too.
    pub more: bool,
}

impl Store {
    /// Records a new approval of the process `instance_id`.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn insert_approval(
        &self,
        instance_id: &InstanceId,
        approval: &Approval,
    ) -> Result<(), StoreError> {
        let (instance_id, approval) = (instance_id.to_string(), approval.clone());
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO approvals
                     (approval_id, instance_id, status, job_id, conversation_id, created_at, approval)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    approval.approval_id.as_str(),
                    instance_id,
                    approval.status.name(),
                    approval.job_id.as_deref(),
                    // The column is only used to find the approvals of a conversation.
                    approval.conversation_id.as_deref().unwrap_or_default(),
                    approval.created_at.as_millis(),
                    serde_json::to_string(&approval)?,
                ])?;
            append_approval_event(connection, &approval, "approval.requested")
        })
        .await
    }

    /// Records the resolution of a pending approval. Does nothing if it is already resolved.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn update_approval(&self, approval: &Approval) -> Result<(), StoreError> {
        let approval = approval.clone();
        self.write(move |connection| {
            let changed = connection
                .prepare_cached(
                    "UPDATE approvals SET status = ?2, approval = ?3
                     WHERE approval_id = ?1 AND status = 'pending'",
                )?
                .execute(params![
                    approval.approval_id.as_str(),
                    approval.status.name(),
                    serde_json::to_string(&approval)?
                ])?;
            if changed == 0 {
                return Ok(());
            }
            append_approval_event(connection, &approval, "approval.resolved")
        })
        .await
    }

    /// Returns an approval.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn approval(&self, approval_id: &ApprovalId) -> Result<Option<Approval>, StoreError> {
        let approval_id = approval_id.to_string();
        self.read(move |connection| {
            let text: Option<String> = connection
                .prepare_cached("SELECT approval FROM approvals WHERE approval_id = ?1")?
                .query_row([approval_id], |row| row.get(0))
                .optional()?;
            Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
        })
        .await
    }

    /// Returns the bridge process whose Codex waits for the answer.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn approval_instance(
        &self,
        approval_id: &ApprovalId,
    ) -> Result<Option<InstanceId>, StoreError> {
        let approval_id = approval_id.to_string();
        self.read(move |connection| {
            Ok(connection
                .prepare_cached("SELECT instance_id FROM approvals WHERE approval_id = ?1")?
                .query_row([approval_id], |row| required_id(row, 0))
                .optional()?)
        })
        .await
    }

    /// Returns the approvals that match a query, newest first.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn approvals(&self, query: ApprovalQuery) -> Result<ApprovalPage, StoreError> {
        self.read(move |connection| {
            let mut sql = "SELECT approval FROM approvals WHERE TRUE".to_owned();
            let mut values: Vec<SqlValue> = Vec::new();
            let conditions = [
                (" AND status = ?", query.status.map(|status| status.name().to_owned())),
                (" AND job_id = ?", query.job_id.map(Into::into)),
                (" AND conversation_id = ?", query.conversation_id.map(Into::into)),
                (" AND json_extract(approval, '$.laneId') = ?", query.lane_id.map(Into::into)),
                (
                    " AND rowid < (SELECT rowid FROM approvals WHERE approval_id = ?)",
                    query.before.map(Into::into),
                ),
            ];
            for (condition, value) in conditions {
                if let Some(value) = value {
                    sql.push_str(condition);
                    values.push(value.into());
                }
            }
            // One more row than requested shows whether there are more.
            sql.push_str(" ORDER BY rowid DESC LIMIT ?");
            values.push((i64::from(query.limit) + 1).into());
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut approvals = Vec::new();
            while let Some(row) = rows.next()? {
                approvals.extend(readable(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?));
            }
            let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
            let more = approvals.len() > limit;
            approvals.truncate(limit);
            Ok(ApprovalPage { approvals, more })
        })
        .await
    }

    /// Returns the pending approvals of all bridge processes except `instance_id`, each with its process.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn pending_approvals_of_others(
        &self,
        instance_id: &InstanceId,
    ) -> Result<Vec<(InstanceId, Approval)>, StoreError> {
        let instance_id = instance_id.to_string();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT instance_id, approval FROM approvals WHERE status = 'pending' AND instance_id <> ?1",
            )?;
            let mut rows = statement.query([instance_id])?;
            let mut approvals = Vec::new();
            while let Some(row) = rows.next()? {
                let text = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
                if let Some(approval) = readable(text) {
                    approvals.push((required_id(row, 0)?, approval));
                }
            }
            Ok(approvals)
        })
        .await
    }
}

/// Deletes resolved approvals of turns that other programs queued. The approvals of a job are deleted with
/// the job.
pub(super) fn delete_approvals_without_job(
    connection: &Connection,
    created_before: Timestamp,
) -> Result<(), StoreError> {
    connection.execute(
        "DELETE FROM approvals WHERE job_id IS NULL AND status <> 'pending' AND created_at < ?1",
        [created_before.as_millis()],
    )?;
    Ok(())
}

/// Parses a stored approval. A newer version of this program may have written an approval that this one
/// cannot parse, which must not hide the other approvals.
fn readable(text: &str) -> Option<Approval> {
    serde_json::from_str(text)
        .inspect_err(|error| tracing::warn!(%error, "skipped a stored approval that cannot be read"))
        .ok()
}

fn append_approval_event(
    connection: &Connection,
    approval: &Approval,
    event_type: &str,
) -> Result<(), StoreError> {
    let payload = json!({
        "approvalId": approval.approval_id,
        "kind": approval.kind,
        "status": approval.status,
        "source": approval.source,
        "summary": approval.summary,
        "command": approval.command,
        "cwd": approval.cwd,
        "decisions": approval.decisions,
        "expiresAt": approval.expires_at,
        "decision": approval.decision,
        "resolvedBy": approval.resolved_by,
    });
    let at = approval.resolved_at.unwrap_or(approval.created_at);
    let event = Event::new(at, event_type, &payload)
        .about_job(approval.job_id.clone())
        .about_conversation(approval.conversation_id.clone())
        .about_turn(approval.turn_id.clone())
        .about_lane(approval.lane_id.clone());
    append(connection, &event)?;
    if approval.lane_id.is_none() {
        return Ok(());
    }
    // Clients of lanes listen for `lane.approval.…`.
    append(connection, &Event { event_type: format!("lane.{event_type}"), ..event })
}
