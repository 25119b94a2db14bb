//! Tests the scripted model as a program, the way callers in other languages use it.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // a failed helper is a failed test

use std::{ffi::OsStr, fs, process::Stdio};

use tempfile::TempDir;
use testkit::testkit_program;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    task::JoinHandle,
};

async fn start(options: &[&OsStr]) -> (Child, String) {
    let mut process = Command::new(testkit_program("scripted-model"))
        .args(["--port", "0"])
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let first_line =
        BufReader::new(process.stdout.take().unwrap()).lines().next_line().await.unwrap().unwrap();
    let address =
        first_line.strip_prefix("listening on http://").expect("the URL in the first line").to_owned();
    (process, address)
}

/// Sends one request on its own connection and reads the whole reply.
fn send(address: &str, method: &str, path: &str, body: &str) -> JoinHandle<String> {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let address = address.to_owned();
    tokio::spawn(async move {
        let mut connection = TcpStream::connect(&address).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        connection.read_to_string(&mut reply).await.unwrap();
        reply
    })
}

#[tokio::test]
async fn it_answers_and_releases_and_lists_its_requests() {
    let (_process, address) = start(&[]).await;
    let message =
        r#"{"role":"user","content":[{"type":"input_text","text":"@model hold gate\n@model say open"}]}"#;
    let body = format!(r#"{{"prompt_cache_key":"thread-1","input":[{message}]}}"#);
    // The release opens the gate whether it comes before or after the request.
    let answer = send(&address, "POST", "/v1/responses", &body);
    let released = send(&address, "POST", "/release/gate", "").await.unwrap();
    assert!(released.ends_with(r#"{"released":"gate"}"#), "{released}");
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains(r#""text":"open""#), "{answer}");
    let asked = send(&address, "GET", "/requests", "").await.unwrap();
    let expected = r#"{"requests":[{"threadId":"thread-1","userText":"@model hold gate\n@model say open"}]}"#;
    assert!(asked.ends_with(expected), "{asked}");
}

#[tokio::test]
async fn it_configures_codex_for_itself() {
    let home = TempDir::new().unwrap();
    let (_process, address) = start(&["--codex-home".as_ref(), home.path().as_ref()]).await;
    let config = fs::read_to_string(home.path().join("config.toml")).unwrap();
    assert!(config.contains(&format!("base_url = \"http://{address}/v1\"")), "{config}");
}

#[tokio::test]
async fn it_exits_when_its_input_closes() {
    let (mut process, _) = start(&[]).await;
    drop(process.stdin.take());
    let ended = tokio::time::timeout(testkit::WAIT_MAX, process.wait()).await.expect("it to end").unwrap();
    assert_eq!(ended.code(), Some(0));
}

#[tokio::test]
async fn an_invalid_argument_is_explained() {
    let output =
        Command::new(testkit_program("scripted-model")).args(["--port", "x"]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "scripted-model: \"x\" is not a port\n");
}
