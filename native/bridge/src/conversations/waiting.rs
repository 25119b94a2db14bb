//! The waits of a conversation's task: for turns that belong to no work item of ours, and for work.
//!
//! Our app-server also runs what others queued on a thread, continues goals, and runs sub-agents, as long as
//! the thread is loaded. Releasing the thread too early would end the turns, or leave nobody to answer the
//! sub-agents.

use codex::activity::RunningTurn;
use codex::protocol::ThreadOptions;
use model::job::Delivery;
use model::limits;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::message::DeliveryMode;
use super::thread::{Access, Loaded, ThreadTask, sleep_until_some};
use super::work::{Receipt, Sending};
use super::{ended_early, send_timeout};
use crate::approvals::Asker;
use crate::error::Error;
use crate::jobs::LiveJob;

/// The party that waits until the turns of other processes have ended.
#[derive(Clone, Copy)]
pub(super) enum Waiting<'a> {
    /// No work waits. The thread stays loaded for those turns.
    Nobody,
    /// A job, until its cancellation or the deadline.
    Job(&'a LiveJob, Option<Instant>),
    /// A change of the conversation, until the deadline.
    Action(Instant),
}

impl ThreadTask {
    /// Reports whether a turn runs on the thread, or may be about to start.
    pub(super) fn has_running_turn(&self) -> bool {
        self.loaded.as_ref().is_some_and(|loaded| loaded.activity.is_active())
    }

    /// Reports whether messages of other processes run or are in the thread's queue. Our app-server runs them
    /// while the thread is loaded here, and releasing the thread too early would end them.
    pub(super) async fn has_external_turns(&mut self) -> bool {
        self.catch_up().await;
        let Some(loaded) = &self.loaded else { return false };
        if loaded.activity.is_active() {
            return true;
        }
        if !loaded.server.methods.has("thread/queue/list") {
            return false;
        }
        let queue = loaded.server.connection.thread_queue(&self.thread_id).await;
        // If a message has just left the queue, the event of its turn came before the reply.
        self.catch_up().await;
        self.has_running_turn() || queue.is_ok_and(|queue| !queue.is_empty())
    }

    /// Reports whether a sub-agent runs that the thread started. Releasing the thread would leave nobody to
    /// answer its questions.
    pub(super) fn has_active_sub_agents(&self) -> bool {
        let connection = self.loaded.as_ref().map(|loaded| &loaded.server.connection);
        connection.is_some_and(|connection| connection.has_active_sub_agents(&self.thread_id))
    }

    fn pursues_goal(&self) -> bool {
        self.loaded.as_ref().is_some_and(|loaded| loaded.activity.pursues_goal())
    }

    /// Keeps the thread loaded until the turns of other processes, and those that Codex started by itself,
    /// have ended, or until `waiting` gives up. The turns of a goal can take any time, so they do not delay
    /// work that arrives.
    pub(super) async fn finish_external_turns(&mut self, waiting: Waiting<'_>) {
        let given_up = async {
            match waiting {
                Waiting::Nobody => std::future::pending().await,
                Waiting::Job(job, deadline) => tokio::select! {
                    () = job.cancel_requested() => {}
                    () = sleep_until_some(deadline) => {}
                },
                Waiting::Action(deadline) => sleep_until(deadline).await,
            }
        };
        tokio::pin!(given_up);
        let registry = self.conversations.clone();
        let registry = &registry.inner.registry;
        let arrived = registry.arrived(&self.thread_id);
        let stopping = self.conversations.inner.stopping.clone();
        while let Some(loaded) = &mut self.loaded {
            let running = loaded.activity.running().cloned();
            // A queue that does not start within this time is paused. Its owner decides when it resumes.
            let patience =
                if running.is_some() { limits::TURN_SILENCE } else { limits::QUEUED_TURN_START_TIMEOUT };
            tokio::select! {
                event = loaded.watch.next() => match event {
                    Some(event) => self.handle_event(event, Asker::UNKNOWN).await,
                    None => return,
                },
                () = tokio::time::sleep(patience) => {
                    let has_ended = match &running {
                        None => true,
                        Some(turn) => self.has_ended_silently(turn).await,
                    };
                    if has_ended && let Some(loaded) = &mut self.loaded {
                        loaded.activity.reconcile_idle();
                    }
                    if running.is_none() && !self.has_active_sub_agents() {
                        return;
                    }
                }
                () = arrived.notified() => {}
                () = stopping.cancelled() => return,
                () = &mut given_up => return,
            }
            let work_waits = match waiting {
                Waiting::Nobody => registry.has_waiting(&self.thread_id),
                Waiting::Job(..) => true,
                Waiting::Action(_) => false,
            };
            if work_waits && self.pursues_goal() {
                return;
            }
            let is_active = self.has_running_turn();
            if matches!(waiting, Waiting::Nobody) {
                if work_waits && !is_active {
                    return;
                }
                if self.has_active_sub_agents() {
                    continue;
                }
            }
            if !is_active && !self.has_external_turns().await {
                return;
            }
        }
    }

