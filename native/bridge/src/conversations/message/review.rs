//! Reviews: the body that a caller sends. A review is a message whose turn Codex's reviewer runs.

use std::path::PathBuf;

use codex::protocol::ReviewTarget;
use model::ids::{JobId, LaneId, ThreadId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ApprovalPolicyName, Message, MessageBody, MessageDefaults, SandboxName};
use crate::error::Error;

/// Body of `POST /reviews`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReviewBody {
    /// The target of the review. Default: the uncommitted changes.
    #[serde(default)]
    pub target: ReviewTargetBody,
    /// The conversation in which the review runs. Default: a new one.
    pub conversation_id: Option<ThreadId>,
    /// The lane in whose conversation and directory the review runs.
    pub lane_id: Option<LaneId>,
    /// Absolute path of the working directory of a new conversation, in a git repository. Default: the first
    /// workspace folder, or the directory of `codex-bridge serve`.
    #[schema(value_type = Option<String>)]
    pub cwd: Option<PathBuf>,
    /// Model id. Default: `review_model` of Codex's configuration, or its model.
    pub model: Option<String>,
    /// When Codex asks for approval. Default: Codex's own configuration.
    pub approval_policy: Option<ApprovalPolicyName>,
    /// What commands may access. Default: Codex's own configuration.
    pub sandbox: Option<SandboxName>,
    /// Title of a new conversation. Default: what is reviewed.
    pub title: Option<String>,
    /// Milliseconds within which the review must start. Default: setting `requestTimeoutMs`.
    pub send_timeout_ms: Option<u64>,
    /// Milliseconds that the review may take before it is interrupted. Default: no limit.
    pub turn_timeout_ms: Option<u64>,
    /// Milliseconds until an approval without a decision is denied. Default: setting `approvalTimeoutMs`.
    pub approval_timeout_ms: Option<u64>,
    /// File that the text of the review is written to.
    #[schema(value_type = Option<String>)]
    pub output_last_message_path: Option<PathBuf>,
    /// Whether the editor shows the conversation. Default: true if there is an editor.
    pub ensure_open: Option<bool>,
}

/// The target of a review.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[schema(as = ReviewTarget)]
pub enum ReviewTargetBody {
    /// The staged, unstaged and untracked changes of the working directory.
    #[default]
    UncommittedChanges,
    /// The changes against a branch.
    BaseBranch {
        /// The branch, for example `main`.
        branch: String,
    },
    /// The changes of a commit.
    Commit {
        /// The id of the commit.
        sha: String,
        /// The subject of the commit, for the reviewer and the title.
        title: Option<String>,
    },
    /// Whatever the instructions say.
    Custom {
        /// The instructions.
        instructions: String,
    },
}

/// The conversation in which a review runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewPlace {
    /// A new conversation.
    New,
    /// This conversation.
    Conversation(ThreadId),
    /// The conversation of this lane.
    Lane(LaneId),
}

impl ReviewTargetBody {
    /// Returns the target in Codex's protocol.
    fn check(self) -> Result<ReviewTarget, Error> {
        let given = |field: &str, value: String| match value.trim() {
            "" => Err(Error::invalid(field, "must not be blank")),
            trimmed => Ok(trimmed.to_owned()),
        };
        Ok(match self {
            Self::UncommittedChanges => ReviewTarget::UncommittedChanges,
            Self::BaseBranch { branch } => {
                ReviewTarget::BaseBranch { branch: given("target.branch", branch)? }
            }
            Self::Commit { sha, title } => ReviewTarget::Commit { sha: given("target.sha", sha)?, title },
            Self::Custom { instructions } => {
                ReviewTarget::Custom { instructions: given("target.instructions", instructions)? }
            }
        })
    }
}

impl ReviewBody {
    /// Returns the conversation in which the review runs.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the body names several.
    pub fn place(&self) -> Result<ReviewPlace, Error> {
        let place = match (&self.conversation_id, &self.lane_id) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid("laneId", "cannot be combined with conversationId"));
            }
            (Some(conversation_id), None) => ReviewPlace::Conversation(conversation_id.clone()),
            (None, Some(lane_id)) => ReviewPlace::Lane(lane_id.clone()),
            (None, None) => ReviewPlace::New,
        };
        if place != ReviewPlace::New && self.cwd.is_some() {
            let problem = "is only for a new conversation; a conversation or a lane has its own directory";
            return Err(Error::invalid("cwd", problem));
        }
        Ok(place)
    }

    /// Validates the body. Reads files, so it may wait for a disk.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the name of the first invalid field.
    pub fn into_message(self, job_id: JobId, defaults: &MessageDefaults) -> Result<Message, Error> {
        let default_cwd = (self.place()? == ReviewPlace::New).then(|| defaults.cwd.clone());
        let target = self.target.check()?;
        let body = MessageBody {
            message: Some(description(&target)),
            cwd: self.cwd,
            model: self.model,
            approval_policy: self.approval_policy,
            sandbox: self.sandbox,
            title: self.title,
            send_timeout_ms: self.send_timeout_ms,
            turn_timeout_ms: self.turn_timeout_ms,
            approval_timeout_ms: self.approval_timeout_ms,
            output_last_message_path: self.output_last_message_path,
            ensure_open: self.ensure_open,
            ..MessageBody::default()
        };
        let mut message = body.into_message(job_id, defaults, default_cwd)?;
        message.lane_id = self.lane_id;
        message.review = Some(target);
        Ok(message)
    }
}

/// Returns the message of a job that reviews this.
fn description(target: &ReviewTarget) -> String {
    match target {
        ReviewTarget::UncommittedChanges => "Review the uncommitted changes".to_owned(),
        ReviewTarget::BaseBranch { branch } => format!("Review the changes against {branch}"),
        ReviewTarget::Commit { sha, title: Some(title) } => format!("Review the commit {sha}: {title}"),
        ReviewTarget::Commit { sha, title: None } => format!("Review the commit {sha}"),
        ReviewTarget::Custom { instructions } => format!("Review: {instructions}"),
    }
}
