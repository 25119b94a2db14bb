//! Answers about the code of the workspace: the index of crate `context`, for concurrent callers.
//!
//! The index is opened for the first request. Answers are computed on blocking threads, and their number at a
//! time is limited. [`stream`] reports invocations and progress.

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

/// Answers questions about the code of the workspace. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Code {
    inner: Arc<Inner>,
}

struct Inner {
    cache_directory: PathBuf,
    editor: Option<Arc<dyn Editor>>,
    workspace: Mutex<Workspace>,
    events: ToolEvents,
    /// The progress of building the index. `None` if it is not being built.
    progress: watch::Sender<Option<Progress>>,
    callers: Callers,
    /// A permit for each answer that is being computed.
    permits: Semaphore,
}

/// The workspace roots, and their index after the first request.
struct Workspace {
    roots: Vec<PathBuf>,
    context: Option<Context>,
    /// The closed index of the previous roots, until the next request. What both indexes have in common is
    /// reused.
    previous: Option<Context>,
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
    /// Returns answers about the code in `roots`. The index is stored in `cache_directory`. Nothing is read
    /// before the first request.
    #[must_use]
    pub fn new(roots: Vec<PathBuf>, cache_directory: PathBuf, editor: Option<Arc<dyn Editor>>) -> Self {
        let inner = Inner {
            cache_directory,
            editor,
            workspace: Mutex::new(Workspace { roots, context: None, previous: None }),
            events: ToolEvents::default(),
            progress: watch::Sender::new(None),
            callers: Callers::default(),
            permits: Semaphore::new(limits::CODE_ANSWERS_MAX),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Changes the workspace roots.
    pub fn set_roots(&self, roots: Vec<PathBuf>) {
        let mut workspace = self.inner.workspace();
        if workspace.roots != roots {
            workspace.roots = roots;
            if let Some(context) = workspace.context.take() {
                context.close();
                workspace.previous = Some(context);
            }
        }
    }

    /// Returns the events of invocations and of building the index.
    #[must_use]
    pub fn events(&self) -> &ToolEvents {
        &self.inner.events
    }

    /// Returns a receiver of the progress of building the index. Its value is `None` if the index is not
    /// being built.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Option<Progress>> {
        self.inner.progress.subscribe()
    }

    /// Returns the code-context sessions of agents.
    #[must_use]
    pub fn callers(&self) -> &Callers {
        &self.inner.callers
    }

    /// Answers a request of one of the kinds of the protocol.
    ///
    /// # Errors
    /// [`Refusal`] if the request is invalid or its answer fails.
    pub async fn ask(&self, kind: String, parameters: Value) -> Result<Value, Refusal> {
        self.answer(move |context| context.ask(&kind, &parameters)).await
    }

    /// Calls a tool.
    ///
    /// # Errors
    /// [`Refusal`] if the call is invalid or its answer fails.
    pub async fn invoke(&self, tool: String, arguments: Value) -> Result<Value, Refusal> {
        self.answer(move |context| context.invoke(&tool, &arguments)).await
    }

    /// Returns the tools and their parameters.
    ///
    /// # Errors
    /// [`Refusal`] if a workspace root cannot be read.
    pub fn tools(&self) -> Result<Value, Refusal> {
        Ok(self.context()?.tools())
    }

    /// Describes the service and the requests that it answers.
    ///
    /// # Errors
    /// [`Refusal`] if a workspace root cannot be read.
    pub fn capabilities(&self) -> Result<Value, Refusal> {
        Ok(self.context()?.capabilities())
    }

    /// Builds the index in the background if it is not built yet.
    ///
    /// # Errors
    /// [`Refusal`] if a workspace root cannot be read.
    pub fn start_indexing(&self) -> Result<(), Refusal> {
        self.context()?.start_indexing();
        Ok(())
    }

    /// Computes an answer on a blocking thread.
    async fn answer(
        &self,
        answer: impl FnOnce(&Context) -> Result<Value, Refusal> + Send + 'static,
    ) -> Result<Value, Refusal> {
        let closed = |_| failed("the bridge is stopping".to_owned());
        let _permit = self.inner.permits.acquire().await.map_err(closed)?;
        let this = self.clone();
        let result = tokio::task::spawn_blocking(move || answer(&this.context()?)).await;
        result.map_err(|error| failed(format!("computing the answer was interrupted: {error}")))?
    }

    /// Returns the listener that publishes events of the index to the stream, and its progress.
    fn listener(&self) -> context::Listener {
        let events = self.inner.events.clone();
        let progress = self.inner.progress.clone();
        Arc::new(move |event| {
            match event {
                Event::Progress(current) => drop(progress.send_replace(Some(*current))),
                Event::Built => drop(progress.send_replace(None)),
                Event::Started { .. } | Event::Ended { .. } => {}
            }
            events.publish(event);
        })
    }

    /// Returns the index, and opens it if it is not open.
    fn context(&self) -> Result<Context, Refusal> {
        let mut workspace = self.inner.workspace();
        if let Some(context) = &workspace.context {
            return Ok(context.clone());
        }
        let (roots, missing): (Vec<PathBuf>, Vec<PathBuf>) =
            workspace.roots.iter().cloned().partition(|root| root.is_dir());
        for root in missing {
            tracing::warn!(root = %root.display(), "a workspace root does not exist and is not indexed");
        }
        let options = context::Options {
            roots,
            cache_directory: Some(self.inner.cache_directory.clone()),
            threads: self.inner.editor.is_some().then(threads_beside_an_editor),
            listener: Some(self.listener()),
            editor: self.inner.editor.clone(),
        };
        let opened = match &workspace.previous {
            Some(previous) => previous.reopen(options),
            None => Context::open(options),
        };
        let context = opened.map_err(|error| failed(format!("cannot read a workspace root: {error}")))?;
        workspace.context = Some(context.clone());
        workspace.previous = None;
        let watched = context.clone();
        // It takes a while to start watching a large workspace, and no answer has to wait for it.
        std::thread::spawn(move || {
            if let Err(error) = watched.watch() {
                tracing::warn!(
                    %error,
                    "cannot watch the workspace; changed files are noticed only when an answer needs them"
                );
            }
        });
        Ok(context)
    }
}

/// Returns the number of threads that build the index while an editor is open. It is half of the processors,
/// so that the editor stays responsive.
fn threads_beside_an_editor() -> usize {
    std::thread::available_parallelism().map_or(1, |processors| (processors.get() / 2).max(1))
}

fn failed(message: String) -> Refusal {
    Refusal { code: RefusalCode::ExecutionError, message }
}
