//! The public interface of the crate: open a workspace, ask questions about it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use crate::answers::{Analysis, LanguageServers, Pause, Request};
use crate::cache::Cache;
use crate::editor::Editor;
use crate::index::{Index, Progress};
use crate::protocol::{
    Arguments, Code, INVOKE_TOOL, KINDS, META_KINDS, Operation, Refusal, TOOL_SCHEMAS, TOOLS,
};
use crate::workspace::Workspace;

mod initial_build;
mod unsaved;
mod watching;

use initial_build::InitialBuild;
use unsaved::Unsaved;

/// The options for opening a context.
#[derive(Default)]
pub struct Options {
    /// The root directories of the workspace.
    pub roots: Vec<PathBuf>,
    /// The directory that stores the index between starts. Without one, the index is rebuilt each time.
    pub cache_directory: Option<PathBuf>,
    /// The number of threads that build the index; `None` means one per processor.
    pub threads: Option<usize>,
    /// The listener that is notified of events.
    pub listener: Option<Listener>,
    /// The editor that has the workspace open, if any.
    pub editor: Option<Arc<dyn Editor>>,
}

/// A callback for events. It is called on the thread on which the event occurs, and must not block.
pub type Listener = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// An event of a context.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'a> {
    /// An invocation has started.
    Started {
        /// The number of the invocation, unique within this context.
        invocation: u64,
        /// The name of the tool or request kind.
        tool: &'a str,
    },
    /// The index is being built.
    Progress(Progress),
    /// The build of the index has ended, whether it succeeded or not.
    Built,
    /// An invocation has ended.
    Ended {
        /// The number of the invocation.
        invocation: u64,
        /// The name of the tool or request kind.
        tool: &'a str,
        /// The reason why there is no answer, if there is none.
        refusal: Option<&'a Refusal>,
        /// The duration in milliseconds.
        milliseconds: f64,
    },
}

/// Answers questions about the code of a workspace. Clones share the same state.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
}

struct Inner {
    analysis: Analysis,
    cache: Option<Cache>,
    threads: Option<usize>,
    listener: Option<Listener>,
    editor: Option<Arc<dyn Editor>>,
    language_servers_pause: Pause,
    unsaved: Unsaved,
    initial_build: InitialBuild,
    watcher: Mutex<Option<watching::Watcher>>,
    invocations: AtomicU64,
}

impl Context {
    /// Opens a workspace. Nothing is read before the first question or a call of [`Context::start_indexing`].
    ///
    /// # Errors
    /// A root is not a directory or cannot be read.
    pub fn open(options: Options) -> std::io::Result<Self> {
        let workspace = Workspace::new(&options.roots)?;
        Ok(Self::with_index(Index::new(workspace.clone()), &workspace, options))
    }

    /// Closes this context and opens other directories. Files that both workspaces contain are not read
    /// again.
    ///
    /// # Errors
    /// A root is not a directory or cannot be read.
    pub fn reopen(&self, options: Options) -> std::io::Result<Self> {
        self.close();
        let workspace = Workspace::new(&options.roots)?;
        let index = Index::after(self.index(), workspace.clone());
        Ok(Self::with_index(index, &workspace, options))
    }

    /// Closes the context: watching stops immediately, and the build of the index ends early. Pending
    /// questions are answered from what is already indexed.
    pub fn close(&self) {
        self.index().stop();
        *self.inner.watcher.lock() = None;
    }

