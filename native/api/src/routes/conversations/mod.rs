//! `/conversations…`: starting and continuing conversations, and the editor's tabs. The other routes are in
//! [`history`], [`actions`] and [`queue`].

pub(super) mod actions;
pub(super) mod goal;
pub(super) mod history;
pub(super) mod queue;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::conversations::message::{Message, MessageBody, NewConversation};
use bridge::editor::ConversationTab;
use bridge::error::Error;
use model::ids::{JobId, ThreadId};
use serde::Serialize;
use utoipa::ToSchema;

use super::health::EditorView;
use super::validate_blocking;
use crate::App;
use crate::extract::{JsonBody, NewJobId, PathParameter};
use crate::request_error::RequestError;
use crate::sent_view::SentView;

/// Reply of `POST /conversations` without a message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DraftView {
    /// Always `true`.
    ok: bool,
    /// Always `null`: Codex creates the conversation when its first message is sent.
    conversation_id: Option<ThreadId>,
    /// Always `false`.
    sent: bool,
    /// Always `true`.
    draft: bool,
    /// Always `true`.
    opened: bool,
    /// Problems with the request, for example a misspelled `message`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// Reply of `POST /conversations`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum CreatedView {
    /// A conversation with a first message.
    Sent(Box<SentView>),
    /// An empty draft in the editor.
    Draft(DraftView),
}

/// Reply of `GET /conversations/open`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenConversationsView {
    /// Always `true`.
    ok: bool,
    conversations: Vec<ConversationTab>,
    editor: EditorView,
}

/// Reply of `GET /conversations/current`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CurrentConversationView {
    /// Always `true`.
    ok: bool,
    /// The conversation in the focused tab.
    conversation: Option<CurrentView>,
    editor: EditorView,
}

/// The conversation in the focused tab.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CurrentView {
    conversation_id: ThreadId,
    /// The label of the tab.
    title: String,
    /// `openai-codex://route/local/<conversationId>`
    uri: String,
}

/// Starts a conversation with a first message, or opens an empty draft in the editor if there is no message.
#[utoipa::path(post, path = "/conversations", tag = "conversations", request_body = MessageBody, responses(
    (status = OK, description = "The turn has started, or the draft is open", body = CreatedView),
))]
pub(super) async fn create_conversation(
    State(app): State<Arc<App>>,
    NewJobId(job_id): NewJobId,
    JsonBody { body, unknown }: JsonBody<MessageBody>,
) -> Result<Json<CreatedView>, RequestError> {
    let defaults = app.defaults.clone();
    match validate_blocking(move || body.into_new_conversation(job_id, &defaults)).await? {
        NewConversation::Draft => {
            app.conversations.open_draft().await?;
            let warnings = unknown.into_iter().map(unknown_field).collect();
            let draft = DraftView {
                ok: true,
                conversation_id: None,
                sent: false,
                draft: true,
                opened: true,
                warnings,
            };
            Ok(Json(CreatedView::Draft(draft)))
        }
        NewConversation::Message(message) => {
            let sent = app.conversations.create(with_warnings(*message, unknown)).await?;
            Ok(Json(CreatedView::Sent(Box::new(SentView::new(sent, None)))))
        }
    }
}

/// Lists the open conversation tabs.
#[utoipa::path(get, path = "/conversations/open", tag = "conversations", responses(
    (status = OK, description = "The tabs", body = OpenConversationsView),
))]
pub(super) async fn list_open_conversations(
    State(app): State<Arc<App>>,
) -> Result<Json<OpenConversationsView>, RequestError> {
    let (conversations, editor) = match app.conversations.open_tabs().await? {
        Some(tabs) => (tabs, EditorView::available()),
        None => (Vec::new(), EditorView::unavailable()),
    };
    Ok(Json(OpenConversationsView { ok: true, conversations, editor }))
}

/// Returns the conversation in the focused tab.
#[utoipa::path(get, path = "/conversations/current", tag = "conversations", responses(
    (status = OK, description = "The conversation, or `null` if no tab has the focus",
        body = CurrentConversationView),
))]
pub(super) async fn get_current_conversation(
    State(app): State<Arc<App>>,
) -> Result<Json<CurrentConversationView>, RequestError> {
    if !app.conversations.has_editor() {
        let editor = EditorView::unavailable();
        return Ok(Json(CurrentConversationView { ok: true, conversation: None, editor }));
    }
    let conversation = app.conversations.current_tab().await?.map(|tab| CurrentView {
        conversation_id: tab.conversation_id,
        title: tab.title,
        uri: tab.uri,
    });
    Ok(Json(CurrentConversationView { ok: true, conversation, editor: EditorView::available() }))
}

/// Sends a message to the conversation in the focused tab.
#[utoipa::path(post, path = "/conversations/current/messages", tag = "conversations",
    request_body = MessageBody, responses(
    (status = OK, description = "The turn has started or is queued", body = SentView),
))]
pub(super) async fn send_to_current_conversation(
    State(app): State<Arc<App>>,
    NewJobId(job_id): NewJobId,
    body: JsonBody<MessageBody>,
) -> Result<Json<SentView>, RequestError> {
    let message = continuation(&app, job_id, body).await?;
    let tab = app.conversations.current_tab().await?.ok_or(Error::NoCurrentConversation)?;
    send(&app, tab.conversation_id, message).await
}

/// Sends a message to a conversation.
#[utoipa::path(post, path = "/conversations/{conversationId}/messages", tag = "conversations",
    params(("conversationId" = String, Path)), request_body = MessageBody, responses(
    (status = OK, description = "The turn has started or is queued", body = SentView),
))]
pub(super) async fn send_to_conversation(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
    NewJobId(job_id): NewJobId,
    body: JsonBody<MessageBody>,
) -> Result<Json<SentView>, RequestError> {
    let message = continuation(&app, job_id, body).await?;
    send(&app, conversation_id, message).await
}

async fn continuation(
    app: &App,
    job_id: JobId,
    body: JsonBody<MessageBody>,
) -> Result<Message, RequestError> {
    let JsonBody { body, unknown } = body;
    let defaults = app.defaults.clone();
    let message = validate_blocking(move || body.into_continuation(job_id, &defaults)).await?;
    Ok(with_warnings(message, unknown))
}

async fn send(
    app: &App,
    conversation_id: ThreadId,
    message: Message,
) -> Result<Json<SentView>, RequestError> {
    let sent = app.conversations.send(&conversation_id, message).await?;
    Ok(Json(SentView::new(sent, Some(conversation_id))))
}

pub(super) fn with_warnings(mut message: Message, unknown: Vec<String>) -> Message {
    message.warnings.extend(unknown.into_iter().map(unknown_field));
    message
}

#[expect(clippy::needless_pass_by_value, reason = "for use as a function over owned names")]
fn unknown_field(name: String) -> String {
    format!("{name}: unknown field, ignored")
}
