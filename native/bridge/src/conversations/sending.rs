//! How one message is sent: which step follows which.
//!
//! The units of [`ThreadTask`] each carry out one step and return the next one. What comes next is decided
//! here, by functions of plain values.

use std::sync::Arc;

use codex::connection::CallError;
use model::ids::{ThreadId, TurnId};
use model::job::{Delivery, Operation};
use model::limits;

use super::ended_early;
use super::ending::JobEnd;
use super::follow::Followed;
use super::message::{DeliveryMode, Message};
use super::thread::{Access, Loaded, ThreadTask};
use super::work::{Receipt, Sending};
use crate::approvals::Withdrawn;
use crate::error::Error;
use crate::jobs::LiveJob;

/// The next step of a message.
#[derive(Debug)]
pub(super) enum Step {
    /// Load the thread.
    Load,
    /// Run the message as a turn on the loaded thread.
    RunTurn,
    /// Run the message through `codex exec`.
    RunExec,
    /// Let the editor's panel run the message.
    HandToPanel,
    /// Add the message to the queue of the process that owns the thread.
    HandOver,
    /// Refuse the message, because another process owns the thread.
    RefuseOwned,
    /// Follow the message in the queue of another process.
    FollowQueued,
    /// Run the message, which was taken back from the queue of another process, with this warning.
    TakeBack(String),
    /// Copy the thread, which the history does not show, and continue there.
    Copy,
    /// Continue on the original of the thread, which is a copy that does not exist any more.
    ReturnTo(ThreadId),
    /// Continue on this thread, which may be loaded here.
    MoveTo(ThreadId, Option<Loaded>),
    /// The job ends.
    End(JobEnd),
}

impl From<Error> for Step {
    fn from(error: Error) -> Self {
        Self::End(JobEnd::NotStarted(error))
    }
}

/// The outcome of loading a thread for a message.
#[derive(Debug)]
enum Loading {
    /// The thread is loaded here.
    Ours {
        /// True if `codex exec` created the thread.
        is_exec: bool,
    },
    /// Another process owns the thread.
    OwnedElsewhere,
    /// The thread cannot be loaded.
    Failed(Error),
}

/// Returns the first step for a message. `delivery` is that of its job so far.
fn first(message: &Message, delivery: Option<Delivery>, is_stopping: bool) -> Step {
    match (is_stopping, delivery) {
        // The sender knows that the message waits. The next start of the bridge runs it.
        (true, Some(Delivery::Queued)) => Step::End(JobEnd::LeftToNextStart),
        (true, _) => Error::Stopping.into(),
        (false, _) if message.cli.is_some() => Step::RunExec,
        (false, _) if message.delivery == DeliveryMode::Panel => Step::HandToPanel,
        (false, _) => Step::Load,
    }
}

/// Returns the step after the thread was loaded, or was not. `original_id` is the thread of which this one is
/// a copy.
fn after_loading(loading: Loading, message: &Message, original_id: Option<ThreadId>) -> Step {
    match (loading, original_id) {
        (Loading::Ours { is_exec: true }, _) if message.upgrade => Step::Copy,
        (Loading::Ours { .. }, _) => Step::RunTurn,
        // The other process may run other turns before the message.
        (Loading::OwnedElsewhere, _) if message.expected_turn_id.is_some() => Step::RefuseOwned,
        (Loading::OwnedElsewhere, _) => when_owned_elsewhere(message),
        (Loading::Failed(Error::ConversationNotFound(_)), Some(original_id)) => Step::ReturnTo(original_id),
        (Loading::Failed(error), _) => error.into(),
    }
}

/// Returns the step for a message to a thread that another process owns.
fn when_owned_elsewhere(message: &Message) -> Step {
    match message.delivery {
        // The queue of a thread takes messages only.
        _ if message.review.is_some() => Step::RefuseOwned,
        DeliveryMode::Auto | DeliveryMode::Handover | DeliveryMode::Panel => Step::HandOver,
        _ => Step::RefuseOwned,
    }
}

/// Returns the step after a message was followed in the queue of another process. `None` if the job ends
/// with its turn.
pub(super) fn after_following(followed: &Followed) -> Option<Step> {
    let warning = "the process that owned the conversation exited, so the bridge runs the message";
    matches!(followed, Followed::Unclaimed).then(|| Step::TakeBack(warning.to_owned()))
}

impl ThreadTask {
    /// Sends a message: runs it as a turn of this bridge, or hands it over. Returns how its job ends.
    pub(super) async fn send(&mut self, sending: &mut Sending) -> JobEnd {
        let is_stopping = self.conversations.inner.stopping.is_cancelled();
        let step = first(&sending.message, sending.job.view().delivery, is_stopping);
        self.carry_out(step, sending).await
    }

