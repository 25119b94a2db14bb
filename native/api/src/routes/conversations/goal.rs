//! `/conversations/{conversationId}/goal`: the goal that Codex pursues over several turns.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use codex::activity::{Goal, GoalChange, GoalStatus};
use model::activity::GoalView;
use model::ids::ThreadId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::extract::{JsonBody, PathParameter};
use crate::request_error::RequestError;

/// Body of `PUT /conversations/{conversationId}/goal`. A field that is left out keeps its value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GoalBody {
    /// The objective, in your words. Required if the conversation has no goal.
    objective: Option<String>,
    /// `active`: Codex continues by itself until the goal is complete. `paused`: Codex does not continue.
    status: Option<GoalStatusName>,
    /// The maximum number of tokens, at least 1.
    token_budget: Option<u64>,
}

/// A status that a caller can set.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum GoalStatusName {
    Active,
    Paused,
}

/// Reply of the routes of a goal.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GoalReply {
    /// Always `true`.
    ok: bool,
    conversation_id: ThreadId,
    /// The goal; `null` if the conversation has none.
    #[schema(value_type = Option<GoalView>)]
    goal: Option<Goal>,
}

/// Returns the goal of a conversation.
#[utoipa::path(get, path = "/conversations/{conversationId}/goal", tag = "conversations",
    params(("conversationId" = String, Path)), responses(
    (status = OK, description = "The goal", body = GoalReply),
))]
pub(crate) async fn get_goal(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
) -> Result<Json<GoalReply>, RequestError> {
    let goal = app.conversations.goal(&conversation_id).await?;
    Ok(Json(GoalReply { ok: true, conversation_id, goal }))
}

/// Sets the goal of a conversation, or pauses and resumes it.
///
/// Codex starts to pursue an active goal as soon as a process has the conversation loaded: at once while the
/// conversation is in use, otherwise with its next message.
#[utoipa::path(put, path = "/conversations/{conversationId}/goal", tag = "conversations",
    params(("conversationId" = String, Path)), request_body = GoalBody, responses(
    (status = OK, description = "The goal after the change", body = GoalReply),
))]
pub(crate) async fn set_goal(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
    body: JsonBody<GoalBody>,
) -> Result<Json<GoalReply>, RequestError> {
    let GoalBody { objective, status, token_budget } = body.known()?;
    if objective.is_none() && status.is_none() && token_budget.is_none() {
        return Err(RequestError::invalid("objective", "give objective, status or tokenBudget"));
    }
    if objective.as_deref().is_some_and(|objective| objective.trim().is_empty()) {
        return Err(RequestError::invalid("objective", "must not be blank"));
    }
    if token_budget == Some(0) {
        return Err(RequestError::invalid("tokenBudget", "must be at least 1"));
    }
    if objective.is_none() && app.conversations.goal(&conversation_id).await?.is_none() {
        return Err(RequestError::invalid("objective", "is missing; the conversation has no goal yet"));
    }
    let status = status.map(|status| match status {
        GoalStatusName::Active => GoalStatus::Active,
        GoalStatusName::Paused => GoalStatus::Paused,
    });
    let change = GoalChange { objective, status, token_budget };
    let goal = app.conversations.set_goal(&conversation_id, &change).await?;
    Ok(Json(GoalReply { ok: true, conversation_id, goal }))
}

/// Removes the goal of a conversation. A running turn continues.
#[utoipa::path(delete, path = "/conversations/{conversationId}/goal", tag = "conversations",
    params(("conversationId" = String, Path)), responses(
    (status = OK, description = "The conversation has no goal", body = GoalReply),
))]
pub(crate) async fn clear_goal(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
) -> Result<Json<GoalReply>, RequestError> {
    app.conversations.clear_goal(&conversation_id).await?;
    Ok(Json(GoalReply { ok: true, conversation_id, goal: None }))
}
