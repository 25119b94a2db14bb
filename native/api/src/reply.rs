//! Replies to failed requests. All errors have the same shape.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::request_error::RequestError;

/// The body of every reply with a 4xx or 5xx status.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorView {
    /// Always `false`.
    #[schema(example = false)]
    ok: bool,
    /// What went wrong and what to do, for people.
    #[schema(example = "cwd: Codex working directory does not exist: /no/such/dir")]
    error: String,
    /// The error code, for programs.
    #[schema(example = "validation_error")]
    code: &'static str,
    /// Details of the error for programs, for example `{"field": "cwd"}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    details: Option<Value>,
    /// The id of the request. The log has the same id.
    request_id: String,
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        let (status, code) = self.status_and_code();
        let request_id = Uuid::new_v4().to_string();
        let error = if status.is_server_error() && code == "internal_error" {
            // Details of internal errors are only in the log.
            tracing::error!(request_id, error = %self, "a request failed");
            "The bridge had an internal error. Look for the requestId in its log.".to_owned()
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

/// Replaces the empty body with which the router answers a wrong method by an error that names the right
/// ones. This runs outside of the layers of the router, because the router adds its `Allow` header outside of
/// them.
pub(super) fn explain_wrong_method(method: &Method, response: Response) -> Response {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let allow =
        response.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok()).unwrap_or_default();
    let error = RequestError::MethodNotAllowed { method: method.to_string(), allow: allow.to_owned() };
    let (error_parts, body) = error.into_response().into_parts();
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    for (name, value) in &error_parts.headers {
        parts.headers.insert(name, value.clone());
    }
    Response::from_parts(parts, body)
}