    /// Reports whether the history shows that a turn without further events has ended. A turn whose id is not
    /// known has ended if the newest turn has.
    async fn has_ended_silently(&self, turn: &RunningTurn) -> bool {
        let Some(Loaded { server, .. }) = &self.loaded else { return true };
        match turn.turn_id() {
            Some(turn_id) => self.read_ended_turn(turn_id).await.is_some(),
            None => {
                let last = server.connection.thread_last_turn(&server.methods, &self.thread_id).await;
                last.is_ok_and(|last| last.is_none_or(|turn| turn.end_is_certain()))
            }
        }
    }

    /// Waits until the messages that other programs queued on the thread have run. That can take any time, so
    /// the sender is notified that the message waits, unless the message had to start at once. A turn that
    /// continues a goal is no reason to wait, because Codex runs the message after that turn.
    pub(super) async fn wait_behind_external_turns(&mut self, sending: &mut Sending) -> Result<(), Error> {
        let Sending { job, message, sender } = sending;
        if !self.has_external_turns().await
            || (message.delivery != DeliveryMode::Reject && self.pursues_goal())
        {
            return Ok(());
        }
        let mut deadline = None;
        match message.delivery {
            DeliveryMode::Reject => return Err(Error::ConversationBusy(self.thread_id.to_string())),
            DeliveryMode::Start => deadline = Some(Instant::now() + message.send_timeout),
            _ if job.view().delivery.is_none() => {
                job.step(|job, now| job.queue(Delivery::Queued, now)).await?.map_err(ended_early)?;
                let (conversation_id, delivery) = (self.thread_id.clone(), Delivery::Queued);
                sender.report(Ok(Receipt { conversation_id, delivery, turn_id: None }));
            }
            _ => {}
        }
        self.finish_external_turns(Waiting::Job(job, deadline)).await;
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(send_timeout(message.send_timeout));
        }
        Ok(())
    }

    /// Waits until nothing runs on the loaded thread: messages that other processes queued, or a goal.
    ///
    /// # Errors
    /// [`Error::ConversationBusy`] if that takes longer than [`limits::ACTION_TIMEOUT`].
    pub(super) async fn wait_for_idle(&mut self) -> Result<(), Error> {
        let deadline = Instant::now() + limits::ACTION_TIMEOUT;
        // Messages that other processes queued on the thread have started by now, or are about to.
        self.finish_external_turns(Waiting::Action(deadline)).await;
        if Instant::now() >= deadline && self.has_running_turn() {
            return Err(Error::ConversationBusy(self.thread_id.to_string()));
        }
        Ok(())
    }

    /// Keeps the thread loaded until work arrives or the thread is unpinned. Turns that other processes queue
    /// on the thread run in the meantime.
    pub(super) async fn stay_loaded(&mut self, unpinned: &CancellationToken) {
        let arrived = self.conversations.inner.registry.arrived(&self.thread_id);
        let stopping = self.conversations.inner.stopping.clone();
        let deadline = Instant::now() + limits::ACTION_TIMEOUT;
        if self.loaded.is_none() {
            match self.resume(&ThreadOptions::default(), deadline).await {
                Ok(Some(Access::Ours)) => {}
                // The next message reports the reason.
                Ok(Some(Access::OwnedElsewhere) | None) | Err(_) => return,
            }
        }
        while let Some(loaded) = &mut self.loaded {
            tokio::select! {
                event = loaded.watch.next() => match event {
                    Some(event) => self.handle_event(event, Asker::UNKNOWN).await,
                    None => self.loaded = None,
                },
                () = arrived.notified() => return,
                () = unpinned.cancelled() => return,
                () = stopping.cancelled() => return,
            }
        }
    }
}
