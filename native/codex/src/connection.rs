//! The JSON-RPC connection to one app-server.
//!
//! Two tasks own the two directions. One writes queued lines. The other reads lines and delivers each message
//! to its receiver. [`Connection`] is the handle and is cheap to clone.
//!
//! - A call waits for its response, up to its time limit.
//! - An event of a thread goes to that thread's [`ThreadWatch`]. A watch that is requested together with a
//!   call ([`Connection::call_watching`]) exists before the next line is read, so that no event can fall
//!   between a response and the watch.
//! - The request of a sub-agent carries the id of the sub-agent's own thread, which is not watched. It goes
//!   to the watch of the thread that started the sub-agent.
//! - A server request that no watch accepts is declined here, so that its turn cannot hang.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::ThreadId;
use crate::decline::decline;
use crate::lines::{Line, next_line};
use crate::rate_limits::RateLimits;
use crate::rpc::{self, Beginning, Incoming, Notification, RpcError, ServerRequest};

/// The maximum length of a line that is read. `thread/read` answers with a whole history in one line.
const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The size of the read buffer. It is large so that large replies need fewer reads.
const READ_BUFFER_BYTES: usize = 64 * 1024;
/// The maximum number of lines waiting to be written. The app-server reads its input promptly, so a full
/// queue means that it hangs.
const OUTGOING_LINES_MAX: usize = 1024;
/// The maximum number of events waiting for one thread's watcher. A turn streams a few hundred events per
/// second at most.
const WATCH_EVENTS_MAX: usize = 8192;
/// The maximum number of sub-agents whose parent thread is remembered. A turn starts a handful. At the limit,
/// sub-agents of threads that are no longer watched are forgotten.
const SUB_AGENTS_MAX: usize = 1024;

/// Why a call has no result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// The app-server answered with an error.
    #[error("Codex refused {method}: {error}")]
    Refused {
        /// The method that was called.
        method: String,
        /// The error that the app-server returned.
        error: RpcError,
    },
    /// The app-server did not answer in time.
    #[error("Codex did not answer {method} within {} ms", limit.as_millis())]
    TimedOut {
        /// The method that was called.
        method: String,
        /// The limit that passed.
        limit: Duration,
    },
    /// The answer is longer than the bridge reads. It was discarded.
    #[error(
        "Codex's answer to {method} is longer than the {} MiB that the bridge reads. Ask for less, for \
         example for a page.",
        bytes_max / (1024 * 1024),
    )]
    TooLong {
        /// The method that was called.
        method: String,
        /// The maximum length of an answer in bytes.
        bytes_max: usize,
    },
    /// The connection ended before the app-server answered.
    #[error("the Codex app-server ended before it answered {method}")]
    Closed {
        /// The method that was called.
        method: String,
    },
    /// The answer lacks fields that the bridge needs.
    #[error("Codex answered {method} in an unexpected format: {reason}")]
    Unexpected {
        /// The method that was called.
        method: String,
        /// The reason why the answer cannot be read.
        reason: String,
    },
}

impl CallError {
    /// Returns the meaning of the app-server's refusal. `None` when it did not refuse.
    #[must_use]
    pub fn refusal(&self) -> Option<rpc::Refusal> {
        match self {
            Self::Refused { error, .. } => Some(error.refusal()),
            _ => None,
        }
    }
}

/// An event of one thread.
#[derive(Debug, Clone, PartialEq)]
pub enum ThreadEvent {
    /// A notification.
    Notification(Notification),
    /// A request from the thread or from one of its sub-agents, in which case it carries the sub-agent's
    /// thread id. The watcher must answer it with [`Connection::answer`].
    Request(ServerRequest),
}

/// Receives the events of one thread in order. It ends when the connection ends, or when the watcher falls
/// too far behind. The thread's true state can then be read with `thread/read`.
#[derive(Debug)]
pub struct ThreadWatch {
    events: mpsc::Receiver<ThreadEvent>,
}

