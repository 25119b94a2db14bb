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

use codex::turn::TokenUsage;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::approval::ApprovalKind;
use crate::clock::Timestamp;
use crate::ids::{ApprovalId, JobId, LaneId, ThreadId, TurnId};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum JobStatus {
    /// Accepted; its turn has not begun.
    Starting,
    /// Its turn runs.
    Running,
    /// Its turn ended well; `result` holds the answer.
    Completed,
    /// It ended otherwise; `failure` says how.
    Failed,
}

impl JobStatus {
    /// The name on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

/// What the caller asked for.
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
    /// The bridge runs it as a turn of its own.
    Started,
    /// It waits for the bridge's running turn on the same conversation.
    Queued,
    /// Another process owns the conversation and has it in its queue; the bridge follows it.
    HandedOver,
    /// It joined the running turn.
    Steered,
    /// It began a copy of the conversation.
    Forked,
}

/// How Codex is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// `codex app-server`.
    #[default]
    AppServer,
    /// `codex exec --json`, for options that the app-server does not take.
    Cli,
}

/// A question of Codex that keeps a job waiting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingOn {
    /// Answer it with `POST /approvals/{approvalId}`.
    pub approval_id: ApprovalId,
    /// What it is about.
    pub kind: ApprovalKind,
    /// One line for a person.
    pub summary: String,
}

/// Why a job failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// The turn ended with an error, in Codex's words.
    TurnFailed,
    /// Somebody interrupted the turn.
    Interrupted,
    /// Codex refused to start the turn.
    CodexRefused,
    /// No Codex binary was found.
    CodexNotFound,
    /// Codex could not be started, or did not answer.
    CodexUnavailable,
    /// The Codex process that ran the turn ended.
    CodexExited,
    /// Somebody cancelled the job.
    Cancelled,
    /// The turn ran longer than `turnTimeoutMs`.
    TurnTimeout,
    /// The turn was not started within the request's time limit.
    SendTimeout,
    /// Another process owns the conversation, and the message could not be handed over.
    ConversationOwnedElsewhere,
    /// A turn ran on the conversation, and the message was not to wait.
    ConversationBusy,
    /// There was no turn to steer.
    NoActiveTurn,
    /// Codex does not know the conversation.
    ConversationNotFound,
    /// Somebody put the conversation away.
    ConversationArchived,
    /// Too many messages waited for the conversation.
    QueueFull,
    /// Something inside the bridge failed; its log says more.
    InternalError,
    /// The bridge was stopped while the job ran.
    BridgeStopped,
    /// The bridge ended without being stopped (killed, crashed, power loss) while the job ran.
    InterruptedByRestart,
}

/// Why a job failed, for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// For programs.
    pub code: FailureCode,
    /// For people; may be Codex's own words.
    pub message: String,
}

/// What a completed turn came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct JobResult {
    /// The agent's final answer; empty when it wrote none.
    pub text: String,
    /// Tokens of the turn, where Codex told.
    #[schema(value_type = Option<TokenUsageView>)]
    pub token_usage: Option<TokenUsage>,
    /// Milliseconds that the turn took.
    pub duration_ms: Option<u64>,
    /// Unified diff of all file changes, where there were any.
    pub diff: Option<String>,
    /// The agent's last plan: `{explanation, plan: [{step, status}]}`, where it made one.
    #[schema(value_type = Option<Object>)]
    pub plan: Option<Value>,
}

/// Token counts of a turn.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = TokenUsage)]
#[expect(dead_code, reason = "describes codex::turn::TokenUsage, whose crate knows no OpenAPI")]
pub struct TokenUsageView {
    /// All tokens.
    total_tokens: u64,
    /// Tokens sent to the model, cached ones included.
    input_tokens: u64,
    /// Of these, read from the provider's cache.
    cached_input_tokens: u64,
    /// Tokens that the model wrote, reasoning included.
    output_tokens: u64,
    /// Of these, reasoning.
    reasoning_output_tokens: u64,
}

/// What the job last heard of Codex. Changes with every event; stored with the job's steps, not by itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Progress {
    /// Events seen so far.
    pub event_count: u64,
    /// When the last one came.
    pub last_event_at: Option<Timestamp>,
    /// Its method, for example `item/completed`.
    pub last_event_type: Option<String>,
    /// Its identifying fields: `{type, thread_id, conversation_id, turn_id?, status?}`.
    #[schema(value_type = Option<Object>)]
    pub last_event: Option<Value>,
    /// The last line that the Codex process wrote to its standard error, once it ended badly.
    pub last_stderr: Option<String>,
}

