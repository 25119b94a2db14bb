//! The turns of a job that the bridge runs, from the first event to the end.

use std::sync::Arc;

use codex::activity::{GoalStatus, RunningTurn};
use codex::connection::{CallError, ThreadEvent};
use codex::protocol::Turn;
use codex::turn::TurnEnd;
use model::clock::Timestamp;
use model::ids::TurnId;
use model::job::{FailureCause, FailureCode};
use model::limits;
use tokio::time::{Instant, sleep_until};

use super::ending::{JobEnd, job_end};
use super::message::{GoalHandling, Message};
use super::thread::{Loaded, ThreadTask, sleep_until_some};
use crate::approvals::Asker;
use crate::jobs::LiveJob;

/// The outcome of following one turn of a job.
enum TurnOutcome {
    /// The turn ended.
    Ended(TurnEnd),
    /// The bridge is stopping.
    Stopping,
    /// The app-server that ran the turn exited.
    Exited,
}

/// The turn with which Codex continues the goal of a job.
enum NextTurn {
    /// The turn has started.
    Started(TurnId),
    /// Codex does not continue.
    NotDue,
    /// The job was cancelled, or the bridge is stopping, before the turn started.
    GivenUp,
}

impl ThreadTask {
    /// Follows the turn of a job by its events, to its end. If Codex continues a goal by itself afterwards,
    /// those turns belong to the job, too.
    pub(super) async fn follow_turn(
        &mut self,
        job: &Arc<LiveJob>,
        turn_id: &TurnId,
        message: &Message,
    ) -> JobEnd {
        let output = message.output_last_message_path.as_deref();
        let deadline = message.turn_timeout.map(|limit| Instant::now() + limit);
        let mut turn_id = turn_id.clone();
        loop {
            match self.follow_one_turn(job, &turn_id, message, deadline).await {
                TurnOutcome::Ended(TurnEnd::Completed) => {
                    let end = match self.next_goal_turn(job).await {
                        NextTurn::Started(next) => {
                            turn_id = next;
                            continue;
                        }
                        NextTurn::NotDue => TurnEnd::Completed,
                        NextTurn::GivenUp => TurnEnd::Interrupted,
                    };
                    let interrupted = FailureCode::BridgeStopped;
                    return job_end(job, end, output, interrupted).await;
                }
                TurnOutcome::Ended(end) => {
                    let retry_at = self.limit_resets_at();
                    let mut end = job_end(job, end, output, FailureCode::Interrupted).await;
                    if let JobEnd::Failed(failure) = &mut end
                        && failure.cause == Some(FailureCause::UsageLimit)
                    {
                        failure.retry_at = retry_at;
                    }
                    return end;
                }
                TurnOutcome::Exited => return self.end_after_exit(job, &turn_id, output).await,
                TurnOutcome::Stopping => return self.interrupt_for_stop(job, &turn_id, message).await,
            }
        }
    }

    /// Returns when the exhausted rate limit of the account is reset, if one is.
    fn limit_resets_at(&self) -> Option<Timestamp> {
        let seconds = self.loaded.as_ref()?.server.connection.rate_limits().exhausted_until?;
        Some(Timestamp::from_millis(seconds.checked_mul(1000)?))
    }

