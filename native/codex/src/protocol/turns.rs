//! Turns: sending messages, and the state of a turn.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{CALL_LIMIT, read};
use crate::TurnId;
use crate::connection::{CallError, Connection};

/// A part of a message (`UserInput`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub enum UserInput {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// An image by `data:` URL. Codex refuses other URLs.
    Image {
        /// The URL.
        url: String,
    },
    /// An image by absolute path.
    LocalImage {
        /// The path.
        path: PathBuf,
    },
    /// Any other part, or a part with more fields than these, as Codex accepts it.
    #[serde(untagged)]
    Other(Map<String, Value>),
}

/// A turn (`Turn`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// The turn id.
    pub id: TurnId,
    /// The status.
    pub status: TurnStatus,
    /// The error of a failed turn.
    pub error: Option<TurnError>,
    /// The items of the turn (messages, commands, file changes, …) as Codex sent them.
    #[serde(default)]
    pub items: Vec<Value>,
    /// The time of completion, in seconds since the Unix epoch.
    pub completed_at: Option<i64>,
    /// The duration in milliseconds.
    pub duration_ms: Option<u64>,
}

impl Turn {
    /// Returns whether this is the turn with this id, or the turn that contains the message with this client
    /// id.
    #[must_use]
    pub fn is(&self, turn_id: Option<&str>, client_message_id: &str) -> bool {
        let has_message =
            |item: &Value| item.get("clientId").and_then(Value::as_str) == Some(client_message_id);
        Some(self.id.as_str()) == turn_id || self.items.iter().any(has_message)
    }

    /// Returns whether the turn's first message contains exactly this text.
    #[must_use]
    pub fn has_text(&self, text: &str) -> bool {
        let user_message = self.items.iter().find(|item| item["type"] == "userMessage");
        let content = user_message.and_then(|item| item["content"].as_array());
        content.is_some_and(|parts| parts.iter().any(|part| part["text"] == text))
    }

    /// Returns whether the turn has certainly ended. A process that does not own the thread sees a running
    /// turn as interrupted, but without a time of completion. Every process sees a turn whose process died in
    /// the same way. Binaries before about 0.140 store no times. They report every turn as completed that
    /// nobody interrupted, even one that is running, has failed or has died.
    #[must_use]
    pub fn end_is_certain(&self) -> bool {
        match self.status {
            TurnStatus::Failed => true,
            TurnStatus::Completed | TurnStatus::Interrupted => self.completed_at.is_some(),
            TurnStatus::InProgress | TurnStatus::Unknown => false,
        }
    }
}

/// The status of a turn (`TurnStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TurnStatus {
    /// The turn succeeded.
    Completed,
    /// The turn was ended by its user or by the exit of its process. A process that does not own the thread
    /// sees a running turn with this status, too.
    Interrupted,
    /// The turn ended with an error.
    Failed,
    /// The turn is running.
    InProgress,
    /// A status that this program does not know yet.
    #[serde(other)]
    Unknown,
}

/// Why a turn failed (`TurnError`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "WireTurnError")]
pub struct TurnError {
    /// The message for a person.
    pub message: String,
    /// The kind of the error as Codex names it (`CodexErrorInfo`), for example `usageLimitExceeded`.
    pub kind: Option<String>,
    /// The HTTP status of the model provider, if Codex forwarded one.
    pub http_status: Option<u16>,
}

