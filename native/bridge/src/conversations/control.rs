//! Control of jobs that run or wait: canceling, steering, and editing the queue.

use std::sync::Arc;

use codex::connection::CallError;
use codex::protocol::UserInput;
use codex::rpc::Refusal;
use model::ids::{JobId, ThreadId, TurnId};
use model::job::{Delivery, FailureCode, Job, JobStatus, Transport};
use model::limits;
use tokio::time::timeout;
use uuid::Uuid;

use super::ending::{fail_job, failure};
use super::message::Message;
use super::work::WorkItem;
use super::{Conversations, Dispatched, send_timeout};
use crate::error::Error;
use crate::instance::url_of;
use crate::jobs::LiveJob;

/// The jobs that wait on a conversation.
#[derive(Debug)]
pub struct WaitingJobs {
    /// The conversation, or the copy that replaced it.
    pub conversation_id: ThreadId,
    /// The jobs in the bridge's queue, in the order in which they will run.
    pub local: Vec<Job>,
    /// The jobs in the queue of the process that owns the conversation, in the order in which they were
    /// handed over.
    pub handed_over: Vec<Job>,
}

impl Conversations {
    /// Cancels a job: removes it from its queue, or interrupts its turn. Returns the job, which has ended in
    /// all but the rarest cases. A job that was cancelled before stays as it is.
    ///
    /// # Errors
    /// [`Error::JobNotFound`]; [`Error::JobEnded`] if it ended in another way; [`Error::JobRunsElsewhere`] if
    /// another bridge runs it; [`Error::ConversationOwnedElsewhere`] if another process runs its turn.
    pub async fn cancel(&self, job_id: &JobId) -> Result<Job, Error> {
        self.cancel_with(job_id, FailureCode::Cancelled).await
    }

    /// Cancels a job as [`Self::cancel`] does, with the failure code `because`.
    ///
    /// # Errors
    /// The errors of [`Self::cancel`].
    pub(crate) async fn cancel_with(&self, job_id: &JobId, because: FailureCode) -> Result<Job, Error> {
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
        if self.cancel_waiting(&live, because).await {
            return Ok(live.view());
        }
        let view = live.view();
        let conversation_id = view.conversation_id.unwrap_or_default();
        match view.delivery {
            Some(Delivery::HandedOver) => self.take_back(&live, &conversation_id).await?,
            // The job shares its turn with another job, so both end. If another turn runs by now, the job's
            // own has ended.
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

    /// Cancels a job that waits in the bridge's queue. Returns whether the job was waiting there.
    async fn cancel_waiting(&self, live: &LiveJob, because: FailureCode) -> bool {
        let Some(work) = self.inner.registry.remove_waiting(&live.job_id) else { return false };
        fail_job(live, failure(because)).await;
        if let WorkItem::Send(mut sending) = work {
            sending.sender.report(Err(Error::JobCancelled));
        }
        true
    }

    /// Removes a waiting message from its queue, in the bridge or in another process. A running turn
    /// continues.
    ///
    /// # Errors
    /// [`Error::JobNotFound`], [`Error::JobEnded`]; [`Error::JobRunsElsewhere`] if another bridge runs the
    /// job; [`Error::JobNotQueued`] if its turn has started.
    pub async fn remove_waiting(&self, job_id: &JobId) -> Result<Job, Error> {
        let live = self.live(job_id).await?;
        if self.cancel_waiting(&live, FailureCode::Cancelled).await {
            return Ok(live.view());
        }
        let view = live.view();
        if view.delivery != Some(Delivery::HandedOver) || view.turn_id.is_some() {
            return Err(Error::JobNotQueued);
        }
        match self.take_back(&live, &view.conversation_id.unwrap_or_default()).await {
            Ok(()) => self.inner.jobs.wait(job_id, limits::CANCEL_WAIT).await,
            // The owner has started the turn.
            Err(Error::ConversationOwnedElsewhere { .. }) => Err(Error::JobNotQueued),
            Err(error) => Err(error),
        }
    }

    /// Removes a message from another process's queue.
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
            // The owner exited, and the bridge is about to run the message.
            live.request_cancel(FailureCode::Cancelled);
            return Ok(());
        }
        // The turn runs in the owner, and only that process can interrupt it.
        Err(self.owned_elsewhere(conversation_id).await)
    }

    /// Adds input to the running turn of a job. Returns the turn's id and the job.
    ///
    /// # Errors
    /// [`Error::JobNotFound`], [`Error::JobEnded`]; [`Error::JobRunsElsewhere`] if another bridge runs the
    /// job; [`Error::NoActiveTurn`] if the turn does not run or cannot be steered;
    /// [`Error::ConversationOwnedElsewhere`] if another process runs it.
    pub async fn steer(&self, job_id: &JobId, input: &[UserInput]) -> Result<(TurnId, Job), Error> {
        let live = self.live(job_id).await?;
        let turn_id = self.steer_turn(&live, &Uuid::new_v4().to_string(), input).await?;
        Ok((turn_id, live.view()))
    }

