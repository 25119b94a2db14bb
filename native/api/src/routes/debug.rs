//! `/debug/…`: synthetic turns, for tests of lane clients, and the cleanup of stale lanes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::error::Error;
use bridge::lanes::{ClearedLanes, StaleLanes};
use model::approval::{Approval, ApprovalSource};
use model::ids::LaneId;
use model::lane::Lane;
use model::limits;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::extract::JsonBody;
use crate::request_error::RequestError;

/// Body of `POST /debug/request-approval`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MadeUpApprovalBody {
    /// The lane that needs the approval.
    lane_id: LaneId,
    /// The source of the approval.
    #[serde(default)]
    source: Option<ApprovalSource>,
    /// The reason that is shown to the user, at most 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    reason: Option<String>,
}

/// Reply of `POST /debug/request-approval`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeUpApprovalView {
    /// Always `true`.
    ok: bool,
    lane: Lane,
    approval: Approval,
}

/// Body of `POST /debug/complete`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MadeUpEndBody {
    /// The lane to complete.
    lane_id: LaneId,
    /// A note for the events, at most 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    note: Option<String>,
}

/// Reply of `POST /debug/complete`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeUpEndView {
    /// Always `true`.
    ok: bool,
    lane: Lane,
}

/// Body of `POST /debug/reconcile-stale`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReconcileBody {
    /// Whether to clear lanes that `/debug` made active and that run nothing. Default: `true`.
    #[serde(default)]
    clear_synthetic_running_lanes: Option<bool>,
    /// Whether to clear lanes whose turn has ended or was never sent, and that no bridge follows. Default:
    /// `true`.
    #[serde(default)]
    clear_orphaned_active_turns: Option<bool>,
}

/// Reply of `POST /debug/reconcile-stale`, with lane ids.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReconciledView {
    /// Always `true`.
    ok: bool,
    /// Lanes that `/debug` had made active. They are now `interrupted`.
    cleared_synthetic_running_lanes: Vec<String>,
    /// Lanes whose turn no longer existed. Their status now shows how it ended.
    cleared_orphaned_active_turns: Vec<String>,
}

/// Creates a synthetic approval for a lane. It is recorded, shown and resolved like a real one.
///
/// Refused with 403 `switched_off` unless the setting `debugRoutes` (`serve --debug-routes`) is on.
#[utoipa::path(post, path = "/debug/request-approval", tag = "debug",
    request_body = MadeUpApprovalBody, responses(
    (status = OK, description = "The pending approval", body = MadeUpApprovalView),
))]
pub(crate) async fn make_up_approval(
    State(app): State<Arc<App>>,
    body: JsonBody<MadeUpApprovalBody>,
) -> Result<Json<MadeUpApprovalView>, RequestError> {
    check_debug_routes_enabled(&app)?;
    let MadeUpApprovalBody { lane_id, source, reason } = body.known()?;
    check_length("reason", reason.as_deref())?;
    let source = source.unwrap_or(ApprovalSource::Runtime);
    let (lane, approval) = app.lanes.simulate_approval(&lane_id, source, reason).await?;
    Ok(Json(MadeUpApprovalView { ok: true, lane, approval }))
}

/// Completes a lane without a turn, with the events of a completed one.
///
/// Refused with 403 `switched_off` unless the setting `debugRoutes` (`serve --debug-routes`) is on, and with
/// 409 while a real turn runs.
#[utoipa::path(post, path = "/debug/complete", tag = "debug", request_body = MadeUpEndBody, responses(
    (status = OK, description = "The completed lane", body = MadeUpEndView),
))]
pub(crate) async fn make_up_end(
    State(app): State<Arc<App>>,
    body: JsonBody<MadeUpEndBody>,
) -> Result<Json<MadeUpEndView>, RequestError> {
    check_debug_routes_enabled(&app)?;
    let MadeUpEndBody { lane_id, note } = body.known()?;
    check_length("note", note.as_deref())?;
    Ok(Json(MadeUpEndView { ok: true, lane: app.lanes.simulate_completion(&lane_id, note).await? }))
}

/// Clears lanes that are marked as active although nothing runs.
///
/// Running work is not affected. The bridge does this by itself for lanes of a bridge process that died.
#[utoipa::path(post, path = "/debug/reconcile-stale", tag = "debug", request_body = ReconcileBody, responses(
    (status = OK, description = "The cleared lanes", body = ReconciledView),
))]
pub(crate) async fn reconcile_stale(
    State(app): State<Arc<App>>,
    body: JsonBody<ReconcileBody>,
) -> Result<Json<ReconciledView>, RequestError> {
    let body = body.known()?;
    let stale = StaleLanes {
        simulations: body.clear_synthetic_running_lanes.unwrap_or(true),
        orphaned_turns: body.clear_orphaned_active_turns.unwrap_or(true),
    };
    let ClearedLanes { simulations, orphaned_turns } = app.lanes.clear_stale(stale).await?;
    Ok(Json(ReconciledView {
        ok: true,
        cleared_synthetic_running_lanes: simulations,
        cleared_orphaned_active_turns: orphaned_turns,
    }))
}

fn check_debug_routes_enabled(app: &App) -> Result<(), RequestError> {
    if app.debug_routes {
        return Ok(());
    }
    let what = "Turn simulation";
    Err(Error::SwitchedOff { what, setting: "codexBridge.debugRoutes (serve: --debug-routes)" }.into())
}

fn check_length(field: &'static str, text: Option<&str>) -> Result<(), RequestError> {
    let length = text.map_or(0, |text| text.chars().count());
    if length > limits::DEBUG_NOTE_CHARS_MAX {
        let problem =
            format!("has {length} characters; at most {} are allowed", limits::DEBUG_NOTE_CHARS_MAX);
        return Err(RequestError::invalid(field, problem));
    }
    Ok(())
}
