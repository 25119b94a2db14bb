//! Finding out what became of a turn that this process does not run, or no longer runs, by reading the thread.
//!
//! A process that does not own a thread sees a running turn as `interrupted` without a time of completion, and so looks a
//! turn whose process died. Only the thread's writer tells them apart: if it can be had, nobody runs the turn.

use std::sync::Arc;
use std::time::Duration;

use codex::app_server::AppServer;
use codex::owner;
use codex::protocol::ThreadOptions;
use codex::rpc::Refusal;
use codex::turn::{TurnEnd, TurnRecord};
use tokio::time::Instant;

use crate::jobs::LiveJob;
use crate::limits;
use crate::session::Session;

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
    /// The job was called off, and the message is out of the queue.
    CalledOff,
    /// Not found out yet, because the bridge stops.
    LeftToItsOwner,
}

/// Looks that must find the message nowhere before it is given up.
const MISSING_LOOKS: u32 = 5;

/// Follows one turn.
pub(super) struct Follower<'a> {
    thread_id: &'a str,
    job: &'a LiveJob,
    turn_id: Option<String>,
    whose: Whose,
    /// Since when we hold the thread's writer.
    is_owned: bool,
    next_take_over: Instant,
    server: Option<Arc<AppServer>>,
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
    pub(super) fn new(thread_id: &'a str, job: &'a LiveJob, turn_id: Option<&str>, whose: Whose) -> Self {
        let grace = match whose {
            Whose::Dead => Duration::ZERO,
            // Its owner is alive: give it the time to begin.
            Whose::Queued => limits::TAKE_OVER_INTERVAL,
        };
        let turn_id = turn_id.map(str::to_owned);
        let next_take_over = Instant::now() + grace;
        Self { thread_id, job, turn_id, whose, is_owned: false, next_take_over, server: None }
    }

    /// Follows it to its end.
    pub(super) async fn follow(&mut self, session: &Session) -> Followed {
        let followed = self.look_until_known(session).await;
        if let (true, Some(server)) = (self.is_owned, &self.server)
            && let Err(error) = server.connection.thread_unsubscribe(self.thread_id).await
        {
            tracing::debug!(%error, "cannot release the thread");
        }
        followed
    }

    /// Completes once the turn has begun, in whichever process.
    pub(super) async fn begun(&mut self, session: &Session) {
        while self.job.view().turn_id.is_none() {
            // Only looked at, never taken over.
            self.next_take_over = Instant::now() + limits::TAKE_OVER_INTERVAL;
            self.look(session).await;
            tokio::time::sleep(limits::FOLLOW_INTERVAL_MIN).await;
        }
    }

    async fn look_until_known(&mut self, session: &Session) -> Followed {
        let mut readable_at = Instant::now();
        let mut interval = limits::FOLLOW_INTERVAL_MIN;
        let mut missing = 0;
        loop {
            match self.look(session).await {
                Look::Ended(end, record) => return Followed::Ended(end, record),
                Look::Unclaimed => return Followed::Unclaimed,
                // A message on its way from the queue to a turn may be in neither for a moment, so one look is not enough.
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
            tokio::time::sleep(interval).await;
            interval = (interval * 5 / 4).min(limits::FOLLOW_INTERVAL_MAX);
        }
    }

    async fn look(&mut self, session: &Session) -> Look {
        let server = match session.ready().await {
            Ok(server) => server,
            Err(error) => return Look::Unreadable(error.to_string()),
        };
        if self.server.as_ref().is_none_or(|known| known.pid != server.pid) {
            self.is_owned = false;
            self.server = Some(Arc::clone(&server));
        }
        let thread = match server.connection.thread_read(self.thread_id, true).await {
            Ok(thread) => thread,
            Err(error) => return Look::Unreadable(error.to_string()),
        };
        let Some(turn) = thread.turn(self.turn_id.as_deref(), &self.job.job_id) else {
            return match self.whose {
                Whose::Dead => Look::Missing,
                Whose::Queued => self.look_into_queue(session, &server).await,
            };
        };
        if self.job.view().turn_id.is_none()
            && let Err(error) = self.job.step(|job, now| job.start(Some(&turn.id), now)).await
        {
            tracing::error!(%error, "cannot record that the turn began");
        }
        let mut record = TurnRecord::default();
        if let Some(end) = record.take_turn(turn)
            && (turn.end_is_certain() || self.is_owned)
        {
            return Look::Ended(end, record);
        }
        if !self.is_owned {
            self.try_to_own(&server).await;
        }
        Look::Waiting
    }

    /// No turn has the message yet: it waits in the thread's queue, or nowhere.
    async fn look_into_queue(&mut self, session: &Session, server: &AppServer) -> Look {
        match server.connection.thread_queue(self.thread_id).await {
            Ok(queue) if !queue.contains(&self.job.job_id) => return Look::Missing,
            Ok(_) => {}
            Err(error) => return Look::Unreadable(error.to_string()),
        }
        if Instant::now() < self.next_take_over {
            return Look::Waiting;
        }
        let owner = session.codex_home().and_then(|home| owner::owner(home, self.thread_id));
        if owner.is_some() || !owner::CAN_TELL {
            self.next_take_over = Instant::now() + limits::TAKE_OVER_INTERVAL;
            return Look::Waiting;
        }
        match server.connection.thread_queue_remove(self.thread_id, &self.job.job_id).await {
            Ok(true) => Look::Unclaimed,
            Ok(false) => Look::Waiting,
            Err(error) => Look::Unreadable(error.to_string()),
        }
    }

    /// Loads the thread if nobody else has it: what looked interrupted then is.
    async fn try_to_own(&mut self, server: &AppServer) {
        if Instant::now() < self.next_take_over {
            return;
        }
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
