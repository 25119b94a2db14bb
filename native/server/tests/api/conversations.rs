//! Messages to Codex and their answers.

use std::sync::Arc;
use std::time::Duration;

use bridge::editor::Editor;
use serde_json::{Value, json};

use crate::editor::FakeEditor;
use crate::support::{TestBridge, eventually, json_type};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_conversation_returns_the_answer() {
    let test = TestBridge::start().await;
    let reply = test.create("hello one").await;
    assert_eq!(reply["sent"], true);
    assert_eq!(reply["delivery"], "started");
    assert_eq!(reply["turn"]["eventType"], "thread/started");
    assert_eq!(reply["jobUrl"], format!("/jobs/{}", reply["job"]["jobId"].as_str().unwrap()));
    assert_eq!(reply["conversationId"], reply["turn"]["conversationId"]);

    let job = test.wait_for_job(&reply).await;
    assert_eq!(job["status"], "completed");
    assert_eq!(job["result"]["text"], "You said: hello one");
    assert!(job["result"]["tokenUsage"]["totalTokens"].as_u64().unwrap() > 0);
    assert!(job["result"]["durationMs"].is_u64());
    assert_eq!(job["lastEventType"], "turn/completed");
    assert_eq!(job["lastEvent"]["status"], "completed");
    assert!(job["eventCount"].as_u64().unwrap() >= 5);
    assert_eq!(job["cwd"], test.directories.workspace().display().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_continued_conversation_keeps_its_history() {
    let test = TestBridge::start().await;
    let first = test.create("the first message").await;
    test.wait_for_job(&first).await;
    let conversation = first["conversationId"].as_str().unwrap();
    let path = format!("/conversations/{conversation}/messages");
    let reply = test.post(&path, json!({"message": "the second message"})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.body["delivery"], "started");
    assert_eq!(reply.body["turn"]["eventType"], "turn/started");
    assert_eq!(reply.body["requestedConversationId"], conversation);
    assert_eq!(reply.body["upgradedFromConversationId"], Value::Null);
    assert!(reply.body.as_object().unwrap().contains_key("upgradedFromConversationId"));

    let job = test.wait_for_job(&reply.body).await;
    assert_eq!(job["operation"], "resume_conversation");
    assert_eq!(job["result"]["text"], "You said: the second message");
    assert_eq!(job["cwd"], test.directories.workspace().display().to_string());
    let last = test.model.requests().last().unwrap().body().to_string();
    assert!(last.contains("the first message"), "the model sees the whole conversation");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_with_instant_answers_complete() {
    let test = TestBridge::start().await;
    let first = test.create("start").await;
    test.wait_for_job(&first).await;
    let path = format!("/conversations/{}/messages", first["conversationId"].as_str().unwrap());
    for number in 0..30 {
        let reply = test.post(&path, json!({"message": format!("number {number}")})).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let job = test.wait_for_job(&reply.body).await;
        assert_eq!(job["status"], "completed", "{job}");
        assert_eq!(job["result"]["text"], format!("You said: number {number}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn queued_messages_each_run_their_own_turn_in_order() {
    let test = TestBridge::start().await;
    let first = test.create("begin\n@model hold gate\n@model say first").await;
    test.model.wait_until_held("gate").await;
    let path = format!("/conversations/{}/messages", first["conversationId"].as_str().unwrap());
    let mut queued = Vec::new();
    for number in 0..3 {
        let reply = test.post(&path, json!({"message": format!("queued {number}")})).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.body["delivery"], "queued");
        assert_eq!(reply.body["turn"]["status"], "queued");
        queued.push(reply.body);
    }
    let waiting = test.get(&format!("/jobs/{}", queued[0]["job"]["jobId"].as_str().unwrap())).await;
    assert_eq!(waiting.body["job"]["status"], "starting");
    test.model.release("gate");

    let mut turns = vec![test.wait_for_job(&first).await];
    for reply in &queued {
        turns.push(test.wait_for_job(reply).await);
    }
    let texts: Vec<_> = turns.iter().map(|job| job["result"]["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["first", "You said: queued 0", "You said: queued 1", "You said: queued 2"]);
    let mut ids: Vec<_> = turns.iter().map(|job| job["turnId"].as_str().unwrap()).collect();
    assert!(ids.is_sorted(), "turn ids are UUIDv7, so they are sorted by start time: {ids:?}");
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_released_when_its_job_ends() {
    let test = TestBridge::start().await;
    let reply = test.create("hello").await;
    test.wait_for_job(&reply).await;
    let thread_id = reply["conversationId"].as_str().unwrap();
    let other = crate::support::other_app_server(&test.directories).await;
    // Codex closes the thread about 0.1 s after the bridge has released it.
    let resumed = eventually("another process opens the conversation", || async {
        other.connection.thread_resume(thread_id, &Default::default()).await.ok()
    })
    .await;
    assert_eq!(resumed.0.id, thread_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_handed_over_to_the_owner_of_its_conversation() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let thread_id = first["conversationId"].as_str().unwrap();
    let _other = crate::support::another_owner(&test.directories, thread_id).await;

    let path = format!("/conversations/{thread_id}/messages");
    let reply = test.post(&path, json!({"message": "for the owner", "model": "ignored"})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.body["delivery"], "handed_over");
    assert_eq!(reply.body["turn"]["status"], "queued");
    assert_eq!(reply.body["warnings"].as_array().unwrap().len(), 1, "{}", reply.body);
    let job = test.wait_for_job(&reply.body).await;
    assert_eq!(job["status"], "completed", "{job}");
    assert_eq!(job["result"]["text"], "You said: for the owner");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bridge_runs_a_message_if_the_owner_stops() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let thread_id = first["conversationId"].as_str().unwrap();
    let other = crate::support::another_owner(&test.directories, thread_id).await;
    // The owner is busy, so that it cannot run our message.
    let input = [codex::protocol::UserInput::Text { text: "@model hold busy".into() }];
    other.connection.turn_start(thread_id, "theirs", &input, None).await.unwrap();
    test.model.wait_until_held("busy").await;

    let path = format!("/conversations/{thread_id}/messages");
    let reply = test.post(&path, json!({"message": "left behind"})).await;
    assert_eq!(reply.body["delivery"], "handed_over", "{}", reply.body);
    other.stop().await;
    let job = test.wait_for_job(&reply.body).await;
    assert_eq!(job["status"], "completed", "{job}");
    assert_eq!(job["result"]["text"], "You said: left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_queued_by_another_process_runs_after_our_turn() {
    let test = TestBridge::start().await;
    let first = test.create("@model hold gate\n@model say ours").await;
    test.model.wait_until_held("gate").await;
    let thread_id = first["conversationId"].as_str().unwrap();
    let other = crate::support::other_app_server(&test.directories).await;
    let input = [codex::protocol::UserInput::Text { text: "@model delay 300\n@model say theirs".into() }];
    other.connection.thread_queue_add(thread_id, "their-message", &input).await.unwrap();
    // This message is queued behind our turn and behind their message.
    let path = format!("/conversations/{thread_id}/messages");
    let queued = test.post(&path, json!({"message": "@model say ours again"})).await.body;
    assert_eq!(queued["delivery"], "queued", "{queued}");
    test.model.release("gate");

    assert_eq!(test.wait_for_job(&first).await["result"]["text"], "ours");
    assert_eq!(test.wait_for_job(&queued).await["result"]["text"], "ours again");
    let thread = other.connection.thread_read(thread_id, true).await.unwrap();
    let theirs = thread.turn(None, "their-message").unwrap();
    assert_eq!(theirs.status, codex::protocol::TurnStatus::Completed);
    let mut record = codex::turn::TurnRecord::default();
    record.take_turn(theirs);
    assert_eq!(record.answer.as_deref(), Some("theirs"));
    assert_eq!(thread.turns.len(), 3, "each message has its own turn");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_fails_if_the_owner_deletes_its_handed_over_message() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let thread_id = first["conversationId"].as_str().unwrap();
    let other = crate::support::another_owner(&test.directories, thread_id).await;
    let input = [codex::protocol::UserInput::Text { text: "@model hold busy".into() }];
    other.connection.turn_start(thread_id, "theirs", &input, None).await.unwrap();
    test.model.wait_until_held("busy").await;
    let path = format!("/conversations/{thread_id}/messages");
    let reply = test.post(&path, json!({"message": "unwanted"})).await.body;
    assert_eq!(reply["delivery"], "handed_over", "{reply}");
    let limit = Duration::from_secs(5);
    let list =
        other.connection.call("thread/queue/list", json!({"threadId": thread_id}), limit).await.unwrap();
    let delete = json!({"threadId": thread_id, "queuedSubmissionId": list["data"][0]["id"]});
    other.connection.call("thread/queue/delete", delete, limit).await.unwrap();
    let job = test.wait_for_job(&reply).await;
    assert_eq!(job["status"], "failed", "{job}");
    test.model.release("busy");
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_passed_to_codex() {
    let test = TestBridge::start().await;
    let directory = test.directories.workspace().join("elsewhere");
    std::fs::create_dir(&directory).unwrap();
    let picture = directory.join("dot.png");
    std::fs::write(&picture, PNG).unwrap();
    let schema = directory.join("schema.json");
    std::fs::write(&schema, r#"{"type":"object","properties":{"answer":{"type":"string"}}}"#).unwrap();
    let body = json!({
        "message": "with everything",
        "cwd": directory,
        "approvalPolicy": "on-failure",
        "sandbox": "read-only",
        "baseInstructions": "THE BASE INSTRUCTIONS",
        "developerInstructions": "THE DEVELOPER INSTRUCTIONS",
        "personality": "pragmatic",
        "config": {"model_reasoning_summary": "none"},
        "images": ["dot.png"],
        "outputSchemaPath": schema,
        "outputLastMessagePath": "answer.txt",
        "sendTimeoutMs": 20000,
        "typo": 1,
    });
    let reply = test.post("/conversations", body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let warnings = reply.body["warnings"].to_string();
    assert!(warnings.contains("on-failure") && warnings.contains("typo"), "{warnings}");
    let job = test.wait_for_job(&reply.body).await;
    assert_eq!(job["status"], "completed", "{job}");
    assert_eq!(job["cwd"], directory.display().to_string());
    let answer = std::fs::read_to_string(directory.join("answer.txt")).unwrap();
    assert_eq!(job["result"]["text"], answer);

    let request = test.model.requests().last().unwrap().body().to_string();
    for expected in
        ["THE BASE INSTRUCTIONS", "THE DEVELOPER INSTRUCTIONS", "data:image/png", "json_schema", "read-only"]
    {
        assert!(request.contains(expected), "{expected} is not in the model's request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_continuation_can_change_the_sandbox() {
    let test = TestBridge::start().await;
    let first = test.post("/conversations", json!({"message": "hello", "sandbox": "read-only"})).await;
    test.wait_for_job(&first.body).await;
    let path = format!("/conversations/{}/messages", first.body["conversationId"].as_str().unwrap());
    let made = test.directories.workspace().join("made");
    let message = format!("@model run touch {}", made.display());
    let options = json!({"message": message, "dangerouslyBypassApprovalsAndSandbox": true});
    let reply = test.post(&path, options).await;
    let job = test.wait_for_job(&reply.body).await;
    assert_eq!(job["status"], "completed", "{job}");
    assert!(made.exists(), "the command ran without a sandbox: {job}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_message_uses_its_own_options() {
    let test = TestBridge::start().await;
    let first = test.create("begin\n@model hold gate").await;
    test.model.wait_until_held("gate").await;
    let path = format!("/conversations/{}/messages", first["conversationId"].as_str().unwrap());
    let reply =
        test.post(&path, json!({"message": "queued", "developerInstructions": "ONLY FOR THE SECOND"})).await;
    assert_eq!(reply.body["delivery"], "queued");
    test.model.release("gate");
    let job = test.wait_for_job(&reply.body).await;
    assert_eq!(job["status"], "completed", "{job}");
    assert!(test.model.requests().last().unwrap().body().to_string().contains("ONLY FOR THE SECOND"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_result_contains_the_plan_and_the_diff() {
    let test = TestBridge::start().await;
    let message = "work\n@model plan\n@model patch made.txt\n@model say done";
    let body = json!({"message": message, "dangerouslyBypassApprovalsAndSandbox": true});
    let reply = test.post("/conversations", body).await;
    let job = test.wait_for_job(&reply.body).await;
    assert_eq!(job["result"]["text"], "done", "{job}");
    assert_eq!(job["result"]["plan"]["plan"].as_array().unwrap().len(), 3, "{job}");
    assert!(job["result"]["diff"].as_str().unwrap().contains("made.txt"), "{job}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_error_fails_the_job_with_the_message_from_codex() {
    let test = TestBridge::start().await;
    let reply = test.create("@model fail 500").await;
    let job = test.wait_for_job(&reply).await;
    assert_eq!(job["status"], "failed");
    assert_eq!(job["failure"]["code"], "turn_failed");
    assert_eq!(job["failure"]["message"], job["error"]);
    assert!(!job["error"].as_str().unwrap().is_empty());
    assert_eq!(job["lastEvent"]["status"], "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_are_unavailable_without_an_editor() {
    let test = TestBridge::start().await;
    for path in ["/conversations/open", "/conversations/current"] {
        let reply = test.get(path).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body["editor"]["available"], false, "{path}");
    }
    for (path, body) in [
        ("/conversations", json!({})),
        ("/conversations", json!({"message": ""})),
        ("/conversations/current/messages", json!({"message": "hi"})),
    ] {
        let reply = test.post(path, body).await;
        assert_eq!(reply.status, 409, "{}", reply.body);
        assert_eq!(reply.body["code"], "editor_unavailable");
    }
    assert_eq!(test.get("/jobs").await.body["jobs"], json!([]), "no job was started");
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_with_an_editor_match_the_original_api() {
    let editor = Arc::new(FakeEditor::default());
    let test = TestBridge::start_with(Some(Arc::clone(&editor) as Arc<dyn Editor>), |_| {}).await;

    assert_eq!(test.get("/conversations/current").await.body["conversation"], Value::Null);
    let none = test.post("/conversations/current/messages", json!({"message": "hi"})).await;
    assert_eq!(none.status, 404);
    assert_eq!(none.body["error"], "No active Codex conversation tab is focused.");

    let draft = test.post("/conversations", json!({})).await;
    let expected = json!({"ok": true, "conversationId": null, "sent": false, "draft": true, "opened": true});
    assert_eq!(draft.body, expected);
    assert_eq!(*editor.drafts.lock().unwrap(), 1);
    let misspelled = test.post("/conversations", json!({"mesage": "hi"})).await;
    assert!(misspelled.body["warnings"][0].as_str().unwrap().contains("mesage"), "{}", misspelled.body);

    let created = test.create("hello").await;
    assert_eq!(created["opened"], true);
    assert_eq!(created["job"]["openRequested"], true);
    assert_eq!(created["job"]["opened"], true);
    assert_eq!(created["conversation"]["conversationId"], created["conversationId"]);
    test.wait_for_job(&created).await;

    let current = test.get("/conversations/current").await.body["conversation"].clone();
    let mut fields: Vec<_> = current.as_object().unwrap().keys().cloned().collect();
    fields.sort();
    assert_eq!(fields, ["conversationId", "title", "uri"]);
    let health = test.get("/health").await.body;
    assert_eq!(health["status"]["currentConversationId"], created["conversationId"]);
    assert_eq!(health["openConversations"][0]["tabIndex"], 0);

    let quiet = json!({"message": "quiet", "ensureOpen": false});
    let reply = test.post("/conversations/current/messages", quiet).await.body;
    assert_eq!(reply["opened"], false);
    assert_eq!(reply["job"]["openRequested"], false);
    assert_eq!(json_type(&reply["job"]["opened"]), "null");
    assert_eq!(json_type(&reply["conversation"]), "null");
    assert_eq!(test.wait_for_job(&reply).await["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_completes_if_its_tab_cannot_be_shown() {
    let editor = Arc::new(FakeEditor { fails_to_reveal: true, ..FakeEditor::default() });
    let test = TestBridge::start_with(Some(editor), |_| {}).await;
    let reply = test.create("hello").await;
    assert_eq!(reply["opened"], false);
    assert_eq!(reply["openError"], "no such editor");
    let job = test.wait_for_job(&reply).await;
    assert_eq!(job["status"], "completed");
    assert_eq!(job["openError"], "no such editor");
}

/// A PNG image of one transparent pixel.
const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0,
    0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0,
    1, 0, 0, 5, 0, 1, 0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];
