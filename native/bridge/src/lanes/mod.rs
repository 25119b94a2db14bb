//! Lanes: units of work with a conversation of their own.
//!
//! A lane's turns are jobs. The lane is bound to one job at a time (`active_job_id`, recorded before the message is sent) and
//! follows it ([`follow`]): what the job does moves the lane, in one transaction with the lane's events. A bridge that dies
//! leaves both, and the next look finds out what became of the job.
//!
//! - [`sessions`]: the app-server of a lane, where its thread stays loaded.
//! - [`workflow`]: a lane, its session, its thread and its first instruction in durable steps.
//! - [`verification`]: what must hold after each turn. [`worktree`]: a folder and branch of its own.
//! - [`watch`]: the look that finds what was left over. [`rehearsal`]: turns that are made up, for tests of what listens.

mod claims;
mod cleanup;
mod follow;
pub mod reconciler;
pub mod sessions;
mod simulation;
mod threads;
mod verification;
mod workflow;
mod worktree;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use codex::protocol::{ApprovalPolicy, SandboxMode, ThreadOptions, UserInput};
use model::clock::Timestamp;
use model::ids::{InstanceId, JobId, LaneId, ThreadId, TurnId};
use model::job::{FailureCode, Job};
use model::lane::{Lane, LaneEvent, LaneRefusal, LaneStatus, ReadinessMode, SessionIsolation, Workflow};
use model::surface::{PreferredSurface, Surface};
use store::{LaneChange, LaneQuery, OwnedLane, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::approvals::Approvals;
use crate::conversations::Conversations;
use crate::conversations::message::{Message, MessageBody, MessageDefaults};
use crate::error::Error;
use crate::instance::Peers;
use crate::jobs::Jobs;
use crate::thread_router::ThreadRouter;
use claims::Claims;
pub use cleanup::{CleanedUp, Cleanup};
use sessions::LaneSessions;
pub use simulation::{ClearedLanes, StaleLanes};
pub use workflow::Started;

/// All lanes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Lanes {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    instance_id: InstanceId,
    peers: Peers,
    jobs: Jobs,
    approvals: Approvals,
    conversations: Conversations,
    router: ThreadRouter,
    sessions: LaneSessions,
    defaults: MessageDefaults,
    isolation: SessionIsolation,
    /// Where the worktrees of lanes are made.
    worktrees_directory: PathBuf,
    /// Lanes that a task of this process follows or verifies.
    followed: Claims,
    /// Lanes of which this process is about to send a message, or runs the workflow.
    starting: Claims,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

/// What lanes work with.
#[derive(Debug)]
pub struct LaneParts {
    /// The database.
    pub store: Store,
    /// This bridge process.
    pub instance_id: InstanceId,
    /// The others.
    pub peers: Peers,
    /// All jobs.
    pub jobs: Jobs,
    /// All approvals.
    pub approvals: Approvals,
    /// All conversations.
    pub conversations: Conversations,
    /// Which app-server has which thread.
    pub router: ThreadRouter,
    /// What messages need that they do not say.
    pub defaults: MessageDefaults,
    /// In which process turns run, where a lane does not say.
    pub isolation: SessionIsolation,
    /// Bounds of sessions.
    pub session_limits: model::limits::SessionLimits,
    /// Where the worktrees of lanes are made.
    pub worktrees_directory: PathBuf,
    /// Set when the bridge stops.
    pub stopping: CancellationToken,
    /// All tasks.
    pub tasks: TaskTracker,
}

/// What a lane is made from.
#[derive(Debug, Clone, Default)]
pub struct NewLane {
    /// Chosen by the caller; a UUID otherwise.
    pub lane_id: Option<LaneId>,
    /// What it belongs to.
    pub project_id: Option<String>,
    /// Absolute folder of its repository.
    pub repo_root: Option<PathBuf>,
    /// Whether it gets a worktree of its own.
    pub worktree: bool,
    /// Branch of that worktree.
    pub branch: Option<String>,
    /// A thread that exists.
    pub thread_id: Option<ThreadId>,
    /// What it is called.
    pub title: Option<String>,
    /// What happens when that thread cannot be loaded yet.
    pub readiness_mode: ReadinessMode,
    /// Where its thread should be.
    pub preferred_surface: PreferredSurface,
    /// Whether it must be there.
    pub require_preferred_surface: bool,
    /// In which process its turns run.
    pub session_isolation: Option<SessionIsolation>,
    /// Model id.
    pub model: Option<String>,
    /// What its commands may touch.
    pub sandbox: Option<SandboxMode>,
    /// When Codex asks.
    pub approval_policy: Option<ApprovalPolicy>,
    /// When its work is good.
    pub acceptance_criteria: Vec<String>,
    /// Shell commands that must exit with 0 after each turn.
    pub verification_commands: Vec<String>,
    /// Made by a test.
    pub synthetic: bool,
}

impl Lanes {
    /// Lanes of this bridge process.
    #[must_use]
    pub fn new(parts: LaneParts) -> Self {
        let LaneParts {
            store,
            instance_id,
            peers,
            jobs,
            approvals,
            conversations,
            router,
            defaults,
            isolation,
            session_limits,
            worktrees_directory,
            stopping,
            tasks,
        } = parts;
        let inner = Inner {
            store,
            instance_id,
            peers,
            jobs,
            approvals,
            conversations,
            router,
            sessions: LaneSessions::new(session_limits),
            defaults,
            isolation,
            worktrees_directory,
            followed: Claims::default(),
            starting: Claims::default(),
            stopping,
            tasks,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Makes a lane. Nothing of Codex is started by that.
    ///
    /// # Errors
    /// [`Error::LaneExists`], [`Error::Invalid`], [`Error::SurfaceMismatch`], [`Error::Git`].
    pub async fn create(&self, new: NewLane) -> Result<Lane, Error> {
        let lane = self.prepare(new, None).await?;
        self.insert(&lane).await?;
        Ok(lane)
    }

    async fn insert(&self, lane: &Lane) -> Result<(), Error> {
        if self.inner.store.insert_lane(&self.inner.instance_id, lane).await? {
            return Ok(());
        }
        Err(Error::LaneExists(lane.lane_id.clone().into()))
    }

    /// A lane as it would be recorded.
    async fn prepare(&self, new: NewLane, workflow: Option<Workflow>) -> Result<Lane, Error> {
        let lane_id = new.lane_id.unwrap_or_else(|| (Uuid::new_v4().to_string()).into());
        let mut surface = Surface::Unknown;
        let mut title = new.title;
        let mut repo_root = new.repo_root.map(|folder| folder.display().to_string());
        if let Some(thread_id) = &new.thread_id {
            let thread = self.thread(thread_id).await?;
            surface = threads::surface(&thread);
            title = title.or_else(|| thread.name.clone());
            repo_root = repo_root.or_else(|| thread.folder());
            if new.require_preferred_surface && !surface.suits(new.preferred_surface) {
                let (actual, required) = (surface.name(), new.preferred_surface.name());
                return Err(Error::SurfaceMismatch { actual, required });
            }
        }
        let (mut branch, mut worktree_path) = (new.branch, None);
        if new.worktree {
            if self.inner.store.lane(&lane_id).await?.is_some() {
                return Err(Error::LaneExists(lane_id.into()));
            }
            let Some(repo_root) = &repo_root else {
                return Err(Error::invalid("repoRoot", "is missing; a worktree is made from it"));
            };
            let name = branch.unwrap_or_else(|| format!("lane/{lane_id}"));
            let folder = self.inner.worktrees_directory.join(lane_id.as_str());
            worktree::add(repo_root, &folder, &name).await?;
            branch = Some(name);
            worktree_path = Some(folder.display().to_string());
        }
        let now = Timestamp::now();
        Ok(Lane {
            lane_id,
            project_id: new.project_id,
            repo_root,
            branch,
            worktree_path,
            thread_id: new.thread_id,
            title,
            status: LaneStatus::Idle,
            active_turn_id: None,
            active_job_id: None,
            readiness_mode: new.readiness_mode,
            preferred_surface: new.preferred_surface,
            surface,
            session_isolation: new.session_isolation.unwrap_or(self.inner.isolation),
            model: new.model,
            sandbox: new.sandbox.unwrap_or(SandboxMode::WorkspaceWrite),
            approval_policy: new.approval_policy,
            acceptance_criteria: new.acceptance_criteria,
            verification_commands: new.verification_commands,
            verification: Vec::new(),
            problem: None,
            synthetic: new.synthetic,
            workflow,
            created_at: now,
            updated_at: now,
        })
    }

    /// One lane.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`].
    pub async fn get(&self, lane_id: &LaneId) -> Result<Lane, Error> {
        self.inner.store.lane(lane_id).await?.ok_or(Error::LaneNotFound)
    }

    /// Lanes, newest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn list(&self, query: LaneQuery) -> Result<Vec<Lane>, Error> {
        let lanes = self.inner.store.lanes(query).await?;
        Ok(lanes.into_iter().map(|OwnedLane { lane, .. }| lane).collect())
    }

    /// The lane of each of these threads that has one; the newest where it has several.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn of_threads(&self, thread_ids: Vec<ThreadId>) -> Result<HashMap<ThreadId, LaneId>, Error> {
        Ok(self.inner.store.lanes_of_threads(thread_ids).await?)
    }

    /// Forgets a lane: ends its session, and removes its worktree unless that holds work. Its conversation stays with Codex.
    /// Returns what was left behind.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`], [`Error::LaneConflict`] while it works on something.
    pub async fn delete(&self, lane_id: &LaneId) -> Result<Vec<String>, Error> {
        let lane = match self.inner.store.delete_lane(lane_id).await? {
            LaneChange::NotFound => return Err(Error::LaneNotFound),
            LaneChange::Refused(refusal, lane) => return Err(conflict(refusal, lane)),
            LaneChange::Done(lane) => lane,
        };
        self.end_session(&lane, "the lane was deleted").await;
        let mut left = Vec::new();
        if let (Some(repo_root), Some(folder)) = (&lane.repo_root, &lane.worktree_path)
            && let Err(Error::Git(reason)) = worktree::remove(repo_root, folder, lane.branch.as_deref()).await
        {
            left.push(format!("the worktree {folder} was kept: {reason}"));
        }
        Ok(left)
    }

    /// Sends an instruction to a lane, as a turn of its own. Starts its session, and makes its thread, where there is none.
    ///
    /// # Errors
    /// [`Error::LaneConflict`] while it works on something; what sending a message can fail with.
    pub async fn prompt(&self, lane_id: &LaneId, input: &str, job_id: JobId) -> Result<(Lane, Job), Error> {
        let this = self.clone();
        let (lane_id, input) = (lane_id.to_owned(), input.to_owned());
        let prompted =
            self.inner.tasks.spawn(async move { this.prompt_to_the_end(&lane_id, &input, job_id).await });
        prompted.await.map_err(|error| Error::Internal(format!("a prompt ended early: {error}")))?
    }

    async fn prompt_to_the_end(
        &self,
        lane_id: &LaneId,
        input: &str,
        job_id: JobId,
    ) -> Result<(Lane, Job), Error> {
        let lane = self.get(lane_id).await?;
        if lane.status.is_active() {
            return Err(conflict(LaneRefusal::Busy, lane));
        }
        // Until there is a job, the look must not take the lane for one that was left behind.
        let _starting = self.inner.starting.claim(lane_id);
        let begun = job_id.clone();
        self.step(lane_id, move |lane, now| lane.begin(&begun, now)).await?;
        match self.send(lane_id, input, job_id.clone()).await {
            Ok(job) => {
                self.follow_in_background(lane_id);
                Ok((self.get(lane_id).await?, job))
            }
            Err(error) => {
                let problem = error.to_string();
                self.settle_failed_start(lane_id, &job_id, problem).await;
                Err(error)
            }
        }
    }

    /// The message could not be sent: the job says so, where there is one.
    async fn settle_failed_start(&self, lane_id: &LaneId, job_id: &JobId, problem: String) {
        let settled = async {
            let job = self.inner.jobs.find(job_id).await?;
            self.step(lane_id, move |lane, now| match job {
                Some(job) => lane.follow(&job, now),
                None => lane.lose_job(&problem, now),
            })
            .await
        };
        // The next look finds the lane with a job that never began.
        if let Err(error) = settled.await {
            tracing::error!(%error, %lane_id, "cannot record that a lane's turn did not begin");
        }
    }

    async fn send(&self, lane_id: &LaneId, input: &str, job_id: JobId) -> Result<Job, Error> {
        let lane = self.session_and_thread(lane_id).await?;
        let Some(thread_id) = lane.thread_id.clone() else {
            return Err(Error::Internal("the lane has no thread".to_owned()));
        };
        let message = self.message(&lane, input, job_id).await?;
        let sent = self.inner.conversations.send(&thread_id, message).await?;
        Ok(sent.job)
    }

    async fn message(&self, lane: &Lane, input: &str, job_id: JobId) -> Result<Message, Error> {
        let body = MessageBody {
            message: Some(lane.instruction(input)),
            ensure_open: Some(false),
            ..MessageBody::default()
        };
        let defaults = self.inner.defaults.clone();
        let checked = tokio::task::spawn_blocking(move || body.into_continuation(job_id, &defaults)).await;
        let mut message =
            checked.map_err(|error| Error::Internal(format!("a check panicked: {error}")))??;
        message.lane_id = Some(lane.lane_id.clone());
        Ok(message)
    }

    /// What the lane's thread is loaded or made with.
    fn thread_options(lane: &Lane) -> ThreadOptions {
        ThreadOptions {
            cwd: lane.directory().map(PathBuf::from),
            sandbox: Some(lane.sandbox),
            approval_policy: lane.approval_policy,
            model: lane.model.clone(),
            ..ThreadOptions::default()
        }
    }

    /// Adds words to the lane's running turn.
    ///
    /// # Errors
    /// [`Error::LaneConflict`] when none runs; what steering can fail with.
    pub async fn steer(&self, lane_id: &LaneId, input: &str) -> Result<(Lane, TurnId), Error> {
        let lane = self.get(lane_id).await?;
        let Some(job_id) = &lane.active_job_id else {
            return Err(Error::LaneConflict { problem: "no turn runs".to_owned(), lane: Box::new(lane) });
        };
        let input = [UserInput::Text { text: input.to_owned() }];
        let (turn_id, _) = self.inner.conversations.steer(job_id, &input).await?;
        Ok((lane, turn_id.into()))
    }

    /// Interrupts the lane's turn.
    ///
    /// # Errors
    /// [`Error::LaneConflict`] when none runs; what cancelling can fail with.
    pub async fn interrupt(&self, lane_id: &LaneId) -> Result<Lane, Error> {
        let lane = self.get(lane_id).await?;
        if lane.is_rehearsing() {
            self.end_simulation(lane_id, "it was interrupted").await?;
            return self.get(lane_id).await;
        }
        let Some(job_id) = lane.active_job_id.clone() else {
            return Err(Error::LaneConflict { problem: "no turn runs".to_owned(), lane: Box::new(lane) });
        };
        if lane.status == LaneStatus::Verifying {
            let stopped =
                self.step(lane_id, |lane, now| lane.lose_job("the verification was interrupted", now));
            return stopped.await;
        }
        let job = self.inner.conversations.call_off(&job_id, FailureCode::Interrupted).await?;
        // As the follower does, which may not have come to it yet.
        match self.step(lane_id, move |lane, now| lane.follow(&job, now)).await {
            Ok(lane) => Ok(lane),
            Err(Error::LaneConflict { lane, .. }) => Ok(*lane),
            Err(error) => Err(error),
        }
    }

    /// Takes a step of a lane.
    async fn step(
        &self,
        lane_id: &LaneId,
        step: impl FnOnce(&mut Lane, Timestamp) -> Result<Vec<LaneEvent>, LaneRefusal> + Send + 'static,
    ) -> Result<Lane, Error> {
        match self.inner.store.step_lane(&self.inner.instance_id, lane_id, step).await? {
            LaneChange::NotFound => Err(Error::LaneNotFound),
            LaneChange::Refused(refusal, lane) => Err(conflict(refusal, lane)),
            LaneChange::Done(lane) => Ok(lane),
        }
    }

    /// Records something that happened to a lane.
    async fn tell(&self, lane: &Lane, event: LaneEvent) {
        let event_type = event.event_type;
        if let Err(error) = self.inner.store.record_lane_event(lane, event).await {
            tracing::error!(%error, event_type, "cannot record an event");
        }
    }
}

fn conflict(refusal: LaneRefusal, lane: Lane) -> Error {
    Error::LaneConflict { problem: refusal.to_string(), lane: Box::new(lane) }
}
