//! Builds the result of a turn: from its notifications while it runs, or from its stored form afterwards.

use std::collections::HashMap;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::TurnId;
use crate::exec::ExecEvent;
use crate::protocol::{Turn, TurnError, TurnStatus};
use crate::rpc::Notification;

/// Token counts of a turn (`TokenUsageBreakdown`). Binaries before about 0.150 lack some of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenUsage {
    /// The number of all tokens.
    pub total_tokens: u64,
    /// The number of tokens sent to the model, including cached ones.
    pub input_tokens: u64,
    /// The number of input tokens read from the provider's cache.
    pub cached_input_tokens: u64,
    /// The number of tokens that the model generated, including reasoning.
    pub output_tokens: u64,
    /// The number of output tokens used for reasoning.
    pub reasoning_output_tokens: u64,
}

impl TokenUsage {
    fn plus(&self, more: &Self) -> Self {
        Self {
            total_tokens: self.total_tokens.saturating_add(more.total_tokens),
            input_tokens: self.input_tokens.saturating_add(more.input_tokens),
            cached_input_tokens: self.cached_input_tokens.saturating_add(more.cached_input_tokens),
            output_tokens: self.output_tokens.saturating_add(more.output_tokens),
            reasoning_output_tokens: self
                .reasoning_output_tokens
                .saturating_add(more.reasoning_output_tokens),
        }
    }
}

/// The file changes in progress on a thread, by item. A request to approve one names only its item.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileChanges(HashMap<String, Value>);

impl FileChanges {
    /// Processes one notification of the thread.
    pub fn observe(&mut self, notification: &Notification) {
        let item = &notification.params["item"];
        let (Some("fileChange"), Some(id)) = (item["type"].as_str(), item["id"].as_str()) else { return };
        match notification.method.as_str() {
            "item/started" => {
                self.0.insert(id.to_owned(), item["changes"].clone());
            }
            "item/completed" => {
                self.0.remove(id);
            }
            _ => {}
        }
    }

    /// Returns the changes of an item: `[{path, kind, diff}]`.
    #[must_use]
    pub fn of(&self, item_id: &str) -> Option<Value> {
        self.0.get(item_id).cloned()
    }
}

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnEnd {
    /// The turn succeeded.
    Completed,
    /// The turn was stopped by somebody, or by the exit of the process that ran it.
    Interrupted,
    /// The turn failed, with Codex's error.
    Failed(TurnError),
}

/// A command that a turn runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunningCommand {
    /// The command line as Codex shows it.
    pub command: String,
    /// The working directory.
    pub cwd: Option<String>,
}

/// The result of a turn so far, or of several turns that belong to the same work.
///
/// A turn that follows another one replaces the answer, the plan and the diff if it has its own. Tokens and
/// durations are added up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TurnRecord {
    /// The final answer: the agent's last complete message.
    pub answer: Option<String>,
    /// The token usage, summed over the requests to the model. `None` when Codex did not send it. Stored
    /// turns have none.
    pub usage: Option<TokenUsage>,
    /// The unified diff of all file changes so far.
    pub diff: Option<String>,
    /// The agent's plan as Codex sent it: `{explanation, plan: [{step, status}]}`.
    pub plan: Option<Value>,
    /// The message that the agent is writing.
    unfinished: Option<UnfinishedMessage>,
    /// The commands that are running, by item, in the order of their start.
    commands: Vec<(String, RunningCommand)>,
    /// The turn that the following fields describe.
    turn_id: Option<TurnId>,
    /// When the notification of the start arrived.
    started_at: Option<Instant>,
    duration_ms: Option<u64>,
    /// The duration of the turns before this one.
    earlier_ms: Option<u64>,
    /// The last error that was reported during the turn.
    error: Option<TurnError>,
}

#[derive(Debug, Clone, PartialEq)]
struct UnfinishedMessage {
    /// The item. `None` for a message that an earlier process observed.
    item_id: Option<String>,
    text: String,
}

