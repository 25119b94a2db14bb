//! `/watch…`: the lane reconciler.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use bridge::lanes::reconciler::{ReconcilerStatus, Reconciliation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::extract::JsonBody;
use crate::request_error::RequestError;

/// Body of `POST /watch/start`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WatchBody {
    /// The time between two runs of the reconciler, in seconds, 1 to 86400. Default: the current interval.
    #[schema(example = 15)]
    interval_sec: Option<u64>,
}

/// Reply of the routes that show, start or stop the lane reconciler.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WatchStatusView {
    /// Always `true`.
    ok: bool,
    watch: ReconcilerStatus,
}

/// Reply of `POST /watch/tick`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TickView {
    /// Always `true`.
    pub(crate) ok: bool,
    pub(crate) tick: Reconciliation,
}

/// Returns the state of the lane reconciler.
#[utoipa::path(get, path = "/watch/status", tag = "watch", responses(
    (status = OK, description = "The state of the reconciler", body = WatchStatusView),
))]
pub(crate) async fn get_watch_status(State(app): State<Arc<App>>) -> Json<WatchStatusView> {
    Json(WatchStatusView { ok: true, watch: app.lane_reconciler.status() })
}

/// Starts the periodic runs of the lane reconciler.
#[utoipa::path(post, path = "/watch/start", tag = "watch", request_body = WatchBody, responses(
    (status = OK, description = "The state of the reconciler", body = WatchStatusView),
))]
pub(crate) async fn start_watch(
    State(app): State<Arc<App>>,
    body: JsonBody<WatchBody>,
) -> Result<Json<WatchStatusView>, RequestError> {
    let interval = match body.known()?.interval_sec {
        None => None,
        Some(seconds @ 1..=86_400) => Some(Duration::from_secs(seconds)),
        Some(_) => return Err(RequestError::invalid("intervalSec", "must be between 1 and 86400")),
    };
    Ok(Json(WatchStatusView { ok: true, watch: app.lane_reconciler.start(interval) }))
}

/// Stops the periodic runs of the lane reconciler.
#[utoipa::path(post, path = "/watch/stop", tag = "watch", responses(
    (status = OK, description = "The state of the reconciler", body = WatchStatusView),
))]
pub(crate) async fn stop_watch(State(app): State<Arc<App>>) -> Json<WatchStatusView> {
    Json(WatchStatusView { ok: true, watch: app.lane_reconciler.stop() })
}

/// Reconciles all lanes now.
#[utoipa::path(post, path = "/watch/tick", tag = "watch", responses(
    (status = OK, description = "The result of the run", body = TickView),
))]
pub(crate) async fn tick_watch(State(app): State<Arc<App>>) -> Result<Json<TickView>, RequestError> {
    Ok(Json(TickView { ok: true, tick: app.lane_reconciler.reconcile().await? }))
}
