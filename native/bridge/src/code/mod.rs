//! Answers about the code of the workspace: the index (crate `context`) for many callers at once.
//!
//! The index is opened when somebody asks for the first time. Answers are computed on threads of their own, a bounded number at a time; what
//! happens meanwhile goes to [`stream`].

mod callers;
pub mod stream;

use std::path::PathBuf;
use std::sync::Arc;

use context::protocol::Code as RefusalCode;
use context::{Context, Editor, Event, Progress, Refusal};
use model::limits;
use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use tokio::sync::{Semaphore, watch};

pub use callers::{Caller, Callers};
use stream::ToolEvents;

/// The code of the workspace, to be asked about. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Code {
    inner: Arc<Inner>,
}

struct Inner {
    cache_folder: PathBuf,
    editor: Option<Arc<dyn Editor>>,
    workspace: Mutex<Workspace>,
    events: ToolEvents,
    /// How far the building of the index is, while it is under way.
    progress: watch::Sender<Option<Progress>>,
    callers: Callers,
    /// One for each answer that is being computed.
    permits: Semaphore,
}

/// The folders, and their index once somebody has asked.
struct Workspace {
    roots: Vec<PathBuf>,
    context: Option<Context>,
    /// That of the folders before, closed: until somebody asks, for what both have.
    before: Option<Context>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Code").field("roots", &self.workspace().roots).finish_non_exhaustive()
    }
}

impl Inner {
    fn workspace(&self) -> MutexGuard<'_, Workspace> {
        self.workspace.lock()
    }
}

impl Code {
    /// The code below `roots`, perhaps open in an editor. Its index is kept in `cache_folder`. Nothing is read before somebody asks.
    #[must_use]
    pub fn new(roots: Vec<PathBuf>, cache_folder: PathBuf, editor: Option<Arc<dyn Editor>>) -> Self {
        let inner = Inner {
            cache_folder,
            editor,
            workspace: Mutex::new(Workspace { roots, context: None, before: None }),
            events: ToolEvents::default(),
            progress: watch::Sender::new(None),
            callers: Callers::default(),
            permits: Semaphore::new(limits::CODE_ANSWERS_MAX),
        };
        Self { inner: Arc::new(inner) }
    }

    /// From now on the code below these folders.
    pub fn set_roots(&self, roots: Vec<PathBuf>) {
        let mut workspace = self.inner.workspace();
        if workspace.roots != roots {
            workspace.roots = roots;
            if let Some(context) = workspace.context.take() {
                context.close();
                workspace.before = Some(context);
            }
        }
    }

    /// What happens.
    #[must_use]
    pub fn events(&self) -> &ToolEvents {
        &self.inner.events
    }

    /// How far the building of the index is, and its changes; `None` while nothing is built.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Option<Progress>> {
        self.inner.progress.subscribe()
    }

    /// Who said that they are there.
    #[must_use]
    pub fn callers(&self) -> &Callers {
        &self.inner.callers
    }

    /// Answers a request of one of the protocol's kinds.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn ask(&self, kind: String, parameters: Value) -> Result<Value, Refusal> {
        self.answer(move |context| context.ask(&kind, &parameters)).await
    }

    /// Calls a tool.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn invoke(&self, tool: String, arguments: Value) -> Result<Value, Refusal> {
        self.answer(move |context| context.invoke(&tool, &arguments)).await
    }

    /// The tools with what they take.
    ///
    /// # Errors
    /// [`Refusal`] when a folder of the workspace cannot be read.
    pub fn tools(&self) -> Result<Value, Refusal> {
        Ok(self.context()?.tools())
    }

    /// What this is and what it answers.
    ///
    /// # Errors
    /// [`Refusal`] when a folder of the workspace cannot be read.
    pub fn capabilities(&self) -> Result<Value, Refusal> {
        Ok(self.context()?.capabilities())
    }

    /// Builds the index in the background, unless that was done already.
    ///
    /// # Errors
    /// [`Refusal`] when a folder of the workspace cannot be read.
    pub fn start_indexing(&self) -> Result<(), Refusal> {
        self.context()?.start_indexing();
        Ok(())
    }

    async fn answer(
        &self,
        answer: impl FnOnce(&Context) -> Result<Value, Refusal> + Send + 'static,
    ) -> Result<Value, Refusal> {
        let closed = |_| failed("the bridge is stopping".to_owned());
        let _permit = self.inner.permits.acquire().await.map_err(closed)?;
        let this = self.clone();
        let answered = tokio::task::spawn_blocking(move || answer(&this.context()?)).await;
        answered.map_err(|error| failed(format!("the answer ended early: {error}")))?
    }

    /// Tells the listeners of the stream, and how far the index is.
    fn listener(&self) -> context::Listener {
        let events = self.inner.events.clone();
        let progress = self.inner.progress.clone();
        Arc::new(move |event| {
            match event {
                Event::Progress(now) => drop(progress.send_replace(Some(*now))),
                Event::Built => drop(progress.send_replace(None)),
                Event::Started { .. } | Event::Ended { .. } => {}
            }
            events.heard(event);
        })
    }

    fn context(&self) -> Result<Context, Refusal> {
        let mut workspace = self.inner.workspace();
        if let Some(context) = &workspace.context {
            return Ok(context.clone());
        }
        let (there, missing): (Vec<PathBuf>, Vec<PathBuf>) =
            workspace.roots.iter().cloned().partition(|root| root.is_dir());
        for root in missing {
            tracing::warn!(root = %root.display(), "a folder of the workspace is not there, and its code not known");
        }
        let options = context::Options {
            roots: there,
            cache_directory: Some(self.inner.cache_folder.clone()),
            threads: self.inner.editor.is_some().then(threads_beside_an_editor),
            listener: Some(self.listener()),
            editor: self.inner.editor.clone(),
        };
        let opened = match &workspace.before {
            Some(before) => before.reopen(options),
            None => Context::open(options),
        };
        let context =
            opened.map_err(|error| failed(format!("a folder of the workspace cannot be read: {error}")))?;
        workspace.context = Some(context.clone());
        workspace.before = None;
        let watched = context.clone();
        // A large workspace takes a while to watch, and whoever asks need not wait for that.
        std::thread::spawn(move || {
            if let Err(error) = watched.watch() {
                tracing::warn!(
                    %error,
                    "the workspace cannot be watched; changes of files are noticed only when an answer needs them"
                );
            }
        });
        Ok(context)
    }
}

/// The person at the window must not feel that an index is built.
fn threads_beside_an_editor() -> usize {
    std::thread::available_parallelism().map_or(1, |processors| (processors.get() / 2).max(1))
}

fn failed(message: String) -> Refusal {
    Refusal { code: RefusalCode::ExecutionError, message }
}
