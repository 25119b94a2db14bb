//! Turns that another process runs, or ran: messages that are handed over, and what became of a process that
//! died.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use codex::app_server::AppServer;
use codex::connection::CallError;
use codex::protocol::ThreadOptions;
use model::ids::TurnId;
use model::job::{Delivery, FailureCode};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::ending::{JobEnd, failure, job_end, signal_name, tell};
use super::follow::{Followed, Follower, Whose};
use super::message::{DeliveryMode, Message};
use super::thread::{Access, Loaded, ThreadTask};
use super::{Begun, BegunSender, ended_early};
use crate::approvals::Withdrawn;
use crate::error::Error;
use crate::jobs::LiveJob;

impl ThreadTask {
    /// Another process owns the thread: puts the message into its queue and follows it there, if its sender
    /// allows that.
    pub(super) async fn hand_over(
        &mut self,
        server: &AppServer,
        job: &Arc<LiveJob>,
        message: &Message,
        begun: BegunSender,
    ) -> JobEnd {
        let allowed =
            matches!(message.delivery, DeliveryMode::Auto | DeliveryMode::Handover | DeliveryMode::Panel);
        let queued = if allowed {
            let has_options = message.options != ThreadOptions::default() || message.output_schema.is_some();
            self.put_into_queue(server, job, message, has_options).await
        } else {
            Err(self.conversations.owned_elsewhere(&self.thread_id).await)
        };
        if let Err(error) = queued {
            return JobEnd::NotBegun { error, begun };
        }
        let conversation_id = self.thread_id.clone();
        tell(begun, Ok(Begun { conversation_id, delivery: Delivery::HandedOver, turn_id: None }));
        self.follow_queued(job, message).await
    }

    /// Lets the panel of the editor run the message: its app-server finds it in the thread's queue as soon as
    /// it loads the thread. When it does not in time, the bridge runs it.
    pub(super) async fn hand_to_panel(
        &mut self,
        job: &Arc<LiveJob>,
        message: &Message,
        begun: BegunSender,
    ) -> JobEnd {
        let server = match self.prepare_for_panel(job, message).await {
            Ok(server) => server,
            Err(error) => return JobEnd::NotBegun { error, begun },
        };
        let limit = message.open.unwrap_or_default();
        let deadline = Instant::now() + limit;
        let conversations = self.conversations.clone();
        let reveal = conversations.reveal(job, &self.thread_id, message.open);
        let mut follower = Follower::new(&self.conversations, &self.thread_id, job, None, Whose::Queued);
        let (_, picked_up) = tokio::join!(reveal, follower.begins_before(deadline));
        let conversation_id = self.thread_id.clone();
        if self.conversations.inner.stopping.is_cancelled() {
            // In the queue, and followed by the next start of the bridge.
            tell(begun, Ok(Begun { conversation_id, delivery: Delivery::HandedOver, turn_id: None }));
            return JobEnd::LeftToNextStart;
        }
        if picked_up {
            let turn_id = job.view().turn_id;
            tell(begun, Ok(Begun { conversation_id, delivery: Delivery::HandedOver, turn_id }));
            return self.follow_queued(job, message).await;
        }
        match server.connection.thread_queue_remove(&self.thread_id, &job.job_id).await {
            Ok(true) => {
                let warning = format!(
                    "delivery: the panel did not pick the message up within {} ms",
                    limit.as_millis()
                );
                self.run_unclaimed(job, message, begun, warning).await
            }
            Ok(false) if job.cancel_reason().is_some() => {
                JobEnd::NotBegun { error: Error::JobCancelled, begun }
            }
            // Somebody was quicker; or it cannot be told, and following finds out.
            Ok(false) | Err(_) => {
                tell(begun, Ok(Begun { conversation_id, delivery: Delivery::HandedOver, turn_id: None }));
                self.follow_queued(job, message).await
            }
        }
    }

