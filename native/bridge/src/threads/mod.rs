//! Codex's threads as Codex itself has them: what `/codex/…` tells of them and does to them.
//!
//! A thread is a conversation; whatever runs on it goes through [`crate::conversations`]. Here is what that has no need of: where
//! a thread is seen ([`Surface`]), which are in use ([`active`]), which processes there are, and Codex's own methods
//! ([`methods`]).

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

use crate::conversations::{Conversation, ConversationPage, Conversations, Holder, Needs};
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

/// A thread that is to be made.
#[derive(Debug, Clone, Default)]
pub struct NewThread {
    /// What it is started with.
    pub options: ThreadOptions,
    /// What it is called. A thread without a name and without a turn is not stored.
    pub title: String,
}

/// The threads that one app-server of the bridge has loaded.
#[derive(Debug, Clone)]
pub struct LoadedThreads {
    /// The app-server.
    pub pid: u32,
    /// The threads.
    pub thread_ids: Vec<ThreadId>,
}

/// What runs, as far as it can be told.
#[derive(Debug, Clone)]
pub struct Activity {
    /// The Codex processes; `None` where the operating system hides them.
    pub processes: Option<Vec<CodexProcess>>,
    /// The threads that somebody must have whom the operating system hides; only where it hides something.
    pub inferred: Option<Vec<ActiveThread>>,
    /// Process ids of the bridge's own app-servers, those of lanes included.
    pub own_pids: Vec<u32>,
}

impl Threads {
    /// The threads of these conversations; `rpc` says which of Codex's methods callers may name.
    #[must_use]
    pub fn new(conversations: Conversations, router: ThreadRouter, rpc: RpcMode) -> Self {
        Self { conversations, router, rpc }
    }

