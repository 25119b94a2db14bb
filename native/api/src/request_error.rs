//! The errors of a request: those of the transport, which only the HTTP edge knows, and every error of the
//! domain.

use bridge::error::Error;
use bridge::supervisor::SupervisorError;
use codex::connection::CallError;
use http::StatusCode;
use serde_json::Value;
use store::StoreError;

/// The reason why a request gets an error reply.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The domain refused or failed the operation.
    #[error(transparent)]
    Domain(#[from] Error),
    /// The request body is not a valid JSON object.
    #[error("{0}")]
    BadBody(String),
    /// The request body exceeds the size limit, in bytes.
    #[error("The request body is larger than {0} bytes.")]
    BodyTooLarge(usize),
    /// The request body did not arrive before the deadline.
    #[error("The request body did not arrive in time.")]
    BodyTimeout,
    /// The `Content-Type` of the request body is not JSON.
    #[error("Send the body as Content-Type: application/json.")]
    UnsupportedMediaType,
    /// The `Content-Encoding` of the request body is not supported.
    #[error("Send the body uncompressed, or with Content-Encoding: gzip.")]
    UnsupportedEncoding,
    /// No route has this path.
    #[error("Route not found")]
    RouteNotFound,
    /// NATS has no operation of this name.
    #[error("Operation {name:?} does not exist. Available operations: {available}.")]
    OperationNotFound {
        /// The name in the subject of the request.
        name: String,
        /// The names of all operations, separated by commas.
        available: String,
    },
    /// The route exists, but not for this method.
    #[error("This route does not support {method}; allowed: {allow}.")]
    MethodNotAllowed {
        /// The method of the request.
        method: String,
        /// The methods of the route, as the `Allow` header lists them.
        allow: String,
    },
    /// The request carries no token or a wrong one.
    #[error("Unauthorized")]
    Unauthorized,
    /// The guard refused the request.
    #[error("{reason}")]
    Forbidden {
        /// The error code for programs.
        code: &'static str,
        /// The reason, for people.
        reason: String,
    },
    /// The `Idempotency-Key` was used for a request with another method, path or body.
    #[error(
        "The Idempotency-Key was used for another request (method, path or body differ). Choose a new key \
         for each request."
    )]
    IdempotencyKeyReused,
    /// The first request with this `Idempotency-Key` has no reply yet.
    #[error(
        "The first request with this Idempotency-Key is still in progress. Try again later with the same key."
    )]
    IdempotentRequestUnderWay,
}

impl From<StoreError> for RequestError {
    fn from(error: StoreError) -> Self {
        Self::Domain(error.into())
    }
}

impl From<CallError> for RequestError {
    fn from(error: CallError) -> Self {
        Self::Domain(error.into())
    }
}

impl From<SupervisorError> for RequestError {
    fn from(error: SupervisorError) -> Self {
        Self::Domain(error.into())
    }
}

impl RequestError {
    /// Returns an error about one field of the request.
    pub(crate) fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Error::invalid(field, problem).into()
    }

    /// Returns an error that only the log explains.
    pub(crate) fn internal(problem: impl Into<String>) -> Self {
        Error::Internal(problem.into()).into()
    }

    /// Returns the facts that accompany the message, for programs.
    pub(crate) fn details(&self) -> Option<Value> {
        match self {
            Self::Domain(error) => error.details(),
            Self::OperationNotFound { .. }
            | Self::BadBody(_)
            | Self::BodyTooLarge(_)
            | Self::BodyTimeout
            | Self::UnsupportedMediaType
            | Self::UnsupportedEncoding
            | Self::RouteNotFound
            | Self::MethodNotAllowed { .. }
            | Self::Unauthorized
            | Self::Forbidden { .. }
            | Self::IdempotencyKeyReused
            | Self::IdempotentRequestUnderWay => None,
        }
    }

    /// Returns the HTTP status and the error code for programs.
    pub(crate) fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Domain(error) => domain_status_and_code(error),
            Self::BadBody(_) => (StatusCode::BAD_REQUEST, "invalid_body"),
            Self::BodyTooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::BodyTimeout => (StatusCode::REQUEST_TIMEOUT, "body_timeout"),
            Self::UnsupportedMediaType | Self::UnsupportedEncoding => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
            }
            Self::RouteNotFound => (StatusCode::NOT_FOUND, "route_not_found"),
            Self::OperationNotFound { .. } => (StatusCode::NOT_FOUND, "operation_not_found"),
            Self::MethodNotAllowed { .. } => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::Forbidden { code, .. } => (StatusCode::FORBIDDEN, code),
            Self::IdempotencyKeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused"),
            Self::IdempotentRequestUnderWay => (StatusCode::CONFLICT, "idempotent_request_under_way"),
        }
    }
}

