//! Follows a turn that this process does not run, or no longer runs, by polling its thread.
//!
//! A process that does not own a thread sees a running turn as `interrupted` without a completion time. A
//! turn whose process exited looks the same. Only the thread's writer tells them apart: if the bridge can
//! acquire it, no process runs the turn.

use std::collections::HashSet;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use codex::app_server::AppServer;
use codex::connection::CallError;
use codex::owner;
use codex::protocol::{ThreadOptions, Turn};
use codex::rpc::{Notification, Refusal};
use codex::turn::TurnEnd;
use model::ids::{ThreadId, TurnId};
use model::limits;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::Conversations;
use super::thread::unsubscribe;
use crate::jobs::LiveJob;

/// The process that runs the turn.
#[derive(Debug, Clone, Copy)]
pub(super) enum Runner {
    /// An app-server of a bridge, which has exited.
    OwnExited,
    /// Another process, which takes the message from the thread's queue.
    OtherProcess,
}

/// The outcome of following a turn.
#[derive(Debug)]
pub(super) enum Followed {
    /// The turn has ended.
    Ended(TurnEnd),
    /// The end of the turn cannot be found out, with the reason.
    Lost(String),
    /// No process has the thread, and the message was removed from its queue. The bridge can run the message.
    Unclaimed,
    /// The job was cancelled: the message was removed from the queue, or its turn took too long.
    Cancelled,
    /// The bridge stops before the turn has ended.
    BridgeStopping,
}

/// The number of consecutive polls that may find the message nowhere. One more gives it up.
const MISSING_POLLS_MAX: u32 = 5;

/// Follows one turn.
pub(super) struct Follower<'a> {
    conversations: &'a Conversations,
    thread_id: &'a ThreadId,
    job: &'a LiveJob,
    turn_id: Option<TurnId>,
    runner: Runner,
    /// Whether this process holds the thread's writer.
    is_owned: bool,
    next_take_over: Instant,
    server: Option<Arc<AppServer>>,
    /// The items of the turn that have an event. `None` until those of an earlier process are read.
    published_items: Option<HashSet<String>>,
}

/// The result of one poll.
enum Observed {
    Ended(TurnEnd),
    Waiting,
    /// The message is neither in the history nor in the queue.
    Missing,
    Unclaimed,
    Unreadable(String),
}

impl<'a> Follower<'a> {
    /// Returns a follower of the turn `turn_id`, or of the turn whose message has the job's id as its client
    /// id.
    pub(super) fn new(
        conversations: &'a Conversations,
        thread_id: &'a ThreadId,
        job: &'a LiveJob,
        turn_id: Option<&TurnId>,
        runner: Runner,
    ) -> Self {
        let grace = match runner {
            Runner::OwnExited => Duration::ZERO,
            // The owner is alive and gets time to start the turn.
            Runner::OtherProcess => limits::TAKE_OVER_INTERVAL,
        };
        Self {
            conversations,
            thread_id,
            job,
            turn_id: turn_id.cloned(),
            runner,
            is_owned: false,
            next_take_over: Instant::now() + grace,
            server: None,
            published_items: None,
        }
    }

    /// Follows the turn to its end, or until `until` completes with another outcome.
    pub(super) async fn follow(&mut self, until: impl Future<Output = Followed>) -> Followed {
        let followed = self.poll_until_known(pin!(until)).await;
        if let (true, Some(server)) = (self.is_owned, &self.server) {
            unsubscribe(server, self.thread_id).await;
            self.conversations.inner.registry.note_released(self.thread_id);
        }
        followed
    }

    /// Reports whether any process starts the turn before `deadline`. The message stays in its queue.
    pub(super) async fn starts_before(&mut self, deadline: Instant) -> bool {
        loop {
            match self.read().await {
                Ok((_, Some(turn))) => {
                    self.record_turn(&turn).await;
                    return true;
                }
                Ok((_, None)) => {}
                Err(error) => tracing::debug!(error, "cannot read the thread"),
            }
            let stopping = &self.conversations.inner.stopping;
            let is_over = Instant::now() >= deadline || stopping.is_cancelled();
            if is_over || self.job.cancel_reason().is_some() {
                return false;
            }
            tokio::select! {
                () = sleep(limits::FOLLOW_INTERVAL_MIN) => {}
                () = stopping.cancelled() => {}
                () = self.job.cancel_requested() => {}
            }
        }
    }

    async fn poll_until_known(&mut self, mut until: Pin<&mut impl Future<Output = Followed>>) -> Followed {
        let mut readable_at = Instant::now();
        let mut interval = limits::FOLLOW_INTERVAL_MIN;
        let mut missing = 0;
        loop {
            let read = tokio::select! {
                biased;
                otherwise = &mut until => return otherwise,
                read = self.read() => read,
            };
            // `until` must not drop this step halfway. Otherwise the job could show less than what is
            // recorded, or the thread's writer could stay held without an owner.
            let was_owned = self.is_owned;
            let observed = match read {
                Ok((server, turn)) => self.evaluate(&server, turn).await,
                Err(reason) => Observed::Unreadable(reason),
            };
            match observed {
                Observed::Ended(end) => return Followed::Ended(end),
                Observed::Unclaimed => return Followed::Unclaimed,
                // While a message moves from the queue to a turn, it may be in neither for a moment. So one
                // poll is not enough.
                Observed::Missing if missing == MISSING_POLLS_MAX => {
                    return Followed::Lost("Codex has no such turn".to_owned());
                }
                Observed::Missing => {
                    missing += 1;
                    readable_at = Instant::now();
                }
                Observed::Waiting => {
                    missing = 0;
                    readable_at = Instant::now();
                }
                Observed::Unreadable(_) if readable_at.elapsed() < limits::RECOVERY_TIMEOUT => {}
                Observed::Unreadable(reason) => return Followed::Lost(reason),
            }
            if self.is_owned && !was_owned {
                // Read again at once, because another process may want the writer.
                continue;
            }
            tokio::select! {
                biased;
                otherwise = &mut until => return otherwise,
                () = sleep(interval) => {}
            }
            interval = (interval * 5 / 4).min(limits::FOLLOW_INTERVAL_MAX);
        }
    }

