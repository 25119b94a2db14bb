//! A job: one message that was dispatched to Codex, from its acceptance to its end.
//!
//! ```text
//!            start                complete
//! Starting ─────────► Running ─────────────► Completed
//!     │                  │       fail
//!     └──────────────────┴─────────────────► Failed
//! ```
//!
//! A job ends exactly once. Every step yields the [`JobEvent`] that is recorded with it.

mod failure;
mod result;
mod review;

pub use failure::{Failure, FailureCause, FailureCode, Outcome};
pub use result::{JobResult, LastNotification, Progress, RunningCommandView, TokenUsageView};
pub use review::{Review, ReviewFinding, ReviewLines, ReviewVerdict};

use codex::activity::Goal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::activity::GoalView;
use crate::approval::ApprovalKind;
use crate::clock::Timestamp;
use crate::ids::{ApprovalId, JobId, LaneId, ThreadId, TurnId};

/// The status of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum JobStatus {
    /// The job is accepted; its turn has not started.
    Starting,
    /// The turn is running.
    Running,
    /// The turn completed; `result` contains the answer.
    Completed,
    /// The job failed; `failure` contains the reason.
    Failed,
}

impl JobStatus {
    /// Returns the name on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// Reports whether the status is final.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

/// The operation that created a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `POST /conversations`
    CreateConversation,
    /// `POST /conversations/…/messages`
    ResumeConversation,
}

/// How a message reached its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The bridge runs the message as a new turn.
    Started,
    /// The message waits for the bridge's running turn of the conversation.
    Queued,
    /// Another process owns the conversation and has the message in its queue. The bridge follows the turn.
    HandedOver,
    /// The message joined the running turn.
    Steered,
    /// The message started a turn in a copy of the conversation.
    Forked,
}

/// The program through which a message is sent to Codex.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// Uses `codex app-server`.
    #[default]
    AppServer,
    /// Uses `codex exec --json`, for options that the app-server does not support.
    Cli,
}

/// A question of Codex that a job waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingOn {
    /// The id of the approval. `POST /approvals/{approvalId}` answers it.
    pub approval_id: ApprovalId,
    /// The kind of the approval.
    pub kind: ApprovalKind,
    /// A summary in one line, for the user.
    pub summary: String,
}

/// One dispatched message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// The id: a UUID.
    pub job_id: JobId,
    /// The lane whose turn the job runs.
    #[serde(default)]
    pub lane_id: Option<LaneId>,
    /// The status.
    pub status: JobStatus,
    /// How the job ended; `null` until then. The status of a cancelled job is `failed`.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// The operation that created the job.
    pub operation: Operation,
    /// The time at which the job was accepted.
    pub created_at: Timestamp,
    /// The time of the last change.
    pub updated_at: Timestamp,
    /// The time at which the turn started.
    pub started_at: Option<Timestamp>,
    /// The time at which the job completed or failed.
    pub completed_at: Option<Timestamp>,
    /// The process id of the app-server that runs the turn.
    pub pid: Option<u32>,
    /// The working directory of the conversation.
    pub cwd: Option<String>,
    /// The message.
    pub message: String,
    /// The conversation, once it is known.
    pub conversation_id: Option<ThreadId>,
    /// The turn, once it has started.
    #[serde(default)]
    pub turn_id: Option<TurnId>,
    /// All turns of the job, in order. There are several if Codex continued a goal, and then `turnId` is the
    /// last one.
    #[serde(default)]
    pub turns: Vec<TurnId>,
    /// The goal that the job's turns pursue. The job runs until the goal is no longer active.
    #[serde(default)]
    #[schema(value_type = Option<GoalView>)]
    pub goal: Option<Goal>,
    /// How the message reached the conversation, once it is delivered.
    #[serde(default)]
    pub delivery: Option<Delivery>,
    /// The program through which a message is sent to Codex.
    #[serde(default)]
    pub transport: Transport,
    /// The conversation that the message was sent to, if it is known. A fork continues as `conversationId`.
    #[serde(default)]
    pub requested_conversation_id: Option<ThreadId>,
    /// The `exec` conversation that `conversationId` replaces, so that it appears in the history.
    #[serde(default)]
    pub upgraded_from_conversation_id: Option<ThreadId>,
    /// The maximum duration of the turn, in milliseconds.
    #[serde(default)]
    pub turn_timeout_ms: Option<u64>,
    /// The questions of Codex that wait for an answer.
    #[serde(default)]
    pub waiting_on: Vec<WaitingOn>,
    /// Whether the request asked the editor to show the conversation.
    pub open_requested: bool,
    /// Whether the editor shows the conversation; `null` if that was not requested, or is not yet known.
    pub opened: Option<bool>,
    /// The reason why the editor does not show it.
    pub open_error: Option<String>,
    /// What the turn has produced so far, while the job runs. It is stored every few seconds and with each
    /// change of the job.
    #[serde(default)]
    pub progress: Option<Progress>,
    /// The last notification of Codex.
    #[serde(flatten)]
    pub last_notification: LastNotification,
    /// The exit code of the Codex process, if its exit ended the job.
    pub exit_code: Option<i32>,
    /// The signal that ended the Codex process, if its exit ended the job.
    pub signal: Option<String>,
    /// The message of the failure, as in `failure.message`.
    pub error: Option<String>,
    /// The result of the turn. A job that failed has one if its turn had produced anything (`partial`).
    #[serde(default)]
    pub result: Option<JobResult>,
    /// The reason why the job failed.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// The file to which the answer is written, if the request names one.
    #[serde(default)]
    pub output_last_message_path: Option<String>,
    /// The differences between the request and what the bridge did.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// The values from which a job is created.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// The id: a UUID that the caller generates.
    pub job_id: JobId,
    /// The lane whose turn the job runs.
    pub lane_id: Option<LaneId>,
    /// The operation that created the job.
    pub operation: Operation,
    /// The message.
    pub message: String,
    /// The working directory, if it is known.
    pub cwd: Option<String>,
    /// The conversation, if it exists.
    pub conversation_id: Option<ThreadId>,
    /// The program through which a message is sent to Codex.
    pub transport: Transport,
    /// The maximum duration of the turn, in milliseconds.
    pub turn_timeout_ms: Option<u64>,
    /// Whether the request asks the editor to show the conversation.
    pub open_requested: bool,
    /// The file to which the answer is written.
    pub output_last_message_path: Option<String>,
    /// The differences between the request and what the bridge does.
    pub warnings: Vec<String>,
}

