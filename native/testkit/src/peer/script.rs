//! The script of a peer. In Rust, it is built with the functions below. For `scripted-app-server`, it is
//! JSON:
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

/// The messages that a peer expects and its actions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeerScript {
    /// The steps in the expected order. After the last one, the peer stays silent but keeps reading.
    pub steps: Vec<Step>,
    /// The answers to messages that may come at any time and any number of times. The next step has
    /// precedence if it expects the same method, but not if it expects any request.
    #[serde(default)]
    pub always: Vec<Step>,
}

/// A message that is expected from the client, and the actions that follow.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// The method of the request or notification. `*` is any request. `response` is the answer to an
    /// [`Action::Request`].
    pub expect: String,
    /// The actions in order. Without a result or an error, the request is never answered.
    #[serde(default)]
    pub then: Vec<Action>,
}

/// An action of a peer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Action {
    /// Answers the expected request.
    Result(Value),
    /// Refuses the expected request.
    Error {
        /// The JSON-RPC error code.
        code: i64,
        /// The error message.
        message: String,
    },
    /// Sends a notification.
    Notify {
        /// The method.
        method: String,
        /// The parameters.
        params: Value,
    },
    /// Sends a request to the client.
    Request {
        /// The id.
        id: Value,
        /// The method.
        method: String,
        /// The parameters.
        params: Value,
    },
    /// Sends this line unchanged.
    Raw(String),
    /// Sends a JSON message as one line of this length in bytes.
    LongLine(usize),
    /// Sends the beginning of a message without a line feed.
    Partial(String),
    /// Closes the connection. A process exits with status 0.
    Close,
    /// Makes a process exit with this status, as in a crash. A peer inside the test closes the connection.
    Exit(i32),
}

impl PeerScript {
    /// Returns a script with these steps.
    #[must_use]
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), always: Vec::new() }
    }

    /// Adds an answer to a message that may come at any time and any number of times.
    #[must_use]
    pub fn always(mut self, step: Step) -> Self {
        self.always.push(step);
        self
    }
}

impl Step {
    /// Returns a step that expects a request or notification with this method, without any actions.
    #[must_use]
    pub fn expect(method: &str) -> Self {
        Self { expect: method.to_owned(), then: Vec::new() }
    }

    /// Returns a step that expects the client's answer to a request of the peer.
    #[must_use]
    pub fn expect_response() -> Self {
        Self::expect(super::player::RESPONSE)
    }

    /// Adds an action.
    #[must_use]
    pub fn then(mut self, action: Action) -> Self {
        self.then.push(action);
        self
    }

    /// Adds an answer with this result.
    #[must_use]
    pub fn result(self, result: Value) -> Self {
        self.then(Action::Result(result))
    }

    /// Adds an answer with this error.
    #[must_use]
    pub fn error(self, code: i64, message: &str) -> Self {
        self.then(Action::Error { code, message: message.to_owned() })
    }

    /// Adds a notification.
    #[must_use]
    pub fn notify(self, method: &str, params: Value) -> Self {
        self.then(Action::Notify { method: method.to_owned(), params })
    }

    /// Adds a request to the client.
    #[must_use]
    pub fn request(self, id: Value, method: &str, params: Value) -> Self {
        self.then(Action::Request { id, method: method.to_owned(), params })
    }

    /// Adds any line.
    #[must_use]
    pub fn raw(self, line: &str) -> Self {
        self.then(Action::Raw(line.to_owned()))
    }

    /// Adds a line of this length in bytes.
    #[must_use]
    pub fn long_line(self, bytes: usize) -> Self {
        self.then(Action::LongLine(bytes))
    }

    /// Closes the connection.
    #[must_use]
    pub fn close(self) -> Self {
        self.then(Action::Close)
    }
}
