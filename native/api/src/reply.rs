//! Replies: every error in one shape.

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

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        let (status, code) = self.status_and_code();
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
    let error = RequestError::MethodNotAllowed { method: method.to_string(), allow: allow.to_owned() };
    let (explanation, body) = error.into_response().into_parts();
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    for (name, value) in &explanation.headers {
        parts.headers.insert(name, value.clone());
    }
    Response::from_parts(parts, body)
}
