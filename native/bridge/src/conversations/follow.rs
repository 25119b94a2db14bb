//! Finding out what became of a turn that this process does not run, or no longer runs, by reading the thread.
//!
//! A process that does not own a thread sees a running turn as `interrupted` without a time of completion, and so looks a
//! turn whose process died. Only the thread's writer tells them apart: if it can be had, nobody runs the turn.

use codex::app_server::AppServer;
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
    /// It is in the queue of another process. Should that one be gone, whoever loads the thread next runs it: we do.
    Queued,
}

/// What was found out.
#[derive(Debug)]
pub(super) enum Followed {
    /// It ended so.
    Ended(TurnEnd, TurnRecord),
    /// Nobody can tell.
    Lost(String),
    /// Not found out yet, because the bridge stops.
    LeftToItsOwner,
}

/// Looks that must find the message nowhere before it is given up.
const MISSING_LOOKS: u32 = 5;

/// Follows the turn `turn_id`, or the one of the message whose client id is the job's, to its end.
pub(super) async fn follow(
    session: &Session,
    thread_id: &str,
    job: &LiveJob,
    turn_id: Option<&str>,
    whose: Whose,
) -> Followed {
    let mut follower =
        Follower { thread_id, owned_since: None, next_take_over: Instant::now(), server: None };
    let mut readable_at = Instant::now();
    let mut interval = limits::FOLLOW_INTERVAL_MIN;
    let mut missing = 0;
    if matches!(whose, Whose::Queued) {
        // Its owner is alive: give it the time to begin.
        follower.next_take_over += limits::TAKE_OVER_INTERVAL;
    }
    let followed = loop {
        match follower.look(session, job, turn_id, whose).await {
            Look::Ended(end, record) => break Followed::Ended(end, record),
            // A message on its way from the queue to a turn may be in neither for a moment, so one look is not enough.
            Look::Missing if missing == MISSING_LOOKS => {
                break Followed::Lost("Codex has no such turn".to_owned());
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
            Look::Unreadable(reason) => break Followed::Lost(reason),
        }
        tokio::time::sleep(interval).await;
        interval = (interval * 5 / 4).min(limits::FOLLOW_INTERVAL_MAX);
    };
    follower.release().await;
    followed
}

struct Follower<'a> {
    thread_id: &'a str,
    /// Since when we hold the thread's writer.
    owned_since: Option<Instant>,
    next_take_over: Instant,
    server: Option<std::sync::Arc<AppServer>>,
}

enum Look {
    Ended(TurnEnd, TurnRecord),
    Waiting,
    /// Neither in the history nor in the queue.
    Missing,
    Unreadable(String),
}

impl Follower<'_> {
    async fn look(&mut self, session: &Session, job: &LiveJob, turn_id: Option<&str>, whose: Whose) -> Look {
        let server = match session.ready().await {
            Ok(server) => server,
            Err(error) => return Look::Unreadable(error.to_string()),
        };
        if self.server.as_ref().is_none_or(|known| known.pid != server.pid) {
            self.owned_since = None;
            self.server = Some(std::sync::Arc::clone(&server));
        }
        let thread = match server.connection.thread_read(self.thread_id, true).await {
            Ok(thread) => thread,
            Err(error) => return Look::Unreadable(error.to_string()),
        };
        let turn = thread.turn(turn_id, &job.job_id);
        if let Some(turn) = turn {
            if job.view().turn_id.is_none()
                && let Err(error) = job.step(|job, now| job.start(&turn.id, now)).await
            {
                tracing::error!(%error, "cannot record that the turn began");
            }
            let mut record = TurnRecord::default();
            let end = record.take_turn(turn);
            if let Some(end) = end
                && (turn.end_is_certain() || self.owned_since.is_some())
            {
                return Look::Ended(end, record);
            }
        }
        if turn.is_none() {
            return self.look_for_the_message(&server, job, whose).await;
        }
        if self.owned_since.is_none() {
            self.try_to_own(&server).await;
        }
        Look::Waiting
    }

    /// No turn has the message yet: it waits in the thread's queue, or nowhere.
    async fn look_for_the_message(&mut self, server: &AppServer, job: &LiveJob, whose: Whose) -> Look {
        if matches!(whose, Whose::Dead) {
            return Look::Missing;
        }
        match server.connection.thread_queue(self.thread_id).await {
            Ok(queue) if !queue.contains(&job.job_id) => return Look::Missing,
            Ok(_) => {}
            Err(error) => return Look::Unreadable(error.to_string()),
        }
        match self.owned_since {
            None => self.try_to_own(server).await,
            Some(since) if since.elapsed() > limits::QUEUE_BEGINS_WITHIN => {
                if let Err(error) = server.connection.thread_queue_start(self.thread_id, &job.job_id).await {
                    return Look::Unreadable(error.to_string());
                }
            }
            Some(_) => {}
        }
        Look::Waiting
    }

    /// Loads the thread if nobody else has it.
    async fn try_to_own(&mut self, server: &AppServer) {
        if Instant::now() < self.next_take_over {
            return;
        }
        match server.connection.thread_resume(self.thread_id, &ThreadOptions::default()).await {
            // Without a watch: what a turn that begins now asks for is declined by the connection.
            Ok(_) => self.owned_since = Some(Instant::now()),
            Err(error) if error.refusal() == Some(Refusal::OwnedElsewhere) => {
                self.next_take_over = Instant::now() + limits::TAKE_OVER_INTERVAL;
            }
            Err(error) => tracing::debug!(%error, "cannot load the thread just now"),
        }
    }

    async fn release(&self) {
        if let (Some(_), Some(server)) = (self.owned_since, &self.server)
            && let Err(error) = server.connection.thread_unsubscribe(self.thread_id).await
        {
            tracing::debug!(%error, "cannot release the thread");
        }
    }
}
