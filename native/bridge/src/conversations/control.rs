//! Control of jobs that run or wait: cancel, steer, and what waits in which order.

use std::sync::Arc;

use codex::connection::CallError;
use codex::protocol::{ThreadOptions, UserInput};
use codex::rpc::Refusal;
use model::ids::{JobId, ThreadId, TurnId};
use model::job::{Delivery, FailureCode, Job, JobStatus, Transport};
use model::limits;
use tokio::time::timeout;
use uuid::Uuid;

use super::ending::{end_failed, failure, tell};
use super::message::Message;
use super::registry::Work;
use super::{Conversations, Dispatched, send_timeout};
use crate::error::Error;
use crate::instance::url_of;
use crate::jobs::LiveJob;

/// What waits on a conversation.
#[derive(Debug)]
pub struct Waiting {
    /// The conversation; the copy where one replaced it.
    pub conversation_id: ThreadId,
    /// The jobs that wait here, in the order in which they will run.
    pub here: Vec<Job>,
    /// The jobs that wait in the queue of the process that has the conversation, in the order in which they
    /// were handed over.
    pub elsewhere: Vec<Job>,
}

impl Conversations {
    /// Ends a job: takes it out of its queue, or interrupts its turn. Returns it as it is then, ended in all
    /// but the rarest cases. A job that was cancelled before stays as it is.
    ///
    /// # Errors
    /// [`Error::JobNotFound`], [`Error::JobEnded`], [`Error::JobRunsElsewhere`],
    /// [`Error::ConversationOwnedElsewhere`].
    pub async fn cancel(&self, job_id: &JobId) -> Result<Job, Error> {
        self.call_off(job_id, FailureCode::Cancelled).await
    }

    /// As [`Self::cancel`], with another reason.
    pub(crate) async fn call_off(&self, job_id: &JobId, because: FailureCode) -> Result<Job, Error> {
        let live = match self.live(job_id).await {
            Ok(live) => live,
            Err(Error::JobEnded { .. }) => {
                let job = self.inner.jobs.get(job_id).await?;
                return if ended_as(&job, because) {
                    Ok(job)
                } else {
                    Err(Error::JobEnded { status: job.status.name() })
                };
            }
            Err(error) => return Err(error),
        };
        if self.end_waiting(&live, because).await {
            return Ok(live.view());
        }
        let view = live.view();
        let conversation_id = view.conversation_id.unwrap_or_default();
        match view.delivery {
            Some(Delivery::HandedOver) => self.take_back(&live, &conversation_id).await?,
            // Its turn is another job's, too: both end. Where the next turn runs already, its own has ended.
            Some(Delivery::Steered) => {
                let running = self.inner.registry.running(&conversation_id);
                if let Some(running) = running.filter(|running| running.view().turn_id == view.turn_id) {
                    running.request_cancel(because);
                }
            }
            Some(Delivery::Started | Delivery::Queued | Delivery::Forked) | None => {
                live.request_cancel(because);
            }
        }
        let job = self.inner.jobs.wait(job_id, limits::CANCEL_WAIT).await?;
        if job.status.is_end() && !ended_as(&job, because) {
            return Err(Error::JobEnded { status: job.status.name() });
        }
        Ok(job)
    }

    /// Ends a job that waits. Returns whether it did.
    async fn end_waiting(&self, live: &LiveJob, because: FailureCode) -> bool {
        let Some(work) = self.inner.registry.remove_waiting(&live.job_id) else { return false };
        end_failed(live, failure(because)).await;
        if let Work::Send { begun, .. } = work {
            tell(begun, Err(Error::JobCancelled));
        }
        true
    }

    /// Takes a message that waits out of its queue, here or in another process. One whose turn has begun goes
    /// on.
    ///
    /// # Errors
    /// [`Error::JobNotFound`], [`Error::JobEnded`], [`Error::JobRunsElsewhere`], [`Error::JobNotQueued`].
    pub async fn remove_waiting(&self, job_id: &JobId) -> Result<Job, Error> {
        let live = self.live(job_id).await?;
        if self.end_waiting(&live, FailureCode::Cancelled).await {
            return Ok(live.view());
        }
        let view = live.view();
        if view.delivery != Some(Delivery::HandedOver) || view.turn_id.is_some() {
            return Err(Error::JobNotQueued);
        }
        match self
            .take_back(&live, &ThreadId::from(view.conversation_id.as_deref().unwrap_or_default()))
            .await
        {
            Ok(()) => self.inner.jobs.wait(job_id, limits::CANCEL_WAIT).await,
            // Its turn has begun there.
            Err(Error::ConversationOwnedElsewhere { .. }) => Err(Error::JobNotQueued),
            Err(error) => Err(error),
        }
    }

