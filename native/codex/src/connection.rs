//! The JSON-RPC link to one app-server.
//!
//! Two tasks own the two directions: one writes queued lines, one reads lines and hands each message to whoever waits
//! for it. [`Connection`] is the handle; it is cheap to clone.
//!
//! - A call waits for its response, up to its time limit.
//! - What concerns a thread goes to that thread's [`ThreadWatch`]. A watch that is asked for together with a call
//!   ([`Connection::call_watching`]) exists before the next line is read, so that no event can fall between a
//!   response and the watch.
//! - A sub-agent asks in the name of a thread of its own, which nobody watches: its request goes to the watch of the
//!   thread that started it.
//! - A server request that no watch takes is declined here, so that its turn cannot hang.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::decline::decline;
use crate::lines::{Line, next_line};
use crate::rpc::{self, Incoming, Notification, RpcError, ServerRequest};

/// The longest line that is read. `thread/read` answers with a whole history in one line.
const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Large replies come in fewer reads.
const READ_BUFFER_BYTES: usize = 64 * 1024;
/// Lines waiting to be written. The app-server reads its input promptly, so a full queue means that it hangs.
const OUTGOING_LINES_MAX: usize = 1024;
/// Events waiting for one thread's watcher. A turn streams a few hundred a second at most.
const WATCH_EVENTS_MAX: usize = 8192;

/// Sub-agents whose thread is remembered. A turn starts a handful; those of threads that are not watched are forgotten.
const SUB_AGENTS_MAX: usize = 1024;

/// Why a call has no result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// The app-server answered with an error.
    #[error("Codex refused {method}: {error}")]
    Refused {
        /// The method called.
        method: String,
        /// The app-server's own words.
        error: RpcError,
    },
    /// No answer in time.
    #[error("Codex did not answer {method} within {} ms", limit.as_millis())]
    TimedOut {
        /// The method called.
        method: String,
        /// The limit that passed.
        limit: Duration,
    },
    /// The app-server is gone.
    #[error("the Codex app-server ended before it answered {method}")]
    Closed {
        /// The method called.
        method: String,
    },
    /// The answer does not have the fields that we need.
    #[error("Codex answered {method} in an unexpected form: {reason}")]
    Unexpected {
        /// The method called.
        method: String,
        /// What could not be read.
        reason: String,
    },
}

impl CallError {
    /// What the app-server's refusal means; `None` when it did not refuse.
    #[must_use]
    pub fn refusal(&self) -> Option<rpc::Refusal> {
        match self {
            Self::Refused { error, .. } => Some(error.refusal()),
            _ => None,
        }
    }
}

/// Something that concerns one thread.
#[derive(Debug, Clone, PartialEq)]
pub enum ThreadEvent {
    /// Something happened.
    Notification(Notification),
    /// A question of the thread or of one of its sub-agents, whose own id it then names; the watcher must answer it with
    /// [`Connection::answer`].
    Request(ServerRequest),
}

/// The events of one thread, in order. Ends when the connection ends, or when the watcher fell
/// too far behind; the thread's true state can then be read with `thread/read`.
#[derive(Debug)]
pub struct ThreadWatch {
    events: mpsc::Receiver<ThreadEvent>,
}

impl ThreadWatch {
    /// The next event; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<ThreadEvent> {
        self.events.recv().await
    }

    /// The next event that is there already.
    pub fn next_now(&mut self) -> Option<ThreadEvent> {
        self.events.try_recv().ok()
    }
}

/// The handle to one app-server's JSON-RPC link.
#[derive(Debug, Clone)]
pub struct Connection {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    next_id: AtomicU64,
    outgoing: mpsc::Sender<String>,
    routes: Mutex<Routes>,
    closed: CancellationToken,
}

#[derive(Debug, Default)]
struct Routes {
    pending: HashMap<u64, Pending>,
    watches: HashMap<String, mpsc::Sender<ThreadEvent>>,
    /// The thread that started a sub-agent, by the sub-agent's thread.
    parents: HashMap<String, String>,
}

impl Routes {
    fn watch(&mut self, thread_id: &str) -> ThreadWatch {
        let (sender, events) = mpsc::channel(WATCH_EVENTS_MAX);
        self.watches.insert(thread_id.to_owned(), sender);
        ThreadWatch { events }
    }

