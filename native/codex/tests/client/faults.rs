//! Tests invalid lines: the connection skips what it cannot read and continues.

use codex::connection::{CallError, Connection};
use serde_json::json;
use testkit::{Action, PeerScript, Step};
use tokio::io::AsyncWriteExt;

use crate::support::{LIMIT, SHORT, connect, in_time, notification};

/// One byte more than the maximum length of a line.
const TOO_LONG: usize = 64 * 1024 * 1024 + 1;

#[tokio::test]
async fn lines_that_are_not_messages_are_skipped() {
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
    assert_eq!(peer.finish().await.len(), 1, "the lines were not answered");
}

#[tokio::test]
async fn bytes_that_are_not_utf_8_are_skipped() {
    let (client, mut server) = tokio::io::duplex(1024);
    let (input, output) = tokio::io::split(client);
    let connection = Connection::open(input, output);
    let mut watch = connection.watch("t");
    server.write_all(b"\xff\xfe\x00\n{\"method\":\"\xff\"}\n\0\n").await.unwrap();
    server.write_all(b"{\"method\":\"after\",\"params\":{\"threadId\":\"t\"}}\r\n").await.unwrap();
    assert_eq!(notification(&mut watch).await.method, "after");
}

#[tokio::test]
async fn a_message_that_arrives_in_pieces_is_assembled() {
    let (client, mut server) = tokio::io::duplex(1);
    let (input, output) = tokio::io::split(client);
    let connection = Connection::open(input, output);
    let mut watch = connection.watch("t");
    let line = "{\"method\":\"pieces\",\"params\":{\"threadId\":\"t\",\"text\":\"\u{e4}\u{1f980}\"}}\n";
    in_time("the line to be read", server.write_all(line.as_bytes())).await.unwrap();
    assert_eq!(notification(&mut watch).await.params["text"], "\u{e4}\u{1f980}");
}

#[tokio::test]
async fn an_over_long_line_is_skipped_and_a_long_line_is_read() {
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
async fn a_message_that_is_too_long_fails_its_own_call_at_once() {
    let long = "x".repeat(TOO_LONG);
    let (connection, peer) = connect(PeerScript::new([
        Step::expect("long").result(json!(long)),
        Step::expect("ask").request(json!("q-1"), "item/tool/call", json!({"x": long})).result(json!({})),
        Step::expect("response"),
        Step::expect("next").result(json!("answered")),
    ]));
    let error = connection.call("long", json!({}), LIMIT).await.unwrap_err();
    assert!(matches!(error, CallError::TooLong { .. }), "{error}");
    assert!(error.to_string().contains("long is longer than the 64 MiB"), "{error}");
    connection.call("ask", json!({}), LIMIT).await.unwrap();
    assert_eq!(connection.call("next", json!({}), LIMIT).await.unwrap(), "answered");
    let answer = peer.finish().await.into_iter().find(|message| message["id"] == "q-1").unwrap();
    assert_eq!(answer["error"]["code"], -32600, "a question without an answer blocks its turn: {answer}");
}

#[tokio::test]
async fn a_complete_last_message_needs_no_line_feed() {
    let (connection, _peer) = connect(PeerScript::new([Step::expect("go")
        .then(Action::Partial(r#"{"id":1,"result":"last words"}"#.to_owned()))
        .close()]));
    assert_eq!(connection.call("go", json!({}), LIMIT).await.unwrap(), "last words");
    in_time("the end of the connection", connection.closed()).await;
}

#[tokio::test]
async fn an_incomplete_last_message_is_ignored() {
    let (connection, _peer) = connect(PeerScript::new([Step::expect("go")
        .then(Action::Partial(r#"{"id":1,"result":"last wo"#.to_owned()))
        .close()]));
    let outcome = connection.call("go", json!({}), LIMIT).await;
    assert!(matches!(outcome, Err(CallError::Closed { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_peer_that_stops_in_the_middle_of_a_line_only_delays_the_call() {
    let (connection, peer) =
        connect(PeerScript::new([Step::expect("go").then(Action::Partial(r#"{"id":1,"res"#.to_owned()))]));
    let outcome = connection.call("go", json!({}), SHORT).await;
    assert!(matches!(outcome, Err(CallError::TimedOut { .. })), "{outcome:?}");
    assert!(!connection.is_closed());
    assert_eq!(peer.finish().await.len(), 1);
}
