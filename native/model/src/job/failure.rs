//! The ends of jobs: the outcome, and the reason of a failure.

use codex::protocol::TurnError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;

/// The code of the reason why a job failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// The turn ended with an error of Codex.
    TurnFailed,
    /// The turn was interrupted.
    Interrupted,
    /// Codex refused to start the turn.
    CodexRefused,
    /// No Codex binary was found.
    CodexNotFound,
    /// Codex could not be started, or did not answer.
    CodexUnavailable,
    /// The Codex process that ran the turn ended.
    CodexExited,
    /// The job was cancelled.
    Cancelled,
    /// The turn ran longer than `turnTimeoutMs`.
    TurnTimeout,
    /// The turn did not start within the timeout of the request.
    SendTimeout,
    /// Another process owns the conversation, and the message could not be handed over.
    ConversationOwnedElsewhere,
    /// The conversation had a running turn, and the request did not allow the message to wait.
    ConversationBusy,
    /// There was no turn to steer.
    NoActiveTurn,
    /// Codex does not know the conversation.
    ConversationNotFound,
    /// The conversation is archived.
    ConversationArchived,
    /// The queue of the conversation was full.
    QueueFull,
    /// An internal error of the bridge, which its log explains.
    InternalError,
    /// The bridge was stopped while the job ran.
    BridgeStopped,
    /// The bridge ended without being stopped (killed, crashed, power loss) while the job ran.
    InterruptedByRestart,
}

/// The kind of error with which Codex ended a turn. Codex's own names (`CodexErrorInfo`) change from version
/// to version; these do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// The usage limit of the account is reached. `retryAt` is the time of its reset, if Codex knows it.
    UsageLimit,
    /// The provider admits no more requests at the moment.
    RateLimit,
    /// The budget that was set for the session is used up.
    SessionBudget,
    /// The provider is overloaded.
    ServerOverloaded,
    /// The provider failed.
    ServerError,
    /// The provider could not be reached, or the connection was lost too often.
    Connection,
    /// The conversation does not fit into the context window of the model.
    ContextWindow,
    /// Nobody is signed in, or the login is not accepted.
    Unauthorized,
    /// The provider refused the request as invalid.
    BadRequest,
    /// The provider does not have the model, or not for this account.
    ModelNotFound,
    /// A policy of the provider, or a hook of the workspace, forbids the request.
    Policy,
    /// Too many requests of the turn for approval were denied.
    TooManyDenials,
    /// The sandbox of a command could not be set up.
    Sandbox,
    /// An error that none of the others describes.
    Other,
}

impl FailureCause {
    /// Returns the cause for an error of Codex. The HTTP status tells more than the kinds that only say that
    /// a connection failed.
    #[must_use]
    pub fn of(error: &TurnError) -> Option<Self> {
        let cause = match error.kind.as_deref()? {
            "usageLimitExceeded" => Self::UsageLimit,
            "rateLimitExceeded" => Self::RateLimit,
            "sessionBudgetExceeded" => Self::SessionBudget,
            "serverOverloaded" | "policyCapacityUnavailable" | "flexUnavailable" => Self::ServerOverloaded,
            "internalServerError" => Self::ServerError,
            "contextWindowExceeded" => Self::ContextWindow,
            "unauthorized" => Self::Unauthorized,
            "badRequest" => Self::BadRequest,
            "modelNotFound" => Self::ModelNotFound,
            "bioPolicy" | "cyberPolicy" | "misalignmentPolicyViolation" | "inferenceHookDenied" => {
                Self::Policy
            }
            "tooManyDenials" => Self::TooManyDenials,
            "sandboxError" => Self::Sandbox,
            "httpConnectionFailed"
            | "responseStreamConnectionFailed"
            | "responseStreamDisconnected"
            | "responseTooManyFailedAttempts" => match error.http_status {
                Some(401 | 403) => Self::Unauthorized,
                Some(429) => Self::RateLimit,
                Some(400..=499) => Self::BadRequest,
                Some(503 | 529) => Self::ServerOverloaded,
                Some(500..=599) => Self::ServerError,
                _ => Self::Connection,
            },
            _ => Self::Other,
        };
        Some(cause)
    }
}

/// The reason why a job failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The code, for programs.
    pub code: FailureCode,
    /// The message, for users. It may be a message of Codex.
    pub message: String,
    /// The kind of error with which Codex ended the turn, if `code` is `turn_failed` and Codex named it.
    #[serde(default)]
    pub cause: Option<FailureCause>,
    /// The HTTP status of the model provider, if Codex forwarded it.
    #[serde(default)]
    pub http_status: Option<u16>,
    /// The time at which the usage limit is reset, if that is the cause and Codex knows the time.
    #[serde(default)]
    pub retry_at: Option<Timestamp>,
}

impl Failure {
    /// Returns a failure that no error of Codex explains.
    #[must_use]
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), cause: None, http_status: None, retry_at: None }
    }

    /// Returns the failure of a turn that Codex ended with an error.
    #[must_use]
    pub fn of_turn(error: TurnError) -> Self {
        Self {
            cause: FailureCause::of(&error),
            http_status: error.http_status,
            ..Self::new(FailureCode::TurnFailed, error.message)
        }
    }
}

/// How a job ended. Unlike the status, it tells a cancelled job from a failed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The turn completed.
    Completed,
    /// The job failed.
    Failed,
    /// A client cancelled the job.
    Cancelled,
    /// The turn was interrupted: by a user, or because the bridge ended.
    Interrupted,
    /// The turn did not start or end in time.
    TimedOut,
}

impl Outcome {
    /// Returns the name on the wire and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::TimedOut => "timed_out",
        }
    }
}

impl From<FailureCode> for Outcome {
    fn from(code: FailureCode) -> Self {
        match code {
            FailureCode::Cancelled => Self::Cancelled,
            FailureCode::TurnTimeout | FailureCode::SendTimeout => Self::TimedOut,
            FailureCode::Interrupted | FailureCode::BridgeStopped | FailureCode::InterruptedByRestart => {
                Self::Interrupted
            }
            _ => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_codex_kind_or_the_http_status() {
        use FailureCause::{
            Connection, ContextWindow, Other, RateLimit, ServerError, Unauthorized, UsageLimit,
        };
        let cases = [
            (Some("usageLimitExceeded"), None, Some(UsageLimit)),
            (Some("contextWindowExceeded"), None, Some(ContextWindow)),
            (Some("responseTooManyFailedAttempts"), Some(429), Some(RateLimit)),
            (Some("responseStreamConnectionFailed"), Some(502), Some(ServerError)),
            (Some("httpConnectionFailed"), Some(401), Some(Unauthorized)),
            (Some("responseStreamDisconnected"), None, Some(Connection)),
            (Some("aKindOfTheFuture"), Some(418), Some(Other)),
            (None, Some(500), None),
        ];
        for (kind, http_status, expected) in cases {
            let error = TurnError { message: String::new(), kind: kind.map(str::to_owned), http_status };
            assert_eq!(FailureCause::of(&error), expected, "{kind:?} {http_status:?}");
        }
    }
}
