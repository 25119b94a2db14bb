//! Lanes: units of work that each have their own conversation.
//!
//! The turns of a lane are jobs. A lane is bound to one job at a time (`active_job_id`, recorded before the
//! message is sent) and follows it ([`follow`]): each state of the job moves the lane, in one transaction
//! with the lane's events. A bridge that dies leaves both behind, and the next reconciliation finds out what
//! became of the job.
//!
//! - [`sessions`]: the app-server of a lane, where its thread stays loaded.
//! - [`workflow`]: creates a lane, its session, its thread and its first turn in durable steps.
//! - [`verification`]: commands that must pass after each turn.
//! - [`worktree`]: a directory and a branch of the lane's own.
//! - [`reconciler`]: resumes what was left unfinished.
//! - [`simulation`]: simulated turns, for tests of the clients that listen to lanes.

mod claims;
mod cleanup;
mod follow;
mod leftovers;
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
use crate::conversations::message::review::ReviewBody;
use crate::conversations::message::{Message, MessageBody, MessageDefaults};
use crate::error::Error;
use crate::instance::Peers;
use crate::jobs::Jobs;
use crate::thread_router::ThreadRouter;
use claims::Claims;
pub use cleanup::{CleanedUp, Cleanup};
pub use leftovers::LeftWorktree;
use sessions::LaneSessions;
pub use simulation::{ClearedLanes, StaleLanes};
pub use workflow::Started;
pub use worktree::LocalFiles;

/// The lanes of a data directory. Cheap to clone.
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
    /// The directory of the worktrees.
    worktrees_directory: PathBuf,
    /// The lanes that a task of this process follows or verifies.
    followed: Claims,
    /// The lanes for which this process is sending a message or running the workflow.
    starting: Claims,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

/// The dependencies and settings of [`Lanes`].
#[derive(Debug)]
pub struct LaneParts {
    /// The database.
    pub store: Store,
    /// The id of this bridge process.
    pub instance_id: InstanceId,
    /// The bridge processes of the data directory.
    pub peers: Peers,
    /// The jobs.
    pub jobs: Jobs,
    /// The approvals.
    pub approvals: Approvals,
    /// The conversations.
    pub conversations: Conversations,
    /// The router that lane threads are pinned in.
    pub router: ThreadRouter,
    /// The defaults of messages.
    pub defaults: MessageDefaults,
    /// The session isolation of lanes that do not specify one.
    pub isolation: SessionIsolation,
    /// The limits of lane sessions.
    pub session_limits: model::limits::SessionLimits,
    /// The directory of the worktrees.
    pub worktrees_directory: PathBuf,
    /// Cancelled when the bridge stops.
    pub stopping: CancellationToken,
    /// The tasks of the bridge.
    pub tasks: TaskTracker,
}

/// The instruction for a turn of a lane.
#[derive(Debug, Clone)]
pub enum Instruction {
    /// A text.
    Text(String),
    /// A review.
    Review(Box<ReviewBody>),
}

/// The properties of a new lane.
#[derive(Debug, Clone, Default)]
pub struct NewLane {
    /// The id; a random UUID if it is `None`.
    pub lane_id: Option<LaneId>,
    /// The project that the lane belongs to.
    pub project_id: Option<String>,
    /// The absolute path of the repository.
    pub repo_root: Option<PathBuf>,
    /// Whether to create a worktree for the lane.
    pub worktree: bool,
    /// The branch of that worktree.
    pub branch: Option<String>,
    /// An existing thread to attach.
    pub thread_id: Option<ThreadId>,
    /// The title.
    pub title: Option<String>,
    /// What happens if the thread cannot be loaded yet.
    pub readiness_mode: ReadinessMode,
    /// The surface that the thread should originate in.
    pub preferred_surface: PreferredSurface,
    /// Whether the thread must originate in that surface.
    pub require_preferred_surface: bool,
    /// The process in which the turns run; the default of the settings if it is `None`.
    pub session_isolation: Option<SessionIsolation>,
    /// The id of the model.
    pub model: Option<String>,
    /// The sandbox of its commands.
    pub sandbox: Option<SandboxMode>,
    /// When Codex asks for approval.
    pub approval_policy: Option<ApprovalPolicy>,
    /// The criteria that its work must meet.
    pub acceptance_criteria: Vec<String>,
    /// Shell commands that must exit with 0 after each turn.
    pub verification_commands: Vec<String>,
    /// Whether the lane was created by a test.
    pub synthetic: bool,
}

