//! An approval: a question that Codex asks before it goes on, from its first being asked to its answer.
//!
//! ```text
//!            resolve                        Approved, Denied, Cancelled, Answered
//! Pending ──────────────────────────────►
//!     │      its bridge process ended       Expired
//!     └─────────────────────────────────►
//! ```
//!
//! It is resolved exactly once; who answers first wins.

use codex::approval::{self, QuestionKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::ids::{ApprovalId, JobId, LaneId, ThreadId, TurnId};

/// A decision on an approval, as a caller or the person at the editor gives it.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// The answers to the questions, the content of the form, or the result of the tool.
    pub content: Option<Value>,
    /// The reason, for the record.
    pub note: Option<String>,
}

/// What an approval is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalKind {
    /// Running a command.
    Command,
    /// Changing files.
    FileChange,
    /// More permissions for the rest of the turn or session.
    Permissions,
    /// Questions to the user.
    Question,
    /// A form that an MCP server wants filled in.
    Elicitation,
    /// A tool that the client provides.
    ToolCall,
}

impl ApprovalKind {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::FileChange => "file_change",
            Self::Permissions => "permissions",
            Self::Question => "question",
            Self::Elicitation => "elicitation",
            Self::ToolCall => "tool_call",
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalSource {
    /// Codex; or `POST /debug/request-approval` in its name.
    AppServer,
    /// The bridge itself, which only does so for `POST /debug/request-approval`.
    Runtime,
}

/// Where an approval stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalStatus {
    /// Codex waits for the answer.
    Pending,
    /// Codex may.
    Approved,
    /// Codex may not, and goes on without.
    Denied,
    /// Codex may not, and its turn ends; or the turn ended first.
    Cancelled,
    /// The questions were answered.
    Answered,
    /// Its bridge process ended before somebody answered, and with it the turn.
    Expired,
}

impl ApprovalStatus {
    /// The name on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Answered => "answered",
            Self::Expired => "expired",
        }
    }
}

/// What may be decided. Which of these a request offers is in its `decisions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Yes, this once.
    Approve,
    /// Yes, and do not ask again for the same in this session.
    ApproveForSession,
    /// Yes, and never ask again for such commands.
    ApproveAlways,
    /// No; go on without.
    Deny,
    /// No; end the turn.
    Cancel,
    /// The answers to the questions, the content of the form, or the result of the tool.
    Answer,
}

impl Decision {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::ApproveForSession => "approve_for_session",
            Self::ApproveAlways => "approve_always",
            Self::Deny => "deny",
            Self::Cancel => "cancel",
            Self::Answer => "answer",
        }
    }

    /// Where an approval stands that was decided so.
    #[must_use]
    pub fn status(self) -> ApprovalStatus {
        match self {
            Self::Approve | Self::ApproveForSession | Self::ApproveAlways => ApprovalStatus::Approved,
            Self::Deny => ApprovalStatus::Denied,
            Self::Cancel => ApprovalStatus::Cancelled,
            Self::Answer => ApprovalStatus::Answered,
        }
    }
}

impl From<QuestionKind> for ApprovalKind {
    fn from(kind: QuestionKind) -> Self {
        match kind {
            QuestionKind::Command => Self::Command,
            QuestionKind::FileChange => Self::FileChange,
            QuestionKind::Permissions => Self::Permissions,
            QuestionKind::Question => Self::Question,
            QuestionKind::Elicitation => Self::Elicitation,
            QuestionKind::ToolCall => Self::ToolCall,
        }
    }
}

impl From<approval::Decision> for Decision {
    fn from(decision: approval::Decision) -> Self {
        match decision {
            approval::Decision::Approve => Self::Approve,
            approval::Decision::ApproveForSession => Self::ApproveForSession,
            approval::Decision::ApproveAlways => Self::ApproveAlways,
            approval::Decision::Deny => Self::Deny,
            approval::Decision::Cancel => Self::Cancel,
            approval::Decision::Answer => Self::Answer,
        }
    }
}

