//! Turns: messages in, and how an exchange stands.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{CALL_LIMIT, read};
use crate::connection::{CallError, Connection};

/// One piece of a message (`UserInput`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub enum UserInput {
    /// Text.
    Text {
        /// The text itself.
        text: String,
    },
    /// A picture by `https:` or `data:` address.
    Image {
        /// The address.
        url: String,
    },
    /// A picture by absolute path.
    LocalImage {
        /// The path.
        path: PathBuf,
    },
    /// Any other piece, and any with more fields than these, as Codex takes it.
    #[serde(untagged)]
    Other(Map<String, Value>),
}

/// One exchange (`Turn`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// UUIDv7.
    pub id: String,
    /// Where it stands.
    pub status: TurnStatus,
    /// Set on failed turns.
    pub error: Option<TurnError>,
    /// Messages, commands, file changes, … as Codex sent them.
    #[serde(default)]
    pub items: Vec<Value>,
    /// Unix time in seconds.
    pub completed_at: Option<i64>,
    /// Milliseconds from start to end.
    pub duration_ms: Option<u64>,
}

impl Turn {
    /// Whether this is the turn with this id, or the one which the message with this client id belongs to.
    #[must_use]
    pub fn is(&self, turn_id: Option<&str>, client_message_id: &str) -> bool {
        let has_message =
            |item: &Value| item.get("clientId").and_then(Value::as_str) == Some(client_message_id);
        Some(self.id.as_str()) == turn_id || self.items.iter().any(has_message)
    }

    /// Whether it began with these words.
    #[must_use]
    pub fn has_text(&self, text: &str) -> bool {
        let user_message = self.items.iter().find(|item| item["type"] == "userMessage");
        let content = user_message.and_then(|item| item["content"].as_array());
        content.is_some_and(|pieces| pieces.iter().any(|piece| piece["text"] == text))
    }

    /// Whether its end is a fact. A process that does not own the thread sees a running turn as interrupted, but
    /// without a time of completion; so does everybody a turn whose process died. Binaries before about 0.140 store no
    /// times, and call every turn completed that nobody interrupted, also one that runs, failed or died.
    #[must_use]
    pub fn end_is_certain(&self) -> bool {
        match self.status {
            TurnStatus::Failed => true,
            TurnStatus::Completed | TurnStatus::Interrupted => self.completed_at.is_some(),
            TurnStatus::InProgress | TurnStatus::Unknown => false,
        }
    }
}

/// Where a turn stands (`TurnStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TurnStatus {
    /// Ended well.
    Completed,
    /// Ended by its user or by the end of its process. A process that does not own the thread sees a running turn so, too.
    Interrupted,
    /// Ended by an error.
    Failed,
    /// Running.
    InProgress,
    /// One that this program does not know yet.
    #[serde(other)]
    Unknown,
}

/// Why a turn failed (`TurnError`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnError {
    /// For a person.
    pub message: String,
}

impl Connection {
    /// `turn/start` on a thread that is loaded here and has no active turn. `client_message_id` comes back as the `clientId`
    /// of the turn's user message, by which the turn can be found again; `output_schema` is a JSON Schema for the final
    /// answer. Everything else a turn could change is a matter of [`super::ThreadOptions`], whose names mean the same in every
    /// binary.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn turn_start(
        &self,
        thread_id: &str,
        client_message_id: &str,
        input: &[UserInput],
        output_schema: Option<&Value>,
    ) -> Result<Turn, CallError> {
        self.turn_start_within(thread_id, client_message_id, input, output_schema, CALL_LIMIT).await
    }

    /// [`Self::turn_start`] that waits at most `limit` for its answer. After [`CallError::TimedOut`] the turn may run all the
    /// same; its client message id tells.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn turn_start_within(
        &self,
        thread_id: &str,
        client_message_id: &str,
        input: &[UserInput],
        output_schema: Option<&Value>,
        limit: Duration,
    ) -> Result<Turn, CallError> {
        let method = "turn/start";
        let mut params =
            json!({"threadId": thread_id, "clientUserMessageId": client_message_id, "input": input});
        if let Some(schema) = output_schema {
            params["outputSchema"] = schema.clone();
        }
        Ok(read::<TurnResult>(method, self.call(method, params, limit).await?)?.turn)
    }

    /// `turn/steer`: adds a message to the turn that runs, whose model reads it at its next step. Only the process that
    /// runs the turn can do it. Returns the turn's id.
    ///
    /// # Errors
    /// [`CallError`]; [`crate::rpc::Refusal::TurnNotActive`] when that turn does not run any more, or another one does.
    pub async fn turn_steer(
        &self,
        thread_id: &str,
        expected_turn_id: &str,
        client_message_id: &str,
        input: &[UserInput],
    ) -> Result<String, CallError> {
        let method = "turn/steer";
        let params = json!({
            "threadId": thread_id, "expectedTurnId": expected_turn_id,
            "clientUserMessageId": client_message_id, "input": input,
        });
        Ok(read::<Steered>(method, self.call(method, params, CALL_LIMIT).await?)?.turn_id)
    }

    /// `turn/interrupt`: asks a running turn to end; its `turn/completed` follows.
    ///
    /// # Errors
    /// [`CallError`].
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
struct Steered {
    turn_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_of_a_message_keeps_all_that_it_has() {
        let cases = [
            (json!({"type": "text", "text": "a"}), true),
            (json!({"type": "text", "text": "a", "text_elements": []}), false),
            (json!({"type": "localImage", "path": "/a"}), true),
            (json!({"type": "image", "url": "https://a", "detail": "low"}), false),
            (json!({"type": "skill", "name": "a", "path": "/b"}), false),
        ];
        for (piece, is_known) in cases {
            let read: UserInput = serde_json::from_value(piece.clone()).unwrap();
            assert_eq!(!matches!(read, UserInput::Other(_)), is_known, "{piece}");
            assert_eq!(serde_json::to_value(&read).unwrap(), piece);
        }
    }
}
