//! The activity of a conversation: the turn that runs there at this moment, and who started it.

use codex::activity::{ActivityKind, Goal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::ids::{JobId, TurnId};

/// The party that started an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StartedBy {
    /// A job of this bridge.
    Job,
    /// A call of a Codex method through this bridge, for example `review/start`.
    Call,
    /// Another process, whose message was in the conversation's queue.
    Process,
    /// Codex itself, which continues a goal.
    Codex,
}

/// The turn that runs on a conversation that this bridge has loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationActivity {
    /// The kind: `message`, `review`, `compact`, `goal`, `shell`, or `other` while it is not known.
    #[schema(value_type = ActivityKindView)]
    pub kind: ActivityKind,
    /// The turn, once its id is known.
    pub turn_id: Option<TurnId>,
    /// The party that started the activity.
    pub started_by: StartedBy,
    /// The job, if a job started the activity.
    pub job_id: Option<JobId>,
    /// The time at which the bridge observed the start.
    pub since: Timestamp,
}

/// The kind of an activity.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = ActivityKind)]
pub enum ActivityKindView {
    /// A turn that answers a message.
    Message,
    /// A code review.
    Review,
    /// The replacement of the history that the model sees by a summary.
    Compact,
    /// A turn that Codex started by itself to continue a goal.
    Goal,
    /// A shell command that a user entered.
    Shell,
    /// A turn whose kind is not known yet.
    Other,
}

/// The state of a conversation that this bridge has loaded, or is about to use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadedState {
    /// The running turn. `None` while the conversation is idle.
    pub activity: Option<ConversationActivity>,
    /// The id with which the running turn can be interrupted. It differs from the turn's id for reviews.
    pub interrupt_id: Option<TurnId>,
    /// The goal, if Codex reported one.
    pub goal: Option<Goal>,
}

/// The goal of a conversation, which Codex pursues over several turns.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = Goal)]
#[expect(dead_code, reason = "describes codex::activity::Goal, whose crate does not depend on utoipa")]
pub struct GoalView {
    /// The objective, in the words of the user or the model.
    objective: String,
    /// The status.
    #[schema(inline)]
    status: GoalStatusView,
    /// The number of tokens used so far.
    tokens_used: u64,
    /// The maximum number of tokens, if there is one.
    token_budget: Option<u64>,
}

/// The status of a goal. Codex continues by itself only while the goal is `active`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes codex::activity::GoalStatus, whose crate does not depend on utoipa")]
enum GoalStatusView {
    Active,
    Paused,
    Blocked,
    UsageLimited,
    BudgetLimited,
    Complete,
    Unknown,
}