impl From<Decision> for approval::Decision {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Approve => Self::Approve,
            Decision::ApproveForSession => Self::ApproveForSession,
            Decision::ApproveAlways => Self::ApproveAlways,
            Decision::Deny => Self::Deny,
            Decision::Cancel => Self::Cancel,
            Decision::Answer => Self::Answer,
        }
    }
}

/// Who resolved an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolvedBy {
    /// `POST /approvals/{approvalId}`
    Api,
    /// The person in VS Code.
    Editor,
    /// Nobody answered in time.
    Deadline,
    /// Codex withdrew it, because its turn ended or another client answered.
    Codex,
    /// The bridge, because the process that asked is gone.
    Bridge,
}

impl ResolvedBy {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Editor => "editor",
            Self::Deadline => "deadline",
            Self::Codex => "codex",
            Self::Bridge => "bridge",
        }
    }
}

/// A question of Codex.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// UUID.
    pub approval_id: ApprovalId,
    /// What it is about.
    pub kind: ApprovalKind,
    /// Where it stands.
    pub status: ApprovalStatus,
    /// Who asked.
    pub source: ApprovalSource,
    /// The job that waits; `null` for a turn that another program queued.
    pub job_id: Option<JobId>,
    /// The lane whose turn waits.
    #[serde(default)]
    pub lane_id: Option<LaneId>,
    /// The conversation; `null` for one that was made up for a lane without one.
    pub conversation_id: Option<ThreadId>,
    /// The turn that waits.
    pub turn_id: Option<TurnId>,
    /// Codex's item, for example the command's.
    pub item_id: Option<String>,
    /// One line for a person.
    pub summary: String,
    /// The command that would run.
    pub command: Option<String>,
    /// The folder in which it would run.
    pub cwd: Option<String>,
    /// Why Codex wants it, in its words; what an MCP server says, where the summary has not all of it.
    pub reason: Option<String>,
    /// The file changes, as Codex sent them: `[{path, kind, diff}]`, of older binaries an object by path.
    #[schema(value_type = Option<Value>)]
    pub changes: Option<Value>,
    /// What would be permitted: `{network, fileSystem}`.
    #[schema(value_type = Option<Object>)]
    pub permissions: Option<Value>,
    /// The questions, as Codex sent them: `[{id, header, question, isOther, isSecret, options?}]`.
    #[schema(value_type = Option<Vec<Object>>)]
    pub questions: Option<Value>,
    /// The tool that is called or asks: `{name, namespace?, arguments?}`, or `{server, name?, arguments?}` of an MCP server.
    #[schema(value_type = Option<Object>)]
    pub tool: Option<Value>,
    /// JSON Schema of the form that an MCP server wants filled in.
    #[schema(value_type = Option<Object>)]
    pub schema: Option<Value>,
    /// An address that an MCP server wants visited.
    pub url: Option<String>,
    /// What may be decided.
    pub decisions: Vec<Decision>,
    /// When Codex asked.
    pub created_at: Timestamp,
    /// When it will be denied, unless somebody answers before.
    pub expires_at: Timestamp,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// What was decided.
    pub decision: Option<Decision>,
    /// Who resolved it.
    pub resolved_by: Option<ResolvedBy>,
    /// What the one who resolved it wrote beside it.
    pub note: Option<String>,
    /// Method of Codex's request.
    pub method: String,
    /// Fields of Codex's request, untouched.
    #[schema(value_type = Object)]
    pub request: Value,
}

/// It was resolved before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the approval was resolved before")]
pub struct Resolved;

impl Approval {
    /// It comes to stand at `status`, because `by` decided so.
    ///
    /// # Errors
    /// [`Resolved`]; nothing changed then.
    pub fn resolve(
        &mut self,
        status: ApprovalStatus,
        decision: Option<Decision>,
        by: ResolvedBy,
        now: Timestamp,
    ) -> Result<(), Resolved> {
        if self.status != ApprovalStatus::Pending || status == ApprovalStatus::Pending {
            return Err(Resolved);
        }
        self.status = status;
        self.decision = decision;
        self.resolved_by = Some(by);
        self.resolved_at = Some(now);
        Ok(())
    }
}
