//! Finding out what became of a turn that this process does not run, or no longer runs, by reading the
//! thread.
//!
//! A process that does not own a thread sees a running turn as `interrupted` without a time of completion,
//! and so looks a turn whose process died. Only the thread's writer tells them apart: if it can be had,
//! nobody runs the turn.

use std::collections::HashSet;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use codex::app_server::AppServer;
use codex::connection::CallError;
use codex::owner;
use codex::protocol::{ThreadOptions, Turn};
use codex::rpc::{Notification, Refusal};
use codex::turn::{TurnEnd, TurnRecord};
use model::ids::{ThreadId, TurnId};
use model::limits;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::Conversations;
use crate::jobs::LiveJob;

/// Whose turn it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose {
    /// It was ours, and its process is gone.
    Dead,
    /// It is in the thread's queue, for another process to run.
    Queued,
}

/// What was found out.
#[derive(Debug)]
pub(super) enum Followed {
    /// It ended so.
    Ended(TurnEnd, TurnRecord),
    /// Nobody can tell.
    Lost(String),
    /// Nobody has the thread, and the message is out of its queue again: it can be run here.
    Unclaimed,
    /// The job was called off: the message is out of the queue, or its turn took too long.
    CalledOff,
    /// Not found out yet, because the bridge stops.
    LeftToItsOwner,
}

/// Looks that must find the message nowhere before it is given up.
const MISSING_LOOKS: u32 = 5;

/// Follows one turn.
pub(super) struct Follower<'a> {
    conversations: &'a Conversations,
    thread_id: &'a ThreadId,
    job: &'a LiveJob,
    turn_id: Option<TurnId>,
    whose: Whose,
    /// Whether we hold the thread's writer.
    is_owned: bool,
    next_take_over: Instant,
    server: Option<Arc<AppServer>>,
    /// Items of the turn that were told as events; `None` before those of an earlier process were read.
    told: Option<HashSet<String>>,
}

enum Look {
    Ended(TurnEnd, TurnRecord),
    Waiting,
    /// Neither in the history nor in the queue.
    Missing,
    Unclaimed,
    Unreadable(String),
}

impl<'a> Follower<'a> {
    /// Follows the turn `turn_id`, or the one of the message whose client id is the job's.
    pub(super) fn new(
        conversations: &'a Conversations,
        thread_id: &'a ThreadId,
        job: &'a LiveJob,
        turn_id: Option<&TurnId>,
        whose: Whose,
    ) -> Self {
        let grace = match whose {
            Whose::Dead => Duration::ZERO,
            // Its owner is alive: give it the time to begin.
            Whose::Queued => limits::TAKE_OVER_INTERVAL,
        };
        Self {
            conversations,
            thread_id,
            job,
            turn_id: turn_id.cloned(),
            whose,
            is_owned: false,
            next_take_over: Instant::now() + grace,
            server: None,
            told: None,
        }
    }

    /// Follows it to its end, or until `until` says what else becomes of it.
    pub(super) async fn follow(&mut self, until: impl Future<Output = Followed>) -> Followed {
        let followed = self.look_until_known(pin!(until)).await;
        if let (true, Some(server)) = (self.is_owned, &self.server) {
            super::thread::unsubscribe(server, self.thread_id).await;
            self.conversations.inner.registry.note_released(self.thread_id);
        }
        followed
    }

