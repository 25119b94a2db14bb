//! The script of a peer. In Rust it is built with the functions below; as JSON, for `scripted-app-server`:
//!
//! ```json
//! { "steps": [
//!     { "expect": "initialize", "then": [{ "result": { "userAgent": "scripted" } }] },
//!     { "expect": "turn/start", "then": [
//!         { "notify": { "method": "turn/started", "params": {} } },
//!         { "raw": "this is not JSON" },
//!         { "longLine": 1000000 },
//!         { "error": { "code": -32600, "message": "no" } },
//!         "close" ] } ],
//!   "always": [{ "expect": "thread/read", "then": [{ "result": {} }] }] }
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a peer expects and does.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeerScript {
    /// Expected in this order. After the last one the peer stays silent, but keeps reading.
    pub steps: Vec<Step>,
    /// Answers to what may come at any time and any number of times. A step that expects the same method goes
    /// first; one that expects any request does not.
    #[serde(default)]
    pub always: Vec<Step>,
}

/// One message that is expected from the client, and what happens then.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// The method of the request or notification; `*` is any request; `response` is the answer to a
    /// [`Action::Request`].
    pub expect: String,
    /// Done in this order. Without a result or an error the request is never answered.
    #[serde(default)]
    pub then: Vec<Action>,
}

/// One thing that a peer does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Action {
    /// Answers the expected request.
    Result(Value),
    /// Refuses the expected request.
    Error {
        /// The error code of JSON-RPC.
        code: i64,
        /// What is wrong.
        message: String,
    },
    /// Sends a notification.
    Notify {
        /// Its method.
        method: String,
        /// Its parameters.
        params: Value,
    },
    /// Sends a request to the client.
    Request {
        /// Its id.
        id: Value,
        /// Its method.
        method: String,
        /// Its parameters.
        params: Value,
    },
    /// Sends this line as it is.
    Raw(String),
    /// Sends a JSON message in one line of this many bytes.
    LongLine(usize),
    /// Sends the beginning of a message without the end of its line.
    Partial(String),
    /// Closes the connection; as a process: ends with status 0.
    Close,
    /// As a process: ends with this status, as a crash would. In process it closes the connection.
    Exit(i32),
}

impl PeerScript {
    /// A script of these steps.
    #[must_use]
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), always: Vec::new() }
    }

    /// Adds an answer to something that may come at any time, and any number of times.
    #[must_use]
    pub fn always(mut self, step: Step) -> Self {
        self.always.push(step);
        self
    }
}

impl Step {
    /// Expects a request or notification of this method, and does nothing about it yet.
    #[must_use]
    pub fn expect(method: &str) -> Self {
        Self { expect: method.to_owned(), then: Vec::new() }
    }

    /// Expects the client's answer to a request of ours.
    #[must_use]
    pub fn expect_response() -> Self {
        Self::expect(super::player::RESPONSE)
    }

    /// Then does this.
    #[must_use]
    pub fn then(mut self, action: Action) -> Self {
        self.then.push(action);
        self
    }

    /// Then answers with this result.
    #[must_use]
    pub fn result(self, result: Value) -> Self {
        self.then(Action::Result(result))
    }

    /// Then answers with this error.
    #[must_use]
    pub fn error(self, code: i64, message: &str) -> Self {
        self.then(Action::Error { code, message: message.to_owned() })
    }

    /// Then sends this notification.
    #[must_use]
    pub fn notify(self, method: &str, params: Value) -> Self {
        self.then(Action::Notify { method: method.to_owned(), params })
    }

    /// Then sends this request to the client.
    #[must_use]
    pub fn request(self, id: Value, method: &str, params: Value) -> Self {
        self.then(Action::Request { id, method: method.to_owned(), params })
    }

    /// Then sends this line, whatever it is.
    #[must_use]
    pub fn raw(self, line: &str) -> Self {
        self.then(Action::Raw(line.to_owned()))
    }

    /// Then sends one line of this many bytes.
    #[must_use]
    pub fn long_line(self, bytes: usize) -> Self {
        self.then(Action::LongLine(bytes))
    }

    /// Then closes the connection.
    #[must_use]
    pub fn close(self) -> Self {
        self.then(Action::Close)
    }
}
