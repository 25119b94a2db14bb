//! Conversations: starting them, continuing them, showing them.
//!
//! A message becomes a job (durable) before Codex hears of it. Every conversation with work has one task
//! ([`thread::ThreadTask`]) that does it piece by piece and leaves when there is no more; the [`registry`]
//! says which have one, and what waits on each.
//!
//! - [`message`]: a message as a caller sends it, checked.
//! - [`thread`], [`turn`]: loading a thread, running a turn on it. [`ending`]: how jobs end.
//! - [`elsewhere`], [`follow`]: turns that other processes run, or ran.
//! - [`cli`]: turns of `codex exec`. [`copies`]: conversations that go on as copies.
//! - [`control`]: cancel, steer, edit what waits. [`actions`]: what is done to a conversation itself.
//!   [`history`]: which there are. [`raw`]: Codex's own methods as a caller names them.

mod actions;
mod cli;
mod control;
mod copies;
mod elsewhere;
mod ending;
mod follow;
mod history;
pub mod message;
mod raw;
mod registry;
mod thread;
mod turn;

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use codex::app_server::AppServer;
use codex::connection::CallError;
use codex::exec::ExecOptions;
use codex::rpc::Refusal;
use futures_util::FutureExt;
use model::ids::{JobId, ThreadId, TurnId};
use model::job::{self, Delivery, Job, NewJob, Operation, Transport};
use model::limits;
use tokio::sync::{Mutex, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::approvals::{Approvals, Withdrawn};
use crate::editor::{ConversationTab, Editor, EditorError};
use crate::error::Error;
use crate::jobs::{Jobs, LiveJob};
use crate::thread_router::ThreadRouter;
pub use control::Waiting;
pub use history::{Conversation, ConversationPage, Holder};
use message::{DeliveryMode, Message};
pub use raw::Needs;
use registry::{Place, Queue, Registry, Work};
use thread::{Loaded, ThreadTask};

/// All conversations. Cheap to clone.
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
    /// Where the addresses of other bridge processes are found.
    discovery_directory: PathBuf,
    registry: Registry,
    /// What the help of `codex exec` lists, and of which binary.
    exec_options: Mutex<Option<(PathBuf, ExecOptions)>>,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

/// What became of a message that was sent.
#[derive(Debug)]
pub struct Dispatched {
    /// The job, as it is now.
    pub job: Job,
    /// The conversation.
    pub conversation_id: ThreadId,
    /// How the message reached it.
    pub delivery: Delivery,
    /// The turn, where it has begun.
    pub turn_id: Option<TurnId>,
    /// The tab that shows it, where one was asked for.
    pub tab: Option<ConversationTab>,
}

/// A turn that began, or that waits.
#[derive(Debug)]
struct Begun {
    conversation_id: ThreadId,
    delivery: Delivery,
    turn_id: Option<TurnId>,
}

/// Tells the sender of a message what became of it.
type BegunSender = oneshot::Sender<Result<Begun, Error>>;

impl Conversations {
    /// Conversations in `router`, shown by `editor`.
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
    /// [`Error`]; a job that was made by then has failed.
    pub async fn create(&self, message: Message) -> Result<Dispatched, Error> {
        let this = self.clone();
        self.to_the_end(async move {
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
    /// [`Error`]; a job that was made by then has failed.
    pub async fn send(&self, conversation_id: &ThreadId, message: Message) -> Result<Dispatched, Error> {
        let this = self.clone();
        let requested = conversation_id.to_owned();
        self.to_the_end(async move {
            let conversation_id = this.goes_on_as(&requested, &message).await?;
            this.refuse_early(&conversation_id, message.delivery)?;
            if let Some(expected) = &message.expected_turn_id {
                this.check_expected_turn(&conversation_id, expected).await?;
            }
            this.check_cli(&message, Some(&conversation_id)).await?;
            let job = this.new_job(Operation::ResumeConversation, Some(&requested), &message).await?;
            if conversation_id != requested {
                this.go_on_as(&job, &conversation_id).await?;
            }
            match message.delivery {
                DeliveryMode::Fork => this.send_to_copy(conversation_id, job, message).await,
                DeliveryMode::Steer => this.join(conversation_id, job, message).await,
                _ => this.send_to(conversation_id, job, message).await,
            }
        })
        .await
    }

    /// What can be told without Codex is refused before there is a job.
    fn refuse_early(&self, conversation_id: &ThreadId, delivery: DeliveryMode) -> Result<(), Error> {
        let registry = &self.inner.registry;
        match delivery {
            DeliveryMode::Start | DeliveryMode::Reject if registry.is_busy(conversation_id) => {
                Err(Error::ConversationBusy(conversation_id.to_owned().into()))
            }
            DeliveryMode::Steer if registry.running(conversation_id).is_none() => {
                Err(Error::NoActiveTurn(conversation_id.to_owned().into()))
            }
            DeliveryMode::Steer | DeliveryMode::Fork => Ok(()),
            _ if registry.is_full(conversation_id) => {
                Err(Error::QueueFull { limit: limits::QUEUED_TURNS_MAX })
            }
            _ => Ok(()),
        }
    }

    /// Goes on with a job that another bridge process left unfinished: sends what still waited, and finds out
    /// what became of the rest.
    pub async fn recover(&self, job: Arc<LiveJob>) {
        let view = job.view();
        let Some(conversation_id) = view.conversation_id else {
            ending::end_interrupted_by_restart(&job).await;
            return;
        };
        let message = match self.stored_message(&job.job_id).await {
            Ok(message) => message.map(Box::new),
            Err(error) => {
                tracing::error!(%error, job_id = %job.job_id, "cannot read the message of a job");
                None
            }
        };
        // With the id of a process it was about to begin.
        let still_waits = view.delivery == Some(Delivery::Queued) && view.pid.is_none();
        let work = match message {
            Some(message) if still_waits => {
                // Its sender was answered by the process that is gone.
                let (begun, _) = oneshot::channel();
                Work::Send { job, message, begun }
            }
            message => Work::Recover { job, message },
        };
        if let Place::Front(work) = self.inner.registry.enqueue(&conversation_id, work) {
            self.start_task(&conversation_id, work, None);
        }
    }

    async fn stored_message(&self, job_id: &JobId) -> Result<Option<Message>, Error> {
        let text = self.inner.jobs.store().job_message(job_id).await?;
        let read = text.map(|text| serde_json::from_str(&text)).transpose();
        read.map_err(|error| Error::Internal(format!("a stored message cannot be read: {error}")))
    }

    /// Opens a blank draft in the editor.
    ///
    /// # Errors
    /// [`Error::EditorUnavailable`], [`Error::EditorFailed`].
    pub async fn open_draft(&self) -> Result<(), Error> {
        let editor = self.editor("Send a message to start a conversation without an editor.")?;
        editor.open_draft().await.map_err(editor_failed)
    }

    /// The open conversation tabs; `None` without an editor.
    ///
    /// # Errors
    /// [`Error::EditorFailed`].
    pub async fn open_tabs(&self) -> Result<Option<Vec<ConversationTab>>, Error> {
        match &self.inner.editor {
            Some(editor) => editor.open_conversations().await.map(Some).map_err(editor_failed),
            None => Ok(None),
        }
    }

    /// The conversation tab with the focus, if one has it.
    ///
    /// # Errors
    /// [`Error::EditorUnavailable`], [`Error::EditorFailed`].
    pub async fn current_tab(&self) -> Result<Option<ConversationTab>, Error> {
        let editor = self.editor("Name a conversation by its id.")?;
        editor.current_conversation().await.map_err(editor_failed)
    }

    /// Whether there is an editor.
    #[must_use]
    pub fn has_editor(&self) -> bool {
        self.inner.editor.is_some()
    }

    fn editor(&self, instead: &'static str) -> Result<&Arc<dyn Editor>, Error> {
        self.inner.editor.as_ref().ok_or(Error::EditorUnavailable(instead))
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
            .map_err(|error| Error::Internal(format!("a message cannot be written: {error}")))?;
        Ok(self.inner.jobs.create(new, message).await?)
    }

    /// Runs a dispatch as a task of its own, so that a client that hangs up cannot leave it half done.
    async fn to_the_end(
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
                ending::end_failed(&job, error.as_failure()).await;
                return Err(error);
            }
        };
        self.run_on(conversation_id.into(), job, message, Some(loaded)).await
    }

    /// Runs a message on a thread that was just made for it.
    async fn run_on(
        &self,
        conversation_id: ThreadId,
        job: Arc<LiveJob>,
        message: Message,
        loaded: Option<Loaded>,
    ) -> Result<Dispatched, Error> {
        let open = self.opens_later(&message);
        let (begun, reply) = oneshot::channel();
        let work = Work::Send { job: Arc::clone(&job), message: Box::new(message), begun };
        match self.inner.registry.enqueue(&conversation_id, work) {
            Place::Front(work) => self.start_task(&conversation_id, work, loaded),
            // Nobody else knows the thread yet; who guessed its id has the work done without this load.
            Place::Next | Place::Behind => give_back(loaded, &conversation_id).await,
            Place::Refused(_, error) => {
                give_back(loaded, &conversation_id).await;
                ending::end_failed(&job, error.as_failure()).await;
                return Err(error);
            }
        }
        self.reply(job, reply, open).await
    }

    async fn start_thread(&self, message: &Message) -> Result<(String, Loaded), Error> {
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
                Ok((thread.id.into(), loaded))
            }
            Ok(Err(error)) => Err(Error::Internal(format!("starting a thread failed: {error}"))),
            Err(_) => {
                // Codex may make the thread all the same. Nobody knows of it, so it is let go.
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
        let open = self.opens_later(&message);
        let (begun, reply) = oneshot::channel();
        let work = Work::Send { job: Arc::clone(&job), message: Box::new(message), begun };
        match self.inner.registry.enqueue(&conversation_id, work) {
            Place::Front(work) => {
                self.start_task(&conversation_id, work, None);
                self.reply(job, reply, open).await
            }
            Place::Next => self.reply(job, reply, open).await,
            Place::Behind => {
                match job.step(|job, now| job.queue(Delivery::Queued, now)).await {
                    Ok(Ok(_)) => {
                        let tab = self.reveal(&job, &conversation_id, open).await;
                        let delivery = Delivery::Queued;
                        Ok(Dispatched { job: job.view(), conversation_id, delivery, turn_id: None, tab })
                    }
                    // Its turn came before this was written, or it could not be written; it is under way all
                    // the same.
                    Ok(Err(_)) | Err(_) => self.reply(job, reply, open).await,
                }
            }
            Place::Refused(_, error) => {
                ending::end_failed(&job, error.as_failure()).await;
                Err(error)
            }
        }
    }

    /// Until when the editor must show the conversation once the turn has begun. A message for the panel
    /// opens it before.
    fn opens_later(&self, message: &Message) -> Option<Duration> {
        message.open.filter(|_| message.delivery != DeliveryMode::Panel)
    }

    /// Waits until the turn has begun, and then for the editor to show it.
    async fn reply(
        &self,
        job: Arc<LiveJob>,
        begun: oneshot::Receiver<Result<Begun, Error>>,
        open: Option<Duration>,
    ) -> Result<Dispatched, Error> {
        let begun = begun.await.map_err(|_| {
            if self.inner.stopping.is_cancelled() {
                return Error::Stopping;
            }
            Error::Internal("a conversation's task let go of a message".to_owned())
        })??;
        let Begun { conversation_id, delivery, turn_id } = begun;
        // Not before the turn has begun: a thread without a first turn cannot be opened.
        let tab = self.reveal(&job, &conversation_id, open).await;
        Ok(Dispatched { job: job.view(), conversation_id, delivery, turn_id, tab })
    }

    /// Shows the conversation where that was asked for; what became of it is noted on the job.
    async fn reveal(
        &self,
        job: &LiveJob,
        conversation_id: &ThreadId,
        open: Option<Duration>,
    ) -> Option<ConversationTab> {
        let (Some(editor), Some(limit)) = (&self.inner.editor, open) else { return None };
        // The editor has the limit, too; ours is for an editor that does not keep it.
        let revealed = tokio::select! {
            revealed = editor.reveal_conversation(conversation_id, limit) => revealed,
            () = tokio::time::sleep(limit + Duration::from_millis(500)) => {
                Err(EditorError(format!("VS Code did not show the conversation within {} ms", limit.as_millis())))
            }
            () = self.inner.stopping.cancelled() => Err(EditorError("the bridge is stopping".to_owned())),
        };
        let (tab, outcome) = match revealed {
            Ok(tab) => (Some(tab), Ok(())),
            Err(EditorError(reason)) => (None, Err(reason)),
        };
        if let Err(error) = job.note(|job, now| job.note_opened(outcome, now)).await {
            tracing::error!(%error, "cannot note whether the conversation is shown");
        }
        tab
    }

    /// Makes a call on a conversation, again while Codex is still closing it after our last turn.
    async fn on_closed<T, F: Future<Output = Result<T, CallError>>>(
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
                // The last one: our own process is that writer until it has closed the conversation.
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
    fn start_task(&self, conversation_id: &ThreadId, first: Work, loaded: Option<Loaded>) {
        let thread_id = conversation_id.to_owned();
        let task = ThreadTask { conversations: self.clone(), thread_id: thread_id.clone(), loaded };
        let this = self.clone();
        self.inner.tasks.spawn(async move {
            if AssertUnwindSafe(task.run(first)).catch_unwind().await.is_err() {
                this.abandon(&thread_id).await;
            }
        });
    }

    /// A conversation's task panicked, which only a defect of ours can do: its jobs end, and the next message
    /// gets a new task.
    async fn abandon(&self, conversation_id: &ThreadId) {
        let Some(Queue { running, waiting, .. }) = self.inner.registry.remove(conversation_id) else {
            return;
        };
        tracing::error!(%conversation_id, "a conversation's task panicked");
        // Its load went with it.
        if let Ok(server) = self.inner.router.supervisor_of(conversation_id).ready().await {
            thread::unsubscribe(&server, conversation_id).await;
            self.inner.registry.note_released(conversation_id);
        }
        self.inner.approvals.withdraw(Withdrawn::Thread(conversation_id)).await;
        let failure = Error::Internal("a defect in the bridge ended the job; its log says more".to_owned());
        let waiting = waiting.iter().filter_map(|work| work.job().cloned());
        for job in running.into_iter().chain(waiting) {
            ending::end_failed(&job, failure.as_failure()).await;
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
    Error::Internal(format!("the job cannot go on: {refusal}"))
}

fn editor_failed(EditorError(reason): EditorError) -> Error {
    Error::EditorFailed(reason)
}

/// Unloads what was loaded in vain.
async fn give_back(loaded: Option<Loaded>, thread_id: &ThreadId) {
    if let Some(loaded) = loaded {
        thread::unsubscribe(&loaded.server, thread_id).await;
    }
}
