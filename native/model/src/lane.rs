//! A lane: a unit of work with its own conversation, from its first instruction to its verified end.
//!
//! ```text
//!                begin            turn_started          waits(true)
//! Idle, Done, ─────────► Starting ────────────► Running ◄──────────► NeedsApproval
//! Blocked,                  │                      │      waits(false)     │
//! Failed,                   └──────────┬───────────┴───────────────────────┘
//! Interrupted                          │ turn_ended
//!                ┌─────────────┬───────┴─────┬───────────┐
//!             Failed      Interrupted      Done      Verifying ── verified ──► Done or Blocked
//! ```
//!
//! A turn of a lane is a job. The lane follows the job that it is bound to (`active_job_id`), and no other.
//! Every transition returns the events that are recorded with it. A lane is active without a job only in a
//! [`simulation`].

use codex::protocol::{ApprovalPolicy, SandboxMode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::ids::{JobId, LaneId, ThreadId, TurnId};
use crate::job::{FailureCode, Job, JobStatus};
use crate::surface::{PreferredSurface, Surface};

/// The status of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaneStatus {
    /// The lane has not had an instruction.
    Idle,
    /// A turn is starting.
    Starting,
    /// A turn is running.
    Running,
    /// The turn waits for an approval.
    NeedsApproval,
    /// The turn completed, but a verification command failed.
    Blocked,
    /// The verification commands are running.
    Verifying,
    /// The turn completed, and the verification commands passed, if there are any.
    Done,
    /// The turn failed.
    Failed,
    /// The turn was interrupted.
    Interrupted,
}

impl LaneStatus {
    /// Returns the name on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::NeedsApproval => "needs_approval",
            Self::Blocked => "blocked",
            Self::Verifying => "verifying",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// Reports whether the lane has a turn or a verification in progress.
    #[must_use]
    pub fn is_active(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::NeedsApproval | Self::Verifying)
    }
}

/// The behavior if a thread that a lane takes over cannot be loaded yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadinessMode {
    /// The request is refused.
    Strict,
    /// The lane session starts anyway, and reports that readiness is deferred.
    #[default]
    Lenient,
}

/// The process that runs the turns of a lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionIsolation {
    /// An app-server of its own.
    #[default]
    Process,
    /// The bridge's app-server, which other lanes and conversations share.
    Shared,
}

impl SessionIsolation {
    /// Returns the value of the setting.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Shared => "shared",
        }
    }
}

impl std::str::FromStr for SessionIsolation {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "process" => Ok(Self::Process),
            "shared" => Ok(Self::Shared),
            _ => Err(format!("session isolation must be process or shared, not {name:?}")),
        }
    }
}

/// The result of a verification command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerificationResult {
    /// The command, as the shell ran it.
    pub command: String,
    /// Whether the exit code was 0.
    pub passed: bool,
    /// The exit code, if there was one.
    pub exit_code: Option<i32>,
    /// The end of the output.
    pub output: String,
    /// The duration in milliseconds.
    pub duration_ms: u64,
}

/// The remaining work of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Workflow {
    /// The first instruction.
    pub kickoff_prompt: Option<String>,
    /// The id of the job for the first instruction. It is chosen in advance, so that the instruction is sent
    /// only once.
    pub kickoff_job_id: JobId,
}

