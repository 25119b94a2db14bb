//! Approvals: the requests of Codex and the decisions.

use std::sync::Arc;
use std::time::Duration;

use bridge::editor::Editor;
use model::approval::Answer;
use model::approval::Decision;
use serde_json::{Value, json};
use server::Bridge;
use testkit::HttpClient;

use crate::editor::FakeEditor;
use crate::support::{TestBridge, eventually};

/// Starts a turn that requests approval to run a command outside of the sandbox. Returns the reply and the
/// approval.
async fn start_with_approval(test: &TestBridge, command: &str, more: Value) -> (Value, Value) {
    let mut body = json!({
        "message": format!("@model escalate {command}"),
        "approvalPolicy": "on-request",
        "sandbox": "read-only",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let reply = test.post("/conversations", body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let job_id = reply.body["job"]["jobId"].as_str().unwrap();
    let approval = wait_for_approval(test, job_id).await;
    (reply.body, approval)
}

async fn wait_for_approval(test: &TestBridge, job_id: &str) -> Value {
    eventually("Codex requests an approval", || async {
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
    let (reply, approval) = start_with_approval(&test, "touch made-by-codex", json!({})).await;
    assert_eq!(approval["kind"], "command");
    assert!(approval["command"].as_str().unwrap().contains("touch made-by-codex"), "{approval}");
    assert_eq!(approval["cwd"], test.directories.workspace().display().to_string());
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
    let job = test.wait_for_job(&reply).await;
    assert_eq!((&job["status"], &job["waitingOn"]), (&json!("completed"), &json!([])), "{job}");
    assert!(test.directories.workspace().join("made-by-codex").exists());

    let again = decide(&test, approval, json!({"decision": "deny"})).await;
    assert_eq!((again.status.as_u16(), &again.body["code"]), (409, &json!("approval_resolved")));
    assert_eq!(again.body["details"]["approval"]["resolvedBy"], "api");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_command_does_not_run_and_a_cancelled_one_ends_the_turn() {
    let test = TestBridge::start().await;
    for (decision, status, job_status) in [("deny", "denied", "completed"), ("cancel", "cancelled", "failed")]
    {
        let (reply, approval) = start_with_approval(&test, "touch never-made", json!({})).await;
        let decided = decide(&test, &approval, json!({"decision": decision})).await;
        assert_eq!(decided.body["approval"]["status"], status, "{}", decided.body);
        let job = test.wait_for_job(&reply).await;
        assert_eq!(job["status"], job_status, "{job}");
        assert!(!test.directories.workspace().join("never-made").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_approved_for_the_session_needs_no_second_approval() {
    let test = TestBridge::start().await;
    let message = "@model escalate touch one\n@model escalate touch one";
    let (reply, approval) =
        start_with_approval(&test, "touch one\n@model escalate touch one", json!({})).await;
    let decided = decide(&test, &approval, json!({"decision": "approve_for_session"})).await;
    assert_eq!(decided.status, 200, "{}", decided.body);
    let job = test.wait_for_job(&reply).await;
    assert_eq!(job["status"], "completed", "{message}: {job}");
    let path = format!("/approvals?jobId={}", job["jobId"].as_str().unwrap());
    assert_eq!(test.get(&path).await.body["approvals"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_of_a_file_change_contains_the_diff() {
    let test = TestBridge::start().await;
    let body =
        json!({"message": "@model patch changed.txt", "approvalPolicy": "untrusted", "sandbox": "read-only"});
    let reply = test.post("/conversations", body).await.body;
    let approval = wait_for_approval(&test, reply["job"]["jobId"].as_str().unwrap()).await;
    assert_eq!(approval["kind"], "file_change", "{approval}");
    assert!(approval["changes"][0]["path"].as_str().unwrap().ends_with("changed.txt"), "{approval}");
    assert!(approval["changes"][0]["diff"].is_string(), "{approval}");
    decide(&test, &approval, json!({"decision": "approve"})).await;
    assert_eq!(test.wait_for_job(&reply).await["status"], "completed");
    assert!(test.directories.workspace().join("changed.txt").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unanswered_approval_is_denied_at_its_deadline() {
    let test = TestBridge::start().await;
    let (reply, approval) =
        start_with_approval(&test, "touch never-made", json!({"approvalTimeoutMs": 300})).await;
    let job = test.wait_for_job(&reply).await;
    assert_eq!(job["status"], "completed", "{job}");
    let path = format!("/approvals/{}", approval["approvalId"].as_str().unwrap());
    let approval = test.get(&path).await.body["approval"].clone();
    assert_eq!((&approval["status"], &approval["resolvedBy"]), (&json!("denied"), &json!("deadline")));
    assert!(!test.directories.workspace().join("never-made").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_withdrawn_when_its_turn_ends() {
    let test = TestBridge::start().await;
    let (reply, approval) = start_with_approval(&test, "touch never-made", json!({})).await;
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

/// Returns an editor that always answers with this decision.
fn editor_that_answers(decision: Decision, content: Option<Value>) -> Arc<FakeEditor> {
    Arc::new(FakeEditor { answer: Some(Answer { decision, content, note: None }), ..FakeEditor::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_can_be_decided_in_the_editor() {
    let editor = editor_that_answers(Decision::Approve, None);
    let test = TestBridge::start_with(Some(Arc::clone(&editor) as Arc<dyn Editor>), |_| {}).await;
    let body = json!({
        "message": "@model escalate touch made", "approvalPolicy": "on-request", "sandbox": "read-only",
    });
    let reply = test.post("/conversations", body).await.body;
    assert_eq!(test.wait_for_job(&reply).await["status"], "completed");
    assert!(test.directories.workspace().join("made").exists());
    let approval = test.get("/approvals").await.body["approvals"][0].clone();
    assert_eq!((&approval["status"], &approval["resolvedBy"]), (&json!("approved"), &json!("editor")));
    assert_eq!(editor.requested.lock().unwrap().len(), 1);
    assert!(editor.resolved.lock().unwrap().is_empty(), "the editor made the decision itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_can_be_answered_in_the_editor() {
    let editor = editor_that_answers(Decision::Answer, Some(json!({"color": "blue"})));
    let test = TestBridge::start_with(Some(Arc::clone(&editor) as Arc<dyn Editor>), |_| {}).await;
    let question = json!({"questions": [{"id": "color", "header": "Color", "question": "Which one?",
        "options": [{"label": "blue", "description": "as the sky"},
            {"label": "red", "description": "as roses"}]}]});
    let body = json!({
        "message": format!("@model call request_user_input {question}"),
        "config": {"features.default_mode_request_user_input": true},
    });
    let reply = test.post("/conversations", body).await.body;
    assert_eq!(test.wait_for_job(&reply).await["status"], "completed");
    let approval = test.get("/approvals").await.body["approvals"][0].clone();
    assert_eq!((&approval["status"], &approval["resolvedBy"]), (&json!("answered"), &json!("editor")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_answer_from_the_editor_leaves_the_approval_pending() {
    let editor = editor_that_answers(Decision::Answer, None);
    let test = TestBridge::start_with(Some(Arc::clone(&editor) as Arc<dyn Editor>), |_| {}).await;
    let (reply, approval) =
        start_with_approval(&test, "touch never-made", json!({"approvalTimeoutMs": 500})).await;
    assert_eq!(test.wait_for_job(&reply).await["status"], "completed");
    let path = format!("/approvals/{}", approval["approvalId"].as_str().unwrap());
    assert_eq!(test.get(&path).await.body["approval"]["resolvedBy"], "deadline");
    assert_eq!(editor.resolved.lock().unwrap().len(), 1, "the editor is notified of the resolution");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_editor_is_notified_if_an_approval_is_decided_elsewhere() {
    let editor = Arc::new(FakeEditor::default());
    let test = TestBridge::start_with(Some(Arc::clone(&editor) as Arc<dyn Editor>), |_| {}).await;
    let (reply, approval) = start_with_approval(&test, "touch made", json!({})).await;
    decide(&test, &approval, json!({"decision": "approve"})).await;
    test.wait_for_job(&reply).await;
    let resolved =
        eventually("the editor is notified", || async { editor.resolved.lock().unwrap().first().cloned() })
            .await;
    assert_eq!(json!(resolved.approval_id), approval["approvalId"]);
    assert_eq!(json!(resolved.status), "approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn approvals_pending_at_a_crash_expire() {
    let mut test = TestBridge::start().await;
    let (_, approval) = start_with_approval(&test, "touch never-made", json!({})).await;
    let path = format!("/approvals/{}", approval["approvalId"].as_str().unwrap());
    // The copy is in the state after a kill: its records are unchanged, and no process holds its lock.
    let snapshot = tempfile::tempdir().unwrap();
    let copied = snapshot.path().join("data");
    copy_directory(&test.directories.data(), &copied);
    test.bridge.stop().await;
    let mut config = test.directories.config();
    config.data_directory = copied;
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

fn copy_directory(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_decisions_name_the_field() {
    let test = TestBridge::start().await;
    assert_eq!(test.post("/approvals/nope", json!({"decision": "approve"})).await.status, 404);
    let (reply, approval) = start_with_approval(&test, "touch never-made", json!({})).await;
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
    let ended = tokio::time::timeout(Duration::from_secs(30), test.wait_for_job(&reply)).await.unwrap();
    assert_eq!(ended["status"], "completed");
}
