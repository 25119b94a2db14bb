//! The envelope of the app-server's protocol: JSON-RPC 2.0 without the `jsonrpc` member, one JSON object per
//! line.
//!
//! This module does no IO: it converts between bytes and messages. Source: `codex app-server generate-ts`,
//! files `RequestId`, `ServerRequest`, `ServerNotification`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A message from the app-server.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// The response to one of our calls.
    Response {
        /// The id of the call.
        id: u64,
        /// The method's result or error.
        outcome: Result<Value, RpcError>,
    },
    /// A notification, which needs no answer.
    Notification(Notification),
    /// A request, which blocks its turn until it is answered.
    Request(ServerRequest),
}

/// A notification of the app-server.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// The method, for example `turn/completed`.
    pub method: String,
    /// The parameters of the notification.
    pub params: Value,
}

impl Notification {
    /// Returns the type and the subject of the notification: `{type, thread_id, conversation_id, turn_id?,
    /// status?}`.
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

    /// Returns the threads of the sub-agents that this notification names: those that the turn has started or
    /// calls (`collabAgentToolCall`).
    pub fn sub_agents(&self) -> impl Iterator<Item = &str> {
        let item = &self.params["item"];
        let names = item["receiverThreadIds"].as_array().filter(|_| item["type"] == "collabAgentToolCall");
        names.into_iter().flatten().filter_map(Value::as_str)
    }

    /// Returns the id of the turn that this notification announces: with `turn/started`, or with the
    /// beginning of a compaction, whose turn binaries before about 0.140 do not announce.
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

/// A request from the app-server to its client, for example for an approval.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerRequest {
    /// A number or a string. The answer repeats it unchanged.
    pub id: Value,
    /// The method, for example `item/commandExecution/requestApproval`.
    pub method: String,
    /// The parameters of the request.
    pub params: Value,
}

/// The error member of a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message} ({code})")]
pub struct RpcError {
    /// The JSON-RPC error code. Codex uses -32600 for nearly everything, so the message decides: see
    /// [`Refusal`].
    pub code: i64,
    /// The message for a person.
    pub message: String,
}

impl RpcError {
    /// Reports whether Codex refused the request as such, instead of failing at it: an invalid request or
    /// invalid parameters, as JSON-RPC 2.0 defines their codes.
    #[must_use]
    pub fn refuses_request(&self) -> bool {
        matches!(self.code, -32600 | -32602)
    }
}

/// The meaning of a refused call on a thread. All meanings share one error code, so the message decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Another process has loaded the thread for writing.
    OwnedElsewhere,
    /// The thread is being unloaded in this process. The same call will work in a moment.
    Closing,
    /// Codex does not know this thread. Or the thread exists, but the call needs it to be loaded in this
    /// process (see [`crate::protocol`]).
    ThreadUnknown,
    /// The thread is archived.
    Archived,
    /// The given turn is not running: no turn is, or another one.
    TurnNotActive,
    /// The thread has no readable turns: it has none yet, or is being closed.
    NoTurnsYet,
    /// The binary does not have this method.
    MethodUnknown,
    /// Anything else.
    Other,
}

impl RpcError {
    /// Returns the meaning of the message. The messages were seen on 0.155.1 and 0.169.0.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        let message = self.message.as_str();
        if message.contains("already has an active writer") {
            Refusal::OwnedElsewhere
        } else if message.contains("is closing") {
            Refusal::Closing
        } else if message.contains("is not materialized yet") {
            Refusal::NoTurnsYet
        } else if message.contains("is archived") {
            Refusal::Archived
        } else if message.contains("no active turn") || message.contains("expected active turn id") {
            Refusal::TurnNotActive
        } else if message.contains("no rollout found")
            || message.contains("no archived rollout found")
            || message.contains("thread not loaded")
            || message.contains("thread not found")
            // `failed to archive session: thread 0192… not found`, also for a thread that is being closed.
            || (message.contains("thread ") && message.ends_with(" not found"))
            || message.contains("invalid thread id")
            || message.contains("invalid session id")
        {
            Refusal::ThreadUnknown
        } else if message.contains("unknown variant") || self.code == -32601 {
            Refusal::MethodUnknown
        } else {
            Refusal::Other
        }
    }
}

/// Why a line is not a message of this protocol.
#[derive(Debug, thiserror::Error)]
pub enum MalformedLine {
    /// The line is not JSON.
    #[error("not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// The line is JSON without a method and without an id that we could have sent.
    #[error("neither a response to a call, nor a notification, nor a request")]
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

/// Parses one line.
///
/// # Errors
/// [`MalformedLine`] when the line is not a message of this protocol. The caller logs it and continues: one
/// bad line must not end a session.
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

/// The members of a message before its content.
#[derive(Debug, Default, PartialEq, Deserialize)]
pub struct Beginning {
    /// The id of a response or a request.
    #[serde(default)]
    pub id: Option<Value>,
    /// The method of a request or a notification.
    #[serde(default)]
    pub method: Option<String>,
}

/// Reads the beginning of a line that is too long to be read as a whole. Codex writes the content of a
/// message last.
#[must_use]
pub fn beginning(line: &[u8]) -> Beginning {
    let line = String::from_utf8_lossy(line);
    let content = [r#","result":"#, r#","error":"#, r#","params":"#];
    let end = content.iter().filter_map(|member| line.find(member)).min();
    let read = end.and_then(|end| serde_json::from_str(&format!("{}}}", &line[..end])).ok());
    read.unwrap_or_default()
}

/// Returns the line of a call. Its response has the same id.
#[must_use]
pub fn call(id: u64, method: &str, params: &Value) -> String {
    json!({"id": id, "method": method, "params": params}).to_string()
}

/// Returns the line of a notification without parameters. The client's only notification is `initialized`.
#[must_use]
pub fn notification(method: &str) -> String {
    json!({"method": method}).to_string()
}

/// Returns the line that answers a [`ServerRequest`].
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
    fn the_members_of_a_line_decide_what_it_is() {
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
    fn the_beginning_of_a_long_line_tells_what_it_is() {
        for (line, id, method) in [
            (r#"{"id":7,"result":{"id":8,"text":"aaa"#, Some(json!(7)), None),
            (r#"{"id":7,"error":{"message":"aaa"#, Some(json!(7)), None),
            (r#"{"method":"a/b","id":"s-1","params":{"x":"aaa"#, Some(json!("s-1")), Some("a/b")),
            (r#"{"method":"a/b","params":{"id":3,"result":"aaa"#, None, Some("a/b")),
            (r#"{"result":{"id":8},"id":7"#, None, None),
            (r#"{"id":7,"jsonrpc"#, None, None),
            ("", None, None),
        ] {
            let expected = Beginning { id, method: method.map(str::to_owned) };
            assert_eq!(beginning(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn a_line_that_is_not_a_message_is_rejected() {
        for line in ["", "hello", "[]", "3", r#"{"result":{}}"#, r#"{"id":"not-ours","result":{}}"#] {
            assert!(parse(line.as_bytes()).is_err(), "{line}");
        }
    }

    #[test]
    fn a_started_turn_is_announced_by_its_notification_or_its_compaction() {
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
    fn refusals_are_recognized_by_their_message() {
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
