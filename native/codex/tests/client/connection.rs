//! Tests calls, watches and requests over a connection to a scripted peer.

use codex::connection::{CallError, ThreadEvent};
use codex::rpc::{Refusal, RpcError};
use serde_json::{Value, json};
use testkit::{PeerScript, Step};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use crate::support::{LIMIT, SHORT, connect, in_time, next, notification, request};

/// Returns whether the connection has no pending calls.
fn nothing_pending(connection: &codex::connection::Connection) -> bool {
    format!("{connection:?}").contains("pending: {}")
}

#[tokio::test]
async fn a_refusal_contains_the_message_of_codex() {
    let words = "thread 01a already has an active writer";
    let (connection, peer) = connect(PeerScript::new([Step::expect("thread/resume").error(-32600, words)]));
    let error = connection.call("thread/resume", json!({"threadId": "01a"}), LIMIT).await.unwrap_err();
    assert_eq!(error.refusal(), Some(Refusal::OwnedElsewhere));
    assert_eq!(error.to_string(), format!("Codex refused thread/resume: {words} (-32600)"));
    assert!(!connection.is_closed());
    assert_eq!(
        peer.finish().await,
        [json!({"id": 1, "method": "thread/resume", "params": {"threadId": "01a"}})]
    );
}

#[tokio::test]
async fn a_call_without_an_answer_times_out_and_a_late_answer_is_ignored() {
    let (connection, _peer) = connect(PeerScript::new([
        Step::expect("slow"),
        Step::expect("next").raw(r#"{"id":1,"result":"late"}"#).result(json!("in time")),
    ]));
    let error = connection.call("slow", json!({}), SHORT).await.unwrap_err();
    assert!(
        matches!(&error, CallError::TimedOut { method, limit } if method == "slow" && *limit == SHORT),
        "{error:?}"
    );
    assert!(nothing_pending(&connection), "{connection:?}");
    assert_eq!(connection.call("next", json!({}), LIMIT).await.unwrap(), "in time");
}

#[tokio::test]
async fn a_dropped_call_leaves_nothing_pending() {
    let (connection, peer) = connect(PeerScript::new([Step::expect("never/answered")]));
    let mut call = Box::pin(connection.call("never/answered", json!({}), LIMIT));
    tokio::select! {
        outcome = &mut call => panic!("answered: {outcome:?}"),
        received = peer.finish() => assert_eq!(received.len(), 1),
    }
    assert!(!nothing_pending(&connection), "the call is pending: {connection:?}");
    drop(call);
    assert!(nothing_pending(&connection), "{connection:?}");
}

#[tokio::test]
async fn every_wait_ends_when_the_peer_disconnects() {
    let (connection, _peer) =
        connect(PeerScript::new([Step::expect("first"), Step::expect("second").close()]));
    let mut watch = connection.watch("t");
    let (first, second) =
        tokio::join!(connection.call("first", json!({}), LIMIT), connection.call("second", json!({}), LIMIT));
    for (method, outcome) in [("first", first), ("second", second)] {
        assert!(matches!(&outcome, Err(CallError::Closed { method: of }) if of == method), "{outcome:?}");
    }
    in_time("the end of the connection", connection.closed()).await;
    assert!(connection.is_closed());
    assert_eq!(next(&mut watch).await, None);
    let late = connection.call("late", json!({}), LIMIT).await;
    assert!(matches!(late, Err(CallError::Closed { .. })), "{late:?}");
    assert!(nothing_pending(&connection), "{connection:?}");
}

#[tokio::test]
async fn a_watch_of_a_closed_connection_ends_at_once() {
    let (connection, _peer) = connect(PeerScript::new([Step::expect("last").close()]));
    connection.call("last", json!({}), LIMIT).await.unwrap_err();
    in_time("the end of the connection", connection.closed()).await;
    assert_eq!(next(&mut connection.watch("t")).await, None);
}

#[tokio::test]
async fn closing_ends_calls_and_watches_and_the_peer_sees_its_input_end() {
    let (client, mut server) = tokio::io::duplex(1024);
    let (input, output) = tokio::io::split(client);
    let connection = codex::connection::Connection::open(input, output);
    let mut watch = connection.watch("t");
    let call = connection.call("never/answered", json!({}), LIMIT);
    let close = async {
        let mut lines = BufReader::new(&mut server).lines();
        let line = in_time("the call", lines.next_line()).await.unwrap().unwrap();
        assert!(line.contains("never/answered"), "{line}");
        connection.close();
    };
    let (outcome, ()) = tokio::join!(call, close);
    assert!(matches!(outcome, Err(CallError::Closed { .. })), "{outcome:?}");
    assert_eq!(next(&mut watch).await, None);
    let mut rest = Vec::new();
    in_time("the end of the peer's input", server.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.is_empty(), "{rest:?}");
}

#[tokio::test]
async fn answers_may_arrive_in_any_order() {
    let answer = |id: u64| json!({"id": id, "result": id}).to_string();
    let (connection, _peer) = connect(PeerScript::new([
        Step::expect("a"),
        Step::expect("b"),
        Step::expect("c").raw(&answer(3)).raw(&answer(1)).raw(&answer(2)),
    ]));
    let (a, b, c) = tokio::join!(
        connection.call("a", json!({}), LIMIT),
        connection.call("b", json!({}), LIMIT),
        connection.call("c", json!({}), LIMIT)
    );
    // Calls are numbered in the order in which they were made.
    assert_eq!([a.unwrap(), b.unwrap(), c.unwrap()], [1, 2, 3]);
}

/// Makes more concurrent calls than fit into the outgoing queue. All are answered at the end, in reverse
/// order.
#[tokio::test]
async fn many_concurrent_calls_each_get_their_own_answer() {
    const CALLS: u64 = 3000;
    let (client, server) = tokio::io::duplex(64 * 1024);
    let (input, output) = tokio::io::split(client);
    let connection = codex::connection::Connection::open(input, output);
    tokio::spawn(async move {
        let (reader, mut writer) = tokio::io::split(server);
        let mut lines = BufReader::new(reader).lines();
        let mut calls: Vec<Value> = Vec::new();
        while calls.len() < usize::try_from(CALLS).unwrap() {
            let line = lines.next_line().await.unwrap().unwrap();
            calls.push(serde_json::from_str(&line).unwrap());
        }
        for call in calls.iter().rev() {
            let answer = json!({"id": call["id"], "result": call["params"]});
            writer.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
        }
    });
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..CALLS {
        let connection = connection.clone();
        calls.spawn(async move {
            let params = json!({"number": number});
            (params.clone(), connection.call("echo", params, LIMIT).await)
        });
    }
    let outcomes = in_time("all answers", calls.join_all()).await;
    assert_eq!(outcomes.len(), usize::try_from(CALLS).unwrap());
    for (params, outcome) in outcomes {
        assert_eq!(outcome.unwrap(), params);
    }
    assert!(nothing_pending(&connection), "{connection:?}");
}

#[tokio::test]
async fn calls_to_a_peer_that_reads_nothing_time_out_and_are_removed() {
    let (client, _server) = tokio::io::duplex(256);
    let (input, output) = tokio::io::split(client);
    let connection = codex::connection::Connection::open(input, output);
    let mut calls = tokio::task::JoinSet::new();
    // This is more than fits into the pipe and the outgoing queue.
    for _ in 0..1200 {
        let connection = connection.clone();
        calls.spawn(async move { connection.call("unread", json!({}), SHORT).await });
    }
    for outcome in in_time("all calls", calls.join_all()).await {
        assert!(matches!(outcome, Err(CallError::TimedOut { .. })), "{outcome:?}");
    }
    assert!(nothing_pending(&connection), "{connection:?}");
}

#[tokio::test]
async fn a_watch_requested_with_a_call_misses_no_event_of_the_same_burst() {
    let mut burst = json!({"id": 1, "result": {"thread": {"id": "t"}}}).to_string();
    for number in 0..100 {
        let line = json!({"method": "item/started", "params": {"threadId": "t", "number": number}});
        burst.push('\n');
        burst.push_str(&line.to_string());
    }
    let (connection, _peer) = connect(PeerScript::new([Step::expect("thread/start").raw(&burst)]));
    let (result, mut watch) = connection.call_watching("thread/start", json!({}), LIMIT).await.unwrap();
    assert_eq!(result["thread"]["id"], "t");
    for number in 0..100 {
        assert_eq!(notification(&mut watch).await.params["number"], number);
    }
}

#[tokio::test]
async fn a_result_without_a_thread_cannot_be_watched() {
    let (connection, _peer) =
        connect(PeerScript::new([Step::expect("thread/start").result(json!({"thread": {}}))]));
    let error = connection.call_watching("thread/start", json!({}), LIMIT).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Codex answered thread/start in an unexpected format: no thread id in the result"
    );
}

