//! What Codex asks, and who answers.

use std::sync::Arc;
use std::time::Duration;

use bridge::editor::Editor;
use model::approval::Answer;
use model::approval::Decision;
use serde_json::{Value, json};
use server::Bridge;
use testkit::HttpClient;

use crate::editor::ListedTabs;
use crate::support::{TestBridge, eventually};

/// Starts a turn that asks whether it may run a command outside of the sandbox. Returns the reply and the approval.
async fn asking(test: &TestBridge, command: &str, more: Value) -> (Value, Value) {
    let mut body = json!({
        "message": format!("@model escalate {command}"),
        "approvalPolicy": "on-request",
        "sandbox": "read-only",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let reply = test.post("/conversations", body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let job_id = reply.body["job"]["jobId"].as_str().unwrap();
    let approval = pending(test, job_id).await;
    (reply.body, approval)
}

async fn pending(test: &TestBridge, job_id: &str) -> Value {
    eventually("Codex asks", || async {
        let approvals = test.get(&format!("/jobs/{job_id}/approvals")).await.body["approvals"].clone();
        approvals.as_array().unwrap().iter().find(|one| one["status"] == "pending").cloned()
    })
    .await
}

async fn decide(test: &TestBridge, approval: &Value, body: Value) -> testkit::HttpReply {
    test.post(&format!("/approvals/{}", approval["approvalId"].as_str().unwrap()), body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_command_runs() {
    let test = TestBridge::start().await;
    let (reply, approval) = asking(&test, "touch made-by-codex", json!({})).await;
    assert_eq!(approval["kind"], "command");
    assert!(approval["command"].as_str().unwrap().contains("touch made-by-codex"), "{approval}");
    assert_eq!(approval["cwd"], test.folders.workspace().display().to_string());
    assert_eq!(approval["jobId"], reply["job"]["jobId"]);
    let job_path = format!("/jobs/{}", reply["job"]["jobId"].as_str().unwrap());
    let waiting = test.get(&job_path).await.body["job"]["waitingOn"].clone();
    assert_eq!(waiting[0]["approvalId"], approval["approvalId"], "{waiting}");

    let wrong = decide(&test, &approval, json!({"decision": "answer"})).await;
    assert_eq!(wrong.status, 400, "{}", wrong.body);
    assert_eq!(wrong.body["details"]["field"], "decision");
    assert!(wrong.body["details"]["allowed"].as_array().unwrap().contains(&json!("approve")));

    let decided = decide(&test, &approval, json!({"decision": "approve", "note": "fine"})).await;
    assert_eq!(decided.status, 200, "{}", decided.body);
    let approval = &decided.body["approval"];
    assert_eq!(
        (&approval["status"], &approval["resolvedBy"], &approval["note"]),
        (&json!("approved"), &json!("api"), &json!("fine"))
    );
    let job = test.ended_of(&reply).await;
    assert_eq!((&job["status"], &job["waitingOn"]), (&json!("completed"), &json!([])), "{job}");
    assert!(test.folders.workspace().join("made-by-codex").exists());

    let again = decide(&test, approval, json!({"decision": "deny"})).await;
    assert_eq!((again.status.as_u16(), &again.body["code"]), (409, &json!("approval_resolved")));
    assert_eq!(again.body["details"]["approval"]["resolvedBy"], "api");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_command_does_not_run_and_a_cancelled_one_ends_the_turn() {
    let test = TestBridge::start().await;
    for (decision, status, end) in [("deny", "denied", "completed"), ("cancel", "cancelled", "failed")] {
        let (reply, approval) = asking(&test, "touch never-made", json!({})).await;
        let decided = decide(&test, &approval, json!({"decision": decision})).await;
        assert_eq!(decided.body["approval"]["status"], status, "{}", decided.body);
        let job = test.ended_of(&reply).await;
        assert_eq!(job["status"], end, "{job}");
        assert!(!test.folders.workspace().join("never-made").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_approved_for_the_session_is_not_asked_again() {
    let test = TestBridge::start().await;
    let message = "@model escalate touch one\n@model escalate touch one";
    let (reply, approval) = asking(&test, "touch one\n@model escalate touch one", json!({})).await;
    let decided = decide(&test, &approval, json!({"decision": "approve_for_session"})).await;
    assert_eq!(decided.status, 200, "{}", decided.body);
    let job = test.ended_of(&reply).await;
    assert_eq!(job["status"], "completed", "{message}: {job}");
    let path = format!("/approvals?jobId={}", job["jobId"].as_str().unwrap());
    assert_eq!(test.get(&path).await.body["approvals"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_change_shows_what_it_would_change() {
    let test = TestBridge::start().await;
    let body =
        json!({"message": "@model patch changed.txt", "approvalPolicy": "untrusted", "sandbox": "read-only"});
    let reply = test.post("/conversations", body).await.body;
    let approval = pending(&test, reply["job"]["jobId"].as_str().unwrap()).await;
    assert_eq!(approval["kind"], "file_change", "{approval}");
    assert!(approval["changes"][0]["path"].as_str().unwrap().ends_with("changed.txt"), "{approval}");
    assert!(approval["changes"][0]["diff"].is_string(), "{approval}");
    decide(&test, &approval, json!({"decision": "approve"})).await;
    assert_eq!(test.ended_of(&reply).await["status"], "completed");
    assert!(test.folders.workspace().join("changed.txt").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_answers_in_time_is_denied() {
    let test = TestBridge::start().await;
    let (reply, approval) = asking(&test, "touch never-made", json!({"approvalTimeoutMs": 300})).await;
    let job = test.ended_of(&reply).await;
    assert_eq!(job["status"], "completed", "{job}");
    let path = format!("/approvals/{}", approval["approvalId"].as_str().unwrap());
    let approval = test.get(&path).await.body["approval"].clone();
    assert_eq!((&approval["status"], &approval["resolvedBy"]), (&json!("denied"), &json!("deadline")));
    assert!(!test.folders.workspace().join("never-made").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_ends_with_its_turn() {
    let test = TestBridge::start().await;
    let (reply, approval) = asking(&test, "touch never-made", json!({})).await;
    let cancelled =
        test.post(&format!("/jobs/{}/cancel", reply["job"]["jobId"].as_str().unwrap()), json!({})).await;
    assert_eq!(cancelled.body["job"]["failure"]["code"], "cancelled", "{}", cancelled.body);
    let late = eventually("the approval is withdrawn", || async {
        let late = decide(&test, &approval, json!({"decision": "approve"})).await;
        (late.status == 409).then_some(late)
    })
    .await;
    assert_eq!(late.body["details"]["approval"]["resolvedBy"], "codex", "{}", late.body);
}

/// An editor whose person always answers so.
fn answering(decision: Decision, content: Option<Value>) -> Arc<ListedTabs> {
    Arc::new(ListedTabs { answers: Some(Answer { decision, content, note: None }), ..ListedTabs::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_in_the_editor_can_decide() {
    let editor = answering(Decision::Approve, None);
    let test = TestBridge::start_with(Some(Arc::clone(&editor) as Arc<dyn Editor>), |_| {}).await;
    let body = json!({
        "message": "@model escalate touch made", "approvalPolicy": "on-request", "sandbox": "read-only",
    });
    let reply = test.post("/conversations", body).await.body;
    assert_eq!(test.ended_of(&reply).await["status"], "completed");
    assert!(test.folders.workspace().join("made").exists());
    let approval = test.get("/approvals").await.body["approvals"][0].clone();
    assert_eq!((&approval["status"], &approval["resolvedBy"]), (&json!("approved"), &json!("editor")));
    assert_eq!(editor.asked.lock().unwrap().len(), 1);
    assert!(editor.told.lock().unwrap().is_empty(), "they know themselves");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_in_the_editor_can_answer_a_question() {
    let editor = answering(Decision::Answer, Some(json!({"colour": "blue"})));
    let test = TestBridge::start_with(Some(Arc::clone(&editor) as Arc<dyn Editor>), |_| {}).await;
    let question = json!({"questions": [{"id": "colour", "header": "Colour", "question": "Which one?",
        "options": [{"label": "blue", "description": "as the sky"}, {"label": "red", "description": "as roses"}]}]});
    let body = json!({
        "message": format!("@model call request_user_input {question}"),
        "config": {"features.default_mode_request_user_input": true},
    });
    let reply = test.post("/conversations", body).await.body;
    assert_eq!(test.ended_of(&reply).await["status"], "completed");
    let approval = test.get("/approvals").await.body["approvals"][0].clone();
    assert_eq!((&approval["status"], &approval["resolvedBy"]), (&json!("answered"), &json!("editor")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_the_editor_that_is_none_leaves_the_question_to_others() {
    let editor = answering(Decision::Answer, None);
    let test = TestBridge::start_with(Some(Arc::clone(&editor) as Arc<dyn Editor>), |_| {}).await;
    let (reply, approval) = asking(&test, "touch never-made", json!({"approvalTimeoutMs": 500})).await;
    assert_eq!(test.ended_of(&reply).await["status"], "completed");
    let path = format!("/approvals/{}", approval["approvalId"].as_str().unwrap());
    assert_eq!(test.get(&path).await.body["approval"]["resolvedBy"], "deadline");
    assert_eq!(editor.told.lock().unwrap().len(), 1, "who was asked is told the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_in_the_editor_is_told_when_somebody_else_was_quicker() {
    let editor = Arc::new(ListedTabs::default());
    let test = TestBridge::start_with(Some(Arc::clone(&editor) as Arc<dyn Editor>), |_| {}).await;
    let (reply, approval) = asking(&test, "touch made", json!({})).await;
    decide(&test, &approval, json!({"decision": "approve"})).await;
    test.ended_of(&reply).await;
    let told =
        eventually("the editor is told", || async { editor.told.lock().unwrap().first().cloned() }).await;
    assert_eq!(json!(told.approval_id), approval["approvalId"]);
    assert_eq!(json!(told.status), "approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_pending_when_the_bridge_died_has_expired() {
    let mut test = TestBridge::start().await;
    let (_, approval) = asking(&test, "touch never-made", json!({})).await;
    let path = format!("/approvals/{}", approval["approvalId"].as_str().unwrap());
    // As after a kill: what is recorded stays as it was, and nobody holds its lock any more.
    let snapshot = tempfile::tempdir().unwrap();
    let copied = snapshot.path().join("data");
    copy_folder(&test.folders.data(), &copied);
    test.bridge.stop().await;
    let mut config = test.folders.config();
    config.data_folder = copied;
    test.bridge = Bridge::start(config, None).await.unwrap();
    test.client = HttpClient::new(test.bridge.url());
    let expired = eventually("the approval expires", || async {
        let approval = test.get(&path).await.body["approval"].clone();
        (approval["status"] != "pending").then_some(approval)
    })
    .await;
    assert_eq!(expired["status"], "expired", "{expired}");
    let late = test.post(&path, json!({"decision": "approve"})).await;
    assert_eq!(late.status, 409, "{}", late.body);
    test.bridge.stop().await;
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_decisions_are_named() {
    let test = TestBridge::start().await;
    assert_eq!(test.post("/approvals/nope", json!({"decision": "approve"})).await.status, 404);
    let (reply, approval) = asking(&test, "touch never-made", json!({})).await;
    for (body, named) in [
        (json!({}), "decision"),
        (json!({"decision": "maybe"}), "decision"),
        (json!({"decision": "approve", "answer": {}}), "answer"),
        (json!({"decision": "approve", "answers": {}, "content": {}}), "content"),
    ] {
        let refused = decide(&test, &approval, body.clone()).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.body);
        assert!(refused.body["error"].as_str().unwrap().contains(named), "{body}: {}", refused.body);
    }
    assert_eq!(test.get("/approvals?status=maybe").await.status, 400);
    assert_eq!(test.get("/approvals?limit=0").await.status, 400);
    decide(&test, &approval, json!({"decision": "deny"})).await;
    let ended = tokio::time::timeout(Duration::from_secs(30), test.ended_of(&reply)).await.unwrap();
    assert_eq!(ended["status"], "completed");
}
