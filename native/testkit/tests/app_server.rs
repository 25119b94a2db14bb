//! Tests the scripted model with `codex app-server` of the real binary: behavior that only shows while a turn
//! runs.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // a failed helper is a failed test

use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{CodexHome, ScriptedModel, codex_binary};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// A minimal client that writes lines and reads lines until the expected one arrives.
struct AppServer {
    model: ScriptedModel,
    workspace: TempDir,
    _home: CodexHome,
    _process: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    last_id: u64,
    /// All received messages in order.
    seen: Vec<Value>,
}

impl AppServer {
    async fn start() -> Self {
        let model = ScriptedModel::start().await;
        let home = CodexHome::for_model(&model.url());
        let workspace = TempDir::new().unwrap();
        let mut process = Command::new(codex_binary())
            .arg("app-server")
            .env("CODEX_HOME", home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdin = process.stdin.take().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut server = Self {
            model,
            workspace,
            _home: home,
            _process: process,
            stdin,
            stdout,
            last_id: 0,
            seen: Vec::new(),
        };
        let client = json!({ "name": "test", "title": "test", "version": "0" });
        server
            .call("initialize", json!({ "clientInfo": client, "capabilities": { "experimentalApi": true } }))
            .await;
        server.send(json!({ "method": "initialized" })).await;
        server
    }

    async fn send(&mut self, message: Value) {
        self.stdin.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    /// Returns the first message that matches, which may have arrived before.
    async fn wait_for(&mut self, what: &str, matches: impl Fn(&Value) -> bool) -> Value {
        if let Some(message) = self.seen.iter().find(|message| matches(message)) {
            return message.clone();
        }
        loop {
            let line = tokio::time::timeout(testkit::WAIT_MAX, self.stdout.next_line()).await;
            let line = line.unwrap_or_else(|_| panic!("waited for {what}; seen: {:#?}", self.seen));
            let message: Value =
                serde_json::from_str(&line.unwrap().expect("the app-server to stay up")).unwrap();
            self.seen.push(message.clone());
            if matches(&message) {
                return message;
            }
        }
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(json!({ "id": id, "method": method, "params": params })).await;
        let answer =
            self.wait_for(method, |message| message["id"] == id && message["method"].is_null()).await;
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    async fn start_thread(&mut self) -> String {
        let cwd = self.workspace.path().to_str().unwrap().to_owned();
        let params = json!({ "cwd": cwd, "approvalPolicy": "on-request", "sandbox": "read-only" });
        let result = self.call("thread/start", params).await;
        result["thread"]["id"].as_str().unwrap().to_owned()
    }

    async fn start_turn(&mut self, thread: &str, text: &str) -> String {
        let input = json!([{ "type": "text", "text": text }]);
        let result = self.call("turn/start", json!({ "threadId": thread, "input": input })).await;
        result["turn"]["id"].as_str().unwrap().to_owned()
    }

    async fn turn_status(&mut self, turn: &str) -> String {
        let completed = self
            .wait_for("turn/completed", |message| {
                message["method"] == "turn/completed" && message["params"]["turn"]["id"] == turn
            })
            .await;
        completed["params"]["turn"]["status"].as_str().unwrap().to_owned()
    }

    /// Returns the completed answers of a thread in order.
    fn answers(&self, thread: &str) -> Vec<&str> {
        self.notifications("item/completed")
            .filter(|params| params["threadId"] == thread && params["item"]["type"] == "agentMessage")
            .map(|params| params["item"]["text"].as_str().unwrap())
            .collect()
    }

    fn notifications<'a>(&'a self, method: &'a str) -> impl Iterator<Item = &'a Value> {
        self.seen.iter().filter(move |message| message["method"] == method).map(|message| &message["params"])
    }
}

#[tokio::test]
async fn an_answer_streams_in_the_requested_number_of_deltas() {
    let mut server = AppServer::start().await;
    let thread = server.start_thread().await;
    let turn = server.start_turn(&thread, "@model stream 4\n@model say abcdefgh").await;
    assert_eq!(server.turn_status(&turn).await, "completed");
    let deltas: Vec<&str> = server
        .notifications("item/agentMessage/delta")
        .map(|params| params["delta"].as_str().unwrap())
        .collect();
    assert_eq!(deltas, ["ab", "cd", "ef", "gh"]);
    assert_eq!(server.answers(&thread), ["abcdefgh"]);
}

#[tokio::test]
async fn an_escalation_requests_approval_and_the_answer_shows_the_decision() {
    let mut server = AppServer::start().await;
    for (decision, answer) in [("accept", "exit 0: allowed"), ("decline", "rejected by user")] {
        let thread = server.start_thread().await;
        let turn = server.start_turn(&thread, "@model escalate echo allowed").await;
        let request = server
            .wait_for("the approval request", |message| {
                message["method"] == "item/commandExecution/requestApproval"
                    && message["params"]["threadId"] == thread
            })
            .await;
        assert!(request["params"]["reason"].as_str().unwrap().contains("echo allowed"), "{request}");
        server.send(json!({ "id": request["id"], "result": { "decision": decision } })).await;
        assert_eq!(server.turn_status(&turn).await, "completed");
        let answers = server.answers(&thread);
        assert!(answers.len() == 1 && answers[0].contains(answer), "{answers:?}");
    }
}

#[tokio::test]
async fn a_patch_and_a_plan_are_reported() {
    let mut server = AppServer::start().await;
    let thread = server.start_thread().await;
    let turn = server.start_turn(&thread, "@model plan\n@model patch new.txt").await;
    // In a read-only sandbox, a patch needs approval.
    let request = server
        .wait_for("the approval", |message| message["method"] == "item/fileChange/requestApproval")
        .await;
    server.send(json!({ "id": request["id"], "result": { "decision": "accept" } })).await;
    assert_eq!(server.turn_status(&turn).await, "completed");
    let plans: Vec<&Value> = server.notifications("turn/plan/updated").collect();
    assert_eq!(plans[0]["plan"].as_array().unwrap().len(), 3);
    let diff = server.notifications("turn/diff/updated").last().unwrap()["diff"].as_str().unwrap();
    assert!(diff.contains("+Written by the scripted model."), "{diff}");
    assert!(server.workspace.path().join("new.txt").is_file());
}

#[tokio::test]
async fn a_held_turn_can_be_steered_and_interrupted() {
    let mut server = AppServer::start().await;
    let thread = server.start_thread().await;
    let turn = server.start_turn(&thread, "@model hold first\n@model say first answer").await;
    server.model.wait_until_held("first").await;
    let input = json!([{ "type": "text", "text": "@model hold second\n@model say steered answer" }]);
    let steer = json!({ "threadId": thread, "input": input, "expectedTurnId": turn });
    server.call("turn/steer", steer).await;
    // Newer binaries abandon the first request at once. Older ones read its answer to the end.
    server.model.release("first");
    server.model.wait_until_held("second").await;
    server.call("turn/interrupt", json!({ "threadId": thread, "turnId": turn })).await;
    assert_eq!(server.turn_status(&turn).await, "interrupted");
    assert!(!server.answers(&thread).contains(&"steered answer"));

    let after = server.start_turn(&thread, "are you there?").await;
    assert_eq!(server.turn_status(&after).await, "completed");
    assert_eq!(server.answers(&thread).last(), Some(&"You said: are you there?"));
}

#[tokio::test]
async fn a_failing_model_fails_the_turn_and_not_the_thread() {
    let mut server = AppServer::start().await;
    let thread = server.start_thread().await;
    for script in ["@model fail 500", "@model drop"] {
        let turn = server.start_turn(&thread, script).await;
        assert_eq!(server.turn_status(&turn).await, "failed", "{script}");
    }
    let turn = server.start_turn(&thread, "still here").await;
    assert_eq!(server.turn_status(&turn).await, "completed");
    assert_eq!(server.answers(&thread), ["You said: still here"]);
}

#[tokio::test]
async fn conversations_side_by_side_follow_their_own_scripts() {
    let mut server = AppServer::start().await;
    let mut turns = Vec::new();
    for number in 0..8 {
        let thread = server.start_thread().await;
        let script = format!("@model run echo {number}\n@model hold together\n@model say answer {number}");
        turns.push((number, server.start_turn(&thread, &script).await, thread));
    }
    server.model.wait_for_requests(16).await;
    server.model.release("together");
    for (number, turn, thread) in turns {
        assert_eq!(server.turn_status(&turn).await, "completed");
        assert_eq!(server.answers(&thread), [format!("answer {number}")]);
    }
}
