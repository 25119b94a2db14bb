//! Changes of a conversation itself.
//!
//! Compacting and rolling back need the conversation's writer. They are work items like its turns, but they
//! are refused while a job runs or waits. Naming, forking and showing do not need the writer and are possible
//! at any time, whichever process owns the conversation.

use std::time::Duration;

use codex::app_server::AppServer;
use codex::connection::ThreadWatch;
use codex::protocol::{ForkPoint, RollBack, RollBackError, Thread, ThreadOptions};
use model::clock::Timestamp;
use model::event::Event;
use model::ids::ThreadId;
use model::limits;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::registry::Placement;
use super::thread::{Access, ThreadTask, unsubscribe};
use super::work::{Action, WorkItem};
use super::{Conversations, editor_failed, send_timeout};
use crate::editor::ConversationTab;
use crate::error::Error;

impl Conversations {
    /// Replaces the history that the model sees by a summary. Returns when the summary is complete.
    ///
    /// # Errors
    /// [`Error::ConversationBusy`], [`Error::ConversationOwnedElsewhere`] or [`Error::ConversationNotFound`]
    /// if the conversation cannot be changed; [`Error::CodexFailed`] if the summary fails.
    pub async fn compact(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        self.act(conversation_id, Action::Compact).await?;
        self.record("conversation.compacted", conversation_id, &json!({})).await;
        Ok(())
    }

    /// Removes turns from the end of the conversation. Files stay as they are.
    ///
    /// # Errors
    /// [`Error::ConversationBusy`], [`Error::ConversationOwnedElsewhere`] or [`Error::ConversationNotFound`]
    /// if the conversation cannot be changed; [`Error::Invalid`] if it does not have these turns.
    pub async fn roll_back(&self, conversation_id: &ThreadId, target: RollBack) -> Result<(), Error> {
        self.act(conversation_id, Action::RollBack(target)).await?;
        self.record("conversation.rolled_back", conversation_id, &json!({})).await;
        Ok(())
    }

    /// Archives the conversation.
    ///
    /// # Errors
    /// [`Error::ConversationBusy`], [`Error::ConversationOwnedElsewhere`] or [`Error::ConversationNotFound`].
    pub async fn archive(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        self.act(conversation_id, Action::Archive).await?;
        self.record("conversation.archived", conversation_id, &json!({})).await;
        Ok(())
    }

    /// Loads the conversation in the app-server that it is pinned to, where it stays loaded.
    ///
    /// # Errors
    /// [`Error::ConversationBusy`], [`Error::ConversationOwnedElsewhere`] or [`Error::ConversationNotFound`].
    pub(crate) async fn load(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        self.act(conversation_id, Action::Load).await
    }

    /// Unarchives the conversation.
    ///
    /// # Errors
    /// [`Error::ConversationNotFound`], [`Error::Codex`].
    pub async fn unarchive(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        self.retry_while_closing(conversation_id, async |server| {
            server.connection.thread_unarchive(conversation_id).await
        })
        .await?;
        self.record("conversation.unarchived", conversation_id, &json!({})).await;
        Ok(())
    }

    /// Sets the title of the conversation.
    ///
    /// # Errors
    /// [`Error::ConversationNotFound`], [`Error::Codex`].
    pub async fn rename(&self, conversation_id: &ThreadId, title: &str) -> Result<(), Error> {
        self.retry_while_closing(conversation_id, async |server| {
            server.connection.thread_set_name(conversation_id, title).await
        })
        .await?;
        self.record("conversation.renamed", conversation_id, &json!({"title": title})).await;
        Ok(())
    }

