//! Lines that no app-server should send: the link skips what it cannot read and goes on.

use codex::connection::{CallError, Connection};
use serde_json::json;
use testkit::{Action, PeerScript, Step};
use tokio::io::AsyncWriteExt;

use crate::support::{LIMIT, SHORT, connect, in_time, notification};

/// One more than the longest line that is read.
const TOO_LONG: usize = 64 * 1024 * 1024 + 1;

#[tokio::test]
async fn lines_that_are_no_messages_are_skipped() {
    let lines = [
        "",
        "   \t",
        "\r",
        "panicked at 'something': src/main.rs",
        "{",
        "[]",
        "null",
        "17",
        r#"{"id":1}x"#,
        r#"{"result":{}}"#,
        r#"{"id":"not-ours","result":{}}"#,
        r#"{"id":-1,"result":{}}"#,
        r#"{"id":99,"result":"nobody asked"}"#,
        r#"{"id":99,"error":{"code":-32600,"message":"nobody asked"}}"#,
        r#"{"id":1,"error":"not an object"}"#,
        r#"{"method":5,"params":{"threadId":"t"}}"#,
        r#"{"method":"delta","params":"not an object"}"#,
        r#"{"method":"delta","params":{"threadId":5}}"#,
        r#"{"method":"delta"}"#,
    ];
    let step = lines.iter().fold(Step::expect("go"), |step, line| step.raw(line));
    let (connection, peer) =
        connect(PeerScript::new([step.notify("after", json!({"threadId": "t"})).result(json!("answered"))]));
    let mut watch = connection.watch("t");
    assert_eq!(connection.call("go", json!({}), LIMIT).await.unwrap(), "answered");
    assert_eq!(notification(&mut watch).await.method, "after");
    assert_eq!(peer.finish().await.len(), 1, "nothing was answered to them");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_skipped() {
    let (client, mut server) = tokio::io::duplex(1024);
    let (input, output) = tokio::io::split(client);
    let connection = Connection::open(input, output);
    let mut watch = connection.watch("t");
    server.write_all(b"\xff\xfe\x00\n{\"method\":\"\xff\"}\n\0\n").await.unwrap();
    server.write_all(b"{\"method\":\"after\",\"params\":{\"threadId\":\"t\"}}\r\n").await.unwrap();
    assert_eq!(notification(&mut watch).await.method, "after");
}

#[tokio::test]
async fn a_message_that_comes_in_pieces_is_put_together() {
    let (client, mut server) = tokio::io::duplex(1);
    let (input, output) = tokio::io::split(client);
    let connection = Connection::open(input, output);
    let mut watch = connection.watch("t");
    let line = "{\"method\":\"pieces\",\"params\":{\"threadId\":\"t\",\"text\":\"\u{e4}\u{1f980}\"}}\n";
    in_time("the line to be read", server.write_all(line.as_bytes())).await.unwrap();
    assert_eq!(notification(&mut watch).await.params["text"], "\u{e4}\u{1f980}");
}

#[tokio::test]
async fn a_line_that_is_too_long_is_skipped_and_one_that_is_nearly_so_is_not() {
    let nearly = "x".repeat(8 * 1024 * 1024);
    let (connection, _peer) = connect(PeerScript::new([
        Step::expect("long").long_line(TOO_LONG).result(json!("answered")),
        Step::expect("nearly").notify("nearly", json!({"threadId": "t", "text": nearly})).result(json!({})),
    ]));
    let mut watch = connection.watch("t");
    assert_eq!(connection.call("long", json!({}), LIMIT).await.unwrap(), "answered");
    connection.call("nearly", json!({}), LIMIT).await.unwrap();
    assert_eq!(notification(&mut watch).await.params["text"].as_str().map(str::len), Some(nearly.len()));
}

#[tokio::test]
async fn a_whole_message_at_the_end_counts_without_its_line_end() {
    let (connection, _peer) = connect(PeerScript::new([Step::expect("go")
        .then(Action::Partial(r#"{"id":1,"result":"last words"}"#.to_owned()))
        .close()]));
    assert_eq!(connection.call("go", json!({}), LIMIT).await.unwrap(), "last words");
    in_time("the end of the connection", connection.closed()).await;
}

#[tokio::test]
async fn a_torn_message_at_the_end_is_the_end() {
    let (connection, _peer) = connect(PeerScript::new([Step::expect("go")
        .then(Action::Partial(r#"{"id":1,"result":"last wo"#.to_owned()))
        .close()]));
    let outcome = connection.call("go", json!({}), LIMIT).await;
    assert!(matches!(outcome, Err(CallError::Closed { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_peer_that_stops_in_the_middle_of_a_line_costs_only_the_time_limit() {
    let (connection, peer) =
        connect(PeerScript::new([Step::expect("go").then(Action::Partial(r#"{"id":1,"res"#.to_owned()))]));
    let outcome = connection.call("go", json!({}), SHORT).await;
    assert!(matches!(outcome, Err(CallError::TimedOut { .. })), "{outcome:?}");
    assert!(!connection.is_closed());
    assert_eq!(peer.finish().await.len(), 1);
}
