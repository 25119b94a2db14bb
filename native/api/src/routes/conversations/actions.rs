//! `/conversations/{conversationId}/…`: operations on a conversation.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use bridge::conversations::Turns;
use bridge::editor::ConversationTab;
use codex::protocol::{ForkPoint, RollBack, ThreadOptions};
use model::ids::{ThreadId, TurnId};
use model::limits;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::extract::{JsonBody, PathParameter};
use crate::request_error::RequestError;

/// Body of the routes that take no fields.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NoBody {}

/// Body of `POST /conversations/{conversationId}/open`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenBody {
    /// The time within which the editor must show the conversation, in milliseconds. Default: the setting
    /// `tabTimeoutMs`.
    open_timeout_ms: Option<u64>,
}

/// Body of `POST /conversations/{conversationId}/fork`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ForkBody {
    /// The last turn of the copy. Default: the last turn of the original.
    after_turn_id: Option<TurnId>,
    /// The turn before which the copy ends.
    before_turn_id: Option<TurnId>,
    /// The title of the copy.
    title: Option<String>,
}

/// Body of `POST /conversations/{conversationId}/rename`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RenameBody {
    /// The new title.
    title: String,
}

/// Body of `POST /conversations/{conversationId}/rollback`. Give either `turns` or `turnId`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RollBackBody {
    /// The number of turns to remove from the end.
    turns: Option<usize>,
    /// The first turn to remove; all later turns are removed, too.
    turn_id: Option<TurnId>,
}

/// Reply of the routes that change a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangedView {
    /// Always `true`.
    ok: bool,
    conversation_id: ThreadId,
}

/// Reply of `POST /conversations/{conversationId}/open`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenedView {
    /// Always `true`.
    ok: bool,
    conversation_id: ThreadId,
    /// Always `true`.
    opened: bool,
    conversation: ConversationTab,
}

/// Reply of `POST /conversations/{conversationId}/fork`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ForkedView {
    /// Always `true`.
    ok: bool,
    /// The id of the copy.
    conversation_id: ThreadId,
    /// The id of the original.
    forked_from_conversation_id: ThreadId,
}

/// Opens a conversation in the editor.
#[utoipa::path(post, path = "/conversations/{conversationId}/open", tag = "conversations",
    params(("conversationId" = String, Path)), request_body = OpenBody, responses(
    (status = OK, description = "The focused tab of the conversation", body = OpenedView),
))]
pub(crate) async fn open_conversation(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
    body: JsonBody<OpenBody>,
) -> Result<Json<OpenedView>, RequestError> {
    let limit = match body.known()?.open_timeout_ms {
        None => app.defaults.open_timeout,
        Some(millis @ 1..=limits::TIMEOUT_MS_MAX) => Duration::from_millis(millis),
        Some(_) => {
            let problem = format!("must be between 1 and {} (milliseconds)", limits::TIMEOUT_MS_MAX);
            return Err(RequestError::invalid("openTimeoutMs", problem));
        }
    };
    // The editor would show an empty tab for a conversation that does not exist.
    app.conversations.conversation(&conversation_id, Turns::Omit).await?;
    let conversation = app.conversations.open(&conversation_id, limit).await?;
    Ok(Json(OpenedView { ok: true, conversation_id, opened: true, conversation }))
}

/// Creates an independent copy of a conversation. This works at any time, whoever owns the original.
#[utoipa::path(post, path = "/conversations/{conversationId}/fork", tag = "conversations",
    params(("conversationId" = String, Path)), request_body = ForkBody, responses(
    (status = OK, description = "The copy", body = ForkedView),
))]
pub(crate) async fn fork_conversation(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
    body: JsonBody<ForkBody>,
) -> Result<Json<ForkedView>, RequestError> {
    let ForkBody { after_turn_id, before_turn_id, title } = body.known()?;
    let point = match (after_turn_id, before_turn_id) {
        (None, None) => ForkPoint::Whole,
        (Some(turn_id), None) => ForkPoint::After(turn_id),
        (None, Some(turn_id)) => ForkPoint::Before(turn_id),
        (Some(_), Some(_)) => {
            return Err(RequestError::invalid("beforeTurnId", "give afterTurnId or beforeTurnId, not both"));
        }
    };
    let options = ThreadOptions::default();
    let title = title.as_deref().map(check_title).transpose()?;
    let copy_id = app.conversations.fork(&conversation_id, &options, &point, title).await?;
    let forked_from_conversation_id = conversation_id;
    Ok(Json(ForkedView { ok: true, conversation_id: copy_id, forked_from_conversation_id }))
}

