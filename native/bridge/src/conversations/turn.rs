//! A turn that the bridge runs, from its first event to its end.

use std::sync::Arc;

use codex::connection::{CallError, ThreadEvent};
use codex::turn::{TurnEnd, TurnRecord};
use model::ids::TurnId;
use model::job::FailureCode;
use model::limits;
use tokio::time::{Instant, sleep_until};

use super::ending::{JobEnd, job_end};
use super::message::Message;
use super::thread::{Loaded, ThreadTask, sleep_until_some};
use crate::approvals::Asker;
use crate::jobs::LiveJob;

impl ThreadTask {
    /// Follows a turn of this bridge by its events, to its end.
    pub(super) async fn follow_turn(
        &mut self,
        job: &Arc<LiveJob>,
        turn_id: &TurnId,
        message: &Message,
    ) -> JobEnd {
        let output = message.output_last_message_path.as_deref();
        let asker = Asker { job: Some(job), limit: Some(message.approval_timeout) };
        let turn_deadline = message.turn_timeout.map(|limit| Instant::now() + limit);
        let mut record = TurnRecord::default();
        let mut interrupt_at: Option<Instant> = None;
        let stopping = self.conversations.inner.stopping.clone();
        let end = loop {
            let Some(loaded) = &mut self.loaded else {
                break TurnEnd::Interrupted;
            };
            tokio::select! {
                event = loaded.watch.next() => match event {
                    Some(event) => {
                        let end = match &event {
                            ThreadEvent::Notification(notification) => {
                                job.observe(notification).await;
                                record.observe(turn_id, notification)
                            }
                            ThreadEvent::Request(_) => None,
                        };
                        self.handle_event(event, asker).await;
                        if let Some(end) = end {
                            break end;
                        }
                    }
                    None if loaded.server.connection.is_closed() => {
                        return self.end_after_exit(job, turn_id, output).await;
                    }
                    None => {
                        // Events were dropped because this task fell behind. It watches again first, and then
                        // reads the thread to find an end that it missed.
                        loaded.watch = loaded.server.connection.watch(&self.thread_id);
                        if let Some(end) = self.read_turn(turn_id, &mut record).await {
                            break end;
                        }
                    }
                },
                () = tokio::time::sleep(limits::TURN_SILENCE) => {
                    let read = tokio::select! {
                        read = self.read_turn(turn_id, &mut record) => read,
                        () = stopping.cancelled() => None,
                    };
                    if let Some(end) = read {
                        tracing::warn!(%turn_id, "found the end of a turn in its thread, without an event");
                        break end;
                    }
                }
                () = sleep_until_some(turn_deadline), if job.cancel_reason().is_none() => {
                    job.request_cancel(FailureCode::TurnTimeout);
                }
                // Repeated as long as the turn runs.
                () = interrupt_due(job, interrupt_at) => {
                    self.interrupt(turn_id).await;
                    interrupt_at = Some(Instant::now() + limits::INTERRUPT_INTERVAL);
                }
                () = stopping.cancelled() => {
                    return self.interrupt_for_stop(job, turn_id, record, message).await;
                }
            }
        };
        job_end(job, end, record, output, FailureCode::Interrupted).await
    }

    async fn interrupt(&self, turn_id: &TurnId) {
        let Some(Loaded { server, .. }) = &self.loaded else { return };
        match server.connection.turn_interrupt(&self.thread_id, turn_id).await {
            Ok(()) => {}
            // The app-server hangs. Stopping it ends the turn.
            Err(CallError::TimedOut { .. }) => server.stop().await,
            // The turn may just have ended.
            Err(error) => tracing::debug!(%error, "cannot interrupt the turn"),
        }
    }

    /// Returns the end of the turn from the thread's history, if the history is certain that it ended. The
    /// turn runs here and may still be running.
    pub(super) async fn read_turn(&self, turn_id: &TurnId, record: &mut TurnRecord) -> Option<TurnEnd> {
        let server = &self.loaded.as_ref()?.server;
        match server.connection.thread_read(&self.thread_id, true).await {
            Ok(thread) => {
                let turn = thread.turn(Some(turn_id), "").filter(|turn| turn.end_is_certain())?;
                record.take_turn(turn)
            }
            Err(error) => {
                tracing::debug!(%error, "cannot read the thread");
                None
            }
        }
    }

    /// Interrupts the turn because the bridge stops, and waits a short time for its end.
    async fn interrupt_for_stop(
        &mut self,
        job: &LiveJob,
        turn_id: &TurnId,
        mut record: TurnRecord,
        message: &Message,
    ) -> JobEnd {
        let interrupt = async {
            let Loaded { server, watch, .. } = self.loaded.as_mut()?;
            if let Err(error) = server.connection.turn_interrupt(&self.thread_id, turn_id).await {
                tracing::debug!(%error, "cannot interrupt the turn");
            }
            while let Some(event) = watch.next().await {
                let ThreadEvent::Notification(notification) = event else { continue };
                job.observe(&notification).await;
                if let Some(end) = record.observe(turn_id, &notification) {
                    return Some(end);
                }
            }
            None
        };
        let end = tokio::time::timeout(limits::INTERRUPT_TIMEOUT, interrupt).await.ok().flatten();
        let output = message.output_last_message_path.as_deref();
        job_end(job, end.unwrap_or(TurnEnd::Interrupted), record, output, FailureCode::BridgeStopped).await
    }
}

/// Completes when the job has been cancelled and `not_before` has passed.
async fn interrupt_due(job: &LiveJob, not_before: Option<Instant>) {
    job.cancel_requested().await;
    if let Some(moment) = not_before {
        sleep_until(moment).await;
    }
}
