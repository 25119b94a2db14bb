//! Concurrent and badly timed operations: no message runs twice or is lost, and no job stays unfinished.

use std::sync::Arc;
use std::time::Duration;

use bridge::editor::Editor;
use codex::protocol::UserInput;
use model::approval::Answer;
use model::approval::Decision;
use serde_json::{Value, json};
use server::Bridge;
use testkit::HttpClient;

use crate::editor::FakeEditor;
use crate::support::{TestBridge, eventually, hand_over_message};

fn messages_path(reply: &Value) -> String {
    format!("/conversations/{}/messages", reply["conversationId"].as_str().unwrap())
}

fn job_path(reply: &Value, rest: &str) -> String {
    format!("/jobs/{}{rest}", reply["job"]["jobId"].as_str().unwrap())
}

async fn assert_no_unfinished_job(test: &TestBridge) {
    for status in ["starting", "running"] {
        let open = test.get(&format!("/jobs?status={status}")).await.body["jobs"].clone();
        assert_eq!(open, json!([]), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_messages_that_must_start_at_once_start_or_are_refused() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let path = messages_path(&first);
    for delivery in ["start", "reject"] {
        let send = |message: &'static str| {
            let (client, path) = (test.client.clone(), path.clone());
            tokio::spawn(async move {
                client.post(&path, &json!({"message": message, "delivery": delivery})).await.unwrap()
            })
        };
        let sent: Vec<_> = ["one", "two", "three"].map(send).into();
        let mut started = 0;
        for reply in sent {
            let reply = reply.await.unwrap();
            match reply.status.as_u16() {
                200 => {
                    assert_eq!(reply.body["delivery"], "started", "{delivery}: {}", reply.body);
                    started += 1;
                    test.wait_for_job(&reply.body).await;
                }
                409 => assert_eq!(reply.body["code"], "conversation_busy", "{}", reply.body),
                _ => panic!("{}", reply.body),
            }
        }
        assert!(started >= 1);
    }
    assert_no_unfinished_job(&test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_concurrent_messages_run_two_turns() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    for round in 0..5 {
        let send = |name: &str| {
            let (client, path) = (test.client.clone(), messages_path(&first));
            let message = format!("{name} of round {round}");
            tokio::spawn(async move { client.post(&path, &json!({"message": message})).await.unwrap() })
        };
        let (one, two) = tokio::join!(send("one"), send("two"));
        let (one, two) = (one.unwrap().body, two.unwrap().body);
        let (first, second) = (test.wait_for_job(&one).await, test.wait_for_job(&two).await);
        assert_eq!(first["result"]["text"], format!("You said: one of round {round}"), "{first}");
        assert_eq!(second["result"]["text"], format!("You said: two of round {round}"), "{second}");
        assert_ne!(first["turnId"], second["turnId"]);
        let mut deliveries = [one["delivery"].as_str().unwrap(), two["delivery"].as_str().unwrap()];
        deliveries.sort_unstable();
        assert!(deliveries.contains(&"started"), "{deliveries:?}");
    }
    assert_no_unfinished_job(&test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_instant_answers_leave_no_unfinished_job() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    for number in 0..200 {
        let reply = test.post(&messages_path(&first), json!({"message": format!("number {number}")})).await;
        assert_eq!(reply.status, 200, "{number}: {}", reply.body);
        let job = test.wait_for_job(&reply.body).await;
        assert_eq!(job["result"]["text"], format!("You said: number {number}"), "{job}");
    }
    assert_no_unfinished_job(&test).await;
    assert_eq!(test.get("/health").await.body["status"]["jobs"]["completed"], 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deadline_applies_if_the_editor_returns_a_decision_that_is_not_offered() {
    let editor = Arc::new(FakeEditor {
        answer: Some(Answer { decision: Decision::Answer, content: None, note: None }),
        ..FakeEditor::default()
    });
    let test = TestBridge::start_with(Some(Arc::clone(&editor) as Arc<dyn Editor>), |_| {}).await;
    let body = json!({
        "message": "@model escalate touch never-made", "approvalPolicy": "on-request", "sandbox": "read-only",
        "approvalTimeoutMs": 1000,
    });
    let reply = test.post("/conversations", body).await.body;
    let job = tokio::time::timeout(Duration::from_secs(15), test.wait_for_job(&reply)).await.unwrap();
    assert_eq!(job["status"], "completed", "{job}");
    let approval = test.get("/approvals").await.body["approvals"][0].clone();
    assert_eq!(approval["resolvedBy"], "deadline", "{approval}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_pending_in_another_bridge_is_not_reported_as_resolved() {
    let test = TestBridge::start().await;
    let second = Bridge::start(test.directories.config(), None).await.unwrap();
    let other = HttpClient::new(second.url());
    let body = json!({
        "message": "@model escalate touch made", "approvalPolicy": "on-request", "sandbox": "read-only",
    });
    let reply = test.post("/conversations", body).await.body;
    let approval = eventually("Codex requests an approval", || async {
        test.get("/approvals?status=pending").await.body["approvals"].get(0).cloned()
    })
    .await;
    let path = format!("/approvals/{}", approval["approvalId"].as_str().unwrap());
    let refused = other.post(&path, &json!({"decision": "approve"})).await.unwrap();
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("approval_asked_elsewhere")));
    assert_eq!(refused.body["details"]["url"], test.bridge.url(), "{}", refused.body);
    assert_eq!(test.post(&path, json!({"decision": "approve"})).await.status, 200);
    assert_eq!(test.wait_for_job(&reply).await["status"], "completed");
    let late = other.post(&path, &json!({"decision": "approve"})).await.unwrap();
    assert_eq!((late.status.as_u16(), &late.body["code"]), (409, &json!("approval_resolved")));
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_can_be_decided_as_soon_as_its_event_arrives() {
    let test = TestBridge::start().await;
    let mut events = test.client.events("/events?type=approval.requested").await.unwrap();
    for number in 0..10 {
        let body = json!({
            "message": format!("@model escalate touch made-{number}"), "approvalPolicy": "on-request",
            "sandbox": "read-only",
        });
        let reply = test.post("/conversations", body).await.body;
        let event = events.next().await.unwrap();
        let path = format!("/approvals/{}", event.data["payload"]["approvalId"].as_str().unwrap());
        let decided = test.post(&path, json!({"decision": "approve"})).await;
        assert_eq!(decided.status, 200, "{number}: {}", decided.body);
        assert_eq!(test.wait_for_job(&reply).await["status"], "completed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bridge_runs_the_edited_message_if_the_owner_exits() {
    let test = TestBridge::start().await;
    let (reply, other, thread_id) = hand_over_message(&test, json!({"message": "OLD WORDS"})).await;
    let edit = format!("/conversations/{thread_id}/queue/{}", reply["job"]["jobId"].as_str().unwrap());
    let edited = test.client.patch(&edit, &json!({"message": "new words"})).await.unwrap();
    assert_eq!(edited.status, 200, "{}", edited.body);
    other.stop().await;
    let job = test.wait_for_job(&reply).await;
    assert_eq!(job["result"]["text"], "You said: new words", "{job}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_turn_timeout_excludes_time_in_the_queue_of_another_process() {
    let test = TestBridge::start().await;
    let message = json!({"message": "in my time", "turnTimeoutMs": 2000});
    let (reply, other, _) = hand_over_message(&test, message).await;
    let waiting = test.get(&job_path(&reply, "?waitMs=2500")).await.body["job"].clone();
    assert_eq!(waiting["status"], "starting", "{waiting}");
    test.model.release("theirs");
    let job = test.wait_for_job(&reply).await;
    assert_eq!(job["result"]["text"], "You said: in my time", "{job}");
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_queued_behind_a_turn_of_another_process_can_be_cancelled() {
    let test = TestBridge::start().await;
    let first = test.create("@model hold gate\n@model say ours").await;
    test.model.wait_until_held("gate").await;
    let thread_id = first["conversationId"].as_str().unwrap();
    // Another process queues a message while our turn runs. Our app-server runs it next.
    let other = crate::support::other_app_server(&test.directories).await;
    let input = [UserInput::Text { text: "@model hold theirs".into() }];
    other.connection.thread_queue_add(thread_id, "their-message", &input).await.unwrap();
    test.model.release("gate");
    test.wait_for_job(&first).await;
    test.model.wait_until_held("theirs").await;
    let path = messages_path(&first);
    let waits = test.post(&path, json!({"message": "NEVER SENT"})).await.body;
    assert_eq!(waits["delivery"], "queued", "{waits}");
    let cancelled = test.post(&job_path(&waits, "/cancel"), json!({})).await.body;
    assert_eq!(cancelled["job"]["failure"]["code"], "cancelled", "{cancelled}");
    test.model.release("theirs");
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_can_be_cancelled_at_any_moment() {
    let test = TestBridge::start().await;
    test.wait_for_job(&test.create("warm").await).await;
    for delay_ms in [0, 1, 2, 5, 10, 20, 40] {
        let reply = test.create(&format!("@model hold for-ever-{delay_ms}")).await;
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        let cancelled = test.post(&job_path(&reply, "/cancel"), json!({})).await;
        assert_eq!(cancelled.body["job"]["failure"]["code"], "cancelled", "{}", cancelled.body);
    }
    assert_no_unfinished_job(&test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_history_queries_name_the_field() {
    let test = TestBridge::start().await;
    test.wait_for_job(&test.create("hello").await).await;
    for (query, field) in [("cursor=garbage", "cursor"), ("source=pigeon", "source")] {
        let reply = test.get(&format!("/conversations?{query}")).await;
        assert_eq!(reply.status, 400, "{query}: {}", reply.body);
        assert_eq!(reply.body["details"]["field"], field, "{}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_to_an_archived_conversation_are_refused() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let conversation = format!("/conversations/{}", first["conversationId"].as_str().unwrap());
    let archived = test.post(&format!("{conversation}/archive"), json!({})).await;
    assert_eq!(archived.status, 200, "{}", archived.body);
    for delivery in ["auto", "fork"] {
        let body = json!({"message": "hi", "delivery": delivery});
        let refused = test.post(&messages_path(&first), body).await;
        assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("conversation_archived")));
    }
    let unarchived = test.post(&format!("{conversation}/unarchive"), json!({})).await;
    assert_eq!(unarchived.status, 200, "{}", unarchived.body);
    let reply = test.post(&messages_path(&first), json!({"message": "hi"})).await.body;
    assert_eq!(test.wait_for_job(&reply).await["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handed_over_job_streams_the_events_of_its_turn() {
    let test = TestBridge::start().await;
    let (reply, other, _) =
        hand_over_message(&test, json!({"message": "@model run echo hi\n@model say done"})).await;
    let stream = test.client.events(&job_path(&reply, "/events")).await.unwrap();
    let shown = test.get(&format!("/conversations/{}", reply["conversationId"].as_str().unwrap())).await.body;
    if cfg!(target_os = "linux") {
        assert_eq!(
            shown["conversation"]["owner"]["pid"], other.pid,
            "the bridge follows the turn without owning the thread"
        );
    }
    test.model.release("theirs");
    let events = stream.to_the_end().await;
    let items: Vec<_> = events
        .iter()
        .filter(|event| event.event == "item.completed")
        .map(|event| event.data["payload"]["item"]["type"].as_str().unwrap())
        .collect();
    assert!(items.contains(&"agentMessage") && items.contains(&"commandExecution"), "{items:?}");
    let mut ids: Vec<_> = events
        .iter()
        .filter(|event| event.event == "item.completed")
        .map(|event| event.data["payload"]["item"]["id"].to_string())
        .collect();
    ids.sort();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "each item is reported once");
    assert_eq!(events.last().unwrap().event, "job.completed");
    other.stop().await;
}
