//! Two real app-servers and one conversation: every state of the conversation with every delivery mode.

use std::sync::Arc;

use bridge::editor::Editor;
use codex::app_server::AppServer;
use codex::connection::ThreadWatch;
use codex::protocol::UserInput;
use serde_json::{Value, json};

use crate::editor::FakeEditor;
use crate::support::{TestBridge, another_owner, eventually, other_app_server};

/// The state of the conversation when the message arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    BusyInTheBridge,
    IdleElsewhere,
    BusyElsewhere,
}

const DELIVERIES: [&str; 8] = ["auto", "start", "steer", "queue", "handover", "panel", "fork", "reject"];

/// Returns the expected outcome: the delivery in the reply, or the error code.
fn expected(state: State, delivery: &str) -> Result<&'static str, &'static str> {
    use State::{BusyElsewhere, BusyInTheBridge, Idle, IdleElsewhere};
    match (delivery, state) {
        ("fork", _) => Ok("forked"),
        ("steer", BusyInTheBridge) => Ok("steered"),
        ("steer", _) => Err("no_active_turn"),
        // This includes `panel`, because no panel picks the message up.
        (_, Idle) => Ok("started"),
        ("start" | "reject", BusyInTheBridge) => Err("conversation_busy"),
        (_, BusyInTheBridge) => Ok("queued"),
        ("auto" | "handover" | "panel", IdleElsewhere | BusyElsewhere) => Ok("handed_over"),
        (_, IdleElsewhere | BusyElsewhere) => Err("conversation_owned_elsewhere"),
    }
}

/// The other process that owns the conversation.
struct OtherOwner {
    server: AppServer,
    /// Keeps approvals of that process waiting for a decision, as in a panel.
    _watch: Option<ThreadWatch>,
}

async fn put_into(test: &TestBridge, state: State, conversation: &Value, gate: &str) -> Option<OtherOwner> {
    let thread_id = conversation["conversationId"].as_str().unwrap();
    let hold = format!("@model hold {gate}\n@model say theirs");
    match state {
        State::Idle => None,
        State::BusyInTheBridge => {
            let body = json!({"message": hold, "ensureOpen": false});
            let path = format!("/conversations/{thread_id}/messages");
            assert_eq!(test.post(&path, body).await.body["delivery"], "started");
            test.model.wait_until_held(gate).await;
            None
        }
        State::IdleElsewhere => {
            let server = another_owner(&test.directories, thread_id).await;
            Some(OtherOwner { server, _watch: None })
        }
        State::BusyElsewhere => {
            let server = other_app_server(&test.directories).await;
            let (_, watch) = eventually("another process opens the conversation", || async {
                server.connection.thread_resume(thread_id, &Default::default()).await.ok()
            })
            .await;
            let input = [UserInput::Text { text: hold }];
            server.connection.turn_start(thread_id, "theirs", &input, None).await.unwrap();
            test.model.wait_until_held(gate).await;
            Some(OtherOwner { server, _watch: Some(watch) })
        }
    }
}

async fn check_every_mode(state: State) {
    let editor = Arc::new(FakeEditor::default());
    let test = TestBridge::start_with(Some(editor as Arc<dyn Editor>), |_| {}).await;
    for delivery in DELIVERIES {
        let first = test.post("/conversations", json!({"message": "hello", "ensureOpen": false})).await.body;
        test.wait_for_job(&first).await;
        let gate = format!("gate-{delivery}");
        let other_owner = put_into(&test, state, &first, &gate).await;
        let path = format!("/conversations/{}/messages", first["conversationId"].as_str().unwrap());
        let message = format!("by {delivery}");
        let mut body = json!({"message": message, "delivery": delivery});
        if delivery == "panel" {
            // An idle owner takes a few seconds. Without an owner, no process picks the message up.
            body["openTimeoutMs"] =
                json!(if expected(state, delivery) == Ok("handed_over") { 20_000 } else { 500 });
        } else {
            body["ensureOpen"] = json!(false);
        }
        // A busy panel picks the message up when its turn has ended.
        if delivery == "panel" && state == State::BusyElsewhere {
            test.model.release(&gate);
        }
        let reply = test.post(&path, body).await;
        let context = format!("{delivery} to {state:?}: {}", reply.body);
        match expected(state, delivery) {
            Ok(delivered) => assert_eq!(reply.body["delivery"], delivered, "{context}"),
            Err(code) => assert_eq!(
                (reply.status.as_u16(), reply.body["code"].as_str()),
                (409, Some(code)),
                "{context}"
            ),
        }
        if let (Err("conversation_owned_elsewhere"), Some(other), true) =
            (expected(state, delivery), &other_owner, cfg!(target_os = "linux"))
        {
            assert_eq!(reply.body["details"]["owner"]["pid"], other.server.pid, "{context}");
        }
        test.model.release(&gate);
        if expected(state, delivery).is_ok() {
            let job = test.wait_for_job(&reply.body).await;
            assert_eq!(job["status"], "completed", "{job}");
            assert_eq!(job["result"]["text"], format!("You said: {message}"), "{context}");
        }
        let requests = test.model.requests();
        let sent = requests.iter().any(|request| request.body().to_string().contains(&message));
        assert_eq!(sent, expected(state, delivery).is_ok(), "a refused message is never sent: {context}");
        if let Some(other) = other_owner {
            other.server.stop().await;
        }
        // Whichever process owned the conversation and whatever the outcome, the conversation continues.
        let next = test.post(&path, json!({"message": "and now?", "ensureOpen": false})).await.body;
        assert_eq!(test.wait_for_job(&next).await["result"]["text"], "You said: and now?", "{context}");
    }
    for status in ["starting", "running"] {
        let open = test.get(&format!("/jobs?status={status}")).await.body["jobs"].clone();
        assert_eq!(open, json!([]), "{state:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_delivery_mode_to_an_idle_conversation() {
    check_every_mode(State::Idle).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_delivery_mode_to_a_conversation_busy_in_the_bridge() {
    check_every_mode(State::BusyInTheBridge).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_delivery_mode_to_a_conversation_idle_in_another_process() {
    check_every_mode(State::IdleElsewhere).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_delivery_mode_to_a_conversation_busy_in_another_process() {
    check_every_mode(State::BusyElsewhere).await;
}
