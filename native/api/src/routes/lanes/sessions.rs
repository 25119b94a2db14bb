//! `/lanes/sessions` and `/lanes/{laneId}/session/…`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::lanes::sessions::SessionView;
use model::ids::LaneId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::extract::PathParameter;
use crate::request_error::RequestError;

/// Reply of `GET /lanes/sessions`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionsView {
    /// Always `true`.
    ok: bool,
    /// The running lane sessions of this bridge.
    sessions: Vec<SessionView>,
}

/// Reply of the routes of one lane session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneSessionView {
    /// Always `true`.
    ok: bool,
    #[serde(flatten)]
    session: SessionView,
}

/// Lists the running lane sessions.
#[utoipa::path(get, path = "/lanes/sessions", tag = "lanes", responses(
    (status = OK, description = "Sessions", body = SessionsView),
))]
pub(crate) async fn list_lane_sessions(
    State(app): State<Arc<App>>,
) -> Result<Json<SessionsView>, RequestError> {
    Ok(Json(SessionsView { ok: true, sessions: app.lanes.sessions().await? }))
}

/// Returns the state of a lane's session.
#[utoipa::path(get, path = "/lanes/{laneId}/session/status", tag = "lanes",
    params(("laneId" = String, Path)), responses(
    (status = OK, description = "The session", body = OneSessionView),
))]
pub(crate) async fn get_lane_session(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
) -> Result<Json<OneSessionView>, RequestError> {
    Ok(Json(OneSessionView { ok: true, session: app.lanes.session_status(&lane_id).await? }))
}

/// Starts a lane's session and loads its thread. A running session is not restarted.
#[utoipa::path(post, path = "/lanes/{laneId}/session/start", tag = "lanes",
    params(("laneId" = String, Path)), responses(
    (status = OK, description = "The session", body = OneSessionView),
))]
pub(crate) async fn start_lane_session(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
) -> Result<Json<OneSessionView>, RequestError> {
    Ok(Json(OneSessionView { ok: true, session: app.lanes.start_session(&lane_id).await? }))
}

/// Stops a lane's session after interrupting its turn.
#[utoipa::path(post, path = "/lanes/{laneId}/session/stop", tag = "lanes",
    params(("laneId" = String, Path)), responses(
    (status = OK, description = "The session", body = OneSessionView),
))]
pub(crate) async fn stop_lane_session(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
) -> Result<Json<OneSessionView>, RequestError> {
    Ok(Json(OneSessionView { ok: true, session: app.lanes.stop_session(&lane_id).await? }))
}
