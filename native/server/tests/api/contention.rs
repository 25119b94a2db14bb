//! Two real app-servers and one conversation: every state that it can be in, with every delivery.

use std::sync::Arc;

use bridge::editor::Editor;
use codex::app_server::AppServer;
use codex::connection::ThreadWatch;
use codex::protocol::UserInput;
use serde_json::{Value, json};

use crate::editor::ListedTabs;
use crate::support::{TestBridge, another_owner, eventually, other_app_server};

/// Where the conversation is when the message comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    BusyInTheBridge,
    IdleElsewhere,
    BusyElsewhere,
}

const DELIVERIES: [&str; 8] = ["auto", "start", "steer", "queue", "handover", "panel", "fork", "reject"];

/// What must become of the message: the reply's delivery, or the code of the refusal.
fn expected(state: State, delivery: &str) -> Result<&'static str, &'static str> {
    use State::{BusyElsewhere, BusyInTheBridge, Free, IdleElsewhere};
    match (delivery, state) {
        ("fork", _) => Ok("forked"),
        ("steer", BusyInTheBridge) => Ok("steered"),
        ("steer", _) => Err("no_active_turn"),
        // Also for the panel: nobody picks the message up.
        (_, Free) => Ok("started"),
        ("start" | "reject", BusyInTheBridge) => Err("conversation_busy"),
        (_, BusyInTheBridge) => Ok("queued"),
        ("auto" | "handover" | "panel", IdleElsewhere | BusyElsewhere) => Ok("handed_over"),
        (_, IdleElsewhere | BusyElsewhere) => Err("conversation_owned_elsewhere"),
    }
}

/// The other process, for as long as it has the conversation.
struct Elsewhere {
    server: AppServer,
    /// What is asked there waits for an answer, as in a panel.
    _watch: Option<ThreadWatch>,
}

async fn bring_into(test: &TestBridge, state: State, conversation: &Value, gate: &str) -> Option<Elsewhere> {
    let thread_id = conversation["conversationId"].as_str().unwrap();
    let hold = format!("@model hold {gate}\n@model say theirs");
    match state {
        State::Free => None,
        State::BusyInTheBridge => {
            let body = json!({"message": hold, "ensureOpen": false});
            let path = format!("/conversations/{thread_id}/messages");
            assert_eq!(test.post(&path, body).await.body["delivery"], "started");
            test.model.wait_until_held(gate).await;
            None
        }
        State::IdleElsewhere => {
            let server = another_owner(&test.folders, thread_id).await;
            Some(Elsewhere { server, _watch: None })
        }
        State::BusyElsewhere => {
            let server = other_app_server(&test.folders).await;
            let (_, watch) = eventually("another process opens the conversation", || async {
                server.connection.thread_resume(thread_id, &Default::default()).await.ok()
            })
            .await;
            let input = [UserInput::Text { text: hold }];
            server.connection.turn_start(thread_id, "theirs", &input, None).await.unwrap();
            test.model.wait_until_held(gate).await;
            Some(Elsewhere { server, _watch: Some(watch) })
        }
    }
}

async fn every_delivery_to(state: State) {
    let editor = Arc::new(ListedTabs::default());
    let test = TestBridge::start_with(Some(editor as Arc<dyn Editor>), |_| {}).await;
    for delivery in DELIVERIES {
        let first = test.post("/conversations", json!({"message": "hello", "ensureOpen": false})).await.body;
        test.ended_of(&first).await;
        let gate = format!("gate-{delivery}");
        let elsewhere = bring_into(&test, state, &first, &gate).await;
        let path = format!("/conversations/{}/messages", first["conversationId"].as_str().unwrap());
        let message = format!("by {delivery}");
        let mut body = json!({"message": message, "delivery": delivery});
        if delivery == "panel" {
            // An idle owner takes some seconds; without one nobody picks it up.
            body["openTimeoutMs"] =
                json!(if expected(state, delivery) == Ok("handed_over") { 20_000 } else { 500 });
        } else {
            body["ensureOpen"] = json!(false);
        }
        // A panel that is busy picks the message up when its turn has ended.
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
            (expected(state, delivery), &elsewhere, cfg!(target_os = "linux"))
        {
            assert_eq!(reply.body["details"]["owner"]["pid"], other.server.pid, "{context}");
        }
        test.model.release(&gate);
        if expected(state, delivery).is_ok() {
            let job = test.ended_of(&reply.body).await;
            assert_eq!(job["status"], "completed", "{job}");
            assert_eq!(job["result"]["text"], format!("You said: {message}"), "{context}");
        }
        let asked = test.model.requests();
        let sent = asked.iter().any(|request| request.body().to_string().contains(&message));
        assert_eq!(sent, expected(state, delivery).is_ok(), "a refused message is never sent: {context}");
        if let Some(other) = elsewhere {
            other.server.stop().await;
        }
        // Whoever had it, and whatever became of the message: the conversation goes on.
        let next = test.post(&path, json!({"message": "and now?", "ensureOpen": false})).await.body;
        assert_eq!(test.ended_of(&next).await["result"]["text"], "You said: and now?", "{context}");
    }
    for status in ["starting", "running"] {
        let open = test.get(&format!("/jobs?status={status}")).await.body["jobs"].clone();
        assert_eq!(open, json!([]), "{state:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_delivery_to_a_conversation_that_is_free() {
    every_delivery_to(State::Free).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_delivery_to_a_conversation_that_is_busy_in_the_bridge() {
    every_delivery_to(State::BusyInTheBridge).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_delivery_to_a_conversation_that_is_idle_in_another_process() {
    every_delivery_to(State::IdleElsewhere).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_delivery_to_a_conversation_that_is_busy_in_another_process() {
    every_delivery_to(State::BusyElsewhere).await;
}
