//! Flows of faults: every job still ends, and the conversation continues.

use serde_json::json;
use server::Bridge;
use testkit::HttpClient;

use crate::World;
use crate::turns::{messages_path, send_and_wait};

pub(crate) async fn crash(world: World) {
    let reply = world.test.create("@model hold for-ever").await;
    world.test.model.wait_until_held("for-ever").await;
    let pid = reply["turn"]["pid"].as_u64().unwrap().to_string();
    kill(&pid);
    let job = world.test.wait_for_job(&reply).await;
    assert_eq!(
        (&job["status"], &job["failure"]["code"]),
        (&json!("failed"), &json!("codex_exited")),
        "{job}"
    );

    let next = send_and_wait(&world, "/conversations", json!({"message": "another"})).await;
    assert_eq!(next["result"]["text"], "You said: another");
    let again = send_and_wait(&world, &messages_path(&reply), json!({"message": "and you?"})).await;
    assert_eq!(again["result"]["text"], "You said: and you?", "{again}");
}

pub(crate) async fn restart(world: World) {
    let done = world.test.create("before").await;
    world.test.wait_for_job(&done).await;
    let running = world.test.create("@model hold for-ever").await;
    world.test.model.wait_until_held("for-ever").await;
    let World { mut test, codex } = world;
    test.bridge.stop().await;

    let mut config = test.directories.config();
    config.locate.explicit = Some(codex.clone());
    test.bridge = Bridge::start(config, None).await.unwrap();
    test.client = HttpClient::new(test.bridge.url());
    let job = test.wait_for_job(&running).await;
    assert_eq!(job["status"], "failed", "{job}");
    let world = World { test, codex };
    for reply in [done, running] {
        let job = send_and_wait(&world, &messages_path(&reply), json!({"message": "after"})).await;
        assert_eq!(job["result"]["text"], "You said: after", "{job}");
    }
}

fn kill(pid: &str) {
    let status = if cfg!(windows) {
        std::process::Command::new("taskkill").args(["/F", "/PID", pid]).status()
    } else {
        std::process::Command::new("kill").args(["-9", pid]).status()
    };
    assert!(status.unwrap().success());
}
