//! Tests the scripted model and the temporary home with `codex exec` of the real binary.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // a failed helper is a failed test

use std::{path::Path, process::Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{CodexHome, ScriptedModel, codex_binary};
use tokio::process::Command;

/// The output and the result of a `codex exec`.
struct Run {
    events: Vec<Value>,
    succeeded: bool,
    stderr: String,
}

impl Run {
    fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.events.iter().filter(move |event| event["type"] == kind)
    }

    fn items<'a>(&'a self, kind: &'a str) -> Vec<&'a Value> {
        self.of_type("item.completed")
            .map(|event| &event["item"])
            .filter(|item| item["type"] == kind)
            .collect()
    }

    fn answer(&self) -> &str {
        let messages = self.items("agent_message");
        let last =
            messages.last().unwrap_or_else(|| panic!("no answer in {:#?}\n{}", self.events, self.stderr));
        last["text"].as_str().unwrap()
    }
}

async fn exec(model: &ScriptedModel, workspace: &Path, options: &[&str], prompt: &str) -> Run {
    let home = CodexHome::for_model(&model.url());
    let output = Command::new(codex_binary())
        .args(["exec", "--json", "--skip-git-repo-check"])
        .args(options)
        .arg(prompt)
        .env("CODEX_HOME", home.path())
        .current_dir(workspace)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(testkit::WAIT_MAX, output).await.expect("codex exec to end").unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    Run {
        events: stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        succeeded: output.status.success(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[tokio::test]
async fn a_plain_message_is_echoed_and_uses_tokens() {
    let (model, workspace) = (ScriptedModel::start().await, TempDir::new().unwrap());
    let run = exec(&model, workspace.path(), &[], "hello\nthere").await;
    assert!(run.succeeded, "{}", run.stderr);
    assert_eq!(run.answer(), "You said: hello\nthere");
    assert_eq!(
        run.items("error"),
        Vec::<&Value>::new(),
        "Codex knows the model and has nothing to warn about"
    );
    let usage = &run.of_type("turn.completed").next().unwrap()["usage"];
    assert!(
        usage["input_tokens"].as_u64().unwrap() > 0 && usage["output_tokens"].as_u64().unwrap() > 0,
        "{usage}"
    );

    let requests = model.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].user_text(), "hello\nthere");
    assert_eq!(requests[0].thread_id(), run.events[0]["thread_id"].as_str());
}

#[tokio::test]
async fn the_model_ignores_additions_of_codex_to_the_message() {
    let (model, workspace) = (ScriptedModel::start().await, TempDir::new().unwrap());
    std::fs::write(workspace.path().join("AGENTS.md"), "@model fail 500\n").unwrap();
    let run = exec(&model, workspace.path(), &[], "@model say fine").await;
    assert_eq!(run.answer(), "fine");
    assert!(
        model.requests()[0].body()["input"].to_string().contains("@model fail 500"),
        "Codex sent AGENTS.md with the message"
    );
}

#[tokio::test]
async fn commands_run_in_order_and_the_last_outcome_is_the_answer() {
    let (model, workspace) = (ScriptedModel::start().await, TempDir::new().unwrap());
    let script = "@model say looking\n@model run echo first\n@model run echo second; exit 3";
    let run = exec(&model, workspace.path(), &[], script).await;
    let commands = run.items("command_execution");
    let facts: Vec<Value> = commands
        .iter()
        .map(|item| json!([item["exit_code"], item["aggregated_output"].as_str().unwrap().trim()]))
        .collect();
    assert_eq!(facts, [json!([0, "first"]), json!([3, "second"])], "{}", run.stderr);
    assert_eq!(run.answer(), "exit 3: second");
    assert_eq!(run.items("agent_message")[0]["text"], "looking");
    assert_eq!(model.requests().len(), 3);
}

#[tokio::test]
async fn a_patch_writes_the_file_and_a_plan_is_reported() {
    let (model, workspace) = (ScriptedModel::start().await, TempDir::new().unwrap());
    let script = "@model plan\n@model patch notes.txt\n@model say done";
    let run = exec(&model, workspace.path(), &["--sandbox", "workspace-write"], script).await;
    assert_eq!(run.answer(), "done", "{}", run.stderr);
    assert_eq!(run.items("todo_list")[0]["items"].as_array().unwrap().len(), 3);
    let change = run.items("file_change")[0];
    assert_eq!((&change["status"], &change["changes"][0]["kind"]), (&json!("completed"), &json!("add")));
    let written = std::fs::read_to_string(workspace.path().join("notes.txt")).unwrap();
    assert_eq!(written, "Written by the scripted model.\n");
}

#[tokio::test]
async fn a_failing_model_fails_the_turn() {
    let (model, workspace) = (ScriptedModel::start().await, TempDir::new().unwrap());
    for (script, expected) in [
        ("@model delay 1\n@model fail 503", "503"),
        ("@model say half\n@model fail 500", "the script asked for the failure 500"),
        ("@model say half\n@model drop", "stream disconnected before completion"),
    ] {
        let run = exec(&model, workspace.path(), &[], script).await;
        let failure =
            run.of_type("turn.failed").next().unwrap_or_else(|| panic!("{script:?} gave {:#?}", run.events));
        let message = failure["error"]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{script:?} gave {message:?}");
        assert!(!run.succeeded);
    }
    assert_eq!(model.requests().len(), 3, "the configuration disables retries");
}