/// A recorded transition of a job. On the wire, it is `job.created`, `job.started`, ….
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEvent {
    /// The job was accepted.
    Created,
    /// The job was bound to its conversation.
    Bound,
    /// The message waits in a queue.
    Queued,
    /// The message was edited while it waited.
    Edited,
    /// The job continues in a copy of its conversation.
    Forked,
    /// The turn started.
    Started,
    /// The job completed.
    Completed,
    /// The job failed.
    Failed,
}

impl JobEvent {
    /// The final transitions of a job.
    pub const ENDS: [Self; 2] = [Self::Completed, Self::Failed];

    /// Returns the event type on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "job.created",
            Self::Bound => "job.bound",
            Self::Queued => "job.queued",
            Self::Edited => "job.edited",
            Self::Forked => "job.forked",
            Self::Started => "job.started",
            Self::Completed => "job.completed",
            Self::Failed => "job.failed",
        }
    }
}

/// The reason why a job continues in a copy of its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fork {
    /// The sender of the message requested it.
    Requested,
    /// The conversation is one of `codex exec`, which the history does not show.
    Upgrade,
}

/// The reason why a transition is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The job has ended.
    #[error("the job has already ended")]
    Ended,
    /// The turn has started.
    #[error("the job's turn has already started")]
    Started,
}

impl Job {
    /// Creates a job that was just accepted.
    #[must_use]
    pub fn new(new: NewJob, now: Timestamp) -> Self {
        let NewJob {
            job_id,
            lane_id,
            operation,
            message,
            cwd,
            conversation_id,
            transport,
            turn_timeout_ms,
            open_requested,
            output_last_message_path,
            warnings,
        } = new;
        Self {
            job_id,
            lane_id,
            status: JobStatus::Starting,
            outcome: None,
            operation,
            created_at: now,
            updated_at: now,
            started_at: None,
            completed_at: None,
            pid: None,
            cwd,
            message,
            requested_conversation_id: conversation_id.clone(),
            conversation_id,
            turn_id: None,
            turns: Vec::new(),
            goal: None,
            delivery: None,
            transport,
            upgraded_from_conversation_id: None,
            turn_timeout_ms,
            waiting_on: Vec::new(),
            open_requested,
            opened: None,
            open_error: None,
            progress: None,
            last_notification: LastNotification::default(),
            exit_code: None,
            signal: None,
            error: None,
            result: None,
            failure: None,
            output_last_message_path,
            warnings,
        }
    }

    /// Reports whether Codex certainly has not received the message. A message that a process was about to
    /// send may have been received.
    #[must_use]
    pub fn was_never_sent(&self) -> bool {
        self.turn_id.is_none() && self.delivery.is_none() && self.pid.is_none()
    }

    /// Records the conversation, and the process that owns it.
    ///
    /// # Errors
    /// Returns [`Refusal::Ended`] if the job has ended.
    pub fn bind(
        &mut self,
        conversation_id: &ThreadId,
        cwd: Option<String>,
        pid: Option<u32>,
        now: Timestamp,
    ) -> Result<JobEvent, Refusal> {
        self.check_not_ended()?;
        self.conversation_id = Some(conversation_id.to_owned());
        self.cwd = cwd.or_else(|| self.cwd.take());
        self.pid = pid;
        self.updated_at = now;
        Ok(JobEvent::Bound)
    }