    /// Remembers the sub-agents that this notification of a thread tells of (`collabAgentToolCall`).
    fn note_sub_agents(&mut self, thread_id: &str, notification: &Notification) {
        let item = &notification.params["item"];
        if item["type"] != "collabAgentToolCall" {
            return;
        }
        let started = item["receiverThreadIds"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for sub_agent in started.filter(|sub_agent| *sub_agent != thread_id) {
            if self.parents.len() >= SUB_AGENTS_MAX {
                let Self { watches, parents, .. } = self;
                parents.retain(|_, parent| watches.get(parent).is_some_and(|watch| !watch.is_closed()));
            }
            if self.parents.len() < SUB_AGENTS_MAX {
                self.parents.entry(sub_agent.to_owned()).or_insert_with(|| thread_id.to_owned());
            }
        }
    }

    /// The thread whose watch takes what is asked in this thread's name: its own, or of whoever started it.
    fn watched<'a>(&'a self, thread_id: &'a str) -> &'a str {
        let mut asking = thread_id;
        // The bound ends a circle, which only a faulty app-server could make.
        for _ in 0..SUB_AGENTS_MAX {
            match self.parents.get(asking) {
                Some(parent) if !self.watches.contains_key(asking) => asking = parent,
                _ => return asking,
            }
        }
        thread_id
    }
}

#[derive(Debug)]
struct Pending {
    reply: oneshot::Sender<Reply>,
    /// The response names a thread (`result.thread.id`) that the caller wants to watch from here on.
    watch: bool,
}

type Reply = Result<(Value, Option<ThreadWatch>), RpcError>;

impl Connection {
    /// Starts to read `input` and to write `output`. Must be called inside a tokio runtime.
    pub fn open(
        input: impl AsyncRead + Unpin + Send + 'static,
        output: impl AsyncWrite + Unpin + Send + 'static,
    ) -> Self {
        let (outgoing, lines) = mpsc::channel(OUTGOING_LINES_MAX);
        let closed = CancellationToken::new();
        let shared =
            Arc::new(Shared { next_id: AtomicU64::new(1), outgoing, routes: Mutex::default(), closed });
        tokio::spawn(write_lines(output, lines, shared.closed.clone()));
        tokio::spawn(read_lines(input, Arc::clone(&shared)));
        Self { shared }
    }

    /// Calls `method` and waits at most `limit` for the result.
    ///
    /// # Errors
    /// [`CallError`]: refused, too late, or the connection ended.
    pub async fn call(&self, method: &str, params: Value, limit: Duration) -> Result<Value, CallError> {
        self.exchange(method, &params, limit, false).await.map(|(result, _)| result)
    }

    /// Like [`Self::call`] for a method whose result has a `thread`: the watch on it misses nothing that follows.
    ///
    /// # Errors
    /// As [`Self::call`], and [`CallError::Unexpected`] when the result names no thread.
    pub async fn call_watching(
        &self,
        method: &str,
        params: Value,
        limit: Duration,
    ) -> Result<(Value, ThreadWatch), CallError> {
        match self.exchange(method, &params, limit, true).await? {
            (result, Some(watch)) => Ok((result, watch)),
            (_, None) => Err(CallError::Unexpected {
                method: method.to_owned(),
                reason: "no thread id in the result".to_owned(),
            }),
        }
    }

    /// Watches a thread that is loaded already, from here on.
    #[must_use]
    pub fn watch(&self, thread_id: &str) -> ThreadWatch {
        let mut routes = self.shared.routes();
        if self.is_closed() {
            // The reader lets all watches go when the link ends; it would not see a later one.
            let (_, events) = mpsc::channel(1);
            return ThreadWatch { events };
        }
        routes.watch(thread_id)
    }

    async fn exchange(
        &self,
        method: &str,
        params: &Value,
        limit: Duration,
        watch: bool,
    ) -> Result<(Value, Option<ThreadWatch>), CallError> {
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        let (reply, response) = oneshot::channel();
        self.shared.routes().pending.insert(id, Pending { reply, watch });
        // However the wait ends, nobody waits for this id afterwards (this also covers a caller that is dropped).
        let _forget = Forget { shared: &self.shared, id };
        let exchange = async {
            if self.shared.outgoing.send(rpc::call(id, method, params)).await.is_err() {
                return Err(CallError::Closed { method: method.to_owned() });
            }
            tokio::select! {
                biased;
                reply = response => match reply {
                    Ok(Ok(result)) => Ok(result),
                    Ok(Err(error)) => Err(CallError::Refused { method: method.to_owned(), error }),
                    Err(_) => Err(CallError::Closed { method: method.to_owned() }),
                },
                () = self.shared.closed.cancelled() => Err(CallError::Closed { method: method.to_owned() }),
            }
        };
        match tokio::time::timeout(limit, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(CallError::TimedOut { method: method.to_owned(), limit }),
        }
    }

    /// Sends a notification.
    pub async fn notify(&self, method: &str) {
        self.send(rpc::notification(method)).await;
    }

    /// Answers a request of the app-server.
    pub async fn answer(&self, request_id: &Value, outcome: &Result<Value, RpcError>) {
        self.send(rpc::answer(request_id, outcome)).await;
    }

    async fn send(&self, line: String) {
        if self.shared.outgoing.send(line).await.is_err() {
            tracing::debug!("not sent: the app-server is gone");
        }
    }

    /// Completes when the app-server will send nothing more.
    pub async fn closed(&self) {
        self.shared.closed.cancelled().await;
    }

    /// Whether the app-server will send nothing more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.closed.is_cancelled()
    }

    /// Ends the link. The app-server sees its input closed, which ends it.
    pub fn close(&self) {
        self.shared.closed.cancel();
    }
}

struct Forget<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.shared.routes().pending.remove(&self.id);
    }
}