    /// Carries out this step and those that follow it. Returns how the job of the message ends.
    pub(super) async fn carry_out(&mut self, mut step: Step, sending: &mut Sending) -> JobEnd {
        loop {
            step = match step {
                Step::Load => self.load_for(sending).await,
                Step::RunTurn => Step::End(self.run_turn(sending).await),
                Step::RunExec => Step::End(self.run_exec(sending).await),
                Step::HandToPanel => self.hand_to_panel(sending).await,
                Step::HandOver => self.hand_over(sending).await,
                Step::RefuseOwned => self.conversations.owned_elsewhere(&self.thread_id).await.into(),
                Step::FollowQueued => self.follow_queued(sending).await,
                Step::TakeBack(warning) => self.take_back(sending, warning).await,
                Step::Copy => self.copy(sending).await,
                Step::ReturnTo(original_id) => self.return_to(original_id, sending).await,
                Step::MoveTo(thread_id, loaded) => {
                    let moved = sending.take();
                    Step::End(self.move_to(&thread_id, loaded, moved).await)
                }
                Step::End(end) => return self.interpret(end, &sending.message).await,
            };
        }
    }

    async fn load_for(&mut self, sending: &Sending) -> Step {
        let Sending { job, message, .. } = sending;
        let loading = match self.load(message).await {
            Ok(Access::Ours) => match self.check_expected_turn(message).await {
                Ok(()) => {
                    Loading::Ours { is_exec: self.loaded.as_ref().is_some_and(|loaded| loaded.is_exec) }
                }
                Err(error) => Loading::Failed(error),
            },
            Ok(Access::OwnedElsewhere) => Loading::OwnedElsewhere,
            Err(error) => Loading::Failed(error),
        };
        let original_id = job.view().upgraded_from_conversation_id.filter(|id| *id != self.thread_id);
        after_loading(loading, message, original_id)
    }

    async fn check_expected_turn(&self, message: &Message) -> Result<(), Error> {
        match &message.expected_turn_id {
            Some(expected) => self.check_last_turn(expected).await,
            None => Ok(()),
        }
    }

    /// Runs the message as a turn on the loaded thread, and follows the turn to its end.
    async fn run_turn(&mut self, sending: &mut Sending) -> JobEnd {
        if let Err(error) = self.wait_behind_external_turns(sending).await {
            return JobEnd::NotStarted(error);
        }
        let turn_id = match self.start_turn(&sending.job, &sending.message).await {
            Ok(turn_id) => turn_id,
            Err(error) => return JobEnd::NotStarted(error),
        };
        let Sending { job, message, sender } = sending;
        let view = job.view();
        let delivery = match view.delivery {
            Some(Delivery::Forked) => Delivery::Forked,
            _ => Delivery::Started,
        };
        if view.operation == Operation::CreateConversation {
            self.name(job, message);
        }
        let conversation_id = self.thread_id.clone();
        sender.report(Ok(Receipt { conversation_id, delivery, turn_id: Some(turn_id.clone()) }));
        let end = self.follow_turn(job, &turn_id, message).await;
        // Older binaries do not notify the bridge when they stop waiting for an approval.
        self.conversations.inner.approvals.withdraw(Withdrawn::Job(&job.job_id)).await;
        end
    }

    /// Names a new conversation in the background, while its turn runs. Codex refuses a name until it has
    /// written the thread to disk, which takes longer in a git repository.
    fn name(&self, job: &Arc<LiveJob>, message: &Message) {
        let Some(Loaded { server, .. }) = &self.loaded else { return };
        if !server.methods.has("thread/name/set") {
            return;
        }
        let (connection, thread_id, title) =
            (server.connection.clone(), self.thread_id.clone(), message.title.clone());
        let job = Arc::clone(job);
        self.conversations.inner.tasks.spawn(async move {
            let mut attempts = 1;
            let error = loop {
                match connection.thread_set_name(&thread_id, &title).await {
                    Ok(()) => return,
                    Err(CallError::Refused { .. }) if attempts < limits::NAME_ATTEMPTS_MAX => {
                        attempts += 1;
                        tokio::time::sleep(limits::NAME_RETRY_INTERVAL).await;
                    }
                    Err(error) => break error,
                }
            };
            tracing::warn!(%thread_id, %error, "cannot name a conversation");
            let warning = format!("title: the conversation could not be named ({error})");
            if let Err(error) = job.note(|job, _| job.warnings.push(warning)).await {
                tracing::debug!(%error, "cannot record a warning with a job");
            }
        });
    }

