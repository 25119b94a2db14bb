//! The envelope of the app-server's protocol: one JSON object a line, JSON-RPC 2.0 without the `jsonrpc` member.
//!
//! Pure: bytes in, messages out. Source: `codex app-server generate-ts`, files `RequestId`, `ServerRequest`,
//! `ServerNotification`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A message that the app-server sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// The answer to a call of ours.
    Response {
        /// The id that our call carried.
        id: u64,
        /// The method's result, or why there is none.
        outcome: Result<Value, RpcError>,
    },
    /// Something that happened; nobody has to answer.
    Notification(Notification),
    /// A question that blocks its turn until it is answered.
    Request(ServerRequest),
}

/// A notification of the app-server.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// For example `turn/completed`.
    pub method: String,
    /// The notification's own fields.
    pub params: Value,
}

impl Notification {
    /// What it is and what it concerns: `{type, thread_id, conversation_id, turn_id?, status?}`.
    #[must_use]
    pub fn identity(&self) -> Value {
        let thread_id = self.params.get("threadId").or_else(|| self.params.pointer("/thread/id"));
        let mut identity = json!({"type": self.method, "thread_id": thread_id, "conversation_id": thread_id});
        let more = [
            ("turn_id", self.params.pointer("/turn/id").or_else(|| self.params.get("turnId"))),
            ("status", self.params.pointer("/turn/status")),
        ];
        for (name, value) in more {
            if let Some(value @ Value::String(_)) = value {
                identity[name] = value.clone();
            }
        }
        identity
    }
}

impl Notification {
    /// The turn that it says has started: `turn/started`, or the begin of a compaction, whose turn binaries before about
    /// 0.140 do not announce.
    #[must_use]
    pub fn started_turn(&self) -> Option<&str> {
        let turn_id = match self.method.as_str() {
            "turn/started" => self.params.pointer("/turn/id"),
            "item/started" if self.params["item"]["type"] == "contextCompaction" => self.params.get("turnId"),
            _ => None,
        };
        turn_id?.as_str()
    }
}

/// A request of the app-server to its client, for example for an approval.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerRequest {
    /// Number or string, returned as it came.
    pub id: Value,
    /// For example `item/commandExecution/requestApproval`.
    pub method: String,
    /// The request's own fields.
    pub params: Value,
}

/// The error member of a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message} ({code})")]
pub struct RpcError {
    /// JSON-RPC error code. Codex answers nearly everything with -32600, so the text decides: see [`Refusal`].
    pub code: i64,
    /// The text for a person.
    pub message: String,
}

/// What a refused call on a thread means, told by its text: all of these share one error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Another process has the thread loaded for writing.
    OwnedElsewhere,
    /// The thread is being unloaded here; the same call works in a moment.
    Closing,
    /// Codex does not know this thread; or it exists, and the call needs it to be loaded here (see [`crate::protocol`]).
    ThreadUnknown,
    /// The thread was put away (archived).
    Archived,
    /// The turn that was named does not run: none does, or another one.
    TurnNotActive,
    /// The thread has no turns that could be read: it has none yet, or is just being closed.
    NoTurnsYet,
    /// The binary does not have this method.
    MethodUnknown,
    /// Anything else.
    Other,
}

impl RpcError {
    /// Reads the text. The texts were seen on 0.155.1 and 0.169.0.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        let text = self.message.as_str();
        if text.contains("already has an active writer") {
            Refusal::OwnedElsewhere
        } else if text.contains("is closing") {
            Refusal::Closing
        } else if text.contains("is not materialized yet") {
            Refusal::NoTurnsYet
        } else if text.contains("is archived") {
            Refusal::Archived
        } else if text.contains("no active turn") || text.contains("expected active turn id") {
            Refusal::TurnNotActive
        } else if text.contains("no rollout found")
            || text.contains("no archived rollout found")
            || text.contains("thread not loaded")
            || text.contains("thread not found")
            // `failed to archive session: thread 0192… not found`, of one that is just being closed, too.
            || (text.contains("thread ") && text.ends_with(" not found"))
            || text.contains("invalid thread id")
            || text.contains("invalid session id")
        {
            Refusal::ThreadUnknown
        } else if text.contains("unknown variant") || self.code == -32601 {
            Refusal::MethodUnknown
        } else {
            Refusal::Other
        }
    }
}

/// A line that is not a message of this protocol.
#[derive(Debug, thiserror::Error)]
pub enum MalformedLine {
    /// Not JSON.
    #[error("not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// JSON without a method and without an id that we could have sent.
    #[error("neither a response of ours nor a notification nor a request")]
    UnknownShape,
}

#[derive(Deserialize)]
struct Envelope {
    id: Option<Value>,
    method: Option<String>,
    #[serde(default)]
    params: Value,
    #[serde(default)]
    result: Value,
    error: Option<RpcError>,
}

