//! Lane sessions. A lane session is the app-server that runs the turns of a lane and keeps its thread loaded.
//!
//! One task per session ([`Lanes::maintain_session`]) records the death of the app-server and loads the
//! thread again once the [`Supervisor`] has restarted it. It also ends a session that was not used for a
//! while. When the maximum number of sessions runs, the one that was unused for the longest time is ended to
//! make room for another.

use std::collections::HashMap;
use std::sync::Arc;

use model::clock::Timestamp;
use model::ids::{LaneId, ThreadId, TurnId};
use model::lane::{Lane, LaneEvent, ReadinessMode, SessionIsolation};
use model::limits::SessionLimits;
use model::surface::Surface;
use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::Lanes;
use super::claims::Claims;
use crate::error::Error;
use crate::supervisor::Supervisor;

/// The state of a lane session.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// The lane, whose id is also the id of the session.
    pub lane_id: LaneId,
    /// Whether the session runs.
    pub running: bool,
    /// The thread of the lane.
    pub thread_id: Option<ThreadId>,
    /// When the session started.
    pub started_at: Option<Timestamp>,
    /// The process id of the app-server.
    pub pid: Option<u32>,
    /// The process in which the turns run: one of its own, or the shared app-server.
    pub isolation: SessionIsolation,
    /// The number of approvals that Codex waits for.
    pub pending_requests: usize,
    /// The active turn.
    pub active_turn_id: Option<TurnId>,
    /// What happens if the thread cannot be loaded yet.
    pub readiness_mode: ReadinessMode,
    /// Whether the thread could not be loaded yet.
    pub readiness_deferred: bool,
    /// Why the thread could not be loaded yet.
    pub readiness_reason: Option<String>,
}

/// The lane sessions of this bridge process.
#[derive(Debug)]
pub(super) struct LaneSessions {
    limits: SessionLimits,
    running: Mutex<HashMap<LaneId, Arc<Running>>>,
    /// The lanes whose sessions are being opened. These sessions are not ended to make room for others.
    opening: Claims,
    /// Held from the decision that there is room for a session until it is in `running`.
    admission: tokio::sync::Mutex<()>,
}

/// A running session.
#[derive(Debug)]
pub(super) struct Running {
    supervisor: Supervisor,
    isolation: SessionIsolation,
    started_at: Timestamp,
    /// The thread that is pinned to the session.
    thread_id: Mutex<Option<ThreadId>>,
    deferred: Mutex<Option<String>>,
    used_at: Mutex<Instant>,
    /// Cancelled to end the session.
    ended: CancellationToken,
}

