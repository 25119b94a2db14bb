//! A fake editor.

use std::sync::Mutex;
use std::time::Duration;

use bridge::editor::{ConversationTab, Editor, EditorError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use model::approval::Answer;
use model::approval::Approval;
use model::ids::ThreadId;

/// An editor whose tabs are a list.
#[derive(Debug, Default)]
pub(crate) struct FakeEditor {
    pub(crate) open: Mutex<Vec<String>>,
    pub(crate) drafts: Mutex<u32>,
    /// Whether tabs cannot be shown.
    pub(crate) fails_to_reveal: bool,
    /// The immediate answer to every approval. Without one, approvals are never answered.
    pub(crate) answer: Option<Answer>,
    /// The approvals that the editor was asked to decide.
    pub(crate) requested: Mutex<Vec<Approval>>,
    /// The resolved approvals that the editor was notified of.
    pub(crate) resolved: Mutex<Vec<Approval>>,
}

impl FakeEditor {
    fn tabs(&self) -> Vec<ConversationTab> {
        let open = self.open.lock().unwrap();
        let last = open.len().saturating_sub(1);
        let tab = |(index, id): (usize, &String)| ConversationTab {
            conversation_id: id.as_str().into(),
            title: id.clone(),
            is_active: index == last,
            view_column: 1,
            group_index: 0,
            tab_index: u32::try_from(index).unwrap(),
            uri: format!("openai-codex://route/local/{id}"),
        };
        open.iter().enumerate().map(tab).collect()
    }
}

impl Editor for FakeEditor {
    fn open_conversations(&self) -> BoxFuture<'_, Result<Vec<ConversationTab>, EditorError>> {
        async { Ok(self.tabs()) }.boxed()
    }

    fn current_conversation(&self) -> BoxFuture<'_, Result<Option<ConversationTab>, EditorError>> {
        async { Ok(self.tabs().pop()) }.boxed()
    }

    fn reveal_conversation<'a>(
        &'a self,
        conversation_id: &'a ThreadId,
        _: Duration,
    ) -> BoxFuture<'a, Result<ConversationTab, EditorError>> {
        async move {
            if self.fails_to_reveal {
                return Err(EditorError("no such editor".into()));
            }
            self.open.lock().unwrap().push(conversation_id.to_owned().into());
            Ok(self.tabs().pop().unwrap())
        }
        .boxed()
    }

    fn open_draft(&self) -> BoxFuture<'_, Result<(), EditorError>> {
        async {
            *self.drafts.lock().unwrap() += 1;
            Ok(())
        }
        .boxed()
    }

    fn ask_approval<'a>(
        &'a self,
        approval: &'a Approval,
    ) -> BoxFuture<'a, Result<Option<Answer>, EditorError>> {
        self.requested.lock().unwrap().push(approval.clone());
        match self.answer.clone() {
            Some(answer) => async move { Ok(Some(answer)) }.boxed(),
            None => std::future::pending().boxed(),
        }
    }

    fn approval_resolved<'a>(&'a self, approval: &'a Approval) -> BoxFuture<'a, Result<(), EditorError>> {
        self.resolved.lock().unwrap().push(approval.clone());
        async { Ok(()) }.boxed()
    }
}
