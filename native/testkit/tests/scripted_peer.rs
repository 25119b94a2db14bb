//! Tests the scripted app-server, in the test's process and as a program.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // a failed helper is a failed test

use std::{fs, process::Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{Action, PeerScript, ScriptedPeer, Step, testkit_program};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, split},
    process::Command,
};

/// Sends these messages, closes the sending side, and returns the received lines.
async fn converse(client: DuplexStream, messages: &[Value]) -> Vec<String> {
    let (reader, mut writer) = split(client);
    for message in messages {
        writer.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }
    writer.shutdown().await.unwrap();
    let mut lines = BufReader::new(reader).lines();
    let mut received = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        received.push(line);
    }
    received
}

#[tokio::test]
async fn a_peer_follows_its_script_in_order() {
    let script = PeerScript::new([
        Step::expect("initialize").result(json!({ "userAgent": "scripted" })),
        Step::expect("*").error(-32600, "no such method"),
        Step::expect("turn/start")
            .notify("turn/started", json!({ "turnId": "t" }))
            .raw("not JSON {")
            .long_line(200_000)
            .request(json!("ask-1"), "item/tool/call", json!({})),
        Step::expect_response().close(),
    ])
    .always(Step::expect("thread/read").result(json!("read")));
    let (client, peer) = ScriptedPeer::start(script);
    let sent = [
        json!({ "id": 1, "method": "initialize" }),
        json!({ "method": "initialized" }),
        json!({ "id": 2, "method": "thread/read" }),
        json!({ "id": 3, "method": "unknown/method" }),
        json!({ "id": 4, "method": "turn/start" }),
        json!({ "id": 5, "method": "thread/read" }),
        json!({ "id": "ask-1", "result": {} }),
    ];
    let received = converse(client, &sent).await;
    let message = |index: usize| serde_json::from_str::<Value>(&received[index]).unwrap();
    assert_eq!(message(0), json!({ "id": 1, "result": { "userAgent": "scripted" } }));
    assert_eq!(message(1), json!({ "id": 2, "result": "read" }));
    assert_eq!(message(2), json!({ "id": 3, "error": { "code": -32600, "message": "no such method" } }));
    assert_eq!(message(3), json!({ "method": "turn/started", "params": { "turnId": "t" } }));
    assert_eq!(received[4], "not JSON {");
    assert_eq!(received[5].len(), 200_000);
    assert_eq!(message(6)["method"], "item/tool/call");
    assert_eq!(message(7), json!({ "id": 5, "result": "read" }));
    assert_eq!(received.len(), 8, "the request for a turn was never answered");
    assert_eq!(peer.finish().await, sent);
}

#[tokio::test]
#[should_panic(expected = "the script expects `initialize`, but the client sent")]
async fn a_client_that_deviates_from_the_script_fails_the_test() {
    let (client, peer) = ScriptedPeer::start(PeerScript::new([Step::expect("initialize")]));
    let received = converse(client, &[json!({ "id": 7, "method": "thread/start" })]).await;
    assert!(received[0].contains("the script expects `initialize`"), "{received:?}");
    peer.finish().await;
}

#[tokio::test]
#[should_panic(expected = "the client disconnected before the script was played to its end")]
async fn a_client_that_disconnects_early_fails_the_test() {
    let (client, peer) = ScriptedPeer::start(PeerScript::new([Step::expect("initialize")]));
    converse(client, &[json!({ "method": "hello" })]).await;
    peer.finish().await;
}

#[tokio::test]
async fn the_program_can_be_started_like_codex() {
    let directory = TempDir::new().unwrap();
    let script = directory.path().join("script.json");
    let steps = PeerScript::new([Step::expect("initialize")
        .then(Action::Partial("{\"id\":".into()))
        .then(Action::Exit(3))]);
    fs::write(&script, serde_json::to_string(&steps).unwrap()).unwrap();

    let program = testkit_program("scripted-app-server");
    let version = Command::new(&program).arg("--version").output().await.unwrap();
    assert_eq!(version.stdout, b"codex-cli 0.0.0\n");

    let mut process = Command::new(&program)
        .args(["-c", "thread_unload_delay_secs=0", "app-server"])
        .env("SCRIPTED_APP_SERVER", &script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    process.stdin.as_mut().unwrap().write_all(b"{\"id\":1,\"method\":\"initialize\"}\n").await.unwrap();
    let mut output = String::new();
    process.stdout.take().unwrap().read_to_string(&mut output).await.unwrap();
    assert_eq!(output, "{\"id\":", "the program exits in the middle of a line");
    assert_eq!(process.wait().await.unwrap().code(), Some(3));
}

#[tokio::test]
async fn a_program_without_a_script_explains_what_is_missing() {
    let mut command = Command::new(testkit_program("scripted-app-server"));
    let output = command.env_remove("SCRIPTED_APP_SERVER").output().await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "scripted-app-server: SCRIPTED_APP_SERVER must name the script\n"
    );
}