    /// Puts the message into the thread's queue, with the thread loaded nowhere here: our app-server must not
    /// run it.
    async fn prepare_for_panel(
        &mut self,
        job: &Arc<LiveJob>,
        message: &Message,
    ) -> Result<Arc<AppServer>, Error> {
        let server = self.conversations.inner.router.supervisor_of(&self.thread_id).ready().await?;
        let mut has_options = message.options != ThreadOptions::default();
        if let Some(loaded) = &self.loaded {
            // Just made, with the message's options. Without a name it would not be stored.
            has_options = false;
            loaded.server.connection.thread_set_name(&self.thread_id, &message.title).await?;
            let cwd = loaded.cwd.clone();
            job.step(|job, now| job.bind(&self.thread_id, cwd, None, now)).await?.map_err(ended_early)?;
        }
        if self.loaded.is_none() && self.conversations.inner.registry.is_closing(&self.thread_id) {
            // After a turn of ours: only whoever loads it hears when it is closed.
            self.resume(&ThreadOptions::default(), Instant::now() + message.send_timeout).await?;
        }
        self.release_and_close().await;
        self.put_into_queue(&server, job, message, has_options || message.output_schema.is_some()).await?;
        Ok(server)
    }

    /// The message is out of the queue again, and nobody else runs it.
    async fn run_unclaimed(
        &mut self,
        job: &Arc<LiveJob>,
        message: &Message,
        begun: BegunSender,
        warning: String,
    ) -> JobEnd {
        let noted = job.note(|job, _| {
            job.warnings.push(warning);
            job.delivery = None;
        });
        if let Err(error) = noted.await {
            return JobEnd::NotBegun { error: error.into(), begun };
        }
        // They may have been edited in that queue.
        let mut message = message.clone();
        message.set_text(&job.view().message);
        let message = &message;
        match self.load(message).await {
            Ok(Access::Ours) => self.run_turn(job, message, begun).await,
            // Somebody opened it in this moment.
            Ok(Access::OwnedElsewhere(server)) => {
                Box::pin(self.hand_over(&server, job, message, begun)).await
            }
            Err(error) => JobEnd::NotBegun { error, begun },
        }
    }

