//! `/events`

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bridge::events::{EventView, Filter, Start};
use model::event::EventSubject;
use model::ids::{JobId, LaneId, ThreadId};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::App;
use crate::extract::QueryOf;
use crate::request_error::RequestError;
use crate::sse::{self, LastEventId};

/// Query of `GET /events`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// Everything after this `eventId`, 0 for the whole log. Default: only what happens from now on. The header
    /// `Last-Event-ID` goes first.
    after: Option<i64>,
    /// Only these types: a list with commas, `*` standing for anything, for example `job.*,item.completed`.
    r#type: Option<String>,
    /// Only events of this job.
    job_id: Option<JobId>,
    /// Only events of this conversation.
    conversation_id: Option<ThreadId>,
    /// Only events of this lane.
    lane_id: Option<LaneId>,
}

/// The same as `GET /events`, by the path of the lane service.
#[utoipa::path(get, path = "/events/stream", tag = "events", params(EventsQuery, LastEventId), responses(
    (status = OK, description = "Events; see GET /events", body = EventView, content_type = "text/event-stream"),
))]
pub(super) async fn stream_events_at_stream(
    app: State<Arc<App>>,
    query: QueryOf<EventsQuery>,
    last_event_id: LastEventId,
) -> Result<Response, RequestError> {
    stream_events(app, query, last_event_id).await
}

/// What happens in all bridges of this data folder, as it happens.
///
/// Server-sent events. Recorded ones have an `id`: a client that comes back with the last one it had, in the header
/// `Last-Event-ID` or as `after`, gets exactly what it missed. Live ones, which carry what Codex tells while a turn of
/// this bridge runs, have none and are not repeated. Two frames tell of the stream itself: `stream.gap` (what was asked
/// for is partly forgotten; `oldestEventId` is the oldest event that is kept) and `stream.too_far_behind` (the client
/// reads too slowly; the stream ends, and goes on after `lastEventId` when asked again).
#[utoipa::path(get, path = "/events", tag = "events", params(EventsQuery, LastEventId), responses(
    (status = OK, description = "Events, each a frame with this as its `data`", body = EventView,
        content_type = "text/event-stream"),
))]
pub(super) async fn stream_events(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<EventsQuery>,
    last_event_id: LastEventId,
) -> Result<Response, RequestError> {
    let EventsQuery { after, r#type, job_id, conversation_id, lane_id } = query;
    let start = sse::after(&app.events, after, last_event_id).await?.map_or(Start::Now, Start::After);
    let subject = EventSubject { job_id, conversation_id, lane_id };
    let filter = Filter { subject, types: sse::types(r#type.as_deref())? };
    let subscription = app.events.subscribe(filter, start).await?;
    Ok(sse::reply(None, subscription, app.stopping.clone()))
}