impl Lanes {
    /// Creates the lanes of this bridge process.
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

    /// Creates a lane. Starts nothing in Codex.
    ///
    /// # Errors
    /// [`Error::LaneExists`] if the id is in use, [`Error::ThreadNotFound`] if Codex does not know the
    /// thread, [`Error::SurfaceMismatch`] if the thread must originate elsewhere, [`Error::Invalid`] if a
    /// field is invalid, and [`Error::Git`] if the worktree cannot be created.
    pub async fn create(&self, new: NewLane) -> Result<Lane, Error> {
        let lane = self.prepare(new, None).await?;
        self.insert(&lane).await?;
        Ok(lane)
    }

    async fn insert(&self, lane: &Lane) -> Result<(), Error> {
        if self.inner.store.insert_lane(&self.inner.instance_id, lane).await? {
            return Ok(());
        }
        Err(Error::LaneExists(lane.lane_id.clone()))
    }

    /// Builds a lane without recording it. Creates its worktree if it gets one.
    async fn prepare(&self, new: NewLane, workflow: Option<Workflow>) -> Result<Lane, Error> {
        let lane_id = new.lane_id.unwrap_or_else(|| (Uuid::new_v4().to_string()).into());
        let mut surface = Surface::Unknown;
        let mut title = new.title;
        let mut repo_root = new.repo_root.map(|directory| directory.display().to_string());
        if let Some(thread_id) = &new.thread_id {
            match self.thread(thread_id).await {
                Ok(thread) => {
                    surface = threads::surface(&thread);
                    title = title.or_else(|| thread.name.clone());
                    repo_root = repo_root.or_else(|| thread.folder());
                }
                // It has no message yet, so only that process can read it. The lane's session loads it later.
                Err(Error::ThreadNotFound(_)) if self.inner.conversations.may_be_open(thread_id).await? => {}
                Err(error) => return Err(error),
            }
            if new.require_preferred_surface && !surface.suits(new.preferred_surface) {
                let (actual, required) = (surface.name(), new.preferred_surface.name());
                return Err(Error::SurfaceMismatch { actual, required });
            }
        }
        let (mut branch, mut worktree_path) = (new.branch, None);
        if new.worktree {
            if self.inner.store.lane(&lane_id).await?.is_some() {
                return Err(Error::LaneExists(lane_id));
            }
            let Some(repo_root) = &repo_root else {
                return Err(Error::invalid("repoRoot", "is required to create a worktree"));
            };
            let name = branch.unwrap_or_else(|| format!("lane/{lane_id}"));
            let directory = self.inner.worktrees_directory.join(lane_id.as_str());
            worktree::add(repo_root, &directory, &name).await?;
            branch = Some(name);
            worktree_path = Some(directory.display().to_string());
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

    /// Returns a lane.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`] if the lane does not exist.
    pub async fn get(&self, lane_id: &LaneId) -> Result<Lane, Error> {
        self.inner.store.lane(lane_id).await?.ok_or(Error::LaneNotFound)
    }

    /// Returns the lanes that match, newest first.
    ///
    /// # Errors
    /// [`Error::Store`] if the database cannot be read.
    pub async fn list(&self, query: LaneQuery) -> Result<Vec<Lane>, Error> {
        let lanes = self.inner.store.lanes(query).await?;
        Ok(lanes.into_iter().map(|OwnedLane { lane, .. }| lane).collect())
    }

    /// Returns the lanes of these threads. If a thread has several lanes, the newest is returned.
    ///
    /// # Errors
    /// [`Error::Store`] if the database cannot be read.
    pub async fn of_threads(&self, thread_ids: Vec<ThreadId>) -> Result<HashMap<ThreadId, LaneId>, Error> {
        Ok(self.inner.store.lanes_of_threads(thread_ids).await?)
    }

    /// Deletes a lane, ends its session, and removes its worktree unless that contains work. Codex keeps its
    /// conversation. Returns messages about what was left behind.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`], and [`Error::LaneConflict`] while the lane is active.
    pub async fn delete(&self, lane_id: &LaneId, files: LocalFiles) -> Result<Vec<String>, Error> {
        let lane = match self.inner.store.delete_lane(lane_id).await? {
            LaneChange::NotFound => return Err(Error::LaneNotFound),
            LaneChange::Refused(refusal, lane) => return Err(conflict(refusal, lane)),
            LaneChange::Done(lane) => lane,
        };
        self.end_session(&lane, "the lane was deleted").await;
        let mut left = Vec::new();
        if let (Some(repo_root), Some(directory)) = (&lane.repo_root, &lane.worktree_path)
            && let Err(Error::Git(reason)) =
                worktree::remove(repo_root, directory, lane.branch.as_deref(), files).await
        {
            left.push(format!(
                "the worktree {directory} was kept: {reason}. GET /lanes/worktrees lists it. `git worktree \
                 remove --force {directory}` in {repo_root} removes it, as does DELETE \
                 /lanes/worktrees/{lane_id}?force=true."
            ));
        }
        Ok(left)
    }

    /// Sends an instruction to a lane as a new turn. Starts its session and creates its thread if it has
    /// none.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`], [`Error::LaneConflict`] while the lane is active, and the errors of starting
    /// a session and of [`Conversations::send`].
    pub async fn prompt(
        &self,
        lane_id: &LaneId,
        instruction: Instruction,
        job_id: JobId,
    ) -> Result<(Lane, Job), Error> {
        let this = self.clone();
        let lane_id = lane_id.to_owned();
        let prompted = self
            .inner
            .tasks
            .spawn(async move { this.prompt_uncancelled(&lane_id, instruction, job_id).await });
        prompted.await.map_err(|error| Error::Internal(format!("a prompt ended early: {error}")))?
    }

    async fn prompt_uncancelled(
        &self,
        lane_id: &LaneId,
        instruction: Instruction,
        job_id: JobId,
    ) -> Result<(Lane, Job), Error> {
        let lane = self.get(lane_id).await?;
        if lane.status.is_active() {
            return Err(conflict(LaneRefusal::Busy, lane));
        }
        // Until the job exists, a reconciliation must not treat the lane as abandoned.
        let _starting = self.inner.starting.claim(lane_id);
        let bound_job_id = job_id.clone();
        self.step(lane_id, move |lane, now| lane.begin(&bound_job_id, now)).await?;
        match self.send(lane_id, instruction, job_id.clone()).await {
            Ok(job) => {
                self.follow_in_background(lane_id);
                Ok((self.get(lane_id).await?, job))
            }
            Err(error) => {
                let problem = error.to_string();
                self.record_failed_start(lane_id, &job_id, problem).await;
                Err(error)
            }
        }
    }

    /// Records with the lane that its message could not be sent.
    async fn record_failed_start(&self, lane_id: &LaneId, job_id: &JobId, problem: String) {
        let recorded = async {
            let job = self.inner.jobs.find(job_id).await?;
            self.step(lane_id, move |lane, now| match job {
                Some(job) => lane.follow(&job, now),
                None => lane.lose_job(&problem, now),
            })
            .await
        };
        // If this fails, the next reconciliation finds the lane with a job that never started.
        if let Err(error) = recorded.await {
            tracing::error!(%error, %lane_id, "cannot record that the turn of a lane did not start");
        }
    }

    async fn send(&self, lane_id: &LaneId, instruction: Instruction, job_id: JobId) -> Result<Job, Error> {
        let lane = self.ensure_session_and_thread(lane_id).await?;
        let Some(thread_id) = lane.thread_id.clone() else {
            return Err(Error::Internal("the lane has no thread".to_owned()));
        };
        let message = self.message(&lane, instruction, job_id).await?;
        let sent = self.inner.conversations.send(&thread_id, message).await?;
        Ok(sent.job)
    }

    async fn message(&self, lane: &Lane, instruction: Instruction, job_id: JobId) -> Result<Message, Error> {
        let defaults = self.inner.defaults.clone();
        let check: Box<dyn FnOnce() -> Result<Message, Error> + Send> = match instruction {
            Instruction::Text(input) => {
                let body = MessageBody {
                    message: Some(lane.instruction(&input)),
                    ensure_open: Some(false),
                    ..MessageBody::default()
                };
                Box::new(move || body.into_continuation(job_id, &defaults))
            }
            Instruction::Review(mut body) => {
                body.ensure_open.get_or_insert(false);
                Box::new(move || body.into_message(job_id, &defaults))
            }
        };
        let checked = tokio::task::spawn_blocking(check).await;
        let mut message =
            checked.map_err(|error| Error::Internal(format!("checking a message panicked: {error}")))??;
        message.lane_id = Some(lane.lane_id.clone());
        Ok(message)
    }

    /// Returns the options with which the lane's thread is created or loaded. The thread of a lane without a
    /// directory is created in the working directory of the bridge, and keeps its own directory later.
    fn thread_options(&self, lane: &Lane) -> ThreadOptions {
        let is_new = lane.thread_id.is_none();
        ThreadOptions {
            cwd: lane
                .directory()
                .map(PathBuf::from)
                .or_else(|| is_new.then(|| self.inner.defaults.cwd.clone())),
            sandbox: Some(lane.sandbox),
            approval_policy: lane.approval_policy,
            model: lane.model.clone(),
            ..ThreadOptions::default()
        }
    }

    /// Steers the active turn of the lane with further input.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`], [`Error::LaneConflict`] if no turn is active, and the errors of
    /// [`Conversations::steer`].
    pub async fn steer(&self, lane_id: &LaneId, input: &str) -> Result<(Lane, TurnId), Error> {
        let lane = self.get(lane_id).await?;
        let Some(job_id) = &lane.active_job_id else {
            return Err(Error::LaneConflict {
                problem: "no turn is active".to_owned(),
                lane: Box::new(lane),
            });
        };
        let input = [UserInput::Text { text: input.to_owned() }];
        let (turn_id, _) = self.inner.conversations.steer(job_id, &input).await?;
        Ok((lane, turn_id))
    }

    /// Interrupts the active turn of the lane.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`], [`Error::LaneConflict`] if no turn is active, and the errors of cancelling a
    /// job.
    pub async fn interrupt(&self, lane_id: &LaneId) -> Result<Lane, Error> {
        let lane = self.get(lane_id).await?;
        if lane.is_simulated() {
            self.end_simulation(lane_id, "it was interrupted").await?;
            return self.get(lane_id).await;
        }
        let Some(job_id) = lane.active_job_id.clone() else {
            // Codex may continue a goal by itself, or the conversation may have got a message directly.
            if let Some(thread_id) = &lane.thread_id
                && self.inner.conversations.interrupt_if_active(thread_id).await?
            {
                return self.get(lane_id).await;
            }
            return Err(Error::LaneConflict {
                problem: "no turn is active".to_owned(),
                lane: Box::new(lane),
            });
        };
        if lane.status == LaneStatus::Verifying {
            let stopped =
                self.step(lane_id, |lane, now| lane.lose_job("the verification was interrupted", now));
            return stopped.await;
        }
        let job = self.inner.conversations.cancel_with(&job_id, FailureCode::Interrupted).await?;
        // The task that follows the lane may not have seen the end of the job yet.
        match self.step(lane_id, move |lane, now| lane.follow(&job, now)).await {
            Ok(lane) => Ok(lane),
            Err(Error::LaneConflict { lane, .. }) => Ok(*lane),
            Err(error) => Err(error),
        }
    }

    /// Applies a state transition to a lane.
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

    /// Records an event of a lane. An error is logged.
    async fn record_event(&self, lane: &Lane, event: LaneEvent) {
        let event_type = event.event_type;
        if let Err(error) = self.inner.store.record_lane_event(lane, event).await {
            tracing::error!(%error, event_type, "cannot record an event of a lane");
        }
    }
}

fn conflict(refusal: LaneRefusal, lane: Lane) -> Error {
    Error::LaneConflict { problem: refusal.to_string(), lane: Box::new(lane) }
}