/// A lane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lane {
    /// The id: chosen by the caller, or a UUID.
    pub lane_id: LaneId,
    /// The project, named by the caller.
    pub project_id: Option<String>,
    /// The absolute path of the repository in which the lane works.
    pub repo_root: Option<String>,
    /// The branch of its worktree.
    pub branch: Option<String>,
    /// The directory of its worktree.
    pub worktree_path: Option<String>,
    /// The conversation.
    pub thread_id: Option<ThreadId>,
    /// The title.
    pub title: Option<String>,
    /// The status.
    pub status: LaneStatus,
    /// The running turn.
    pub active_turn_id: Option<TurnId>,
    /// The job of the turn that is running or being verified.
    pub active_job_id: Option<JobId>,
    /// The behavior if a thread that the lane takes over cannot be loaded yet.
    pub readiness_mode: ReadinessMode,
    /// The surface in which the conversation should originate.
    pub preferred_surface: PreferredSurface,
    /// The surface in which the conversation originated.
    pub surface: Surface,
    /// The process that runs the turns.
    pub session_isolation: SessionIsolation,
    /// The id of the model; `null` uses Codex's configuration.
    pub model: Option<String>,
    /// The sandbox of its commands.
    #[schema(value_type = String)]
    pub sandbox: SandboxMode,
    /// When Codex asks for approval; `null` uses Codex's configuration.
    #[schema(value_type = Option<String>)]
    pub approval_policy: Option<ApprovalPolicy>,
    /// The acceptance criteria, which are part of each instruction.
    pub acceptance_criteria: Vec<String>,
    /// The shell commands that must exit with 0 after each turn.
    pub verification_commands: Vec<String>,
    /// The most recent results of these commands.
    pub verification: Vec<VerificationResult>,
    /// The reason why the lane is blocked or failed.
    pub problem: Option<String>,
    /// Whether a test or a debug route created the lane. A cleanup can be limited to such lanes.
    pub synthetic: bool,
    /// The remaining work of the workflow that created the lane.
    pub workflow: Option<Workflow>,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time of the last change.
    pub updated_at: Timestamp,
}

/// An event of a lane, which is recorded together with the transition that caused it.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneEvent {
    /// The type, for example `lane.completed`.
    pub event_type: &'static str,
    /// The payload.
    pub payload: Value,
}

/// The reason why a transition is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LaneRefusal {
    /// The lane is active.
    #[error("the lane is busy")]
    Busy,
    /// The lane does not follow the job, or no longer follows it.
    #[error("the lane does not follow this job")]
    OtherJob,
    /// The lane is not being verified.
    #[error("the lane is not being verified")]
    NotVerifying,
    /// The lane has no simulation, or does not wait for a synthetic approval.
    #[error("the lane does not wait for a synthetic approval")]
    NotSimulated,
}

type Step = Result<Vec<LaneEvent>, LaneRefusal>;

impl Lane {
    /// Starts a turn, which is the given job.
    ///
    /// # Errors
    /// Returns [`LaneRefusal::Busy`] if the lane is active.
    pub fn begin(&mut self, job_id: &JobId, now: Timestamp) -> Step {
        if self.status.is_active() {
            return Err(LaneRefusal::Busy);
        }
        self.status = LaneStatus::Starting;
        self.active_job_id = Some(job_id.to_owned());
        self.active_turn_id = None;
        self.problem = None;
        self.verification.clear();
        self.updated_at = now;
        Ok(vec![self.updated()])
    }

    /// Updates the lane from the state of the job that it follows.
    ///
    /// # Errors
    /// Returns [`LaneRefusal::OtherJob`] if the lane does not follow this job.
    pub fn follow(&mut self, job: &Job, now: Timestamp) -> Step {
        let follows = self.active_job_id.as_deref() == Some(&job.job_id);
        if !follows || matches!(self.status, LaneStatus::Verifying) || !self.status.is_active() {
            return Err(LaneRefusal::OtherJob);
        }
        if self.thread_id.is_none() || job.upgraded_from_conversation_id.is_some() {
            self.thread_id = job.conversation_id.clone().or_else(|| self.thread_id.take());
        }
        let before = self.status;
        match job.status {
            JobStatus::Starting => return Ok(vec![]),
            JobStatus::Running => {
                self.active_turn_id.clone_from(&job.turn_id);
                self.status =
                    if job.waiting_on.is_empty() { LaneStatus::Running } else { LaneStatus::NeedsApproval };
            }
            JobStatus::Completed | JobStatus::Failed => return Ok(self.turn_ended(job, now)),
        }
        if self.status == before {
            return Ok(vec![]);
        }
        self.updated_at = now;
        Ok(vec![self.updated()])
    }

