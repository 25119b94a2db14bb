//! Turns that another process runs or ran: messages that are handed over, and the recovery of turns whose
//! process exited.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use codex::app_server::AppServer;
use codex::connection::CallError;
use codex::protocol::{ThreadOptions, TurnOptions};
use model::ids::TurnId;
use model::job::{Delivery, FailureCode};
use tokio::time::Instant;

use super::ended_early;
use super::ending::{JobEnd, failure, job_end, signal_name};
use super::follow::{Followed, Follower, Runner};
use super::message::Message;
use super::sending::{Step, after_following};
use super::thread::{Loaded, ThreadTask};
use super::work::{Receipt, Sender, Sending};
use crate::approvals::Withdrawn;
use crate::error::Error;
use crate::jobs::LiveJob;

/// The warning for a handed-over message that has options.
const OPTIONS_UNUSED: &str =
    "another process owns the conversation and runs the message with that process's own options";

impl ThreadTask {
    /// Adds the message to the queue of the thread, which another process owns.
    pub(super) async fn hand_over(&mut self, sending: &mut Sending) -> Step {
        let Sending { job, message, sender } = sending;
        let unused = message.has_options().then_some(OPTIONS_UNUSED);
        if let Err(error) = self.add_to_queue(job, message, unused).await {
            return error.into();
        }
        sender.report(Ok(Receipt::handed_over(&self.thread_id, None)));
        Step::FollowQueued
    }

    /// Lets the editor's panel run the message. The panel's app-server finds the message in the thread's
    /// queue as soon as it loads the thread. If it does not start the message in time, the bridge runs it.
    pub(super) async fn hand_to_panel(&mut self, sending: &mut Sending) -> Step {
        let Sending { job, message, sender } = sending;
        let server = match self.prepare_for_panel(job, message).await {
            Ok(server) => server,
            Err(error) => return error.into(),
        };
        let limit = message.open.unwrap_or_default();
        let deadline = Instant::now() + limit;
        let conversations = self.conversations.clone();
        let reveal = conversations.reveal(job, &self.thread_id, message.open);
        let mut follower =
            Follower::new(&self.conversations, &self.thread_id, job, None, Runner::OtherProcess);
        let (_, is_started) = tokio::join!(reveal, follower.starts_before(deadline));
        if self.conversations.inner.stopping.is_cancelled() {
            // The message stays in the queue. The next start of the bridge follows it.
            sender.report(Ok(Receipt::handed_over(&self.thread_id, None)));
            return Step::End(JobEnd::LeftToNextStart);
        }
        if is_started {
            sender.report(Ok(Receipt::handed_over(&self.thread_id, job.view().turn_id)));
            return Step::FollowQueued;
        }
        match server.connection.thread_queue_remove(&self.thread_id, &job.job_id).await {
            Ok(true) => Step::TakeBack(format!(
                "delivery: the panel did not start the message within {} ms, so the bridge runs it",
                limit.as_millis()
            )),
            Ok(false) if job.cancel_reason().is_some() => Error::JobCancelled.into(),
            // A process has just taken the message, or the call failed. Following the message finds out.
            Ok(false) | Err(_) => {
                sender.report(Ok(Receipt::handed_over(&self.thread_id, None)));
                Step::FollowQueued
            }
        }
    }

    /// Unloads the thread and adds the message to its queue. Our app-server would run the message if it had
    /// the thread loaded.
    async fn prepare_for_panel(
        &mut self,
        job: &Arc<LiveJob>,
        message: &Message,
    ) -> Result<Arc<AppServer>, Error> {
        let server = self.conversations.inner.router.supervisor_of(&self.thread_id).ready().await?;
        let mut has_options = message.options != ThreadOptions::default();
        if let Some(loaded) = &self.loaded {
            // The thread was just created with the message's options. Without a name it would not be stored.
            has_options = false;
            loaded.server.connection.thread_set_name(&self.thread_id, &message.title).await?;
            let cwd = loaded.cwd.clone();
            job.step(|job, now| job.bind(&self.thread_id, cwd, None, now)).await?.map_err(ended_early)?;
        }
        if self.loaded.is_none() && self.conversations.inner.registry.is_closing(&self.thread_id) {
            // The thread is being closed after a turn of this bridge. Only a process that has it loaded is
            // notified when it is closed.
            self.resume(&ThreadOptions::default(), Instant::now() + message.send_timeout).await?;
        }
        self.release_and_close().await;
        let has_options = has_options || message.turn != TurnOptions::default();
        self.add_to_queue(job, message, has_options.then_some(OPTIONS_UNUSED)).await?;
        Ok(server)
    }

    /// Prepares to run a message that was removed from the queue again. No other process runs it.
    pub(super) async fn take_back(&mut self, sending: &mut Sending, warning: String) -> Step {
        let noted = sending.job.note(|job, _| {
            job.warnings.push(warning);
            job.delivery = None;
        });
        if let Err(error) = noted.await {
            return Error::from(error).into();
        }
        // The text may have been edited while the message was in that queue.
        sending.message.set_text(&sending.job.view().message);
        Step::Load
    }