/// Archives a conversation. Lists no longer contain it unless they ask for archived conversations.
#[utoipa::path(post, path = "/conversations/{conversationId}/archive", tag = "conversations",
    params(("conversationId" = String, Path)), request_body = NoBody, responses(
    (status = OK, description = "The conversation is archived", body = ChangedView),
))]
pub(crate) async fn archive_conversation(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
    body: JsonBody<NoBody>,
) -> Result<Json<ChangedView>, RequestError> {
    body.known()?;
    app.conversations.archive(&conversation_id).await?;
    Ok(changed(conversation_id))
}

/// Unarchives a conversation.
#[utoipa::path(post, path = "/conversations/{conversationId}/unarchive", tag = "conversations",
    params(("conversationId" = String, Path)), request_body = NoBody, responses(
    (status = OK, description = "The conversation is unarchived", body = ChangedView),
))]
pub(crate) async fn unarchive_conversation(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
    body: JsonBody<NoBody>,
) -> Result<Json<ChangedView>, RequestError> {
    body.known()?;
    app.conversations.unarchive(&conversation_id).await?;
    Ok(changed(conversation_id))
}

/// Renames a conversation.
#[utoipa::path(post, path = "/conversations/{conversationId}/rename", tag = "conversations",
    params(("conversationId" = String, Path)), request_body = RenameBody, responses(
    (status = OK, description = "The conversation is renamed", body = ChangedView),
))]
pub(crate) async fn rename_conversation(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
    body: JsonBody<RenameBody>,
) -> Result<Json<ChangedView>, RequestError> {
    let RenameBody { title } = body.known()?;
    app.conversations.rename(&conversation_id, check_title(&title)?).await?;
    Ok(changed(conversation_id))
}

/// Replaces the model's view of the history with a summary. Replies when that is done.
#[utoipa::path(post, path = "/conversations/{conversationId}/compact", tag = "conversations",
    params(("conversationId" = String, Path)), request_body = NoBody, responses(
    (status = OK, description = "The conversation is compacted", body = ChangedView),
))]
pub(crate) async fn compact_conversation(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
    body: JsonBody<NoBody>,
) -> Result<Json<ChangedView>, RequestError> {
    body.known()?;
    app.conversations.compact(&conversation_id).await?;
    Ok(changed(conversation_id))
}

/// Removes turns from the end of a conversation. Files are not changed.
#[utoipa::path(post, path = "/conversations/{conversationId}/rollback", tag = "conversations",
    params(("conversationId" = String, Path)), request_body = RollBackBody, responses(
    (status = OK, description = "The turns are removed", body = ChangedView),
))]
pub(crate) async fn roll_back_conversation(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
    body: JsonBody<RollBackBody>,
) -> Result<Json<ChangedView>, RequestError> {
    let what = match body.known()? {
        RollBackBody { turns: Some(turns @ 1..), turn_id: None } => RollBack::Turns(turns),
        RollBackBody { turns: None, turn_id: Some(turn_id) } => RollBack::From(turn_id),
        _ => return Err(RequestError::invalid("turns", "give turns (at least 1) or turnId")),
    };
    app.conversations.roll_back(&conversation_id, what).await?;
    Ok(changed(conversation_id))
}

/// Ensures that the bridge does not own a conversation, so that other processes can open it.
///
/// The bridge owns a conversation only while something runs there. The request is refused with 409 while a
/// job runs or waits. What belongs to no job, such as the turns of a goal, is interrupted, and the goal is
/// paused.
#[utoipa::path(post, path = "/conversations/{conversationId}/release", tag = "conversations",
    params(("conversationId" = String, Path)), request_body = NoBody, responses(
    (status = OK, description = "The bridge does not own the conversation", body = ChangedView),
))]
pub(crate) async fn release_conversation(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
    body: JsonBody<NoBody>,
) -> Result<Json<ChangedView>, RequestError> {
    body.known()?;
    app.conversations.release(&conversation_id).await?;
    Ok(changed(conversation_id))
}

/// Interrupts what runs on a conversation, whoever started it.
///
/// A job is cancelled. A turn that Codex started by itself is interrupted, and its goal is paused.
#[utoipa::path(post, path = "/conversations/{conversationId}/interrupt", tag = "conversations",
    params(("conversationId" = String, Path)), request_body = NoBody, responses(
    (status = OK, description = "What ran has ended, or ends in a moment", body = ChangedView),
))]
pub(crate) async fn interrupt_conversation(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
    body: JsonBody<NoBody>,
) -> Result<Json<ChangedView>, RequestError> {
    body.known()?;
    app.conversations.interrupt(&conversation_id).await?;
    Ok(changed(conversation_id))
}

fn check_title(title: &str) -> Result<&str, RequestError> {
    match title.trim() {
        "" => Err(RequestError::invalid("title", "must not be blank")),
        title => Ok(title),
    }
}

fn changed(conversation_id: ThreadId) -> Json<ChangedView> {
    Json(ChangedView { ok: true, conversation_id })
}
