//! The reasons why the bridge refuses or fails an operation, in one place. Each message says what is wrong and what to do.
//! The HTTP edge (crate `api`) assigns a status and a code to each of them.

use codex::connection::CallError;
use codex::owner::Owner;
use codex::rpc::Refusal;
use model::approval::{Approval, Decision, ResolvedBy};
use model::ids::{JobId, ThreadId, TurnId};
use model::job::{Failure, FailureCode};
use model::lane::Lane;
use serde_json::{Value, json};
use store::StoreError;

use crate::session::SessionError;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field of the request is wrong.
    #[error("{field}: {problem}")]
    Invalid {
        /// Path of the field, for example `images[2]`.
        field: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// No such job.
    #[error("Job not found.")]
    JobNotFound,
    /// Codex does not know the conversation.
    #[error("Codex does not know the conversation {0}. GET /jobs lists the conversations of past jobs.")]
    ConversationNotFound(String),
    /// Somebody put the conversation away.
    #[error("The conversation {0} is archived. Take it out with POST /conversations/{0}/unarchive.")]
    ConversationArchived(String),
    /// Codex does not know the thread.
    #[error("Codex does not know the thread {0}. GET /codex/threads lists those that there are.")]
    ThreadNotFound(String),
    /// The thread was put away, or was not.
    #[error("The thread {thread_id} is {}archived.", if *archived { "" } else { "not " })]
    ThreadArchived {
        /// The thread.
        thread_id: ThreadId,
        /// Whether it is put away.
        archived: bool,
    },
    /// A job has the thread.
    #[error(
        "The thread {thread_id} is busy. Steer or interrupt its turn (POST /codex/threads/{thread_id}/turns/steer, …/interrupt), \
         or wait for its job to end."
    )]
    ThreadBusy {
        /// The thread.
        thread_id: ThreadId,
        /// The turn that runs.
        active_turn_id: Option<TurnId>,
        /// Its job.
        job_id: Option<JobId>,
    },
    /// Another turn than the caller's is the newest.
    #[error("{expected} is not {} turn of the thread {thread_id}.", if active_turn_id.is_some() { "the active" } else { "the newest" })]
    TurnConflict {
        /// The thread.
        thread_id: ThreadId,
        /// The turn that the caller named.
        expected: String,
        /// The turn that runs.
        active_turn_id: Option<TurnId>,
        /// The newest turn, where none runs.
        last_turn_id: Option<TurnId>,
    },
    /// The setting does not allow the method.
    #[error("{method} {problem}")]
    RpcRefused {
        /// The method.
        method: String,
        /// Why, and which setting would allow it.
        problem: String,
        /// Which setting allows it; `None` where none does.
        needs: Option<&'static str>,
    },
    /// The binary does not have the method.
    #[error("The Codex that was found does not have {0}. Update Codex.")]
    MethodUnknown(String),
    /// No conversation tab has the focus.
    #[error("No active Codex conversation tab is focused.")]
    NoCurrentConversation,
    /// The bridge runs without an editor.
    #[error("This bridge runs without VS Code, so there are no conversation tabs. {0}")]
    EditorUnavailable(&'static str),
    /// The editor did not do what was asked.
    #[error("VS Code could not do it: {0}")]
    EditorFailed(String),
    /// Another process owns the conversation.
    #[error(
        "{} owns the conversation {conversation_id}. Close it there (its tab, or `codex resume` in a terminal) and try \
         again, or send with delivery \"handover\", which puts the message into its queue, or \"fork\", which goes on in a \
         copy.",
        owner.as_ref().map_or_else(|| "Another process".to_owned(), |owner| format!("{} (process {})", owner.program, owner.pid))
    )]
    ConversationOwnedElsewhere {
        /// The conversation.
        conversation_id: ThreadId,
        /// The process, where the operating system tells.
        owner: Option<Owner>,
    },
    /// A turn runs, or waits, on the conversation.
    #[error(
        "The conversation {0} is busy. Wait for its job to end, or send with delivery \"queue\" or \"steer\"."
    )]
    ConversationBusy(String),
    /// Nothing runs that could be steered.
    #[error(
        "No turn of this bridge runs on the conversation {0}, so there is nothing to steer. Send a message."
    )]
    NoActiveTurn(String),
    /// The job has ended.
    #[error("The job has ended ({status}).")]
    JobEnded {
        /// How.
        status: &'static str,
    },
    /// The job has begun.
    #[error("The job does not wait in a queue any more. Cancel it or steer it.")]
    JobNotQueued,
    /// Another bridge process runs the job.
    #[error("Another bridge{} runs the job. Ask that one.", url.as_ref().map(|url| format!(" ({url})")).unwrap_or_default())]
    JobRunsElsewhere {
        /// Its address, where it is known.
        url: Option<String>,
    },
    /// Somebody cancelled the job.
    #[error("The job was cancelled before its turn began.")]
    JobCancelled,
    /// No such approval.
    #[error("Approval not found.")]
    ApprovalNotFound,
    /// The approval was resolved before.
    #[error("{}", already_resolved(.0))]
    ApprovalResolved(Box<Approval>),
    /// The Codex of another bridge process waits for the answer.
    #[error("Another bridge{} asks. Answer there.", url.as_ref().map(|url| format!(" ({url})")).unwrap_or_default())]
    ApprovalAskedElsewhere {
        /// Its address, where it is known.
        url: Option<String>,
    },
    /// The decision does not fit the approval.
    #[error("{field}: {problem}")]
    DecisionInvalid {
        /// The field of the request.
        field: &'static str,
        /// What is wrong.
        problem: String,
        /// What may be decided.
        offered: Vec<Decision>,
    },
    /// No such lane.
    #[error("Lane not found.")]
    LaneNotFound,
    /// There is a lane of that id.
    #[error("There is a lane {0} already.")]
    LaneExists(String),
    /// The lane's state does not allow it.
    #[error("The lane cannot do that now: {problem} (status {}).", lane.status.name())]
    LaneConflict {
        /// What is in the way.
        problem: String,
        /// The lane as it is.
        lane: Box<Lane>,
    },
    /// The thread of a strict lane cannot be loaded.
    #[error(
        "The lane's thread is not ready: {reason}. With readinessMode lenient the session starts all the same."
    )]
    NotReady {
        /// Why.
        reason: String,
    },
    /// The thread is not on the surface that is required.
    #[error(
        "The thread was born on {found}, not on {wanted}. Take another one, or leave requirePreferredSurface out."
    )]
    WrongSurface {
        /// Where it was born.
        found: &'static str,
        /// Where it should have been.
        wanted: &'static str,
    },
    /// All sessions are in use.
    #[error("{limit} lane sessions run already, all of them busy. Stop one, or raise the limit.")]
    TooManySessions {
        /// The bound.
        limit: usize,
    },
    /// git did not do it.
    #[error("git: {0}")]
    Git(String),
    /// A setting keeps it off.
    #[error("{what} is off. The setting {setting} turns it on.")]
    SwitchedOff {
        /// What is off.
        what: &'static str,
        /// What turns it on.
        setting: &'static str,
    },
    /// No such webhook.
    #[error("Webhook not found. GET /webhooks lists them.")]
    WebhookNotFound,
    /// No such delivery.
    #[error("Delivery not found. GET /webhooks/{0}/deliveries lists those that are remembered.")]
    DeliveryNotFound(String),
    /// Nothing is sent to the webhook.
    #[error("Nothing is sent to this webhook: it is {state}. PATCH it with enabled: true first.")]
    WebhookInactive {
        /// `paused` or `disabled`.
        state: &'static str,
    },
    /// The event of the delivery is forgotten.
    #[error("The event of this delivery has been forgotten, so there is nothing to send again.")]
    EventForgotten,
    /// Too many webhooks.
    #[error("There are {limit} webhooks already. Delete one that is not needed.")]
    TooManyWebhooks {
        /// The bound.
        limit: u32,
    },
    /// Codex began, but did not get to the end.
    #[error("Codex could not do it: {0}")]
    CodexFailed(String),
    /// The Codex that was found cannot do it.
    #[error("The Codex that was found cannot {0}. Update Codex.")]
    UnsupportedByCodex(&'static str),
    /// Too many turns wait for one conversation.
    #[error("{limit} messages wait for the conversation already. Send again when some are done.")]
    QueueFull {
        /// The bound.
        limit: usize,
    },
    /// The turn was not started in time.
    #[error("The message was not started within sendTimeoutMs ({limit_ms} ms); nothing was sent.")]
    SendTimeout {
        /// The time limit of this request.
        limit_ms: u64,
    },
    /// The bridge is being stopped.
    #[error("The bridge is stopping. Send again when it is back.")]
    Stopping,
    /// Codex is not there.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Codex said no, or nothing.
    #[error(transparent)]
    Codex(#[from] CallError),
    /// The database failed.
    #[error("cannot use the database: {0}")]
    Store(#[from] StoreError),
    /// Something that must not happen.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// A wrong field.
    pub fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), problem: problem.into() }
    }

    /// Facts for programs beside the message.
    #[must_use]
    pub fn details(&self) -> Option<Value> {
        match self {
            Self::Invalid { field, .. } => Some(json!({"field": field})),
            Self::DecisionInvalid { field, offered, .. } => Some(json!({"field": field, "allowed": offered})),
            Self::LaneConflict { lane, .. } => Some(json!({"lane": lane})),
            Self::WrongSurface { found, wanted } => Some(json!({"found": found, "wanted": wanted})),
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
            Self::Session(SessionError::NotFound(not_found)) => Some(json!({"looked": not_found.looked})),
            _ => None,
        }
    }

    /// An error of Codex on a conversation, said in our words where we know what it means.
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

    /// How a job ends that could not be started because of this.
    #[must_use]
    pub fn as_failure(&self) -> Failure {
        let code = match self {
            Self::SendTimeout { .. } => FailureCode::SendTimeout,
            Self::Session(SessionError::NotFound(_)) => FailureCode::CodexNotFound,
            Self::Codex(CallError::Closed { .. }) => FailureCode::CodexExited,
            Self::ConversationOwnedElsewhere { .. } => FailureCode::ConversationOwnedElsewhere,
            Self::ConversationNotFound(_) => FailureCode::ConversationNotFound,
            Self::Stopping | Self::Session(SessionError::Stopped) => FailureCode::BridgeStopped,
            Self::Codex(CallError::Refused { .. } | CallError::Unexpected { .. }) => {
                FailureCode::CodexRefused
            }
            Self::Session(SessionError::Start(_)) | Self::Codex(CallError::TimedOut { .. }) => {
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
        Failure { code, message: self.to_string() }
    }
}

fn already_resolved(approval: &Approval) -> String {
    let by = match approval.resolved_by {
        Some(ResolvedBy::Api) => "by another client",
        Some(ResolvedBy::Editor) => "in VS Code",
        Some(ResolvedBy::Deadline) => "because nobody answered in time",
        Some(ResolvedBy::Codex) => "by Codex, whose turn ended",
        Some(ResolvedBy::Bridge) | None => "because the process that asked is gone",
    };
    format!("The approval was resolved before ({}), {by}.", approval.status.name())
}