/// One dispatched message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// UUID.
    pub job_id: JobId,
    /// The lane whose turn it is.
    #[serde(default)]
    pub lane_id: Option<LaneId>,
    /// Where it stands.
    pub status: JobStatus,
    /// What was asked for.
    pub operation: Operation,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When its turn began.
    pub started_at: Option<Timestamp>,
    /// When it ended, either way.
    pub completed_at: Option<Timestamp>,
    /// Process id of the app-server that runs it.
    pub pid: Option<u32>,
    /// Working folder of the conversation.
    pub cwd: Option<String>,
    /// The message.
    pub message: String,
    /// The conversation, once it is known.
    pub conversation_id: Option<ThreadId>,
    /// The turn, once it began.
    #[serde(default)]
    pub turn_id: Option<TurnId>,
    /// How the message reached the conversation, once it did.
    #[serde(default)]
    pub delivery: Option<Delivery>,
    /// How Codex is reached.
    #[serde(default)]
    pub transport: Transport,
    /// The conversation that the message was sent to, where that is known; a fork goes on as `conversationId`.
    #[serde(default)]
    pub requested_conversation_id: Option<ThreadId>,
    /// The `exec` conversation that this one replaces, so that the history shows it.
    #[serde(default)]
    pub upgraded_from_conversation_id: Option<ThreadId>,
    /// Milliseconds that the turn may take.
    #[serde(default)]
    pub turn_timeout_ms: Option<u64>,
    /// Questions of Codex that wait for an answer.
    #[serde(default)]
    pub waiting_on: Vec<WaitingOn>,
    /// Whether the editor was asked to show the conversation.
    pub open_requested: bool,
    /// Whether it does; `null` when it was not asked, or not yet known.
    pub opened: Option<bool>,
    /// Why it does not.
    pub open_error: Option<String>,
    /// What was last heard of Codex.
    #[serde(flatten)]
    pub progress: Progress,
    /// Exit code of the Codex process, when its end ended the job.
    pub exit_code: Option<i32>,
    /// Signal that ended the Codex process, when its end ended the job.
    pub signal: Option<String>,
    /// The failure's message; the same as `failure.message`.
    pub error: Option<String>,
    /// What a completed turn came to.
    #[serde(default)]
    pub result: Option<JobResult>,
    /// Why the job failed.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// The file that the answer is written to, where one was asked for.
    #[serde(default)]
    pub output_last_message_path: Option<String>,
    /// What was done differently from what was asked.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// What a job is made from.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// UUID, made by the caller.
    pub job_id: JobId,
    /// The lane whose turn it is.
    pub lane_id: Option<LaneId>,
    /// What was asked for.
    pub operation: Operation,
    /// The message.
    pub message: String,
    /// Working folder, where it is known.
    pub cwd: Option<String>,
    /// The conversation, where it exists already.
    pub conversation_id: Option<ThreadId>,
    /// How Codex is reached.
    pub transport: Transport,
    /// Milliseconds that the turn may take.
    pub turn_timeout_ms: Option<u64>,
    /// Whether the editor shall show the conversation.
    pub open_requested: bool,
    /// The file that the answer is written to.
    pub output_last_message_path: Option<String>,
    /// What is done differently from what was asked.
    pub warnings: Vec<String>,
}

/// A recorded step of a job. On the wire `job.created`, `job.started`, ….
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEvent {
    /// Accepted.
    Created,
    /// Bound to its conversation.
    Bound,
    /// Waits in a queue.
    Queued,
    /// Has other words than before.
    Edited,
    /// Goes on in a copy of its conversation.
    Forked,
    /// Its turn began.
    Started,
    /// Ended well.
    Completed,
    /// Ended otherwise.
    Failed,
}

impl JobEvent {
    /// Those after which nothing more happens to a job.
    pub const ENDS: [Self; 2] = [Self::Completed, Self::Failed];

    /// The type on the wire.
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

/// Why a job goes on in a copy of its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fork {
    /// Its sender asked for it.
    Asked,
    /// Its conversation is one of `codex exec`, which the history does not show.
    Upgrade,
}

/// A step that the job's state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It ended before.
    #[error("the job ended before")]
    Ended,
    /// Its turn began before.
    #[error("the job's turn began before")]
    Started,
}