    /// Takes a message back out of another process's queue.
    async fn take_back(&self, live: &LiveJob, conversation_id: &ThreadId) -> Result<(), Error> {
        let server = self.inner.router.supervisor_of(conversation_id).ready().await?;
        let removed = server.connection.thread_queue_remove(conversation_id, &live.job_id).await;
        if removed.map_err(|error| Error::of_conversation(conversation_id, error))? {
            live.request_cancel(FailureCode::Cancelled);
            return Ok(());
        }
        let view = live.view();
        if view.status.is_end() {
            return Ok(());
        }
        if view.delivery != Some(Delivery::HandedOver) {
            // Its owner died, and the bridge is about to run it.
            live.request_cancel(FailureCode::Cancelled);
            return Ok(());
        }
        // Its turn runs there, and only that process can interrupt it.
        Err(self.owned_elsewhere(conversation_id).await)
    }

    /// Adds words to the running turn of a job; returns the turn's id and the job.
    ///
    /// # Errors
    /// [`Error::JobNotFound`], [`Error::JobEnded`], [`Error::JobRunsElsewhere`], [`Error::NoActiveTurn`].
    pub async fn steer(&self, job_id: &JobId, input: &[UserInput]) -> Result<(String, Job), Error> {
        let live = self.live(job_id).await?;
        let turn_id = self.steer_turn(&live, &Uuid::new_v4().to_string(), input).await?;
        Ok((turn_id.into(), live.view()))
    }

    /// Lets a message of its own job join the running turn.
    pub(super) async fn join(
        &self,
        conversation_id: ThreadId,
        job: Arc<LiveJob>,
        message: Message,
    ) -> Result<Dispatched, Error> {
        let joined = self.join_running(&conversation_id, &job, &message).await;
        match joined {
            Ok(turn_id) => {
                let tab = self.reveal(&job, &conversation_id, message.open).await;
                let (delivery, turn_id) = (Delivery::Steered, Some(turn_id));
                Ok(Dispatched {
                    job: job.view(),
                    conversation_id,
                    delivery,
                    turn_id: turn_id.map(Into::into),
                    tab,
                })
            }
            Err(error) => {
                end_failed(&job, error.as_failure()).await;
                Err(error)
            }
        }
    }

    async fn join_running(
        &self,
        conversation_id: &ThreadId,
        job: &Arc<LiveJob>,
        message: &Message,
    ) -> Result<String, Error> {
        let no_turn = || Error::NoActiveTurn(conversation_id.to_owned().into());
        let running = self.inner.registry.running(conversation_id).ok_or_else(no_turn)?;
        tokio::select! {
            begun = timeout(message.send_timeout, running.started_or_ended()) => {
                begun.map_err(|_| send_timeout(message.send_timeout))?;
            }
            () = job.cancel_requested() => return Err(Error::JobCancelled),
        }
        // Held until ours is among them, so that the end of the turn does not miss it.
        let mut joined = running.joined().await;
        let turn_id = self.steer_turn(&running, &job.job_id, &message.input).await?;
        let pid = running.view().pid;
        let stepped = job.step(|job, now| {
            let asks_for_more = message.options != ThreadOptions::default()
                || message.output_schema.is_some()
                || message.output_last_message_path.is_some()
                || message.turn_timeout.is_some();
            if asks_for_more {
                job.warnings.push("the running turn keeps its own options, output and time limit".to_owned());
            }
            job.join(&TurnId::from(turn_id.as_str()), pid, now)
        });
        if let Err(error) = stepped.await {
            tracing::error!(%error, "cannot record that the message joined the turn");
        }
        joined.push(Arc::clone(job));
        Ok(turn_id.into())
    }

    async fn steer_turn(
        &self,
        running: &LiveJob,
        client_message_id: &str,
        input: &[UserInput],
    ) -> Result<TurnId, Error> {
        let view = running.view();
        let conversation_id = view.conversation_id.unwrap_or_default();
        let (JobStatus::Running, Some(turn_id), Transport::AppServer) =
            (view.status, view.turn_id, view.transport)
        else {
            return Err(Error::NoActiveTurn(conversation_id.into()));
        };
        if view.delivery == Some(Delivery::HandedOver) {
            return Err(self.owned_elsewhere(&conversation_id).await);
        }
        let server = self.inner.router.supervisor_of(&conversation_id).ready().await?;
        if !server.methods.has("turn/steer") {
            return Err(Error::UnsupportedByCodex("steer a running turn"));
        }
        let steered =
            server.connection.turn_steer(&conversation_id, &turn_id, client_message_id, input).await;
        steered.map_err(|error| match error.refusal() {
            Some(Refusal::TurnNotActive | Refusal::ThreadUnknown) => {
                Error::NoActiveTurn(conversation_id.into())
            }
            _ => Error::Codex(error),
        })
    }

