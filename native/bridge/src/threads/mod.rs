//! Codex's threads, as Codex itself has them, for the routes under `/codex`.
//!
//! A thread is a conversation, and every turn on it goes through [`crate::conversations`]. This module
//! contains what that does not need: the surface of a thread ([`Surface`]), the threads in use ([`active`]),
//! the Codex processes, and Codex's own methods ([`methods`]).

pub mod active;
pub mod methods;

use std::time::Duration;

use codex::connection::CallError;
use codex::processes::{self, CodexProcess};
use codex::protocol::{ForkPoint, RollBack, ThreadListQuery, ThreadOptions};
use codex::rpc::Refusal;
use model::clock::Timestamp;
use model::ids::ThreadId;
use model::limits;
pub use model::surface::Surface;
use serde_json::{Map, Value, json};

use crate::conversations::{Conversation, ConversationPage, Conversations, Holder, Needs, Turns};
use crate::error::Error;
use crate::supervisor::Supervisor;
use crate::thread_router::ThreadRouter;
use active::{ActiveQuery, ActiveThread};
use methods::{Method, RpcMode};

/// All kinds of sub-agents (`ThreadSourceKind`).
const SUB_AGENT_KINDS: [&str; 5] =
    ["subAgent", "subAgentReview", "subAgentCompact", "subAgentThreadSpawn", "subAgentOther"];

/// Codex's threads. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Threads {
    conversations: Conversations,
    router: ThreadRouter,
    rpc: RpcMode,
}

/// The properties of a new thread.
#[derive(Debug, Clone, Default)]
pub struct NewThread {
    /// The options with which it is started.
    pub options: ThreadOptions,
    /// The title. Codex does not store a thread that has neither a name nor a turn.
    pub title: String,
}

/// The threads that one app-server of the bridge has loaded.
#[derive(Debug, Clone)]
pub struct LoadedThreads {
    /// The process id of the app-server.
    pub pid: u32,
    /// The loaded threads.
    pub thread_ids: Vec<ThreadId>,
}

/// The Codex processes and threads in use of this user, as far as it can be determined.
#[derive(Debug, Clone)]
pub struct RunningCodex {
    /// The Codex processes; `None` where the operating system hides them.
    pub processes: Option<Vec<CodexProcess>>,
    /// The threads that a hidden process must have loaded; `None` where the operating system hides nothing.
    pub inferred: Option<Vec<ActiveThread>>,
    /// The process ids of the bridge's own app-servers, including those of lanes.
    pub own_pids: Vec<u32>,
}

impl Threads {
    /// Creates the threads of these conversations. `rpc` selects the methods of Codex that callers may call.
    #[must_use]
    pub fn new(conversations: Conversations, router: ThreadRouter, rpc: RpcMode) -> Self {
        Self { conversations, router, rpc }
    }

    /// Returns the threads that match, at most [`ThreadListQuery::limit`]. Requests further pages if Codex
    /// returns fewer at once.
    ///
    /// # Errors
    /// [`Error::Invalid`] if Codex does not know a source kind, and the errors of a Codex call.
    pub async fn list(&self, query: &ThreadListQuery) -> Result<ConversationPage, Error> {
        let limit = usize::try_from(query.limit.unwrap_or(limits::THREADS_PAGE_MAX)).unwrap_or(usize::MAX);
        let mut page = self.page(query).await?;
        while page.conversations.len() < limit && page.next_cursor.is_some() {
            let rest = u32::try_from(limit - page.conversations.len()).unwrap_or(u32::MAX);
            let next = ThreadListQuery { cursor: page.next_cursor, limit: Some(rest), ..query.clone() };
            let next = self.page(&next).await?;
            let is_empty = next.conversations.is_empty();
            page.conversations.extend(next.conversations);
            page.next_cursor = next.next_cursor;
            if is_empty {
                break;
            }
        }
        Ok(page)
    }

    async fn page(&self, query: &ThreadListQuery) -> Result<ConversationPage, Error> {
        let page = self.conversations.history(query).await;
        page.map_err(|error| match error {
            // The name of the field in this API.
            Error::Invalid { field, problem } if field == "source" => Error::invalid("sourceKinds", problem),
            error => error,
        })
    }

    /// Returns a thread.
    ///
    /// # Errors
    /// [`Error::ThreadNotFound`] if Codex does not know it.
    pub async fn get(&self, thread_id: &ThreadId) -> Result<Conversation, Error> {
        let conversation = self.conversations.conversation(thread_id, Turns::Omit).await;
        conversation.map_err(|error| self.as_thread_error(thread_id, error))
    }

