//! A lane: a unit of work with a conversation of its own, from its first instruction to its verified end.
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
//! A turn of a lane is a job; the lane follows the job that it is bound to (`active_job_id`), and no other. Every step
//! yields the events that are recorded with it. Only in a [`rehearsal`] is a lane active without a job.

use codex::protocol::{ApprovalPolicy, SandboxMode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::ids::{JobId, LaneId, ThreadId, TurnId};
use crate::job::{FailureCode, Job, JobStatus};
use crate::surface::{PreferredSurface, Surface};

/// Where a lane stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaneStatus {
    /// Nothing was asked of it yet.
    Idle,
    /// A turn is about to begin.
    Starting,
    /// A turn runs.
    Running,
    /// A turn waits for an approval.
    NeedsApproval,
    /// Its turn ended well, but its verification did not.
    Blocked,
    /// Its verification commands run.
    Verifying,
    /// Its turn ended well, and so did its verification, where it has one.
    Done,
    /// Its turn failed.
    Failed,
    /// Its turn was interrupted.
    Interrupted,
}

impl LaneStatus {
    /// The name on the wire and in the database.
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

    /// Whether it works on something.
    #[must_use]
    pub fn is_active(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::NeedsApproval | Self::Verifying)
    }
}

/// What happens when a thread that is taken over cannot be loaded yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadinessMode {
    /// It is refused.
    Strict,
    /// The session starts all the same, and says that readiness is deferred.
    #[default]
    Lenient,
}

/// In which process a lane's turns run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionIsolation {
    /// In an app-server of its own.
    #[default]
    Process,
    /// In the bridge's own app-server, with those of others.
    Shared,
}

impl SessionIsolation {
    /// As settings spell it.
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

/// One verification command and how it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerificationResult {
    /// The command, as the shell ran it.
    pub command: String,
    /// Whether it exited with 0.
    pub passed: bool,
    /// Its exit code, where it had one.
    pub exit_code: Option<i32>,
    /// The end of what it wrote.
    pub output: String,
    /// Milliseconds that it took.
    pub duration_ms: u64,
}

/// What is left to do of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Workflow {
    /// The first instruction.
    pub kickoff_prompt: Option<String>,
    /// The job that the kickoff becomes: chosen in advance, so that it is sent once.
    pub kickoff_job_id: JobId,
}

/// A lane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lane {
    /// Chosen by the caller, or a UUID.
    pub lane_id: LaneId,
    /// What it belongs to, in the caller's words.
    pub project_id: Option<String>,
    /// Absolute folder of the repository that it works in.
    pub repo_root: Option<String>,
    /// Branch of its own worktree.
    pub branch: Option<String>,
    /// Folder of its own worktree.
    pub worktree_path: Option<String>,
    /// Its conversation.
    pub thread_id: Option<ThreadId>,
    /// What it is called.
    pub title: Option<String>,
    /// Where it stands.
    pub status: LaneStatus,
    /// Its turn that runs.
    pub active_turn_id: Option<TurnId>,
    /// The job of that turn, or of the turn that is verified.
    pub active_job_id: Option<JobId>,
    /// What happens when a thread that is taken over cannot be loaded yet.
    pub readiness_mode: ReadinessMode,
    /// Where its conversation should be.
    pub preferred_surface: PreferredSurface,
    /// Where its conversation was born.
    pub surface: Surface,
    /// In which process its turns run.
    pub session_isolation: SessionIsolation,
    /// Model id; Codex's own configuration where there is none.
    pub model: Option<String>,
    /// What its commands may touch.
    #[schema(value_type = String)]
    pub sandbox: SandboxMode,
    /// When Codex asks; Codex's own configuration where there is none.
    #[schema(value_type = Option<String>)]
    pub approval_policy: Option<ApprovalPolicy>,
    /// When its work is good, in words; part of each instruction.
    pub acceptance_criteria: Vec<String>,
    /// Shell commands that must exit with 0 after each turn.
    pub verification_commands: Vec<String>,
    /// How they went, the last time.
    pub verification: Vec<VerificationResult>,
    /// Why it is blocked or failed.
    pub problem: Option<String>,
    /// Made by a test or a debug route; cleanups can be limited to such lanes.
    pub synthetic: bool,
    /// What is left to do of the workflow that made it.
    pub workflow: Option<Workflow>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Something that happened to a lane, recorded with the step that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneEvent {
    /// For example `lane.completed`.
    pub event_type: &'static str,
    /// Its facts.
    pub payload: Value,
}

/// A step that the lane's state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LaneRefusal {
    /// It works on something.
    #[error("the lane is busy")]
    Busy,
    /// The step belongs to a job that the lane does not follow, or no longer.
    #[error("the lane does not follow this job")]
    OtherJob,
    /// It is not being verified.
    #[error("the lane is not being verified")]
    NotVerifying,
    /// It does not wait for an approval that was made up.
    #[error("the lane waits for no approval that was made up")]
    NotRehearsing,
}

type Step = Result<Vec<LaneEvent>, LaneRefusal>;

impl Lane {
    /// A turn is about to begin, as this job.
    ///
    /// # Errors
    /// [`LaneRefusal::Busy`].
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

    /// Takes in how the job stands that it follows.
    ///
    /// # Errors
    /// [`LaneRefusal::OtherJob`].
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

    /// Its verification is over.
    ///
    /// # Errors
    /// [`LaneRefusal::NotVerifying`].
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

    /// The job that it follows is unknown: nothing was sent, or it was forgotten.
    ///
    /// # Errors
    /// [`LaneRefusal::OtherJob`] when it follows none.
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

    /// It is about to be deleted.
    ///
    /// # Errors
    /// [`LaneRefusal::Busy`].
    pub fn check_deletable(&self) -> Result<(), LaneRefusal> {
        if self.status.is_active() { Err(LaneRefusal::Busy) } else { Ok(()) }
    }

    /// What changed beside its status.
    #[must_use]
    pub fn updated(&self) -> LaneEvent {
        self.event("lane.updated")
    }

    /// An event that tells how it stands.
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

    /// The folder in which it works.
    #[must_use]
    pub fn folder(&self) -> Option<&str> {
        self.worktree_path.as_deref().or(self.repo_root.as_deref())
    }

    /// An instruction as Codex gets it: with what makes the work good.
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

mod rehearsal;
#[cfg(test)]
mod tests;
