//! `/conversations` and `/conversations/{conversationId}`: Codex's history.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::conversations::{Conversation, ConversationPage, Holder, Turns};
use codex::activity::Goal;
use codex::protocol::{Thread, ThreadListQuery, Turn, TurnQuery};
use model::activity::{ConversationActivity, GoalView};
use model::clock::Timestamp;
use model::ids::ThreadId;
use model::job::FailureCause;
use model::limits;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::extract::{PathParameter, QueryOf, page_limit};
use crate::request_error::RequestError;

/// Query of `GET /conversations`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ListConversationsQuery {
    /// Only conversations whose title contains this string.
    search: Option<String>,
    /// Only archived conversations (`true`), or only conversations that are not archived (`false`, the
    /// default).
    archived: Option<bool>,
    /// Only conversations with this working directory.
    cwd: Option<String>,
    /// Only conversations from these sources, for example `vscode,cli,exec`. Default: the sources that people
    /// use.
    source: Option<String>,
    /// The `nextCursor` of the previous page.
    cursor: Option<String>,
    /// The maximum number of conversations, 1 to 100. Default: 50.
    limit: Option<u32>,
}

/// Query of `GET /conversations/{conversationId}`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct GetConversationQuery {
    /// Whether to include the turns with their items. Default: `true`.
    turns: Option<bool>,
    /// The `nextCursor` of the page with newer turns.
    cursor: Option<String>,
    /// The maximum number of turns, 1 to 1000. Default: all turns, or the newest ones if the conversation is
    /// larger than 16 MiB.
    limit: Option<u32>,
}

/// A conversation of Codex's history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConversationView {
    conversation_id: ThreadId,
    /// The title, if the conversation has one.
    title: Option<String>,
    /// Usually the first message.
    preview: Option<String>,
    cwd: Option<String>,
    /// Where the conversation originated, for example `vscode`, `cli` or `exec`.
    source: String,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    model: Option<String>,
    model_provider: Option<String>,
    /// The conversation that this one is a copy of, if Codex reports it.
    forked_from_conversation_id: Option<ThreadId>,
    /// The conversation whose agent started this one.
    parent_conversation_id: Option<ThreadId>,
    owner: OwnerView,
    /// The running turn, whoever started it, if this bridge has the conversation loaded. `null` while it is
    /// idle.
    activity: Option<ConversationActivity>,
    /// The goal, if this bridge has the conversation loaded and Codex reported one. `GET
    /// /conversations/{conversationId}/goal` reads it in any case.
    #[schema(value_type = Option<GoalView>)]
    goal: Option<Goal>,
    /// The turns with their items in Codex's format, oldest first. Left out if not requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    turns: Option<Vec<Value>>,
}

/// The process that is the writer of a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnerView {
    /// `nobody`, `bridge` (this bridge runs a turn), `other` (another process), or `unknown` if the operating
    /// system does not show the owner.
    kind: &'static str,
    /// The process id of the other process.
    pid: Option<u32>,
    /// The name of the other process's program.
    program: Option<String>,
}

impl OwnerView {
    pub(crate) fn of(holder: Holder) -> Self {
        let (kind, owner) = match holder {
            Holder::Nobody => ("nobody", None),
            Holder::Bridge => ("bridge", None),
            Holder::Other(owner) => ("other", Some(owner)),
            Holder::Unknown => ("unknown", None),
        };
        Self { kind, pid: owner.as_ref().map(|owner| owner.pid), program: owner.map(|owner| owner.program) }
    }
}

/// Reply of `GET /conversations`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConversationsView {
    /// Always `true`.
    ok: bool,
    /// Newest first.
    conversations: Vec<ConversationView>,
    /// The cursor of the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// Reply of `GET /conversations/{conversationId}`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OneConversationView {
    /// Always `true`.
    ok: bool,
    conversation: ConversationView,
    /// The cursor of the next page, which has older turns; `null` if there are none.
    next_cursor: Option<String>,
}