/// Returns the HTTP status of a domain error and its code for programs.
fn domain_status_and_code(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::Invalid { .. } => (StatusCode::BAD_REQUEST, "validation_error"),
        Error::JobNotFound => (StatusCode::NOT_FOUND, "job_not_found"),
        Error::ConversationNotFound(_) => (StatusCode::NOT_FOUND, "conversation_not_found"),
        Error::ConversationArchived(_) => (StatusCode::CONFLICT, "conversation_archived"),
        Error::ThreadNotFound(_) => (StatusCode::NOT_FOUND, "thread_not_found"),
        Error::ThreadArchived { archived: true, .. } => (StatusCode::CONFLICT, "thread_archived"),
        Error::ThreadArchived { archived: false, .. } => (StatusCode::CONFLICT, "thread_not_archived"),
        Error::ThreadBusy { .. } => (StatusCode::CONFLICT, "thread_busy"),
        Error::TurnConflict { .. } => (StatusCode::CONFLICT, "turn_conflict"),
        Error::RpcRefused { .. } => (StatusCode::FORBIDDEN, "rpc_refused"),
        Error::NoCurrentConversation => (StatusCode::NOT_FOUND, "no_current_conversation"),
        Error::EditorUnavailable(_) => (StatusCode::CONFLICT, "editor_unavailable"),
        Error::EditorFailed(_) => (StatusCode::BAD_GATEWAY, "editor_failed"),
        Error::ConversationBusy(_) => (StatusCode::CONFLICT, "conversation_busy"),
        Error::NoActiveTurn(_) => (StatusCode::CONFLICT, "no_active_turn"),
        Error::JobEnded { .. } => (StatusCode::CONFLICT, "job_ended"),
        Error::JobNotQueued => (StatusCode::CONFLICT, "job_not_queued"),
        Error::JobRunsElsewhere { .. } => (StatusCode::CONFLICT, "job_runs_elsewhere"),
        Error::JobCancelled => (StatusCode::CONFLICT, "job_cancelled"),
        Error::ApprovalNotFound => (StatusCode::NOT_FOUND, "approval_not_found"),
        Error::ApprovalResolved(_) => (StatusCode::CONFLICT, "approval_resolved"),
        Error::ApprovalAskedElsewhere { .. } => (StatusCode::CONFLICT, "approval_asked_elsewhere"),
        Error::DecisionInvalid { .. } => (StatusCode::BAD_REQUEST, "validation_error"),
        Error::LaneNotFound => (StatusCode::NOT_FOUND, "lane_not_found"),
        Error::WorktreeNotFound(_) => (StatusCode::NOT_FOUND, "worktree_not_found"),
        Error::LaneExists(_) => (StatusCode::CONFLICT, "lane_exists"),
        Error::LaneConflict { .. } => (StatusCode::CONFLICT, "lane_conflict"),
        Error::NotReady { .. } => (StatusCode::CONFLICT, "thread_not_ready"),
        Error::SurfaceMismatch { .. } => (StatusCode::CONFLICT, "surface_mismatch"),
        Error::TooManySessions { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_sessions"),
        Error::Git(_) => (StatusCode::CONFLICT, "git_failed"),
        Error::SwitchedOff { .. } => (StatusCode::FORBIDDEN, "switched_off"),
        Error::WebhookNotFound => (StatusCode::NOT_FOUND, "webhook_not_found"),
        Error::DeliveryNotFound(_) => (StatusCode::NOT_FOUND, "delivery_not_found"),
        Error::WebhookInactive { .. } => (StatusCode::CONFLICT, "webhook_inactive"),
        Error::EventForgotten => (StatusCode::CONFLICT, "event_forgotten"),
        Error::TooManyWebhooks { .. } => (StatusCode::CONFLICT, "too_many_webhooks"),
        Error::CodexFailed(_) => (StatusCode::BAD_GATEWAY, "codex_failed"),
        Error::UnsupportedByCodex(_) | Error::MethodUnknown(_) => {
            (StatusCode::NOT_IMPLEMENTED, "unsupported_by_codex")
        }
        Error::ConversationOwnedElsewhere { .. } => (StatusCode::CONFLICT, "conversation_owned_elsewhere"),
        Error::QueueFull { .. } => (StatusCode::TOO_MANY_REQUESTS, "queue_full"),
        Error::SendTimeout { .. } => (StatusCode::GATEWAY_TIMEOUT, "send_timeout"),
        Error::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "bridge_stopping"),
        Error::Supervisor(SupervisorError::NotFound(_)) => {
            (StatusCode::SERVICE_UNAVAILABLE, "codex_not_found")
        }
        Error::Supervisor(SupervisorError::Start(_) | SupervisorError::Stopped) => {
            (StatusCode::SERVICE_UNAVAILABLE, "codex_unavailable")
        }
        // A client repeats a request after a 5xx, and Codex would refuse it again.
        Error::Codex(CallError::Refused { error, .. }) if error.refuses_request() => {
            (StatusCode::BAD_REQUEST, "codex_refused")
        }
        Error::Codex(CallError::Refused { .. }) => (StatusCode::BAD_GATEWAY, "codex_refused"),
        Error::Codex(CallError::TooLong { .. }) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "codex_answer_too_long")
        }
        Error::Codex(CallError::TimedOut { .. }) => (StatusCode::GATEWAY_TIMEOUT, "codex_timeout"),
        Error::Codex(CallError::Closed { .. }) => (StatusCode::BAD_GATEWAY, "codex_exited"),
        Error::Codex(CallError::Unexpected { .. }) => (StatusCode::BAD_GATEWAY, "codex_unexpected"),
        Error::Store(_) | Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error"),
    }
}
