//! The errors of the bridge's operations. Each message says what is wrong and what to do next. The HTTP edge
//! (crate `api`) assigns a status and a code to each error.

use codex::connection::CallError;
use codex::owner::Owner;
use codex::rpc::Refusal;
use model::approval::{Approval, Decision, ResolvedBy};
use model::ids::{JobId, LaneId, ThreadId, TurnId};
use model::job::{Failure, FailureCode};
use model::lane::Lane;
use serde_json::{Value, json};
use store::StoreError;

use crate::supervisor::SupervisorError;

/// The reason why an operation was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field of the request is invalid.
    #[error("{field}: {problem}")]
    Invalid {
        /// The path of the field, for example `images[2]`.
        field: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// The job does not exist.
    #[error("Job not found.")]
    JobNotFound,
    /// Codex does not know the conversation.
    #[error("Codex does not know the conversation {0}. GET /jobs lists the conversations of past jobs.")]
    ConversationNotFound(String),
    /// The conversation is archived.
    #[error("The conversation {0} is archived. Unarchive it with POST /conversations/{0}/unarchive.")]
    ConversationArchived(String),
    /// Codex does not know the thread.
    #[error("Codex does not know the thread {0}. GET /codex/threads lists the existing threads.")]
    ThreadNotFound(String),
    /// The thread is archived where it must not be, or is not archived where it must be.
    #[error("The thread {thread_id} is {}archived.", if *archived { "" } else { "not " })]
    ThreadArchived {
        /// The thread.
        thread_id: ThreadId,
        /// Whether it is archived.
        archived: bool,
    },
    /// A job is using the thread.
    #[error(
        "The thread {thread_id} is busy. Wait for its job to end, or steer or interrupt its turn \
         (POST /codex/threads/{thread_id}/turns/steer, …/interrupt)."
    )]
    ThreadBusy {
        /// The thread.
        thread_id: ThreadId,
        /// The active turn.
        active_turn_id: Option<TurnId>,
        /// The job of the turn.
        job_id: Option<JobId>,
    },
    /// The turn that the caller expects is not the current one.
    #[error(
        "{expected} is not {} turn of the thread {thread_id}.",
        if active_turn_id.is_some() { "the active" } else { "the newest" }
    )]
    TurnConflict {
        /// The thread.
        thread_id: ThreadId,
        /// The turn that the caller named.
        expected: String,
        /// The active turn.
        active_turn_id: Option<TurnId>,
        /// The newest turn, if none is active.
        last_turn_id: Option<TurnId>,
    },
    /// The setting `codexBridge.rpc` does not allow the method.
    #[error("{method} {problem}")]
    RpcRefused {
        /// The method.
        method: String,
        /// Why it is refused, and which value of the setting would allow it.
        problem: String,
        /// The value of the setting that would allow it; `None` if none does.
        needs: Option<&'static str>,
    },
    /// The installed Codex does not have the method.
    #[error("The installed Codex does not support {0}. Update Codex.")]
    MethodUnknown(String),
    /// No conversation tab has the focus.
    #[error("No active Codex conversation tab is focused.")]
    NoCurrentConversation,
    /// The bridge runs without an editor.
    #[error("This bridge runs without VS Code, so there are no conversation tabs. {0}")]
    EditorUnavailable(&'static str),
    /// The editor failed to do what was requested.
    #[error("VS Code could not complete the request: {0}")]
    EditorFailed(String),
    /// Another process owns the conversation.
    #[error(
        "{} owns the conversation {conversation_id}. Close it there (its tab, or `codex resume` in a \
         terminal) and try again, or send with delivery \"handover\", which puts the message into its queue, \
         or \"fork\", which continues in a copy.",
        owner.as_ref().map_or_else(
            || "Another process".to_owned(),
            |owner| format!("{} (process {})", owner.program, owner.pid),
        )
    )]
    ConversationOwnedElsewhere {
        /// The conversation.
        conversation_id: ThreadId,
        /// The process, if the operating system reveals it.
        owner: Option<Owner>,
    },
    /// A turn runs or is queued on the conversation.
    #[error(
        "The conversation {0} is busy. Wait for its job to end, or send with delivery \"queue\" or \"steer\"."
    )]
    ConversationBusy(String),
    /// No turn runs that could be steered or interrupted.
    #[error(
        "No turn of this bridge runs on the conversation {0}, so there is nothing to steer. Send a message \
         instead."
    )]
    NoActiveTurn(String),
    /// The job has ended.
    #[error("The job has ended ({status}).")]
    JobEnded {
        /// The job's final status.
        status: &'static str,
    },
    /// The job has left the queue.
    #[error("The job is no longer queued. Cancel it or steer it.")]
    JobNotQueued,
    /// Another bridge process runs the job.
    #[error("Another bridge{} runs the job. Send the request to that bridge.", in_parentheses(url.as_ref()))]
    JobRunsElsewhere {
        /// The address of that bridge, if it is known.
        url: Option<String>,
    },
    /// The job was cancelled before its turn started.
    #[error("The job was cancelled before its turn started.")]
    JobCancelled,
    /// The approval does not exist.
    #[error("Approval not found.")]
    ApprovalNotFound,
    /// The approval is already resolved.
    #[error("{}", already_resolved(.0))]
    ApprovalResolved(Box<Approval>),
    /// Another bridge process requested the approval.
    #[error(
        "Another bridge{} requested this approval. Send the decision to that bridge.",
        in_parentheses(url.as_ref())
    )]
    ApprovalAskedElsewhere {
        /// The address of that bridge, if it is known.
        url: Option<String>,
    },
    /// The decision or its answers do not fit the approval.
    #[error("{field}: {problem}")]
    DecisionInvalid {
        /// The field of the request.
        field: &'static str,
        /// What is wrong.
        problem: String,
        /// The decisions that the approval offers.
        offered: Vec<Decision>,
    },
    /// The lane does not exist.
    #[error("Lane not found.")]
    LaneNotFound,
    /// No deleted lane with this id has left a worktree.
    #[error("No worktree of a deleted lane {0} exists. GET /lanes/worktrees lists those that do.")]
    WorktreeNotFound(LaneId),
    /// A lane with this id exists.
    #[error("Lane {0} already exists.")]
    LaneExists(LaneId),
    /// The lane's state does not allow the operation.
    #[error("The lane cannot do that now: {problem} (status {}).", lane.status.name())]
    LaneConflict {
        /// What prevents the operation.
        problem: String,
        /// The current lane.
        lane: Box<Lane>,
    },
    /// The thread of a strict lane cannot be loaded.
    #[error(
        "The lane's thread is not ready: {}. Set readinessMode to lenient to start the session anyway.",
        reason.trim_end_matches('.')
    )]
    NotReady {
        /// Why the thread cannot be loaded.
        reason: String,
    },
    /// The thread did not originate in the required surface.
    #[error(
        "The thread originated in {actual}, not {required}. Use another thread, or omit \
         requirePreferredSurface."
    )]
    SurfaceMismatch {
        /// The surface that the thread originated in.
        actual: &'static str,
        /// The surface that the request requires.
        required: &'static str,
    },
    /// The maximum number of lane sessions run, and all of them are busy.
    #[error("All {limit} lane sessions are busy. Stop one, or raise codexBridge.lanes.sessionsMax.")]
    TooManySessions {
        /// The maximum number of lane sessions.
        limit: usize,
    },
    /// A git command failed.
    #[error("git: {0}")]
    Git(String),
    /// A setting disables the feature.
    #[error("{what} is disabled. Enable it with the setting {setting}.")]
    SwitchedOff {
        /// The feature.
        what: &'static str,
        /// The setting that enables it.
        setting: &'static str,
    },
    /// The webhook does not exist.
    #[error("Webhook not found. GET /webhooks lists all webhooks.")]
    WebhookNotFound,
    /// The delivery does not exist.
    #[error("Delivery not found. GET /webhooks/{0}/deliveries lists the stored deliveries.")]
    DeliveryNotFound(String),
    /// The webhook is paused or disabled.
    #[error("This webhook is {state}. Enable it first: PATCH it with enabled: true.")]
    WebhookInactive {
        /// `paused` or `disabled`.
        state: &'static str,
    },
    /// The event of the delivery was pruned from the log.
    #[error("The event of this delivery is no longer stored, so it cannot be sent again.")]
    EventForgotten,
    /// The maximum number of webhooks exists.
    #[error("There are already {limit} webhooks. Delete one first.")]
    TooManyWebhooks {
        /// The maximum number of webhooks.
        limit: u32,
    },
    /// Codex started an operation but did not complete it.
    #[error("Codex could not complete the request: {0}")]
    CodexFailed(String),
    /// The installed Codex does not support the operation.
    #[error("The installed Codex cannot {0}. Update Codex.")]
    UnsupportedByCodex(&'static str),
    /// The queue of the conversation is full.
    #[error(
        "{limit} messages are already queued for this conversation. Send again when some of them are done."
    )]
    QueueFull {
        /// The maximum number of queued messages.
        limit: usize,
    },
    /// The turn did not start in time.
    #[error("The turn did not start within sendTimeoutMs ({limit_ms} ms). Nothing was sent.")]
    SendTimeout {
        /// The time limit of the request in milliseconds.
        limit_ms: u64,
    },
    /// The bridge is stopping.
    #[error("The bridge is stopping. Send again when it is back.")]
    Stopping,
    /// No app-server runs.
    #[error(transparent)]
    Supervisor(#[from] SupervisorError),
    /// A request to Codex was refused or not answered.
    #[error(transparent)]
    Codex(#[from] CallError),
    /// The database failed.
    #[error("The database failed: {0}")]
    Store(#[from] StoreError),
    /// An internal error, such as a panic in a task.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// Creates the error of an invalid field.
    pub fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), problem: problem.into() }
    }

    /// Returns the details that programs can use in addition to the message.
    #[must_use]
    pub fn details(&self) -> Option<Value> {
        match self {
            Self::Invalid { field, .. } => Some(json!({"field": field})),
            Self::DecisionInvalid { field, offered, .. } => Some(json!({"field": field, "allowed": offered})),
            Self::LaneConflict { lane, .. } => Some(json!({"lane": lane})),
            Self::SurfaceMismatch { actual, required } => Some(json!({"found": actual, "wanted": required})),
            Self::SwitchedOff { setting, .. } => Some(json!({"setting": setting})),
            Self::ApprovalResolved(approval) => Some(json!({"approval": approval})),
            Self::JobRunsElsewhere { url } | Self::ApprovalAskedElsewhere { url } => {
                Some(json!({"url": url}))
            }
            Self::WebhookInactive { state } => Some(json!({"state": state})),
            Self::ConversationOwnedElsewhere { conversation_id, owner } => {
                let owner = owner.as_ref().map(|owner| json!({"pid": owner.pid, "program": owner.program}));
                Some(json!({
                    "conversationId": conversation_id,
                    "owner": owner,
                    "actions": ["close it there and send again", "delivery: handover", "delivery: fork"],
                }))
            }
            Self::NoActiveTurn(conversation_id) => {
                Some(json!({"conversationId": conversation_id, "activeTurnId": null}))
            }
            Self::ThreadNotFound(thread_id) => Some(json!({"threadId": thread_id})),
            Self::ThreadArchived { thread_id, archived } => {
                Some(json!({"threadId": thread_id, "archived": archived}))
            }
            Self::ThreadBusy { thread_id, active_turn_id, job_id } => {
                Some(json!({"threadId": thread_id, "activeTurnId": active_turn_id, "jobId": job_id}))
            }
            Self::TurnConflict { thread_id, expected, active_turn_id, last_turn_id } => Some(json!({
                "threadId": thread_id,
                "expectedTurnId": expected,
                "activeTurnId": active_turn_id,
                "lastTurnId": last_turn_id,
            })),
            Self::RpcRefused { method, needs, .. } => {
                Some(json!({"method": method, "setting": "codexBridge.rpc", "needs": needs}))
            }
            Self::MethodUnknown(method) => Some(json!({"method": method})),
            Self::Codex(CallError::Refused { method, error }) => {
                Some(json!({"method": method, "code": error.code, "message": error.message}))
            }
            // `looked` is the older name of `searched`.
            Self::Supervisor(SupervisorError::NotFound(not_found)) => {
                Some(json!({"searched": not_found.looked, "looked": not_found.looked}))
            }
            _ => None,
        }
    }

    /// Translates an error of a Codex call about a conversation. An unrecognized error stays
    /// [`Error::Codex`].
    #[must_use]
    pub fn of_conversation(conversation_id: &ThreadId, error: CallError) -> Self {
        match error.refusal() {
            Some(Refusal::Archived) => Self::ConversationArchived(conversation_id.to_owned().into()),
            Some(Refusal::ThreadUnknown) => Self::ConversationNotFound(conversation_id.to_owned().into()),
            Some(Refusal::OwnedElsewhere) => {
                Self::ConversationOwnedElsewhere { conversation_id: conversation_id.to_owned(), owner: None }
            }
            _ => Self::Codex(error),
        }
    }

    /// Returns the error for a cursor that Codex does not know.
    pub(crate) fn invalid_cursor() -> Self {
        Self::invalid("cursor", "must be the nextCursor of the previous page")
    }

    /// Returns the error for a page of the history that Codex did not return. Its refusal names the
    /// parameter, because only Codex validates cursors and sources.
    #[must_use]
    pub fn of_page(error: CallError) -> Self {
        let CallError::Refused { error: refusal, .. } = &error else { return error.into() };
        if refusal.message.contains("cursor") {
            return Self::invalid_cursor();
        }
        if let Some((_, problem)) = refusal.message.split_once("unknown variant ") {
            return Self::invalid("source", format!("unknown {problem}"));
        }
        error.into()
    }

    /// Returns the failure of a job that could not be started because of this error.
    #[must_use]
    pub fn as_failure(&self) -> Failure {
        let code = match self {
            Self::SendTimeout { .. } => FailureCode::SendTimeout,
            Self::Supervisor(SupervisorError::NotFound(_)) => FailureCode::CodexNotFound,
            Self::Codex(CallError::Closed { .. }) => FailureCode::CodexExited,
            Self::ConversationOwnedElsewhere { .. } => FailureCode::ConversationOwnedElsewhere,
            Self::ConversationNotFound(_) => FailureCode::ConversationNotFound,
            Self::Stopping | Self::Supervisor(SupervisorError::Stopped) => FailureCode::BridgeStopped,
            Self::Codex(
                CallError::Refused { .. } | CallError::TooLong { .. } | CallError::Unexpected { .. },
            ) => FailureCode::CodexRefused,
            Self::Supervisor(SupervisorError::Start(_)) | Self::Codex(CallError::TimedOut { .. }) => {
                FailureCode::CodexUnavailable
            }
            Self::ConversationArchived(_) => FailureCode::ConversationArchived,
            Self::QueueFull { .. } => FailureCode::QueueFull,
            Self::JobCancelled => FailureCode::Cancelled,
            Self::ConversationBusy(_) | Self::ThreadBusy { .. } | Self::TurnConflict { .. } => {
                FailureCode::ConversationBusy
            }
            Self::NoActiveTurn(_) => FailureCode::NoActiveTurn,
            _ => FailureCode::InternalError,
        };
        Failure::new(code, self.to_string())
    }
}

fn already_resolved(approval: &Approval) -> String {
    let by = match approval.resolved_by {
        Some(ResolvedBy::Api) => "by another client",
        Some(ResolvedBy::Editor) => "in VS Code",
        Some(ResolvedBy::Deadline) => "because it was not answered in time",
        Some(ResolvedBy::Codex) => "by Codex, because its turn ended",
        Some(ResolvedBy::Bridge) | None => "because the process that requested it has ended",
    };
    format!("The approval was already resolved ({}) {by}.", approval.status.name())
}

fn in_parentheses(url: Option<&String>) -> String {
    url.map(|url| format!(" ({url})")).unwrap_or_default()
}