impl Shared {
    fn routes(&self) -> MutexGuard<'_, Routes> {
        // Nothing in the critical sections can leave the maps half changed.
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands one message to whoever waits for it. Returns the answer that must be sent when nobody can give one.
    fn route(&self, message: Incoming) -> Option<String> {
        match message {
            Incoming::Response { id, outcome } => {
                self.resolve(id, outcome);
                None
            }
            Incoming::Notification(notification) => {
                let thread_id = thread_id(&notification.params)?.to_owned();
                self.routes().note_sub_agents(&thread_id, &notification);
                self.deliver(&thread_id, ThreadEvent::Notification(notification));
                None
            }
            Incoming::Request(request) => {
                let thread_id =
                    thread_id(&request.params).map(|thread_id| self.routes().watched(thread_id).to_owned());
                let undelivered = match thread_id {
                    Some(thread_id) => self.deliver(&thread_id, ThreadEvent::Request(request)),
                    None => Some(ThreadEvent::Request(request)),
                };
                match undelivered {
                    Some(ThreadEvent::Request(request)) => {
                        tracing::warn!(method = %request.method, "declined a request of Codex that nobody watches");
                        Some(rpc::answer(&request.id, &decline(&request)))
                    }
                    _ => None,
                }
            }
        }
    }

    fn resolve(&self, id: u64, outcome: Result<Value, RpcError>) {
        let mut routes = self.routes();
        let Some(pending) = routes.pending.remove(&id) else {
            tracing::debug!(id, "a response came after its time limit");
            return;
        };
        let reply = outcome.map(|result| {
            let watch = pending
                .watch
                .then(|| result.pointer("/thread/id").and_then(Value::as_str))
                .flatten()
                .map(|thread_id| routes.watch(thread_id));
            (result, watch)
        });
        if pending.reply.send(reply).is_err() {
            tracing::debug!(id, "nobody waits for this response any more");
        }
    }

    /// Gives the event to the thread's watcher, or back when there is none that can take it.
    fn deliver(&self, thread_id: &str, event: ThreadEvent) -> Option<ThreadEvent> {
        let mut routes = self.routes();
        let Some(watch) = routes.watches.get(thread_id) else { return Some(event) };
        match watch.try_send(event) {
            Ok(()) => None,
            Err(mpsc::error::TrySendError::Closed(event)) => {
                routes.watches.remove(thread_id);
                Some(event)
            }
            Err(mpsc::error::TrySendError::Full(event)) => {
                // Dropping the sender ends the watch after what is queued; the watcher then reads the thread.
                tracing::warn!(thread_id, "a thread's watcher fell too far behind");
                routes.watches.remove(thread_id);
                Some(event)
            }
        }
    }
}

/// The older request forms (`execCommandApproval`, `applyPatchApproval`) name the thread `conversationId`.
fn thread_id(params: &Value) -> Option<&str> {
    params.get("threadId").or_else(|| params.get("conversationId")).and_then(Value::as_str)
}

async fn write_lines(
    mut output: impl AsyncWrite + Unpin,
    mut lines: mpsc::Receiver<String>,
    closed: CancellationToken,
) {
    let write = async {
        while let Some(mut line) = lines.recv().await {
            line.push('\n');
            output.write_all(line.as_bytes()).await?;
            // Flushing only when nothing more is queued keeps bursts in one write.
            if lines.is_empty() {
                output.flush().await?;
            }
        }
        Ok::<(), std::io::Error>(())
    };
    tokio::select! {
        outcome = write => if let Err(error) = outcome {
            tracing::debug!(%error, "cannot write to the app-server");
        },
        () = closed.cancelled() => {}
    }
    closed.cancel();
}

async fn read_lines(input: impl AsyncRead + Unpin, shared: Arc<Shared>) {
    let read = async {
        let mut input = BufReader::with_capacity(READ_BUFFER_BYTES, input);
        let mut line = Vec::new();
        loop {
            match next_line(&mut input, &mut line, LINE_BYTES_MAX).await? {
                Line::Whole if line.trim_ascii().is_empty() => {}
                Line::Whole => match rpc::parse(&line) {
                    Ok(message) => {
                        if let Some(answer) = shared.route(message)
                            && shared.outgoing.send(answer).await.is_err()
                        {
                            break;
                        }
                    }
                    // One bad line must not end a session with running turns.
                    Err(error) => {
                        tracing::warn!(%error, bytes = line.len(), "skipped a line of the app-server");
                    }
                },
                Line::TooLong => {
                    tracing::error!(
                        bytes_max = LINE_BYTES_MAX,
                        "skipped a line of the app-server that is too long"
                    );
                }
                Line::End => break,
            }
        }
        Ok::<(), std::io::Error>(())
    };
    tokio::select! {
        outcome = read => if let Err(error) = outcome {
            tracing::warn!(%error, "cannot read from the app-server");
        },
        () = shared.closed.cancelled() => {}
    }
    shared.closed.cancel();
    let mut routes = shared.routes();
    routes.pending.clear();
    routes.watches.clear();
    routes.parents.clear();
}
