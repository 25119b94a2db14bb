//! The interface between the bridge and an editor. VS Code implements it through the addon's callbacks.
//! `codex-bridge serve` has no editor.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use model::approval::{Answer, Approval};
use model::ids::ThreadId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An open conversation tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationTab {
    /// The conversation that the tab shows.
    pub conversation_id: ThreadId,
    /// The label of the tab.
    pub title: String,
    /// Whether the tab is the active one of its group.
    pub is_active: bool,
    /// The column of the tab group, starting at 1.
    pub view_column: u32,
    /// The index of the tab group, starting at 0.
    pub group_index: u32,
    /// The index of the tab within its group, starting at 0.
    pub tab_index: u32,
    /// `openai-codex://route/local/<conversationId>`
    pub uri: String,
}

/// The reason why the editor failed to do what was requested, as a message for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EditorError(pub String);

/// An editor with conversation tabs.
pub trait Editor: Debug + Send + Sync {
    /// Returns all open conversation tabs.
    fn open_conversations(&self) -> BoxFuture<'_, Result<Vec<ConversationTab>, EditorError>>;

    /// Returns the conversation tab that has the focus.
    fn current_conversation(&self) -> BoxFuture<'_, Result<Option<ConversationTab>, EditorError>>;

    /// Opens or focuses the tab of a conversation. Completes when the tab is open.
    fn reveal_conversation<'a>(
        &'a self,
        conversation_id: &'a ThreadId,
        limit: Duration,
    ) -> BoxFuture<'a, Result<ConversationTab, EditorError>>;

    /// Opens an empty draft of a new conversation.
    fn open_draft(&self) -> BoxFuture<'_, Result<(), EditorError>>;

    /// Asks the person to decide. Returns `None` if they do not decide, or no longer need to. May never
    /// complete.
    fn ask_approval<'a>(
        &'a self,
        approval: &'a Approval,
    ) -> BoxFuture<'a, Result<Option<Answer>, EditorError>>;

    /// Returns access to the language servers that the editor runs, if it runs any. Called once, when the
    /// bridge starts.
    fn code(&self) -> Option<Arc<dyn context::Editor>> {
        None
    }

    /// Tells the editor that the approval it asks about was resolved elsewhere.
    fn approval_resolved<'a>(&'a self, approval: &'a Approval) -> BoxFuture<'a, Result<(), EditorError>>;
}
