//! Tests listing, naming, forking and archiving threads, and rolling back turns, with the real binary.

use std::future::Future;

use codex::app_server::{AppServer, Methods};
use codex::connection::{CallError, ThreadWatch};
use codex::protocol::{
    ForkPoint, RollBack, RollBackError, Thread, ThreadListQuery, ThreadOptions, ThreadStatus, Turn, TurnPage,
    TurnQuery, TurnStatus,
};
use codex::rpc::Refusal;
use codex::turn::TurnEnd;
use codex::{ThreadId, TurnId};
use serde_json::{Value, json};
use testkit::{PeerScript, Step};

use crate::support::{LIMIT, Place, connect, in_time, notification_of, text, turn_end};

/// Starts a thread and runs a turn for each of these messages.
async fn thread_with(
    server: &AppServer,
    place: &Place,
    messages: &[&str],
) -> (ThreadId, Vec<TurnId>, ThreadWatch) {
    let (thread, mut watch) = server.connection.thread_start(&place.unrestricted()).await.unwrap();
    let mut turns = Vec::new();
    for message in messages {
        let turn = server.connection.turn_start(&thread.id, message, &text(message), None).await.unwrap();
        assert_eq!(turn_end(&mut watch, &turn.id).await.0, TurnEnd::Completed);
        turns.push(turn.id);
    }
    (thread.id, turns, watch)
}

async fn turn_ids(server: &AppServer, thread_id: &str) -> Vec<TurnId> {
    let thread = server.connection.thread_read(thread_id, true).await.unwrap();
    thread.turns.into_iter().map(|turn| turn.id).collect()
}

async fn refusal<T: std::fmt::Debug>(call: impl Future<Output = Result<T, CallError>>) -> Option<Refusal> {
    call.await.unwrap_err().refusal()
}

#[tokio::test]
async fn a_list_contains_each_thread_and_has_pages() {
    let place = Place::new().await;
    let (server, other) = tokio::join!(place.start(), place.start());
    let (first, _, _watch) = thread_with(&server, &place, &["about apples"]).await;
    let (second, _, _watch) = thread_with(&server, &place, &["about pears"]).await;
    other.connection.thread_set_name(&second, "Fruit").await.unwrap();

    let list = async |query: ThreadListQuery| other.connection.thread_list(&query).await.unwrap();
    let ids = |page: &codex::protocol::ThreadPage| {
        page.threads.iter().map(|thread| thread.id.clone()).collect::<Vec<_>>()
    };
    let all = list(ThreadListQuery::default()).await;
    assert_eq!(ids(&all).len(), 2);
    let named = all.threads.iter().find(|thread| thread.id == second).unwrap();
    assert_eq!((named.name.as_deref(), named.preview.as_deref()), (Some("Fruit"), Some("about pears")));
    assert_eq!(named.cwd.as_deref(), Some(place.directory().as_path()));
    assert_eq!((named.source_name(), named.status), ("vscode".to_owned(), ThreadStatus::NotLoaded));
    assert_eq!(
        (named.model.as_deref(), named.model_provider.as_deref()),
        (Some("scripted"), Some("scripted"))
    );
    assert!(named.created_at.is_some_and(|at| at > 1_700_000_000) && named.updated_at >= named.created_at);
    assert!(named.path.as_ref().is_some_and(|path| path.is_file()) && named.cli_version.is_some());
    assert_eq!((&named.forked_from_id, &named.parent_thread_id), (&None, &None));

    let page = list(ThreadListQuery { limit: Some(1), ..Default::default() }).await;
    assert_eq!(ids(&page).len(), 1);
    let rest =
        list(ThreadListQuery { limit: Some(5), cursor: page.next_cursor.clone(), ..Default::default() })
            .await;
    assert_eq!((ids(&rest).len(), &rest.next_cursor), (1, &None));
    assert_ne!(ids(&rest), ids(&page));

    let found = list(ThreadListQuery { search_term: Some("apples".into()), ..Default::default() }).await;
    assert_eq!(ids(&found), [first]);
    let here = list(ThreadListQuery { cwd: Some(place.directory()), ..Default::default() }).await;
    assert_eq!(ids(&here).len(), 2);
    let elsewhere = list(ThreadListQuery { cwd: Some("/nowhere".into()), ..Default::default() }).await;
    assert_eq!(ids(&elsewhere), [""; 0]);
    let of_exec = list(ThreadListQuery { source_kinds: vec!["exec".into()], ..Default::default() }).await;
    assert_eq!(ids(&of_exec), [""; 0]);
    let archived = list(ThreadListQuery { archived: true, ..Default::default() }).await;
    assert_eq!(ids(&archived), [""; 0]);
}