    /// Returns the app-server and the stored turn, if there is one.
    async fn read(&mut self) -> Result<(Arc<AppServer>, Option<Turn>), String> {
        let supervisor = self.conversations.inner.router.supervisor_of(self.thread_id);
        let server = supervisor.ready().await.map_err(|error| error.to_string())?;
        if self.server.as_ref().is_none_or(|known| !Arc::ptr_eq(known, &server)) {
            self.is_owned = false;
            self.server = Some(Arc::clone(&server));
        }
        let found = self.find(&server, limits::FOLLOW_TURNS).await.map_err(|error| error.to_string())?;
        Ok((server, found))
    }

    async fn find(&self, server: &AppServer, turns_max: usize) -> Result<Option<Turn>, CallError> {
        let (turn_id, job_id) = (self.turn_id.as_deref(), &self.job.job_id);
        let found =
            server.connection.thread_find_turn(&server.methods, self.thread_id, turn_id, job_id, turns_max);
        match found.await {
            Err(error) if error.refusal() == Some(Refusal::NoTurnsYet) => Ok(None),
            found => found,
        }
    }

    /// Evaluates the stored turn, and records what is new in it.
    async fn evaluate(&mut self, server: &AppServer, turn: Option<Turn>) -> Observed {
        let turn = match turn {
            Some(turn) => turn,
            None => match self.search_queue_and_history(server).await {
                Ok(turn) => turn,
                Err(observed) => return observed,
            },
        };
        self.record_turn(&turn).await;
        let end = self.job.record().take_turn(&turn);
        if let Some(end) = end
            && (turn.end_is_certain() || self.is_owned)
        {
            return Observed::Ended(end);
        }
        if !self.is_owned && Instant::now() >= self.next_take_over {
            self.try_take_over(server).await;
        }
        Observed::Waiting
    }

    /// Searches the thread's queue and its older turns for the message, after none of the newest turns had
    /// it.
    async fn search_queue_and_history(&mut self, server: &AppServer) -> Result<Turn, Observed> {
        let unreadable = |error: CallError| Observed::Unreadable(error.to_string());
        if matches!(self.runner, Runner::OtherProcess) {
            let queue = server.connection.thread_queue(self.thread_id).await.map_err(unreadable)?;
            if queue.iter().any(|client_id| self.job.job_id == client_id.as_str()) {
                return Err(self.take_from_queue(server).await);
            }
        }
        self.find(server, usize::MAX).await.map_err(unreadable)?.ok_or(Observed::Missing)
    }

    /// Removes the message from the thread's queue if no process has the thread.
    async fn take_from_queue(&mut self, server: &AppServer) -> Observed {
        if !self.is_owned {
            if Instant::now() < self.next_take_over {
                return Observed::Waiting;
            }
            self.next_take_over = Instant::now() + limits::TAKE_OVER_INTERVAL;
            if !owner::CAN_TELL {
                // Acquiring the writer proves that no other process has it. Our app-server would start the
                // message within 0.15 s of that.
                self.try_take_over(server).await;
                if !self.is_owned {
                    return Observed::Waiting;
                }
            } else if self.conversations.owner(self.thread_id).await.is_some() {
                return Observed::Waiting;
            }
        }
        match server.connection.thread_queue_remove(self.thread_id, &self.job.job_id).await {
            Ok(true) => Observed::Unclaimed,
            Ok(false) => Observed::Waiting,
            Err(error) => Observed::Unreadable(error.to_string()),
        }
    }

    /// Records that the turn started, and publishes its new items. The items of a turn that the bridge ran
    /// were published while it ran.
    async fn record_turn(&mut self, turn: &Turn) {
        if self.job.view().turn_id.is_none()
            && let Err(error) = self.job.step(|job, now| job.start(Some(&turn.id), now)).await
        {
            tracing::error!(%error, "cannot record that the turn started");
        }
        if matches!(self.runner, Runner::OwnExited) {
            return;
        }
        let published = match &mut self.published_items {
            Some(published) => published,
            unread @ None => match self.job.recorded_item_ids().await {
                Ok(published) => unread.insert(published),
                Err(error) => return tracing::error!(%error, "cannot read the published items of a job"),
            },
        };
        for item in &turn.items {
            let Some(id) = item["id"].as_str().filter(|_| item["status"] != "inProgress") else { continue };
            if published.insert(id.to_owned()) {
                let params = json!({"threadId": self.thread_id, "turnId": turn.id, "item": item});
                self.job.observe(&Notification { method: "item/completed".to_owned(), params }).await;
            }
        }
    }

    /// Loads the thread if no other process owns it. A turn that looks interrupted after that is interrupted.
    async fn try_take_over(&mut self, server: &AppServer) {
        match server.connection.thread_resume(self.thread_id, &ThreadOptions::default()).await {
            // The watch is dropped, so the connection declines the requests of a turn that starts now.
            Ok(_) => self.is_owned = true,
            Err(error) if error.refusal() == Some(Refusal::OwnedElsewhere) => {
                self.next_take_over = Instant::now() + limits::TAKE_OVER_INTERVAL;
            }
            Err(error) => tracing::debug!(%error, "cannot load the thread"),
        }
    }
}