    async fn start_turn(&self, job: &LiveJob, message: &Message) -> Result<TurnId, Error> {
        let Some(Loaded { server, cwd, .. }) = &self.loaded else {
            return Err(Error::Internal("the thread is not loaded".to_owned()));
        };
        if job.cancel_reason().is_some() {
            return Err(Error::JobCancelled);
        }
        if message.review.is_some() && !server.methods.has("review/start") {
            return Err(Error::UnsupportedByCodex("review changes"));
        }
        let connection = &server.connection;
        // Recorded first. If the bridge exits after this, recovery searches the history of this conversation.
        let bound =
            job.step(|job, now| job.bind(&self.thread_id, cwd.clone(), Some(server.pid), now)).await?;
        bound.map_err(ended_early)?;
        let started = match &message.review {
            Some(target) => connection.review_start(&self.thread_id, target).await,
            None => {
                let (client_id, options) = (&job.job_id, Some(&message.turn));
                connection.turn_start(&self.thread_id, client_id, &message.input, options).await
            }
        };
        let turn = match started {
            Ok(turn) => turn,
            Err(error) => {
                if matches!(error, CallError::TimedOut { .. }) {
                    // The app-server hangs and may still start the turn. No turn may run without a job.
                    server.stop().await;
                }
                return Err(Error::of_conversation(&self.thread_id, error));
            }
        };
        // The turn runs, so it is followed to its end even if the start cannot be recorded.
        match job.step(|job, now| job.start(Some(&turn.id), now)).await {
            Ok(Ok(_)) => {}
            Ok(Err(refusal)) => tracing::error!(%refusal, "a turn started for a job that could not start"),
            Err(error) => tracing::error!(%error, "cannot record that the turn started"),
        }
        Ok(turn.id)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use codex::protocol::ReviewTarget;

    use super::super::message::{CliOptions, MessageBody, MessageDefaults};
    use super::*;

    fn message(change: impl FnOnce(&mut Message)) -> Message {
        let defaults = MessageDefaults {
            cwd: PathBuf::from("/"),
            send_timeout: Duration::from_secs(1),
            open_timeout: Duration::from_secs(1),
            approval_timeout: Duration::from_secs(1),
            has_editor: true,
        };
        let body = MessageBody { message: Some("hello".to_owned()), ..MessageBody::default() };
        let mut message = body.into_continuation("job".into(), &defaults).unwrap();
        change(&mut message);
        message
    }

    fn delivered_as(delivery: DeliveryMode) -> Message {
        message(|message| message.delivery = delivery)
    }

    fn shown(step: &Step) -> String {
        format!("{step:?}")
    }

    #[test]
    fn the_first_step_depends_on_the_message_and_on_whether_the_bridge_stops() {
        let exec = message(|message| message.cli = Some(CliOptions::default()));
        let panel = delivered_as(DeliveryMode::Panel);
        let plain = message(|_| {});
        let cases = [
            (&plain, None, false, "Load"),
            (&plain, Some(Delivery::Queued), false, "Load"),
            (&exec, None, false, "RunExec"),
            (&panel, None, false, "HandToPanel"),
            (&plain, None, true, "End(NotStarted(Stopping))"),
            (&panel, Some(Delivery::Queued), true, "End(LeftToNextStart)"),
        ];
        for (message, delivery, is_stopping, expected) in cases {
            assert_eq!(shown(&first(message, delivery, is_stopping)), expected, "{delivery:?} {is_stopping}");
        }
    }

    #[test]
    fn a_loaded_thread_runs_the_message_and_an_owned_one_is_handed_it_if_that_is_allowed() {
        use DeliveryMode::{Auto, Handover, Panel, Queue, Reject, Start};
        let ours = |is_exec| Loading::Ours { is_exec };
        let plain = message(|_| {});
        assert_eq!(shown(&after_loading(ours(false), &plain, None)), "RunTurn");
        assert_eq!(shown(&after_loading(ours(true), &plain, None)), "Copy");
        let stays = message(|message| message.upgrade = false);
        assert_eq!(shown(&after_loading(ours(true), &stays, None)), "RunTurn");

        for (delivery, expected) in [
            (Auto, "HandOver"),
            (Handover, "HandOver"),
            (Panel, "HandOver"),
            (Queue, "RefuseOwned"),
            (Start, "RefuseOwned"),
            (Reject, "RefuseOwned"),
        ] {
            let step = after_loading(Loading::OwnedElsewhere, &delivered_as(delivery), None);
            assert_eq!(shown(&step), expected, "{delivery:?}");
        }
        let review = message(|message| message.review = Some(ReviewTarget::UncommittedChanges));
        let expecting = message(|message| message.expected_turn_id = Some("turn".into()));
        for message in [review, expecting] {
            assert_eq!(shown(&after_loading(Loading::OwnedElsewhere, &message, None)), "RefuseOwned");
        }
    }

    #[test]
    fn a_message_to_a_copy_that_is_gone_returns_to_the_original() {
        let plain = message(|_| {});
        let gone = || Loading::Failed(Error::ConversationNotFound("copy".to_owned()));
        assert_eq!(
            shown(&after_loading(gone(), &plain, Some("original".into()))),
            r#"ReturnTo(ThreadId("original"))"#
        );
        assert_eq!(
            shown(&after_loading(gone(), &plain, None)),
            r#"End(NotStarted(ConversationNotFound("copy")))"#
        );
        let other = after_loading(Loading::Failed(Error::Stopping), &plain, Some("original".into()));
        assert_eq!(shown(&other), "End(NotStarted(Stopping))");
    }

    #[test]
    fn a_message_that_nobody_claimed_is_taken_back() {
        let taken_back = after_following(&Followed::Unclaimed);
        assert!(matches!(taken_back, Some(Step::TakeBack(_))), "{taken_back:?}");
        for followed in [Followed::Cancelled, Followed::BridgeStopping, Followed::Lost(String::new())] {
            assert!(after_following(&followed).is_none(), "{followed:?}");
        }
    }
}