#[tokio::test]
async fn a_list_is_read_leniently() {
    let threads = json!([
        {"id": "a", "createdAt": "yesterday", "status": {"type": "dreaming"},
        "source": {"subagent": "review"}},
        {"id": "b", "name": 7, "status": "idle", "source": {"custom": "my-client"}},
        {"id": "c", "source": "mcp"},
        {"id": "d", "source": {"internal": "x"}},
        {"id": "a"},
        {"no": "id"},
    ]);
    let (connection, peer) =
        connect(PeerScript::new([Step::expect("thread/list").result(json!({"data": threads}))]));
    let page = connection.thread_list(&ThreadListQuery::default()).await.unwrap();
    let read: Vec<_> = page.threads.iter().map(|t| (t.id.as_str(), t.source_name(), t.status)).collect();
    let expected = [
        ("a", "subAgent", ThreadStatus::Unknown),
        ("b", "my-client", ThreadStatus::Idle),
        ("c", "appServer", ThreadStatus::Unknown),
        ("d", "internal", ThreadStatus::Unknown),
    ];
    assert_eq!(read, expected.map(|(id, source, status)| (id, source.to_owned(), status)));
    assert_eq!((page.threads[0].created_at, &page.threads[1].name, page.next_cursor), (None, &None, None));
    assert_eq!(peer.finish().await[0]["params"], json!({"modelProviders": []}));
}

#[tokio::test]
async fn turns_are_listed_in_pages_newest_first() {
    let place = Place::new().await;
    let (server, other) = tokio::join!(place.start(), place.start());
    let (thread_id, turns, _watch) = thread_with(&server, &place, &["one", "two", "three"]).await;
    let page = other.connection.thread_turns_list(&thread_id, None, 2).await.unwrap();
    let ids = |turns: &[Turn]| turns.iter().map(|turn| turn.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&page.turns), [turns[2].clone(), turns[1].clone()]);
    let items = &page.turns[0].items;
    assert!(items.iter().any(|item| item["type"] == "agentMessage"), "{items:?}");
    let cursor = page.next_cursor.expect("a cursor for the older turn");
    let last = other.connection.thread_turns_list(&thread_id, Some(&cursor), 2).await.unwrap();
    assert_eq!((ids(&last.turns), last.next_cursor), (vec![turns[0].clone()], None));
}

/// Returns the methods of a binary that reads a thread only as a whole.
fn without_pages() -> Methods {
    Methods::from_error("expected one of `thread/read`, `thread/revert`, `thread/rollback`")
}

/// Returns a turn of about this size.
fn turn_of(id: usize, bytes: usize) -> Value {
    let item = json!({"type": "agentMessage", "text": "x".repeat(bytes)});
    json!({"id": format!("t{id}"), "status": "completed", "items": [item]})
}