impl TurnRecord {
    /// Returns the record of a turn that an earlier process observed up to here.
    #[must_use]
    pub fn resumed(
        text: String,
        usage: Option<TokenUsage>,
        diff: Option<String>,
        plan: Option<Value>,
    ) -> Self {
        let unfinished = Some(UnfinishedMessage { item_id: None, text });
        Self { usage, diff, plan, unfinished, ..Self::default() }
    }

    /// Returns the text of the message that the agent is writing, or else of its last message.
    #[must_use]
    pub fn text(&self) -> &str {
        let unfinished = self.unfinished.as_ref().map(|message| message.text.as_str());
        unfinished.filter(|text| !text.is_empty()).or(self.answer.as_deref()).unwrap_or_default()
    }

    /// Returns the command that was started last among those that are running.
    #[must_use]
    pub fn command(&self) -> Option<&RunningCommand> {
        self.commands.last().map(|(_, command)| command)
    }

    /// Returns the duration of the ended turns in milliseconds. Measured between notifications where Codex
    /// does not report it (before about 0.140).
    #[must_use]
    pub fn duration_ms(&self) -> Option<u64> {
        sum(self.earlier_ms, self.duration_ms)
    }

    /// Processes one notification of the turn's thread. Returns how the turn `turn_id` ended, if this is its
    /// end.
    pub fn observe(&mut self, turn_id: &str, notification: &Notification) -> Option<TurnEnd> {
        let params = &notification.params;
        let concerns_turn = params
            .get("turnId")
            .or_else(|| params.pointer("/turn/id"))
            .and_then(Value::as_str)
            .is_none_or(|id| id == turn_id);
        if !concerns_turn {
            return None;
        }
        self.continue_with(turn_id);
        match notification.method.as_str() {
            "item/started" => self.start_item(&params["item"]),
            "item/agentMessage/delta" => self.extend_message(&params["itemId"], &params["delta"]),
            "item/completed" => self.take_item(&params["item"]),
            "turn/diff/updated" => self.diff = params["diff"].as_str().map(str::to_owned),
            "turn/plan/updated" => {
                let fields = ["explanation", "plan"].map(|name| (name.to_owned(), params[name].clone()));
                self.plan = Some(Value::Object(fields.into_iter().collect()));
            }
            "thread/tokenUsage/updated" => {
                // `last` is one request to the model. A turn makes several when it uses tools.
                let last = TokenUsage::deserialize(&params["tokenUsage"]["last"]).unwrap_or_default();
                self.usage = Some(self.usage.take().unwrap_or_default().plus(&last));
            }
            "error" => self.error = TurnError::deserialize(&params["error"]).ok(),
            "turn/started" => self.started_at = Some(Instant::now()),
            "turn/completed" => {
                self.duration_ms =
                    self.started_at.and_then(|start| u64::try_from(start.elapsed().as_millis()).ok());
                return match Turn::deserialize(&params["turn"]) {
                    Ok(turn) => self.take_end(&turn),
                    Err(error) => {
                        let reason = format!("Codex ended the turn in an unexpected format: {error}");
                        Some(TurnEnd::Failed(reason.into()))
                    }
                };
            }
            _ => {}
        }
        None
    }

    /// Processes a stored turn. Returns how it ended, or `None` while it is running. Where
    /// [`Turn::end_is_certain`] is false, the returned end is only valid if no process is running the turn.
    pub fn take_turn(&mut self, turn: &Turn) -> Option<TurnEnd> {
        self.continue_with(&turn.id);
        let end = self.take_end(turn);
        let has_answer = turn.items.last().is_some_and(|item| item["type"] == "agentMessage");
        if end == Some(TurnEnd::Completed) && !turn.end_is_certain() && !has_answer {
            return Some(TurnEnd::Interrupted);
        }
        end
    }