    /// Creates a conversation that has a title but no turn, and returns its id. The conversation is stored,
    /// and no process has it loaded.
    ///
    /// # Errors
    /// [`Error::Codex`] if Codex refuses a step. Codex keeps nothing of the conversation then.
    pub async fn start_empty(&self, options: &ThreadOptions, title: &str) -> Result<ThreadId, Error> {
        let server = self.inner.router.shared().ready().await?;
        let (thread, _watch) = server.connection.thread_start(options).await?;
        let stored = async {
            // Naming the thread writes its file. Codex keeps the start options only from then on.
            server.connection.thread_set_name(&thread.id, title).await?;
            if server.methods.has("thread/settings/update") {
                server.connection.thread_update_settings(&thread.id, options).await?;
            }
            match &options.developer_instructions {
                Some(text) => server.connection.thread_inject_developer_message(&thread.id, text).await,
                None => Ok(()),
            }
        };
        let stored = stored.await;
        unsubscribe(&server, &thread.id).await;
        self.inner.registry.note_released(&thread.id);
        stored?;
        self.record("conversation.created", &thread.id, &json!({"title": title})).await;
        Ok(thread.id)
    }

    /// Forks the conversation and returns the id of the copy.
    ///
    /// # Errors
    /// [`Error::ConversationNotFound`]; [`Error::Invalid`] if the conversation does not have the turn of
    /// `point`; [`Error::UnsupportedByCodex`], [`Error::Codex`].
    pub async fn fork(
        &self,
        conversation_id: &ThreadId,
        options: &ThreadOptions,
        point: &ForkPoint,
        title: Option<&str>,
    ) -> Result<ThreadId, Error> {
        let server = self.inner.router.supervisor_of(conversation_id).ready().await?;
        let (fork, _watch) = self.fork_on(&server, conversation_id, options, point).await?;
        if let Some(title) = title
            && let Err(error) = server.connection.thread_set_name(&fork.id, title).await
        {
            tracing::warn!(%error, "cannot name the fork");
        }
        unsubscribe(&server, &fork.id).await;
        self.inner.registry.note_released(&fork.id);
        let payload = json!({"forkedFromConversationId": conversation_id});
        self.record("conversation.forked", &fork.id, &payload).await;
        Ok(fork.id)
    }

    /// Forks the conversation. The copy is loaded in `server`.
    pub(super) async fn fork_on(
        &self,
        server: &AppServer,
        conversation_id: &ThreadId,
        options: &ThreadOptions,
        point: &ForkPoint,
    ) -> Result<(Thread, ThreadWatch), Error> {
        loop {
            let forked =
                server.connection.thread_fork(&server.methods, conversation_id, options, point).await;
            match forked.map_err(|error| roll_back_failed(conversation_id, error)) {
                Err(Error::ConversationNotFound(_)) if self.inner.registry.is_closing(conversation_id) => {
                    tokio::time::sleep(limits::CLOSING_RETRY_INTERVAL).await;
                }
                forked => return forked,
            }
        }
    }

    /// Shows the conversation in the editor.
    ///
    /// # Errors
    /// [`Error::EditorUnavailable`], [`Error::EditorFailed`].
    pub async fn open(&self, conversation_id: &ThreadId, limit: Duration) -> Result<ConversationTab, Error> {
        let editor = self.editor("Open the conversation with `codex resume` in a terminal.")?;
        editor.reveal_conversation(conversation_id, limit).await.map_err(editor_failed)
    }

    /// Makes sure that the bridge does not hold the conversation's writer. The bridge never holds it without
    /// work. Interrupts what runs there and belongs to no job, for example the turns of a goal.
    ///
    /// # Errors
    /// [`Error::ConversationBusy`] while the conversation has work; [`Error::ConversationNotFound`];
    /// [`Error::Codex`] if Codex does not answer.
    pub async fn release(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        let registry = &self.inner.registry;
        if !registry.is_active(conversation_id) {
            return self.check_exists(conversation_id).await;
        }
        let deadline = Instant::now() + limits::CANCEL_WAIT;
        let has_pinned_task = self.inner.router.pinned_until(conversation_id).is_some();
        while registry.is_active(conversation_id) {
            if registry.is_busy(conversation_id) || has_pinned_task || Instant::now() >= deadline {
                return Err(Error::ConversationBusy(conversation_id.to_string()));
            }
            self.interrupt_activity(conversation_id).await?;
            tokio::time::sleep(limits::CLOSING_RETRY_INTERVAL).await;
        }
        Ok(())
    }

