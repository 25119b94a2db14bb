//! What can be done to a conversation itself.
//!
//! Compacting and rolling back need its writer, so they take their place among its turns and refuse to wait
//! behind one; naming, forking and showing need none and are possible at any time, whoever owns it.

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

use super::raw::RawCall;
use super::registry::{Place, Work};
use super::thread::{Access, ThreadTask, unsubscribe};
use super::{Conversations, editor_failed, send_timeout};
use crate::editor::ConversationTab;
use crate::error::Error;

/// A change that needs the conversation for itself.
#[derive(Debug)]
pub(super) enum Action {
    /// Replace what the model sees of the history by a summary.
    Compact,
    /// Take turns back from its end.
    RollBack(RollBack),
    /// Put it away.
    Archive,
    /// Load it in the session that it lives in.
    Load,
    /// Call a method of Codex that needs it for itself.
    Raw(RawCall),
}

impl Conversations {
    /// Replaces what the model sees of the history by a summary; returns when that is done.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn compact(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        self.act(conversation_id, Action::Compact).await?;
        self.record("conversation.compacted", conversation_id, &json!({})).await;
        Ok(())
    }

    /// Takes turns back from the end. Files stay as they are.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn roll_back(&self, conversation_id: &ThreadId, what: RollBack) -> Result<(), Error> {
        self.act(conversation_id, Action::RollBack(what)).await?;
        self.record("conversation.rolled_back", conversation_id, &json!({})).await;
        Ok(())
    }

    /// Puts the conversation away.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn archive(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        self.act(conversation_id, Action::Archive).await?;
        self.record("conversation.archived", conversation_id, &json!({})).await;
        Ok(())
    }

    /// Loads it in the session that it lives in, where it stays.
    ///
    /// # Errors
    /// [`Error`].
    pub(crate) async fn load(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        self.act(conversation_id, Action::Load).await
    }

    /// Takes it back out.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn unarchive(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        self.on_closed(conversation_id, async |server| {
            server.connection.thread_unarchive(conversation_id).await
        })
        .await
    }

    /// Gives it a title.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn rename(&self, conversation_id: &ThreadId, title: &str) -> Result<(), Error> {
        self.on_closed(conversation_id, async |server| {
            server.connection.thread_set_name(conversation_id, title).await
        })
        .await?;
        self.record("conversation.renamed", conversation_id, &json!({"title": title})).await;
        Ok(())
    }

    /// Makes a conversation that has a title and no turn yet, stored, and loaded by nobody; returns its id.
    ///
    /// # Errors
    /// [`Error`]; Codex keeps nothing of it then.
    pub async fn start_empty(&self, options: &ThreadOptions, title: &str) -> Result<String, Error> {
        let server = self.inner.router.shared().ready().await?;
        let (thread, _watch) = server.connection.thread_start(options).await?;
        let stored = async {
            // Writes the thread's file; what it was started with is kept only from then on.
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
        Ok(thread.id.into())
    }

    /// Makes a copy that goes its own way; returns its id.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn fork(
        &self,
        conversation_id: &ThreadId,
        options: &ThreadOptions,
        point: &ForkPoint,
        title: Option<&str>,
    ) -> Result<String, Error> {
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
        Ok(fork.id.into())
    }

    /// Makes a copy, loaded here and watched.
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

    /// Shows it in the editor.
    ///
    /// # Errors
    /// [`Error::EditorUnavailable`], [`Error::EditorFailed`].
    pub async fn open(&self, conversation_id: &ThreadId, limit: Duration) -> Result<ConversationTab, Error> {
        let editor = self.editor("Open it with `codex resume` in a terminal.")?;
        editor.reveal_conversation(conversation_id, limit).await.map_err(editor_failed)
    }

    /// Makes sure that the bridge does not hold the conversation. It never does while none of its turns runs.
    ///
    /// # Errors
    /// [`Error::ConversationBusy`] while one does.
    pub fn release(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        if self.inner.registry.is_active(conversation_id) {
            return Err(Error::ConversationBusy(conversation_id.to_owned().into()));
        }
        Ok(())
    }

    /// Tells whoever listens that a conversation was changed.
    async fn record(&self, event_type: &str, conversation_id: &ThreadId, payload: &Value) {
        let event = Event::new(Timestamp::now(), event_type, &payload)
            .about_conversation(Some(conversation_id.to_owned()));
        if let Err(error) = self.inner.jobs.events().record(event).await {
            tracing::error!(%error, event_type, "cannot record an event");
        }
    }

    pub(super) async fn act(&self, conversation_id: &ThreadId, action: Action) -> Result<(), Error> {
        let (done, outcome) = oneshot::channel();
        match self.inner.registry.enqueue(conversation_id, Work::Act { action, done }) {
            Place::Front(work) => self.start_task(conversation_id, work, None),
            // The next thing that its task does, or behind another change of it.
            Place::Next | Place::Behind => {}
            Place::Refused(_, error) => return Err(error),
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
        let of_this = |error| Error::of_conversation(&id, error);
        if matches!(action, Action::Archive) {
            self.release().await;
            let archived = self.conversations.on_closed(&self.thread_id, async |server| {
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
        // What others queued on it has begun by now, or is about to.
        self.finish_turns_of_others(None).await;
        let Some(loaded) = &self.loaded else { return Err(Error::Stopping) };
        let connection = &loaded.server.connection;
        match action {
            Action::Compact => {
                connection.thread_compact(&self.thread_id).await.map_err(of_this)?;
                self.finish_turn_that_begins().await?;
            }
            Action::RollBack(what) => {
                let rolled_back =
                    connection.thread_roll_back(&loaded.server.methods, &self.thread_id, &what).await;
                rolled_back.map_err(|error| roll_back_failed(&self.thread_id, error))?;
            }
            Action::Archive | Action::Load | Action::Raw(_) => {}
        }
        Ok(())
    }

    /// Loads the thread, if it is not, where nobody else has it.
    pub(super) async fn load_for_action(&mut self) -> Result<(), Error> {
        if self.loaded.is_some() {
            return Ok(());
        }
        let deadline = Instant::now() + limits::ACTION_TIMEOUT;
        match self.resume(&ThreadOptions::default(), deadline).await? {
            Some(Access::Ours) => Ok(()),
            Some(Access::OwnedElsewhere(_)) => Err(self.conversations.owned_elsewhere(&self.thread_id).await),
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
