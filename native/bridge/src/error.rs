//! Everything that can go wrong for a caller, in one place: its HTTP status, its code, and what to do.

use codex::connection::CallError;
use codex::rpc::Refusal;
use http::StatusCode;
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

    /// The HTTP status and the code for programs.
    #[must_use]
    pub fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Invalid { .. } => (StatusCode::BAD_REQUEST, "validation_error"),
            Self::BadBody(_) => (StatusCode::BAD_REQUEST, "invalid_body"),
            Self::BodyTooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::BodyTimeout => (StatusCode::REQUEST_TIMEOUT, "body_timeout"),
            Self::UnsupportedMediaType | Self::UnsupportedEncoding => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
            }
            Self::RouteNotFound => (StatusCode::NOT_FOUND, "route_not_found"),
            Self::MethodNotAllowed { .. } => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::Forbidden { code, .. } => (StatusCode::FORBIDDEN, code),
            Self::JobNotFound => (StatusCode::NOT_FOUND, "job_not_found"),
            Self::ConversationNotFound(_) => (StatusCode::NOT_FOUND, "conversation_not_found"),
            Self::NoCurrentConversation => (StatusCode::NOT_FOUND, "no_current_conversation"),
            Self::EditorUnavailable(_) => (StatusCode::CONFLICT, "editor_unavailable"),
            Self::EditorFailed(_) => (StatusCode::BAD_GATEWAY, "editor_failed"),
            Self::ConversationOwnedElsewhere(_) => (StatusCode::CONFLICT, "conversation_owned_elsewhere"),
            Self::QueueFull { .. } => (StatusCode::TOO_MANY_REQUESTS, "queue_full"),
            Self::SendTimeout { .. } => (StatusCode::GATEWAY_TIMEOUT, "send_timeout"),
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "bridge_stopping"),
            Self::Session(SessionError::NotFound(_)) => (StatusCode::SERVICE_UNAVAILABLE, "codex_not_found"),
            Self::Session(SessionError::Start(_) | SessionError::Stopped) => {
                (StatusCode::SERVICE_UNAVAILABLE, "codex_unavailable")
            }
            Self::Codex(CallError::Refused { .. }) => (StatusCode::BAD_GATEWAY, "codex_refused"),
            Self::Codex(CallError::TimedOut { .. }) => (StatusCode::GATEWAY_TIMEOUT, "codex_timeout"),
            Self::Codex(CallError::Closed { .. }) => (StatusCode::BAD_GATEWAY, "codex_exited"),
            Self::Codex(CallError::Unexpected { .. }) => (StatusCode::BAD_GATEWAY, "codex_unexpected"),
            Self::Store(_) | Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error"),
        }
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
