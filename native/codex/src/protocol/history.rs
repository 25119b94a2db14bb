//! Manages threads: lists, names, archives and forks them, and rolls back turns.

use std::collections::HashSet;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

use super::threads::ThreadResult;
use super::{CALL_LIMIT, THREAD_LIMIT, Thread, ThreadOptions, Turn, read, to_value};
use crate::activity::{Goal, GoalChange};
use crate::app_server::Methods;
use crate::connection::{CallError, Connection, ThreadWatch};
use crate::rpc::Refusal;
use crate::{ThreadId, TurnId};

/// The page size when searching for a turn. The turn is nearly always among the newest, and a turn can hold
/// megabytes.
const FIND_PAGE_TURNS: u32 = 4;
const FIND_PAGE_LENGTH: usize = FIND_PAGE_TURNS as usize;

/// The threads to list (`ThreadListParams`), newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThreadListQuery {
    /// A part of the name or of the first message. Very old binaries may ignore it and list all threads.
    pub search_term: Option<String>,
    /// The [`ThreadPage::next_cursor`] of the previous page.
    pub cursor: Option<String>,
    /// The maximum number of threads on a page. `None` for Codex's own limit.
    pub limit: Option<u32>,
    /// Whether to list the archived threads instead of the others.
    pub archived: bool,
    /// Lists only threads that were started in exactly this directory.
    pub cwd: Option<PathBuf>,
    /// The source kinds to list (`ThreadSourceKind`), for example `exec`. Codex refuses the whole call if it
    /// does not know one of them. Empty lists the threads that a person started (`vscode`, `cli`).
    pub source_kinds: Vec<String>,
    /// Lists only sub-agents of this thread. Binaries that do not know this filter list all threads.
    pub parent_thread_id: Option<ThreadId>,
    /// Whether to sort by the last change instead of the creation.
    pub by_change: bool,
}

/// One page of a list of threads (`ThreadListResponse`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ThreadPage {
    /// The threads without their turns.
    pub threads: Vec<Thread>,
    /// The cursor of the next page. `None` on the last page.
    pub next_cursor: Option<String>,
}

/// One page of a thread's turns, newest first (`ThreadTurnsListResponse`).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TurnPage {
    /// The turns, newest first.
    #[serde(rename = "data")]
    pub turns: Vec<Turn>,
    /// The cursor of the next page with older turns. `None` on the last page.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// How much of a thread a fork copies (`ThreadForkParams`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ForkPoint {
    /// The whole thread. A turn that is running is copied as an interrupted turn.
    #[default]
    Whole,
    /// Everything up to and including this turn, which must have ended.
    After(TurnId),
    /// Everything before this turn.
    Before(TurnId),
}

/// The turns to roll back from the end of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollBack {
    /// This number of turns.
    Turns(usize),
    /// This turn and all that follow it.
    From(TurnId),
}

/// Why turns were not rolled back.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RollBackError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The thread has fewer turns.
    #[error("the conversation has only {0} turns")]
    TooMany(usize),
    /// The thread does not have this turn.
    #[error("the conversation has no turn {0}")]
    TurnUnknown(TurnId),
    /// The binary has neither method.
    #[error("this Codex can neither revert nor roll back a conversation")]
    Unsupported,
}

