//! Starts, continues, changes and shows conversations.
//!
//! A message becomes a durable job before it is sent to Codex. Every conversation with work has one task
//! ([`thread::ThreadTask`]), which carries out the work items one after another and ends when there are no
//! more. The [`registry`] has the conversations with a task and the queue of each.
//!
//! - [`message`]: validates the messages that callers send.
//! - [`work`], [`registry`]: work items and their queues.
//! - [`thread`], [`turn`], [`ending`]: load a thread, run the turns of a job on it, and end the job.
//! - [`waiting`]: what the task waits for while none of our turns runs.
//! - [`reply`]: what the sender of a message is told.
//! - [`external`], [`follow`]: turns that other processes run or ran.
//! - [`cli`]: turns of `codex exec`.
//! - [`forks`]: copies of conversations.
//! - [`control`]: cancels and steers jobs, and edits the queue.
//! - [`activity`]: what runs on a conversation, whoever started it.
//! - [`actions`]: changes of a conversation itself.
//! - [`history`]: Codex's list of conversations.
//! - [`raw`]: calls of any Codex method.

mod actions;
mod activity;
mod cli;
mod control;
mod ending;
mod external;
mod follow;
mod forks;
mod history;
mod interpretation;
pub mod message;
mod raw;
mod registry;
mod reply;
mod sending;
mod thread;
mod turn;
mod waiting;
mod work;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use codex::activity::ActivityKind;
use codex::app_server::AppServer;
use codex::connection::CallError;
use codex::exec::ExecOptions;
use codex::rpc::Refusal;
use futures_util::FutureExt;
use model::ids::{JobId, ThreadId, TurnId};
use model::job::{self, Delivery, Job, NewJob, Operation, Transport};
use model::limits;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::approvals::{Approvals, Withdrawn};
use crate::editor::{ConversationTab, Editor, EditorError};
use crate::error::Error;
use crate::jobs::{Jobs, LiveJob};
use crate::thread_router::ThreadRouter;
pub use control::WaitingJobs;
pub use history::{Conversation, ConversationPage, Holder, Turns};
use message::{DeliveryMode, Message};
use registry::{Placement, Queue, Registry};
use reply::Waited;
use thread::{Loaded, ThreadTask};
pub use work::Needs;
use work::{Sender, Sending, WorkItem};

/// The conversations of this bridge. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Conversations {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    jobs: Jobs,
    approvals: Approvals,
    router: ThreadRouter,
    editor: Option<Arc<dyn Editor>>,
    /// The directory with the addresses of other bridge processes.
    discovery_directory: PathBuf,
    registry: Registry,
    /// The options that the help of `codex exec` lists, with the binary that printed it.
    exec_options: Mutex<Option<(PathBuf, ExecOptions)>>,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

/// A message that was dispatched.
#[derive(Debug)]
pub struct Dispatched {
    /// The current state of the job.
    pub job: Job,
    /// The conversation.
    pub conversation_id: ThreadId,
    /// How the message was delivered.
    pub delivery: Delivery,
    /// The turn, if it has started.
    pub turn_id: Option<TurnId>,
    /// The tab that shows the conversation, if one was requested.
    pub tab: Option<ConversationTab>,
}

impl Conversations {
    /// Returns the conversations whose app-servers `router` chooses, which `editor` shows.
    #[must_use]
    pub fn new(
        jobs: Jobs,
        approvals: Approvals,
        router: ThreadRouter,
        editor: Option<Arc<dyn Editor>>,
        discovery_directory: PathBuf,
        stopping: CancellationToken,
        tasks: TaskTracker,
    ) -> Self {
        let registry = Registry::default();
        Self {
            inner: Arc::new(Inner {
                jobs,
                approvals,
                router,
                editor,
                discovery_directory,
                registry,
                exec_options: Mutex::default(),
                stopping,
                tasks,
            }),
        }
    }

    /// Starts a new conversation with a message.
    ///
    /// # Errors
    /// Any [`Error`] that keeps the turn from starting. If the job was already created, it has failed.
    pub async fn create(&self, message: Message) -> Result<Dispatched, Error> {
        let this = self.clone();
        self.run_to_completion(async move {
            this.check_cli(&message, None).await?;
            let job = this.new_job(Operation::CreateConversation, None, &message).await?;
            if message.cli.is_some() {
                this.start_cli(job, message).await
            } else {
                this.start(job, message).await
            }
        })
        .await
    }