    /// Records the event that a conversation was changed.
    async fn record(&self, event_type: &str, conversation_id: &ThreadId, payload: &Value) {
        let event = Event::new(Timestamp::now(), event_type, &payload)
            .about_conversation(Some(conversation_id.to_owned()));
        if let Err(error) = self.inner.jobs.events().record(event).await {
            tracing::error!(%error, event_type, "cannot record an event");
        }
    }

    pub(super) async fn act(&self, conversation_id: &ThreadId, action: Action) -> Result<(), Error> {
        let (done, outcome) = oneshot::channel();
        match self.inner.registry.enqueue(conversation_id, WorkItem::Act { action, done }) {
            Placement::Front(work) => self.start_task(conversation_id, work, None),
            // The conversation's task carries it out.
            Placement::Next | Placement::Behind => {}
            Placement::Refused(_, error) => return Err(error),
        }
        outcome.await.map_err(|_| Error::Stopping)?
    }
}

impl ThreadTask {
    pub(super) async fn act(&mut self, action: Action) -> Result<(), Error> {
        let id = self.thread_id.clone();
        let action = match action {
            Action::Raw(call) => {
                self.call(call).await;
                return Ok(());
            }
            action => action,
        };
        let codex_error = |error| Error::of_conversation(&id, error);
        if matches!(action, Action::Archive) {
            self.release().await;
            let archived = self.conversations.retry_while_closing(&self.thread_id, async |server| {
                server.connection.thread_archive(&self.thread_id).await
            });
            return match archived.await {
                Err(Error::ConversationOwnedElsewhere { .. }) => {
                    Err(self.conversations.owned_elsewhere(&self.thread_id).await)
                }
                archived => archived,
            };
        }
        self.load_for_action().await?;
        self.wait_for_idle().await?;
        let Some(loaded) = &self.loaded else { return Err(Error::Stopping) };
        let connection = &loaded.server.connection;
        match action {
            Action::Compact => {
                connection.thread_compact(&self.thread_id).await.map_err(codex_error)?;
                self.follow_new_turn().await?;
            }
            Action::RollBack(target) => {
                let rolled_back =
                    connection.thread_roll_back(&loaded.server.methods, &self.thread_id, &target).await;
                rolled_back.map_err(|error| roll_back_failed(&self.thread_id, error))?;
            }
            Action::Archive | Action::Load | Action::Raw(_) => {}
        }
        Ok(())
    }

    /// Loads the thread unless it is loaded. Fails if another process owns it.
    pub(super) async fn load_for_action(&mut self) -> Result<(), Error> {
        if self.loaded.is_some() {
            return Ok(());
        }
        let deadline = Instant::now() + limits::ACTION_TIMEOUT;
        match self.resume(&ThreadOptions::default(), deadline).await? {
            Some(Access::Ours) => Ok(()),
            Some(Access::OwnedElsewhere) => Err(self.conversations.owned_elsewhere(&self.thread_id).await),
            None => Err(send_timeout(limits::ACTION_TIMEOUT)),
        }
    }
}

fn roll_back_failed(conversation_id: &ThreadId, error: RollBackError) -> Error {
    match error {
        RollBackError::Call(error) => Error::of_conversation(conversation_id, error),
        RollBackError::TooMany(turns) => {
            Error::invalid("turns", format!("the conversation has only {turns} turns"))
        }
        RollBackError::TurnUnknown(turn_id) => {
            Error::invalid("turnId", format!("the conversation has no turn {turn_id}"))
        }
        RollBackError::Unsupported => Error::UnsupportedByCodex("roll a conversation back"),
    }
}