#[tokio::test]
async fn a_large_thread_is_read_in_pages_of_limited_size() {
    const MEBIBYTE: usize = 1024 * 1024;
    let page = |turns: Vec<Value>, next: Option<&str>| json!({"data": turns, "nextCursor": next});
    let list = || Step::expect("thread/turns/list");
    let (connection, peer) = connect(PeerScript::new([
        // The first page shows that two more turns fit. The turns turn out to be larger.
        list().result(page(vec![turn_of(9, 4 * MEBIBYTE)], Some("8"))),
        list().result(page(vec![turn_of(8, 7 * MEBIBYTE), turn_of(7, 7 * MEBIBYTE)], Some("6"))),
        // The next page starts there. A page that does not fit into a line is requested again.
        list().result(page(vec![turn_of(6, 10)], Some("5"))),
        list().result(json!("x".repeat(65 * MEBIBYTE))),
        list().result(page((1..=5).rev().map(|id| turn_of(id, 10)).collect(), Some("0"))),
        list().result(page(vec![turn_of(0, 10)], None)),
    ]));
    let methods = Methods::from_error("expected one of `thread/turns/list`");
    let thread: Thread = serde_json::from_value(json!({"id": "t"})).unwrap();
    let first = TurnQuery { cursor: None, limit: Some(100) };
    let first = connection.thread_newest_turns(&methods, &thread, &first).await.unwrap();
    let ids = |page: &TurnPage| page.turns.iter().map(|turn| turn.id.to_string()).collect::<Vec<_>>();
    assert_eq!(
        (ids(&first), first.next_cursor.as_deref()),
        (vec!["t9".into(), "t8".into(), "t7".into()], Some("6"))
    );
    let rest = TurnQuery { cursor: first.next_cursor, limit: None };
    let rest = connection.thread_newest_turns(&methods, &thread, &rest).await.unwrap();
    assert_eq!((ids(&rest).len(), rest.next_cursor), (7, None));
    let calls = peer.finish().await;
    let limits: Vec<_> = calls.iter().map(|call| call["params"]["limit"].as_u64().unwrap()).collect();
    assert_eq!(limits, [1, 2, 1, 100, 50, 100]);
    let cursors: Vec<_> = calls.iter().map(|call| call["params"]["cursor"].as_str()).collect();
    assert_eq!(cursors, [None, Some("8"), Some("6"), Some("5"), Some("5"), Some("0")]);
}

#[tokio::test]
async fn a_turn_of_another_process_is_found_among_the_newest() {
    let place = Place::new().await;
    let (owner, other) = tokio::join!(place.start(), place.start());
    let (thread_id, turns, mut watch) = thread_with(&owner, &place, &["one", "two", "3", "4", "5"]).await;
    let running =
        owner.connection.turn_start(&thread_id, "held", &text("@model hold gate"), None).await.unwrap();
    place.model.wait_until_held("gate").await;
    // With a binary without pages, the whole thread is read.
    let no_pages = Methods::from_error("expected one of `thread/read`");
    for methods in [&other.methods, &no_pages] {
        let find = async |turn_id: Option<&str>, message: &str, turns_max: usize| {
            let found = other.connection.thread_find_turn(methods, &thread_id, turn_id, message, turns_max);
            found.await.unwrap()
        };
        assert_eq!(find(None, "one", 10).await.map(|turn| turn.id).as_ref(), Some(&turns[0]));
        assert_eq!(find(Some(&turns[1]), "", 10).await.map(|turn| turn.id).as_ref(), Some(&turns[1]));
        assert_eq!(find(None, "one", 4).await, None, "the turn is too old");
        assert_eq!(find(None, "never sent", 10).await, None);
        let held = find(None, "held", 1).await.unwrap();
        assert_eq!((&held.id, held.end_is_certain()), (&running.id, false));
    }
    place.model.release("gate");
    turn_end(&mut watch, &running.id).await;
    let found = other.connection.thread_find_turn(&other.methods, &thread_id, None, "held", 1).await.unwrap();
    assert!(found.unwrap().end_is_certain());
}

#[tokio::test]
async fn a_fork_copies_the_requested_turns_of_a_thread_that_another_process_owns() {
    let place = Place::new().await;
    let (owner, other) = tokio::join!(place.start(), place.start());
    let (thread_id, turns, _watch) = thread_with(&owner, &place, &["one", "two", "three"]).await;
    let running =
        owner.connection.turn_start(&thread_id, "m", &text("@model hold gate"), None).await.unwrap();
    place.model.wait_until_held("gate").await;

    let cases = [
        (ForkPoint::Before(turns[1].clone()), 1),
        (ForkPoint::After(turns[1].clone()), 2),
        (ForkPoint::Whole, 4),
    ];
    for (point, expected) in cases {
        let (fork, mut watch) = other
            .connection
            .thread_fork(&other.methods, &thread_id, &place.unrestricted(), &point)
            .await
            .unwrap();
        assert_eq!(fork.forked_from_id.as_ref(), Some(&thread_id));
        let copied = other.connection.thread_read(&fork.id, true).await.unwrap().turns;
        assert_eq!(copied.len(), expected, "{point:?}");
        if point == ForkPoint::Whole {
            assert_eq!(copied[3].status, TurnStatus::Interrupted);
        }
        let turn = other.connection.turn_start(&fork.id, "n", &text("on my own"), None).await.unwrap();
        let (end, record) = turn_end(&mut watch, &turn.id).await;
        assert_eq!((end, record.answer.as_deref()), (TurnEnd::Completed, Some("You said: on my own")));
    }
    let point = ForkPoint::After(running.id);
    let refused = other
        .connection
        .thread_fork(&other.methods, &thread_id, &place.unrestricted(), &point)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("identifies an in-progress turn"), "{refused}");
    place.model.release("gate");
}

