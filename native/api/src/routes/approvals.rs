//! `/approvals…`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use model::approval::Answer;
use model::approval::{Approval, ApprovalStatus, Decision, ResolvedBy};
use model::ids::{ApprovalId, JobId, LaneId, ThreadId};
use model::limits;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{ApprovalPage, ApprovalQuery};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::extract::{JsonBody, PathParameter, QueryOf, page_limit};
use crate::request_error::RequestError;

/// Query of `GET /approvals`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct ListApprovalsQuery {
    /// Only approvals with this status. `pending` approvals wait for an answer.
    status: Option<ApprovalStatus>,
    /// Only approvals of this job.
    job_id: Option<JobId>,
    /// Only approvals of this conversation.
    conversation_id: Option<ThreadId>,
    /// Only approvals of this lane.
    lane_id: Option<LaneId>,
    /// Only approvals older than this one: the last `approvalId` of the previous page.
    before: Option<ApprovalId>,
    /// The maximum number of approvals, 1 to 500. Default: 100.
    limit: Option<u32>,
}

/// Reply of `GET /approvals`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApprovalsView {
    /// Always `true`.
    pub(super) ok: bool,
    /// Newest first.
    pub(super) approvals: Vec<Approval>,
    /// Whether there are older approvals. Get them with `before`.
    pub(super) more: bool,
}

/// Reply of the routes of one approval.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApprovalView {
    /// Always `true`.
    pub(super) ok: bool,
    pub(super) approval: Approval,
}

/// Body of `POST /approvals/{approvalId}`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResolveBody {
    /// One of the approval's `decisions`.
    decision: Decision,
    /// Answers to the approval's questions, by question id: `{"questionId": "answer"}`, or a list of strings
    /// for each.
    #[schema(value_type = Option<Object>)]
    answers: Option<Value>,
    /// The content of an MCP server's form, or the result of a tool.
    #[schema(value_type = Option<Object>)]
    content: Option<Value>,
    /// The reason for the decision, which is recorded.
    note: Option<String>,
}

/// Lists approvals, newest first.
#[utoipa::path(get, path = "/approvals", tag = "approvals", params(ListApprovalsQuery), responses(
    (status = OK, description = "Approvals", body = ApprovalsView),
))]
pub(super) async fn list_approvals(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<ListApprovalsQuery>,
) -> Result<Json<ApprovalsView>, RequestError> {
    let limit = page_limit(query.limit, 100, limits::APPROVALS_PAGE_MAX)?;
    if let Some(before) = &query.before {
        app.approvals.get(before).await?;
    }
    let ListApprovalsQuery { status, job_id, conversation_id, lane_id, before, .. } = query;
    let query = ApprovalQuery { status, job_id, conversation_id, lane_id, before, limit };
    let ApprovalPage { approvals, more } = app.approvals.list(query).await?;
    Ok(Json(ApprovalsView { ok: true, approvals, more }))
}

/// Returns an approval.
#[utoipa::path(get, path = "/approvals/{approvalId}", tag = "approvals",
    params(("approvalId" = String, Path)), responses(
    (status = OK, description = "The approval", body = ApprovalView),
))]
pub(super) async fn get_approval(
    State(app): State<Arc<App>>,
    PathParameter(approval_id): PathParameter<ApprovalId>,
) -> Result<Json<ApprovalView>, RequestError> {
    Ok(Json(ApprovalView { ok: true, approval: app.approvals.get(&approval_id).await? }))
}

/// Resolves an approval. The first answer wins.
#[utoipa::path(post, path = "/approvals/{approvalId}", tag = "approvals",
    params(("approvalId" = String, Path)), request_body = ResolveBody, responses(
    (status = OK, description = "The resolved approval; Codex continues", body = ApprovalView),
))]
pub(super) async fn resolve_approval(
    State(app): State<Arc<App>>,
    PathParameter(approval_id): PathParameter<ApprovalId>,
    body: JsonBody<ResolveBody>,
) -> Result<Json<ApprovalView>, RequestError> {
    let ResolveBody { decision, answers, content, note } = body.known()?;
    if answers.is_some() && content.is_some() {
        return Err(RequestError::invalid("content", "give answers or content, not both"));
    }
    let answer = Answer { decision, content: answers.or(content), note };
    let approval = app.approvals.resolve(&approval_id, answer, ResolvedBy::Api).await?;
    Ok(Json(ApprovalView { ok: true, approval }))
}