impl Connection {
    /// `thread/list`: returns a page of the threads of this Codex home, whoever owns them.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_list(&self, query: &ThreadListQuery) -> Result<ThreadPage, CallError> {
        let method = "thread/list";
        // Without `modelProviders`, some binaries list only the threads of the currently configured provider.
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
            // An unreadable entry must not hide the others.
            .filter_map(|thread| Thread::deserialize(thread).ok())
            // 0.169.0 lists a thread twice after it was archived and unarchived.
            .filter(|thread| seen.insert(thread.id.clone()))
            .collect();
        Ok(ThreadPage { threads, next_cursor: page.next_cursor })
    }

    /// `thread/turns/list`: returns a page of a thread's turns with all their items, newest first, whoever
    /// owns the thread. The page has fewer turns than requested if they do not fit into a line.
    ///
    /// # Errors
    /// [`CallError`] when the call fails, with [`crate::rpc::Refusal::MethodUnknown`] from binaries that only
    /// have `thread/read`, and with [`CallError::TooLong`] when a single turn does not fit into a line.
    pub async fn thread_turns_list(
        &self,
        thread_id: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<TurnPage, CallError> {
        let method = "thread/turns/list";
        let mut params = json!({"threadId": thread_id, "sortDirection": "desc", "itemsView": "full"});
        if let Some(cursor) = cursor {
            params["cursor"] = json!(cursor);
        }
        let mut limit = limit;
        loop {
            params["limit"] = json!(limit);
            match self.call(method, params.clone(), CALL_LIMIT).await {
                Err(CallError::TooLong { .. }) if limit > 1 => limit /= 2,
                page => return read(method, page?),
            }
        }
    }

    /// Returns the newest turn of a thread, whoever owns the thread.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
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

    /// Returns the turn with this id, or the turn that contains the message with this client id, whoever owns
    /// the thread. Searches the newest `turns_max` turns, rounded up to whole pages. Where the binary has
    /// `thread/turns/list`, no more of a long history is read than necessary.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_find_turn(
        &self,
        methods: &Methods,
        thread_id: &str,
        turn_id: Option<&str>,
        client_message_id: &str,
        turns_max: usize,
    ) -> Result<Option<Turn>, CallError> {
        let matches = |turn: &Turn| turn.is(turn_id, client_message_id);
        if !methods.has("thread/turns/list") {
            let turns = self.thread_read(thread_id, true).await?.turns;
            return Ok(turns.into_iter().rev().take(turns_max).find(matches));
        }
        let mut cursor = None;
        for _ in 0..turns_max.div_ceil(FIND_PAGE_LENGTH) {
            let page = self.thread_turns_list(thread_id, cursor.as_deref(), FIND_PAGE_TURNS).await?;
            if let Some(turn) = page.turns.into_iter().find(matches) {
                return Ok(Some(turn));
            }
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        Ok(None)
    }

    /// `thread/fork`: creates a new thread as a copy of this one, loads it in this process and watches it.
    /// The owner of the original keeps it: forking needs no writer lock, even while a turn runs. The original
    /// must have had a turn and must not be archived.
    ///
    /// 0.140 copies all turns, whatever it is told. The turns beyond `point` are then rolled back in the
    /// fork.
    ///
    /// # Errors
    /// [`RollBackError::Call`] when a call fails, and the other variants when the fork cannot be rolled back.
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
        if let Some(beyond) = self.first_turn_beyond(methods, &fork.id, point).await? {
            self.thread_roll_back(methods, &fork.id, &RollBack::From(beyond)).await?;
        }
        Ok((fork, watch))
    }

    /// Returns the first turn that a fork contains although `point` excludes it. A fork's turns keep their
    /// ids.
    async fn first_turn_beyond(
        &self,
        methods: &Methods,
        fork_id: &str,
        point: &ForkPoint,
    ) -> Result<Option<TurnId>, CallError> {
        let (turn_id, included) = match point {
            ForkPoint::Whole => return Ok(None),
            ForkPoint::After(turn_id) => (turn_id, 1),
            ForkPoint::Before(turn_id) => (turn_id, 0),
        };
        let ids = self.thread_turn_ids(methods, fork_id).await?;
        let position = ids.iter().position(|id| id == turn_id);
        Ok(position.and_then(|position| ids.get(position + included)).cloned())
    }

    /// `thread/archive`: archives a thread. The thread need not be loaded, but no other process may own it
    /// ([`crate::rpc::Refusal::OwnedElsewhere`]). If it is loaded in this process, it is unloaded and its
    /// running turn is interrupted.
    ///
    /// # Errors
    /// [`CallError`] when the call fails, with [`crate::rpc::Refusal::ThreadUnknown`] also when the thread is
    /// already archived.
    pub async fn thread_archive(&self, thread_id: &str) -> Result<(), CallError> {
        self.call("thread/archive", json!({"threadId": thread_id}), CALL_LIMIT).await.map(drop)
    }

    /// `thread/unarchive`: takes a thread out of the archive, without loading it.
    ///
    /// # Errors
    /// [`CallError`] when the call fails, with [`crate::rpc::Refusal::ThreadUnknown`] when the thread is not
    /// archived.
    pub async fn thread_unarchive(&self, thread_id: &str) -> Result<(), CallError> {
        self.call("thread/unarchive", json!({"threadId": thread_id}), CALL_LIMIT).await.map(drop)
    }

    /// `thread/name/set`: names a thread, whoever owns it. Codex refuses a blank name.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_set_name(&self, thread_id: &str, name: &str) -> Result<(), CallError> {
        self.call("thread/name/set", json!({"threadId": thread_id, "name": name}), CALL_LIMIT).await.map(drop)
    }

    /// `thread/goal/get`: returns the goal of a thread, whoever owns it.
    ///
    /// # Errors
    /// [`CallError`] when the call fails. Binaries before about 0.150 do not know the method.
    pub async fn thread_goal(&self, thread_id: &str) -> Result<Option<Goal>, CallError> {
        self.goal_call("thread/goal/get", json!({"threadId": thread_id})).await
    }

    /// `thread/goal/set` with the status `paused`: Codex does not start further turns for the goal. The
    /// running turn continues.
    ///
    /// # Errors
    /// [`CallError`] when the call fails, for example because the thread has no goal.
    pub async fn thread_goal_pause(&self, thread_id: &str) -> Result<Option<Goal>, CallError> {
        self.goal_call("thread/goal/set", json!({"threadId": thread_id, "status": "paused"})).await
    }

    /// `thread/goal/set`: sets the goal of a thread, whoever owns it. Where the thread is loaded, Codex
    /// starts to pursue an active goal at once, otherwise when the thread is loaded.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_goal_set(
        &self,
        thread_id: &str,
        goal: &GoalChange,
    ) -> Result<Option<Goal>, CallError> {
        let mut params = to_value("thread/goal/set", goal)?;
        params["threadId"] = json!(thread_id);
        self.goal_call("thread/goal/set", params).await
    }

    /// `thread/goal/clear`: removes the goal of a thread.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_goal_clear(&self, thread_id: &str) -> Result<(), CallError> {
        self.call("thread/goal/clear", json!({"threadId": thread_id}), CALL_LIMIT).await.map(drop)
    }

    async fn goal_call(&self, method: &str, params: Value) -> Result<Option<Goal>, CallError> {
        let reply = self.call(method, params, CALL_LIMIT).await?;
        let goal = Option::<Goal>::deserialize(&reply["goal"]);
        goal.map_err(|error| CallError::Unexpected { method: method.to_owned(), reason: error.to_string() })
    }

    /// `thread/compact/start`: starts to replace the history that the model sees by a summary. This is a turn
    /// of its own, whose `turn/started` and `turn/completed` follow. The thread must be loaded in this
    /// process and idle: a running turn is interrupted.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_compact(&self, thread_id: &str) -> Result<(), CallError> {
        self.call("thread/compact/start", json!({"threadId": thread_id}), CALL_LIMIT).await.map(drop)
    }

    /// Rolls back turns from the end of a thread that is loaded in this process. A running turn is lost.
    /// Files are not changed. Returns the number of turns that were rolled back.
    ///
    /// Newer binaries use `thread/revert`, which only accepts threads in the newer storage format
    /// ("paginated"). Older binaries use `thread/rollback`, which only accepts the others. Binaries in
    /// between have both methods. A binary with only `thread/revert` cannot roll back a thread in the older
    /// format; a fork ([`ForkPoint`]) has the same effect.
    ///
    /// # Errors
    /// [`RollBackError`]. The thread is unchanged then.
    pub async fn thread_roll_back(
        &self,
        methods: &Methods,
        thread_id: &str,
        what: &RollBack,
    ) -> Result<usize, RollBackError> {
        let ids = self.thread_turn_ids(methods, thread_id).await?;
        let first = match what {
            RollBack::Turns(count) => {
                ids.len().checked_sub(*count).ok_or(RollBackError::TooMany(ids.len()))?
            }
            RollBack::From(turn_id) => ids
                .iter()
                .position(|id| id == turn_id)
                .ok_or_else(|| RollBackError::TurnUnknown(turn_id.clone()))?,
        };
        let Some(first_id) = ids.get(first) else { return Ok(0) };
        let count = ids.len() - first;
        let revert = json!({"threadId": thread_id, "beforeTurnId": first_id});
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