    /// The jobs that wait on a conversation, or on the copy that replaced it: here, in order, and those that
    /// wait in the queue of another process.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn waiting(&self, conversation_id: &ThreadId) -> Result<Waiting, Error> {
        let conversation_id = self.successor(conversation_id).await?;
        let here = self.inner.registry.waiting(&conversation_id).iter().map(|job| job.view()).collect();
        let waits_there = |job: &Job| {
            job.delivery == Some(Delivery::HandedOver)
                && job.turn_id.is_none()
                && job.conversation_id.as_ref() == Some(&conversation_id)
        };
        let mut elsewhere: Vec<Job> = self.inner.jobs.live_views().into_iter().filter(waits_there).collect();
        elsewhere.sort_by_key(|job| job.created_at);
        Ok(Waiting { conversation_id, here, elsewhere })
    }

    /// A job that waits on the conversation, or on the copy that replaced it.
    ///
    /// # Errors
    /// [`Error::JobNotFound`].
    pub async fn waiting_job(&self, conversation_id: &ThreadId, job_id: &JobId) -> Result<Job, Error> {
        let conversation_id = self.successor(conversation_id).await?;
        let job = self.inner.jobs.get(job_id).await?;
        if job.conversation_id.as_ref() == Some(&conversation_id) { Ok(job) } else { Err(Error::JobNotFound) }
    }

    /// Replaces the words of a job that waits.
    ///
    /// # Errors
    /// [`Error::JobNotFound`], [`Error::JobEnded`], [`Error::JobRunsElsewhere`], [`Error::JobNotQueued`].
    pub async fn edit_waiting(&self, job_id: &JobId, text: &str) -> Result<Job, Error> {
        let live = self.live(job_id).await?;
        let mut edited = None;
        let waits = self.inner.registry.change_waiting(job_id, |message| {
            message.set_text(text);
            edited = Some(message.clone());
        });
        let view = live.view();
        let message = match edited {
            Some(message) if waits => message,
            _ if view.delivery == Some(Delivery::HandedOver) && view.turn_id.is_none() => {
                self.edit_elsewhere(&view, text).await?
            }
            _ => return Err(Error::JobNotQueued),
        };
        let message = serde_json::to_string(&message)
            .map_err(|error| Error::Internal(format!("a message cannot be written: {error}")))?;
        self.inner.jobs.store().set_job_message(job_id, message).await?;
        // Its turn may have begun by now, but with these words.
        let ended = |_| Error::JobEnded { status: live.view().status.name() };
        live.step(|job, now| job.edit(text, now)).await?.map_err(ended)
    }

    /// Replaces the words of a message in another process's queue.
    async fn edit_elsewhere(&self, job: &Job, text: &str) -> Result<Message, Error> {
        let conversation_id = job.conversation_id.as_deref().unwrap_or_default();
        let mut message = self.stored_message(&job.job_id).await?.ok_or(Error::JobNotQueued)?;
        message.set_text(text);
        let server = self.inner.router.supervisor_of(&ThreadId::from(conversation_id)).ready().await?;
        let replaced =
            server.connection.thread_queue_replace(conversation_id, &job.job_id, &message.input).await;
        match replaced {
            Ok(true) => Ok(message),
            Ok(false) => Err(Error::JobNotQueued),
            Err(error @ CallError::Refused { .. }) => {
                Err(Error::of_conversation(&ThreadId::from(conversation_id), error))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// An unfinished job of this process, or why it is none.
    async fn live(&self, job_id: &JobId) -> Result<Arc<LiveJob>, Error> {
        if let Some(live) = self.inner.jobs.live_job(job_id) {
            return Ok(live);
        }
        let job = self.inner.jobs.get(job_id).await?;
        if job.status.is_end() {
            return Err(Error::JobEnded { status: job.status.name() });
        }
        let instance = self.inner.jobs.store().job_instance(job_id).await?;
        let url = instance.and_then(|id| url_of(&self.inner.discovery_directory, &id));
        Err(Error::JobRunsElsewhere { url })
    }
}

fn ended_as(job: &Job, because: FailureCode) -> bool {
    job.failure.as_ref().is_some_and(|failure| failure.code == because)
}