    fn turn_ended(&mut self, job: &Job, now: Timestamp) -> Vec<LaneEvent> {
        let code = job.failure.as_ref().map(|failure| failure.code);
        self.active_turn_id = None;
        self.problem = job.failure.as_ref().map(|failure| failure.message.clone());
        self.updated_at = now;
        let ended = LaneEvent {
            event_type: "lane.turn.completed",
            payload: json!({
                "jobId": job.job_id,
                "turnId": job.turn_id,
                "status": job.status,
                "failure": job.failure,
                "text": job.result.as_ref().map(|result| &result.text),
                "tokenUsage": job.result.as_ref().and_then(|result| result.token_usage.as_ref()),
            }),
        };
        let interrupted = [
            FailureCode::Interrupted,
            FailureCode::Cancelled,
            FailureCode::BridgeStopped,
            FailureCode::InterruptedByRestart,
        ];
        let (status, event_type) = match code {
            None if !self.verification_commands.is_empty() => {
                (LaneStatus::Verifying, "lane.verification.started")
            }
            None => (LaneStatus::Done, "lane.completed"),
            Some(code) if interrupted.contains(&code) => (LaneStatus::Interrupted, "lane.interrupted"),
            Some(_) => (LaneStatus::Failed, "lane.failed"),
        };
        self.status = status;
        if status != LaneStatus::Verifying {
            self.active_job_id = None;
        }
        vec![ended, self.event(event_type)]
    }

    /// Ends the verification with its results.
    ///
    /// # Errors
    /// Returns [`LaneRefusal::NotVerifying`] if the lane is not being verified.
    pub fn verified(&mut self, results: Vec<VerificationResult>, now: Timestamp) -> Step {
        if self.status != LaneStatus::Verifying {
            return Err(LaneRefusal::NotVerifying);
        }
        let failed = results.iter().find(|result| !result.passed);
        self.problem = failed.map(|result| format!("`{}` failed", result.command));
        self.status = if failed.is_none() { LaneStatus::Done } else { LaneStatus::Blocked };
        self.verification = results;
        self.active_job_id = None;
        self.updated_at = now;
        let completed = self.event("lane.verification.completed");
        let end = self.event(if self.problem.is_none() { "lane.completed" } else { "lane.blocked" });
        Ok(vec![completed, end])
    }

    /// Interrupts the lane because the job that it follows does not exist: it was never sent, or it was
    /// deleted.
    ///
    /// # Errors
    /// Returns [`LaneRefusal::OtherJob`] if the lane is not active.
    pub fn lose_job(&mut self, problem: &str, now: Timestamp) -> Step {
        if !self.status.is_active() {
            return Err(LaneRefusal::OtherJob);
        }
        self.status = LaneStatus::Interrupted;
        self.active_job_id = None;
        self.active_turn_id = None;
        self.problem = Some(problem.to_owned());
        self.updated_at = now;
        Ok(vec![self.event("lane.interrupted")])
    }

    /// Checks that the lane may be deleted.
    ///
    /// # Errors
    /// Returns [`LaneRefusal::Busy`] if the lane is active.
    pub fn check_deletable(&self) -> Result<(), LaneRefusal> {
        if self.status.is_active() { Err(LaneRefusal::Busy) } else { Ok(()) }
    }

    /// Returns the event `lane.updated` with the current state.
    #[must_use]
    pub fn updated(&self) -> LaneEvent {
        self.event("lane.updated")
    }

    /// Returns an event with the current state.
    #[must_use]
    pub fn event(&self, event_type: &'static str) -> LaneEvent {
        let payload = json!({
            "status": self.status,
            "activeTurnId": self.active_turn_id,
            "activeJobId": self.active_job_id,
            "problem": self.problem,
            "verification": self.verification,
        });
        LaneEvent { event_type, payload }
    }

    /// Returns the directory in which the lane works: its worktree, or else the repository.
    #[must_use]
    pub fn directory(&self) -> Option<&str> {
        self.worktree_path.as_deref().or(self.repo_root.as_deref())
    }

    /// Returns an instruction with the acceptance criteria, as it is sent to Codex.
    #[must_use]
    pub fn instruction(&self, input: &str) -> String {
        if self.acceptance_criteria.is_empty() {
            return input.to_owned();
        }
        let criteria: Vec<String> =
            self.acceptance_criteria.iter().map(|criterion| format!("- {criterion}")).collect();
        format!("{input}\n\nAcceptance criteria:\n{}", criteria.join("\n"))
    }
}

mod simulation;
#[cfg(test)]
mod tests;