    /// Waits for the turn with which Codex continues the goal of the job, and adds it to the job.
    async fn next_goal_turn(&mut self, job: &Arc<LiveJob>) -> NextTurn {
        let deadline = Instant::now() + limits::GOAL_TURN_START_TIMEOUT;
        let stopping = self.conversations.inner.stopping.clone();
        while let Some(loaded) = &mut self.loaded
            && loaded.activity.pursues_goal()
        {
            if let Some(turn_id) = loaded.activity.running().and_then(RunningTurn::turn_id).cloned() {
                let noted = job.note(|job, now| job.continue_goal(turn_id.clone(), now)).await;
                if let Err(error) = noted {
                    tracing::error!(%error, "cannot record a turn of a goal");
                }
                self.publish_state().await;
                return NextTurn::Started(turn_id);
            }
            tokio::select! {
                event = loaded.watch.next() => {
                    let Some(event) = event else { break };
                    if let ThreadEvent::Notification(notification) = &event {
                        job.observe(notification).await;
                    }
                    self.handle_event(event, Asker { job: Some(job), ..Asker::UNKNOWN }).await;
                }
                () = sleep_until(deadline) => {
                    tracing::debug!(job_id = %job.job_id, "Codex did not continue the goal");
                    loaded.activity.reconcile_idle();
                }
                () = job.cancel_requested() => {
                    self.pause_goal().await;
                    return NextTurn::GivenUp;
                }
                () = stopping.cancelled() => {
                    self.pause_goal().await;
                    return NextTurn::GivenUp;
                }
            }
        }
        NextTurn::NotDue
    }

    /// Pauses the goal of the thread if it is active, so that Codex does not continue it.
    async fn pause_goal(&mut self) {
        let Some(loaded) = &mut self.loaded else { return };
        if loaded.activity.goal().is_none_or(|goal| goal.status != GoalStatus::Active) {
            return;
        }
        let paused = loaded.server.connection.thread_goal_pause(&self.thread_id);
        match tokio::time::timeout(limits::INTERRUPT_TIMEOUT, paused).await {
            Ok(Ok(goal)) => loaded.activity.set_goal(goal),
            Ok(Err(error)) => tracing::warn!(%error, "cannot pause the goal of a conversation"),
            Err(_) => tracing::warn!("Codex did not pause the goal of a conversation in time"),
        }
    }

    /// Records the goal of the thread in the job, and pauses it if the message asks for that.
    async fn note_goal(&mut self, job: &Arc<LiveJob>, message: &Message) {
        let goal = |this: &Self| this.loaded.as_ref().and_then(|loaded| loaded.activity.goal().cloned());
        if goal(self) == job.view().goal {
            return;
        }
        let is_active = goal(self).is_some_and(|goal| goal.status == GoalStatus::Active);
        let is_paused_here = is_active && message.goal == GoalHandling::Pause;
        if is_paused_here {
            self.pause_goal().await;
        }
        let goal = goal(self);
        let noted = job.note(|job, _| {
            job.goal = goal;
            if is_paused_here {
                job.warnings.push("goal: the turn set a goal, which was paused as requested".to_owned());
            }
        });
        if let Err(error) = noted.await {
            tracing::error!(%error, "cannot record the goal of a job");
        }
    }

    async fn follow_one_turn(
        &mut self,
        job: &Arc<LiveJob>,
        turn_id: &TurnId,
        message: &Message,
        deadline: Option<Instant>,
    ) -> TurnOutcome {
        let asker = Asker { job: Some(job), limit: Some(message.approval_timeout), parent: None };
        let mut interrupt_at: Option<Instant> = None;
        let stopping = self.conversations.inner.stopping.clone();
        let end = loop {
            let Some(loaded) = &mut self.loaded else {
                break TurnEnd::Interrupted;
            };
            tokio::select! {
                event = loaded.watch.next() => match event {
                    Some(event) => {
                        let mut concerns_goal = false;
                        let end = match &event {
                            ThreadEvent::Notification(notification) => {
                                job.observe(notification).await;
                                concerns_goal = notification.method.starts_with("thread/goal/");
                                job.record().observe(turn_id, notification)
                            }
                            ThreadEvent::Request(_) => None,
                        };
                        self.handle_event(event, asker).await;
                        if concerns_goal {
                            self.note_goal(job, message).await;
                        }
                        if let Some(end) = end {
                            break end;
                        }
                    }
                    None if loaded.server.connection.is_closed() => return TurnOutcome::Exited,
                    None => {
                        // Events were dropped because this task fell behind. It watches again first, and then
                        // reads the thread to find an end that it missed.
                        loaded.watch = loaded.server.connection.watch(&self.thread_id);
                        if let Some(end) = self.read_end(turn_id, job).await {
                            break end;
                        }
                    }
                },
                () = tokio::time::sleep(limits::TURN_SILENCE) => {
                    let read = tokio::select! {
                        read = self.read_end(turn_id, job) => read,
                        () = stopping.cancelled() => None,
                    };
                    if let Some(end) = read {
                        tracing::warn!(%turn_id, "found the end of a turn in its thread, without an event");
                        break end;
                    }
                }
                () = sleep_until_some(deadline), if job.cancel_reason().is_none() => {
                    job.request_cancel(FailureCode::TurnTimeout);
                }
                // Repeated as long as the turn runs.
                () = interrupt_due(job, interrupt_at) => {
                    // The turn may still wait behind a turn of a goal that others set.
                    if loaded.activity.running().and_then(RunningTurn::turn_id) == Some(turn_id) {
                        self.pause_goal().await;
                    }
                    self.interrupt(turn_id).await;
                    interrupt_at = Some(Instant::now() + limits::INTERRUPT_INTERVAL);
                }
                () = stopping.cancelled() => return TurnOutcome::Stopping,
            }
        };
        TurnOutcome::Ended(end)
    }

