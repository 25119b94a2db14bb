//! What a job's turn produces: while it runs, and when it has ended.

use codex::turn::{RunningCommand, TokenUsage, TurnRecord};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::review::Review;
use crate::clock::Timestamp;

/// What a running turn has produced so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Progress {
    /// The message that the agent is writing, or else its last message.
    pub text: String,
    /// The token usage of the turn so far, if Codex reported it.
    #[schema(value_type = Option<TokenUsageView>)]
    pub token_usage: Option<TokenUsage>,
    /// A unified diff of all file changes so far, if there are any.
    pub diff: Option<String>,
    /// The agent's last plan, if it made one: `{explanation, plan: [{step, status}]}`.
    #[schema(value_type = Option<Object>)]
    pub plan: Option<Value>,
    /// The command that is running, if there is one.
    #[schema(value_type = Option<RunningCommandView>)]
    pub command: Option<RunningCommand>,
}

impl Progress {
    /// Returns the progress of a turn; `None` if it has produced nothing yet.
    #[must_use]
    pub fn of(record: &TurnRecord) -> Option<Self> {
        let progress = Self {
            text: record.text().to_owned(),
            token_usage: record.usage.clone(),
            diff: record.diff.clone(),
            plan: record.plan.clone(),
            command: record.command().cloned(),
        };
        (progress != Self::default()).then_some(progress)
    }

    /// Returns the record with which a turn is followed on from here.
    #[must_use]
    pub fn into_record(self) -> TurnRecord {
        TurnRecord::resumed(self.text, self.token_usage, self.diff, self.plan)
    }
}

/// A command that a turn runs.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = RunningCommand)]
#[expect(dead_code, reason = "describes codex::turn::RunningCommand, whose crate does not depend on utoipa")]
pub struct RunningCommandView {
    /// The command line as Codex shows it.
    command: String,
    /// The working directory.
    cwd: Option<String>,
}

/// The result of a turn. That of a job that failed is what the turn had produced before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct JobResult {
    /// Indicates that the turn did not complete, so that the text may end in the middle of a sentence.
    pub partial: bool,
    /// The agent's final answer; empty if there is none.
    pub text: String,
    /// The token usage of the turn, if Codex reported it.
    #[schema(value_type = Option<TokenUsageView>)]
    pub token_usage: Option<TokenUsage>,
    /// The duration of the turn, in milliseconds.
    pub duration_ms: Option<u64>,
    /// A unified diff of all file changes, if there were any.
    pub diff: Option<String>,
    /// The agent's last plan, if it made one: `{explanation, plan: [{step, status}]}`.
    #[schema(value_type = Option<Object>)]
    pub plan: Option<Value>,
    /// The answer as JSON, if the message has an output schema and the answer matches it. `warnings` says why
    /// it does not.
    #[schema(value_type = Option<Value>)]
    pub json: Option<Value>,
    /// The findings and the verdict of a review (`POST /reviews`). `text` is made from them.
    pub review: Option<Review>,
}

impl JobResult {
    /// Returns the result of a turn that completed.
    #[must_use]
    pub fn completed(record: &TurnRecord) -> Self {
        Self {
            partial: false,
            text: record.answer.clone().unwrap_or_default(),
            token_usage: record.usage.clone(),
            duration_ms: record.duration_ms(),
            diff: record.diff.clone(),
            plan: record.plan.clone(),
            json: None,
            review: None,
        }
    }
}

impl From<Progress> for JobResult {
    fn from(Progress { text, token_usage, diff, plan, command: _ }: Progress) -> Self {
        Self { partial: true, text, token_usage, duration_ms: None, diff, plan, json: None, review: None }
    }
}

/// Token counts of a turn.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = TokenUsage)]
#[expect(dead_code, reason = "describes codex::turn::TokenUsage, whose crate does not depend on utoipa")]
pub struct TokenUsageView {
    /// All tokens.
    total_tokens: u64,
    /// The tokens sent to the model, including cached ones.
    input_tokens: u64,
    /// The part of the input tokens that was read from the provider's cache.
    cached_input_tokens: u64,
    /// The tokens that the model produced, including reasoning.
    output_tokens: u64,
    /// The part of the output tokens that was reasoning.
    reasoning_output_tokens: u64,
}

/// The last notification that a job received from Codex. It changes with every notification, and is stored
/// with the job's next transition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct LastNotification {
    /// The number of notifications so far.
    pub event_count: u64,
    /// The time of the last notification.
    pub last_event_at: Option<Timestamp>,
    /// The method of the last notification, for example `item/completed`.
    pub last_event_type: Option<String>,
    /// The identifying fields of the last notification: `{type, thread_id, conversation_id, turn_id?,
    /// status?}`.
    #[schema(value_type = Option<Object>)]
    pub last_event: Option<Value>,
    /// The last line that the Codex process wrote to its standard error, if it failed.
    pub last_stderr: Option<String>,
}