impl ThreadWatch {
    /// Waits for the next event. `None` when there will be no more.
    pub async fn next(&mut self) -> Option<ThreadEvent> {
        self.events.recv().await
    }

    /// Returns the next event if it has already arrived.
    pub fn next_now(&mut self) -> Option<ThreadEvent> {
        self.events.try_recv().ok()
    }
}

/// The handle to the JSON-RPC connection of one app-server.
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
    watches: HashMap<ThreadId, mpsc::Sender<ThreadEvent>>,
    /// The parent thread of each sub-agent, by the sub-agent's thread.
    parents: HashMap<ThreadId, ThreadId>,
    /// The threads without a watch on which a turn runs. The threads of sub-agents are among them.
    active_unwatched: HashSet<ThreadId>,
    rate_limits: RateLimits,
}

impl Routes {
    fn watch(&mut self, thread_id: &str) -> ThreadWatch {
        let (sender, events) = mpsc::channel(WATCH_EVENTS_MAX);
        self.watches.insert(thread_id.into(), sender);
        ThreadWatch { events }
    }

    /// Remembers the sub-agents that this notification of a thread names (`collabAgentToolCall`).
    fn record_sub_agents(&mut self, thread_id: &str, notification: &Notification) {
        for sub_agent in notification.sub_agents().filter(|sub_agent| *sub_agent != thread_id) {
            if self.parents.len() >= SUB_AGENTS_MAX {
                let Self { watches, parents, .. } = self;
                parents.retain(|_, parent| watches.get(parent).is_some_and(|watch| !watch.is_closed()));
            }
            if self.parents.len() < SUB_AGENTS_MAX {
                self.parents.entry(sub_agent.into()).or_insert_with(|| thread_id.into());
            }
        }
    }

    /// Remembers whether a turn runs on a thread that nobody watches.
    fn record_status(&mut self, thread_id: &str, notification: &Notification) {
        let is_active = match notification.method.as_str() {
            "thread/status/changed" => notification.params["status"]["type"] == "active",
            "turn/started" => true,
            "turn/completed" | "thread/closed" => false,
            _ => return,
        };
        if !is_active || self.watches.contains_key(thread_id) {
            self.active_unwatched.remove(thread_id);
            return;
        }
        if self.active_unwatched.len() >= SUB_AGENTS_MAX {
            // Codex reports nothing more about a thread that was released while its turn ran.
            let Self { active_unwatched, parents, .. } = self;
            active_unwatched.retain(|thread_id| parents.contains_key(thread_id));
        }
        if self.active_unwatched.len() < SUB_AGENTS_MAX {
            self.active_unwatched.insert(thread_id.into());
        }
    }

    /// Returns the thread whose watch receives the requests of this thread: itself, or its nearest watched
    /// ancestor.
    fn watched_ancestor<'a>(&'a self, thread_id: &'a str) -> &'a str {
        let mut candidate = thread_id;
        // The bound ends a cycle, which only a faulty app-server could create.
        for _ in 0..SUB_AGENTS_MAX {
            match self.parents.get(candidate) {
                Some(parent) if !self.watches.contains_key(candidate) => candidate = parent,
                _ => return candidate,
            }
        }
        thread_id
    }
}

/// Whether a call also watches the thread that its response names (`result.thread.id`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watching {
    Nothing,
    ResultThread,
}

/// A call that waits for its response.
#[derive(Debug)]
struct Pending {
    reply: oneshot::Sender<Reply>,
    watching: Watching,
}

type Reply = Result<(Value, Option<ThreadWatch>), NoResult>;

/// Why a response has no result.
#[derive(Debug)]
enum NoResult {
    /// The app-server refused the call.
    Refused(RpcError),
    /// The response was longer than [`LINE_BYTES_MAX`].
    TooLong,
}

impl Connection {
    /// Starts the tasks that read `input` and write `output`. Must be called inside a tokio runtime.
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
    /// [`CallError`] when the app-server refuses the call, does not answer in time, or the connection ends.
    pub async fn call(&self, method: &str, params: Value, limit: Duration) -> Result<Value, CallError> {
        self.exchange(method, &params, limit, Watching::Nothing).await.map(|(result, _)| result)
    }

