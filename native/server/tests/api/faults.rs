//! Faults of Codex: every job still ends once, with the real reason.

use serde_json::{Value, json};
use testkit::{Action, PeerScript, Step, testkit_program};

use crate::support::{TestBridge, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn killing_codex_fails_the_job_and_the_next_job_works() {
    let test = TestBridge::start().await;
    let reply = test.create("@model hold for-ever").await;
    test.model.wait_until_held("for-ever").await;
    kill(reply["turn"]["pid"].as_u64().unwrap());
    let job = test.wait_for_job(&reply).await;
    assert_eq!(job["status"], "failed", "{job}");
    assert_eq!(job["failure"]["code"], "codex_exited");
    assert_eq!(job["signal"], "SIGKILL");

    let next = test.create("still there?").await;
    assert_ne!(next["turn"]["pid"], reply["turn"]["pid"]);
    assert_eq!(test.wait_for_job(&next).await["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_is_restarted_after_a_crash_without_a_request() {
    let test = TestBridge::start().await;
    let reply = test.create("hello").await;
    test.wait_for_job(&reply).await;
    let pid = reply["turn"]["pid"].clone();
    kill(pid.as_u64().unwrap());
    eventually("another app-server is running", || async {
        let codex = test.get("/health").await.body["codex"].clone();
        (codex["state"] == "ready" && codex["pid"] != pid).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_health_reply_reports_the_codex_binary() {
    let test = TestBridge::start().await;
    let codex = test.get("/health").await.body["codex"].clone();
    assert_eq!(codex["found"], true, "{codex}");
    assert_eq!(codex["source"], "setting");
    assert!(codex["version"].as_str().unwrap().split('.').count() >= 3, "{codex}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_codex_is_an_error_with_the_searched_paths() {
    let test = TestBridge::start_with(None, |config| {
        config.locate.explicit = Some("/no/such/codex".into());
    })
    .await;
    let health = test.get("/health").await.body["codex"].clone();
    assert_eq!((&health["found"], health["problem"].is_string()), (&json!(false), true));
    let reply = test.post("/conversations", json!({"message": "hi"})).await;
    assert_eq!(reply.status, 503, "{}", reply.body);
    assert_eq!(reply.body["code"], "codex_not_found");
    assert!(reply.body["details"]["searched"].to_string().contains("/no/such/codex"));
    assert_eq!(reply.body["details"]["looked"], reply.body["details"]["searched"]);
    let job = test.get("/jobs").await.body["jobs"][0].clone();
    assert_eq!(job["status"], "failed");
    assert_eq!(job["failure"]["code"], "codex_not_found");
    let codex = test.get("/health").await.body["codex"].clone();
    assert_eq!(codex["found"], false);
    assert!(codex["searched"].to_string().contains("/no/such/codex"), "{codex}");
    assert_eq!(codex["looked"], codex["searched"]);
    assert!(codex["problem"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_not_sent_after_its_send_timeout() {
    let test = TestBridge::start().await;
    // The cold start of Codex takes longer.
    let reply = test.post("/conversations", json!({"message": "hi", "sendTimeoutMs": 5})).await;
    assert_eq!(reply.status, 504, "{}", reply.body);
    assert_eq!(reply.body["code"], "send_timeout");
    let job = test.get("/jobs").await.body["jobs"][0].clone();
    assert_eq!(job["failure"]["code"], "send_timeout");
    assert!(test.model.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_loaded_after_the_send_timeout_is_released() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let thread_id = first["conversationId"].as_str().unwrap();
    // Codex takes about 20 ms to load the thread, so it is loaded after the timeout.
    let body = json!({"message": "hi", "sendTimeoutMs": 1});
    let reply = test.post(&format!("/conversations/{thread_id}/messages"), body).await;
    assert_eq!(reply.body["code"], "send_timeout", "{}", reply.body);
    // The next message follows at once. The late reply must not affect it.
    let again = test.post(&format!("/conversations/{thread_id}/messages"), json!({"message": "again"})).await;
    assert_eq!(test.wait_for_job(&again.body).await["result"]["text"], "You said: again", "{}", again.body);
    let other = crate::support::other_app_server(&test.directories).await;
    eventually("another process opens the conversation", || async {
        other.connection.thread_resume(thread_id, &Default::default()).await.ok()
    })
    .await;
}

/// Starts a bridge with a scripted app-server.
async fn bridge_with_script(steps: Vec<Step>) -> TestBridge {
    let initialize = Step::expect("initialize").result(json!({"userAgent": "scripted"}));
    let methods =
        Step::expect("bridge/methods").error(-32600, "unknown variant, expected one of `thread/start`");
    let script = PeerScript::new([initialize, Step::expect("initialized"), methods].into_iter().chain(steps))
        .always(Step::expect("thread/unsubscribe").result(json!({"status": "unsubscribed"})));
    TestBridge::start_with(None, move |config| {
        let file = config.working_directory.join("script.json");
        std::fs::write(&file, serde_json::to_string(&script).unwrap()).unwrap();
        config.locate.explicit = Some(testkit_program("scripted-app-server"));
        config.environment.push(("SCRIPTED_APP_SERVER".into(), file.display().to_string()));
    })
    .await
}

fn thread_start() -> Step {
    Step::expect("thread/start").result(json!({"thread": {"id": "t", "cwd": "/"}}))
}

fn turn(status: &str) -> Value {
    let items = [json!({"type": "agentMessage", "id": "i", "text": "the answer"})];
    json!({"id": "u", "status": status, "items": items, "completedAt": 1})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_end_that_arrives_before_the_reply_is_processed() {
    // Codex sends everything in one burst, and the end of the turn before the reply.
    let completed = json!({"threadId": "t", "turn": turn("completed")});
    let burst = Step::expect("turn/start")
        .then(Action::Notify {
            method: "turn/started".into(),
            params: json!({"threadId": "t", "turn": {"id": "u"}}),
        })
        .then(Action::Notify { method: "turn/completed".into(), params: completed })
        .then(Action::Result(json!({"turn": {"id": "u", "status": "inProgress"}})));
    let test = bridge_with_script(vec![thread_start(), burst]).await;
    let reply = test.create("hi").await;
    let job = test.wait_for_job(&reply).await;
    assert_eq!(job["result"]["text"], "the answer", "{job}");
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_lines_from_codex_are_skipped() {
    let completed = json!({"threadId": "t", "turn": turn("completed")});
    let noise = Step::expect("turn/start")
        .then(Action::Raw("this is not JSON".into()))
        .then(Action::Raw("[1,2,3]".into()))
        .then(Action::LongLine(70 * 1024 * 1024))
        .then(Action::Result(json!({"turn": {"id": "u", "status": "inProgress"}})))
        .then(Action::Notify { method: "turn/completed".into(), params: completed });
    let test = bridge_with_script(vec![thread_start(), noise]).await;
    let reply = test.create("hi").await;
    assert_eq!(test.wait_for_job(&reply).await["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_end_without_notification_is_read_from_the_thread() {
    let silent = Step::expect("turn/start").result(json!({"turn": {"id": "u", "status": "inProgress"}}));
    let read =
        Step::expect("thread/read").result(json!({"thread": {"id": "t", "turns": [turn("completed")]}}));
    let test = bridge_with_script(vec![thread_start(), silent, read]).await;
    let reply = test.create("hi").await;
    let job = test.wait_for_job(&reply).await;
    assert_eq!(job["status"], "completed", "{job}");
    assert_eq!(job["result"]["text"], "the answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_turn_fails_its_job() {
    let refused = Step::expect("turn/start").error(-32600, "not today");
    let test = bridge_with_script(vec![thread_start(), refused]).await;
    let reply = test.post("/conversations", json!({"message": "hi"})).await;
    assert_eq!(reply.status, 400, "{}", reply.body);
    assert_eq!(reply.body["code"], "codex_refused");
    assert!(reply.body["error"].as_str().unwrap().contains("not today"));
    let job = test.get("/jobs").await.body["jobs"][0].clone();
    assert_eq!(job["failure"]["code"], "codex_refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_codex_that_does_not_start_fails_the_job() {
    let test = TestBridge::start_with(None, |config| {
        let file = config.working_directory.join("script.json");
        let script = PeerScript::new([Step::expect("initialize").then(Action::Exit(3))]);
        std::fs::write(&file, serde_json::to_string(&script).unwrap()).unwrap();
        config.locate.explicit = Some(testkit_program("scripted-app-server"));
        config.environment.push(("SCRIPTED_APP_SERVER".into(), file.display().to_string()));
    })
    .await;
    let reply = test.post("/conversations", json!({"message": "hi"})).await;
    assert_eq!(reply.status, 503, "{}", reply.body);
    assert_eq!(reply.body["code"], "codex_unavailable");
    let job = test.get("/jobs").await.body["jobs"][0].clone();
    assert_eq!(job["status"], "failed");
    assert_eq!(test.get("/health").await.body["codex"]["state"], "failed");
}

/// Kills a process with SIGKILL.
fn kill(pid: u64) {
    let status = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    assert!(status.success());
}
