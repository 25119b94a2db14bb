//! Requests without a connection, which the program that runs the bridge sends, or which are forwarded from
//! NATS. They use the same routes and checks as requests over HTTP. Only the [`guard`](super::guard) does not
//! see them, because it identifies the user of a connection. Before forwarding a request, the caller checks
//! its token with [`Guard::check_forwarded`](super::guard::Guard::check_forwarded).

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

/// The reply of a route.
#[derive(Debug, Clone, PartialEq)]
pub struct InProcessReply {
    /// The HTTP status.
    pub status: u16,
    /// The body. `null` if it is empty.
    pub body: Value,
}

/// The reply of a route to a forwarded request.
#[derive(Debug, Clone)]
pub struct ForwardedReply {
    /// The HTTP status.
    pub status: u16,
    /// Whether this repeats the reply to an earlier request with the same `Idempotency-Key`.
    pub replayed: bool,
    /// The body, as JSON.
    pub body: Bytes,
}

impl ForwardedReply {
    /// Returns the reply that any route gives for this error.
    pub async fn refusal(error: RequestError) -> Self {
        Self::of(error.into_response()).await
    }

    async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let replayed = response.headers().contains_key(IDEMPOTENCY_REPLAYED);
        let body = match response.into_body().collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => {
                tracing::error!(%error, "the body of a reply was interrupted");
                Bytes::new()
            }
        };
        Self { status, replayed, body }
    }
}

/// Calls routes without a connection. Cheap to clone.
#[derive(Debug, Clone)]
pub struct InProcess {
    router: axum::Router,
}

impl InProcess {
    /// Returns a caller of these routes.
    #[must_use]
    pub fn new(router: axum::Router) -> Self {
        Self { router }
    }

    /// Calls a route. `path` may have a query. Errors become replies, as over HTTP.
    pub async fn request(&self, method: &str, path: &str, body: Option<&Value>) -> InProcessReply {
        let response = match request(method, path, body) {
            Ok(request) => self.respond(request).await,
            Err(error) => error.into_response(),
        };
        let reply = ForwardedReply::of(response).await;
        InProcessReply { status: reply.status, body: serde_json::from_slice(&reply.body).unwrap_or_default() }
    }

    /// Calls a route for a client elsewhere. Of its headers, only `Idempotency-Key` is used.
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
            // The body of a stream never ends.
            return RequestError::invalid(
                "path",
                "is a stream, which only HTTP supports; listen to events instead",
            )
            .into_response();
        }
        response
    }
}

fn request(method: &str, path: &str, body: Option<&Value>) -> Result<Request, RequestError> {
    let method: Method =
        method.parse().map_err(|_| RequestError::invalid("method", "is not an HTTP method"))?;
    if !path.starts_with('/') {
        return Err(RequestError::invalid("path", "must start with /"));
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .map_err(|error| RequestError::invalid("path", error.to_string()))
}
