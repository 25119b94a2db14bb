//! Codex's own methods on a conversation, as a caller names them.
//!
//! What needs the conversation for itself takes its place among its turns, as [`super::actions`] does: its
//! task loads it, makes the call, follows the turn that the call began, and gives the writer back. So no such
//! call can join a turn of a job, and none leaves the writer held.

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
use super::actions::Action;
use super::thread::{Loaded, ThreadTask, unsubscribe};
use crate::approvals::Asker;
use crate::error::Error;
use crate::jobs::LiveJob;

/// What a method of Codex needs of the conversation that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: any process may call it at any time.
    Nothing,
    /// That it runs a turn; those of jobs are left alone.
    Turn,
    /// The writer.
    Writer,
    /// The writer, for the turn that the call begins.
    WriterForTurn,
    /// That nobody has it loaded.
    Unloaded,
    /// Nothing, and the call loads it.
    Loads,
    /// Nothing, and the call makes a new one, which is loaded.
    LoadsNew,
}

/// A call that waits for its conversation.
#[derive(Debug)]
pub(super) struct RawCall {
    method: String,
    params: Value,
    needs: Needs,
    /// Set by whoever is first: the task when it begins, or the caller when it gives up.
    claimed: Arc<AtomicBool>,
    reply: oneshot::Sender<Result<Value, Error>>,
}

impl Conversations {
    /// The job whose turn runs on a conversation, or is about to.
    #[must_use]
    pub fn active_job(&self, conversation_id: &ThreadId) -> Option<Arc<LiveJob>> {
        self.inner.registry.running(conversation_id)
    }

    /// Calls a method that names a conversation, or none, as it is.
    ///
    /// # Errors
    /// [`Error`]: Codex's own refusals are [`Error::Codex`], where they do not say that the conversation is
    /// unknown or owned elsewhere.
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
                self.let_go_of_new(&result).await;
            }
            return Ok(result);
        };
        match needs {
            Needs::Nothing => self.call_on_closed(conversation_id, method, params).await,
            Needs::LoadsNew => {
                let result = self.call_on_closed(conversation_id, method, params).await?;
                self.let_go_of_new(&result).await;
                Ok(result)
            }
            Needs::Turn => {
                self.refuse_with_job(conversation_id)?;
                self.call_on_closed(conversation_id, method, params).await.map_err(|error| match error {
                    // It says so of a conversation that is not loaded here, so no turn of ours runs on it.
                    Error::ConversationNotFound(id) => Error::NoActiveTurn(id),
                    error => error,
                })
            }
            Needs::Writer | Needs::WriterForTurn | Needs::Unloaded | Needs::Loads => {
                self.refuse_with_job(conversation_id)?;
                self.call_alone(conversation_id, method, params, needs).await
            }
        }
    }

    fn refuse_with_job(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        if self.inner.registry.is_busy(conversation_id) {
            return Err(Error::ConversationBusy(conversation_id.to_owned().into()));
        }
        Ok(())
    }

    async fn call_on_closed(
        &self,
        conversation_id: &ThreadId,
        method: &str,
        params: Value,
    ) -> Result<Value, Error> {
        self.on_closed(conversation_id, async |server| {
            server.connection.call(method, params.clone(), limits::RPC_TIMEOUT).await
        })
        .await
    }

    /// Nobody shall hold a conversation that was just made: whoever works on it loads it.
    async fn let_go_of_new(&self, result: &Value) {
        let Some(id) = result.pointer("/thread/id").and_then(Value::as_str) else { return };
        if let Ok(server) = self.inner.router.shared().ready().await {
            unsubscribe(&server, &ThreadId::from(id)).await;
            self.inner.registry.note_released(&ThreadId::from(id));
        }
    }

    async fn call_alone(
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
                return Err(Error::ConversationBusy(conversation_id.to_owned().into()));
            }
            Err(_) => answer.await,
        };
        match answered {
            Ok(outcome) => outcome,
            // It never began.
            Err(_) => match act.await {
                Ok(Err(error)) => Err(error),
                _ => Err(Error::Stopping),
            },
        }
    }

    /// Refuses unless this turn runs on the conversation or, where none does, is its newest.
    pub(super) async fn check_expected_turn(
        &self,
        conversation_id: &ThreadId,
        expected: &str,
    ) -> Result<(), Error> {
        if let Some(job) = self.active_job(conversation_id) {
            let active_turn_id = job.view().turn_id;
            if active_turn_id.as_deref() == Some(expected) {
                return Ok(());
            }
            return Err(conflict(conversation_id, expected, active_turn_id, None));
        }
        let last = self.on_closed(conversation_id, async |server| {
            server.connection.thread_last_turn(&server.methods, conversation_id).await
        });
        match last.await?.map(|turn| turn.id) {
            Some(last) if last == expected => Ok(()),
            last => Err(conflict(conversation_id, expected, None, last)),
        }
    }
}

