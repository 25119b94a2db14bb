//! `/lanes/worktrees…`: the worktrees that deleted lanes left behind.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::lanes::LeftWorktree;
use model::ids::LaneId;
use serde::Serialize;
use utoipa::ToSchema;

use super::DeleteLaneQuery;
use crate::App;
use crate::extract::{PathParameter, QueryOf};
use crate::request_error::RequestError;

/// Reply of `GET /lanes/worktrees`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorktreesView {
    /// Always `true`.
    ok: bool,
    /// The worktrees, by the ids of their lanes.
    worktrees: Vec<LeftWorktree>,
}

/// Reply of `DELETE /lanes/worktrees/{laneId}`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RemovedView {
    /// Always `true`.
    ok: bool,
    lane_id: LaneId,
    /// Always `true`.
    removed: bool,
}

/// Lists the worktrees that were kept when their lanes were deleted, because they contained files that git
/// does not have.
#[utoipa::path(get, path = "/lanes/worktrees", tag = "lanes", responses(
    (status = OK, description = "The worktrees", body = WorktreesView),
))]
pub(crate) async fn list_left_worktrees(
    State(app): State<Arc<App>>,
) -> Result<Json<WorktreesView>, RequestError> {
    Ok(Json(WorktreesView { ok: true, worktrees: app.lanes.left_worktrees().await? }))
}

/// Removes a worktree that was kept when its lane was deleted.
///
/// As with the deletion of a lane, the request is refused if the worktree contains files that git does not
/// have, unless `force` is given. Its branch is deleted unless it contains commits that are not merged.
#[utoipa::path(delete, path = "/lanes/worktrees/{laneId}", tag = "lanes",
    params(("laneId" = String, Path), DeleteLaneQuery), responses(
    (status = OK, description = "The worktree is removed", body = RemovedView),
))]
pub(crate) async fn remove_left_worktree(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
    QueryOf(query): QueryOf<DeleteLaneQuery>,
) -> Result<Json<RemovedView>, RequestError> {
    app.lanes.remove_left_worktree(&lane_id, query.files()).await?;
    Ok(Json(RemovedView { ok: true, lane_id, removed: true }))
}
