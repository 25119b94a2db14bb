//! Tests the typed methods with the real binary.

use codex::app_server::AppServer;
use codex::connection::ThreadEvent;
use codex::protocol::{TurnOptions, TurnStatus};
use codex::rpc::Refusal;
use codex::turn::TurnEnd;
use serde_json::json;

use crate::support::{LIMIT, Place, in_time, next, notification_of, text, turn_end};

#[tokio::test]
async fn a_turn_runs_and_can_be_read_afterwards() {
    let place = Place::new().await;
    let server = place.start().await;
    let connection = &server.connection;
    let (thread, mut watch) = connection.thread_start(&place.unrestricted()).await.unwrap();
    assert_eq!(thread.cwd.as_deref(), Some(place.directory().as_path()));
    assert_eq!(thread.source, "vscode", "the source that the list of threads shows");
    assert!(thread.turns.is_empty());

    let turn = connection.turn_start(&thread.id, "client-1", &text("hello"), None).await.unwrap();
    let (end, record) = turn_end(&mut watch, &turn.id).await;
    assert_eq!((end, record.answer.as_deref()), (TurnEnd::Completed, Some("You said: hello")));
    assert!(record.usage.is_some_and(|usage| usage.total_tokens > 0));

    let stored = connection.thread_read(&thread.id, true).await.unwrap();
    assert_eq!(stored.id, thread.id);
    let by_message = stored.turn(None, "client-1").expect("the turn, found by its message");
    assert_eq!((by_message.id.as_str(), by_message.status), (turn.id.as_str(), TurnStatus::Completed));
    assert!(by_message.end_is_certain());
    assert_eq!(stored.turn(Some(&turn.id), "another").map(|turn| &turn.id), Some(&turn.id));
    assert!(stored.turn(None, "another").is_none());
    assert!(connection.thread_read(&thread.id, false).await.unwrap().turns.is_empty());
}

#[tokio::test]
async fn concurrent_threads_have_separate_watches() {
    let place = Place::new().await;
    let server = place.start().await;
    let mut running = Vec::new();
    for number in 0..8 {
        let (thread, watch) = server.connection.thread_start(&place.unrestricted()).await.unwrap();
        let message = text(&format!("@model hold together\n@model say answer {number}"));
        let turn = server.connection.turn_start(&thread.id, "m", &message, None).await.unwrap();
        running.push((number, turn.id, watch));
    }
    place.model.wait_for_requests(8).await;
    place.model.release("together");
    for (number, turn_id, mut watch) in running {
        let (end, record) = turn_end(&mut watch, &turn_id).await;
        assert_eq!((end, record.answer), (TurnEnd::Completed, Some(format!("answer {number}"))));
    }
}

