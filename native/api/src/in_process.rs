//! Requests without a connection: of the program that the bridge runs in, and those that are forwarded from elsewhere. They take the
//! same routes as those over HTTP, with the same checks; only the [`guard`](super::guard) is left out: it tells whose a connection
//! is. Whoever forwards asks it for the token.

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, Method, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::idempotency::{IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED};
use super::reply::explain_wrong_method;
use crate::request_error::RequestError;

/// What a route replied.
#[derive(Debug, Clone, PartialEq)]
pub struct InProcessReply {
    /// HTTP status.
    pub status: u16,
    /// The body; `null` where there is none.
    pub body: Value,
}

/// What a route replied to a forwarded request.
#[derive(Debug, Clone)]
pub struct ForwardedReply {
    /// HTTP status.
    pub status: u16,
    /// Whether it was given before, see `Idempotency-Key`.
    pub replayed: bool,
    /// JSON.
    pub body: Bytes,
}

impl ForwardedReply {
    /// What every route would say of this error.
    pub async fn refusal(error: RequestError) -> Self {
        Self::of(error.into_response()).await
    }

    async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let replayed = response.headers().contains_key(IDEMPOTENCY_REPLAYED);
        let body = match response.into_body().collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => {
                tracing::error!(%error, "a reply ended early");
                Bytes::new()
            }
        };
        Self { status, replayed, body }
    }
}

/// The routes, for callers without a connection. Cheap to clone.
#[derive(Debug, Clone)]
pub struct InProcess {
    router: axum::Router,
}

impl InProcess {
    /// Wraps a router.
    #[must_use]
    pub fn new(router: axum::Router) -> Self {
        Self { router }
    }

    /// Calls a route. `path` may have a query. Every error is a reply, as over HTTP.
    pub async fn request(&self, method: &str, path: &str, body: Option<&Value>) -> InProcessReply {
        let response = match request(method, path, body) {
            Ok(request) => self.respond(request).await,
            Err(error) => error.into_response(),
        };
        let reply = ForwardedReply::of(response).await;
        InProcessReply { status: reply.status, body: serde_json::from_slice(&reply.body).unwrap_or_default() }
    }

    /// Calls a route for somebody elsewhere. Of their headers, those count that say how often a request is meant.
    pub async fn forward(
        &self,
        method: Method,
        path: &str,
        headers: &HeaderMap,
        body: Vec<u8>,
    ) -> ForwardedReply {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json");
        for key in headers.get_all(IDEMPOTENCY_KEY) {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        let response = match request.body(Body::from(body)) {
            Ok(request) => self.respond(request).await,
            Err(error) => RequestError::invalid("path", error.to_string()).into_response(),
        };
        ForwardedReply::of(response).await
    }

    async fn respond(&self, request: Request) -> Response {
        let method = request.method().clone();
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => explain_wrong_method(&method, response),
            Err(infallible) => match infallible {},
        };
        let content_type = response.headers().get(header::CONTENT_TYPE);
        if content_type.is_some_and(|value| value == "text/event-stream") {
            // It would never end.
            return RequestError::invalid(
                "path",
                "is a stream; within the program, listen to events instead",
            )
            .into_response();
        }
        response
    }
}

fn request(method: &str, path: &str, body: Option<&Value>) -> Result<Request, RequestError> {
    let method: Method = method.parse().map_err(|_| RequestError::invalid("method", "is no HTTP method"))?;
    if !path.starts_with('/') {
        return Err(RequestError::invalid("path", "must begin with /"));
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .map_err(|error| RequestError::invalid("path", error.to_string()))
}
