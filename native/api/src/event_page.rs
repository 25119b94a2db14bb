//! Pages of recorded events, for callers that do not request `Accept: text/event-stream`.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use bridge::events::{EventView, Events, Filter};
use http::header;
use http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::request_error::RequestError;

/// The reply to a request that does not accept a stream.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventPageView<'a> {
    /// Always `true`.
    ok: bool,
    /// Recorded events, in the order of their ids.
    events: Vec<EventView<'a>>,
    /// The value of `after` for the next page.
    next_after: i64,
    /// Whether there may be more events already.
    more: bool,
}

/// The form in which a caller gets events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventForm {
    /// A page of recorded events. A command such as `curl … | jq` ends.
    Page,
    /// A stream, which never ends by itself.
    Stream,
}

impl<S: Sync> FromRequestParts<S> for EventForm {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RequestError> {
        let mut accepted = parts.headers.get_all(header::ACCEPT).iter();
        let is_stream =
            accepted.any(|value| value.to_str().is_ok_and(|value| value.contains("text/event-stream")));
        Ok(if is_stream { Self::Stream } else { Self::Page })
    }
}

/// Replies with the page after `after`.
pub(super) async fn reply(events: &Events, filter: &Filter, after: i64) -> Result<Response, RequestError> {
    let page = events.page(after, filter.subject.clone()).await?;
    let view = EventPageView {
        ok: true,
        next_after: page.events.last().map_or(after, |last| last.event_id),
        more: page.more,
        events: page
            .events
            .iter()
            // The page contains only events about this subject, so only the types are left to filter.
            .filter(|stored| filter.matches(&stored.event.event_type, &filter.subject))
            .map(|stored| EventView::of(Some(stored.event_id), &stored.event))
            .collect(),
    };
    Ok(Json(view).into_response())
}