    /// The threads that fit, at most [`ThreadListQuery::limit`]; asks on where Codex gives fewer at once.
    ///
    /// # Errors
    /// [`Error`]; a source kind that the binary does not know is [`Error::Invalid`].
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
            // By the name that this API has for it.
            Error::Invalid { field, problem } if field == "source" => Error::invalid("sourceKinds", problem),
            error => error,
        })
    }

    /// One thread.
    ///
    /// # Errors
    /// [`Error::ThreadNotFound`].
    pub async fn get(&self, thread_id: &ThreadId) -> Result<Conversation, Error> {
        let conversation = self.conversations.conversation(thread_id, false).await;
        conversation.map_err(|error| self.in_terms_of_threads(thread_id, error))
    }

    /// The ids of a thread's sub-agents.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn children(&self, thread_id: &ThreadId) -> Result<Vec<ThreadId>, Error> {
        let query = ThreadListQuery {
            parent_thread_id: Some(thread_id.to_owned()),
            source_kinds: SUB_AGENT_KINDS.map(str::to_owned).to_vec(),
            limit: Some(limits::THREADS_PAGE_MAX),
            ..ThreadListQuery::default()
        };
        let page = self.conversations.history(&query).await?;
        let children = page.conversations.into_iter().map(|child| child.thread);
        // Binaries that do not know the filter list all.
        Ok(children.filter(|child| child.parent() == Some(thread_id)).map(|child| child.id).collect())
    }

    /// What the app-servers of the bridge have loaded.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn loaded(&self) -> Result<Vec<LoadedThreads>, Error> {
        let mut loaded = Vec::new();
        for supervisor in self.router.all() {
            // Only the bridge's own is started for the question.
            if supervisor.pid().is_none() && !supervisor.is_same(self.router.shared()) {
                continue;
            }
            let server = supervisor.ready().await?;
            let thread_ids = server.connection.thread_loaded_list().await?;
            loaded.push(LoadedThreads { pid: server.pid, thread_ids: thread_ids.into_iter().collect() });
        }
        Ok(loaded)
    }

    /// Makes a thread that has a name and no turn yet, stored and free for whoever wants it.
    /// Returns its id, and what of its options Codex will have forgotten when somebody loads it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn start(&self, new: NewThread) -> Result<(String, Vec<String>), Error> {
        let NewThread { options, title } = new;
        let thread_id = self.conversations.start_empty(&options, &title).await?;
        let forgotten = [
            ("sandbox", options.sandbox.is_some()),
            ("config", options.config.is_some()),
            ("baseInstructions", options.base_instructions.is_some()),
        ];
        let warnings = forgotten.into_iter().filter(|(_, given)| *given);
        let warnings = warnings.map(|(field, _)| {
            format!(
                "{field}: Codex does not keep it for a thread without a turn; give it with the first turn"
            )
        });
        Ok((thread_id, warnings.collect()))
    }

    /// Makes a copy; returns its id.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn fork(
        &self,
        thread_id: &ThreadId,
        options: &ThreadOptions,
        point: &ForkPoint,
        title: Option<&str>,
    ) -> Result<String, Error> {
        let forked = self.conversations.fork(thread_id, options, point, title).await;
        forked.map_err(|error| self.in_terms_of_threads(thread_id, error))
    }

    /// Puts a thread away.
    ///
    /// # Errors
    /// [`Error::ThreadArchived`] where it is already.
    pub async fn archive(&self, thread_id: &ThreadId) -> Result<(), Error> {
        let archived = self.conversations.archive(thread_id).await;
        self.unless_done(thread_id, true, archived).await
    }

    /// Takes a thread back out.
    ///
    /// # Errors
    /// [`Error::ThreadArchived`] where it is not put away.
    pub async fn unarchive(&self, thread_id: &ThreadId) -> Result<(), Error> {
        let unarchived = self.conversations.unarchive(thread_id).await;
        self.unless_done(thread_id, false, unarchived).await
    }

    /// Codex calls a thread unknown also when it stands on the other side already.
    async fn unless_done(
        &self,
        thread_id: &ThreadId,
        archived: bool,
        outcome: Result<(), Error>,
    ) -> Result<(), Error> {
        let error = match outcome {
            Ok(()) => return Ok(()),
            Err(error) => self.in_terms_of_threads(thread_id, error),
        };
        if matches!(error, Error::ThreadNotFound(_)) {
            self.get(thread_id).await?;
            return Err(Error::ThreadArchived { thread_id: thread_id.to_owned(), archived });
        }
        Err(error)
    }

    /// Replaces what the model sees of the history by a summary; returns when that is done.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn compact(&self, thread_id: &ThreadId) -> Result<(), Error> {
        let compacted = self.conversations.compact(thread_id).await;
        compacted.map_err(|error| self.in_terms_of_threads(thread_id, error))
    }

    /// Takes turns back from the end.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn roll_back(&self, thread_id: &ThreadId, what: RollBack) -> Result<(), Error> {
        let rolled_back = self.conversations.roll_back(thread_id, what).await;
        rolled_back.map_err(|error| self.in_terms_of_threads(thread_id, error))
    }

    /// The job whose turn runs on a thread, once it has begun; only if it is this turn, where one is named.
    ///
    /// # Errors
    /// [`Error::NoActiveTurn`], [`Error::ConversationOwnedElsewhere`], [`Error::TurnConflict`], [`Error::ThreadNotFound`].
    pub async fn running_job(&self, thread_id: &ThreadId, expected: Option<&str>) -> Result<String, Error> {
        let Some(job) = self.conversations.active_job(thread_id) else {
            let conversation = self.get(thread_id).await?;
            if let Holder::Other(owner) = conversation.holder {
                let conversation_id = thread_id.to_owned();
                return Err(Error::ConversationOwnedElsewhere { conversation_id, owner: Some(owner) });
            }
            return Err(Error::NoActiveTurn(thread_id.to_owned().into()));
        };
        let begun = tokio::time::timeout(limits::ACTION_TIMEOUT, job.started_or_ended()).await;
        let active_turn_id = job.view().turn_id;
        match expected {
            _ if begun.is_err() => Err(Error::NoActiveTurn(thread_id.to_owned().into())),
            Some(expected) if active_turn_id.as_deref() != Some(expected) => Err(Error::TurnConflict {
                thread_id: thread_id.to_owned(),
                expected: expected.to_owned(),
                active_turn_id,
                last_turn_id: None,
            }),
            _ => Ok(job.job_id.clone().into()),
        }
    }

    /// The threads in use.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn active(&self, query: &ActiveQuery) -> Result<Vec<ActiveThread>, Error> {
        let source_kinds = match (&query.source, query.source_kinds.is_empty()) {
            // Those that Codex does not list by itself.
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

    /// The Codex processes of this user and what they have; where the operating system hides some, the threads that changed
    /// within `window`, from which that can be inferred.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn running(&self, window: Duration) -> Result<Activity, Error> {
        let home = self.router.shared().codex_home().map(ToOwned::to_owned);
        let looked = tokio::task::spawn_blocking(move || home.and_then(|home| processes::running(&home)));
        let running = looked
            .await
            .map_err(|error| Error::Internal(format!("looking for processes failed: {error}")))?;
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
        Ok(Activity { processes, inferred, own_pids: self.own_pids() })
    }

    /// Process ids of the bridge's own app-servers, those of lanes included.
    #[must_use]
    pub fn own_pids(&self) -> Vec<u32> {
        self.router.all().iter().filter_map(Supervisor::pid).collect()
    }

    /// One of Codex's lists, as Codex answers.
    ///
    /// # Errors
    /// [`Error::MethodUnknown`] where the binary does not have it.
    pub async fn list_of(&self, method: &str, params: Value) -> Result<Map<String, Value>, Error> {
        let server = self.router.shared().ready().await?;
        if !server.methods.has(method) {
            return Err(Error::MethodUnknown(method.to_owned()));
        }
        let called = server.connection.call(method, params, limits::RPC_TIMEOUT).await;
        match called.map_err(|error| method_unknown(method, error))? {
            Value::Object(answer) => Ok(answer),
            answer => Ok(Map::from_iter([("data".to_owned(), answer)])),
        }
    }

    /// Calls a method of Codex that a caller names.
    ///
    /// # Errors
    /// [`Error::RpcRefused`] where the setting does not allow it; Codex's own refusal is [`Error::Codex`].
    pub async fn rpc(&self, method: &str, params: Value) -> Result<Value, Error> {
        let known = Method::of(method);
        if let Some((problem, needs)) = known.refusal(self.rpc) {
            return Err(Error::RpcRefused { method: method.to_owned(), problem, needs });
        }
        let params = if params.is_null() { json!({}) } else { params };
        let thread_id = params.get("threadId").and_then(Value::as_str).map(ThreadId::from);
        if thread_id.is_none()
            && (known.of_a_thread || params.get("threadId").is_some_and(|id| !id.is_null()))
        {
            return Err(Error::invalid("params.threadId", "must be a string: the id of a thread"));
        }
        if matches!(known.needs, Needs::Loads | Needs::LoadsNew)
            && let Some(field) = ["path", "history"].into_iter().find(|field| is_given(params.get(*field)))
        {
            let problem = "is not taken, because Codex would then leave threadId aside";
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
                Some(thread_id) => self.in_terms_of_threads(thread_id, error),
                None => error,
            }
        })
    }

    /// An error of a conversation, as one of a thread that says how it stands.
    #[must_use]
    pub fn in_terms_of_threads(&self, thread_id: &ThreadId, error: Error) -> Error {
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

/// The text of an unknown method says so of the method; the same words about something else are about a parameter.
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
    fn an_unknown_method_is_told_from_an_unknown_word() {
        let unknown =
            method_unknown("a/b", refused("Invalid request: unknown variant `a/b`, expected one of `c`"));
        assert!(matches!(unknown, Error::MethodUnknown(_)));
        let word =
            method_unknown("a/b", refused("Invalid request: unknown variant `x`, expected one of `y`"));
        assert!(matches!(word, Error::Codex(_)));
    }
}