    /// Processes one event of `codex exec`, which runs a single turn. Returns how the turn ended, if this is
    /// its end. `is_first` is true for the first turn of the thread. Only then is the usage that
    /// `exec` reports the turn's own.
    pub fn observe_exec(&mut self, event: &ExecEvent, is_first: bool) -> Option<TurnEnd> {
        match event {
            ExecEvent::ItemCompleted(item) => self.take_item(item),
            ExecEvent::TurnCompleted { usage } => {
                self.usage = usage.clone().filter(|_| is_first);
                return Some(TurnEnd::Completed);
            }
            ExecEvent::TurnFailed(why) => return Some(TurnEnd::Failed(why.clone().into())),
            ExecEvent::Error(why) => self.error = Some(why.clone().into()),
            ExecEvent::ThreadStarted { .. } | ExecEvent::TurnStarted | ExecEvent::Other(_) => {}
        }
        None
    }

    /// Keeps the sums of the turns before this one.
    fn continue_with(&mut self, turn_id: &str) {
        if self.turn_id.as_deref() == Some(turn_id) {
            return;
        }
        self.turn_id = Some(turn_id.into());
        self.earlier_ms = sum(self.earlier_ms, self.duration_ms.take());
        self.started_at = None;
        self.error = None;
        self.commands.clear();
    }

    /// Processes a turn whose status is reliable.
    fn take_end(&mut self, turn: &Turn) -> Option<TurnEnd> {
        for item in &turn.items {
            self.take_item(item);
        }
        self.duration_ms = turn.duration_ms.or(self.duration_ms);
        let end = match turn.status {
            TurnStatus::Completed => TurnEnd::Completed,
            TurnStatus::Interrupted => TurnEnd::Interrupted,
            TurnStatus::InProgress | TurnStatus::Unknown => return None,
            TurnStatus::Failed => {
                let error = turn.error.clone().or_else(|| self.error.clone());
                TurnEnd::Failed(
                    error.unwrap_or_else(|| "Codex gave no reason why the turn failed".to_owned().into()),
                )
            }
        };
        self.commands.clear();
        Some(end)
    }

    fn start_item(&mut self, item: &Value) {
        let (Some(id), Some(command)) = (item["id"].as_str(), item["command"].as_str()) else { return };
        if item["type"] == "commandExecution" {
            let cwd = item["cwd"].as_str().map(str::to_owned);
            self.commands.push((id.to_owned(), RunningCommand { command: command.to_owned(), cwd }));
        }
    }

    fn extend_message(&mut self, item_id: &Value, delta: &Value) {
        let (Some(item_id), Some(delta)) = (item_id.as_str(), delta.as_str()) else { return };
        match &mut self.unfinished {
            Some(message) if message.item_id.as_deref() == Some(item_id) => message.text.push_str(delta),
            unfinished => {
                let (item_id, text) = (Some(item_id.to_owned()), delta.to_owned());
                *unfinished = Some(UnfinishedMessage { item_id, text });
            }
        }
    }

    fn take_item(&mut self, item: &Value) {
        // `codex exec` and the app-server use different names.
        if (item["type"] == "agent_message" || item["type"] == "agentMessage")
            && let Some(text) = item["text"].as_str()
        {
            self.answer = Some(text.to_owned());
            self.unfinished = None;
        }
        if let Some(id) = item["id"].as_str() {
            self.commands.retain(|(running, _)| running != id);
        }
    }
}

