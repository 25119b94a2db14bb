//! `/conversations`, `/conversations/{conversationId}`: Codex's own history.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::conversations::{Conversation, ConversationPage, Holder};
use codex::protocol::{Thread, ThreadListQuery};
use model::clock::Timestamp;
use model::ids::ThreadId;
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
    /// Only those whose title has this in it.
    search: Option<String>,
    /// Only those that were put away (`true`), or only the others (`false`, the default).
    archived: Option<bool>,
    /// Only those of this working folder.
    cwd: Option<String>,
    /// Only those of these sources, for example `vscode,cli,exec`. Default: those that people see.
    source: Option<String>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    /// At most so many, 1 to 100. Default: 50.
    limit: Option<u32>,
}

/// Query of `GET /conversations/{conversationId}`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct GetConversationQuery {
    /// Whether the turns with their items come along. Default: yes.
    turns: Option<bool>,
}

/// A conversation of Codex's history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConversationView {
    conversation_id: ThreadId,
    /// What it is called, where somebody named it.
    title: Option<String>,
    /// Usually its first message.
    preview: Option<String>,
    cwd: Option<String>,
    /// Where it came from, for example `vscode`, `cli` or `exec`.
    source: String,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    model: Option<String>,
    model_provider: Option<String>,
    /// The conversation that it is a copy of, where Codex tells.
    forked_from_conversation_id: Option<ThreadId>,
    /// The conversation whose agent started it.
    parent_conversation_id: Option<ThreadId>,
    owner: OwnerView,
    /// The turns with their items, as Codex sent them, oldest first; only where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    turns: Option<Vec<Value>>,
}

/// Who may write a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnerView {
    /// `nobody`, `bridge` (a turn of this bridge runs), `other` (another process), or `unknown` where the operating system
    /// does not tell.
    kind: &'static str,
    /// The other process.
    pid: Option<u32>,
    /// What it is.
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
    /// Asks for the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// Reply of `GET /conversations/{conversationId}`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OneConversationView {
    /// Always `true`.
    ok: bool,
    conversation: ConversationView,
}

/// Lists Codex's history, newest first, with who holds each conversation.
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
    let conversations = conversations.into_iter().map(|one| view(one, false)).collect();
    Ok(Json(ConversationsView { ok: true, conversations, next_cursor }))
}

/// One conversation with its turns and their items.
#[utoipa::path(get, path = "/conversations/{conversationId}", tag = "conversations",
    params(("conversationId" = String, Path), GetConversationQuery), responses(
    (status = OK, description = "The conversation", body = OneConversationView),
))]
pub(crate) async fn get_conversation(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
    QueryOf(query): QueryOf<GetConversationQuery>,
) -> Result<Json<OneConversationView>, RequestError> {
    let with_turns = query.turns.unwrap_or(true);
    let conversation = app.conversations.conversation(&conversation_id, with_turns).await?;
    Ok(Json(OneConversationView { ok: true, conversation: view(conversation, with_turns) }))
}

fn view(conversation: Conversation, with_turns: bool) -> ConversationView {
    let Conversation { thread, holder } = conversation;
    let owner = OwnerView::of(holder);
    let source = thread.source_name();
    let cwd = thread.folder();
    let Thread { id, name, preview, created_at, updated_at, model, model_provider, turns, .. } = thread;
    let seconds =
        |seconds: Option<i64>| seconds.map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1000)));
    let turns = turns.into_iter().map(|turn| {
        json!({
            "turnId": turn.id,
            "status": turn.status,
            "error": turn.error,
            "items": turn.items,
            "completedAt": seconds(turn.completed_at),
            "durationMs": turn.duration_ms,
        })
    });
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
        turns: with_turns.then(|| turns.collect()),
    }
}