#[tokio::test]
async fn a_watch_only_receives_events_of_its_own_thread() {
    let of = |thread_id: &str| json!({"threadId": thread_id});
    let (connection, _peer) = connect(PeerScript::new([Step::expect("go")
        .notify("turn/started", of("other"))
        .notify("account/updated", json!({}))
        .notify("turn/started", of("t"))
        .notify("configWarning", json!({"threadId": null}))
        .notify("turn/started", of("unwatched"))
        .notify("codex/event/task_started", json!({"conversationId": "t"}))
        .notify("turn/completed", of("other"))
        .result(json!({}))
        .close()]));
    let (mut watch, mut other) = (connection.watch("t"), connection.watch("other"));
    connection.call("go", json!({}), LIMIT).await.unwrap();
    let mut received = [const { Vec::new() }; 2];
    for (watch, received) in [&mut watch, &mut other].into_iter().zip(&mut received) {
        while let Some(event) = next(watch).await {
            let ThreadEvent::Notification(notification) = event else { panic!("{event:?}") };
            received.push(notification.method);
        }
    }
    assert_eq!(received[0], ["turn/started", "codex/event/task_started"]);
    assert_eq!(received[1], ["turn/started", "turn/completed"]);
}

#[tokio::test]
async fn a_watcher_that_falls_too_far_behind_is_removed_and_can_return() {
    const EVENTS: usize = 10_000;
    let flood: Vec<String> = (0..EVENTS)
        .map(|number| {
            json!({"method": "delta", "params": {"threadId": "slow", "number": number}}).to_string()
        })
        .collect();
    let approval = "item/commandExecution/requestApproval";
    let (connection, peer) = connect(PeerScript::new([
        Step::expect("flood")
            .raw(&flood.join("\n"))
            .notify("delta", json!({"threadId": "quick"}))
            .request(json!(7), approval, json!({"threadId": "slow"}))
            .result(json!({})),
        // The request that the removed watcher no longer receives is declined, so that it does not block its
        // turn.
        Step::expect_response(),
        Step::expect("again")
            .notify("delta", json!({"threadId": "slow", "number": "again"}))
            .result(json!({})),
    ]));
    let (mut slow, mut quick) = (connection.watch("slow"), connection.watch("quick"));
    connection.call("flood", json!({}), LIMIT).await.unwrap();
    assert_eq!(notification(&mut quick).await.params["threadId"], "quick");

    let mut received = 0;
    while let Some(event) = next(&mut slow).await {
        let ThreadEvent::Notification(notification) = event else { panic!("{event:?}") };
        assert_eq!(notification.params["number"], received, "the events are in order and without a gap");
        received += 1;
    }
    assert!(received > 1000 && received < EVENTS, "{received} of {EVENTS} were received");
    assert!(!connection.is_closed());

    let mut back = connection.watch("slow");
    connection.call("again", json!({}), LIMIT).await.unwrap();
    assert_eq!(notification(&mut back).await.params["number"], "again");
    assert_eq!(peer.finish().await[1], json!({"id": 7, "result": {"decision": "decline"}}));
}