    /// Adds the message to Codex's queue of the thread, where the process that has the thread loaded finds
    /// it.
    async fn add_to_queue(
        &self,
        job: &LiveJob,
        message: &Message,
        warning: Option<&str>,
    ) -> Result<(), Error> {
        let server = self.conversations.inner.router.supervisor_of(&self.thread_id).ready().await?;
        if !server.methods.has("thread/queue/add") {
            return Err(self.conversations.owned_elsewhere(&self.thread_id).await);
        }
        // Recorded first. If the bridge exits before the next call returns, the history shows whether the
        // message arrived.
        job.step(|job, now| {
            job.warnings.extend(warning.map(str::to_owned));
            job.queue(Delivery::HandedOver, now)
        })
        .await?
        .map_err(ended_early)?;
        let added = self.conversations.retry_while_closing(&self.thread_id, async |server| {
            server.connection.thread_queue_add(&self.thread_id, &job.job_id, &message.input).await
        });
        match added.await {
            // The message may be in the queue even if the call got no answer. Following the message finds
            // out.
            Ok(()) | Err(Error::Codex(CallError::TimedOut { .. } | CallError::Closed { .. })) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Follows the message in another process's queue to its end. If the owner exits, the bridge runs the
    /// message.
    pub(super) async fn follow_queued(&mut self, sending: &Sending) -> Step {
        let Sending { job, message, .. } = sending;
        let output = message.output_last_message_path.as_deref();
        let followed = self.follow_to_end(job, None, Runner::OtherProcess, message.turn_timeout).await;
        match after_following(&followed) {
            Some(step) => step,
            None => {
                Step::End(end_of(followed, job, Runner::OtherProcess, output, FailureCode::Interrupted).await)
            }
        }
    }

    /// Finds the end of a turn whose app-server exited. The history shows whether the turn had ended before.
    pub(super) async fn end_after_exit(
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
            tracing::error!(%error, "cannot record how the app-server exited");
        }
        let followed = self.follow_to_end(job, Some(turn_id), Runner::OwnExited, None).await;
        end_of(followed, job, Runner::OwnExited, output, FailureCode::CodexExited).await
    }

    /// Finds out how the turn of a job ended whose bridge process exited.
    pub(super) async fn recover(&mut self, job: &Arc<LiveJob>, message: Option<Box<Message>>) -> JobEnd {
        // A thread that is loaded here does not run the turn. To find the turn's end, the follower loads and
        // releases the thread itself.
        self.release().await;
        let view = job.view();
        let is_queued_elsewhere = view.delivery == Some(Delivery::HandedOver) && view.turn_id.is_none();
        let message = match message {
            Some(message) if is_queued_elsewhere => {
                let mut sending = Sending { job: Arc::clone(job), message, sender: Sender::NOTIFIED };
                return self.carry_out(Step::FollowQueued, &mut sending).await;
            }
            message => message,
        };
        let runner = match view.delivery {
            Some(Delivery::HandedOver) => Runner::OtherProcess,
            _ => Runner::OwnExited,
        };
        let output = view.output_last_message_path.map(PathBuf::from);
        let followed = self.follow_to_end(job, view.turn_id.as_ref(), runner, None).await;
        if matches!(followed, Followed::BridgeStopping) {
            // The next start of the bridge continues the recovery.
            return JobEnd::LeftToNextStart;
        }
        let end = end_of(followed, job, runner, output.as_deref(), FailureCode::InterruptedByRestart).await;
        match message {
            Some(message) => self.interpret(end, &message).await,
            None => end,
        }
    }

    async fn follow_to_end(
        &mut self,
        job: &Arc<LiveJob>,
        turn_id: Option<&TurnId>,
        runner: Runner,
        limit: Option<Duration>,
    ) -> Followed {
        let mut follower = Follower::new(&self.conversations, &self.thread_id, job, turn_id, runner);
        let time_limit = async {
            let Some(limit) = limit else { return std::future::pending().await };
            // The time limit does not count the wait before the turn.
            job.started_or_ended().await;
            tokio::time::sleep(limit).await;
        };
        let until = async {
            tokio::select! {
                () = job.cancel_requested() => Followed::Cancelled,
                () = time_limit => {
                    job.request_cancel(FailureCode::TurnTimeout);
                    Followed::Cancelled
                }
                () = self.conversations.inner.stopping.cancelled() => Followed::BridgeStopping,
            }
        };
        follower.follow(until).await
    }
}

/// Returns the end of a job from the outcome of following its turn.
async fn end_of(
    followed: Followed,
    job: &LiveJob,
    runner: Runner,
    output: Option<&Path>,
    interrupted: FailureCode,
) -> JobEnd {
    match followed {
        Followed::Ended(end) => job_end(job, end, output, interrupted).await,
        Followed::Lost(reason) => {
            let mut failure = failure(interrupted);
            failure.message = format!("{} ({reason})", failure.message);
            JobEnd::Failed(failure)
        }
        Followed::Cancelled => {
            let mut failure = failure(job.cancel_reason().unwrap_or(FailureCode::Cancelled));
            if failure.code == FailureCode::TurnTimeout {
                failure.message += " Only the process that runs it can interrupt it.";
            }
            JobEnd::Failed(failure)
        }
        Followed::Unclaimed => JobEnd::Failed(failure(interrupted)),
        Followed::BridgeStopping if matches!(runner, Runner::OtherProcess) => JobEnd::LeftToNextStart,
        Followed::BridgeStopping => JobEnd::Failed(failure(FailureCode::BridgeStopped)),
    }
}