    /// Calls a method whose result has a `thread`, and watches that thread. The watch misses no event that
    /// follows the response.
    ///
    /// # Errors
    /// The errors of [`Self::call`], and [`CallError::Unexpected`] when the result names no thread.
    pub async fn call_watching(
        &self,
        method: &str,
        params: Value,
        limit: Duration,
    ) -> Result<(Value, ThreadWatch), CallError> {
        match self.exchange(method, &params, limit, Watching::ResultThread).await? {
            (result, Some(watch)) => Ok((result, watch)),
            (_, None) => Err(CallError::Unexpected {
                method: method.to_owned(),
                reason: "no thread id in the result".to_owned(),
            }),
        }
    }

    /// Reports whether a turn of a sub-agent of the thread runs, at any depth. A sub-agent can outlive the
    /// turn that started it.
    #[must_use]
    pub fn has_active_sub_agents(&self, thread_id: &str) -> bool {
        let routes = self.shared.routes();
        routes
            .active_unwatched
            .iter()
            .any(|active| **active != *thread_id && *routes.watched_ancestor(active) == *thread_id)
    }

    /// Returns the rate limits of the account that Codex reported last. Codex reports them before the error
    /// of a turn that exceeds one.
    #[must_use]
    pub fn rate_limits(&self) -> RateLimits {
        self.shared.routes().rate_limits
    }

