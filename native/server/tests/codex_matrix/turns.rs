//! Flows of turns.

use serde_json::{Value, json};

use crate::World;

pub(crate) async fn create(world: World) {
    let reply = world.test.create("hello").await;
    assert_eq!(reply["delivery"], "started", "{reply}");
    let job = world.test.wait_for_job(&reply).await;
    assert_eq!(job["status"], "completed", "{job}");
    assert_eq!(job["result"]["text"], "You said: hello");
    assert_eq!(job["lastEventType"], "turn/completed");
    assert!(job["result"]["tokenUsage"]["totalTokens"].as_u64().unwrap() > 0, "{job}");
    assert!(job["result"]["durationMs"].is_u64(), "{job}");
    for field in ["startedAt", "completedAt", "turnId", "cwd"] {
        assert!(job[field].is_string(), "{field}: {job}");
    }
}

pub(crate) async fn stream(world: World) {
    let reply = world
        .test
        .create("@model stream 20\n@model say one two three four five six seven eight nine ten")
        .await;
    let job = world.test.wait_for_job(&reply).await;
    assert_eq!(job["result"]["text"], "one two three four five six seven eight nine ten", "{job}");
    assert!(job["eventCount"].as_u64().unwrap() > 10, "{job}");
}

pub(crate) async fn run_a_command(world: World) {
    let body =
        json!({"message": "@model run echo from-the-shell", "dangerouslyBypassApprovalsAndSandbox": true});
    let job = send_and_wait(&world, "/conversations", body).await;
    assert_eq!(job["result"]["text"], "exit 0: from-the-shell", "{job}");
}

pub(crate) async fn change_a_file(world: World) {
    let message = "@model plan\n@model patch made.txt\n@model say done";
    let body = json!({"message": message, "dangerouslyBypassApprovalsAndSandbox": true});
    let job = send_and_wait(&world, "/conversations", body).await;
    assert_eq!(job["result"]["text"], "done", "{job}");
    assert_eq!(job["result"]["plan"]["plan"].as_array().map(Vec::len), Some(3), "{job}");
    assert!(job["result"]["diff"].as_str().is_some_and(|diff| diff.contains("made.txt")), "{job}");
    assert!(world.test.directories.workspace().join("made.txt").exists());
}

/// A turn may be silent for minutes without having ended.
pub(crate) async fn stay_silent(world: World) {
    let reply = world.test.create("@model hold gate\n@model say awake").await;
    world.test.model.wait_until_held("gate").await;
    // By then the bridge has polled the history.
    let path = format!("/jobs/{}?waitMs=12000", reply["job"]["jobId"].as_str().unwrap());
    let job = world.test.get(&path).await.body["job"].clone();
    assert_eq!(job["status"], "running", "{job}");
    world.test.model.release("gate");
    let job = world.test.wait_for_job(&reply).await;
    assert_eq!(job["result"]["text"], "awake", "{job}");
}

pub(crate) async fn fail(world: World) {
    let reply = world.test.create("@model fail 500").await;
    let job = world.test.wait_for_job(&reply).await;
    assert_eq!(job["failure"]["code"], "turn_failed", "{job}");
    assert!(!job["error"].as_str().unwrap().is_empty());
}

pub(crate) async fn continue_conversation(world: World) {
    let first = world.test.create("hello").await;
    world.test.wait_for_job(&first).await;
    let body = json!({"message": "go on", "developerInstructions": "ONLY FOR THE SECOND"});
    let job = send_and_wait(&world, &messages_path(&first), body).await;
    assert_eq!(job["result"]["text"], "You said: go on", "{job}");
    let request = world.test.model.requests().last().unwrap().body().to_string();
    assert!(request.contains("hello"), "the model sees the whole conversation");
    assert!(request.contains("ONLY FOR THE SECOND"));
}

pub(crate) async fn continue_repeatedly(world: World) {
    let first = world.test.create("number 0").await;
    world.test.wait_for_job(&first).await;
    for number in 1..=10 {
        let job =
            send_and_wait(&world, &messages_path(&first), json!({"message": format!("number {number}")}))
                .await;
        assert_eq!(job["result"]["text"], format!("You said: number {number}"), "{job}");
    }
}

pub(crate) async fn queue(world: World) {
    let first = world.test.create("@model hold gate\n@model say the first").await;
    world.test.model.wait_until_held("gate").await;
    let path = messages_path(&first);
    let mut queued = Vec::new();
    for text in ["second", "third"] {
        let reply = world.test.post(&path, json!({"message": text})).await.body;
        assert_eq!(reply["delivery"], "queued", "{reply}");
        queued.push((text, reply));
    }
    world.test.model.release("gate");
    let job = world.test.wait_for_job(&first).await;
    assert_eq!(job["result"]["text"], "the first", "{job}");
    let mut turns = vec![job["turnId"].clone()];
    for (text, reply) in queued {
        let job = world.test.wait_for_job(&reply).await;
        assert_eq!(job["result"]["text"], format!("You said: {text}"), "{job}");
        turns.push(job["turnId"].clone());
    }
    assert!(turns[0] != turns[1] && turns[1] != turns[2], "each message has its own turn: {turns:?}");
}

/// Sends a message and returns its job, which must complete.
pub(crate) async fn send_and_wait(world: &World, path: &str, body: Value) -> Value {
    let reply = world.test.post(path, body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let job = world.test.wait_for_job(&reply.body).await;
    assert_eq!(job["status"], "completed", "{job}");
    job
}

/// Returns the path for messages to the reply's conversation.
pub(crate) fn messages_path(reply: &Value) -> String {
    format!("/conversations/{}/messages", reply["conversationId"].as_str().unwrap())
}
