//! Flows of conversations that other processes use, too.

use codex::app_server::AppServer;
use codex::protocol::UserInput;
use serde_json::{Value, json};

use crate::support::eventually;
use crate::turns::{messages, sent};
use crate::{World, app_server};

/// The reply to the first message of a conversation, and the other process that has it now.
async fn with_another_owner(world: &World) -> (Value, AppServer) {
    let first = world.test.create("hello").await;
    world.test.ended_of(&first).await;
    let other = app_server(&world.codex, &world.test.folders).await;
    let thread_id = first["conversationId"].as_str().unwrap();
    eventually("another process opens the conversation", || async {
        other.connection.thread_resume(thread_id, &Default::default()).await.ok()
    })
    .await;
    (first, other)
}

pub(crate) async fn release(world: World) {
    with_another_owner(&world).await;
}

/// Where a thread has one writer, the message goes to it; where it may have several, the bridge runs it itself.
pub(crate) async fn continue_elsewhere(world: World) {
    let (first, _other) = with_another_owner(&world).await;
    let job = sent(&world, &messages(&first), json!({"message": "go on"})).await;
    assert_eq!(job["result"]["text"], "You said: go on", "{job}");
}

pub(crate) async fn hand_over(world: World) {
    let (first, other) = with_another_owner(&world).await;
    let thread_id = first["conversationId"].as_str().unwrap();
    let input = [UserInput::Text { text: "@model hold busy\n@model say theirs".into() }];
    other.connection.turn_start(thread_id, "theirs", &input, None).await.unwrap();
    world.test.model.wait_until_held("busy").await;
    let reply = world.test.post(&messages(&first), json!({"message": "ours"})).await.body;
    assert_eq!(reply["delivery"], "handed_over", "{reply}");
    world.test.model.release("busy");
    let job = world.test.ended_of(&reply).await;
    assert_eq!(job["result"]["text"], "You said: ours", "{job}");
}
