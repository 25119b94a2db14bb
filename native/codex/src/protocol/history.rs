//! What a person does with conversations: find them, name them, put them away, branch off, take turns back.

use std::collections::HashSet;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

use super::threads::ThreadResult;
use super::{CALL_LIMIT, THREAD_LIMIT, Thread, ThreadOptions, Turn, read, to_value};
use crate::app_server::Methods;
use crate::connection::{CallError, Connection, ThreadWatch};
use crate::rpc::Refusal;

/// The turn that is looked for is nearly always among the newest; a turn can hold megabytes.
const FIND_PAGE_TURNS: u32 = 4;
const FIND_PAGE_LENGTH: usize = FIND_PAGE_TURNS as usize;

/// Which threads a list shows (`ThreadListParams`), newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThreadListQuery {
    /// Part of the name or of the first message. Very old binaries may not know it and list all.
    pub search_term: Option<String>,
    /// [`ThreadPage::next_cursor`] of the page before.
    pub cursor: Option<String>,
    /// Threads on a page; Codex has a limit of its own when absent.
    pub limit: Option<u32>,
    /// Those that were put away, instead of the others.
    pub archived: bool,
    /// Only those that began in exactly this folder.
    pub cwd: Option<PathBuf>,
    /// `ThreadSourceKind`, for example `exec`; Codex refuses the whole call over one that it does not know. Empty: those
    /// that a person began (`vscode`, `cli`).
    pub source_kinds: Vec<String>,
    /// Only sub-agents of this thread. Binaries that do not know it list all.
    pub parent_thread_id: Option<String>,
    /// The last changed first, instead of the newest.
    pub by_change: bool,
}

/// One page of a list of threads (`ThreadListResponse`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ThreadPage {
    /// The threads, without their turns.
    pub threads: Vec<Thread>,
    /// Asks for what follows; `None` at the end.
    pub next_cursor: Option<String>,
}

/// One page of a thread's turns, newest first (`ThreadTurnsListResponse`).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TurnPage {
    /// The turns.
    #[serde(rename = "data")]
    pub turns: Vec<Turn>,
    /// Asks for older ones; `None` at the end.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// How much of a thread a fork takes over (`ThreadForkParams`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ForkPoint {
    /// All of it; a turn that runs at that moment is in the fork as an interrupted one.
    #[default]
    Whole,
    /// Up to and with this turn, which must have ended.
    After(String),
    /// Up to this turn, without it.
    Before(String),
}

/// What is taken back from the end of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollBack {
    /// So many turns.
    Turns(usize),
    /// This turn, and all that follow it.
    From(String),
}

/// Why turns were not taken back.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RollBackError {
    /// Codex refused, or did not answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// There are not as many turns.
    #[error("the conversation has {0} turns")]
    TooMany(usize),
    /// There is no such turn.
    #[error("the conversation has no turn {0}")]
    TurnUnknown(String),
    /// The binary has neither method.
    #[error("this Codex can neither revert nor roll back a conversation")]
    Unsupported,
}

