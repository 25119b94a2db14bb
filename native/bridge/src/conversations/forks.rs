//! Copies of conversations: forks that a caller requests, and upgrades of conversations of `codex exec`. The
//! history does not show a conversation of `codex exec`, so messages to it continue in a copy that the
//! history shows.

use std::sync::Arc;

use codex::protocol::ForkPoint;
use model::ids::ThreadId;
use model::job::{Delivery, Fork};

use super::ending::{JobEnd, fail_job};
use super::message::{DeliveryMode, Message};
use super::registry::Placement;
use super::sending::Step;
use super::thread::{Loaded, ThreadTask, unsubscribe};
use super::work::{Sending, WorkItem};
use super::{Conversations, Dispatched, ended_early};
use crate::error::Error;
use crate::jobs::LiveJob;

impl Conversations {
    /// Returns the conversation that a message for `conversation_id` goes to, which is the copy that replaced
    /// it if there is one and the message allows that.
    pub(super) async fn effective_id(
        &self,
        conversation_id: &ThreadId,
        message: &Message,
    ) -> Result<ThreadId, Error> {
        if message.upgrade {
            self.replacement_of(conversation_id).await
        } else {
            Ok(conversation_id.to_owned())
        }
    }

    /// Returns the copy that replaced the conversation, or the conversation itself.
    pub(super) async fn replacement_of(&self, conversation_id: &ThreadId) -> Result<ThreadId, Error> {
        let copy = self.inner.jobs.store().alias(conversation_id).await?;
        Ok(copy.unwrap_or_else(|| conversation_id.to_owned()))
    }

    /// Records that a job for a replaced conversation continues in the copy.
    pub(super) async fn redirect_to(&self, job: &LiveJob, copy_id: &ThreadId) -> Result<(), Error> {
        job.step(|job, now| job.fork(copy_id, Fork::Upgrade, now)).await?.map_err(ended_early)?;
        Ok(())
    }

    /// Forks the conversation and sends the message to the copy.
    pub(super) async fn send_to_copy(
        &self,
        conversation_id: ThreadId,
        job: Arc<LiveJob>,
        message: Message,
    ) -> Result<Dispatched, Error> {
        match self.copy(&conversation_id, &job, &message, Fork::Requested).await {
            Ok((copy_id, loaded)) => self.run_on_new(copy_id, job, message, loaded).await,
            Err(error) => {
                fail_job(&job, error.as_failure()).await;
                Err(error)
            }
        }
    }

    /// Forks the conversation and moves the job to the copy, which is loaded here. If another bridge process
    /// has just replaced the conversation, the job moves to that bridge's copy, which is not loaded here.
    async fn copy(
        &self,
        conversation_id: &ThreadId,
        job: &LiveJob,
        message: &Message,
        kind: Fork,
    ) -> Result<(ThreadId, Option<Loaded>), Error> {
        let server = self.inner.router.supervisor_of(conversation_id).ready().await?;
        let (thread, watch) =
            self.fork_on(&server, conversation_id, &message.options, &ForkPoint::Whole).await?;
        let recorded = async {
            let copy_id = match kind {
                Fork::Upgrade => self.inner.jobs.store().insert_alias(conversation_id, &thread.id).await?,
                Fork::Requested => thread.id.clone(),
            };
            job.step(|job, now| job.fork(&copy_id, kind, now)).await?.map_err(ended_early)?;
            Ok(copy_id)
        };
        match recorded.await {
            Ok(copy_id) if copy_id == thread.id => {
                let loaded = Loaded::new(Arc::clone(&server), &thread, watch);
                Ok((copy_id, Some(loaded)))
            }
            other => {
                unsubscribe(&server, &thread.id).await;
                other.map(|copy_id| (copy_id, None))
            }
        }
    }
}

impl ThreadTask {
    /// Copies the thread of `codex exec` for the message. Later messages go to the copy, too.
    pub(super) async fn copy(&mut self, sending: &Sending) -> Step {
        let conversations = self.conversations.clone();
        let Sending { job, message, .. } = sending;
        let moved = async {
            // Another message may have created the copy in the meantime.
            let copy_id = conversations.effective_id(&self.thread_id, message).await?;
            if copy_id != self.thread_id {
                conversations.redirect_to(job, &copy_id).await?;
                return Ok((copy_id, None));
            }
            conversations.copy(&self.thread_id, job, message, Fork::Upgrade).await
        };
        match moved.await {
            Ok((copy_id, loaded)) => Step::MoveTo(copy_id, loaded),
            Err(error) => Step::from(error),
        }
    }

    /// Moves the job back to the original because its copy was deleted or never stored. The original is then
    /// copied again.
    pub(super) async fn return_to(&mut self, original_id: ThreadId, sending: &Sending) -> Step {
        let moved: Result<_, Error> = async {
            self.conversations.inner.jobs.store().forget_alias(&original_id, &self.thread_id).await?;
            let step = sending.job.step(|job, now| job.bind(&original_id, None, None, now));
            step.await?.map_err(ended_early)
        }
        .await;
        match moved {
            Ok(_) => Step::MoveTo(original_id, None),
            Err(error) => Step::from(error),
        }
    }

    /// Gives the message to the task of another conversation.
    pub(super) async fn move_to(
        &mut self,
        conversation_id: &ThreadId,
        loaded: Option<Loaded>,
        mut sending: Sending,
    ) -> JobEnd {
        self.release().await;
        // The message was accepted, so it may wait there whatever its delivery mode is.
        sending.message.delivery = DeliveryMode::Auto;
        let job = Arc::clone(&sending.job);
        match self.conversations.inner.registry.enqueue(conversation_id, WorkItem::Send(sending)) {
            Placement::Front(work) => self.conversations.start_task(conversation_id, work, loaded),
            Placement::Next | Placement::Behind => {
                if let Some(loaded) = loaded {
                    unsubscribe(&loaded.server, conversation_id).await;
                }
                if let Err(error) = job.step(|job, now| job.queue(Delivery::Queued, now)).await {
                    tracing::error!(%error, "cannot record that a message waits");
                }
            }
            Placement::Refused(work, error) => {
                fail_job(&job, error.as_failure()).await;
                if let WorkItem::Send(mut sending) = work {
                    sending.sender.report(Err(error));
                }
            }
        }
        JobEnd::Moved
    }
}