    /// Whether the turn begins before `deadline`, in whichever process. Only looks: the message stays where
    /// it is.
    pub(super) async fn begins_before(&mut self, deadline: Instant) -> bool {
        loop {
            match self.read().await {
                Ok((_, Some(turn))) => {
                    self.note_turn(&turn).await;
                    return true;
                }
                Ok((_, None)) => {}
                Err(error) => tracing::debug!(error, "cannot read the thread just now"),
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

    async fn look_until_known(&mut self, mut until: Pin<&mut impl Future<Output = Followed>>) -> Followed {
        let mut readable_at = Instant::now();
        let mut interval = limits::FOLLOW_INTERVAL_MIN;
        let mut missing = 0;
        loop {
            let read = tokio::select! {
                biased;
                otherwise = &mut until => return otherwise,
                read = self.read() => read,
            };
            // Not dropped in its middle: the job would show less than what is recorded, or the thread's
            // writer stay with nobody.
            let was_owned = self.is_owned;
            let look = match read {
                Ok((server, turn)) => self.judge(&server, turn).await,
                Err(reason) => Look::Unreadable(reason),
            };
            match look {
                Look::Ended(end, record) => return Followed::Ended(end, record),
                Look::Unclaimed => return Followed::Unclaimed,
                // A message on its way from the queue to a turn may be in neither for a moment, so one look
                // is not enough.
                Look::Missing if missing == MISSING_LOOKS => {
                    return Followed::Lost("Codex has no such turn".to_owned());
                }
                Look::Missing => {
                    missing += 1;
                    readable_at = Instant::now();
                }
                Look::Waiting => {
                    missing = 0;
                    readable_at = Instant::now();
                }
                Look::Unreadable(_) if readable_at.elapsed() < limits::RECOVERY_TIMEOUT => {}
                Look::Unreadable(reason) => return Followed::Lost(reason),
            }
            if self.is_owned && !was_owned {
                // Somebody else may want it.
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

    /// The app-server, and the turn as far as it is stored.
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

    /// What the stored turn says.
    async fn judge(&mut self, server: &AppServer, turn: Option<Turn>) -> Look {
        let turn = match turn {
            Some(turn) => turn,
            None => match self.look_elsewhere(server).await {
                Ok(turn) => turn,
                Err(look) => return look,
            },
        };
        self.note_turn(&turn).await;
        let mut record = TurnRecord::default();
        if let Some(end) = record.take_turn(&turn)
            && (turn.end_is_certain() || self.is_owned)
        {
            return Look::Ended(end, record);
        }
        if !self.is_owned && Instant::now() >= self.next_take_over {
            self.try_to_own(server).await;
        }
        Look::Waiting
    }

    /// None of the newest turns has the message: it waits in the thread's queue, or is in an older turn, or
    /// nowhere.
    async fn look_elsewhere(&mut self, server: &AppServer) -> Result<Turn, Look> {
        let unreadable = |error: CallError| Look::Unreadable(error.to_string());
        if matches!(self.whose, Whose::Queued) {
            let queue = server.connection.thread_queue(self.thread_id).await.map_err(unreadable)?;
            if queue.iter().any(|client_id| self.job.job_id == client_id.as_str()) {
                return Err(self.take_from_queue(server).await);
            }
        }
        self.find(server, usize::MAX).await.map_err(unreadable)?.ok_or(Look::Missing)
    }

    /// The message waits in the thread's queue. Takes it out when nobody has the thread.
    async fn take_from_queue(&mut self, server: &AppServer) -> Look {
        if !self.is_owned {
            if Instant::now() < self.next_take_over {
                return Look::Waiting;
            }
            self.next_take_over = Instant::now() + limits::TAKE_OVER_INTERVAL;
            if !owner::CAN_TELL {
                // Whoever gets the writer knows. Our app-server would begin the message within 0.15 s.
                self.try_to_own(server).await;
                if !self.is_owned {
                    return Look::Waiting;
                }
            } else if self.conversations.owner(self.thread_id).await.is_some() {
                return Look::Waiting;
            }
        }
        match server.connection.thread_queue_remove(self.thread_id, &self.job.job_id).await {
            Ok(true) => Look::Unclaimed,
            Ok(false) => Look::Waiting,
            Err(error) => Look::Unreadable(error.to_string()),
        }
    }

    /// Records that the turn began, and tells of what is new in it. Of a turn of ours that was told while it
    /// ran.
    async fn note_turn(&mut self, turn: &Turn) {
        if self.job.view().turn_id.is_none()
            && let Err(error) = self.job.step(|job, now| job.start(Some(&turn.id), now)).await
        {
            tracing::error!(%error, "cannot record that the turn began");
        }
        if matches!(self.whose, Whose::Dead) {
            return;
        }
        let told = match &mut self.told {
            Some(told) => told,
            unread @ None => match self.job.recorded_item_ids().await {
                Ok(told) => unread.insert(told),
                Err(error) => return tracing::error!(%error, "cannot read what was told of a job"),
            },
        };
        for item in &turn.items {
            let Some(id) = item["id"].as_str().filter(|_| item["status"] != "inProgress") else { continue };
            if told.insert(id.to_owned()) {
                let params = json!({"threadId": self.thread_id, "turnId": turn.id, "item": item});
                self.job.observe(&Notification { method: "item/completed".to_owned(), params }).await;
            }
        }
    }

    /// Loads the thread if nobody else has it: what looked interrupted then is.
    async fn try_to_own(&mut self, server: &AppServer) {
        match server.connection.thread_resume(self.thread_id, &ThreadOptions::default()).await {
            // Without a watch: what a turn that begins now asks for is declined by the connection.
            Ok(_) => self.is_owned = true,
            Err(error) if error.refusal() == Some(Refusal::OwnedElsewhere) => {
                self.next_take_over = Instant::now() + limits::TAKE_OVER_INTERVAL;
            }
            Err(error) => tracing::debug!(%error, "cannot load the thread just now"),
        }
    }
}