impl LaneSessions {
    pub(super) fn new(limits: SessionLimits) -> Self {
        Self {
            limits,
            running: Mutex::default(),
            opening: Claims::default(),
            admission: tokio::sync::Mutex::default(),
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<LaneId, Arc<Running>>> {
        self.running.lock()
    }

    fn get(&self, lane_id: &LaneId) -> Option<Arc<Running>> {
        self.running().get(lane_id).cloned()
    }

    /// Returns the supervisor of the lane's session, or `None` if the session does not run.
    pub(super) fn supervisor_of(&self, lane_id: &LaneId) -> Option<Supervisor> {
        self.get(lane_id).map(|running| running.supervisor.clone())
    }
}

impl Lanes {
    /// Starts the lane's session unless it runs, and loads the lane's thread in it.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`], [`Error::NotReady`] if the thread of a strict lane cannot be loaded, and
    /// [`Error::TooManySessions`] if the maximum number of sessions runs and all of them are busy.
    pub async fn start_session(&self, lane_id: &LaneId) -> Result<SessionView, Error> {
        let lane = self.get(lane_id).await?;
        // Whoever starts the session of the same lane at the same time waits until it is ready.
        let _opening = self.inner.sessions.opening.claim_when_free(lane_id).await;
        if self.inner.sessions.get(lane_id).is_none() {
            self.open_session(&lane).await?;
        }
        self.pin_thread(&lane).await?;
        self.session_view(&lane).await
    }

    async fn open_session(&self, lane: &Lane) -> Result<(), Error> {
        let admission = self.inner.sessions.admission.lock().await;
        let ended = self.inner.stopping.child_token();
        let isolation = lane.session_isolation;
        let supervisor = match isolation {
            SessionIsolation::Shared => self.inner.router.shared().clone(),
            SessionIsolation::Process => {
                self.make_room().await?;
                self.inner.router.shared().sibling(ended.clone())
            }
        };
        let running = Arc::new(Running {
            supervisor: supervisor.clone(),
            isolation,
            started_at: Timestamp::now(),
            thread_id: Mutex::default(),
            deferred: Mutex::default(),
            used_at: Mutex::new(Instant::now()),
            ended,
        });
        self.inner.sessions.running().insert(lane.lane_id.clone(), Arc::clone(&running));
        drop(admission);
        let server = match supervisor.ready().await {
            Ok(server) => server,
            Err(_) if running.ended.is_cancelled() && !self.inner.stopping.is_cancelled() => {
                return Err(Error::NotReady { reason: "the session was ended while it started".to_owned() });
            }
            Err(error) => {
                self.inner.sessions.running().remove(&lane.lane_id);
                running.ended.cancel();
                return Err(error.into());
            }
        };
        let payload = json!({"pid": server.pid, "isolation": isolation});
        self.record_event(lane, LaneEvent { event_type: "lane.session.started", payload }).await;
        self.inner.tasks.spawn(self.clone().maintain_session(lane.lane_id.clone(), running));
        Ok(())
    }

    /// Ends the session that was unused for the longest time if the maximum number of sessions runs.
    async fn make_room(&self) -> Result<(), Error> {
        let limit = self.inner.sessions.limits.processes_max;
        let mut own: Vec<(Instant, LaneId)> = self
            .inner
            .sessions
            .running()
            .iter()
            .filter(|(_, running)| running.isolation == SessionIsolation::Process)
            .map(|(lane_id, running)| (*running.used_at.lock(), lane_id.clone()))
            .collect();
        if own.len() < limit {
            return Ok(());
        }
        own.sort();
        for (_, lane_id) in own {
            if self.inner.sessions.opening.has(&lane_id) {
                continue;
            }
            match self.get(&lane_id).await {
                Ok(lane) if lane.status.is_active() => {}
                Ok(lane) => {
                    self.end_session(&lane, "another session was started in its place").await;
                    return Ok(());
                }
                Err(_) => {
                    self.inner.sessions.running().remove(&lane_id);
                    return Ok(());
                }
            }
        }
        Err(Error::TooManySessions { limit })
    }

    /// Pins the lane's thread to its session and loads it there. A lenient lane defers a thread that cannot
    /// be loaded.
    async fn pin_thread(&self, lane: &Lane) -> Result<(), Error> {
        let (Some(thread_id), Some(running)) = (&lane.thread_id, self.inner.sessions.get(&lane.lane_id))
        else {
            return Ok(());
        };
        *running.used_at.lock() = Instant::now();
        let is_pinned = running.thread_id.lock().as_ref() == Some(thread_id);
        if is_pinned && running.deferred.lock().is_none() {
            return Ok(());
        }
        let (supervisor, unpinned) = (running.supervisor.clone(), running.ended.child_token());
        self.inner.router.pin(thread_id, supervisor, self.thread_options(lane), unpinned);
        *running.thread_id.lock() = Some(thread_id.clone());
        let loaded = self.inner.conversations.load(thread_id).await;
        let reason = match loaded {
            // A busy thread is loaded by its turn.
            Ok(()) | Err(Error::ConversationBusy(_)) => None,
            Err(Error::ConversationNotFound(_)) => Some(self.why_unknown(thread_id).await?),
            Err(error @ Error::ConversationOwnedElsewhere { .. }) => Some(error.to_string()),
            Err(error) => return Err(error),
        };
        let was_deferred = std::mem::replace(&mut *running.deferred.lock(), reason.clone()).is_some();
        if was_deferred && reason.is_none() && lane.surface == Surface::Unknown {
            // The thread could not be read when the lane was created.
            self.sync_from_codex(&lane.lane_id).await?;
        }
        match reason {
            Some(reason) if lane.readiness_mode == ReadinessMode::Strict => {
                self.end_session(lane, &reason).await;
                Err(Error::NotReady { reason })
            }
            _ => Ok(()),
        }
    }

    /// Returns why Codex does not know the thread of a lane.
    async fn why_unknown(&self, thread_id: &ThreadId) -> Result<String, Error> {
        let conversations = &self.inner.conversations;
        if !conversations.may_be_open(thread_id).await? {
            return Ok(Error::ThreadNotFound(thread_id.to_string()).to_string());
        }
        let owner = conversations.owner(thread_id).await;
        let owner = owner.map_or_else(
            || "Another process".to_owned(),
            |owner| format!("{} (process {})", owner.program, owner.pid),
        );
        Ok(format!(
            "{owner} has opened the thread {thread_id}, but Codex has not stored it yet, because it has no \
             message. Send the first message there."
        ))
    }

    /// Starts the session and creates the thread of a lane where it has none.
    pub(super) async fn ensure_session_and_thread(&self, lane_id: &LaneId) -> Result<Lane, Error> {
        self.start_session(lane_id).await?;
        let lane = self.get(lane_id).await?;
        if lane.thread_id.is_some() {
            return Ok(lane);
        }
        let lane = self.create_thread(&lane).await?;
        self.pin_thread(&lane).await?;
        Ok(lane)
    }

    /// Interrupts the lane's turn and ends its session.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`] if the lane does not exist.
    pub async fn stop_session(&self, lane_id: &LaneId) -> Result<SessionView, Error> {
        let lane = self.get(lane_id).await?;
        if lane.status.is_active()
            && let Err(error) = self.interrupt(lane_id).await
        {
            tracing::warn!(%error, %lane_id, "cannot interrupt the turn of a session that is stopped");
        }
        self.end_session(&lane, "the session was stopped").await;
        self.session_view(&self.get(lane_id).await?).await
    }

    /// Ends the session of a lane that has no active turn.
    pub(super) async fn end_session(&self, lane: &Lane, reason: &str) {
        let Some(running) = self.inner.sessions.running().remove(&lane.lane_id) else { return };
        let thread_id = running.thread_id.lock().take();
        if let Some(thread_id) = thread_id {
            self.inner.router.unpin(&thread_id);
        }
        if running.isolation == SessionIsolation::Process {
            running.supervisor.stop().await;
        }
        running.ended.cancel();
        let payload = json!({"reason": reason});
        self.record_event(lane, LaneEvent { event_type: "lane.session.stopped", payload }).await;
    }

    /// Maintains a session until it ends: records the death of its app-server, loads the thread in the next
    /// one, and ends the session when it is idle.
    async fn maintain_session(self, lane_id: LaneId, running: Arc<Running>) {
        loop {
            let Ok(server) = running.supervisor.ready().await else { break };
            let idle = self.inner.sessions.limits.idle;
            tokio::select! {
                exit = server.exited() => {
                    if running.ended.is_cancelled() {
                        break;
                    }
                    let Ok(lane) = self.get(&lane_id).await else { break };
                    let payload = json!({"pid": server.pid, "code": exit.code, "signal": exit.signal});
                    self.record_event(&lane, LaneEvent { event_type: "lane.session.died", payload }).await;
                    // Forces the thread to be loaded in the next app-server.
                    running.thread_id.lock().take();
                    if let Err(error) = self.pin_thread(&lane).await {
                        tracing::warn!(%error, %lane_id, "cannot load the thread of a lane after a restart");
                    }
                }
                () = running.ended.cancelled() => break,
                () = tokio::time::sleep(idle) => {
                    let Ok(lane) = self.get(&lane_id).await else { break };
                    let unused = running.used_at.lock().elapsed() >= idle;
                    if unused && !lane.status.is_active() {
                        self.end_session(&lane, "the session was not used for a while").await;
                        break;
                    }
                }
            }
        }
    }

    /// Returns the state of the lane's session.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`] if the lane does not exist.
    pub async fn session_status(&self, lane_id: &LaneId) -> Result<SessionView, Error> {
        self.session_view(&self.get(lane_id).await?).await
    }

    /// Returns all running sessions.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sessions(&self) -> Result<Vec<SessionView>, Error> {
        let mut lane_ids: Vec<LaneId> = self.inner.sessions.running().keys().cloned().collect();
        lane_ids.sort();
        let mut views = Vec::new();
        for lane_id in lane_ids {
            match self.get(&lane_id).await {
                Ok(lane) => views.push(self.session_view(&lane).await?),
                Err(Error::LaneNotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(views)
    }

    async fn session_view(&self, lane: &Lane) -> Result<SessionView, Error> {
        let running = self.inner.sessions.get(&lane.lane_id);
        let pending_requests = match &lane.active_job_id {
            Some(job_id) => self.inner.jobs.find(job_id).await?.map_or(0, |job| job.waiting_on.len()),
            None => 0,
        };
        let deferred = running.as_ref().and_then(|running| running.deferred.lock().clone());
        Ok(SessionView {
            lane_id: lane.lane_id.clone(),
            running: running.is_some(),
            thread_id: lane.thread_id.clone(),
            started_at: running.as_ref().map(|running| running.started_at),
            pid: running.as_ref().and_then(|running| running.supervisor.pid()),
            isolation: lane.session_isolation,
            pending_requests,
            active_turn_id: lane.active_turn_id.clone(),
            readiness_mode: lane.readiness_mode,
            readiness_deferred: deferred.is_some(),
            readiness_reason: deferred,
        })
    }
}
