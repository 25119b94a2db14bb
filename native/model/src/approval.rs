//! An approval: a question that Codex asks before it continues, from its creation to its answer.
//!
//! ```text
//!            resolve                        Approved, Denied, Cancelled, Answered
//! Pending ──────────────────────────────►
//!     │      its bridge process ended       Expired
//!     └─────────────────────────────────►
//! ```
//!
//! An approval is resolved exactly once. The first answer wins.

use codex::approval::{self, QuestionKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::ids::{ApprovalId, JobId, LaneId, ThreadId, TurnId};

/// The answer to an approval, from a client of the API or from the user in the editor.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// The answers to the questions, the content of the form, or the result of the tool.
    pub content: Option<Value>,
    /// The reason, for the record.
    pub note: Option<String>,
}

/// The kind of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalKind {
    /// Codex wants to run a command.
    Command,
    /// Codex wants to change files.
    FileChange,
    /// Codex wants more permissions for the rest of the turn or session.
    Permissions,
    /// Codex has questions for the user.
    Question,
    /// An MCP server wants the user to fill in a form.
    Elicitation,
    /// Codex calls a tool that the client provides.
    ToolCall,
}

impl ApprovalKind {
    /// Returns the name on the wire.
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

/// The source of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalSource {
    /// Codex, or `POST /debug/request-approval` on its behalf.
    AppServer,
    /// The bridge itself, only for `POST /debug/request-approval`.
    Runtime,
}

/// The status of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalStatus {
    /// Codex waits for the answer.
    Pending,
    /// Codex may continue.
    Approved,
    /// Codex may not do it, and continues without it.
    Denied,
    /// Codex may not do it, and its turn ends; or the turn ended first.
    Cancelled,
    /// The questions were answered.
    Answered,
    /// The bridge process ended before there was an answer, and the turn ended with it.
    Expired,
}

impl ApprovalStatus {
    /// Returns the name on the wire and in the database.
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

/// A decision on an approval. The field `decisions` lists the decisions that an approval allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Allow it once.
    Approve,
    /// Allow it, and do not ask for the same again in this session.
    ApproveForSession,
    /// Allow it, and never ask for such commands again.
    ApproveAlways,
    /// Refuse it, and continue the turn.
    Deny,
    /// Refuse it, and end the turn.
    Cancel,
    /// Send the answers to the questions, the content of the form, or the result of the tool.
    Answer,
}

impl Decision {
    /// Returns the name on the wire.
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

    /// Returns the status of an approval after this decision.
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

/// The party that resolved an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolvedBy {
    /// A client, with `POST /approvals/{approvalId}`.
    Api,
    /// The user in VS Code.
    Editor,
    /// The deadline, because there was no answer in time.
    Deadline,
    /// Codex, because its turn ended or another client answered.
    Codex,
    /// The bridge, because the process that asked has ended.
    Bridge,
}

impl ResolvedBy {
    /// Returns the name on the wire.
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
    /// The id: a UUID.
    pub approval_id: ApprovalId,
    /// The kind.
    pub kind: ApprovalKind,
    /// The status.
    pub status: ApprovalStatus,
    /// The source of the question.
    pub source: ApprovalSource,
    /// The job that waits; `null` for a turn that another program queued.
    pub job_id: Option<JobId>,
    /// The lane whose turn waits.
    #[serde(default)]
    pub lane_id: Option<LaneId>,
    /// The conversation; `null` for a synthetic approval of a lane without a conversation.
    pub conversation_id: Option<ThreadId>,
    /// The conversation whose agent started this one, if a sub-agent asks.
    #[serde(default)]
    pub parent_conversation_id: Option<ThreadId>,
    /// The turn that waits.
    pub turn_id: Option<TurnId>,
    /// The id of Codex's item, for example of the command.
    pub item_id: Option<String>,
    /// A summary in one line, for the user.
    pub summary: String,
    /// The command that would run.
    pub command: Option<String>,
    /// The directory in which it would run.
    pub cwd: Option<String>,
    /// The reason that Codex gives, or the text of an MCP server if the summary does not contain all of it.
    pub reason: Option<String>,
    /// The file changes, as Codex sent them: `[{path, kind, diff}]`, or an object by path from older
    /// binaries.
    #[schema(value_type = Option<Value>)]
    pub changes: Option<Value>,
    /// The requested permissions: `{network, fileSystem}`.
    #[schema(value_type = Option<Object>)]
    pub permissions: Option<Value>,
    /// The questions, as Codex sent them: `[{id, header, question, isOther, isSecret, options?}]`.
    #[schema(value_type = Option<Vec<Object>>)]
    pub questions: Option<Value>,
    /// The tool that is called or asks: `{name, namespace?, arguments?}`, or `{server, name?, arguments?}` of
    /// an MCP server.
    #[schema(value_type = Option<Object>)]
    pub tool: Option<Value>,
    /// The JSON Schema of the form that an MCP server wants the user to fill in.
    #[schema(value_type = Option<Object>)]
    pub schema: Option<Value>,
    /// A URL that an MCP server wants the user to visit.
    pub url: Option<String>,
    /// The decisions that are possible.
    pub decisions: Vec<Decision>,
    /// The time at which Codex asked.
    pub created_at: Timestamp,
    /// The time at which it is denied if there is no answer before.
    pub expires_at: Timestamp,
    /// The time at which it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// The decision.
    pub decision: Option<Decision>,
    /// The party that resolved it.
    pub resolved_by: Option<ResolvedBy>,
    /// The note that came with the answer.
    pub note: Option<String>,
    /// The method of Codex's request.
    pub method: String,
    /// The fields of Codex's request, unchanged.
    #[schema(value_type = Object)]
    pub request: Value,
}

/// The approval is already resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the approval is already resolved")]
pub struct Resolved;

impl Approval {
    /// Resolves the approval.
    ///
    /// # Errors
    /// Returns [`Resolved`] and changes nothing if the approval is not pending, or if `status` is `Pending`.
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
