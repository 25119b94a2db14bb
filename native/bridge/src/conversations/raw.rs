//! Calls of Codex methods on a conversation, with a method that the caller names.
//!
//! A call that needs exclusive use of the conversation is a work item, like those of [`super::actions`]. The
//! conversation's task loads the thread, makes the call, follows the turn that the call started, and releases
//! the writer. So no such call can join the turn of a job, and none leaves the writer held.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use codex::connection::CallError;
use codex::protocol::Thread;
use codex::rpc::Refusal;
use model::ids::{ThreadId, TurnId};
use model::limits;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Conversations;
use super::thread::{Loaded, ThreadTask, unsubscribe};
use super::work::{Action, Needs, RawCall};
use crate::approvals::Asker;
use crate::error::Error;
use crate::jobs::LiveJob;

impl Conversations {
    /// Returns the job whose turn runs on a conversation, or is about to.
    #[must_use]
    pub fn active_job(&self, conversation_id: &ThreadId) -> Option<Arc<LiveJob>> {
        self.inner.registry.running(conversation_id)
    }

    /// Calls a Codex method with unchanged parameters. The method may name a conversation.
    ///
    /// # Errors
    /// [`Error::ConversationNotFound`] or [`Error::ConversationOwnedElsewhere`] if Codex says so,
    /// [`Error::Codex`] for its other refusals; [`Error::ConversationBusy`] if a job uses the conversation,
    /// or the call could not start in time; [`Error::NoActiveTurn`] if the method needs a turn and none runs.
    pub async fn call_raw(
        &self,
        conversation_id: Option<&ThreadId>,
        method: &str,
        params: Value,
        needs: Needs,
    ) -> Result<Value, Error> {
        let Some(conversation_id) = conversation_id else {
            let server = self.inner.router.shared().ready().await?;
            let result = server.connection.call(method, params, limits::RPC_TIMEOUT).await?;
            if needs == Needs::LoadsNew {
                self.unload_new(&result).await;
            }
            return Ok(result);
        };
        match needs {
            Needs::Nothing => self.call_retrying(conversation_id, method, params).await,
            Needs::LoadsNew => {
                let result = self.call_retrying(conversation_id, method, params).await?;
                self.unload_new(&result).await;
                Ok(result)
            }
            Needs::Turn => {
                self.refuse_if_busy(conversation_id)?;
                self.call_retrying(conversation_id, method, params).await.map_err(|error| match error {
                    // Codex says so if the conversation is not loaded in our app-server, so no turn runs
                    // there.
                    Error::ConversationNotFound(id) => Error::NoActiveTurn(id),
                    error => error,
                })
            }
            Needs::Writer | Needs::WriterForTurn | Needs::Unloaded | Needs::Loads => {
                self.refuse_if_busy(conversation_id)?;
                self.call_exclusively(conversation_id, method, params, needs).await
            }
        }
    }

    fn refuse_if_busy(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        if self.inner.registry.is_busy(conversation_id) {
            return Err(Error::ConversationBusy(conversation_id.to_string()));
        }
        Ok(())
    }

    async fn call_retrying(
        &self,
        conversation_id: &ThreadId,
        method: &str,
        params: Value,
    ) -> Result<Value, Error> {
        self.retry_while_closing(conversation_id, async |server| {
            server.connection.call(method, params.clone(), limits::RPC_TIMEOUT).await
        })
        .await
    }

    /// Unloads the new conversation in `result`, so that any process can load it.
    async fn unload_new(&self, result: &Value) {
        let Some(id) = result.pointer("/thread/id").and_then(Value::as_str) else { return };
        if let Ok(server) = self.inner.router.shared().ready().await {
            unsubscribe(&server, &ThreadId::from(id)).await;
            self.inner.registry.note_released(&ThreadId::from(id));
        }
    }

    async fn call_exclusively(
        &self,
        conversation_id: &ThreadId,
        method: &str,
        params: Value,
        needs: Needs,
    ) -> Result<Value, Error> {
        let (reply, answer) = oneshot::channel();
        let claimed = Arc::new(AtomicBool::new(false));
        let (method, claim) = (method.to_owned(), Arc::clone(&claimed));
        let call = RawCall { method, params, needs, claimed, reply };
        let (this, id) = (self.clone(), conversation_id.to_owned());
        let act = self.inner.tasks.spawn(async move { this.act(&id, Action::Raw(call)).await });
        tokio::pin!(answer);
        let waited = tokio::time::timeout(limits::RPC_WAIT, &mut answer).await;
        let answered = match waited {
            Ok(answered) => answered,
            Err(_) if !claim.swap(true, Ordering::AcqRel) => {
                return Err(Error::ConversationBusy(conversation_id.to_string()));
            }
            Err(_) => answer.await,
        };
        match answered {
            Ok(outcome) => outcome,
            // The call was dropped before it started.
            Err(_) => match act.await {
                Ok(Err(error)) => Err(error),
                _ => Err(Error::Stopping),
            },
        }
    }

