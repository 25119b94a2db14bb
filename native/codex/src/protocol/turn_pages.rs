//! Reads the turns of a thread in pages, so that a history of any size can be read.

use serde_json::{Value, json};

use super::{CALL_LIMIT, Thread, Turn, TurnPage, read};
use crate::TurnId;
use crate::app_server::Methods;
use crate::connection::{CallError, Connection};

/// The maximum number of turns that are requested at once. Codex has the same limit.
const PAGE_TURNS_MAX: u32 = 100;
/// The maximum size of a page's turns, in bytes. A page has at least one turn, whatever its size.
const PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The maximum size of the file of a thread that is read as a whole. The turns are smaller than their file.
const WHOLE_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The turns to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TurnQuery {
    /// The [`TurnPage::next_cursor`] of the page with newer turns.
    pub cursor: Option<String>,
    /// The maximum number of turns. `None` for as many as fit on a page.
    pub limit: Option<u32>,
}

impl Connection {
    /// Returns the newest turns of a thread, or those before the cursor of the query, newest first, whoever
    /// owns the thread. A binary without pages returns all turns, and ignores the query.
    ///
    /// # Errors
    /// [`CallError`] when the call fails, with [`CallError::TooLong`] when a turn, or the thread where the
    /// binary has no pages, is larger than a line may be.
    pub async fn thread_newest_turns(
        &self,
        methods: &Methods,
        thread: &Thread,
        query: &TurnQuery,
    ) -> Result<TurnPage, CallError> {
        let has_pages = methods.has("thread/turns/list");
        if !has_pages || (*query == TurnQuery::default() && is_small(thread).await) {
            match self.thread_read(&thread.id, true).await {
                // The file may be compressed.
                Err(CallError::TooLong { .. }) if has_pages => {}
                read => {
                    let turns = read?.turns.into_iter().rev().collect();
                    return Ok(TurnPage { turns, next_cursor: None });
                }
            }
        }
        let mut found = TurnPage { turns: Vec::new(), next_cursor: query.cursor.clone() };
        let mut size = 0;
        // The size of the turns is unknown before the first one was read.
        let mut limit = 1;
        loop {
            let page = self.thread_turns_list(&thread.id, found.next_cursor.as_deref(), limit).await?;
            size += page.turns.iter().map(size_of).sum::<usize>();
            let is_last = page.turns.is_empty();
            found.turns.extend(page.turns);
            found.next_cursor = page.next_cursor;
            let count = found.turns.len();
            let fitting = PAGE_BYTES_MAX.saturating_sub(size) / (size / count.max(1)).max(1);
            let wanted = query.limit.map_or(usize::MAX, |limit| limit as usize).saturating_sub(count);
            limit = u32::try_from(fitting.min(wanted)).unwrap_or(u32::MAX).min(PAGE_TURNS_MAX);
            if is_last || limit == 0 || found.next_cursor.is_none() {
                return Ok(found);
            }
        }
    }

    /// Returns the ids of all turns of a thread, oldest first, whoever owns the thread.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub(super) async fn thread_turn_ids(
        &self,
        methods: &Methods,
        thread_id: &str,
    ) -> Result<Vec<TurnId>, CallError> {
        let method = "thread/turns/list";
        if !methods.has(method) {
            let turns = self.thread_read(thread_id, true).await?.turns;
            return Ok(turns.into_iter().map(|turn| turn.id).collect());
        }
        let mut ids = Vec::new();
        let mut cursor = Value::Null;
        loop {
            let params = json!({
                "threadId": thread_id, "limit": PAGE_TURNS_MAX, "sortDirection": "asc",
                "itemsView": "notLoaded", "cursor": cursor,
            });
            let page: TurnPage = read(method, self.call(method, params, CALL_LIMIT).await?)?;
            let is_last = page.turns.is_empty();
            ids.extend(page.turns.into_iter().map(|turn| turn.id));
            match page.next_cursor {
                Some(next) if !is_last => cursor = next.into(),
                _ => return Ok(ids),
            }
        }
    }
}

/// Reports whether the thread's file is small enough to be read as a whole.
async fn is_small(thread: &Thread) -> bool {
    match &thread.path {
        Some(path) => tokio::fs::metadata(path).await.map_or(true, |file| file.len() <= WHOLE_FILE_BYTES_MAX),
        None => true,
    }
}

/// Returns the approximate size of a turn in bytes.
fn size_of(turn: &Turn) -> usize {
    /// The size of a turn or a value without its strings.
    const BASE: usize = 16;
    fn of(value: &Value) -> usize {
        BASE + match value {
            Value::String(text) => text.len(),
            Value::Array(values) => values.iter().map(of).sum(),
            Value::Object(members) => members.iter().map(|(name, value)| name.len() + of(value)).sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        }
    }
    BASE + turn.items.iter().map(of).sum::<usize>()
}
