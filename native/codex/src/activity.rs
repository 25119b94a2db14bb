//! The activity of a loaded thread: the turn that runs on it and the goal that it pursues, derived from the
//! notifications of Codex.
//!
//! Codex starts turns that nobody requested: it continues a goal, and it runs the messages of the thread's
//! queue. So the bridge must not conclude from its own calls what runs on a thread. Notifications of one turn
//! do not always agree on its id. `review/start` announces one id, `turn/started` reports another, and
//! `turn/completed` reports the first (observed with 0.169.0). A thread runs one turn at a time, so the idle
//! status means that nothing runs, whatever ids were reported before.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::TurnId;
use crate::rpc::Notification;

/// The number of ended turns whose ids are kept, to ignore their late and repeated notifications.
const ENDED_MAX: usize = 16;

/// The kind of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActivityKind {
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

/// The status of a goal (`ThreadGoalStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GoalStatus {
    /// Codex continues with the goal whenever a turn completes.
    Active,
    /// Paused by a user or a program.
    Paused,
    /// The model cannot continue without help.
    Blocked,
    /// The account has reached a usage limit.
    UsageLimited,
    /// The token budget is used up.
    BudgetLimited,
    /// The objective is achieved.
    Complete,
    /// A status that this version does not know.
    #[serde(other)]
    Unknown,
}

/// The goal of a thread (`ThreadGoal`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Goal {
    /// The objective, in the words of the user or the model.
    pub objective: String,
    /// The status.
    pub status: GoalStatus,
    /// The number of tokens used so far.
    #[serde(default)]
    pub tokens_used: u64,
    /// The maximum number of tokens, if there is one.
    #[serde(default)]
    pub token_budget: Option<u64>,
}

/// A change of a thread's goal (`ThreadGoalSetParams`). A field that is `None` keeps its value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GoalChange {
    /// The objective.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objective: Option<String>,
    /// The status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<GoalStatus>,
    /// The maximum number of tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_budget: Option<u64>,
}

/// The turn that runs on a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningTurn {
    /// The kind, as far as it is known.
    pub kind: ActivityKind,
    /// The ids that notifications used for the turn, in order of arrival. Empty if only the status of the
    /// thread reported the turn.
    turn_ids: Vec<TurnId>,
    /// The id that `turn/started` reported.
    started_id: Option<TurnId>,
    /// Whether an item of the turn has determined the kind.
    kind_is_certain: bool,
}

impl RunningTurn {
    /// Returns the id of the turn, if it is known: the one that Codex reported first, which is also the one
    /// that `turn/completed` reports.
    #[must_use]
    pub fn turn_id(&self) -> Option<&TurnId> {
        self.turn_ids.first()
    }

    /// Returns the id with which the turn can be interrupted, if it is known. `turn/interrupt` refuses the id
    /// that `review/start` announced, and accepts the one that `turn/started` reported.
    #[must_use]
    pub fn interrupt_id(&self) -> Option<&TurnId> {
        self.started_id.as_ref().or_else(|| self.turn_id())
    }

    fn has_id(&self, turn_id: &str) -> bool {
        self.turn_ids.iter().any(|id| **id == *turn_id)
    }
}

/// The activity of a loaded thread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activity {
    running: Option<RunningTurn>,
    ended: VecDeque<TurnId>,
    goal: Option<Goal>,
    /// Whether Codex is about to start a turn that continues the goal.
    continues: bool,
    /// Whether the queue has changed and no turn has started since. `thread/queue/changed` comes when a
    /// message is queued, and when a queued message becomes a turn, before that turn's `turn/started`.
    queue_changed: bool,
}

impl Activity {
    /// Returns the turn that runs.
    #[must_use]
    pub fn running(&self) -> Option<&RunningTurn> {
        self.running.as_ref()
    }

    /// Returns the id with which this turn can be interrupted.
    #[must_use]
    pub fn interrupt_id<'a>(&'a self, turn_id: &'a TurnId) -> &'a TurnId {
        let running = self.running.as_ref().filter(|running| running.has_id(turn_id));
        running.and_then(RunningTurn::interrupt_id).unwrap_or(turn_id)
    }

    /// Returns the goal of the thread, if a notification reported one.
    #[must_use]
    pub fn goal(&self) -> Option<&Goal> {
        self.goal.as_ref()
    }

    /// Reports whether Codex pursues the goal by itself: a turn for it runs, or is about to start because a
    /// turn has completed. Codex does not continue after an interrupted or failed turn (observed with
    /// 0.169.0).
    #[must_use]
    pub fn pursues_goal(&self) -> bool {
        match &self.running {
            Some(turn) => turn.kind == ActivityKind::Goal,
            None => self.continues,
        }
    }

