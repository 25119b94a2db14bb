//! Flows of a conversation's history.

use serde_json::{Value, json};

use crate::World;
use crate::turns::{messages_path, send_and_wait};

pub(crate) async fn list(world: World) {
    let first = conversation(&world, &["one"]).await;
    let listed = world.test.get("/conversations").await.body;
    let ids: Vec<_> =
        listed["conversations"].as_array().unwrap().iter().map(|one| &one["conversationId"]).collect();
    assert_eq!(ids, [&first["conversationId"]], "{listed}");
    assert_eq!(listed["conversations"][0]["source"], "vscode", "{listed}");
}

pub(crate) async fn fork(world: World) {
    let first = conversation(&world, &["one", "two"]).await;
    let copy = world.test.post(&path(&first, "/fork"), json!({})).await;
    assert_eq!(copy.status, 200, "{}", copy.body);
    assert_eq!(copy.body["forkedFromConversationId"], first["conversationId"], "{}", copy.body);
    assert_ne!(copy.body["conversationId"], first["conversationId"]);
    assert_eq!(turns(&world, &copy.body).await.len(), 2);
    let job = send_and_wait(&world, &messages_path(&copy.body), json!({"message": "in the copy"})).await;
    assert_eq!(job["result"]["text"], "You said: in the copy", "{job}");
    assert_eq!(turns(&world, &first).await.len(), 2, "the original stays unchanged");
}

pub(crate) async fn roll_back(world: World) {
    let first = conversation(&world, &["FIRST WORDS", "two", "LAST WORDS"]).await;
    let rolled = world.test.post(&path(&first, "/rollback"), json!({"turns": 1})).await;
    assert_eq!(rolled.status, 200, "{}", rolled.body);
    let left = turns(&world, &first).await;
    assert_eq!(left.len(), 2, "{left:?}");
    let rolled = world.test.post(&path(&first, "/rollback"), json!({"turnId": left[1]["turnId"]})).await;
    assert_eq!(rolled.status, 200, "{}", rolled.body);
    assert_eq!(turns(&world, &first).await.len(), 1);
    send_and_wait(&world, &messages_path(&first), json!({"message": "go on"})).await;
    let request = world.test.model.requests().last().unwrap().body().to_string();
    assert!(
        request.contains("FIRST WORDS") && !request.contains("LAST WORDS"),
        "the model does not see the turns that were rolled back"
    );
}

pub(crate) async fn compact(world: World) {
    let first = conversation(&world, &["one", "two"]).await;
    let compacted = world.test.post(&path(&first, "/compact"), json!({})).await;
    assert_eq!(compacted.status, 200, "{}", compacted.body);
    let job = send_and_wait(&world, &messages_path(&first), json!({"message": "after all that"})).await;
    assert_eq!(job["result"]["text"], "You said: after all that", "{job}");
}

/// Creates a conversation with these messages.
async fn conversation(world: &World, texts: &[&str]) -> Value {
    let first = world.test.create(texts[0]).await;
    world.test.wait_for_job(&first).await;
    for text in &texts[1..] {
        send_and_wait(world, &messages_path(&first), json!({"message": text})).await;
    }
    first
}

async fn turns(world: &World, conversation: &Value) -> Vec<Value> {
    let shown = world.test.get(&path(conversation, "")).await.body;
    shown["conversation"]["turns"].as_array().unwrap_or_else(|| panic!("{shown}")).clone()
}

fn path(conversation: &Value, rest: &str) -> String {
    format!("/conversations/{}{rest}", conversation["conversationId"].as_str().unwrap())
}