impl Connection {
    /// `thread/list`: a page of the conversations of this Codex home, whoever owns them.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn thread_list(&self, query: &ThreadListQuery) -> Result<ThreadPage, CallError> {
        let method = "thread/list";
        // Without `modelProviders`, some binaries show only the threads of the provider that is configured now.
        let mut params = json!({"modelProviders": []});
        let optional = [
            ("searchTerm", query.search_term.as_ref().map(|term| json!(term))),
            ("cursor", query.cursor.as_ref().map(|cursor| json!(cursor))),
            ("limit", query.limit.map(|limit| json!(limit))),
            ("archived", query.archived.then_some(Value::Bool(true))),
            ("cwd", query.cwd.as_ref().map(|cwd| json!(cwd))),
            ("parentThreadId", query.parent_thread_id.as_ref().map(|id| json!(id))),
            ("sortKey", query.by_change.then(|| json!("updated_at"))),
            ("sourceKinds", (!query.source_kinds.is_empty()).then(|| json!(query.source_kinds))),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                params[name] = value;
            }
        }
        let page: ThreadListResult = read(method, self.call(method, params, CALL_LIMIT).await?)?;
        let mut seen = HashSet::new();
        let threads = page
            .data
            .into_iter()
            // One entry that cannot be read must not hide the others.
            .filter_map(|thread| Thread::deserialize(thread).ok())
            // 0.169.0 lists a thread that was archived and taken out again twice.
            .filter(|thread| seen.insert(thread.id.clone()))
            .collect();
        Ok(ThreadPage { threads, next_cursor: page.next_cursor })
    }

    /// `thread/turns/list`: some of a thread's turns, newest first, with all their items, whoever owns the thread.
    ///
    /// # Errors
    /// [`CallError`]; [`crate::rpc::Refusal::MethodUnknown`] from binaries that only have `thread/read`.
    pub async fn thread_turns_list(
        &self,
        thread_id: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<TurnPage, CallError> {
        let method = "thread/turns/list";
        let mut params = json!({
            "threadId": thread_id, "limit": limit, "sortDirection": "desc", "itemsView": "full",
        });
        if let Some(cursor) = cursor {
            params["cursor"] = json!(cursor);
        }
        read(method, self.call(method, params, CALL_LIMIT).await?)
    }

    /// The newest turn of a thread, whoever owns it.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn thread_last_turn(
        &self,
        methods: &Methods,
        thread_id: &str,
    ) -> Result<Option<Turn>, CallError> {
        let turns = if methods.has("thread/turns/list") {
            self.thread_turns_list(thread_id, None, 1).await.map(|page| page.turns.into_iter().next())
        } else {
            self.thread_read(thread_id, true).await.map(|thread| thread.turns.into_iter().next_back())
        };
        match turns {
            Err(error) if error.refusal() == Some(Refusal::NoTurnsYet) => Ok(None),
            turns => turns,
        }
    }

    /// The turn with this id, or the one which the message with this client id belongs to, among the newest `turns_max`
    /// (rounded up to whole pages) of a thread, whoever owns it. Where the binary has `thread/turns/list`, no more of a
    /// long history is read than must be.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn thread_find_turn(
        &self,
        methods: &Methods,
        thread_id: &str,
        turn_id: Option<&str>,
        client_message_id: &str,
        turns_max: usize,
    ) -> Result<Option<Turn>, CallError> {
        let is_it = |turn: &Turn| turn.is(turn_id, client_message_id);
        if !methods.has("thread/turns/list") {
            let turns = self.thread_read(thread_id, true).await?.turns;
            return Ok(turns.into_iter().rev().take(turns_max).find(is_it));
        }
        let mut cursor = None;
        for _ in 0..turns_max.div_ceil(FIND_PAGE_LENGTH) {
            let page = self.thread_turns_list(thread_id, cursor.as_deref(), FIND_PAGE_TURNS).await?;
            if let Some(turn) = page.turns.into_iter().find(is_it) {
                return Ok(Some(turn));
            }
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        Ok(None)
    }

    /// `thread/fork`: a new thread that begins as this one stands, loaded here and watched. Whoever owns the original
    /// keeps it: forking needs no writer, also while a turn runs there. The original must have had a turn, and must not
    /// be archived.
    ///
    /// # Errors
    /// [`RollBackError`], mostly its [`CallError`]: 0.140 takes over all turns whatever it is told, and those beyond
    /// `point` are then taken back from the fork.
    pub async fn thread_fork(
        &self,
        methods: &Methods,
        thread_id: &str,
        options: &ThreadOptions,
        point: &ForkPoint,
    ) -> Result<(Thread, ThreadWatch), RollBackError> {
        let method = "thread/fork";
        let mut params = to_value(method, options)?;
        params["threadId"] = json!(thread_id);
        params["excludeTurns"] = json!(true);
        match point {
            ForkPoint::Whole => {}
            ForkPoint::After(turn_id) => params["lastTurnId"] = json!(turn_id),
            ForkPoint::Before(turn_id) => params["beforeTurnId"] = json!(turn_id),
        }
        let (result, watch) = self.call_watching(method, params, THREAD_LIMIT).await?;
        let fork = read::<ThreadResult>(method, result)?.thread;
        if let Some(beyond) = self.first_turn_beyond(&fork.id, point).await? {
            self.thread_roll_back(methods, &fork.id, &RollBack::From(beyond)).await?;
        }
        Ok((fork, watch))
    }

    /// The first turn that a fork has although it was told to end before it. A fork's turns keep their ids.
    async fn first_turn_beyond(&self, fork_id: &str, point: &ForkPoint) -> Result<Option<String>, CallError> {
        let (turn_id, kept) = match point {
            ForkPoint::Whole => return Ok(None),
            ForkPoint::After(turn_id) => (turn_id, 1),
            ForkPoint::Before(turn_id) => (turn_id, 0),
        };
        let turns = self.thread_read(fork_id, true).await?.turns;
        let position = turns.iter().position(|turn| turn.id == *turn_id);
        Ok(position.and_then(|position| turns.get(position + kept)).map(|turn| turn.id.clone()))
    }

    /// `thread/archive`: puts a thread away. It need not be loaded, but no other process may own it
    /// ([`crate::rpc::Refusal::OwnedElsewhere`]). Loaded here, it is unloaded, and a turn that runs on it is interrupted.
    ///
    /// # Errors
    /// [`CallError`]; [`crate::rpc::Refusal::ThreadUnknown`] also when it is archived already.
    pub async fn thread_archive(&self, thread_id: &str) -> Result<(), CallError> {
        self.call("thread/archive", json!({"threadId": thread_id}), CALL_LIMIT).await.map(drop)
    }

    /// `thread/unarchive`: the opposite. It is not loaded by that.
    ///
    /// # Errors
    /// [`CallError`]; [`crate::rpc::Refusal::ThreadUnknown`] when it is not archived.
    pub async fn thread_unarchive(&self, thread_id: &str) -> Result<(), CallError> {
        self.call("thread/unarchive", json!({"threadId": thread_id}), CALL_LIMIT).await.map(drop)
    }

    /// `thread/name/set`: names a thread, whoever owns it. A name of blanks is refused.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn thread_set_name(&self, thread_id: &str, name: &str) -> Result<(), CallError> {
        self.call("thread/name/set", json!({"threadId": thread_id, "name": name}), CALL_LIMIT).await.map(drop)
    }

    /// `thread/compact/start`: begins to replace the history that the model sees by a summary, as a turn of its own whose
    /// `turn/started` and `turn/completed` follow. The thread must be loaded here, and idle: a turn that runs is
    /// interrupted.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn thread_compact(&self, thread_id: &str) -> Result<(), CallError> {
        self.call("thread/compact/start", json!({"threadId": thread_id}), CALL_LIMIT).await.map(drop)
    }

    /// Takes turns back from the end of a thread that is loaded here; a turn that runs on it is lost. Files stay as they
    /// are. Returns how many turns were taken back.
    ///
    /// Newer binaries do it by `thread/revert`, which only takes threads of the newer storage ("paginated"), older ones
    /// by `thread/rollback`, which only takes the others; binaries in between have both. A thread of the older storage
    /// in a binary that has only `thread/revert` cannot be rolled back; a fork ([`ForkPoint`]) does the same for it.
    ///
    /// # Errors
    /// [`RollBackError`]; the thread is unchanged.
    pub async fn thread_roll_back(
        &self,
        methods: &Methods,
        thread_id: &str,
        what: &RollBack,
    ) -> Result<usize, RollBackError> {
        let turns = self.thread_read(thread_id, true).await?.turns;
        let first = match what {
            RollBack::Turns(count) => {
                turns.len().checked_sub(*count).ok_or(RollBackError::TooMany(turns.len()))?
            }
            RollBack::From(turn_id) => turns
                .iter()
                .position(|turn| turn.id == *turn_id)
                .ok_or_else(|| RollBackError::TurnUnknown(turn_id.clone()))?,
        };
        let Some(turn) = turns.get(first) else { return Ok(0) };
        let count = turns.len() - first;
        let revert = json!({"threadId": thread_id, "beforeTurnId": turn.id});
        let roll_back = json!({"threadId": thread_id, "numTurns": count});
        let mut refused = RollBackError::Unsupported;
        for (method, params) in [("thread/revert", revert), ("thread/rollback", roll_back)] {
            if !methods.has(method) {
                continue;
            }
            match self.call(method, params, CALL_LIMIT).await {
                Ok(_) => return Ok(count),
                Err(error @ CallError::Refused { .. }) => refused = error.into(),
                Err(error) => return Err(error.into()),
            }
        }
        Err(refused)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThreadListResult {
    data: Vec<Value>,
    #[serde(default)]
    next_cursor: Option<String>,
}