impl From<String> for TurnError {
    fn from(message: String) -> Self {
        Self { message, ..Self::default() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTurnError {
    message: String,
    /// A name, or an object with one member: the name, and details such as `{httpStatusCode}`.
    #[serde(default)]
    codex_error_info: Value,
}

impl From<WireTurnError> for TurnError {
    fn from(WireTurnError { message, codex_error_info }: WireTurnError) -> Self {
        let (kind, details) = match &codex_error_info {
            Value::String(kind) => (Some(kind), None),
            Value::Object(members) => members.iter().next().unzip(),
            _ => (None, None),
        };
        let status = details.and_then(|details| details["httpStatusCode"].as_u64());
        Self {
            message,
            kind: kind.cloned(),
            http_status: status.and_then(|status| u16::try_from(status).ok()),
        }
    }
}

/// The options of one turn. All other options are those of its thread ([`super::ThreadOptions`]).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TurnOptions {
    /// The JSON Schema of the final answer.
    pub output_schema: Option<Value>,
    /// How much the model reasons, for this turn and those that follow it, for example `high`
    /// (`ReasoningEffort`). Which values a model has is in `model/list`.
    pub effort: Option<String>,
    /// How the model summarizes its reasoning, for this turn and those that follow it: `auto`, `concise`,
    /// `detailed` or `none` (`ReasoningSummary`).
    pub summary: Option<String>,
}

impl Connection {
    /// `turn/start`: starts a turn on a thread that is loaded in this process and has no active turn.
    ///
    /// `client_message_id` is returned as the `clientId` of the turn's user message, by which the turn can be
    /// found again.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn turn_start(
        &self,
        thread_id: &str,
        client_message_id: &str,
        input: &[UserInput],
        options: Option<&TurnOptions>,
    ) -> Result<Turn, CallError> {
        self.turn_start_within(thread_id, client_message_id, input, options, CALL_LIMIT).await
    }

    /// Starts a turn like [`Self::turn_start`] and waits at most `limit` for the answer. After
    /// [`CallError::TimedOut`] the turn may be running anyway, and can be found by its client message id.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn turn_start_within(
        &self,
        thread_id: &str,
        client_message_id: &str,
        input: &[UserInput],
        options: Option<&TurnOptions>,
        limit: Duration,
    ) -> Result<Turn, CallError> {
        let method = "turn/start";
        let mut params =
            json!({"threadId": thread_id, "clientUserMessageId": client_message_id, "input": input});
        if let Some(TurnOptions { output_schema, effort, summary }) = options {
            let text = |text: &Option<String>| text.clone().map(Value::String);
            let options = [
                ("outputSchema", output_schema.clone()),
                ("effort", text(effort)),
                ("summary", text(summary)),
            ];
            for (name, value) in options {
                if let Some(value) = value {
                    params[name] = value;
                }
            }
        }
        Ok(read::<TurnResult>(method, self.call(method, params, limit).await?)?.turn)
    }

    /// `turn/steer`: adds a message to the running turn, whose model reads it at its next step. Only works in
    /// the process that runs the turn. Returns the turn's id.
    ///
    /// # Errors
    /// [`CallError`] when the call fails, with [`crate::rpc::Refusal::TurnNotActive`] when the turn is no
    /// longer running or another one is.
    pub async fn turn_steer(
        &self,
        thread_id: &str,
        expected_turn_id: &str,
        client_message_id: &str,
        input: &[UserInput],
    ) -> Result<TurnId, CallError> {
        let method = "turn/steer";
        let params = json!({
            "threadId": thread_id, "expectedTurnId": expected_turn_id,
            "clientUserMessageId": client_message_id, "input": input,
        });
        Ok(read::<SteerResult>(method, self.call(method, params, CALL_LIMIT).await?)?.turn_id)
    }

    /// `turn/interrupt`: asks a running turn to end. Its `turn/completed` follows.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn turn_interrupt(&self, thread_id: &str, turn_id: &str) -> Result<(), CallError> {
        let params = json!({"threadId": thread_id, "turnId": turn_id});
        self.call("turn/interrupt", params, CALL_LIMIT).await.map(drop)
    }
}

#[derive(Deserialize)]
struct TurnResult {
    turn: Turn,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SteerResult {
    turn_id: TurnId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_message_keeps_all_its_fields() {
        let cases = [
            (json!({"type": "text", "text": "a"}), true),
            (json!({"type": "text", "text": "a", "text_elements": []}), false),
            (json!({"type": "localImage", "path": "/a"}), true),
            (json!({"type": "image", "url": "https://a", "detail": "low"}), false),
            (json!({"type": "skill", "name": "a", "path": "/b"}), false),
        ];
        for (part, is_known) in cases {
            let read: UserInput = serde_json::from_value(part.clone()).unwrap();
            assert_eq!(!matches!(read, UserInput::Other(_)), is_known, "{part}");
            assert_eq!(serde_json::to_value(&read).unwrap(), part);
        }
    }
}
