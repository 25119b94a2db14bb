//! `POST /codex/rpc`: the allowed methods of Codex, and the effect of calls on threads.

use bridge::threads::methods::Method;
use bridge::threads::methods::RpcMode;
use serde_json::{Value, json};
use testkit::HttpReply;

use crate::codex_threads::{NO_THREAD, code, id_of};
use crate::support::{TestBridge, another_owner, eventually, other_app_server};

async fn call(test: &TestBridge, method: &str, params: Value) -> HttpReply {
    test.post("/codex/rpc", json!({"method": method, "params": params})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_of_the_installed_codex_is_classified() {
    let test = TestBridge::start().await;
    let server = other_app_server(&test.directories).await;
    assert!(server.methods.count() > 0);
    let unknown: Vec<&str> = server.methods.names().filter(|name| Method::known(name).is_none()).collect();
    assert!(unknown.is_empty(), "classify these methods in threads/methods.rs: {unknown:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn safe_mode_allows_only_safe_methods() {
    let test = TestBridge::start().await;
    let listed = call(&test, "thread/list", json!({})).await;
    assert_eq!(
        (listed.status.as_u16(), &listed.body["result"]["data"]),
        (200, &json!([])),
        "{}",
        listed.body
    );
    for method in ["command/exec", "fs/readFile", "account/logout", "thread/shellCommand", "no/such/method"] {
        let refused = call(&test, method, json!({})).await;
        assert_eq!(code(&refused), (403, "rpc_refused"), "{method}: {}", refused.body);
        assert_eq!(refused.body["details"]["setting"], "codexBridge.rpc");
        assert_eq!(refused.body["details"]["needs"], "all");
    }
    for method in ["initialize", "thread/unsubscribe", "thread/approveGuardianDeniedAction"] {
        let refused = call(&test, method, json!({})).await;
        assert_eq!((code(&refused), &refused.body["details"]["needs"]), ((403, "rpc_refused"), &Value::Null));
    }
    for (body, field) in [
        (json!({}), "method"),
        (json!({"method": " "}), "method"),
        (json!({"method": "thread/list", "params": [1]}), "params"),
        (json!({"method": "turn/start", "params": {}}), "params.threadId"),
        (json!({"method": "thread/read", "params": {"threadId": 1}}), "params.threadId"),
        (json!({"method": "thread/resume", "params": {"threadId": NO_THREAD, "path": "/a"}}), "params.path"),
        (json!({"method": "thread/list", "odd": 1}), "odd"),
    ] {
        let refused = test.post("/codex/rpc", body.clone()).await;
        assert_eq!(code(&refused), (400, "validation_error"), "{body}: {}", refused.body);
        assert!(refused.body["error"].as_str().unwrap().contains(field), "{}", refused.body);
    }
    let refused = call(&test, "thread/list", json!({"limit": "x"})).await;
    assert_eq!(code(&refused), (400, "codex_refused"));
    assert_eq!(refused.body["details"]["code"], -32600, "{}", refused.body);
    let unknown = call(&test, "thread/read", json!({"threadId": NO_THREAD})).await;
    assert_eq!(code(&unknown), (404, "thread_not_found"), "{}", unknown.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn mode_all_allows_unsafe_methods_and_mode_off_allows_none() {
    let test = TestBridge::start_with(None, |config| config.rpc = RpcMode::All).await;
    let params = json!({"command": ["echo", "hello"], "cwd": test.directories.workspace()});
    let ran = call(&test, "command/exec", params).await;
    assert_eq!(
        (ran.status.as_u16(), &ran.body["result"]["stdout"]),
        (200, &json!("hello\n")),
        "{}",
        ran.body
    );
    assert_eq!(code(&call(&test, "no/such/method", json!({})).await), (501, "unsupported_by_codex"));
    assert_eq!(code(&call(&test, "thread/unsubscribe", json!({})).await), (403, "rpc_refused"));

    let test = TestBridge::start_with(None, |config| config.rpc = RpcMode::Off).await;
    let refused = call(&test, "thread/list", json!({})).await;
    assert_eq!((code(&refused), &refused.body["details"]["needs"]), ((403, "rpc_refused"), &json!("safe")));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_keeps_a_thread_loaded() {
    let test = TestBridge::start().await;
    let first = test.create("first").await;
    test.wait_for_job(&first).await;
    let id = id_of(&first);
    let thread = json!({"threadId": id});
    let item =
        json!({"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "x"}]});
    for (method, params) in [
        ("thread/resume", thread.clone()),
        ("thread/settings/update", json!({"threadId": id, "model": "another"})),
        ("thread/inject_items", json!({"threadId": id, "items": [item]})),
        ("thread/backgroundTerminals/list", thread.clone()),
        ("thread/fork", thread.clone()),
        ("thread/start", json!({})),
        ("thread/name/set", json!({"threadId": id, "name": "Renamed"})),
    ] {
        let reply = call(&test, method, params).await;
        assert_eq!(reply.status, 200, "{method}: {}", reply.body);
        eventually("no thread is loaded", || async {
            (test.get("/codex/threads/loaded").await.body["threadIds"] == json!([])).then_some(())
        })
        .await;
    }
    let shown = test.get(&format!("/codex/threads/{id}")).await.body["thread"].clone();
    assert_eq!((&shown["title"], &shown["model"]), (&json!("Renamed"), &json!("another")), "{shown}");

    let other = another_owner(&test.directories, id).await;
    for method in ["thread/resume", "thread/inject_items", "thread/archive"] {
        let owned = call(&test, method, json!({"threadId": id, "items": []})).await;
        assert_eq!(code(&owned), (409, "conversation_owned_elsewhere"), "{method}: {}", owned.body);
    }
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_waits_for_a_turn_started_by_rpc() {
    let test = TestBridge::start().await;
    let first = test.create("first").await;
    test.wait_for_job(&first).await;
    let id = id_of(&first);
    let input = json!([{"type": "text", "text": "@model hold gate"}]);
    let started = call(&test, "turn/start", json!({"threadId": id, "input": input})).await;
    assert_eq!(started.status, 200, "{}", started.body);
    let turn_id = started.body["result"]["turn"]["id"].clone();
    test.model.wait_until_held("gate").await;
    let steer =
        json!({"threadId": id, "expectedTurnId": turn_id, "input": [{"type": "text", "text": "more"}]});
    let steered = call(&test, "turn/steer", steer).await;
    assert_eq!(steered.status, 200, "{}", steered.body);

    let path = format!("/conversations/{id}/messages");
    let next = async { test.post(&path, json!({"message": "next"})).await };
    let release = async {
        // The turn continues while the message is on its way. Whichever is first, they stay separate turns.
        test.model.release("gate");
    };
    let (next, ()) = tokio::join!(next, release);
    assert_eq!(next.status, 200, "{}", next.body);
    let job = test.wait_for_job(&next.body).await;
    assert_eq!(job["result"]["text"], "You said: next", "{job}");
    assert_ne!(job["turnId"], turn_id, "{job}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_change_a_thread_with_a_running_job_are_refused() {
    for mode in [RpcMode::Safe, RpcMode::All] {
        let test = TestBridge::start_with(None, |config| config.rpc = mode).await;
        let held = test.create("@model hold gate").await;
        test.model.wait_until_held("gate").await;
        let id = id_of(&held);
        let turn_id = &held["turn"]["turnId"];
        let text = json!([{"type": "text", "text": "x"}]);
        for (method, params) in [
            ("turn/start", json!({"threadId": id, "input": text})),
            ("turn/steer", json!({"threadId": id, "expectedTurnId": turn_id, "input": text})),
            ("turn/interrupt", json!({"threadId": id, "turnId": turn_id})),
            ("thread/resume", json!({"threadId": id})),
            ("thread/archive", json!({"threadId": id})),
            ("thread/delete", json!({"threadId": id})),
            ("thread/compact/start", json!({"threadId": id})),
            ("thread/settings/update", json!({"threadId": id, "approvalPolicy": "never"})),
        ] {
            let refused = call(&test, method, params).await;
            assert_eq!(code(&refused), (409, "thread_busy"), "{method}: {}", refused.body);
            assert_eq!(refused.body["details"]["activeTurnId"], *turn_id, "{}", refused.body);
        }
        let read = call(&test, "thread/read", json!({"threadId": id})).await;
        assert_eq!(read.status, 200, "{}", read.body);
        let fork = call(&test, "thread/fork", json!({"threadId": id})).await;
        assert!(fork.status == 200 || fork.body["code"] == "codex_refused", "{}", fork.body);
        test.model.release("gate");
        assert_eq!(test.wait_for_job(&held).await["status"], "completed");
    }
}
