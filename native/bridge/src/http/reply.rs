//! Replies: every error in one shape.

use axum::Json;
use axum::response::{IntoResponse, Response};
use codex::connection::CallError;
use http::{HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Error;
use crate::session::SessionError;

/// The body of every reply with a 4xx or 5xx status.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorView {
    /// Always `false`.
    #[schema(example = false)]
    ok: bool,
    /// What is wrong and what to do, for a person.
    #[schema(example = "cwd: Codex working directory does not exist: /no/such/dir")]
    error: String,
    /// For programs.
    #[schema(example = "validation_error")]
    code: &'static str,
    /// Facts beside the message, for example `{"field": "cwd"}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    details: Option<Value>,
    /// The same id stands in the log.
    request_id: String,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, code) = status_and_code(&self);
        let request_id = Uuid::new_v4().to_string();
        let error = if status.is_server_error() && code == "internal_error" {
            // What went wrong inside is for the log only.
            tracing::error!(request_id, error = %self, "a request failed");
            "Something went wrong inside the bridge. Its log says more under the requestId.".to_owned()
        } else {
            tracing::debug!(request_id, %status, error = %self, "refused a request");
            self.to_string()
        };
        let body = ErrorView { ok: false, error, code, details: self.details(), request_id };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        match &self {
            Self::MethodNotAllowed { allow, .. } => {
                if let Ok(allow) = HeaderValue::from_str(allow) {
                    headers.insert(header::ALLOW, allow);
                }
            }
            Self::Unauthorized => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}

/// The router answers a wrong method with an empty body; ours says which are right. Outside the router's own layers,
/// because it adds its `Allow` header outside of them.
pub(super) fn explain_wrong_method(method: &Method, response: Response) -> Response {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let allow =
        response.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok()).unwrap_or_default();
    let error = Error::MethodNotAllowed { method: method.to_string(), allow: allow.to_owned() };
    let (explanation, body) = error.into_response().into_parts();
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    for (name, value) in &explanation.headers {
        parts.headers.insert(name, value.clone());
    }
    Response::from_parts(parts, body)
}

/// The HTTP status of an error and its code for programs.
pub(super) fn status_and_code(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::Invalid { .. } => (StatusCode::BAD_REQUEST, "validation_error"),
        Error::BadBody(_) => (StatusCode::BAD_REQUEST, "invalid_body"),
        Error::BodyTooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
        Error::BodyTimeout => (StatusCode::REQUEST_TIMEOUT, "body_timeout"),
        Error::UnsupportedMediaType | Error::UnsupportedEncoding => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
        }
        Error::RouteNotFound => (StatusCode::NOT_FOUND, "route_not_found"),
        Error::OperationNotFound(_) => (StatusCode::NOT_FOUND, "operation_not_found"),
        Error::MethodNotAllowed { .. } => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        Error::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
        Error::Forbidden { code, .. } => (StatusCode::FORBIDDEN, code),
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
        Error::LaneExists(_) => (StatusCode::CONFLICT, "lane_exists"),
        Error::LaneConflict { .. } => (StatusCode::CONFLICT, "lane_conflict"),
        Error::NotReady { .. } => (StatusCode::CONFLICT, "thread_not_ready"),
        Error::WrongSurface { .. } => (StatusCode::CONFLICT, "surface_mismatch"),
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
        Error::IdempotencyKeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused"),
        Error::IdempotentRequestUnderWay => (StatusCode::CONFLICT, "idempotent_request_under_way"),
        Error::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "bridge_stopping"),
        Error::Session(SessionError::NotFound(_)) => (StatusCode::SERVICE_UNAVAILABLE, "codex_not_found"),
        Error::Session(SessionError::Start(_) | SessionError::Stopped) => {
            (StatusCode::SERVICE_UNAVAILABLE, "codex_unavailable")
        }
        Error::Codex(CallError::Refused { .. }) => (StatusCode::BAD_GATEWAY, "codex_refused"),
        Error::Codex(CallError::TimedOut { .. }) => (StatusCode::GATEWAY_TIMEOUT, "codex_timeout"),
        Error::Codex(CallError::Closed { .. }) => (StatusCode::BAD_GATEWAY, "codex_exited"),
        Error::Codex(CallError::Unexpected { .. }) => (StatusCode::BAD_GATEWAY, "codex_unexpected"),
        Error::Store(_) | Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error"),
    }
}