    async fn interrupt(&self, turn_id: &TurnId) {
        let Some(Loaded { server, activity, .. }) = &self.loaded else { return };
        let turn_id = activity.interrupt_id(turn_id);
        match server.connection.turn_interrupt(&self.thread_id, turn_id).await {
            Ok(()) => {}
            // The app-server hangs. Stopping it ends the turn.
            Err(CallError::TimedOut { .. }) => server.stop().await,
            // The turn may just have ended.
            Err(error) => tracing::debug!(%error, "cannot interrupt the turn"),
        }
    }

    /// Returns the end of the job's turn from the thread's history, if the history is certain that it ended.
    async fn read_end(&self, turn_id: &TurnId, job: &LiveJob) -> Option<TurnEnd> {
        let turn = self.read_ended_turn(turn_id).await?;
        job.record().take_turn(&turn)
    }

    /// Returns the turn from the thread's history, if the history is certain that it ended. The turn runs
    /// here and may still be running.
    pub(super) async fn read_ended_turn(&self, turn_id: &TurnId) -> Option<Turn> {
        let server = &self.loaded.as_ref()?.server;
        let (methods, newest) = (&server.methods, limits::FOLLOW_TURNS);
        let found =
            server.connection.thread_find_turn(methods, &self.thread_id, Some(turn_id), "", newest).await;
        match found {
            Ok(turn) => turn.filter(Turn::end_is_certain),
            Err(error) => {
                tracing::debug!(%error, "cannot read the thread");
                None
            }
        }
    }

    /// Interrupts the turn because the bridge stops, and waits a short time for its end.
    async fn interrupt_for_stop(&mut self, job: &LiveJob, turn_id: &TurnId, message: &Message) -> JobEnd {
        let interrupt = async {
            self.pause_goal().await;
            let Loaded { server, watch, activity, .. } = self.loaded.as_mut()?;
            let interrupt_id = activity.interrupt_id(turn_id);
            if let Err(error) = server.connection.turn_interrupt(&self.thread_id, interrupt_id).await {
                tracing::debug!(%error, "cannot interrupt the turn");
            }
            while let Some(event) = watch.next().await {
                let ThreadEvent::Notification(notification) = event else { continue };
                job.observe(&notification).await;
                let end = job.record().observe(turn_id, &notification);
                if end.is_some() {
                    return end;
                }
            }
            None
        };
        let end = tokio::time::timeout(limits::INTERRUPT_TIMEOUT, interrupt).await.ok().flatten();
        let output = message.output_last_message_path.as_deref();
        job_end(job, end.unwrap_or(TurnEnd::Interrupted), output, FailureCode::BridgeStopped).await
    }
}

/// Completes when the job has been cancelled and `not_before` has passed.
async fn interrupt_due(job: &LiveJob, not_before: Option<Instant>) {
    job.cancel_requested().await;
    if let Some(moment) = not_before {
        sleep_until(moment).await;
    }
}
