//! The trait through which this crate calls the routes of the API, so that it does not depend on the HTTP
//! server.

use bytes::Bytes;
use http::{HeaderMap, Method};

/// A request to a route of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutedRequest {
    /// The method of the route.
    pub method: Method,
    /// The path of the route with its query.
    pub path: String,
    /// The body: JSON, or nothing.
    pub body: Vec<u8>,
}

/// The reply of a route.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Whether the reply is a repetition of an earlier one; see the header `Idempotency-Key`.
    pub replayed: bool,
    /// The body: JSON.
    pub body: Bytes,
}

/// The reason why a command reaches no route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// No operation has this name.
    #[error("operation {name:?} does not exist")]
    OperationNotFound {
        /// The name in the subject of the command.
        name: String,
        /// The names of all operations, separated by commas.
        available: String,
    },
    /// The payload is not a valid JSON object.
    #[error("{0}")]
    BadBody(String),
    /// A field of the payload is invalid.
    #[error("{field}: {problem}")]
    Invalid {
        /// The name of the field.
        field: String,
        /// The problem, and the accepted values.
        problem: String,
    },
}

impl CommandError {
    /// Returns an error about one field of the payload.
    pub(crate) fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), problem: problem.into() }
    }
}

/// Executes commands with the routes of the API.
pub trait Gateway: Send + Sync + 'static {
    /// Checks the headers of a command, as the guard does for HTTP. An error is the reply to an unauthorized
    /// command.
    fn authorize(&self, headers: &HeaderMap) -> impl Future<Output = Result<(), Reply>> + Send;

    /// Calls a route. Of the headers, only those for idempotency are used.
    fn forward(&self, request: RoutedRequest, headers: &HeaderMap) -> impl Future<Output = Reply> + Send;

    /// Returns the reply that every route would give for this error.
    fn refuse(&self, error: CommandError) -> impl Future<Output = Reply> + Send;
}
