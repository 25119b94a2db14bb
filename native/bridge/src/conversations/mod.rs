//! Conversations: starting them, continuing them, showing them.
//!
//! A message becomes a job (durable) before Codex hears of it. Every conversation with work has one task
//! ([`thread::ThreadTask`]) that runs its turns one after another and leaves when there are no more; the registry
//! [`Threads`] says which have one. [`ending`] decides and records how jobs end. [`follow`] finds out what became of a turn that another process runs or ran.

mod ending;
mod follow;
pub mod message;
mod thread;

use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::editor::{ConversationTab, Editor, EditorError};
use crate::error::Error;
use crate::jobs::{Jobs, LiveJob};
use crate::limits;
use crate::model::job::{Delivery, Job, NewJob, Operation, Refusal};
use crate::session::Session;
use message::Message;
use thread::{Loaded, ThreadTask, Work};

/// All conversations. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Conversations {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    jobs: Jobs,
    session: Session,
    editor: Option<Arc<dyn Editor>>,
    threads: Threads,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

/// What became of a message that was sent.
#[derive(Debug)]
pub struct Dispatched {
    /// The job, as it is now.
    pub job: Job,
    /// The conversation.
    pub conversation_id: String,
    /// How the message reached it.
    pub delivery: Delivery,
    /// The turn, where it has begun.
    pub turn_id: Option<String>,
    /// The tab that shows it, where one was asked for.
    pub tab: Option<ConversationTab>,
}

/// A turn that began, or that waits.
#[derive(Debug)]
struct Begun {
    conversation_id: String,
    delivery: Delivery,
    turn_id: Option<String>,
}

impl Conversations {
    /// Conversations of `session`, shown by `editor`.
    #[must_use]
    pub fn new(
        jobs: Jobs,
        session: Session,
        editor: Option<Arc<dyn Editor>>,
        stopping: CancellationToken,
        tasks: TaskTracker,
    ) -> Self {
        let threads = Threads::default();
        Self { inner: Arc::new(Inner { jobs, session, editor, threads, stopping, tasks }) }
    }

    /// Starts a new conversation with a message.
    ///
    /// # Errors
    /// [`Error`]; a job that was made by then has failed.
    pub async fn create(&self, message: Message) -> Result<Dispatched, Error> {
        let this = self.clone();
        self.to_the_end(async move {
            let job = this.new_job(Operation::CreateConversation, None, &message).await?;
            this.dispatch_new(job, message).await
        })
        .await
    }

    /// Sends a message to a conversation.
    ///
    /// # Errors
    /// [`Error`]; a job that was made by then has failed.
    pub async fn send(&self, conversation_id: &str, message: Message) -> Result<Dispatched, Error> {
        let this = self.clone();
        let conversation_id = conversation_id.to_owned();
        self.to_the_end(async move {
            if this.inner.threads.is_full(&conversation_id) {
                return Err(Error::QueueFull { limit: limits::QUEUED_TURNS_MAX });
            }
            let job = this.new_job(Operation::ResumeConversation, Some(&conversation_id), &message).await?;
            this.dispatch_to(conversation_id, job, message).await
        })
        .await
    }

