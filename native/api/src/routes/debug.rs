//! `/debug/…`: turns that are made up, for tests of what listens to lanes, and the clean-up of what is stale.

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
    /// The lane that needs it.
    lane_id: LaneId,
    /// In whose name it is asked.
    #[serde(default)]
    source: Option<ApprovalSource>,
    /// What the person reads, at most 2,000 characters.
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
    /// The lane that is done.
    lane_id: LaneId,
    /// Goes into the events, at most 2,000 characters.
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
    /// Lanes that `/debug` made active, and nothing runs. Default: `true`.
    #[serde(default)]
    clear_synthetic_running_lanes: Option<bool>,
    /// Lanes whose turn has ended or was never sent, and nobody follows it. Default: `true`.
    #[serde(default)]
    clear_orphaned_active_turns: Option<bool>,
}

/// Reply of `POST /debug/reconcile-stale`: ids of lanes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReconciledView {
    /// Always `true`.
    ok: bool,
    /// Lanes that `/debug` had made active; they are `interrupted` now.
    cleared_synthetic_running_lanes: Vec<String>,
    /// Lanes whose turn was gone; they tell now what became of it.
    cleared_orphaned_active_turns: Vec<String>,
}

/// Makes up an approval for a lane, which is recorded, shown and answered as if Codex had asked.
///
/// Refused with 403 `switched_off` unless the setting `debugRoutes` (`serve --debug-routes`) is on.
#[utoipa::path(post, path = "/debug/request-approval", tag = "debug", request_body = MadeUpApprovalBody, responses(
    (status = OK, description = "The approval, pending", body = MadeUpApprovalView),
))]
pub(crate) async fn make_up_approval(
    State(app): State<Arc<App>>,
    body: JsonBody<MadeUpApprovalBody>,
) -> Result<Json<MadeUpApprovalView>, RequestError> {
    check_switched_on(&app)?;
    let MadeUpApprovalBody { lane_id, source, reason } = body.known()?;
    check_words("reason", reason.as_deref())?;
    let source = source.unwrap_or(ApprovalSource::Runtime);
    let (lane, approval) = app.lanes.simulate_approval(&lane_id, source, reason).await?;
    Ok(Json(MadeUpApprovalView { ok: true, lane, approval }))
}

/// Makes up the good end of a lane's work, with the events of one.
///
/// Refused with 403 `switched_off` unless the setting `debugRoutes` (`serve --debug-routes`) is on; with 409
/// while a real turn runs.
#[utoipa::path(post, path = "/debug/complete", tag = "debug", request_body = MadeUpEndBody, responses(
    (status = OK, description = "The lane, done", body = MadeUpEndView),
))]
pub(crate) async fn make_up_end(
    State(app): State<Arc<App>>,
    body: JsonBody<MadeUpEndBody>,
) -> Result<Json<MadeUpEndView>, RequestError> {
    check_switched_on(&app)?;
    let MadeUpEndBody { lane_id, note } = body.known()?;
    check_words("note", note.as_deref())?;
    Ok(Json(MadeUpEndView { ok: true, lane: app.lanes.simulate_completion(&lane_id, note).await? }))
}

/// Clears lanes that say that they work although nothing does.
///
/// What really runs is left alone. The bridge does the same by itself for what a bridge process that died
/// left behind.
#[utoipa::path(post, path = "/debug/reconcile-stale", tag = "debug", request_body = ReconcileBody, responses(
    (status = OK, description = "What was cleared", body = ReconciledView),
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

fn check_switched_on(app: &App) -> Result<(), RequestError> {
    if app.debug_routes {
        return Ok(());
    }
    let what = "Making up turns";
    Err(Error::SwitchedOff { what, setting: "codexBridge.debugRoutes (serve: --debug-routes)" }.into())
}

fn check_words(field: &'static str, words: Option<&str>) -> Result<(), RequestError> {
    let length = words.map_or(0, |words| words.chars().count());
    if length > limits::DEBUG_NOTE_CHARS_MAX {
        let problem =
            format!("has {length} characters; at most {} are allowed", limits::DEBUG_NOTE_CHARS_MAX);
        return Err(RequestError::invalid(field, problem));
    }
    Ok(())
}