    /// Adds a message that has a job of its own to the running turn.
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
                Ok(Dispatched { job: job.view(), conversation_id, delivery, turn_id, tab })
            }
            Err(error) => {
                fail_job(&job, error.as_failure()).await;
                Err(error)
            }
        }
    }

    async fn join_running(
        &self,
        conversation_id: &ThreadId,
        job: &Arc<LiveJob>,
        message: &Message,
    ) -> Result<TurnId, Error> {
        let no_turn = || Error::NoActiveTurn(conversation_id.to_string());
        let running = self.inner.registry.running(conversation_id).ok_or_else(no_turn)?;
        tokio::select! {
            started = timeout(message.send_timeout, running.started_or_ended()) => {
                started.map_err(|_| send_timeout(message.send_timeout))?;
            }
            () = job.cancel_requested() => return Err(Error::JobCancelled),
        }
        // The lock is held until this job is in the list, so that the end of the turn does not miss it.
        let mut joined = running.joined().await;
        let turn_id = self.steer_turn(&running, &job.job_id, &message.input).await?;
        let pid = running.view().pid;
        let stepped = job.step(|job, now| {
            let asks_for_more = message.has_options()
                || message.output_last_message_path.is_some()
                || message.turn_timeout.is_some();
            if asks_for_more {
                job.warnings.push(
                    "the message joined a running turn, which keeps its own options, output and time limit"
                        .to_owned(),
                );
            }
            job.join(&turn_id, pid, now)
        });
        if let Err(error) = stepped.await {
            tracing::error!(%error, "cannot record that the message joined the turn");
        }
        joined.push(Arc::clone(job));
        Ok(turn_id)
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
            return Err(Error::NoActiveTurn(conversation_id.to_string()));
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
                Error::NoActiveTurn(conversation_id.to_string())
            }
            _ => Error::Codex(error),
        })
    }

    /// Returns the jobs that wait on a conversation, or on the copy that replaced it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn waiting(&self, conversation_id: &ThreadId) -> Result<WaitingJobs, Error> {
        let conversation_id = self.replacement_of(conversation_id).await?;
        let local = self.inner.registry.waiting(&conversation_id).iter().map(|job| job.view()).collect();
        let is_handed_over = |job: &Job| {
            job.delivery == Some(Delivery::HandedOver)
                && job.turn_id.is_none()
                && job.conversation_id.as_ref() == Some(&conversation_id)
        };
        let mut handed_over: Vec<Job> =
            self.inner.jobs.live_views().into_iter().filter(is_handed_over).collect();
        handed_over.sort_by_key(|job| job.created_at);
        Ok(WaitingJobs { conversation_id, local, handed_over })
    }

    /// Returns a job of the conversation, or of the copy that replaced it.
    ///
    /// # Errors
    /// [`Error::JobNotFound`] if the conversation has no such job.
    pub async fn waiting_job(&self, conversation_id: &ThreadId, job_id: &JobId) -> Result<Job, Error> {
        let conversation_id = self.replacement_of(conversation_id).await?;
        let job = self.inner.jobs.get(job_id).await?;
        if job.conversation_id.as_ref() == Some(&conversation_id) { Ok(job) } else { Err(Error::JobNotFound) }
    }

    /// Replaces the text of a waiting message.
    ///
    /// # Errors
    /// [`Error::JobNotFound`], [`Error::JobEnded`]; [`Error::JobRunsElsewhere`] if another bridge runs the
    /// job; [`Error::JobNotQueued`] if its turn has started.
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
                self.edit_handed_over(&view, text).await?
            }
            _ => return Err(Error::JobNotQueued),
        };
        let message = serde_json::to_string(&message)
            .map_err(|error| Error::Internal(format!("cannot serialize a message: {error}")))?;
        self.inner.jobs.store().set_job_message(job_id, message).await?;
        // The turn may have started by now, but with this text.
        let ended = |_| Error::JobEnded { status: live.view().status.name() };
        live.step(|job, now| job.edit(text, now)).await?.map_err(ended)
    }

    /// Replaces the text of a message in another process's queue.
    async fn edit_handed_over(&self, job: &Job, text: &str) -> Result<Message, Error> {
        let conversation_id = &job.conversation_id.clone().unwrap_or_default();
        let mut message = self.stored_message(&job.job_id).await?.ok_or(Error::JobNotQueued)?;
        message.set_text(text);
        let server = self.inner.router.supervisor_of(conversation_id).ready().await?;
        let replaced =
            server.connection.thread_queue_replace(conversation_id, &job.job_id, &message.input).await;
        match replaced {
            Ok(true) => Ok(message),
            Ok(false) => Err(Error::JobNotQueued),
            Err(error @ CallError::Refused { .. }) => Err(Error::of_conversation(conversation_id, error)),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns an unfinished job of this process.
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
