//! Streams of events (`text/event-stream`): what they are asked for, and how they are kept alive.

use std::convert::Infallible;
use std::future::ready;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use bridge::events::{Events, Subscription, TypePatterns};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{once, unfold};
use http::header;
use http::request::Parts;
use model::limits;
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;

use crate::request_error::RequestError;

/// The header by which a client that comes back says what it had.
pub(super) const LAST_EVENT_ID: &str = "last-event-id";

/// What a client that comes back had.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct LastEventId {
    /// The last `id` that the client had; a browser's `EventSource` sends it by itself. Goes before `after`, because a
    /// browser keeps the address.
    #[param(rename = "Last-Event-ID")]
    id: Option<i64>,
}

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RequestError> {
        let Some(value) = parts.headers.get(LAST_EVENT_ID) else { return Ok(Self { id: None }) };
        match value.to_str().map(str::trim) {
            // What a browser sends that had no id yet.
            Ok("") => Ok(Self { id: None }),
            Ok(text) if let Ok(id) = text.parse() => Ok(Self { id: Some(id) }),
            _ => Err(RequestError::invalid("Last-Event-ID", "must be the number of an event")),
        }
    }
}

/// After which event a stream begins, if that was said.
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
            format!("must be between 0 and the newest event's id, which is {newest}"),
        ))
    }
}

/// The types that are wanted.
pub(super) fn types(query: Option<&str>) -> Result<Option<TypePatterns>, RequestError> {
    query.map(TypePatterns::parse).transpose().map_err(|problem| RequestError::invalid("type", problem))
}

/// The reply that streams. `first` was taken from the subscription already.
pub(super) fn reply(
    first: Option<Bytes>,
    subscription: Subscription,
    stopping: CancellationToken,
) -> Response {
    // At once, so that the client knows that it listens.
    let opening = format!("retry: {}\n: listening\n\n", limits::STREAM_RETRY.as_millis());
    let opening = [opening.into_bytes(), first.unwrap_or_default().to_vec()].concat();
    let rest = unfold((subscription, stopping), async |(mut subscription, stopping)| {
        let piece = next(&mut subscription, &stopping).await?;
        Some((Ok(piece), (subscription, stopping)))
    });
    let stream = once(ready(Ok::<_, Infallible>(Bytes::from(opening)))).chain(rest);
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        (header::CACHE_CONTROL.as_str(), "no-store"),
        // Proxies shall not collect what is meant to be seen at once.
        ("x-accel-buffering", "no"),
    ];
    (headers, Body::from_stream(stream)).into_response()
}

async fn next(subscription: &mut Subscription, stopping: &CancellationToken) -> Option<Bytes> {
    tokio::select! {
        piece = subscription.next() => piece.unwrap_or_else(|error| {
            tracing::error!(%error, "a stream of events ended early");
            None
        }),
        () = tokio::time::sleep(limits::STREAM_HEARTBEAT) => Some(Bytes::from_static(b": still there\n\n")),
        () = stopping.cancelled() => None,
    }
}