    /// Returns the ids of a thread's sub-agents.
    ///
    /// # Errors
    /// The errors of a Codex call.
    pub async fn children(&self, thread_id: &ThreadId) -> Result<Vec<ThreadId>, Error> {
        let query = ThreadListQuery {
            parent_thread_id: Some(thread_id.to_owned()),
            source_kinds: SUB_AGENT_KINDS.map(str::to_owned).to_vec(),
            limit: Some(limits::THREADS_PAGE_MAX),
            ..ThreadListQuery::default()
        };
        let page = self.conversations.history(&query).await?;
        let children = page.conversations.into_iter().map(|child| child.thread);
        // A Codex that does not know the filter lists all threads.
        Ok(children.filter(|child| child.parent() == Some(thread_id)).map(|child| child.id).collect())
    }

    /// Returns the threads that the app-servers of the bridge have loaded.
    ///
    /// # Errors
    /// The errors of a Codex call.
    pub async fn loaded(&self) -> Result<Vec<LoadedThreads>, Error> {
        let mut loaded = Vec::new();
        for supervisor in self.router.all() {
            // Only the shared app-server is started for this request.
            if supervisor.pid().is_none() && !supervisor.is_same(self.router.shared()) {
                continue;
            }
            let server = supervisor.ready().await?;
            let thread_ids = server.connection.thread_loaded_list().await?;
            loaded.push(LoadedThreads { pid: server.pid, thread_ids: thread_ids.into_iter().collect() });
        }
        Ok(loaded)
    }

    /// Creates a thread with a name and no turn. The thread is stored and not loaded by anyone.
    /// Returns its id, and warnings about the options that Codex does not store for it.
    ///
    /// # Errors
    /// The errors of [`Conversations::start_empty`].
    pub async fn start(&self, new: NewThread) -> Result<(ThreadId, Vec<String>), Error> {
        let NewThread { options, title } = new;
        let thread_id = self.conversations.start_empty(&options, &title).await?;
        let not_stored = [
            ("sandbox", options.sandbox.is_some()),
            ("config", options.config.is_some()),
            ("baseInstructions", options.base_instructions.is_some()),
        ];
        let warnings = not_stored.into_iter().filter(|(_, given)| *given);
        let warnings = warnings.map(|(field, _)| {
            format!(
                "{field}: Codex does not store it for a thread without a turn; send it with the first turn"
            )
        });
        Ok((thread_id, warnings.collect()))
    }

    /// Forks a thread and returns the id of the copy.
    ///
    /// # Errors
    /// The errors of [`Conversations::fork`].
    pub async fn fork(
        &self,
        thread_id: &ThreadId,
        options: &ThreadOptions,
        point: &ForkPoint,
        title: Option<&str>,
    ) -> Result<ThreadId, Error> {
        let forked = self.conversations.fork(thread_id, options, point, title).await;
        forked.map_err(|error| self.as_thread_error(thread_id, error))
    }

    /// Archives a thread.
    ///
    /// # Errors
    /// [`Error::ThreadArchived`] if it is already archived.
    pub async fn archive(&self, thread_id: &ThreadId) -> Result<(), Error> {
        let archived = self.conversations.archive(thread_id).await;
        self.check_archived(thread_id, true, archived).await
    }

    /// Unarchives a thread.
    ///
    /// # Errors
    /// [`Error::ThreadArchived`] if it is not archived.
    pub async fn unarchive(&self, thread_id: &ThreadId) -> Result<(), Error> {
        let unarchived = self.conversations.unarchive(thread_id).await;
        self.check_archived(thread_id, false, unarchived).await
    }

    /// Tells a thread that is already archived (or not) from an unknown one, because Codex reports both as
    /// unknown.
    async fn check_archived(
        &self,
        thread_id: &ThreadId,
        archived: bool,
        outcome: Result<(), Error>,
    ) -> Result<(), Error> {
        let error = match outcome {
            Ok(()) => return Ok(()),
            Err(error) => self.as_thread_error(thread_id, error),
        };
        if matches!(error, Error::ThreadNotFound(_)) {
            self.get(thread_id).await?;
            return Err(Error::ThreadArchived { thread_id: thread_id.to_owned(), archived });
        }
        Err(error)
    }

    /// Replaces the history that the model sees with a summary. Returns when the summary is complete.
    ///
    /// # Errors
    /// The errors of [`Conversations::compact`].
    pub async fn compact(&self, thread_id: &ThreadId) -> Result<(), Error> {
        let compacted = self.conversations.compact(thread_id).await;
        compacted.map_err(|error| self.as_thread_error(thread_id, error))
    }

    /// Removes turns from the end of a thread.
    ///
    /// # Errors
    /// The errors of [`Conversations::roll_back`].
    pub async fn roll_back(&self, thread_id: &ThreadId, what: RollBack) -> Result<(), Error> {
        let rolled_back = self.conversations.roll_back(thread_id, what).await;
        rolled_back.map_err(|error| self.as_thread_error(thread_id, error))
    }