#[tokio::test]
async fn a_request_reaches_the_watcher_of_its_thread_and_the_answer_is_sent() {
    let cases = [
        (json!(0), "item/commandExecution/requestApproval", json!({"threadId": "t", "itemId": "i"})),
        (json!("text-id"), "item/tool/requestUserInput", json!({"threadId": "t", "questions": []})),
        (json!(9), "execCommandApproval", json!({"conversationId": "t", "callId": "c"})),
    ];
    for (id, method, params) in cases {
        for outcome in
            [Ok(json!({"decision": "accept"})), Err(RpcError { code: -32000, message: "not now".to_owned() })]
        {
            let (connection, peer) = connect(PeerScript::new([
                Step::expect("go").request(id.clone(), method, params.clone()).result(json!({})),
                Step::expect_response(),
            ]));
            let mut watch = connection.watch("t");
            connection.call("go", json!({}), LIMIT).await.unwrap();
            let asked = request(&mut watch).await;
            assert_eq!((&asked.id, asked.method.as_str(), &asked.params), (&id, method, &params));
            connection.answer(&asked.id, &outcome).await;
            let expected = match &outcome {
                Ok(result) => json!({"id": id, "result": result}),
                Err(error) => json!({"id": id, "error": {"code": error.code, "message": error.message}}),
            };
            assert_eq!(peer.finish().await[1..], [expected]);
        }
    }
}

#[tokio::test]
async fn a_notification_is_sent_without_parameters() {
    let (connection, peer) = connect(PeerScript::new([Step::expect("initialized")]));
    connection.notify("initialized").await;
    assert_eq!(peer.finish().await, [json!({"method": "initialized"})]);
}