    /// Puts the message into the thread's own queue, where whoever has the thread loaded finds it.
    async fn put_into_queue(
        &self,
        server: &AppServer,
        job: &LiveJob,
        message: &Message,
        has_options: bool,
    ) -> Result<(), Error> {
        if !server.methods.has("thread/queue/add") {
            return Err(self.conversations.owned_elsewhere(&self.thread_id).await);
        }
        // Recorded first: should we die in between, the history tells whether the message arrived.
        job.step(|job, now| {
            if has_options {
                let warning =
                    "another process owns the conversation and runs the message with its own options";
                job.warnings.push(warning.to_owned());
            }
            job.queue(Delivery::HandedOver, now)
        })
        .await?
        .map_err(ended_early)?;
        let added = self.conversations.on_closed(&self.thread_id, async |server| {
            server.connection.thread_queue_add(&self.thread_id, &job.job_id, &message.input).await
        });
        match added.await {
            // Without an answer it may be in the queue all the same; reading the thread and its queue tells.
            Ok(()) | Err(Error::Codex(CallError::TimedOut { .. } | CallError::Closed { .. })) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Follows a message in another process's queue to its end. When its owner is gone, the bridge runs it.
    async fn follow_queued(&mut self, job: &Arc<LiveJob>, message: &Message) -> JobEnd {
        let output = message.output_last_message_path.as_deref();
        let followed = self.follow_to_end(job, None, Whose::Queued, message.turn_timeout);
        match followed.await {
            Followed::Unclaimed => {
                // Its sender was answered when it was handed over.
                let (begun, _) = oneshot::channel();
                let warning =
                    "the process that owned the conversation is gone, so the bridge runs the message";
                self.run_unclaimed(job, message, begun, warning.to_owned()).await
            }
            followed => end_of(followed, job, Whose::Queued, output, FailureCode::Interrupted).await,
        }
    }

    /// The app-server died under the turn: its history tells whether the turn had ended before.
    pub(super) async fn end_of_a_dead_turn(
        &mut self,
        job: &Arc<LiveJob>,
        turn_id: &TurnId,
        output: Option<&Path>,
    ) -> JobEnd {
        let Some(Loaded { server, .. }) = self.loaded.take() else {
            return JobEnd::Failed(failure(FailureCode::CodexExited));
        };
        self.conversations.inner.approvals.withdraw(Withdrawn::Thread(&self.thread_id)).await;
        if self.conversations.inner.stopping.is_cancelled() {
            return JobEnd::Failed(failure(FailureCode::BridgeStopped));
        }
        let exit = server.exited().await;
        job.observe_stderr(server.stderr_last());
        let noted = job.note(|job, _| {
            job.exit_code = exit.code;
            job.signal = exit.signal.map(signal_name);
        });
        if let Err(error) = noted.await {
            tracing::error!(%error, "cannot note how the app-server ended");
        }
        let followed = self.follow_to_end(job, Some(turn_id), Whose::Dead, None).await;
        end_of(followed, job, Whose::Dead, output, FailureCode::CodexExited).await
    }

    /// The bridge process that ran the job is gone: finds out what became of its turn.
    pub(super) async fn recover(&mut self, job: &Arc<LiveJob>, message: Option<&Message>) -> JobEnd {
        // What is loaded here is not the turn's: to find out its end, the thread is loaded once more, and
        // released.
        self.release().await;
        let view = job.view();
        if let (Some(Delivery::HandedOver), None, Some(message)) = (view.delivery, &view.turn_id, message) {
            return self.follow_queued(job, message).await;
        }
        let whose = if view.delivery == Some(Delivery::HandedOver) { Whose::Queued } else { Whose::Dead };
        let output = view.output_last_message_path.map(PathBuf::from);
        let followed =
            self.follow_to_end(job, view.turn_id.as_deref().map(TurnId::from).as_ref(), whose, None).await;
        if matches!(followed, Followed::LeftToItsOwner) {
            // The next start of the bridge finds out.
            return JobEnd::LeftToNextStart;
        }
        end_of(followed, job, whose, output.as_deref(), FailureCode::InterruptedByRestart).await
    }

    async fn follow_to_end(
        &mut self,
        job: &Arc<LiveJob>,
        turn_id: Option<&TurnId>,
        whose: Whose,
        limit: Option<std::time::Duration>,
    ) -> Followed {
        let mut follower = Follower::new(&self.conversations, &self.thread_id, job, turn_id, whose);
        let late = async {
            let Some(limit) = limit else { return std::future::pending().await };
            // Waiting is no part of the turn.
            job.started_or_ended().await;
            tokio::time::sleep(limit).await;
        };
        let until = async {
            tokio::select! {
                () = job.cancel_requested() => Followed::CalledOff,
                () = late => {
                    job.request_cancel(FailureCode::TurnTimeout);
                    Followed::CalledOff
                }
                () = self.conversations.inner.stopping.cancelled() => Followed::LeftToItsOwner,
            }
        };
        follower.follow(until).await
    }
}

/// How a job ends that was followed.
async fn end_of(
    followed: Followed,
    job: &LiveJob,
    whose: Whose,
    output: Option<&Path>,
    interrupted: FailureCode,
) -> JobEnd {
    match followed {
        Followed::Ended(end, record) => job_end(job, end, record, output, interrupted).await,
        Followed::Lost(reason) => {
            let mut failure = failure(interrupted);
            failure.message = format!("{} ({reason})", failure.message);
            JobEnd::Failed(failure)
        }
        Followed::CalledOff => {
            let mut failure = failure(job.cancel_reason().unwrap_or(FailureCode::Cancelled));
            if failure.code == FailureCode::TurnTimeout {
                failure.message += " It runs in another process, which alone can interrupt it.";
            }
            JobEnd::Failed(failure)
        }
        Followed::Unclaimed => JobEnd::Failed(failure(interrupted)),
        Followed::LeftToItsOwner if matches!(whose, Whose::Queued) => JobEnd::LeftToNextStart,
        Followed::LeftToItsOwner => JobEnd::Failed(failure(FailureCode::BridgeStopped)),
    }
}