    fn with_index(index: Index, workspace: &Workspace, options: Options) -> Self {
        let cache = options.cache_directory.map(|directory| Cache::new(&directory, workspace));
        let inner = Inner {
            analysis: Analysis::new(index),
            cache,
            threads: options.threads,
            listener: options.listener,
            editor: options.editor,
            language_servers_pause: Pause::default(),
            unsaved: Unsaved::default(),
            initial_build: InitialBuild::default(),
            watcher: Mutex::new(None),
            invocations: AtomicU64::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Starts building the index in the background, unless that has already happened. The owner of a context
    /// calls it when it has nothing else to do.
    pub fn start_indexing(&self) {
        self.inner.initial_build.start(&self.inner);
    }

    /// Builds the index, unless that has already happened, and waits until the build has ended.
    pub fn wait_until_indexed(&self) {
        self.start_indexing();
        self.inner.initial_build.wait(None);
    }

    /// Replaces the content of a file by `text`, as an editor does for content that is not saved yet. The
    /// content of an ignored file is ignored.
    ///
    /// # Errors
    /// The path leads out of the workspace, or the text is longer than an indexed file may be
    /// (`limits::FILE_BYTES_MAX`).
    pub fn set_buffer(&self, path: &str, text: &str) -> Result<(), Refusal> {
        if text.len() as u64 > crate::limits::FILE_BYTES_MAX {
            return Err(Refusal::invalid("the text exceeds the maximum size of an indexed file"));
        }
        self.replace_buffer(path, Some(text))
    }

    /// Reverts a file to its content on disk.
    ///
    /// # Errors
    /// The path leads out of the workspace.
    pub fn clear_buffer(&self, path: &str) -> Result<(), Refusal> {
        self.replace_buffer(path, None)
    }

    fn replace_buffer(&self, path: &str, text: Option<&str>) -> Result<(), Refusal> {
        let workspace = self.inner.analysis.index.workspace();
        let confined = workspace.confine(path)?;
        let ignored = workspace.is_ignored(confined.root, &confined.path);
        let differs =
            self.inner.analysis.index.set_buffer(confined.root, &confined.path, text.filter(|_| !ignored));
        if ignored && differs {
            // The file was indexed before the ignore files excluded it. Now neither its buffer nor its
            // content on disk counts.
            self.rescan();
        }
        Ok(())
    }

    /// Rereads those of the changed paths that are in the workspace. A directory or a new file causes a
    /// rescan of the whole workspace, since ignore files decide whether it is indexed.
    pub fn changed(&self, paths: &[PathBuf]) {
        let index = &self.inner.analysis.index;
        let snapshot = index.snapshot();
        let mut known = Vec::new();
        for path in paths {
            let Some(confined) = path.to_str().and_then(|path| index.workspace().confine(path).ok()) else {
                continue;
            };
            if snapshot.find(confined.root, &confined.path).is_some() {
                known.push((confined.root, confined.path));
            } else if !index.workspace().is_ignored(confined.root, &confined.path) {
                return self.rescan();
            }
        }
        self.inner.analysis.search.follow(&index.refresh(&known));
    }

    /// Scans the whole workspace and reads the files that were added, removed or changed. Call it after a
    /// checkout, or when an ignore file has changed.
    pub fn rescan(&self) {
        self.inner.analysis.search.follow(&self.inner.analysis.index.rescan());
    }

    /// Returns the index.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.inner.analysis.index
    }

    /// Answers a request of one of the twelve kinds. `invoke_tool` returns `{tool_name, success,
    /// result_payload}`.
    ///
    /// The call may take as long as `limits::ANSWER_TIME_MAX`, so it must not run on the thread of an event
    /// loop.
    ///
    /// # Errors
    /// The kind is unknown, the parameters are invalid, or the question has no answer.
    pub fn ask(&self, kind: &str, parameters: &Value) -> Result<Value, Refusal> {
        match kind {
            "list_capabilities" => Ok(self.capabilities()),
            "list_tools" => Ok(self.tools()),
            "invoke_tool" => {
                let arguments = Arguments::check(INVOKE_TOOL, parameters)?;
                let tool = arguments.string("tool_name");
                let payload = self.invoke(tool, arguments.value("arguments").unwrap_or(&Value::Null))?;
                Ok(json!({ "tool_name": tool, "success": true, "result_payload": payload }))
            }
            _ => {
                let operation = KINDS.iter().find(|operation| operation.name == kind).ok_or_else(|| {
                    Refusal::new(Code::UnknownTool, format!("Unknown request kind: {kind}"))
                })?;
                self.run(operation, parameters).map(Value::Object)
            }
        }
    }

    /// Invokes a tool. The result contains each member twice, because clients read it in two ways: at the top
    /// level and in `data`.
    ///
    /// The call may take as long as `limits::ANSWER_TIME_MAX`, so it must not run on the thread of an event
    /// loop.
    ///
    /// # Errors
    /// The tool is unknown, the arguments are invalid, or the question has no answer.
    pub fn invoke(&self, tool: &str, arguments: &Value) -> Result<Value, Refusal> {
        let operation = TOOLS.iter().find(|operation| operation.name == tool).ok_or_else(|| {
            let names: Vec<&str> = TOOLS.iter().map(|operation| operation.name).collect();
            Refusal::new(
                Code::UnknownTool,
                format!("Unknown tool: {tool}. Available tools: {}", names.join(", ")),
            )
        })?;
        let mut data = self.run(operation, arguments)?;
        let mut payload = data.clone();
        // The results of a search have different names at the top level and in `data`.
        if let Some(snippets) = data.remove("snippets") {
            data.insert("results".to_owned(), snippets);
            let count = data.remove("snippet_count").unwrap_or_default();
            data.insert("result_count".to_owned(), count);
        }
        payload.insert("tool".to_owned(), json!(tool));
        payload.insert("success".to_owned(), json!(true));
        payload.insert("data".to_owned(), Value::Object(data));
        Ok(Value::Object(payload))
    }

    /// Returns the tools with their parameters: `{tools: [{name, description, parameters}], count}`.
    #[must_use]
    pub fn tools(&self) -> Value {
        let mut list = json!({ "count": TOOL_SCHEMAS.len() });
        list["tools"] = Value::Array(TOOL_SCHEMAS.clone());
        list
    }

    /// Describes this service and the requests it answers: `{version, name, description, supported_requests,
    /// tools}`.
    #[must_use]
    pub fn capabilities(&self) -> Value {
        let kinds = KINDS.iter().map(|operation| operation.name).chain(META_KINDS.iter().copied());
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "name": "Codex Bridge",
            "description": "Answers about the code of the workspace.",
            "supported_requests": kinds.collect::<Vec<_>>(),
            "tools": *TOOL_SCHEMAS,
        })
    }

    fn run(&self, operation: &'static Operation, given: &Value) -> Result<Map<String, Value>, Refusal> {
        let inner = &self.inner;
        let invocation = inner.invocations.fetch_add(1, Ordering::Relaxed);
        let (tool, started) = (operation.name, Instant::now());
        inner.notify(&Event::Started { invocation, tool });
        let answer = catch_unwind(AssertUnwindSafe(|| self.answer(operation, given)))
            .unwrap_or_else(|panic| Err(internal_error(tool, &*panic)));
        let milliseconds = started.elapsed().as_secs_f64() * 1e3;
        inner.notify(&Event::Ended { invocation, tool, refusal: answer.as_ref().err(), milliseconds });
        answer
    }

    fn answer(&self, operation: &Operation, given: &Value) -> Result<Map<String, Value>, Refusal> {
        let arguments = Arguments::check(operation.parameters, given)?;
        let inner = &self.inner;
        inner.initial_build.start(&self.inner);
        inner.initial_build.wait(Some(crate::limits::INDEX_WAIT));
        // While the index is being built, applying unsaved contents would have to wait for the end of the
        // build.
        if inner.initial_build.progress().is_none() {
            self.fetch_unsaved();
        }
        let servers = LanguageServers::new(inner.editor.as_deref(), &inner.language_servers_pause);
        let new_request = || Request::new(&inner.analysis, &servers);
        let first = new_request();
        let mut answer = (operation.answer)(&first, &arguments);
        let stale = first.into_stale();
        if !stale.is_empty() {
            // Some files have changed since they were indexed, so the answer may be wrong. Answer again from
            // their current content.
            inner.analysis.index.refresh(&stale);
            answer = (operation.answer)(&new_request(), &arguments);
        }
        let mut answer = answer?;
        let unknown = arguments.unknown();
        if !unknown.is_empty() {
            answer.insert("ignored_arguments".to_owned(), json!(unknown));
        }
        if let Some(progress) = inner.initial_build.progress() {
            let state = json!({ "complete": false, "files": progress.files, "total": progress.total });
            answer.insert("index".to_owned(), state);
        }
        Ok(answer)
    }
}

impl Inner {
    fn notify(&self, event: &Event<'_>) {
        if let Some(listener) = &self.listener {
            listener(event);
        }
    }

    /// Builds the index. Only one thread calls it, once.
    fn build(&self, seen: &(dyn Fn(Progress) + Sync)) {
        let snapshot = self.analysis.index.build(self.cache.as_ref(), self.threads, &|progress| {
            seen(progress);
            self.notify(&Event::Progress(progress));
        });
        self.analysis.search.follow(&snapshot);
    }
}

fn internal_error(tool: &str, panic: &(dyn Any + Send)) -> Refusal {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    tracing::error!(tool, message, "a panic occurred while answering");
    Refusal::failed(format!("internal error in the code index: {message}"))
}

#[cfg(test)]
mod tests;
