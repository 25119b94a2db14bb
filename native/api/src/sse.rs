//! Streams of events (`text/event-stream`): their parameters, and the replies, which are kept alive.

use std::convert::Infallible;
use std::future::ready;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use bridge::events::{Events, Subscription, TypePatterns};
use bytes::Bytes;
use futures_util::stream::{once, unfold};
use futures_util::{Stream, StreamExt};
use http::header;
use http::request::Parts;
use model::limits;
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;

use crate::request_error::RequestError;

/// The header with which a client that reconnects names the last event that it received.
pub(super) const LAST_EVENT_ID: &str = "last-event-id";

/// The last event that a reconnecting client received.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct LastEventId {
    /// The last `id` that the client received. A browser's `EventSource` sends it automatically. It takes
    /// precedence over `after`, because a browser reconnects with the same URL.
    #[param(rename = "Last-Event-ID")]
    id: Option<i64>,
}

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RequestError> {
        let Some(value) = parts.headers.get(LAST_EVENT_ID) else { return Ok(Self { id: None }) };
        match value.to_str().map(str::trim) {
            // A browser sends this if it has not received an id yet.
            Ok("") => Ok(Self { id: None }),
            Ok(value) if let Ok(id) = value.parse() => Ok(Self { id: Some(id) }),
            _ => Err(RequestError::invalid("Last-Event-ID", "must be the id of an event")),
        }
    }
}

/// Returns the event id after which a stream starts, if the request has one.
///
/// # Errors
/// [`Error::Invalid`](bridge::error::Error::Invalid) if the log has no such id.
pub(super) async fn after(
    events: &Events,
    query: Option<i64>,
    header: LastEventId,
) -> Result<Option<i64>, RequestError> {
    let (field, after) = match (header.id, query) {
        (Some(id), _) => ("Last-Event-ID", id),
        (None, Some(after)) => ("after", after),
        (None, None) => return Ok(None),
    };
    let newest = events.log_bounds().await?.newest;
    if (0..=newest).contains(&after) {
        Ok(Some(after))
    } else {
        Err(RequestError::invalid(
            field,
            format!("must be between 0 and the id of the newest event, {newest}"),
        ))
    }
}

/// Parses the patterns of event types.
pub(super) fn types(query: Option<&str>) -> Result<Option<TypePatterns>, RequestError> {
    query.map(TypePatterns::parse).transpose().map_err(|problem| RequestError::invalid("type", problem))
}

/// Returns the reply that streams a subscription. `first` is the first chunk, if it was already taken from
/// the subscription.
pub(super) fn reply(
    first: Option<Bytes>,
    subscription: Subscription,
    stopping: CancellationToken,
) -> Response {
    // The first bytes are sent at once, so that the client knows that it is connected.
    let opening = format!("retry: {}\n: listening\n\n", limits::STREAM_RETRY.as_millis());
    let opening = [opening.into_bytes(), first.unwrap_or_default().to_vec()].concat();
    let chunks = unfold(subscription, async |mut subscription| match subscription.next().await {
        Ok(chunk) => Some((chunk?, subscription)),
        Err(error) => {
            tracing::error!(%error, "a stream of events was interrupted");
            None
        }
    });
    stream(opening.into(), chunks, || Bytes::from_static(b": still there\n\n"), stopping)
}

/// Returns the reply that sends `opening`, and then `chunks` until they or the bridge end. `heartbeat` is
/// sent while there is no chunk, so that neither side takes the connection for dead.
pub(super) fn stream(
    opening: Bytes,
    chunks: impl Stream<Item = Bytes> + Send + 'static,
    heartbeat: fn() -> Bytes,
    stopping: CancellationToken,
) -> Response {
    let rest = unfold((Box::pin(chunks), stopping), move |(mut chunks, stopping)| async move {
        let chunk = tokio::select! {
            chunk = chunks.next() => chunk,
            () = tokio::time::sleep(limits::STREAM_HEARTBEAT) => Some(heartbeat()),
            () = stopping.cancelled() => None,
        };
        Some((Ok(chunk?), (chunks, stopping)))
    });
    let body = once(ready(Ok::<_, Infallible>(opening))).chain(rest);
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        (header::CACHE_CONTROL.as_str(), "no-store"),
        // Tells proxies not to buffer the stream.
        ("x-accel-buffering", "no"),
    ];
    (headers, Body::from_stream(body)).into_response()
}