    /// Returns the id of the job whose turn runs on a thread, once the turn has started.
    ///
    /// # Errors
    /// [`Error::TurnConflict`] if the turn is not the expected one, [`Error::NoActiveTurn`] if no turn of
    /// this bridge runs, [`Error::ConversationOwnedElsewhere`] if another process has the thread, and
    /// [`Error::ThreadNotFound`].
    pub async fn running_job(&self, thread_id: &ThreadId, expected: Option<&str>) -> Result<String, Error> {
        let Some(job) = self.conversations.active_job(thread_id) else {
            let conversation = self.get(thread_id).await?;
            if let Holder::Other(owner) = conversation.holder {
                let conversation_id = thread_id.to_owned();
                return Err(Error::ConversationOwnedElsewhere { conversation_id, owner: Some(owner) });
            }
            return Err(Error::NoActiveTurn(thread_id.to_owned().into()));
        };
        let started = tokio::time::timeout(limits::ACTION_TIMEOUT, job.started_or_ended()).await;
        let active_turn_id = job.view().turn_id;
        match expected {
            _ if started.is_err() => Err(Error::NoActiveTurn(thread_id.to_owned().into())),
            Some(expected) if active_turn_id.as_deref() != Some(expected) => Err(Error::TurnConflict {
                thread_id: thread_id.to_owned(),
                expected: expected.to_owned(),
                active_turn_id,
                last_turn_id: None,
            }),
            _ => Ok(job.job_id.clone().into()),
        }
    }

    /// Returns the threads in use.
    ///
    /// # Errors
    /// The errors of a Codex call.
    pub async fn active(&self, query: &ActiveQuery) -> Result<Vec<ActiveThread>, Error> {
        let source_kinds = match (&query.source, query.source_kinds.is_empty()) {
            // Codex lists these sources only on request.
            (Some(source), true) if ["exec", "appServer", "unknown"].contains(&source.as_str()) => {
                vec![source.clone()]
            }
            (Some(source), true) if source == "subAgent" => SUB_AGENT_KINDS.map(str::to_owned).to_vec(),
            _ => query.source_kinds.clone(),
        };
        let now = Timestamp::now();
        let since = now.before(query.window).as_millis();
        let mut list = ThreadListQuery {
            by_change: true,
            limit: Some(limits::CONVERSATIONS_PAGE_MAX),
            source_kinds,
            ..ThreadListQuery::default()
        };
        let mut recent = Vec::new();
        while recent.len() < limits::ACTIVE_THREADS_MAX {
            let page = self.page(&list).await?;
            let oldest = page.conversations.last().and_then(|last| last.thread.updated_at);
            recent.extend(page.conversations);
            list.cursor = page.next_cursor;
            let reached_end = oldest.is_none_or(|oldest| oldest.saturating_mul(1000) < since);
            if reached_end || list.cursor.is_none() {
                break;
            }
        }
        Ok(query.select(recent, now))
    }

    /// Returns the Codex processes of this user and the threads that they have loaded. Where the operating
    /// system hides some processes, also returns the threads that changed within `window`.
    ///
    /// # Errors
    /// The errors of a Codex call.
    pub async fn running(&self, window: Duration) -> Result<RunningCodex, Error> {
        let home = self.router.shared().codex_home().map(ToOwned::to_owned);
        let processes = tokio::task::spawn_blocking(move || home.and_then(|home| processes::running(&home)));
        let running = processes
            .await
            .map_err(|error| Error::Internal(format!("listing the processes failed: {error}")))?;
        let hides = running.as_ref().is_none_or(|running| !running.hidden_thread_ids.is_empty());
        let inferred = if hides {
            let query = ActiveQuery {
                window,
                source: None,
                source_kinds: Vec::new(),
                surface: None,
                originator: None,
                prefer_originator: None,
                preferred_surface: None,
            };
            Some(self.active(&query).await?)
        } else {
            None
        };
        let processes = running.map(|running| running.processes);
        Ok(RunningCodex { processes, inferred, own_pids: self.own_pids() })
    }

    /// Returns the process ids of the bridge's own app-servers, including those of lanes.
    #[must_use]
    pub fn own_pids(&self) -> Vec<u32> {
        self.router.all().iter().filter_map(Supervisor::pid).collect()
    }