    /// Sends a message to a conversation.
    ///
    /// # Errors
    /// Any [`Error`] that keeps the message from being delivered. If the job was already created, it has
    /// failed.
    pub async fn send(&self, conversation_id: &ThreadId, message: Message) -> Result<Dispatched, Error> {
        let this = self.clone();
        let requested = conversation_id.to_owned();
        self.run_to_completion(async move {
            let conversation_id = this.effective_id(&requested, &message).await?;
            this.check_admission(&conversation_id, message.delivery)?;
            if let Some(expected) = &message.expected_turn_id {
                this.check_expected_turn(&conversation_id, expected).await?;
            }
            this.check_cli(&message, Some(&conversation_id)).await?;
            let job = this.new_job(Operation::ResumeConversation, Some(&requested), &message).await?;
            if conversation_id != requested {
                this.redirect_to(&job, &conversation_id).await?;
            }
            match message.delivery {
                DeliveryMode::Fork => this.send_to_copy(conversation_id, job, message).await,
                DeliveryMode::Steer => this.join(conversation_id, job, message).await,
                _ => this.send_to(conversation_id, job, message).await,
            }
        })
        .await
    }

    /// Refuses a message before its job is created, if that can be decided without Codex.
    fn check_admission(&self, conversation_id: &ThreadId, delivery: DeliveryMode) -> Result<(), Error> {
        let registry = &self.inner.registry;
        match delivery {
            DeliveryMode::Start | DeliveryMode::Reject if registry.is_busy(conversation_id) => {
                Err(Error::ConversationBusy(conversation_id.to_string()))
            }
            DeliveryMode::Steer if registry.running(conversation_id).is_none() => {
                Err(Error::NoActiveTurn(conversation_id.to_string()))
            }
            DeliveryMode::Steer | DeliveryMode::Fork => Ok(()),
            _ if registry.is_full(conversation_id) => {
                Err(Error::QueueFull { limit: limits::QUEUED_TURNS_MAX })
            }
            _ => Ok(()),
        }
    }

    /// Continues a job that another bridge process left unfinished. A message that still waited is sent.
    /// Otherwise the task of the conversation finds out how the turn ended.
    pub async fn recover(&self, job: Arc<LiveJob>) {
        let view = job.view();
        let Some(conversation_id) = view.conversation_id else {
            ending::fail_interrupted_by_restart(&job).await;
            return;
        };
        let message = match self.stored_message(&job.job_id).await {
            Ok(message) => message.map(Box::new),
            Err(error) => {
                tracing::error!(%error, job_id = %job.job_id, "cannot read the message of a job");
                None
            }
        };
        // A job with the pid of a process was about to start its turn.
        let still_waits = view.delivery == Some(Delivery::Queued) && view.pid.is_none();
        let work = match message {
            Some(message) if still_waits => {
                // The process that exited has answered the sender.
                WorkItem::Send(Sending { job, message, sender: Sender::NOTIFIED })
            }
            message => WorkItem::Recover { job, message },
        };
        if let Placement::Front(work) = self.inner.registry.enqueue(&conversation_id, work) {
            self.start_task(&conversation_id, work, None);
        }
    }

    async fn stored_message(&self, job_id: &JobId) -> Result<Option<Message>, Error> {
        let text = self.inner.jobs.store().job_message(job_id).await?;
        let read = text.map(|text| serde_json::from_str(&text)).transpose();
        read.map_err(|error| Error::Internal(format!("cannot read a stored message: {error}")))
    }

    /// Opens a blank draft in the editor.
    ///
    /// # Errors
    /// [`Error::EditorUnavailable`], [`Error::EditorFailed`].
    pub async fn open_draft(&self) -> Result<(), Error> {
        let editor = self.editor("Send a message to start a conversation.")?;
        editor.open_draft().await.map_err(editor_failed)
    }

    /// Returns the open conversation tabs, or `None` without an editor.
    ///
    /// # Errors
    /// [`Error::EditorFailed`].
    pub async fn open_tabs(&self) -> Result<Option<Vec<ConversationTab>>, Error> {
        match &self.inner.editor {
            Some(editor) => editor.open_conversations().await.map(Some).map_err(editor_failed),
            None => Ok(None),
        }
    }

    /// Returns the conversation tab that has the focus, if there is one.
    ///
    /// # Errors
    /// [`Error::EditorUnavailable`], [`Error::EditorFailed`].
    pub async fn current_tab(&self) -> Result<Option<ConversationTab>, Error> {
        let editor = self.editor("Name the conversation by its id.")?;
        editor.current_conversation().await.map_err(editor_failed)
    }

    /// Reports whether there is an editor.
    #[must_use]
    pub fn has_editor(&self) -> bool {
        self.inner.editor.is_some()
    }

    fn editor(&self, alternative: &'static str) -> Result<&Arc<dyn Editor>, Error> {
        self.inner.editor.as_ref().ok_or(Error::EditorUnavailable(alternative))
    }