    /// Records that the message waits in the queue of the bridge or of another process.
    ///
    /// # Errors
    /// Returns a [`Refusal`] if the job has ended or its turn has started.
    pub fn queue(&mut self, delivery: Delivery, now: Timestamp) -> Result<JobEvent, Refusal> {
        self.check_not_started()?;
        self.delivery = Some(delivery);
        self.updated_at = now;
        Ok(JobEvent::Queued)
    }

    /// Records a new text of a message that waited. Its turn may have started with the new text since.
    ///
    /// # Errors
    /// Returns [`Refusal::Ended`] if the job has ended.
    pub fn edit(&mut self, message: &str, now: Timestamp) -> Result<JobEvent, Refusal> {
        self.check_not_ended()?;
        message.clone_into(&mut self.message);
        self.updated_at = now;
        Ok(JobEvent::Edited)
    }

    /// Continues the job in `conversation_id`, a copy of its conversation.
    ///
    /// # Errors
    /// Returns a [`Refusal`] if the job has ended or its turn has started.
    pub fn fork(
        &mut self,
        conversation_id: &ThreadId,
        kind: Fork,
        now: Timestamp,
    ) -> Result<JobEvent, Refusal> {
        self.check_not_started()?;
        let original = self.conversation_id.replace(conversation_id.to_owned());
        match kind {
            Fork::Requested => self.delivery = Some(Delivery::Forked),
            Fork::Upgrade => self.upgraded_from_conversation_id = original,
        }
        self.updated_at = now;
        Ok(JobEvent::Forked)
    }

    /// Records that the message joined a running turn.
    ///
    /// # Errors
    /// Returns a [`Refusal`] if the job has ended or its turn has started.
    pub fn join(&mut self, turn_id: &TurnId, pid: Option<u32>, now: Timestamp) -> Result<JobEvent, Refusal> {
        self.check_not_started()?;
        self.delivery = Some(Delivery::Steered);
        self.pid = pid;
        self.start(Some(turn_id), now)
    }

    /// Records the start of the turn, whose id may be unknown.
    ///
    /// # Errors
    /// Returns a [`Refusal`] if the job has ended or its turn has started.
    pub fn start(&mut self, turn_id: Option<&TurnId>, now: Timestamp) -> Result<JobEvent, Refusal> {
        self.check_not_started()?;
        self.status = JobStatus::Running;
        self.turn_id = turn_id.cloned();
        self.turns = self.turn_id.iter().cloned().collect();
        self.delivery.get_or_insert(Delivery::Started);
        self.started_at = Some(now);
        self.updated_at = now;
        Ok(JobEvent::Started)
    }

    /// Records that Codex continued the goal of the job with another turn.
    pub fn continue_goal(&mut self, turn_id: TurnId, now: Timestamp) {
        self.turns.push(turn_id.clone());
        self.turn_id = Some(turn_id);
        self.updated_at = now;
    }

    /// Completes the job. A job whose start was not noticed can complete, too.
    ///
    /// # Errors
    /// Returns [`Refusal::Ended`] if the job has ended.
    pub fn complete(&mut self, result: JobResult, now: Timestamp) -> Result<JobEvent, Refusal> {
        self.check_not_ended()?;
        self.result = Some(result);
        self.end(JobStatus::Completed, Outcome::Completed, now);
        Ok(JobEvent::Completed)
    }

    /// Fails the job. Its result is what its turn has produced, if that is anything.
    ///
    /// # Errors
    /// Returns [`Refusal::Ended`] if the job has ended.
    pub fn fail(&mut self, failure: Failure, now: Timestamp) -> Result<JobEvent, Refusal> {
        self.check_not_ended()?;
        self.error = Some(failure.message.clone());
        self.result = self.progress.take().map(JobResult::from);
        let outcome = Outcome::from(failure.code);
        self.failure = Some(failure);
        self.end(JobStatus::Failed, outcome, now);
        Ok(JobEvent::Failed)
    }

    /// Records whether the editor shows the conversation. This is allowed at any time, because the turn may
    /// end first.
    pub fn note_opened(&mut self, outcome: Result<(), String>, now: Timestamp) {
        self.opened = Some(outcome.is_ok());
        self.open_error = outcome.err();
        self.updated_at = now;
    }

    fn end(&mut self, status: JobStatus, outcome: Outcome, now: Timestamp) {
        self.status = status;
        self.outcome = Some(outcome);
        self.progress = None;
        self.started_at.get_or_insert(now);
        self.completed_at = Some(now);
        self.updated_at = now;
        self.waiting_on.clear();
    }

    fn check_not_started(&self) -> Result<(), Refusal> {
        self.check_not_ended()?;
        if self.status == JobStatus::Running { Err(Refusal::Started) } else { Ok(()) }
    }

    fn check_not_ended(&self) -> Result<(), Refusal> {
        if self.status.is_end() { Err(Refusal::Ended) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
