//! The activity and the goal of a conversation: publishes what runs, whoever started it, and interrupts it.

use codex::activity::{ActivityKind, Goal, GoalChange, GoalStatus};
use codex::connection::CallError;
use model::activity::{ConversationActivity, LoadedState, StartedBy};
use model::clock::Timestamp;
use model::event::Event;
use model::ids::ThreadId;
use serde_json::json;

use super::Conversations;
use super::thread::ThreadTask;
use crate::error::Error;

impl Conversations {
    /// Returns what runs on a conversation that this bridge has loaded: whoever started it.
    #[must_use]
    pub fn state(&self, conversation_id: &ThreadId) -> LoadedState {
        let mut state = self.inner.registry.state(conversation_id);
        if state.activity.is_none() {
            // Codex has accepted the turn of a job, and its notification is about to arrive.
            state.activity = self.active_job(conversation_id).and_then(|job| {
                let job = job.view();
                let (turn_id, since) = (job.turn_id?, job.started_at?);
                Some(ConversationActivity {
                    kind: ActivityKind::Message,
                    turn_id: Some(turn_id),
                    started_by: StartedBy::Job,
                    job_id: Some(job.job_id),
                    since,
                })
            });
        }
        state
    }

    /// Returns the goal of a conversation, whichever process owns it.
    ///
    /// # Errors
    /// [`Error::ConversationNotFound`], [`Error::Codex`].
    pub async fn goal(&self, conversation_id: &ThreadId) -> Result<Option<Goal>, Error> {
        self.retry_while_closing(conversation_id, async |server| {
            server.connection.thread_goal(conversation_id).await
        })
        .await
    }

    /// Changes the goal of a conversation, and returns it. If the conversation is loaded, Codex starts to
    /// pursue an active goal at once.
    ///
    /// # Errors
    /// [`Error::ConversationNotFound`], [`Error::Codex`].
    pub async fn set_goal(
        &self,
        conversation_id: &ThreadId,
        change: &GoalChange,
    ) -> Result<Option<Goal>, Error> {
        self.retry_while_closing(conversation_id, async |server| {
            server.connection.thread_goal_set(conversation_id, change).await
        })
        .await
    }

    /// Removes the goal of a conversation. Its running turn continues.
    ///
    /// # Errors
    /// [`Error::ConversationNotFound`], [`Error::Codex`].
    pub async fn clear_goal(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        self.retry_while_closing(conversation_id, async |server| {
            server.connection.thread_goal_clear(conversation_id).await
        })
        .await
    }

    /// Interrupts what runs on a conversation: cancels its job, or interrupts what belongs to no job.
    ///
    /// # Errors
    /// [`Error::NoActiveTurn`] if nothing runs in this bridge; [`Error::ConversationNotFound`]; the errors of
    /// [`Self::cancel`]; [`Error::Codex`] if Codex does not answer.
    pub async fn interrupt(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        if self.interrupt_if_active(conversation_id).await? {
            return Ok(());
        }
        if !self.inner.registry.is_active(conversation_id) {
            self.check_exists(conversation_id).await?;
        }
        Err(Error::NoActiveTurn(conversation_id.to_string()))
    }

    /// Interrupts what runs on a conversation as [`Self::interrupt`] does. Returns `false` if nothing runs in
    /// this bridge.
    ///
    /// # Errors
    /// The errors of [`Self::cancel`]; [`Error::Codex`] if Codex does not answer.
    pub(crate) async fn interrupt_if_active(&self, conversation_id: &ThreadId) -> Result<bool, Error> {
        if let Some(job) = self.active_job(conversation_id) {
            self.cancel(&job.job_id).await?;
            return Ok(true);
        }
        self.interrupt_activity(conversation_id).await
    }

    /// Interrupts the turn that runs on a conversation and belongs to no job. Pauses the goal, which Codex
    /// would otherwise continue, even between two of its turns. Returns `false` if there was nothing to do.
    ///
    /// # Errors
    /// [`Error::Codex`] if Codex does not answer.
    pub(super) async fn interrupt_activity(&self, conversation_id: &ThreadId) -> Result<bool, Error> {
        let state = self.inner.registry.state(conversation_id);
        let has_active_goal = state.goal.is_some_and(|goal| goal.status == GoalStatus::Active);
        if state.activity.is_none() && !has_active_goal {
            return Ok(false);
        }
        let server = self.inner.router.supervisor_of(conversation_id).ready().await?;
        if has_active_goal {
            server.connection.thread_goal_pause(conversation_id).await?;
        }
        if let Some(turn_id) = state.interrupt_id {
            match server.connection.turn_interrupt(conversation_id, &turn_id).await {
                Ok(()) => {}
                // The turn has just ended.
                Err(error @ CallError::Refused { .. }) => {
                    tracing::debug!(%error, "cannot interrupt the turn");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }
}

impl ThreadTask {
    /// Publishes what runs on the thread, if it has changed. Records an event unless a job runs it, because
    /// the job has events of its own.
    pub(super) async fn publish_state(&mut self) {
        let registry = &self.conversations.inner.registry;
        let before = registry.state(&self.thread_id);
        let state = self.state(&before);
        if state == before {
            return;
        }
        registry.set_state(&self.thread_id, state.clone());
        let of_job = |state: &LoadedState| {
            state.activity.as_ref().is_none_or(|activity| activity.started_by == StartedBy::Job)
        };
        if state.activity == before.activity || (of_job(&before) && of_job(&state)) {
            return;
        }
        let payload = json!({"activity": state.activity, "goal": state.goal});
        let event = Event::new(Timestamp::now(), "conversation.activity.changed", &payload)
            .about_conversation(Some(self.thread_id.clone()));
        if let Err(error) = self.conversations.inner.jobs.events().record(event).await {
            tracing::error!(%error, "cannot record a change of a conversation's activity");
        }
    }

    /// Returns what runs on the thread now. An activity that runs on keeps its start.
    fn state(&self, before: &LoadedState) -> LoadedState {
        let Some(loaded) = &self.loaded else { return LoadedState::default() };
        let goal = loaded.activity.goal().cloned();
        let Some(turn) = loaded.activity.running() else {
            return LoadedState { goal, ..LoadedState::default() };
        };
        let turn_id = turn.turn_id().cloned();
        let job = self.conversations.inner.registry.running(&self.thread_id);
        // Codex reports the status of the thread before the id of the turn.
        let job = job.filter(|job| match &turn_id {
            Some(_) => job.view().turn_id == turn_id,
            None => turn.kind != ActivityKind::Goal,
        });
        let started_by = match turn.kind {
            _ if job.is_some() => StartedBy::Job,
            ActivityKind::Goal => StartedBy::Codex,
            _ if self.is_calling => StartedBy::Call,
            _ => StartedBy::Process,
        };
        let is_same =
            |activity: &&ConversationActivity| activity.turn_id.is_none() || activity.turn_id == turn_id;
        let since = before.activity.as_ref().filter(is_same).map(|activity| activity.since);
        let activity = ConversationActivity {
            kind: turn.kind,
            started_by,
            job_id: job.map(|job| job.job_id.clone()),
            since: since.unwrap_or_else(Timestamp::now),
            turn_id,
        };
        LoadedState { activity: Some(activity), interrupt_id: turn.interrupt_id().cloned(), goal }
    }
}