#[tokio::test]
async fn a_fork_by_a_binary_without_fork_points_is_rolled_back() {
    let turn = |id: &str| json!({"id": id, "status": "completed"});
    let whole = json!({"thread": {"id": "f", "turns": [turn("a"), turn("b"), turn("c")]}});
    for (point, count) in [(ForkPoint::After("a".into()), 2), (ForkPoint::Before("c".into()), 1)] {
        let (connection, peer) = connect(PeerScript::new([
            Step::expect("thread/fork").result(json!({"thread": {"id": "f"}})),
            Step::expect("thread/read").result(whole.clone()),
            Step::expect("thread/read").result(whole.clone()),
            Step::expect("thread/revert").error(-32600, "Invalid request: unknown variant `thread/revert`"),
            Step::expect("thread/rollback").result(json!({})),
        ]));
        let options = ThreadOptions::default();
        let (fork, _watch) = connection.thread_fork(&without_pages(), "t", &options, &point).await.unwrap();
        assert_eq!(fork.id, "f");
        let params = peer.finish().await.last().unwrap()["params"].clone();
        assert_eq!(params, json!({"threadId": "f", "numTurns": count}), "{point:?}");
    }
}

#[tokio::test]
async fn an_archived_thread_is_hidden_until_it_is_unarchived() {
    let place = Place::new().await;
    let (owner, other) = tokio::join!(place.start(), place.start());
    let (thread_id, _, mut watch) = thread_with(&owner, &place, &["one"]).await;
    assert_eq!(refusal(other.connection.thread_archive(&thread_id)).await, Some(Refusal::OwnedElsewhere));
    assert_eq!(refusal(other.connection.thread_unarchive(&thread_id)).await, Some(Refusal::OwnedElsewhere));

    owner.connection.thread_archive(&thread_id).await.unwrap();
    notification_of(&mut watch, "thread/archived").await;
    let listed = async |archived: bool| {
        let query = ThreadListQuery { archived, ..Default::default() };
        other.connection.thread_list(&query).await.unwrap().threads.len()
    };
    assert_eq!((listed(true).await, listed(false).await), (1, 0));
    assert_eq!(
        refusal(other.connection.thread_resume(&thread_id, &place.unrestricted())).await,
        Some(Refusal::Archived)
    );
    assert_eq!(refusal(other.connection.thread_archive(&thread_id)).await, Some(Refusal::ThreadUnknown));

    other.connection.thread_unarchive(&thread_id).await.unwrap();
    assert_eq!((listed(true).await, listed(false).await), (0, 1));
    assert_eq!(refusal(other.connection.thread_unarchive(&thread_id)).await, Some(Refusal::ThreadUnknown));
    other.connection.thread_resume(&thread_id, &place.unrestricted()).await.unwrap();
}

#[tokio::test]
async fn a_name_is_set_whoever_owns_the_thread() {
    let place = Place::new().await;
    let (owner, other) = tokio::join!(place.start(), place.start());
    let (thread_id, _, _watch) = thread_with(&owner, &place, &["one"]).await;
    other.connection.thread_set_name(&thread_id, "By another").await.unwrap();
    let seen = owner.connection.thread_read(&thread_id, false).await.unwrap();
    assert_eq!(seen.name.as_deref(), Some("By another"));
    let refused = other.connection.thread_set_name(&thread_id, " ").await.unwrap_err();
    assert!(refused.to_string().contains("thread name must not be empty"), "{refused}");
    let unknown = "019aa000-0000-7000-8000-000000000000";
    assert_eq!(refusal(other.connection.thread_set_name(unknown, "x")).await, Some(Refusal::ThreadUnknown));
}