    /// Watches a thread that is already loaded, starting now.
    #[must_use]
    pub fn watch(&self, thread_id: &str) -> ThreadWatch {
        let mut routes = self.shared.routes();
        if self.is_closed() {
            // The reader drops all watches when the connection ends. It would miss a watch that is added
            // later.
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
        watching: Watching,
    ) -> Result<(Value, Option<ThreadWatch>), CallError> {
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        let (reply, response) = oneshot::channel();
        self.shared.routes().pending.insert(id, Pending { reply, watching });
        // However the wait ends, this removes the pending entry, even when the caller is dropped.
        let _guard = RemovePending { shared: &self.shared, id };
        let exchange = async {
            if self.shared.outgoing.send(rpc::call(id, method, params)).await.is_err() {
                return Err(CallError::Closed { method: method.to_owned() });
            }
            tokio::select! {
                biased;
                reply = response => match reply {
                    Ok(Ok(result)) => Ok(result),
                    Ok(Err(NoResult::Refused(error))) => {
                        Err(CallError::Refused { method: method.to_owned(), error })
                    }
                    Ok(Err(NoResult::TooLong)) => {
                        Err(CallError::TooLong { method: method.to_owned(), bytes_max: LINE_BYTES_MAX })
                    }
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

    /// Sends a notification without parameters.
    pub async fn notify(&self, method: &str) {
        self.send(rpc::notification(method)).await;
    }

    /// Answers a request from the app-server.
    pub async fn answer(&self, request_id: &Value, outcome: &Result<Value, RpcError>) {
        self.send(rpc::answer(request_id, outcome)).await;
    }

    async fn send(&self, line: String) {
        if self.shared.outgoing.send(line).await.is_err() {
            tracing::debug!("a message was not sent: the connection to the app-server has ended");
        }
    }

    /// Completes when the connection has ended and no more messages will arrive.
    pub async fn closed(&self) {
        self.shared.closed.cancelled().await;
    }

    /// Returns whether the connection has ended.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.closed.is_cancelled()
    }

    /// Ends the connection. The app-server sees its input closed and exits.
    pub fn close(&self) {
        self.shared.closed.cancel();
    }
}

/// Removes a pending call when dropped.
struct RemovePending<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for RemovePending<'_> {
    fn drop(&mut self) {
        self.shared.routes().pending.remove(&self.id);
    }
}

impl Shared {
    fn routes(&self) -> MutexGuard<'_, Routes> {
        // No critical section can leave the maps half changed, so a poisoned lock is still valid.
        self.routes.lock()
    }

    /// Delivers one message to its receiver. Returns the line that must be sent when nobody can answer a
    /// request.
    fn route(&self, message: Incoming) -> Option<String> {
        match message {
            Incoming::Response { id, outcome } => {
                self.resolve(id, outcome.map_err(NoResult::Refused));
                None
            }
            Incoming::Notification(notification) => {
                if let Some(rate_limits) = RateLimits::in_notification(&notification) {
                    self.routes().rate_limits = rate_limits;
                    return None;
                }
                let thread_id = thread_id(&notification.params)?.to_owned();
                {
                    let mut routes = self.routes();
                    routes.record_sub_agents(&thread_id, &notification);
                    routes.record_status(&thread_id, &notification);
                }
                self.deliver(&thread_id, ThreadEvent::Notification(notification));
                None
            }
            Incoming::Request(request) => {
                let thread_id = thread_id(&request.params)
                    .map(|thread_id| self.routes().watched_ancestor(thread_id).to_owned());
                let undelivered = match thread_id {
                    Some(thread_id) => self.deliver(&thread_id, ThreadEvent::Request(request)),
                    None => Some(ThreadEvent::Request(request)),
                };
                match undelivered {
                    Some(ThreadEvent::Request(request)) => {
                        let method = &request.method;
                        tracing::warn!(%method, "declined a request from Codex that no watch accepts");
                        Some(rpc::answer(&request.id, &decline(&request)))
                    }
                    _ => None,
                }
            }
        }
    }

    /// Deals with a message that is too long to be read, from its beginning. Returns the line that must be
    /// sent, because a request blocks its turn until it is answered.
    fn route_too_long(&self, line: &[u8]) -> Option<String> {
        let Beginning { id, method } = rpc::beginning(line);
        tracing::error!(?id, ?method, bytes_max = LINE_BYTES_MAX, "skipped an over-long line of Codex");
        match (id, method) {
            (Some(id), Some(_)) => {
                let message = format!("the request is longer than {LINE_BYTES_MAX} bytes");
                Some(rpc::answer(&id, &Err(RpcError { code: -32600, message })))
            }
            (Some(id), None) => {
                self.resolve(id.as_u64()?, Err(NoResult::TooLong));
                None
            }
            (None, _) => None,
        }
    }

    fn resolve(&self, id: u64, outcome: Result<Value, NoResult>) {
        let mut routes = self.routes();
        let Some(pending) = routes.pending.remove(&id) else {
            tracing::debug!(id, "a response arrived after its time limit");
            return;
        };
        let reply = outcome.map(|result| {
            let watch = match pending.watching {
                Watching::Nothing => None,
                Watching::ResultThread => result.pointer("/thread/id").and_then(Value::as_str),
            }
            .map(|thread_id| routes.watch(thread_id));
            (result, watch)
        });
        if pending.reply.send(reply).is_err() {
            tracing::debug!(id, "a response arrived after its caller was dropped");
        }
    }

    /// Sends the event to the thread's watcher. Returns the event when no watcher can take it.
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
                // Dropping the sender ends the watch after the queued events. The watcher then reads the
                // thread.
                tracing::warn!(thread_id, "a thread's watcher fell too far behind and was removed");
                routes.watches.remove(thread_id);
                Some(event)
            }
        }
    }
}

/// Returns the thread that a message concerns. The older requests (`execCommandApproval`,
/// `applyPatchApproval`) call it `conversationId`.
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
            // Flushing only when the queue is empty keeps bursts in one write.
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
                        let bytes = line.len();
                        tracing::warn!(%error, bytes, "skipped an unreadable line of the app-server");
                    }
                },
                Line::TooLong => {
                    if let Some(answer) = shared.route_too_long(&line)
                        && shared.outgoing.send(answer).await.is_err()
                    {
                        break;
                    }
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
    routes.active_unwatched.clear();
}
