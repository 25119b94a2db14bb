//! `/lanes/{laneId}/approvals…`: the approvals of a lane.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::error::Error;
use model::approval::Answer;
use model::approval::{Decision, ResolvedBy};
use model::ids::{ApprovalId, LaneId};
use model::limits;
use store::{ApprovalPage, ApprovalQuery};

use crate::App;
use crate::extract::{PathParameter, PathParameters};
use crate::request_error::RequestError;
use crate::routes::approvals::{ApprovalView, ApprovalsView};

/// Lists the approvals of a lane, newest first.
#[utoipa::path(get, path = "/lanes/{laneId}/approvals", tag = "lanes",
    params(("laneId" = String, Path)), responses(
    (status = OK, description = "Approvals", body = ApprovalsView),
))]
pub(crate) async fn list_lane_approvals(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
) -> Result<Json<ApprovalsView>, RequestError> {
    app.lanes.get(&lane_id).await?;
    let query = ApprovalQuery {
        lane_id: Some(lane_id),
        limit: limits::APPROVALS_PAGE_MAX,
        ..ApprovalQuery::default()
    };
    let ApprovalPage { approvals, more } = app.approvals.list(query).await?;
    Ok(Json(ApprovalsView { ok: true, approvals, more }))
}

/// Approves a request of a lane once.
#[utoipa::path(post, path = "/lanes/{laneId}/approvals/{approvalId}/approve", tag = "lanes",
    params(("laneId" = String, Path), ("approvalId" = String, Path)), responses(
    (status = OK, description = "The resolved approval; Codex continues", body = ApprovalView),
))]
pub(crate) async fn approve_for_lane(
    State(app): State<Arc<App>>,
    parameters: PathParameters<LaneId, ApprovalId>,
) -> Result<Json<ApprovalView>, RequestError> {
    resolve(&app, parameters, Decision::Approve).await
}

/// Denies a request of a lane.
#[utoipa::path(post, path = "/lanes/{laneId}/approvals/{approvalId}/deny", tag = "lanes",
    params(("laneId" = String, Path), ("approvalId" = String, Path)), responses(
    (status = OK, description = "The resolved approval; Codex continues", body = ApprovalView),
))]
pub(crate) async fn deny_for_lane(
    State(app): State<Arc<App>>,
    parameters: PathParameters<LaneId, ApprovalId>,
) -> Result<Json<ApprovalView>, RequestError> {
    resolve(&app, parameters, Decision::Deny).await
}

async fn resolve(
    app: &App,
    PathParameters(lane_id, approval_id): PathParameters<LaneId, ApprovalId>,
    decision: Decision,
) -> Result<Json<ApprovalView>, RequestError> {
    app.lanes.get(&lane_id).await?;
    if app.approvals.get(&approval_id).await?.lane_id.as_deref() != Some(&lane_id) {
        return Err(Error::ApprovalNotFound.into());
    }
    let answer = Answer { decision, content: None, note: None };
    let approval = app.approvals.resolve(&approval_id, answer, ResolvedBy::Api).await?;
    Ok(Json(ApprovalView { ok: true, approval }))
}
