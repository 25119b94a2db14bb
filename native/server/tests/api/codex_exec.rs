//! Options that only `codex exec` supports.

use serde_json::{Value, json};

use crate::support::{TestBridge, another_owner, eventually};

async fn send(test: &TestBridge, conversation: &Value, body: Value) -> testkit::HttpReply {
    let path = format!("/conversations/{}/messages", conversation["conversationId"].as_str().unwrap());
    test.post(&path, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_starts_and_continues_through_codex_exec() {
    let test = TestBridge::start().await;
    std::fs::write(
        test.directories.home.path().join("quick.config.toml"),
        "model_reasoning_effort = \"low\"\n",
    )
    .unwrap();
    let body = json!({"message": "hello", "profile": "quick", "color": "never"});
    let first = test.post("/conversations", body).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let first = first.body;
    assert_eq!((&first["delivery"], &first["turn"]["transport"]), (&json!("started"), &json!("cli")));
    assert!(first["turn"]["turnId"].is_string(), "{first}");
    let job = test.wait_for_job(&first).await;
    assert_eq!(
        (&job["result"]["text"], &job["transport"]),
        (&json!("You said: hello"), &json!("cli")),
        "{job}"
    );
    assert!(job["result"]["tokenUsage"]["totalTokens"].as_u64().unwrap() > 0, "{job}");
    assert!(job["eventCount"].as_u64().unwrap() > 2, "{job}");

    let next = send(&test, &first, json!({"message": "more", "profile": "quick"})).await.body;
    assert_eq!(next["conversationId"], first["conversationId"], "{next}");
    assert_eq!(test.wait_for_job(&next).await["result"]["text"], "You said: more");

    // Without such options, the conversation continues as a copy that the history shows.
    let upgraded = send(&test, &first, json!({"message": "again"})).await.body;
    assert_eq!(upgraded["upgradedFromConversationId"], first["conversationId"], "{upgraded}");
    assert_ne!(upgraded["conversationId"], first["conversationId"]);
    assert_eq!(test.wait_for_job(&upgraded).await["result"]["text"], "You said: again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_server_conversation_continues_through_codex_exec_and_back() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    for body in [json!({"message": "by exec", "color": "never"}), json!({"message": "and back"})] {
        let next = send(&test, &first, body.clone()).await.body;
        assert_eq!(next["conversationId"], first["conversationId"], "{next}");
        let text = format!("You said: {}", body["message"].as_str().unwrap());
        assert_eq!(test.wait_for_job(&next).await["result"]["text"], text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_of_codex_exec_can_be_cancelled() {
    let test = TestBridge::start().await;
    let body = json!({"message": "@model hold for-ever", "color": "never"});
    let reply = test.post("/conversations", body).await.body;
    test.model.wait_until_held("for-ever").await;
    let path = format!("/jobs/{}/cancel", reply["job"]["jobId"].as_str().unwrap());
    let cancelled = test.post(&path, json!({})).await.body;
    assert_eq!(cancelled["job"]["failure"]["code"], "cancelled", "{cancelled}");
    #[cfg(target_os = "linux")]
    eventually("the process of the turn has exited", || async {
        (!crate::support::is_running(reply["turn"]["pid"].as_u64().unwrap())).then_some(())
    })
    .await;
    let steer = test.post(&path.replace("cancel", "steer"), json!({"message": "x"})).await;
    assert_eq!(steer.status, 409, "{}", steer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_codex_exec_does_not_support_are_refused() {
    let test = TestBridge::start().await;
    for (body, named) in [
        (json!({"message": "x", "color": "pink"}), "color"),
        (json!({"message": "x", "color": "never", "baseInstructions": "y"}), "baseInstructions"),
        (json!({"message": "x", "color": "never", "images": ["data:image/png;base64,AA=="]}), "images"),
        (json!({"message": "x", "color": "never", "delivery": "panel"}), "delivery"),
    ] {
        let refused = test.post("/conversations", body.clone()).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.body);
        assert_eq!(refused.body["details"]["field"], named, "{body}: {}", refused.body);
    }
    let unknown =
        test.post("/conversations", json!({"message": "x", "localProvider": "nobody", "oss": true})).await;
    assert_eq!(unknown.body["code"], "codex_failed", "{}", unknown.body);
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let other = another_owner(&test.directories, first["conversationId"].as_str().unwrap()).await;
    let owned = send(&test, &first, json!({"message": "x", "color": "never"})).await;
    assert_eq!(owned.body["code"], "conversation_owned_elsewhere", "{}", owned.body);
    other.stop().await;
    assert!(test.get("/jobs?status=starting").await.body["jobs"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_the_app_server_supports_use_the_app_server() {
    let test = TestBridge::start().await;
    let more = test.directories.workspace().join("more");
    std::fs::create_dir(&more).unwrap();
    let body = json!({
        "message": "hello", "search": true, "fullAuto": true, "addDirs": ["more"],
        "enableFeatures": ["multi_agent"], "disableFeatures": ["memories"],
        "config": ["model_reasoning_effort=\"low\"", "hide_agent_reasoning=true"],
    });
    let reply = test.post("/conversations", body).await.body;
    assert_eq!(reply["turn"]["transport"], "app-server", "{reply}");
    assert_eq!(test.wait_for_job(&reply).await["status"], "completed");
    let missing = test.post("/conversations", json!({"message": "x", "addDirs": ["nowhere"]})).await;
    assert_eq!(missing.body["details"]["field"], "addDirs[0]", "{}", missing.body);
}