#[tokio::test]
async fn an_output_schema_reaches_the_model() {
    let place = Place::new().await;
    let server = place.start().await;
    let (thread, mut watch) = server.connection.thread_start(&place.unrestricted()).await.unwrap();
    let schema = json!({
        "type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"],
        "additionalProperties": false,
    });
    let message = text(r#"@model say {"sum": 3}"#);
    let options = TurnOptions {
        output_schema: Some(schema.clone()),
        effort: Some("high".to_owned()),
        summary: Some("concise".to_owned()),
    };
    let turn = server.connection.turn_start(&thread.id, "m", &message, Some(&options)).await.unwrap();
    let (end, record) = turn_end(&mut watch, &turn.id).await;
    assert_eq!((end, record.answer.as_deref()), (TurnEnd::Completed, Some(r#"{"sum": 3}"#)));
    let requests = place.model.requests();
    let request = requests.last().unwrap().body();
    assert_eq!(request["text"]["format"]["schema"], schema);
}

#[tokio::test]
async fn an_interrupted_turn_ends_and_the_thread_continues() {
    let place = Place::new().await;
    let server = place.start().await;
    let connection = &server.connection;
    let (thread, mut watch) = connection.thread_start(&place.unrestricted()).await.unwrap();
    let turn = connection.turn_start(&thread.id, "m", &text("@model hold gate"), None).await.unwrap();
    place.model.wait_until_held("gate").await;
    connection.turn_interrupt(&thread.id, &turn.id).await.unwrap();
    assert_eq!(turn_end(&mut watch, &turn.id).await.0, TurnEnd::Interrupted);
    let stored = connection.thread_read(&thread.id, true).await.unwrap();
    let interrupted = stored.turn(Some(&turn.id), "").unwrap();
    assert_eq!(interrupted.status, TurnStatus::Interrupted);
    assert!(interrupted.end_is_certain(), "{interrupted:?}");

    let after = connection.turn_start(&thread.id, "n", &text("still there?"), None).await.unwrap();
    let (end, record) = turn_end(&mut watch, &after.id).await;
    assert_eq!((end, record.answer.as_deref()), (TurnEnd::Completed, Some("You said: still there?")));
}

#[tokio::test]
async fn a_turn_with_a_failing_model_has_a_reason() {
    let place = Place::new().await;
    let server = place.start().await;
    let (thread, mut watch) = server.connection.thread_start(&place.unrestricted()).await.unwrap();
    let message = text("@model fail 400");
    let turn = server.connection.turn_start(&thread.id, "m", &message, None).await.unwrap();
    let (end, _) = turn_end(&mut watch, &turn.id).await;
    assert!(
        matches!(&end, TurnEnd::Failed(why) if why.message.contains("the script asked for this failure")),
        "{end:?}"
    );
}

#[tokio::test]
async fn a_thread_is_owned_until_it_is_released() {
    let place = Place::new().await;
    let (server, other) = tokio::join!(place.start(), place.start());
    let (thread, mut watch) = server.connection.thread_start(&place.unrestricted()).await.unwrap();
    let turn = server.connection.turn_start(&thread.id, "m", &text("first"), None).await.unwrap();
    turn_end(&mut watch, &turn.id).await;

    let refused = other.connection.thread_resume(&thread.id, &place.unrestricted()).await.unwrap_err();
    assert_eq!(refused.refusal(), Some(Refusal::OwnedElsewhere), "{refused}");
    let read = other.connection.thread_read(&thread.id, true).await.unwrap();
    assert_eq!(read.turns.len(), 1, "the thread can still be read");

    server.connection.thread_unsubscribe(&thread.id).await.unwrap();
    notification_of(&mut watch, "thread/closed").await;
    // Right after the notification, the writer lock may not be released yet.
    let (resumed, mut watch) = in_time("the writer lock", async {
        loop {
            match other.connection.thread_resume(&thread.id, &place.unrestricted()).await {
                Ok(resumed) => break resumed,
                Err(error) => assert!(
                    matches!(error.refusal(), Some(Refusal::Closing | Refusal::OwnedElsewhere)),
                    "{error}"
                ),
            }
        }
    })
    .await;
    assert_eq!(resumed.id, thread.id);
    assert!(resumed.turns.is_empty(), "the turns were not requested");
    let turn = other.connection.turn_start(&thread.id, "n", &text("second"), None).await.unwrap();
    let (end, record) = turn_end(&mut watch, &turn.id).await;
    assert_eq!((end, record.answer.as_deref()), (TurnEnd::Completed, Some("You said: second")));
    assert_eq!(other.connection.thread_read(&thread.id, true).await.unwrap().turns.len(), 2);
}

#[tokio::test]
async fn a_queued_message_of_another_process_runs_after_the_owners_turn() {
    let place = Place::new().await;
    let (owner, other) = tokio::join!(place.start(), place.start());
    let (thread, mut watch) = owner.connection.thread_start(&place.unrestricted()).await.unwrap();
    let message = text("@model hold gate\n@model say first");
    let turn = owner.connection.turn_start(&thread.id, "m", &message, None).await.unwrap();
    place.model.wait_until_held("gate").await;
    other.connection.thread_queue_add(&thread.id, "queued-1", &text("queued")).await.unwrap();
    place.model.release("gate");
    assert_eq!(turn_end(&mut watch, &turn.id).await.0, TurnEnd::Completed);

    let started = notification_of(&mut watch, "turn/started").await;
    let queued = started.params["turn"]["id"].as_str().unwrap();
    assert_ne!(queued, turn.id.as_str());
    let (end, record) = turn_end(&mut watch, queued).await;
    assert_eq!((end, record.answer.as_deref()), (TurnEnd::Completed, Some("You said: queued")));
    let read = other.connection.thread_read(&thread.id, true).await.unwrap();
    assert_eq!(read.turn(None, "queued-1").map(|turn| turn.id.as_str()), Some(queued));
}

#[tokio::test]
async fn a_queue_that_pauses_after_an_interruption_can_be_started() {
    let place = Place::new().await;
    let server = place.start().await;
    let connection = &server.connection;
    let (thread, mut watch) = connection.thread_start(&place.unrestricted()).await.unwrap();
    let turn = connection.turn_start(&thread.id, "m", &text("@model hold gate"), None).await.unwrap();
    place.model.wait_until_held("gate").await;
    connection.thread_queue_add(&thread.id, "queued-1", &text("queued")).await.unwrap();
    connection.turn_interrupt(&thread.id, &turn.id).await.unwrap();
    assert_eq!(turn_end(&mut watch, &turn.id).await.0, TurnEnd::Interrupted);

    assert!(!connection.thread_queue_start(&thread.id, "never-queued").await.unwrap());
    assert!(connection.thread_queue_start(&thread.id, "queued-1").await.unwrap());
    let started = notification_of(&mut watch, "turn/started").await;
    let (end, record) = turn_end(&mut watch, started.params["turn"]["id"].as_str().unwrap()).await;
    assert_eq!((end, record.answer.as_deref()), (TurnEnd::Completed, Some("You said: queued")));
    assert!(
        !connection.thread_queue_start(&thread.id, "queued-1").await.unwrap(),
        "the message is no longer in the queue"
    );
}

#[tokio::test]
async fn queued_messages_can_be_changed_and_removed_by_another_process() {
    let place = Place::new().await;
    let (owner, other) = tokio::join!(place.start(), place.start());
    let (thread, mut watch) = owner.connection.thread_start(&place.unrestricted()).await.unwrap();
    let message = text("@model hold gate\n@model say first");
    let turn = owner.connection.turn_start(&thread.id, "m", &message, None).await.unwrap();
    place.model.wait_until_held("gate").await;
    let connection = &other.connection;
    for (id, words) in [("queued-1", "one"), ("queued-2", "two")] {
        connection.thread_queue_add(&thread.id, id, &text(words)).await.unwrap();
    }
    let changed = text("one, changed");
    assert!(connection.thread_queue_replace(&thread.id, "queued-1", &changed).await.unwrap());
    assert!(!connection.thread_queue_replace(&thread.id, "never-queued", &changed).await.unwrap());
    assert!(connection.thread_queue_remove(&thread.id, "queued-2").await.unwrap());
    assert!(!connection.thread_queue_remove(&thread.id, "queued-2").await.unwrap());
    let queue = owner.connection.thread_queue_list(&thread.id).await.unwrap();
    let waiting: Vec<_> = queue
        .iter()
        .map(|message| (message.client_user_message_id.as_str(), &message.input[0]["text"]))
        .collect();
    assert_eq!(waiting, [("queued-1", &json!("one, changed"))]);

    place.model.release("gate");
    assert_eq!(turn_end(&mut watch, &turn.id).await.0, TurnEnd::Completed);
    let started = notification_of(&mut watch, "turn/started").await;
    let (_, record) = turn_end(&mut watch, started.params["turn"]["id"].as_str().unwrap()).await;
    assert_eq!(record.answer.as_deref(), Some("You said: one, changed"));
}

#[tokio::test]
async fn a_running_turn_is_steered_by_the_process_that_runs_it() {
    let place = Place::new().await;
    let (owner, other) = tokio::join!(place.start(), place.start());
    let (thread, mut watch) = owner.connection.thread_start(&place.unrestricted()).await.unwrap();
    let message = text("@model hold gate\n@model run echo working");
    let turn = owner.connection.turn_start(&thread.id, "m", &message, None).await.unwrap();
    place.model.wait_until_held("gate").await;

    let steer = async |server: &AppServer, turn_id: &str| {
        server.connection.turn_steer(&thread.id, turn_id, "steered-1", &text("and hurry")).await
    };
    let elsewhere = steer(&other, &turn.id).await.unwrap_err();
    assert_eq!(elsewhere.refusal(), Some(Refusal::ThreadUnknown), "{elsewhere}");
    let wrong_turn = steer(&owner, "another-turn").await.unwrap_err();
    assert_eq!(wrong_turn.refusal(), Some(Refusal::TurnNotActive), "{wrong_turn}");
    assert_eq!(steer(&owner, &turn.id).await.unwrap(), turn.id);

    place.model.release("gate");
    let (end, record) = turn_end(&mut watch, &turn.id).await;
    assert_eq!((end, record.answer.as_deref()), (TurnEnd::Completed, Some("You said: and hurry")));
    let stored = owner.connection.thread_read(&thread.id, true).await.unwrap();
    assert_eq!(stored.turn(None, "steered-1").map(|turn| &turn.id), Some(&turn.id));
    let late = steer(&owner, &turn.id).await.unwrap_err();
    assert_eq!(late.refusal(), Some(Refusal::TurnNotActive), "{late}");
}

#[tokio::test]
async fn an_injected_message_reaches_the_model_as_a_developer_message() {
    let place = Place::new().await;
    let server = place.start().await;
    let connection = &server.connection;
    let (thread, mut watch) = connection.thread_start(&place.unrestricted()).await.unwrap();
    connection.thread_inject_developer_message(&thread.id, "Answer in rhyme.").await.unwrap();
    let turn = connection.turn_start(&thread.id, "m", &text("hello"), None).await.unwrap();
    assert_eq!(turn_end(&mut watch, &turn.id).await.0, TurnEnd::Completed);
    let requests = place.model.requests();
    let items = requests.last().unwrap().body()["input"].as_array().unwrap().clone();
    let injected = items.iter().filter(|item| item["content"][0]["text"] == "Answer in rhyme.");
    let roles: Vec<_> = injected.map(|item| item["role"].clone()).collect();
    assert_eq!(roles, ["developer"]);
}

#[tokio::test]
async fn the_death_of_the_process_ends_the_watch_and_the_turn_is_not_lost() {
    let place = Place::new().await;
    let server = place.start().await;
    let (thread, mut watch) = server.connection.thread_start(&place.unrestricted()).await.unwrap();
    let turn = server.connection.turn_start(&thread.id, "m", &text("@model hold gate"), None).await.unwrap();
    place.model.wait_until_held("gate").await;
    in_time("the stop", server.stop()).await;
    while let Some(event) = next(&mut watch).await {
        assert!(matches!(event, ThreadEvent::Notification(_)), "{event:?}");
    }
    let error = server.connection.call("thread/list", json!({}), LIMIT).await.unwrap_err();
    assert_eq!(error.to_string(), "the Codex app-server ended before it answered thread/list");

    let after = place.start().await;
    let stored = after.connection.thread_read(&thread.id, true).await.unwrap();
    assert_eq!(stored.turn(None, "m").map(|turn| turn.id.as_str()), Some(turn.id.as_str()));
    assert_ne!(stored.turn(None, "m").unwrap().status, TurnStatus::InProgress);
}