/// Lists Codex's conversations with their owners, newest first.
#[utoipa::path(get, path = "/conversations", tag = "conversations", params(ListConversationsQuery), responses(
    (status = OK, description = "Conversations", body = ConversationsView),
))]
pub(crate) async fn list_conversations(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<ListConversationsQuery>,
) -> Result<Json<ConversationsView>, RequestError> {
    let limit = page_limit(query.limit, 50, limits::CONVERSATIONS_PAGE_MAX)?;
    let sources = query.source.as_deref().unwrap_or_default();
    let query = ThreadListQuery {
        search_term: query.search.filter(|search| !search.is_empty()),
        cursor: query.cursor,
        limit: Some(limit),
        archived: query.archived.unwrap_or(false),
        cwd: query.cwd.map(Into::into),
        source_kinds: sources.split(',').filter(|source| !source.is_empty()).map(str::to_owned).collect(),
        ..ThreadListQuery::default()
    };
    let ConversationPage { conversations, next_cursor } = app.conversations.history(&query).await?;
    let conversations = conversations.into_iter().map(view).collect();
    Ok(Json(ConversationsView { ok: true, conversations, next_cursor }))
}

/// Returns a conversation with its turns and their items.
///
/// A conversation that is larger than 16 MiB is returned in pages, the newest turns first: `nextCursor` is
/// the `cursor` of the next page.
#[utoipa::path(get, path = "/conversations/{conversationId}", tag = "conversations",
    params(("conversationId" = String, Path), GetConversationQuery), responses(
    (status = OK, description = "The conversation", body = OneConversationView),
))]
pub(crate) async fn get_conversation(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
    QueryOf(query): QueryOf<GetConversationQuery>,
) -> Result<Json<OneConversationView>, RequestError> {
    let GetConversationQuery { turns, cursor, limit } = query;
    let limit = limit.map(|limit| page_limit(Some(limit), limit, limits::TURNS_PAGE_MAX)).transpose()?;
    let turns = match turns {
        Some(false) if cursor.is_some() || limit.is_some() => {
            return Err(RequestError::invalid("turns", "must be true if cursor or limit is given"));
        }
        Some(false) => Turns::Omit,
        Some(true) | None => Turns::Include(TurnQuery { cursor, limit }),
    };
    let has_turns = turns != Turns::Omit;
    let mut conversation = app.conversations.conversation(&conversation_id, turns).await?;
    let turns = std::mem::take(&mut conversation.thread.turns);
    let next_cursor = conversation.older_turns.take();
    let turns = has_turns.then(|| turns.into_iter().map(turn_view).collect());
    let conversation = ConversationView { turns, ..view(conversation) };
    Ok(Json(OneConversationView { ok: true, conversation, next_cursor }))
}

/// Returns a conversation without its turns.
fn view(conversation: Conversation) -> ConversationView {
    let Conversation { thread, holder, state, older_turns: _ } = conversation;
    let owner = OwnerView::of(holder);
    let source = thread.source_name();
    let cwd = thread.folder();
    let Thread { id, name, preview, created_at, updated_at, model, model_provider, .. } = thread;
    ConversationView {
        conversation_id: id,
        title: name,
        preview,
        cwd,
        source,
        created_at: seconds(created_at),
        updated_at: seconds(updated_at),
        model,
        model_provider,
        forked_from_conversation_id: thread.forked_from_id,
        parent_conversation_id: thread.parent_thread_id,
        owner,
        activity: state.activity,
        goal: state.goal,
        turns: None,
    }
}

fn turn_view(turn: Turn) -> Value {
    json!({
        "turnId": turn.id,
        "status": turn.status,
        "error": turn.error.map(|error| json!({
            "message": error.message,
            "cause": FailureCause::of(&error),
            "httpStatus": error.http_status,
        })),
        "items": turn.items,
        "completedAt": seconds(turn.completed_at),
        "durationMs": turn.duration_ms,
    })
}

/// Returns the moment that Codex gives in seconds since the Unix epoch.
fn seconds(seconds: Option<i64>) -> Option<Timestamp> {
    seconds.map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1000)))
}
