//! Tests that every request of an app-server is declined in the format of its schema, and that the turn ends.

use std::time::Duration;

use codex::decline::decline;
use codex::protocol::{ApprovalPolicy, SandboxMode};
use codex::rpc::ServerRequest;
use codex::turn::{TurnEnd, TurnRecord};
use serde_json::{Value, json};
use testkit::{PeerScript, Step};

use crate::support::{LIMIT, Place, Schemas, connect, in_time, request, text, turn_end};

/// Returns every method that is declined with a result, and that result.
fn results() -> [(&'static str, Value); 8] {
    let tool = json!([{"type": "inputText", "text": "This tool is not available through Codex Bridge."}]);
    [
        ("item/commandExecution/requestApproval", json!({"decision": "decline"})),
        ("item/fileChange/requestApproval", json!({"decision": "decline"})),
        ("item/permissions/requestApproval", json!({"permissions": {}, "scope": "turn"})),
        ("item/tool/requestUserInput", json!({"answers": {}})),
        ("mcpServer/elicitation/request", json!({"action": "decline", "content": null})),
        ("item/tool/call", json!({"success": false, "contentItems": tool})),
        ("execCommandApproval", json!({"decision": "abort"})),
        ("applyPatchApproval", json!({"decision": "abort"})),
    ]
}

fn request_with(method: &str) -> ServerRequest {
    ServerRequest { id: json!(1), method: method.to_owned(), params: json!({"threadId": "t"}) }
}

#[tokio::test]
async fn a_request_that_nobody_watches_is_declined_in_its_own_format() {
    for (method, expected) in results() {
        for params in [json!({"threadId": "unwatched"}), json!({"conversationId": "unwatched"}), json!({})] {
            let (connection, peer) = connect(PeerScript::new([
                Step::expect("go").request(json!("ask-1"), method, params).result(json!({})),
                Step::expect_response(),
            ]));
            let _other = connection.watch("watched");
            connection.call("go", json!({}), LIMIT).await.unwrap();
            assert_eq!(peer.finish().await[1..], [json!({"id": "ask-1", "result": expected})], "{method}");
        }
    }
}

#[tokio::test]
async fn a_request_without_a_declining_result_is_refused_with_an_error() {
    for method in ["account/chatgptAuthTokens/refresh", "attestation/generate", "some/newer/request"] {
        let (connection, peer) = connect(PeerScript::new([
            Step::expect("go").request(json!(5), method, json!({})).result(json!({})),
            Step::expect_response(),
        ]));
        connection.call("go", json!({}), LIMIT).await.unwrap();
        let message = format!("Codex Bridge does not answer {method}");
        let expected = json!({"id": 5, "error": {"code": -32601, "message": message}});
        assert_eq!(peer.finish().await[1..], [expected]);
    }
}

#[tokio::test]
async fn a_request_whose_watcher_was_dropped_is_declined() {
    let method = "item/fileChange/requestApproval";
    let (connection, peer) = connect(PeerScript::new([
        Step::expect("go").request(json!(0), method, json!({"threadId": "t"})).result(json!({})),
        Step::expect_response(),
    ]));
    drop(connection.watch("t"));
    connection.call("go", json!({}), LIMIT).await.unwrap();
    assert_eq!(peer.finish().await[1..], [json!({"id": 0, "result": {"decision": "decline"}})]);
}

#[test]
fn every_answer_matches_the_schema_of_the_binary() {
    let schemas = Schemas::of_the_binary();
    let mut valid = Vec::new();
    for method in schemas.methods() {
        let Ok(answer) = decline(&request_with(&method)) else { continue };
        let problems = schemas.problems(&method, &answer);
        assert!(problems.is_empty(), "{method}: {answer}: {problems:?}");
        valid.push(method);
    }
    for (method, _) in results() {
        assert!(valid.iter().any(|known| known == method), "{method} is not among {valid:?}");
    }
}

/// The cases in which the real binary requests approval: policy, sandbox, script, and the method of the
/// request.
const ASKING: [(ApprovalPolicy, SandboxMode, &str, &str); 4] = [
    (
        ApprovalPolicy::OnRequest,
        SandboxMode::ReadOnly,
        "@model escalate touch made.txt",
        "item/commandExecution/requestApproval",
    ),
    (
        ApprovalPolicy::Untrusted,
        SandboxMode::WorkspaceWrite,
        "@model run touch made.txt",
        "item/commandExecution/requestApproval",
    ),
    (
        ApprovalPolicy::OnRequest,
        SandboxMode::ReadOnly,
        "@model patch made.txt",
        "item/fileChange/requestApproval",
    ),
    (
        ApprovalPolicy::Untrusted,
        SandboxMode::WorkspaceWrite,
        "@model patch made.txt",
        "item/fileChange/requestApproval",
    ),
];

#[tokio::test]
async fn the_real_binary_accepts_the_answer_and_its_turn_ends() {
    let place = Place::new().await;
    let server = place.start().await;
    let connection = &server.connection;
    for (policy, sandbox, script, method) in ASKING {
        let case = format!("{policy:?} {sandbox:?} {script}");
        let (thread, mut watch) = connection.thread_start(&place.options(policy, sandbox)).await.unwrap();
        let turn = connection.turn_start(&thread.id, "m", &text(script), None).await.unwrap();
        let asked = request(&mut watch).await;
        assert_eq!(asked.method, method, "{case}");
        connection.answer(&asked.id, &decline(&asked)).await;
        let (end, record) = turn_end(&mut watch, &turn.id).await;
        assert_eq!(end, TurnEnd::Completed, "{case}");
        assert!(
            record.answer.as_ref().is_some_and(|answer| answer.contains("rejected")),
            "{case}: {record:?}"
        );
        assert!(!place.directory().join("made.txt").exists(), "{case}");
    }
}

#[tokio::test]
async fn the_real_binary_is_declined_when_nobody_watches() {
    let place = Place::new().await;
    let server = place.start().await;
    let connection = &server.connection;
    for (policy, sandbox, script, _) in ASKING {
        let (thread, watch) = connection.thread_start(&place.options(policy, sandbox)).await.unwrap();
        drop(watch);
        let turn = connection.turn_start(&thread.id, "m", &text(script), None).await.unwrap();
        let end = in_time("the end of a turn that nobody watches", async {
            loop {
                // A turn that has just started cannot be read yet, or is reported as interrupted.
                let stored = connection.thread_read(&thread.id, true).await.ok();
                let turn = stored.as_ref().and_then(|stored| stored.turn(Some(&turn.id), ""));
                if let Some(end) = turn
                    .filter(|turn| turn.end_is_certain())
                    .and_then(|turn| TurnRecord::default().take_turn(turn))
                {
                    break end;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        assert_eq!(end, TurnEnd::Completed, "{script}");
        assert!(!place.directory().join("made.txt").exists(), "{script}");
    }
}

#[tokio::test]
async fn the_real_binary_performs_accepted_requests() {
    let place = Place::new().await;
    let server = place.start().await;
    let connection = &server.connection;
    for (policy, sandbox, script, _) in ASKING {
        let (thread, mut watch) = connection.thread_start(&place.options(policy, sandbox)).await.unwrap();
        let turn = connection.turn_start(&thread.id, "m", &text(script), None).await.unwrap();
        let asked = request(&mut watch).await;
        connection.answer(&asked.id, &Ok(json!({"decision": "accept"}))).await;
        let (end, record) = turn_end(&mut watch, &turn.id).await;
        assert_eq!(end, TurnEnd::Completed, "{script}");
        let removed = std::fs::remove_file(place.directory().join("made.txt"));
        assert!(removed.is_ok(), "{script}: {record:?}");
    }
}
