//! Conversations that go on as copies: forks that a caller asks for, and conversations of `codex exec`, which
//! the history does not show and which therefore go on as copies that it does.

use std::sync::Arc;

use codex::protocol::ForkPoint;
use model::ids::ThreadId;
use model::job::{Delivery, Fork};

use super::ending::{JobEnd, end_failed, tell};
use super::message::{DeliveryMode, Message};
use super::registry::{Place, Work};
use super::thread::{Loaded, ThreadTask, unsubscribe};
use super::{BegunSender, Conversations, Dispatched, ended_early};
use crate::error::Error;
use crate::jobs::LiveJob;

impl Conversations {
    /// The conversation that a message for `conversation_id` goes to: itself, or the copy that replaced it.
    pub(super) async fn goes_on_as(
        &self,
        conversation_id: &ThreadId,
        message: &Message,
    ) -> Result<ThreadId, Error> {
        if message.upgrade { self.successor(conversation_id).await } else { Ok(conversation_id.to_owned()) }
    }

    /// The conversation itself, or the copy that replaced it.
    pub(super) async fn successor(&self, conversation_id: &ThreadId) -> Result<ThreadId, Error> {
        let copy = self.inner.jobs.store().alias(conversation_id).await?;
        Ok(copy.unwrap_or_else(|| conversation_id.to_owned()))
    }

    /// A message for a conversation that was replaced goes to the copy.
    pub(super) async fn go_on_as(&self, job: &LiveJob, copy_id: &str) -> Result<(), Error> {
        job.step(|job, now| job.fork(&ThreadId::from(copy_id), Fork::Upgrade, now))
            .await?
            .map_err(ended_early)?;
        Ok(())
    }

    /// Sends a message to a copy of the conversation, made for it.
    pub(super) async fn send_to_copy(
        &self,
        conversation_id: ThreadId,
        job: Arc<LiveJob>,
        message: Message,
    ) -> Result<Dispatched, Error> {
        match self.copy(&conversation_id, &job, &message, Fork::Requested).await {
            Ok((copy_id, loaded)) => self.run_on(copy_id, job, message, loaded).await,
            Err(error) => {
                end_failed(&job, error.as_failure()).await;
                Err(error)
            }
        }
    }

    /// Makes a copy, loaded here, and lets the job go on in it. Where another bridge process was quicker to
    /// replace the conversation, the job goes on in that one's copy, which is not loaded here.
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
            Ok(copy_id) if copy_id == thread.id.as_str() => {
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
    /// The thread is one of `codex exec`: the message goes on in a copy, and so will later ones.
    pub(super) async fn move_to_copy(
        &mut self,
        job: &Arc<LiveJob>,
        message: Box<Message>,
        begun: BegunSender,
    ) -> JobEnd {
        let conversations = self.conversations.clone();
        let moved = async {
            // Another message may have been quicker.
            let copy_id = conversations.goes_on_as(&self.thread_id, &message).await?;
            if copy_id != self.thread_id {
                conversations.go_on_as(job, &copy_id).await?;
                return Ok((copy_id, None));
            }
            conversations.copy(&self.thread_id, job, &message, Fork::Upgrade).await
        };
        let (copy_id, loaded) = match moved.await {
            Ok(moved) => moved,
            Err(error) => return JobEnd::NotBegun { error, begun },
        };
        self.move_to(&copy_id, loaded, job, message, begun).await
    }

    /// The copy is gone: somebody deleted it, or it was never stored. The message goes back to the original,
    /// of which another copy is made.
    pub(super) async fn move_back(
        &mut self,
        original_id: &str,
        job: &Arc<LiveJob>,
        message: Box<Message>,
        begun: BegunSender,
    ) -> JobEnd {
        let moved = async {
            self.conversations
                .inner
                .jobs
                .store()
                .forget_alias(&ThreadId::from(original_id), &self.thread_id)
                .await?;
            job.step(|job, now| job.bind(&ThreadId::from(original_id), None, None, now))
                .await?
                .map_err(ended_early)
        };
        match moved.await {
            Ok(_) => self.move_to(&ThreadId::from(original_id), None, job, message, begun).await,
            Err(error) => JobEnd::NotBegun { error, begun },
        }
    }

    async fn move_to(
        &mut self,
        conversation_id: &ThreadId,
        loaded: Option<Loaded>,
        job: &Arc<LiveJob>,
        mut message: Box<Message>,
        begun: BegunSender,
    ) -> JobEnd {
        self.release().await;
        // It was accepted, whatever its sender said about waiting.
        message.delivery = DeliveryMode::Auto;
        let work = Work::Send { job: Arc::clone(job), message, begun };
        match self.conversations.inner.registry.enqueue(conversation_id, work) {
            Place::Front(work) => self.conversations.start_task(conversation_id, work, loaded),
            Place::Next | Place::Behind => {
                if let Some(loaded) = loaded {
                    unsubscribe(&loaded.server, conversation_id).await;
                }
                if let Err(error) = job.step(|job, now| job.queue(Delivery::Queued, now)).await {
                    tracing::error!(%error, "cannot record that a message waits");
                }
            }
            Place::Refused(work, error) => {
                end_failed(job, error.as_failure()).await;
                if let Work::Send { begun, .. } = work {
                    tell(begun, Err(error));
                }
            }
        }
        JobEnd::Moved
    }
}