/// Reads one line.
///
/// # Errors
/// When the line is no message of this protocol. The caller logs it and reads on: one bad line must not end a session.
pub fn parse(line: &[u8]) -> Result<Incoming, MalformedLine> {
    let Envelope { id, method, params, result, error } = serde_json::from_slice(line)?;
    match (id, method) {
        (Some(id), Some(method)) => Ok(Incoming::Request(ServerRequest { id, method, params })),
        (None, Some(method)) => Ok(Incoming::Notification(Notification { method, params })),
        (Some(id), None) => {
            let id = id.as_u64().ok_or(MalformedLine::UnknownShape)?;
            Ok(Incoming::Response { id, outcome: error.map_or(Ok(result), Err) })
        }
        (None, None) => Err(MalformedLine::UnknownShape),
    }
}

/// A call that expects a response with the same id.
#[must_use]
pub fn call(id: u64, method: &str, params: &Value) -> String {
    json!({"id": id, "method": method, "params": params}).to_string()
}

/// A notification without fields; the client's only one is `initialized`.
#[must_use]
pub fn notification(method: &str) -> String {
    json!({"method": method}).to_string()
}

/// The answer to a [`ServerRequest`].
#[must_use]
pub fn answer(id: &Value, outcome: &Result<Value, RpcError>) -> String {
    match outcome {
        Ok(result) => json!({"id": id, "result": result}),
        Err(error) => json!({"id": id, "error": error}),
    }
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_apart_by_its_members() {
        let cases = [
            (r#"{"id":3,"result":{"a":1}}"#, Incoming::Response { id: 3, outcome: Ok(json!({"a": 1})) }),
            (
                r#"{"id":4,"error":{"code":-32600,"message":"no"}}"#,
                Incoming::Response { id: 4, outcome: Err(RpcError { code: -32600, message: "no".into() }) },
            ),
            (
                r#"{"method":"turn/started","params":{"threadId":"t"},"emittedAtMs":7}"#,
                Incoming::Notification(Notification {
                    method: "turn/started".into(),
                    params: json!({"threadId": "t"}),
                }),
            ),
            (
                r#"{"id":"s-1","method":"item/tool/call","params":{}}"#,
                Incoming::Request(ServerRequest {
                    id: json!("s-1"),
                    method: "item/tool/call".into(),
                    params: json!({}),
                }),
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(parse(line.as_bytes()).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn a_line_that_is_no_message_is_refused() {
        for line in ["", "hello", "[]", "3", r#"{"result":{}}"#, r#"{"id":"not-ours","result":{}}"#] {
            assert!(parse(line.as_bytes()).is_err(), "{line}");
        }
    }

    #[test]
    fn a_turn_that_starts_is_told_by_its_notification_or_its_compaction() {
        let started = |method: &str, params: Value| {
            Notification { method: method.to_owned(), params }.started_turn().map(str::to_owned)
        };
        assert_eq!(started("turn/started", json!({"turn": {"id": "a"}})).as_deref(), Some("a"));
        let item = |kind: &str| json!({"turnId": "a", "item": {"type": kind}});
        assert_eq!(started("item/started", item("contextCompaction")).as_deref(), Some("a"));
        assert_eq!(started("item/started", item("agentMessage")), None);
        assert_eq!(started("turn/completed", json!({"turn": {"id": "a"}})), None);
    }

    #[test]
    fn refusals_are_told_by_their_text() {
        let cases = [
            ("thread 01a already has an active writer", Refusal::OwnedElsewhere),
            ("thread 01a is closing; retry thread/resume after the thread is closed", Refusal::Closing),
            ("thread 01a is not materialized yet; includeTurns is unavailable", Refusal::NoTurnsYet),
            ("no rollout found for thread id 01a", Refusal::ThreadUnknown),
            ("thread not loaded: 01a", Refusal::ThreadUnknown),
            ("failed to archive session: thread 01a not found", Refusal::ThreadUnknown),
            ("invalid thread id: invalid character", Refusal::ThreadUnknown),
            ("invalid session id: invalid character", Refusal::ThreadUnknown),
            ("Invalid request: unknown variant `x/y`, expected one of `a`", Refusal::MethodUnknown),
            ("no archived rollout found for thread id 01a", Refusal::ThreadUnknown),
            ("session 01a is archived. Run `codex unarchive 01a` to unarchive it first.", Refusal::Archived),
            ("no active turn to steer", Refusal::TurnNotActive),
            ("expected active turn id `a` but found `b`", Refusal::TurnNotActive),
            ("something else", Refusal::Other),
        ];
        for (message, expected) in cases {
            assert_eq!(RpcError { code: -32600, message: message.into() }.refusal(), expected, "{message}");
        }
    }
}
