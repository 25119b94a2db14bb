//! Plans the answer to one request: the steps of the script up to its next tool call.

use std::{collections::VecDeque, time::Duration};

use serde_json::Value;

use super::{
    conversation::{self, Turn},
    holds::Holds,
    script::{self, Failure, Step},
    tools::Offered,
};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    Wait(Duration),
    Hold(String),
    Say {
        text: String,
        deltas: usize,
    },
    /// A tool call, as an output item.
    Call(Value),
    Begin(String),
    Fail(Failure),
    Overflow,
    Drop,
}

#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) actions: VecDeque<Action>,
}

impl Plan {
    /// If the plan fails before any output, removes the failure and returns it. Only waits remain in the
    /// plan.
    pub(super) fn take_failure_before_output(&mut self) -> Option<Failure> {
        let silent = |action: &Action| matches!(action, Action::Wait(_) | Action::Hold(_));
        match self.actions.iter().find(|action| !silent(action)) {
            Some(&Action::Fail(failure)) => {
                self.actions.retain(silent);
                Some(failure)
            }
            _ => None,
        }
    }
}

/// Performs the action if it is a wait.
pub(super) async fn pause(action: &Action, holds: &Holds) {
    match action {
        Action::Wait(time) => tokio::time::sleep(*time).await,
        Action::Hold(name) => holds.hold(name).await,
        _ => {}
    }
}

pub(super) fn plan(turn: &Turn, offered: &Offered) -> Plan {
    let (message, steps) = match script::parse(&turn.user_text) {
        Ok(parsed) => parsed,
        Err(mistake) => return answer(mistake),
    };
    let mut actions = VecDeque::new();
    let mut deltas = 1;
    let mut continuation = 0;
    for (index, step) in steps.iter().enumerate() {
        // Earlier requests have answered the earlier steps, but `stream` applies to all following steps.
        let is_due = index >= turn.next_step && continuation == turn.continuations;
        match step {
            Step::Next => continuation += 1,
            Step::Stream(count) => deltas = *count,
            _ if !is_due => {}
            Step::Say(text) => actions.push_back(Action::Say { text: text.clone(), deltas }),
            Step::Begin(text) => actions.push_back(Action::Begin(text.clone())),
            Step::Delay(time) => actions.push_back(Action::Wait(*time)),
            Step::Hold(name) => actions.push_back(Action::Hold(name.clone())),
            Step::Fail(failure) => {
                actions.push_back(Action::Fail(*failure));
                return Plan { actions };
            }
            Step::Overflow => {
                actions.push_back(Action::Overflow);
                return Plan { actions };
            }
            Step::Drop => {
                actions.push_back(Action::Drop);
                return Plan { actions };
            }
            Step::Call(tool) => {
                match offered.call(tool, &turn.ids.call(index)) {
                    Ok(call) => actions.push_back(Action::Call(call)),
                    Err(missing) => actions.push_back(Action::Say { text: missing, deltas }),
                }
                return Plan { actions };
            }
        }
    }
    // Every turn has an answer, so that a test has something to check.
    if !actions.iter().any(|action| matches!(action, Action::Say { .. })) {
        let text = match &turn.last_output {
            Some(output) => conversation::summary(output),
            None => format!("You said: {message}"),
        };
        actions.push_back(Action::Say { text, deltas });
    }
    Plan { actions }
}

fn answer(text: String) -> Plan {
    Plan { actions: VecDeque::from([Action::Say { text, deltas: 1 }]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn turn(user_text: &str, calls_done: &[usize]) -> Turn {
        let mut input = vec![json!({ "type": "message", "role": "user", "content": [{ "type": "input_text",
                "text": user_text }] })];
        for step in calls_done {
            input.push(json!({ "type": "function_call", "call_id": format!("call_0_step_{step}") }));
            input.push(json!({ "type": "function_call_output", "output": "Process exited with code 0\nOutput:\nhi" }));
        }
        conversation::read(&json!({ "input": input }))
    }

    fn actions(user_text: &str, calls_done: &[usize]) -> Vec<Action> {
        let offered =
            Offered::in_request(&json!({ "tools": [{ "type": "function", "name": "exec_command" }] }));
        plan(&turn(user_text, calls_done), &offered).actions.into()
    }

    fn say(text: &str, deltas: usize) -> Action {
        Action::Say { text: text.into(), deltas }
    }

    fn command(actions: &[Action]) -> String {
        let [Action::Call(call)] = actions else { panic!("one call, not {actions:?}") };
        let arguments: Value = serde_json::from_str(call["arguments"].as_str().unwrap()).unwrap();
        arguments["cmd"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_script_is_played_up_to_its_next_call_and_then_continues() {
        let message = "@model stream 2\n@model say one\n@model run a\n@model say two\n@model run b";
        let first = actions(message, &[]);
        assert_eq!(first[0], say("one", 2));
        assert_eq!(command(&first[1..]), "a");
        let second = actions(message, &[2]);
        assert_eq!(second[0], say("two", 2));
        assert_eq!(command(&second[1..]), "b");
        assert_eq!(actions(message, &[2, 4]), [say("exit 0: hi", 2)]);
    }

    #[test]
    fn a_message_without_a_script_is_echoed() {
        assert_eq!(actions("hello there", &[]), [say("You said: hello there", 1)]);
        assert_eq!(
            actions("hi\n@model delay 5", &[]),
            [Action::Wait(Duration::from_millis(5)), say("You said: hi", 1)]
        );
    }

    #[test]
    fn mistakes_are_explained_in_the_answer() {
        assert_eq!(
            actions("@model dance", &[]),
            [say("`@model dance` is not a directive of the scripted model", 1)]
        );
        assert_eq!(
            actions("@model plan", &[]),
            [say("this Codex offers no tool `update_plan`, only exec_command", 1)]
        );
    }

    #[test]
    fn a_failure_is_a_status_only_before_any_output() {
        let offered = Offered::in_request(&json!({}));
        let mut early = plan(&turn("@model delay 1\n@model fail 503\n@model say no", &[]), &offered);
        assert_eq!(early.take_failure_before_output(), Some(Failure::Status(503)));
        assert_eq!(early.actions, [Action::Wait(Duration::from_millis(1))]);
        let mut late = plan(&turn("@model say a\n@model fail 503", &[]), &offered);
        assert_eq!(late.take_failure_before_output(), None);
        assert_eq!(late.actions, [say("a", 1), Action::Fail(Failure::Status(503))]);
    }
}
