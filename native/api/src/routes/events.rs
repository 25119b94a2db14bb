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
    /// Replays the events after this `eventId`; 0 replays the whole log. Default: only new events. The header
    /// `Last-Event-ID` takes precedence.
    after: Option<i64>,
    /// Only events of these types: comma-separated patterns in which `*` matches any characters, for example
    /// `job.*,item.completed`.
    r#type: Option<String>,
    /// Only events of this job.
    job_id: Option<JobId>,
    /// Only events of this conversation.
    conversation_id: Option<ThreadId>,
    /// Only events of this lane.
    lane_id: Option<LaneId>,
}

/// Streams events, as `GET /events` does, at the path of the lane service.
#[utoipa::path(get, path = "/events/stream", tag = "events", params(EventsQuery, LastEventId), responses(
    (status = OK, description = "The events, as in `GET /events`", body = EventView,
        content_type = "text/event-stream"),
))]
pub(super) async fn stream_events_at_stream(
    app: State<Arc<App>>,
    query: QueryOf<EventsQuery>,
    last_event_id: LastEventId,
) -> Result<Response, RequestError> {
    stream_events(app, query, last_event_id).await
}

/// Streams the events of all bridges of this data directory as they happen.
///
/// The reply is a stream of server-sent events. Recorded events have an `id`. A client that reconnects with
/// the last `id` that it received, in the header `Last-Event-ID` or as `after`, gets exactly the events that
/// it missed. Live events carry the progress of a turn of this bridge; they have no `id` and are not
/// replayed. Two frames describe the stream itself. `stream.gap`: some of the requested events are no longer
/// stored; `oldestEventId` is the oldest one that is. `stream.too_far_behind`: the client reads too slowly,
/// so the stream ends; to continue, reconnect with `lastEventId`.
#[utoipa::path(get, path = "/events", tag = "events", params(EventsQuery, LastEventId), responses(
    (status = OK, description = "A frame for each event, with this object as its `data`", body = EventView,
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