    async fn new_job(
        &self,
        operation: Operation,
        conversation_id: Option<&ThreadId>,
        message: &Message,
    ) -> Result<Arc<LiveJob>, Error> {
        if self.inner.stopping.is_cancelled() {
            return Err(Error::Stopping);
        }
        let new = NewJob {
            lane_id: message.lane_id.clone(),
            job_id: message.job_id.clone(),
            operation,
            message: message.text.clone(),
            cwd: message.options.cwd.as_ref().map(|cwd| cwd.display().to_string()),
            conversation_id: conversation_id.cloned(),
            transport: if message.cli.is_some() { Transport::Cli } else { Transport::AppServer },
            turn_timeout_ms: message.turn_timeout.map(millis),
            open_requested: message.open.is_some(),
            output_last_message_path: message
                .output_last_message_path
                .as_ref()
                .map(|path| path.display().to_string()),
            warnings: message.warnings.clone(),
        };
        let message = serde_json::to_string(message)
            .map_err(|error| Error::Internal(format!("cannot serialize a message: {error}")))?;
        Ok(self.inner.jobs.create(new, message).await?)
    }

    /// Runs a dispatch as a task of its own, so that a client that disconnects cannot leave it half done.
    async fn run_to_completion(
        &self,
        dispatch: impl Future<Output = Result<Dispatched, Error>> + Send + 'static,
    ) -> Result<Dispatched, Error> {
        match self.inner.tasks.spawn(dispatch).await {
            Ok(outcome) => outcome,
            Err(error) => Err(Error::Internal(format!("the dispatch ended early: {error}"))),
        }
    }

    async fn start(&self, job: Arc<LiveJob>, message: Message) -> Result<Dispatched, Error> {
        let started = self.start_thread(&message).await;
        let (conversation_id, loaded) = match started {
            Ok(started) => started,
            Err(error) => {
                ending::fail_job(&job, error.as_failure()).await;
                return Err(error);
            }
        };
        self.run_on_new(conversation_id, job, message, Some(loaded)).await
    }

    /// Runs a message on a thread that was just created for it.
    async fn run_on_new(
        &self,
        conversation_id: ThreadId,
        job: Arc<LiveJob>,
        message: Message,
        loaded: Option<Loaded>,
    ) -> Result<Dispatched, Error> {
        let open = self.open_timeout_after_start(&message);
        let (sending, reply) = Sending::new(Arc::clone(&job), message);
        match self.inner.registry.enqueue(&conversation_id, WorkItem::Send(sending)) {
            Placement::Front(work) => self.start_task(&conversation_id, work, loaded),
            // No other caller knows the thread yet. If one guessed its id, the thread's task loads it itself.
            Placement::Next | Placement::Behind => unload(loaded, &conversation_id).await,
            Placement::Refused(_, error) => {
                unload(loaded, &conversation_id).await;
                ending::fail_job(&job, error.as_failure()).await;
                return Err(error);
            }
        }
        self.reply(job, reply, open).await
    }

    async fn start_thread(&self, message: &Message) -> Result<(ThreadId, Loaded), Error> {
        let deadline = Instant::now() + message.send_timeout;
        let late = || send_timeout(message.send_timeout);
        let ready = tokio::time::timeout_at(deadline, self.inner.router.shared().ready());
        let server = ready.await.map_err(|_| late())??;
        let (this, options) = (Arc::clone(&server), message.options.clone());
        let mut start = self.inner.tasks.spawn(async move { this.connection.thread_start(&options).await });
        match tokio::time::timeout_at(deadline, &mut start).await {
            Ok(Ok(started)) => {
                let (thread, watch) = started?;
                let loaded = Loaded::new(server, &thread, watch);
                Ok((thread.id, loaded))
            }
            Ok(Err(error)) => Err(Error::Internal(format!("starting a thread failed: {error}"))),
            Err(_) => {
                // Codex may still create the thread. No caller knows it, so it is unloaded.
                self.inner.tasks.spawn(async move {
                    if let Ok(Ok((thread, _))) = start.await {
                        thread::unsubscribe(&server, &thread.id).await;
                    }
                });
                Err(late())
            }
        }
    }

    async fn send_to(
        &self,
        conversation_id: ThreadId,
        job: Arc<LiveJob>,
        message: Message,
    ) -> Result<Dispatched, Error> {
        let open = self.open_timeout_after_start(&message);
        let (delivery, limit) = (message.delivery, message.send_timeout);
        let (sending, reply) = Sending::new(Arc::clone(&job), message);
        match self.inner.registry.enqueue(&conversation_id, WorkItem::Send(sending)) {
            Placement::Front(work) => {
                self.start_task(&conversation_id, work, None);
                self.reply(job, reply, open).await
            }
            // The task is idle, or keeps the thread loaded for turns that belong to no job.
            Placement::Next if self.waits_for_others(&conversation_id, delivery) => {
                self.queued(job, conversation_id, reply, open).await
            }
            Placement::Next => match self.wait_for_receipt(&job, reply, delivery, limit).await? {
                Waited::Delivered(receipt) => self.delivered(job, receipt, open).await,
                Waited::StillWaits(reply) => self.queued(job, conversation_id, reply, open).await,
            },
            Placement::Behind => self.queued(job, conversation_id, reply, open).await,
            Placement::Refused(_, error) => {
                ending::fail_job(&job, error.as_failure()).await;
                Err(error)
            }
        }
    }