    /// Calls a list method of Codex and returns its answer.
    ///
    /// # Errors
    /// [`Error::MethodUnknown`] if the installed Codex does not have the method.
    pub async fn call_list(&self, method: &str, params: Value) -> Result<Map<String, Value>, Error> {
        let server = self.router.shared().ready().await?;
        if !server.methods.has(method) {
            return Err(Error::MethodUnknown(method.to_owned()));
        }
        let called = server.connection.call(method, params, limits::RPC_TIMEOUT).await;
        let answer = called.map_err(|error| match method_unknown(method, error) {
            Error::Codex(CallError::Refused { error, .. }) if error.message.contains("cursor") => {
                Error::invalid_cursor()
            }
            error => error,
        });
        match answer? {
            Value::Object(answer) => Ok(answer),
            answer => Ok(Map::from_iter([("data".to_owned(), answer)])),
        }
    }

    /// Calls any method of Codex that the setting `codexBridge.rpc` allows.
    ///
    /// # Errors
    /// [`Error::RpcRefused`] if the setting does not allow it, [`Error::MethodUnknown`] if the installed
    /// Codex does not have it, [`Error::Invalid`] if a parameter is invalid, and [`Error::Codex`] if Codex
    /// refuses the call.
    pub async fn rpc(&self, method: &str, params: Value) -> Result<Value, Error> {
        let known = Method::of(method);
        if let Some((problem, needs)) = known.refusal(self.rpc) {
            return Err(Error::RpcRefused { method: method.to_owned(), problem, needs });
        }
        let params = if params.is_null() { json!({}) } else { params };
        let thread_id = params.get("threadId").and_then(Value::as_str).map(ThreadId::from);
        if thread_id.is_none()
            && (known.requires_thread || params.get("threadId").is_some_and(|id| !id.is_null()))
        {
            return Err(Error::invalid("params.threadId", "must be a string, the id of a thread"));
        }
        if matches!(known.needs, Needs::Loads | Needs::LoadsNew)
            && let Some(field) = ["path", "history"].into_iter().find(|field| is_given(params.get(*field)))
        {
            let problem = "is not allowed, because Codex would then ignore threadId";
            return Err(Error::invalid(format!("params.{field}"), problem));
        }
        let server = self.router.shared().ready().await?;
        if !server.methods.has(method) {
            return Err(Error::MethodUnknown(method.to_owned()));
        }
        let called = self.conversations.call_raw(thread_id.as_ref(), method, params, known.needs).await;
        called.map_err(|error| {
            let error = match error {
                Error::Codex(error) => method_unknown(method, error),
                error => error,
            };
            match &thread_id {
                Some(thread_id) => self.as_thread_error(thread_id, error),
                None => error,
            }
        })
    }

    /// Translates an error of a conversation into one of a thread, with the state of the thread.
    #[must_use]
    pub fn as_thread_error(&self, thread_id: &ThreadId, error: Error) -> Error {
        match error {
            Error::ConversationNotFound(id) => Error::ThreadNotFound(id),
            Error::ConversationBusy(id) => {
                let job = self.conversations.active_job(&ThreadId::from(id.as_str())).map(|job| job.view());
                let (active_turn_id, job_id) = match job {
                    Some(job) => (job.turn_id, Some(job.job_id)),
                    None => (None, None),
                };
                Error::ThreadBusy { thread_id: id.into(), active_turn_id, job_id }
            }
            Error::ConversationArchived(id) => Error::ThreadArchived { thread_id: id.into(), archived: true },
            Error::Codex(error) if error.refusal() == Some(Refusal::Archived) => {
                Error::ThreadArchived { thread_id: thread_id.to_owned(), archived: true }
            }
            error => error,
        }
    }
}

fn is_given(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
}

/// Translates the refusal of an unknown method. Codex uses the same message for an unknown parameter, which
/// does not name the method and stays [`Error::Codex`].
fn method_unknown(method: &str, error: CallError) -> Error {
    match &error {
        CallError::Refused { error: refused, .. }
            if refused.refusal() == Refusal::MethodUnknown
                && (refused.code == -32601 || refused.message.contains(&format!("`{method}`"))) =>
        {
            Error::MethodUnknown(method.to_owned())
        }
        _ => Error::Codex(error),
    }
}

#[cfg(test)]
mod tests {
    use codex::rpc::RpcError;

    use super::*;

    fn refused(message: &str) -> CallError {
        let error = RpcError { code: -32600, message: message.to_owned() };
        CallError::Refused { method: "m".to_owned(), error }
    }

    #[test]
    fn an_unknown_method_differs_from_an_unknown_parameter() {
        let unknown =
            method_unknown("a/b", refused("Invalid request: unknown variant `a/b`, expected one of `c`"));
        assert!(matches!(unknown, Error::MethodUnknown(_)));
        let parameter =
            method_unknown("a/b", refused("Invalid request: unknown variant `x`, expected one of `y`"));
        assert!(matches!(parameter, Error::Codex(_)));
    }
}
