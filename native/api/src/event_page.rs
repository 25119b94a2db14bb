//! A page of recorded events, for callers who want no stream: those who ask with `Accept: application/json`.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use bridge::events::{EventView, Events, Filter};
use http::header;
use http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::request_error::RequestError;

/// What a stream's route replies with `Accept: application/json`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventPageView<'a> {
    /// Always `true`.
    ok: bool,
    /// In their order; only recorded ones.
    events: Vec<EventView<'a>>,
    /// Ask on with this as `after`.
    next_after: i64,
    /// Whether there may be more already.
    more: bool,
}

/// Whether the caller wants a page: names JSON, and no stream.
pub(super) struct WantsPage(pub(super) bool);

impl<S: Sync> FromRequestParts<S> for WantsPage {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RequestError> {
        let accepts = |wanted: &str| {
            let mut values = parts.headers.get_all(header::ACCEPT).iter();
            values.any(|value| value.to_str().is_ok_and(|value| value.contains(wanted)))
        };
        Ok(Self(accepts("application/json") && !accepts("text/event-stream")))
    }
}

/// The page after `after`.
pub(super) async fn reply(events: &Events, filter: &Filter, after: i64) -> Result<Response, RequestError> {
    let page = events.page(after, filter.subject.clone()).await?;
    let view = EventPageView {
        ok: true,
        next_after: page.events.last().map_or(after, |last| last.event_id),
        more: page.more,
        events: page
            .events
            .iter()
            // They are about this already.
            .filter(|stored| filter.matches(&stored.event.event_type, &filter.subject))
            .map(|stored| EventView::of(Some(stored.event_id), &stored.event))
            .collect(),
    };
    Ok(Json(view).into_response())
}