impl Job {
    /// A job that was just accepted.
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
            delivery: None,
            transport,
            upgraded_from_conversation_id: None,
            turn_timeout_ms,
            waiting_on: Vec::new(),
            open_requested,
            opened: None,
            open_error: None,
            progress: Progress::default(),
            exit_code: None,
            signal: None,
            error: None,
            result: None,
            failure: None,
            output_last_message_path,
            warnings,
        }
    }

    /// Whether it is certain that Codex never heard of the message. What a process was about to send is not.
    #[must_use]
    pub fn was_never_sent(&self) -> bool {
        self.turn_id.is_none() && self.delivery.is_none() && self.pid.is_none()
    }

    /// Its conversation is known, and the process that owns it.
    ///
    /// # Errors
    /// [`Refusal::Ended`].
    pub fn bind(
        &mut self,
        conversation_id: &ThreadId,
        cwd: Option<String>,
        pid: Option<u32>,
        now: Timestamp,
    ) -> Result<JobEvent, Refusal> {
        self.refuse_ended()?;
        self.conversation_id = Some(conversation_id.to_owned());
        self.cwd = cwd.or_else(|| self.cwd.take());
        self.pid = pid;
        self.updated_at = now;
        Ok(JobEvent::Bound)
    }

    /// It waits in the bridge's own queue or in another process's.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn queue(&mut self, delivery: Delivery, now: Timestamp) -> Result<JobEvent, Refusal> {
        self.refuse_begun()?;
        self.delivery = Some(delivery);
        self.updated_at = now;
        Ok(JobEvent::Queued)
    }

    /// It waited with other words than before; its turn may have begun with them since.
    ///
    /// # Errors
    /// [`Refusal::Ended`].
    pub fn edit(&mut self, message: &str, now: Timestamp) -> Result<JobEvent, Refusal> {
        self.refuse_ended()?;
        message.clone_into(&mut self.message);
        self.updated_at = now;
        Ok(JobEvent::Edited)
    }

    /// It goes on in `conversation_id`, a copy of its conversation.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn fork(
        &mut self,
        conversation_id: &ThreadId,
        kind: Fork,
        now: Timestamp,
    ) -> Result<JobEvent, Refusal> {
        self.refuse_begun()?;
        let original = self.conversation_id.replace(conversation_id.to_owned());
        match kind {
            Fork::Asked => self.delivery = Some(Delivery::Forked),
            Fork::Upgrade => self.upgraded_from_conversation_id = original,
        }
        self.updated_at = now;
        Ok(JobEvent::Forked)
    }

    /// It joined a turn that runs.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn join(&mut self, turn_id: &TurnId, pid: Option<u32>, now: Timestamp) -> Result<JobEvent, Refusal> {
        self.refuse_begun()?;
        self.delivery = Some(Delivery::Steered);
        self.pid = pid;
        self.start(Some(turn_id), now)
    }

    /// Its turn began, whose id may not be known.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn start(&mut self, turn_id: Option<&TurnId>, now: Timestamp) -> Result<JobEvent, Refusal> {
        self.refuse_begun()?;
        self.status = JobStatus::Running;
        self.turn_id = turn_id.cloned();
        self.delivery.get_or_insert(Delivery::Started);
        self.started_at = Some(now);
        self.updated_at = now;
        Ok(JobEvent::Started)
    }

    /// Its turn ended well. A job whose start went unnoticed may complete, too.
    ///
    /// # Errors
    /// [`Refusal::Ended`].
    pub fn complete(&mut self, result: JobResult, now: Timestamp) -> Result<JobEvent, Refusal> {
        self.refuse_ended()?;
        self.result = Some(result);
        self.end(JobStatus::Completed, now);
        Ok(JobEvent::Completed)
    }

    /// It ended otherwise.
    ///
    /// # Errors
    /// [`Refusal::Ended`].
    pub fn fail(&mut self, failure: Failure, now: Timestamp) -> Result<JobEvent, Refusal> {
        self.refuse_ended()?;
        self.error = Some(failure.message.clone());
        self.failure = Some(failure);
        self.end(JobStatus::Failed, now);
        Ok(JobEvent::Failed)
    }

    /// The editor shows the conversation, or could not. Possible at any time: the turn may end first.
    pub fn note_opened(&mut self, outcome: Result<(), String>, now: Timestamp) {
        self.opened = Some(outcome.is_ok());
        self.open_error = outcome.err();
        self.updated_at = now;
    }

    fn end(&mut self, status: JobStatus, now: Timestamp) {
        self.status = status;
        self.started_at.get_or_insert(now);
        self.completed_at = Some(now);
        self.updated_at = now;
        self.waiting_on.clear();
    }

    fn refuse_begun(&self) -> Result<(), Refusal> {
        self.refuse_ended()?;
        if self.status == JobStatus::Running { Err(Refusal::Started) } else { Ok(()) }
    }

    fn refuse_ended(&self) -> Result<(), Refusal> {
        if self.status.is_end() { Err(Refusal::Ended) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