fn sum(first: Option<u64>, second: Option<u64>) -> Option<u64> {
    match (first, second) {
        (Some(first), Some(second)) => Some(first.saturating_add(second)),
        (first, second) => second.or(first),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn notification(method: &str, params: Value) -> Notification {
        Notification { method: method.to_owned(), params }
    }

    #[test]
    fn a_record_is_built_from_the_notifications_of_a_turn() {
        let mut record = TurnRecord::default();
        let usage = |total: u64| {
            json!({"turnId": "a", "tokenUsage": {"last": {"totalTokens": total,
            "inputTokens": 1}}})
        };
        let seen = [
            notification(
                "item/completed",
                json!({"turnId": "a", "item": {"type": "agentMessage", "text": "first"}}),
            ),
            notification("thread/tokenUsage/updated", usage(10)),
            notification("turn/diff/updated", json!({"turnId": "a", "diff": "--- a"})),
            notification(
                "turn/plan/updated",
                json!({"turnId": "a", "plan": [{"step": "s", "status": "pending"}]}),
            ),
            notification(
                "item/completed",
                json!({"turnId": "a", "item": {"type": "agentMessage", "text": "last"}}),
            ),
            notification(
                "item/completed",
                json!({"turnId": "b", "item": {"type": "agentMessage", "text": "other"}}),
            ),
            notification("thread/tokenUsage/updated", usage(5)),
        ];
        for notification in &seen {
            assert_eq!(record.observe("a", notification), None);
        }
        let done = notification(
            "turn/completed",
            json!({"turn": {"id": "a", "status": "completed", "items": [], "durationMs": 12}}),
        );
        assert_eq!(record.observe("a", &done), Some(TurnEnd::Completed));
        assert_eq!(record.answer.as_deref(), Some("last"));
        assert_eq!(
            record.usage.as_ref().map(|usage| (usage.total_tokens, usage.input_tokens)),
            Some((15, 2))
        );
        assert_eq!(record.diff.as_deref(), Some("--- a"));
        assert_eq!(record.plan.as_ref().map(|plan| plan["plan"][0]["step"].clone()), Some(json!("s")));
        assert_eq!(record.duration_ms(), Some(12));
    }

    #[test]
    fn a_duration_that_codex_does_not_report_is_measured() {
        let mut record = TurnRecord::default();
        record.observe("a", &notification("turn/started", json!({"turn": {"id": "a"}})));
        let done = notification("turn/completed", json!({"turn": {"id": "a", "status": "completed"}}));
        assert_eq!(record.observe("a", &done), Some(TurnEnd::Completed));
        assert!(record.duration_ms().is_some());
    }

    #[test]
    fn a_stored_turn_without_times_has_succeeded_only_with_an_answer() {
        let cases = [
            (json!([{"type": "userMessage"}, {"type": "agentMessage", "text": "hi"}]), TurnEnd::Completed),
            (json!([{"type": "userMessage"}]), TurnEnd::Interrupted),
            (
                json!([{"type": "agentMessage", "text": "let me see"}, {"type": "commandExecution"}]),
                TurnEnd::Interrupted,
            ),
        ];
        for (items, expected) in cases {
            let turn = Turn::deserialize(json!({"id": "a", "status": "completed", "items": items})).unwrap();
            assert!(!turn.end_is_certain());
            assert_eq!(TurnRecord::default().take_turn(&turn), Some(expected), "{items}");
        }
    }

    #[test]
    fn the_end_of_another_turn_is_ignored() {
        let done = notification("turn/completed", json!({"turn": {"id": "b", "status": "completed"}}));
        assert_eq!(TurnRecord::default().observe("a", &done), None);
    }

    #[test]
    fn a_failed_turn_has_a_reason() {
        let cases = [
            (json!({"id": "a", "status": "failed", "error": {"message": "no quota"}}), "no quota"),
            (json!({"id": "a", "status": "failed"}), "seen before"),
        ];
        for (turn, expected) in cases {
            let mut record = TurnRecord::default();
            record.observe(
                "a",
                &notification("error", json!({"turnId": "a", "error": {"message": "seen before"}})),
            );
            let end = record.observe("a", &notification("turn/completed", json!({"turn": turn})));
            assert_eq!(end, Some(TurnEnd::Failed(expected.to_owned().into())));
        }
    }
}
