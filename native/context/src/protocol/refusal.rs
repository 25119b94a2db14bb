//! Refusals: why a question was not answered.

use serde::Serialize;

use crate::workspace::Refused;

/// The kind of a refusal, as the protocol names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// No tool or request kind has this name.
    UnknownTool,
    /// A required argument is missing; the message names it.
    MissingRequiredArg,
    /// An argument has the wrong type or is out of range; the message names it.
    InvalidArguments,
    /// The question is valid but has no answer: there is no such symbol, or an internal error occurred.
    ExecutionError,
    /// The answer would have taken longer than `limits::ANSWER_TIME_MAX`.
    Timeout,
    /// The question is about something outside the workspace.
    PermissionDenied,
}

/// The reason why a question was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The kind of the refusal.
    pub code: Code,
    /// The explanation for people and agents, with what to do differently.
    pub message: String,
}

impl Code {
    /// Returns the code as it appears in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownTool => "unknown_tool",
            Self::MissingRequiredArg => "missing_required_arg",
            Self::InvalidArguments => "invalid_arguments",
            Self::ExecutionError => "execution_error",
            Self::Timeout => "timeout",
            Self::PermissionDenied => "permission_denied",
        }
    }
}

impl Refusal {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArguments, message)
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Code::ExecutionError, message)
    }

    pub(crate) fn timeout() -> Self {
        let seconds = crate::limits::ANSWER_TIME_MAX.as_secs();
        Self::new(
            Code::Timeout,
            format!("the answer would take longer than {seconds} s; narrow the question"),
        )
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let code = match refused {
            Refused::Outside => Code::PermissionDenied,
            Refused::Malformed => Code::InvalidArguments,
        };
        Self::new(code, refused.to_string())
    }
}
