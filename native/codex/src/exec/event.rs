//! Reads the events of `codex exec --json` leniently.

use serde_json::{Value, json};

use crate::ThreadId;
use crate::rpc::Notification;
use crate::turn::TokenUsage;

/// An event: one line of output.
#[derive(Debug, Clone, PartialEq)]
pub enum ExecEvent {
    /// `thread.started`: names the thread, also when it was resumed.
    ThreadStarted {
        /// The thread id.
        thread_id: ThreadId,
    },
    /// `turn.started`.
    TurnStarted,
    /// `item.completed`: a message, command, file change, …, with the type names of `exec` (`agent_message`,
    /// …).
    ItemCompleted(Value),
    /// `turn.completed`: the turn succeeded.
    TurnCompleted {
        /// The usage of the whole thread so far, including turns before a resume.
        usage: Option<TokenUsage>,
    },
    /// `turn.failed`: the turn failed, with Codex's message.
    TurnFailed(String),
    /// `error`. A `turn.failed` follows when the error ends the turn.
    Error(String),
    /// Any other event, for example `item.started`.
    Other(Value),
}

impl ExecEvent {
    pub(super) fn read(mut event: Value) -> Self {
        let message = |value: &Value| value.as_str().unwrap_or("Codex gave no reason").to_owned();
        match event["type"].as_str() {
            Some("thread.started") => match event["thread_id"].as_str() {
                Some(thread_id) => Self::ThreadStarted { thread_id: thread_id.into() },
                None => Self::Other(event),
            },
            Some("turn.started") => Self::TurnStarted,
            Some("item.completed") => Self::ItemCompleted(event["item"].take()),
            Some("turn.completed") => Self::TurnCompleted { usage: usage(&event["usage"]) },
            Some("turn.failed") => Self::TurnFailed(message(&event["error"]["message"])),
            Some("error") => Self::Error(message(&event["message"])),
            _ => Self::Other(event),
        }
    }

    /// Converts the event into the corresponding notification of an app-server, as far as possible. Items
    /// keep the type names of `exec`.
    #[must_use]
    pub fn as_notification(&self, thread_id: &str) -> Notification {
        let (method, params) = match self {
            Self::ThreadStarted { thread_id } => {
                ("thread/started".to_owned(), json!({"thread": {"id": thread_id}}))
            }
            Self::TurnStarted => ("turn/started".to_owned(), json!({})),
            Self::ItemCompleted(item) => ("item/completed".to_owned(), json!({"item": item})),
            Self::TurnCompleted { usage } => ("turn/completed".to_owned(), json!({"usage": usage})),
            Self::TurnFailed(why) => ("turn/failed".to_owned(), json!({"error": {"message": why}})),
            Self::Error(why) => ("error".to_owned(), json!({"error": {"message": why}})),
            Self::Other(event) => {
                (event["type"].as_str().unwrap_or("unknown").replace('.', "/"), event.clone())
            }
        };
        let mut params = params;
        if params.is_object() {
            params["threadId"] = json!(thread_id);
        }
        Notification { method, params }
    }
}

fn usage(usage: &Value) -> Option<TokenUsage> {
    let count = |name: &str| usage[name].as_u64().unwrap_or_default();
    usage.is_object().then(|| TokenUsage {
        total_tokens: count("input_tokens").saturating_add(count("output_tokens")),
        input_tokens: count("input_tokens"),
        cached_input_tokens: count("cached_input_tokens"),
        output_tokens: count("output_tokens"),
        reasoning_output_tokens: count("reasoning_output_tokens"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_read_leniently() {
        let counted = json!({"type": "turn.completed", "usage": {"input_tokens": 5, "output_tokens": 2}});
        let usage =
            TokenUsage { total_tokens: 7, input_tokens: 5, output_tokens: 2, ..TokenUsage::default() };
        let odd = [json!({"type": "item.started"}), json!({"type": "thread.started"}), json!(7)];
        let cases = [
            (
                json!({"type": "thread.started", "thread_id": "t"}),
                ExecEvent::ThreadStarted { thread_id: "t".into() },
            ),
            (counted, ExecEvent::TurnCompleted { usage: Some(usage) }),
            (json!({"type": "turn.completed"}), ExecEvent::TurnCompleted { usage: None }),
            (json!({"type": "turn.failed", "error": {"message": "no"}}), ExecEvent::TurnFailed("no".into())),
            (json!({"type": "error"}), ExecEvent::Error("Codex gave no reason".into())),
            (
                json!({"type": "item.completed", "item": {"id": "i"}}),
                ExecEvent::ItemCompleted(json!({"id": "i"})),
            ),
        ];
        for (line, expected) in
            cases.into_iter().chain(odd.map(|line| (line.clone(), ExecEvent::Other(line))))
        {
            assert_eq!(ExecEvent::read(line), expected);
        }
    }
}