#[tokio::test]
async fn compaction_is_a_turn_of_the_process_that_owns_the_thread() {
    let place = Place::new().await;
    let (owner, other) = tokio::join!(place.start(), place.start());
    let (thread_id, _, mut watch) = thread_with(&owner, &place, &["one"]).await;
    assert_eq!(refusal(other.connection.thread_compact(&thread_id)).await, Some(Refusal::ThreadUnknown));
    owner.connection.thread_compact(&thread_id).await.unwrap();
    let started = notification_of(&mut watch, "turn/started").await;
    let item = notification_of(&mut watch, "item/completed").await;
    assert_eq!(item.params["item"]["type"], "contextCompaction");
    let (end, _) = turn_end(&mut watch, started.params["turn"]["id"].as_str().unwrap()).await;
    assert_eq!(end, TurnEnd::Completed);
}

#[tokio::test]
async fn turns_are_rolled_back_by_count_or_from_a_given_turn() {
    let place = Place::new().await;
    let (owner, other) = tokio::join!(place.start(), place.start());
    let (thread_id, turns, _watch) = thread_with(&owner, &place, &["one", "two", "three", "four"]).await;
    let roll_back = async |server: &AppServer, what: RollBack| {
        in_time("the rollback", server.connection.thread_roll_back(&server.methods, &thread_id, &what)).await
    };
    let not_loaded = roll_back(&other, RollBack::Turns(1)).await.unwrap_err();
    let RollBackError::Call(not_loaded) = not_loaded else { panic!("{not_loaded:?}") };
    assert_eq!(not_loaded.refusal(), Some(Refusal::ThreadUnknown), "the thread is not loaded there");

    assert_eq!(roll_back(&owner, RollBack::Turns(1)).await.unwrap(), 1);
    assert_eq!(turn_ids(&other, &thread_id).await, turns[..3]);
    assert_eq!(roll_back(&owner, RollBack::From(turns[1].clone())).await.unwrap(), 2);
    assert_eq!(turn_ids(&other, &thread_id).await, turns[..1]);
    assert_eq!(roll_back(&owner, RollBack::Turns(0)).await.unwrap(), 0);
    assert!(matches!(roll_back(&owner, RollBack::Turns(2)).await, Err(RollBackError::TooMany(1))));
    let gone = roll_back(&owner, RollBack::From(turns[2].clone())).await;
    assert!(matches!(&gone, Err(RollBackError::TurnUnknown(turn)) if *turn == turns[2]), "{gone:?}");
    assert_eq!(roll_back(&owner, RollBack::Turns(1)).await.unwrap(), 1);
    assert_eq!(turn_ids(&other, &thread_id).await, [""; 0]);
}

#[tokio::test]
async fn a_thread_in_the_older_format_is_rolled_back_by_the_older_method() {
    let turn = |id: &str| json!({"id": id, "status": "completed"});
    let thread = json!({"thread": {"id": "t", "turns": [turn("a"), turn("b"), turn("c")]}});
    let refused = "thread/revert only supports paginated threads";
    let (connection, peer) = connect(PeerScript::new([
        Step::expect("thread/read").result(thread),
        Step::expect("thread/revert").error(-32600, refused),
        Step::expect("thread/rollback").result(json!({})),
    ]));
    let what = RollBack::From("b".into());
    assert_eq!(connection.thread_roll_back(&without_pages(), "t", &what).await.unwrap(), 2);
    let calls = peer.finish().await;
    assert_eq!(calls[1]["params"], json!({"threadId": "t", "beforeTurnId": "b"}));
    assert_eq!(calls[2]["params"], json!({"threadId": "t", "numTurns": 2}));

    // The real binary has only the newer method.
    let place = Place::new().await;
    let server = place.start().await;
    let legacy = json!({"cwd": place.directory(), "historyMode": "legacy"});
    let (started, mut watch) = server.connection.call_watching("thread/start", legacy, LIMIT).await.unwrap();
    let thread_id = started["thread"]["id"].as_str().unwrap();
    let turn = server.connection.turn_start(thread_id, "m", &text("one"), None).await.unwrap();
    turn_end(&mut watch, &turn.id).await;
    let error = server.connection.thread_roll_back(&server.methods, thread_id, &RollBack::Turns(1)).await;
    assert!(error.as_ref().is_err_and(|error| error.to_string().contains(refused)), "{error:?}");
}
