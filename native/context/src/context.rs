//! The public face: open a workspace, ask about it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

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

/// What a context is opened with.
#[derive(Default)]
pub struct Options {
    /// The folders of the workspace.
    pub roots: Vec<PathBuf>,
    /// Where the index is kept between starts; without one it is made anew each time.
    pub cache_directory: Option<PathBuf>,
    /// How many threads build the index; `None` means one for each processor.
    pub threads: Option<usize>,
    /// Who is told what happens.
    pub listener: Option<Listener>,
    /// The editor that has the workspace open, where there is one.
    pub editor: Option<Arc<dyn Editor>>,
}

/// Who is told what happens. It is called by whatever thread it happens in, and must not wait.
pub type Listener = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'a> {
    /// Somebody asks. `invocation` is a number that no other invocation of this context has.
    Started {
        /// Which invocation.
        invocation: u64,
        /// The tool, or the request kind.
        tool: &'a str,
    },
    /// The index is being built.
    Progress(Progress),
    /// The building has ended, however it did.
    Built,
    /// The answer is there.
    Ended {
        /// Which invocation.
        invocation: u64,
        /// The tool, or the request kind.
        tool: &'a str,
        /// Why there is no answer, where there is none.
        refusal: Option<&'a Refusal>,
        /// How long it took.
        milliseconds: f64,
    },
}

/// The code of a workspace, to be asked about. Clones share everything.
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
    /// Opens a workspace. Nothing is read before somebody asks, or [`Context::start_indexing`] is called.
    ///
    /// # Errors
    /// A root is no folder, or cannot be read.
    pub fn open(options: Options) -> std::io::Result<Self> {
        let workspace = Workspace::new(&options.roots)?;
        Ok(Self::with_index(Index::new(workspace.clone()), &workspace, options))
    }

    /// Closes this one and opens other folders. What both have is not read again.
    ///
    /// # Errors
    /// A root is no folder, or cannot be read.
    pub fn reopen(&self, options: Options) -> std::io::Result<Self> {
        self.close();
        let workspace = Workspace::new(&options.roots)?;
        let index = Index::after(self.index(), workspace.clone());
        Ok(Self::with_index(index, &workspace, options))
    }

    /// Nobody will ask any more: the building of the index ends early, and the watching at once. Questions that wait are answered from what is
    /// there.
    pub fn close(&self) {
        self.index().stop();
        *self.inner.watcher.lock().unwrap_or_else(PoisonError::into_inner) = None;
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

    /// Begins to build the index in the background, unless that was done already. Whoever opens a context calls it when there is nothing else
    /// to do.
    pub fn start_indexing(&self) {
        self.inner.initial_build.start(&self.inner);
    }

    /// Builds the index, unless that was done already, and waits for its end.
    pub fn wait_until_indexed(&self) {
        self.start_indexing();
        self.inner.initial_build.wait(None);
    }

    /// Takes a text for that of a file, as an editor has it and has not saved it yet. That of a file which is ignored does not count either.
    ///
    /// # Errors
    /// The path leads out of the workspace, or the text is longer than a file may be (`limits::FILE_BYTES_MAX`).
    pub fn set_buffer(&self, path: &str, text: &str) -> Result<(), Refusal> {
        if text.len() as u64 > crate::limits::FILE_BYTES_MAX {
            return Err(Refusal::invalid("the text is longer than a file that is indexed"));
        }
        self.replace_buffer(path, Some(text))
    }

    /// Goes back to what is on the disk.
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
            // It counted before the ignore files said otherwise, and neither its text nor the file does now.
            self.rescan();
        }
        Ok(())
    }

    /// Reads again what somebody says has changed: those of the paths that are in the workspace. A folder, or a file that was not there before,
    /// makes it look at the whole workspace, since ignore files say whether it counts.
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

    /// Looks at the whole workspace, and reads what is new, gone or changed: after a checkout, or when an ignore file changed.
    pub fn rescan(&self) {
        self.inner.analysis.search.follow(&self.inner.analysis.index.rescan());
    }

    /// The index itself.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.inner.analysis.index
    }

    /// Answers a request of one of the twelve kinds. `invoke_tool` gives `{tool_name, success, result_payload}`.
    ///
    /// It may take as long as `limits::ANSWER_TIME_MAX`: not for the thread of an event loop.
    ///
    /// # Errors
    /// There is no such kind, the parameters are wrong, or the question has no answer.
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

    /// Calls a tool. Its result has each member twice, as clients read it in two ways: by itself, and in `data`.
    ///
    /// It may take as long as `limits::ANSWER_TIME_MAX`: not for the thread of an event loop.
    ///
    /// # Errors
    /// There is no such tool, the arguments are wrong, or the question has no answer.
    pub fn invoke(&self, tool: &str, arguments: &Value) -> Result<Value, Refusal> {
        let operation = TOOLS.iter().find(|operation| operation.name == tool).ok_or_else(|| {
            let names: Vec<&str> = TOOLS.iter().map(|operation| operation.name).collect();
            Refusal::new(Code::UnknownTool, format!("Unknown tool: {tool}. There are: {}", names.join(", ")))
        })?;
        let mut data = self.run(operation, arguments)?;
        let mut payload = data.clone();
        // A search tells its places by another name here and there.
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

    /// The tools with what they take: `{tools: [{name, description, parameters}], count}`.
    #[must_use]
    pub fn tools(&self) -> Value {
        let mut list = json!({ "count": TOOL_SCHEMAS.len() });
        list["tools"] = Value::Array(TOOL_SCHEMAS.clone());
        list
    }

    /// What this is and what it answers: `{version, name, description, supported_requests, tools}`.
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
        // While the index is built, texts that are not saved would have to wait for its end.
        if inner.initial_build.progress().is_none() {
            self.fetch_unsaved();
        }
        let servers = LanguageServers::new(inner.editor.as_deref(), &inner.language_servers_pause);
        let request = || Request::new(&inner.analysis, &servers);
        let first = request();
        let mut answer = (operation.answer)(&first, &arguments);
        let stale = first.into_stale();
        if !stale.is_empty() {
            // Files changed behind the index, and what was answered of them may be wrong: once more, from what they are now.
            inner.analysis.index.refresh(&stale);
            answer = (operation.answer)(&request(), &arguments);
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

    /// Makes the index. The caller is its only builder.
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
    tracing::error!(tool, message, "an answer panicked");
    Refusal::failed(format!("internal error in the code index: {message}"))
}

#[cfg(test)]
mod tests;
