//! Everything that can go wrong for a caller, in one place: what is wrong, and what to do. Its HTTP status and code are in
//! `http/reply.rs`.

use codex::connection::CallError;
use codex::rpc::Refusal;
use serde_json::{Value, json};

use crate::model::job::{Failure, FailureCode};
use crate::session::SessionError;
use crate::store::StoreError;

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
    /// The body is not what every body must be.
    #[error("{0}")]
    BadBody(String),
    /// The body is too large.
    #[error("The request body is larger than {0} bytes.")]
    BodyTooLarge(usize),
    /// The body did not arrive in time.
    #[error("The request body did not arrive in time.")]
    BodyTimeout,
    /// The body is not JSON by its content type.
    #[error("Send the body as Content-Type: application/json.")]
    UnsupportedMediaType,
    /// The body is compressed in a way that we do not read.
    #[error("Send the body as it is, or with Content-Encoding: gzip.")]
    UnsupportedEncoding,
    /// No such route.
    #[error("Route not found")]
    RouteNotFound,
    /// The route exists for other methods.
    #[error("This route does not support {method}; allowed: {allow}.")]
    MethodNotAllowed {
        /// The method used.
        method: String,
        /// The methods allowed, for the `Allow` header.
        allow: String,
    },
    /// No token, or a wrong one.
    #[error("Unauthorized")]
    Unauthorized,
    /// The guard refused it.
    #[error("{reason}")]
    Forbidden {
        /// For programs.
        code: &'static str,
        /// For people.
        reason: String,
    },
    /// No such job.
    #[error("Job not found.")]
    JobNotFound,
    /// Codex does not know the conversation.
    #[error("Codex does not know the conversation {0}. GET /jobs lists the conversations of past jobs.")]
    ConversationNotFound(String),
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
        "Another process owns the conversation {0} and its Codex cannot take messages from others. Close it there (its \
         tab, or `codex resume` in a terminal) and send again."
    )]
    ConversationOwnedElsewhere(String),
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
    /// The `Idempotency-Key` belongs to another request.
    #[error(
        "The Idempotency-Key was used for another request (method, path or body differ). Choose a new key for each request."
    )]
    IdempotencyKeyReused,
    /// The first request with the `Idempotency-Key` has no reply yet.
    #[error(
        "The first request with this Idempotency-Key is still under way. Ask again later with the same key."
    )]
    IdempotentRequestUnderWay,
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
            Self::Session(SessionError::NotFound(not_found)) => Some(json!({"looked": not_found.looked})),
            _ => None,
        }
    }

    /// An error of Codex on a conversation, said in our words where we know what it means.
    #[must_use]
    pub fn of_conversation(conversation_id: &str, error: CallError) -> Self {
        match error.refusal() {
            Some(Refusal::ThreadUnknown) => Self::ConversationNotFound(conversation_id.to_owned()),
            Some(Refusal::OwnedElsewhere) => Self::ConversationOwnedElsewhere(conversation_id.to_owned()),
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
            Self::ConversationOwnedElsewhere(_) => FailureCode::ConversationOwnedElsewhere,
            Self::ConversationNotFound(_) => FailureCode::ConversationNotFound,
            Self::Stopping | Self::Session(SessionError::Stopped) => FailureCode::BridgeStopped,
            Self::Codex(CallError::Refused { .. } | CallError::Unexpected { .. }) => {
                FailureCode::CodexRefused
            }
            Self::Session(SessionError::Start(_)) | Self::Codex(CallError::TimedOut { .. }) => {
                FailureCode::CodexUnavailable
            }
            Self::QueueFull { .. } => FailureCode::QueueFull,
            _ => FailureCode::InternalError,
        };
        Failure { code, message: self.to_string() }
    }
}
