use proptest::prelude::*;
use serde_json::json;

use super::*;

fn notification(method: &str, params: Value) -> Notification {
    Notification { method: method.to_owned(), params }
}

fn status(kind: &str) -> Notification {
    notification("thread/status/changed", json!({"status": {"type": kind}}))
}

fn started(id: &str) -> Notification {
    notification("turn/started", json!({"turn": {"id": id, "status": "inProgress"}}))
}

fn completed(id: &str, status: &str) -> Notification {
    notification("turn/completed", json!({"turn": {"id": id, "status": status}}))
}

fn item(turn_id: &str, kind: &str) -> Notification {
    notification("item/started", json!({"turnId": turn_id, "item": {"type": kind, "id": "i"}}))
}

fn goal(status: &str) -> Notification {
    let goal = json!({"objective": "count", "status": status, "tokensUsed": 3, "tokenBudget": null});
    notification("thread/goal/updated", json!({"goal": goal}))
}

fn queue_changed() -> Notification {
    notification("thread/queue/changed", json!({}))
}

/// What a step of a table expects: nothing runs, Codex is about to start a turn, or a turn of a kind runs.
#[derive(Debug, PartialEq)]
enum Expected {
    Idle,
    AboutToStart,
    Runs(ActivityKind, Option<&'static str>),
}

fn state(activity: &Activity) -> Expected {
    match activity.running() {
        Some(turn) => {
            let ids = ["a", "b", "announced", "started"];
            let id = turn.turn_id().and_then(|id| ids.into_iter().find(|known| **id == **known));
            Expected::Runs(turn.kind, id)
        }
        None if activity.is_active() => Expected::AboutToStart,
        None => Expected::Idle,
    }
}

fn observe(activity: &mut Activity, notifications: &[Notification]) {
    for notification in notifications {
        activity.observe(notification);
    }
}

fn check(steps: impl IntoIterator<Item = (Notification, Expected)>) {
    let mut activity = Activity::default();
    for (index, (notification, expected)) in steps.into_iter().enumerate() {
        activity.observe(&notification);
        assert_eq!(state(&activity), expected, "step {index}: {notification:?}");
    }
}

use ActivityKind::{Compact, Goal as GoalTurn, Message, Other, Review, Shell};
use Expected::{AboutToStart, Idle, Runs};

#[test]
fn a_queued_message_is_activity_before_its_turn_starts() {
    check([
        (started("a"), Runs(Other, Some("a"))),
        // An interrupted turn that had not started.
        (completed("b", "interrupted"), Runs(Other, Some("a"))),
        (completed("a", "completed"), Idle),
        (queue_changed(), AboutToStart),
        (started("b"), Runs(Other, Some("b"))),
        (completed("b", "completed"), Idle),
    ]);
}

// The sequences below were recorded from Codex 0.169.0.

#[test]
fn a_review_has_two_ids() {
    check([
        (item("announced", "enteredReviewMode"), Runs(Review, Some("announced"))),
        (status("active"), Runs(Review, Some("announced"))),
        (started("started"), Runs(Review, Some("announced"))),
        (item("announced", "userMessage"), Runs(Review, Some("announced"))),
        (item("announced", "exitedReviewMode"), Runs(Review, Some("announced"))),
        (status("idle"), Idle),
        (completed("announced", "completed"), Idle),
    ]);
    let mut activity = Activity::default();
    observe(&mut activity, &[item("announced", "enteredReviewMode"), started("started")]);
    let interrupt_id = activity.running().and_then(RunningTurn::interrupt_id).map(ToString::to_string);
    assert_eq!(interrupt_id.as_deref(), Some("started"));
}

#[test]
fn a_goal_continues_until_it_is_complete() {
    check([
        (status("active"), Runs(Other, None)),
        (started("a"), Runs(Other, Some("a"))),
        (item("a", "userMessage"), Runs(Message, Some("a"))),
        (goal("active"), Runs(Message, Some("a"))),
        (status("idle"), AboutToStart),
        (completed("a", "completed"), AboutToStart),
        (status("active"), Runs(GoalTurn, None)),
        (started("b"), Runs(GoalTurn, Some("b"))),
        (item("b", "agentMessage"), Runs(GoalTurn, Some("b"))),
        (goal("complete"), Runs(GoalTurn, Some("b"))),
        (status("idle"), Idle),
        (completed("b", "completed"), Idle),
    ]);
}

#[test]
fn a_goal_does_not_continue_after_an_interrupted_turn_or_while_it_is_paused() {
    check([
        (started("a"), Runs(Other, Some("a"))),
        (goal("active"), Runs(Other, Some("a"))),
        (status("idle"), AboutToStart),
        (completed("a", "interrupted"), Idle),
        (started("b"), Runs(GoalTurn, Some("b"))),
        (status("idle"), AboutToStart),
        (completed("b", "completed"), AboutToStart),
        (goal("paused"), Idle),
    ]);
}

#[test]
fn a_message_during_a_goal_is_a_message() {
    check([
        (goal("active"), Idle),
        (started("a"), Runs(GoalTurn, Some("a"))),
        (completed("a", "completed"), AboutToStart),
        (started("b"), Runs(GoalTurn, Some("b"))),
        (item("b", "userMessage"), Runs(Message, Some("b"))),
    ]);
}

#[test]
fn compactions_and_shell_commands_are_recognized_by_their_first_item() {
    check([
        (started("a"), Runs(Other, Some("a"))),
        (item("a", "contextCompaction"), Runs(Compact, Some("a"))),
        (status("idle"), Idle),
        (completed("a", "completed"), Idle),
        (started("b"), Runs(Other, Some("b"))),
        (item("b", "commandExecution"), Runs(Shell, Some("b"))),
        (completed("b", "completed"), Idle),
    ]);
    check([
        (started("a"), Runs(Other, Some("a"))),
        (item("a", "userMessage"), Runs(Message, Some("a"))),
        // The model ran a command, and Codex compacted the history before it went on.
        (item("a", "commandExecution"), Runs(Message, Some("a"))),
        (item("a", "contextCompaction"), Runs(Message, Some("a"))),
    ]);
}

#[test]
fn a_missed_end_is_found_by_the_next_turn() {
    check([
        (started("a"), Runs(Other, Some("a"))),
        (started("b"), Runs(Other, Some("b"))),
        (completed("a", "completed"), Runs(Other, Some("b"))),
        (completed("b", "completed"), Idle),
        (started("b"), Idle),
        (item("a", "agentMessage"), Idle),
    ]);
}

fn any_notification() -> impl Strategy<Value = Notification> {
    let id = prop::sample::select(vec!["a", "b", "c", "announced", "started"]);
    let item_kind =
        prop::sample::select(vec!["userMessage", "agentMessage", "enteredReviewMode", "contextCompaction"]);
    let ended = prop::sample::select(vec!["completed", "interrupted", "failed"]);
    let goal_status = prop::sample::select(vec!["active", "paused", "complete", "somethingNew"]);
    prop_oneof![
        prop::sample::select(vec!["active", "idle", "systemError"]).prop_map(status),
        id.clone().prop_map(started),
        (id.clone(), ended).prop_map(|(id, status)| completed(id, status)),
        (id, item_kind).prop_map(|(id, kind)| item(id, kind)),
        goal_status.prop_map(goal),
        Just(queue_changed()),
        Just(notification("thread/goal/cleared", json!({}))),
        Just(notification("turn/started", json!({"turn": "malformed"}))),
        Just(notification("item/started", json!({"turnId": 7}))),
    ]
}

proptest! {
    /// Whatever was lost, repeated or came in another order: the idle status ends what runs.
    #[test]
    fn the_idle_status_ends_every_turn(notifications in prop::collection::vec(any_notification(), 0..40)) {
        let mut activity = Activity::default();
        observe(&mut activity, &notifications);
        activity.observe(&status("idle"));
        prop_assert_eq!(activity.running(), None);
    }

    /// The end of the turn that runs ends it, and a late notification of it does not bring it back.
    #[test]
    fn an_ended_turn_stays_ended(notifications in prop::collection::vec(any_notification(), 0..40)) {
        let mut activity = Activity::default();
        observe(&mut activity, &notifications);
        activity.observe(&started("last"));
        activity.observe(&completed("last", "completed"));
        prop_assert_eq!(activity.running(), None);
        for late in [started("last"), item("last", "agentMessage"), completed("last", "completed")] {
            activity.observe(&late);
            prop_assert_eq!(activity.running(), None);
        }
    }

    /// Notifications that arrive twice change nothing.
    #[test]
    fn repeated_notifications_change_nothing(
        notifications in prop::collection::vec(any_notification(), 0..40),
    ) {
        let mut activity = Activity::default();
        for notification in &notifications {
            activity.observe(notification);
            let once = activity.clone();
            activity.observe(notification);
            prop_assert_eq!(&activity, &once, "{:?}", notification);
        }
    }

    /// Without an active goal and a changed queue, Codex is not about to start anything.
    #[test]
    fn only_goals_and_queues_start_turns(notifications in prop::collection::vec(any_notification(), 0..40)) {
        let mut activity = Activity::default();
        for notification in &notifications {
            activity.observe(notification);
            let has_goal = activity.goal().is_some_and(|goal| goal.status == GoalStatus::Active);
            prop_assert!(!activity.continues || has_goal);
        }
    }
}
