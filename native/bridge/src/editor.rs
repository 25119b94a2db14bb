//! What the bridge wants of an editor. VS Code implements it through the addon's callbacks; `codex-bridge serve` has none.

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
    /// The conversation it shows.
    pub conversation_id: ThreadId,
    /// Its label.
    pub title: String,
    /// Whether it is the active tab of its group.
    pub is_active: bool,
    /// Column of its group, from 1.
    pub view_column: u32,
    /// Index of its group, from 0.
    pub group_index: u32,
    /// Index within its group, from 0.
    pub tab_index: u32,
    /// `openai-codex://route/local/<conversationId>`
    pub uri: String,
}

/// Why the editor did not do what was asked, for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EditorError(pub String);

/// An editor with conversation tabs.
pub trait Editor: Debug + Send + Sync {
    /// All open conversation tabs.
    fn open_conversations(&self) -> BoxFuture<'_, Result<Vec<ConversationTab>, EditorError>>;

    /// The conversation tab that has the focus.
    fn current_conversation(&self) -> BoxFuture<'_, Result<Option<ConversationTab>, EditorError>>;

    /// Opens or focuses a conversation's tab; completes when it is there.
    fn reveal_conversation<'a>(
        &'a self,
        conversation_id: &'a ThreadId,
        limit: Duration,
    ) -> BoxFuture<'a, Result<ConversationTab, EditorError>>;

    /// Opens a blank draft.
    fn open_draft(&self) -> BoxFuture<'_, Result<(), EditorError>>;

    /// Asks the person to decide; `None` when they do not, or need not any more. May take for ever.
    fn ask_approval<'a>(
        &'a self,
        approval: &'a Approval,
    ) -> BoxFuture<'a, Result<Option<Answer>, EditorError>>;

    /// What it knows of the code that is open in it, where it runs language servers. Asked once, when the bridge starts.
    fn code(&self) -> Option<Arc<dyn context::Editor>> {
        None
    }

    /// Somebody or something else resolved the approval that the person was asked about.
    fn approval_resolved<'a>(&'a self, approval: &'a Approval) -> BoxFuture<'a, Result<(), EditorError>>;
}