    /// Reports whether a turn runs or may be about to start.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.running.is_some() || self.queue_changed || self.continues
    }

    /// Sets the goal that `thread/goal/get` or `thread/goal/set` returned.
    pub fn set_goal(&mut self, goal: Option<Goal>) {
        self.continues &= goal.as_ref().is_some_and(|goal| goal.status == GoalStatus::Active);
        self.goal = goal;
    }

    /// Records that nothing runs, although no notification said so: the history shows that the turn has
    /// ended, or an expected turn did not start.
    pub fn reconcile_idle(&mut self) {
        self.end_running();
        self.continues = false;
        self.queue_changed = false;
    }

    /// Processes one notification of the thread. Returns `false` if notifications of its method never change
    /// the activity.
    pub fn observe(&mut self, notification: &Notification) -> bool {
        let params = &notification.params;
        match notification.method.as_str() {
            "thread/status/changed" => self.observe_status(params["status"]["type"].as_str()),
            "turn/started" => {
                if let Some(turn_id) = params.pointer("/turn/id").and_then(Value::as_str) {
                    self.start(turn_id);
                }
            }
            "item/started" | "item/completed" => {
                if let Some(turn_id) = params["turnId"].as_str() {
                    self.observe_item(turn_id, &params["item"]);
                }
            }
            "turn/completed" => {
                let turn = &params["turn"];
                self.complete(turn["id"].as_str(), turn["status"].as_str());
            }
            "thread/queue/changed" => self.queue_changed = true,
            "thread/goal/updated" => {
                // A goal in an unexpected format is no goal that Codex could be waited for.
                self.set_goal(Goal::deserialize(&params["goal"]).ok());
            }
            "thread/goal/cleared" => self.set_goal(None),
            "thread/closed" => *self = Self::default(),
            _ => return false,
        }
        true
    }

    fn observe_status(&mut self, status: Option<&str>) {
        match status {
            Some("active") if self.running.is_none() => self.run(None),
            Some("active") => {}
            _ if self.running.is_some() => {
                self.end_running();
                // `turn/completed` follows and tells whether Codex continues.
                self.continues = self.has_active_goal();
            }
            _ => {}
        }
    }

    fn start(&mut self, turn_id: &str) {
        if self.has_ended(turn_id) {
            return;
        }
        (self.queue_changed, self.continues) = (false, false);
        self.note_id(turn_id);
        if let Some(running) = &mut self.running {
            running.started_id = Some(TurnId::from(turn_id));
        }
    }

    fn observe_item(&mut self, turn_id: &str, item: &Value) {
        if self.has_ended(turn_id) {
            return;
        }
        self.note_id(turn_id);
        let Some(running) = &mut self.running else { return };
        let kind = match item["type"].as_str() {
            Some("enteredReviewMode") => Some(ActivityKind::Review),
            _ if running.kind_is_certain => None,
            Some("userMessage") => Some(ActivityKind::Message),
            Some("contextCompaction") => Some(ActivityKind::Compact),
            Some("commandExecution") if running.kind == ActivityKind::Other => Some(ActivityKind::Shell),
            _ => Some(running.kind),
        };
        if let Some(kind) = kind {
            (running.kind, running.kind_is_certain) = (kind, true);
        }
    }

    /// Records that a turn runs under this id. If another turn ran, its end was missed, except that a review
    /// has two ids.
    fn note_id(&mut self, turn_id: &str) {
        match &mut self.running {
            Some(running) if running.has_id(turn_id) => {}
            Some(running) if running.turn_ids.is_empty() || running.kind == ActivityKind::Review => {
                running.turn_ids.push(TurnId::from(turn_id));
            }
            _ => {
                self.end_running();
                self.run(Some(TurnId::from(turn_id)));
            }
        }
    }

    fn run(&mut self, turn_id: Option<TurnId>) {
        let kind = if self.has_active_goal() { ActivityKind::Goal } else { ActivityKind::Other };
        let turn_ids = turn_id.into_iter().collect();
        self.running = Some(RunningTurn { kind, turn_ids, started_id: None, kind_is_certain: false });
    }

    fn complete(&mut self, turn_id: Option<&str>, status: Option<&str>) {
        let is_end = match (&self.running, turn_id) {
            (Some(running), Some(turn_id)) => {
                running.has_id(turn_id)
                    || running.turn_ids.is_empty()
                    || running.kind == ActivityKind::Review && !self.has_ended(turn_id)
            }
            (Some(_), None) => true,
            // The idle status was first, or all earlier notifications of the turn were missed.
            (None, Some(turn_id)) => {
                !self.has_ended(turn_id) || self.ended.back().is_some_and(|last| **last == *turn_id)
            }
            (None, None) => true,
        };
        if let Some(turn_id) = turn_id
            && is_end
            && self.running.as_ref().is_none_or(|running| !running.has_id(turn_id))
            && !self.has_ended(turn_id)
        {
            self.note_ended(TurnId::from(turn_id));
        }
        if is_end {
            self.end_running();
            self.continues = status == Some("completed") && self.has_active_goal();
        }
    }

    fn end_running(&mut self) {
        for turn_id in self.running.take().into_iter().flat_map(|turn| turn.turn_ids.into_iter().rev()) {
            self.note_ended(turn_id);
        }
    }

    fn note_ended(&mut self, turn_id: TurnId) {
        self.ended.push_back(turn_id);
        if self.ended.len() > ENDED_MAX {
            self.ended.pop_front();
        }
    }

    fn has_ended(&self, turn_id: &str) -> bool {
        self.ended.iter().any(|id| **id == *turn_id)
    }

    fn has_active_goal(&self) -> bool {
        self.goal.as_ref().is_some_and(|goal| goal.status == GoalStatus::Active)
    }
}

#[cfg(test)]
mod tests;