    /// Reports whether a message may wait, and has to, because a turn of others runs. A turn that continues a
    /// goal is no reason to wait, because Codex runs the message after that turn.
    fn waits_for_others(&self, conversation_id: &ThreadId, delivery: DeliveryMode) -> bool {
        let activity = self.inner.registry.state(conversation_id).activity;
        !matches!(delivery, DeliveryMode::Start | DeliveryMode::Reject)
            && activity.is_some_and(|activity| activity.kind != ActivityKind::Goal)
    }

    /// Returns the time limit for the editor to show the conversation after the turn has started. A message
    /// for the panel opens the conversation before that, so it has no such limit.
    fn open_timeout_after_start(&self, message: &Message) -> Option<Duration> {
        message.open.filter(|_| message.delivery != DeliveryMode::Panel)
    }

    /// Makes a call on a conversation, and repeats it while Codex is still closing the thread after a turn of
    /// this bridge.
    async fn retry_while_closing<T, F: Future<Output = Result<T, CallError>>>(
        &self,
        conversation_id: &ThreadId,
        call: impl Fn(Arc<AppServer>) -> F,
    ) -> Result<T, Error> {
        let server = self.inner.router.supervisor_of(conversation_id).ready().await?;
        loop {
            let error = match call(Arc::clone(&server)).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let may_be_closing = matches!(
                error.refusal(),
                // `OwnedElsewhere`: our own process holds the writer until it has closed the thread.
                Some(
                    Refusal::Closing | Refusal::ThreadUnknown | Refusal::NoTurnsYet | Refusal::OwnedElsewhere
                )
            );
            if !may_be_closing || !self.inner.registry.is_closing(conversation_id) {
                return Err(Error::of_conversation(conversation_id, error));
            }
            tokio::time::sleep(limits::CLOSING_RETRY_INTERVAL).await;
        }
    }

    /// Starts the task of a conversation that had none.
    fn start_task(&self, conversation_id: &ThreadId, first: WorkItem, loaded: Option<Loaded>) {
        let thread_id = conversation_id.to_owned();
        let task = ThreadTask {
            conversations: self.clone(),
            thread_id: thread_id.clone(),
            loaded,
            last_job: None,
            sub_agents: HashMap::new(),
            is_calling: false,
        };
        let this = self.clone();
        self.inner.tasks.spawn(async move {
            if AssertUnwindSafe(task.run(first)).catch_unwind().await.is_err() {
                this.abandon(&thread_id).await;
            }
        });
    }

    /// Fails the jobs of a conversation whose task panicked because of a defect in the bridge. The next
    /// message gets a new task.
    async fn abandon(&self, conversation_id: &ThreadId) {
        let Some(Queue { running, waiting, .. }) = self.inner.registry.remove(conversation_id) else {
            return;
        };
        tracing::error!(%conversation_id, "a conversation's task panicked");
        // The task's watch was dropped, but the thread is still loaded.
        if let Ok(server) = self.inner.router.supervisor_of(conversation_id).ready().await {
            thread::unsubscribe(&server, conversation_id).await;
            self.inner.registry.note_released(conversation_id);
        }
        self.inner.approvals.withdraw(Withdrawn::Thread(conversation_id)).await;
        let failure = Error::Internal("a defect in the bridge ended the job; see the log".to_owned());
        let waiting = waiting.iter().filter_map(|work| work.job().cloned());
        for job in running.into_iter().chain(waiting) {
            ending::fail_job(&job, failure.as_failure()).await;
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn send_timeout(limit: Duration) -> Error {
    Error::SendTimeout { limit_ms: millis(limit) }
}

fn ended_early(refusal: job::Refusal) -> Error {
    Error::Internal(format!("the job cannot continue: {refusal}"))
}

fn editor_failed(EditorError(reason): EditorError) -> Error {
    Error::EditorFailed(reason)
}

/// Unloads a thread that is not needed.
async fn unload(loaded: Option<Loaded>, thread_id: &ThreadId) {
    if let Some(loaded) = loaded {
        thread::unsubscribe(&loaded.server, thread_id).await;
    }
}
