//! Delivery modes for a conversation that is idle, busy, or owned by another process.

use std::sync::Arc;

use bridge::editor::Editor;
use serde_json::{Value, json};

use crate::editor::FakeEditor;
use crate::support::{TestBridge, another_owner, eventually, hand_over_message};

async fn send(test: &TestBridge, conversation: &Value, message: &str, delivery: &str) -> testkit::HttpReply {
    let path = format!("/conversations/{}/messages", conversation["conversationId"].as_str().unwrap());
    test.post(&path, json!({"message": message, "delivery": delivery})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_conversation_starts_a_turn_in_every_mode_but_steer() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    for delivery in ["auto", "start", "queue", "handover", "reject"] {
        let reply = send(&test, &first, delivery, delivery).await;
        assert_eq!(reply.body["delivery"], "started", "{delivery}: {}", reply.body);
        assert_eq!(test.wait_for_job(&reply.body).await["result"]["text"], format!("You said: {delivery}"));
    }
    let steered = send(&test, &first, "x", "steer").await;
    assert_eq!((steered.status.as_u16(), &steered.body["code"]), (409, &json!("no_active_turn")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_conversation_queues_refuses_or_forks_by_mode() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let busy = send(&test, &first, "@model hold gate", "auto").await.body;
    test.model.wait_until_held("gate").await;
    for delivery in ["start", "reject"] {
        let refused = send(&test, &first, "no", delivery).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (409, &json!("conversation_busy")),
            "{delivery}"
        );
    }
    let mut waiting = Vec::new();
    for delivery in ["auto", "queue", "handover"] {
        let reply = send(&test, &first, delivery, delivery).await.body;
        assert_eq!(reply["delivery"], "queued", "{delivery}: {reply}");
        waiting.push(reply);
    }
    let forked = send(&test, &first, "in a copy", "fork").await.body;
    assert_eq!(forked["delivery"], "forked", "{forked}");
    assert_ne!(forked["conversationId"], first["conversationId"]);
    assert_eq!(forked["requestedConversationId"], first["conversationId"]);
    let job = test.wait_for_job(&forked).await;
    assert_eq!((&job["result"]["text"], &job["delivery"]), (&json!("You said: in a copy"), &json!("forked")));

    test.model.release("gate");
    assert_eq!(test.wait_for_job(&busy).await["status"], "completed");
    for reply in &waiting {
        assert_eq!(test.wait_for_job(reply).await["status"], "completed");
    }
    assert_eq!(test.get("/jobs?status=starting").await.body["jobs"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_owned_by_another_process_hands_over_refuses_or_forks_by_mode() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let other = another_owner(&test.directories, first["conversationId"].as_str().unwrap()).await;
    for delivery in ["start", "queue", "reject"] {
        let refused = send(&test, &first, "no", delivery).await;
        assert_eq!(refused.status, 409, "{delivery}: {}", refused.body);
        assert_eq!(refused.body["code"], "conversation_owned_elsewhere");
        if cfg!(target_os = "linux") {
            assert_eq!(refused.body["details"]["owner"]["pid"], other.pid, "{}", refused.body);
            assert!(refused.body["details"]["owner"]["program"].as_str().unwrap().contains("codex"));
        }
    }
    let forked = send(&test, &first, "in a copy", "fork").await.body;
    assert_eq!(test.wait_for_job(&forked).await["result"]["text"], "You said: in a copy");
    for delivery in ["auto", "handover"] {
        let reply = send(&test, &first, delivery, delivery).await.body;
        assert_eq!(reply["delivery"], "handed_over", "{reply}");
        assert_eq!(test.wait_for_job(&reply).await["result"]["text"], format!("You said: {delivery}"));
    }
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bridge_runs_a_handed_over_message_if_the_owner_exits() {
    let test = TestBridge::start().await;
    let (reply, other, _) = hand_over_message(&test, json!({"message": "@model escalate touch made"})).await;
    other.stop().await;
    let job = eventually("the bridge runs the message", || async {
        let path = format!("/jobs/{}", reply["job"]["jobId"].as_str().unwrap());
        let job = test.get(&path).await.body["job"].clone();
        (job["status"] != "starting").then_some(job)
    })
    .await;
    assert_eq!(job["delivery"], "started", "{job}");
    assert!(job["warnings"][0].as_str().unwrap().contains("exited"), "{job}");
    // The bridge runs the turn itself, so that its approvals can be decided.
    let approval = eventually("Codex requests an approval", || async {
        let approvals = test.get("/approvals?status=pending").await.body["approvals"].clone();
        approvals.get(0).cloned()
    })
    .await;
    test.post(
        &format!("/approvals/{}", approval["approvalId"].as_str().unwrap()),
        json!({"decision": "approve"}),
    )
    .await;
    assert_eq!(test.wait_for_job(&reply).await["status"], "completed");
    assert!(test.directories.workspace().join("made").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_panel_runs_a_new_conversation_in_panel_mode() {
    let editor = Arc::new(FakeEditor::default());
    let test = TestBridge::start_with(Some(Arc::clone(&editor) as Arc<dyn Editor>), |_| {}).await;
    let other = crate::support::other_app_server(&test.directories).await;
    // Simulates the panel, which loads the conversation of the opened tab.
    let panel = async {
        let shown =
            eventually("the tab is opened", || async { editor.open.lock().unwrap().first().cloned() }).await;
        eventually("the panel loads the conversation", || async {
            other.connection.thread_resume(&shown, &Default::default()).await.ok()
        })
        .await
    };
    let body = json!({"message": "for the panel", "delivery": "panel", "openTimeoutMs": 20000});
    let (reply, _watch) = tokio::join!(test.post("/conversations", body), panel);
    assert_eq!(reply.body["delivery"], "handed_over", "{}", reply.body);
    assert_eq!(test.wait_for_job(&reply.body).await["result"]["text"], "You said: for the panel");
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bridge_runs_a_message_that_the_panel_does_not_pick_up() {
    let editor = Arc::new(FakeEditor::default());
    let test = TestBridge::start_with(Some(Arc::clone(&editor) as Arc<dyn Editor>), |_| {}).await;
    let body = json!({"message": "for the panel", "delivery": "panel", "openTimeoutMs": 500});
    let reply = test.post("/conversations", body).await.body;
    assert_eq!(reply["delivery"], "started", "{reply}");
    assert!(reply["warnings"][0].as_str().unwrap().contains("panel"), "{reply}");
    assert_eq!(test.wait_for_job(&reply).await["result"]["text"], "You said: for the panel");
}

#[tokio::test(flavor = "multi_thread")]
async fn unsupported_modes_are_refused_for_a_new_conversation() {
    let test = TestBridge::start().await;
    for delivery in ["steer", "handover", "fork", "panel", "pigeon"] {
        let reply = test.post("/conversations", json!({"message": "x", "delivery": delivery})).await;
        assert_eq!(reply.status, 400, "{delivery}: {}", reply.body);
        assert_eq!(reply.body["details"]["field"], "delivery");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_bridge_runs_a_message_that_waited_for_the_panel() {
    let editor = Arc::new(FakeEditor::default());
    let test = TestBridge::start_with(Some(Arc::clone(&editor) as Arc<dyn Editor>), |_| {}).await;
    test.wait_for_job(&test.create("warm").await).await;
    let (client, body) = (
        test.client.clone(),
        json!({"message": "for the panel", "delivery": "panel", "openTimeoutMs": 60000}),
    );
    let sent = tokio::spawn(async move { client.post("/conversations", &body).await });
    let job_id = eventually("the message waits in the queue", || async {
        let job = test.get("/jobs").await.body["jobs"][0].clone();
        (job["delivery"] == "handed_over").then(|| job["jobId"].as_str().unwrap().to_owned())
    })
    .await;
    let job = test.get(&format!("/jobs/{job_id}")).await.body["job"].clone();
    let queue = format!("/conversations/{}/queue", job["conversationId"].as_str().unwrap());
    let queue = test.get(&queue).await.body;
    assert_eq!((&queue["jobs"], &queue["handedOver"][0]["jobId"]), (&json!([]), &json!(job_id)), "{queue}");
    test.bridge.stop().await;
    drop(sent.await.unwrap());
    let next = server::Bridge::start(test.directories.config(), None).await.unwrap();
    let path = format!("/jobs/{job_id}?waitMs=30000");
    let job = testkit::HttpClient::new(next.url()).get(&path).await.unwrap().body["job"].clone();
    assert_eq!(job["result"]["text"], "You said: for the panel", "{job}");
    next.stop().await;
}