    /// Finds out what became of a job that another bridge process left unfinished, and ends it truthfully.
    pub async fn recover(&self, job: Arc<LiveJob>) {
        let view = job.view();
        let Some(conversation_id) = view.conversation_id else {
            ending::end_interrupted_by_restart(&job).await;
            return;
        };
        self.enqueue(&conversation_id, Work::recovery(job), None);
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
        conversation_id: Option<&str>,
        message: &Message,
    ) -> Result<Arc<LiveJob>, Error> {
        if self.inner.stopping.is_cancelled() {
            return Err(Error::Stopping);
        }
        let new = NewJob {
            job_id: message.job_id.clone(),
            operation,
            message: message.text.clone(),
            cwd: message.options.cwd.as_ref().map(|cwd| cwd.display().to_string()),
            conversation_id: conversation_id.map(str::to_owned),
            open_requested: message.open.is_some(),
            output_last_message_path: message
                .output_last_message_path
                .as_ref()
                .map(|path| path.display().to_string()),
            warnings: message.warnings.clone(),
        };
        Ok(self.inner.jobs.create(new).await?)
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

    async fn dispatch_new(&self, job: Arc<LiveJob>, message: Message) -> Result<Dispatched, Error> {
        let started = self.start_thread(&message).await;
        let (conversation_id, loaded) = match started {
            Ok(started) => started,
            Err(error) => {
                ending::end_failed(&job, error.as_failure()).await;
                return Err(error);
            }
        };
        let open = message.open;
        let (work, begun) = Work::message(Arc::clone(&job), message);
        self.enqueue(&conversation_id, work, Some(loaded));
        self.reply(job, begun, open).await
    }

    async fn start_thread(&self, message: &Message) -> Result<(String, Loaded), Error> {
        let deadline = Instant::now() + message.send_timeout;
        let late = || send_timeout(message.send_timeout);
        let ready = tokio::time::timeout_at(deadline, self.inner.session.ready());
        let server = ready.await.map_err(|_| late())??;
        let (this, options) = (Arc::clone(&server), message.options.clone());
        let mut start = self.inner.tasks.spawn(async move { this.connection.thread_start(&options).await });
        match tokio::time::timeout_at(deadline, &mut start).await {
            Ok(Ok(started)) => {
                let (thread, watch) = started?;
                let loaded = Loaded::new(server, &thread, watch, true);
                Ok((thread.id, loaded))
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

    async fn dispatch_to(
        &self,
        conversation_id: String,
        job: Arc<LiveJob>,
        message: Message,
    ) -> Result<Dispatched, Error> {
        let open = message.open;
        let (work, begun) = Work::message(Arc::clone(&job), message);
        match self.enqueue(&conversation_id, work, None) {
            Place::Front => self.reply(job, begun, open).await,
            Place::Behind => {
                match job.step(|job, now| job.queue(Delivery::Queued, now)).await {
                    Ok(Ok(_)) => {
                        let tab = self.reveal(&job, &conversation_id, open).await;
                        let delivery = Delivery::Queued;
                        Ok(Dispatched { job: job.view(), conversation_id, delivery, turn_id: None, tab })
                    }
                    // Its turn came before this was written, or it could not be written; it is under way all the same.
                    Ok(Err(_)) | Err(_) => self.reply(job, begun, open).await,
                }
            }
            Place::Full => {
                let error = Error::QueueFull { limit: limits::QUEUED_TURNS_MAX };
                ending::end_failed(&job, error.as_failure()).await;
                Err(error)
            }
        }
    }

    /// Waits until the turn has begun, and then for the editor to show it.
    async fn reply(
        &self,
        job: Arc<LiveJob>,
        begun: oneshot::Receiver<Result<Begun, Error>>,
        open: Option<Duration>,
    ) -> Result<Dispatched, Error> {
        let begun = begun.await.map_err(|_| Error::Stopping)??;
        let Begun { conversation_id, delivery, turn_id } = begun;
        // Not before the turn has begun: a thread without a first turn cannot be opened.
        let tab = self.reveal(&job, &conversation_id, open).await;
        Ok(Dispatched { job: job.view(), conversation_id, delivery, turn_id, tab })
    }

    /// Shows the conversation where that was asked for; what became of it is noted on the job.
    async fn reveal(
        &self,
        job: &LiveJob,
        conversation_id: &str,
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

    /// Gives work to the conversation's task; starts one where there is none.
    fn enqueue(&self, conversation_id: &str, work: Work, loaded: Option<Loaded>) -> Place {
        let mut active = self.inner.threads.active();
        if let Some(queue) = active.get_mut(conversation_id) {
            // What is recovered was accepted before, so it is never turned away.
            if queue.is_full() && work.is_message() {
                return Place::Full;
            }
            queue.waiting.push_back(work);
            return Place::Behind;
        }
        let queue = Queue { running: Arc::clone(&work.job), waiting: VecDeque::new() };
        active.insert(conversation_id.to_owned(), queue);
        let task = ThreadTask::new(self.clone(), conversation_id.to_owned(), loaded);
        let (this, conversation_id) = (self.clone(), conversation_id.to_owned());
        self.inner.tasks.spawn(async move {
            if AssertUnwindSafe(task.run(work)).catch_unwind().await.is_err() {
                this.abandon(&conversation_id).await;
            }
        });
        Place::Front
    }

    /// A conversation's task panicked, which only a defect of ours can do: its jobs end, and the next message gets a new task.
    async fn abandon(&self, conversation_id: &str) {
        let Some(Queue { running, waiting }) = self.inner.threads.active().remove(conversation_id) else {
            return;
        };
        tracing::error!(conversation_id, "a conversation's task panicked");
        let failure = Error::Internal("a defect in the bridge ended the job; its log says more".to_owned());
        for job in std::iter::once(running).chain(waiting.into_iter().map(|work| work.job)) {
            ending::end_failed(&job, failure.as_failure()).await;
        }
    }
}

/// Where work came to stand.
enum Place {
    Front,
    Behind,
    Full,
}

/// The conversations that have a task.
#[derive(Debug, Default)]
struct Threads {
    active: Mutex<HashMap<String, Queue>>,
}

/// The work of one conversation.
#[derive(Debug)]
struct Queue {
    running: Arc<LiveJob>,
    waiting: VecDeque<Work>,
}

impl Queue {
    fn is_full(&self) -> bool {
        self.waiting.len() >= limits::QUEUED_TURNS_MAX
    }
}

impl Threads {
    fn active(&self) -> MutexGuard<'_, HashMap<String, Queue>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_full(&self, conversation_id: &str) -> bool {
        self.active().get(conversation_id).is_some_and(Queue::is_full)
    }

    fn has_more(&self, conversation_id: &str) -> bool {
        self.active().get(conversation_id).is_some_and(|queue| !queue.waiting.is_empty())
    }

    /// The next work of a conversation. When there is none the conversation is struck off in the same step, so that work
    /// which comes later gets a new task rather than none.
    fn next_or_leave(&self, conversation_id: &str) -> Option<Work> {
        let mut active = self.active();
        let queue = active.get_mut(conversation_id)?;
        match queue.waiting.pop_front() {
            Some(work) => {
                queue.running = Arc::clone(&work.job);
                Some(work)
            }
            None => {
                active.remove(conversation_id);
                None
            }
        }
    }
}

fn send_timeout(limit: Duration) -> Error {
    Error::SendTimeout { limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX) }
}

fn ended_early(refusal: Refusal) -> Error {
    Error::Internal(format!("the job cannot go on: {refusal}"))
}

fn editor_failed(EditorError(reason): EditorError) -> Error {
    Error::EditorFailed(reason)
}