    /// Checks that `expected` is the turn that runs on the conversation, or its newest turn if none runs.
    pub(super) async fn check_expected_turn(
        &self,
        conversation_id: &ThreadId,
        expected: &TurnId,
    ) -> Result<(), Error> {
        if let Some(job) = self.active_job(conversation_id) {
            let active_turn_id = job.view().turn_id;
            if active_turn_id.as_ref() == Some(expected) {
                return Ok(());
            }
            return Err(conflict(conversation_id, expected, active_turn_id, None));
        }
        let last = self.retry_while_closing(conversation_id, async |server| {
            server.connection.thread_last_turn(&server.methods, conversation_id).await
        });
        match last.await?.map(|turn| turn.id) {
            Some(last) if last == *expected => Ok(()),
            last => Err(conflict(conversation_id, expected, None, last)),
        }
    }
}

fn conflict(
    thread_id: &ThreadId,
    expected: &TurnId,
    active_turn_id: Option<TurnId>,
    last_turn_id: Option<TurnId>,
) -> Error {
    Error::TurnConflict {
        thread_id: thread_id.to_owned(),
        expected: expected.to_string(),
        active_turn_id,
        last_turn_id,
    }
}

impl ThreadTask {
    /// Checks that `expected` is the newest turn of the thread, which must be loaded here.
    pub(super) async fn check_last_turn(&self, expected: &TurnId) -> Result<(), Error> {
        let Some(Loaded { server, .. }) = &self.loaded else { return Err(Error::Stopping) };
        let last = server.connection.thread_last_turn(&server.methods, &self.thread_id).await?;
        match last.map(|turn| turn.id) {
            Some(last) if last == *expected => Ok(()),
            last => Err(conflict(&self.thread_id, expected, None, last)),
        }
    }

    /// Makes the call, with the thread loaded or unloaded as the method needs it.
    pub(super) async fn call(&mut self, call: RawCall) {
        let RawCall { method, params, needs, claimed, reply } = call;
        if claimed.swap(true, Ordering::AcqRel) {
            return;
        }
        let outcome = match needs {
            Needs::Unloaded => {
                self.release().await;
                self.conversations.call_retrying(&self.thread_id, &method, params).await
            }
            Needs::Loads => self.call_and_load(&method, params).await,
            _ => self.call_with_writer(&method, params).await,
        };
        let outcome = match outcome {
            Err(Error::ConversationOwnedElsewhere { .. }) => {
                Err(self.conversations.owned_elsewhere(&self.thread_id).await)
            }
            outcome => outcome,
        };
        if needs == Needs::WriterForTurn && outcome.is_ok() {
            // The turn may start after the answer. The task follows running turns to their end.
            self.wait_for_activity().await;
        } else if !self.has_running_turn() {
            // The caller must find the thread free when it gets the reply.
            self.release().await;
        }
        if reply.send(outcome).is_err() {
            tracing::debug!(method, "a call completed after its caller was dropped");
        }
    }

    async fn call_with_writer(&mut self, method: &str, params: Value) -> Result<Value, Error> {
        if self.loaded.is_none() {
            self.load_for_action().await?;
            self.wait_for_idle().await?;
        }
        let Some(Loaded { server, .. }) = &self.loaded else { return Err(Error::Stopping) };
        let called = server.connection.call(method, params, limits::RPC_TIMEOUT).await;
        called.map_err(|error| Error::of_conversation(&self.thread_id, error))
    }

    async fn call_and_load(&mut self, method: &str, params: Value) -> Result<Value, Error> {
        self.release().await;
        let server = self.conversations.inner.router.supervisor_of(&self.thread_id).ready().await?;
        let deadline = Instant::now() + limits::ACTION_TIMEOUT;
        loop {
            let called = server.connection.call_watching(method, params.clone(), limits::RPC_TIMEOUT).await;
            match called {
                Ok((result, watch)) => {
                    let thread = Thread::deserialize(&result["thread"]).map_err(|error| {
                        Error::Codex(CallError::Unexpected {
                            method: method.to_owned(),
                            reason: error.to_string(),
                        })
                    })?;
                    self.loaded = Some(Loaded::existing(server, &thread, watch));
                    return Ok(result);
                }
                Err(error) if error.refusal() == Some(Refusal::Closing) && Instant::now() < deadline => {
                    tokio::time::sleep(limits::CLOSING_RETRY_INTERVAL).await;
                }
                Err(error) => return Err(Error::of_conversation(&self.thread_id, error)),
            }
        }
    }

    async fn wait_for_activity(&mut self) {
        let deadline = Instant::now() + limits::QUEUED_TURN_START_TIMEOUT;
        while !self.has_running_turn() {
            let Some(loaded) = &mut self.loaded else { return };
            match tokio::time::timeout_at(deadline, loaded.watch.next()).await {
                Ok(Some(event)) => self.handle_event(event, Asker::UNKNOWN).await,
                Ok(None) | Err(_) => return,
            }
        }
    }
}
