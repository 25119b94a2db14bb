//! Flows of conversations that other processes also use.

use codex::app_server::AppServer;
use codex::protocol::UserInput;
use serde_json::{Value, json};

use crate::support::eventually;
use crate::turns::{messages_path, send_and_wait};
use crate::{World, app_server};

/// Returns the reply to the first message of a conversation, and the other process that owns it now.
async fn with_another_owner(world: &World) -> (Value, AppServer) {
    let first = world.test.create("hello").await;
    world.test.wait_for_job(&first).await;
    let other = app_server(&world.codex, &world.test.directories).await;
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

/// If Codex allows one writer per thread, the message goes to that writer. Otherwise the bridge runs it
/// itself.
pub(crate) async fn continue_elsewhere(world: World) {
    let (first, _other) = with_another_owner(&world).await;
    let job = send_and_wait(&world, &messages_path(&first), json!({"message": "go on"})).await;
    assert_eq!(job["result"]["text"], "You said: go on", "{job}");
}

pub(crate) async fn hand_over(world: World) {
    let (first, other) = with_another_owner(&world).await;
    let thread_id = first["conversationId"].as_str().unwrap();
    let input = [UserInput::Text { text: "@model hold busy\n@model say theirs".into() }];
    other.connection.turn_start(thread_id, "theirs", &input, None).await.unwrap();
    world.test.model.wait_until_held("busy").await;
    let reply = world.test.post(&messages_path(&first), json!({"message": "ours"})).await.body;
    assert_eq!(reply["delivery"], "handed_over", "{reply}");
    world.test.model.release("busy");
    let job = world.test.wait_for_job(&reply).await;
    assert_eq!(job["result"]["text"], "You said: ours", "{job}");
}