fn conflict(
    thread_id: &ThreadId,
    expected: &str,
    active_turn_id: Option<TurnId>,
    last_turn_id: Option<TurnId>,
) -> Error {
    Error::TurnConflict {
        thread_id: thread_id.to_owned(),
        expected: expected.to_owned(),
        active_turn_id,
        last_turn_id,
    }
}

impl ThreadTask {
    /// Refuses unless this turn is the newest of the thread, which is loaded here.
    pub(super) async fn check_last_turn(&self, expected: &str) -> Result<(), Error> {
        let Some(Loaded { server, .. }) = &self.loaded else { return Err(Error::Stopping) };
        let last = server.connection.thread_last_turn(&server.methods, &self.thread_id).await?;
        match last.map(|turn| turn.id) {
            Some(last) if last == expected => Ok(()),
            last => Err(conflict(&self.thread_id, expected, None, last)),
        }
    }

    /// Makes a call that a caller named, with the thread as the call needs it.
    pub(super) async fn call(&mut self, call: RawCall) {
        let RawCall { method, params, needs, claimed, reply } = call;
        if claimed.swap(true, Ordering::AcqRel) {
            return;
        }
        let outcome = match needs {
            Needs::Unloaded => {
                self.release().await;
                self.conversations.call_on_closed(&self.thread_id, &method, params).await
            }
            Needs::Loads => self.call_that_loads(&method, params).await,
            _ => self.call_with_writer(&method, params).await,
        };
        let outcome = match outcome {
            Err(Error::ConversationOwnedElsewhere { .. }) => {
                Err(self.conversations.owned_elsewhere(&self.thread_id).await)
            }
            outcome => outcome,
        };
        if needs == Needs::WriterForTurn && outcome.is_ok() {
            // Its begin may come after the answer. The task follows what runs to its end.
            self.wait_for_activity().await;
        } else if !self.is_followed() {
            // Whoever has the reply finds the thread free.
            self.release().await;
        }
        if reply.send(outcome).is_err() {
            tracing::debug!(method, "nobody waits for the answer any more");
        }
    }

    fn is_followed(&self) -> bool {
        self.loaded.as_ref().is_some_and(|loaded| loaded.activity.is_active())
    }

    async fn call_with_writer(&mut self, method: &str, params: Value) -> Result<Value, Error> {
        if self.loaded.is_none() {
            self.load_for_action().await?;
            // What others queued on it has begun by now, or is about to.
            self.finish_turns_of_others(None).await;
        }
        let Some(Loaded { server, .. }) = &self.loaded else { return Err(Error::Stopping) };
        let called = server.connection.call(method, params, limits::RPC_TIMEOUT).await;
        called.map_err(|error| Error::of_conversation(&self.thread_id, error))
    }

    async fn call_that_loads(&mut self, method: &str, params: Value) -> Result<Value, Error> {
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
        while !self.is_followed() {
            let Some(loaded) = &mut self.loaded else { return };
            match tokio::time::timeout_at(deadline, loaded.watch.next()).await {
                Ok(Some(event)) => self.take(event, Asker::UNKNOWN).await,
                Ok(None) | Err(_) => return,
            }
        }
    }
}
