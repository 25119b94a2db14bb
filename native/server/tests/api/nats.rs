//! Events on NATS, in a real JetStream. Module `commands` tests lane commands.

mod commands;

use std::collections::HashMap;
use std::path::Path;

use async_nats::jetstream::{self, stream};
use async_nats::{Client, HeaderMap, Message};
use model::secret::Secret;
use nats::{NatsConfig, NatsSettings};
use serde_json::{Value, json};
use server::Bridge;
use server::config::Config;
use testkit::{HttpClient, NatsServer, ScriptedModel};

use crate::support::{Directories, TestBridge, eventually};

/// Returns the NATS settings of a bridge named `here`.
fn nats(url: &str, change: impl FnOnce(&mut NatsSettings)) -> Option<NatsConfig> {
    let mut settings = NatsSettings {
        url: Some(Secret(url.to_owned())),
        instance: Some("here".to_owned()),
        ..NatsSettings::default()
    };
    change(&mut settings);
    NatsConfig::of(settings).unwrap()
}

async fn start(server: &NatsServer, change: impl FnOnce(&mut NatsSettings)) -> TestBridge {
    let nats = nats(&server.url(), change);
    TestBridge::start_with(None, |config| config.nats = nats).await
}

async fn start_in(directories: &Directories, change: impl FnOnce(&mut Config)) -> (Bridge, HttpClient) {
    let mut config = directories.config();
    change(&mut config);
    let bridge = Bridge::start(config, None).await.unwrap();
    let client = HttpClient::new(bridge.url());
    (bridge, client)
}

/// Waits until the NATS part of `/health` satisfies `is_reached`, and returns it.
async fn wait_for_nats_health(
    client: &HttpClient,
    description: &str,
    is_reached: impl Fn(&Value) -> bool,
) -> Value {
    eventually(description, || async {
        let nats = client.get("/health").await.unwrap().body["nats"].clone();
        is_reached(&nats).then_some(nats)
    })
    .await
}

async fn wait_until_published(client: &HttpClient) -> Value {
    wait_for_nats_health(client, "all events are published", |nats| {
        nats["connected"] == true && nats["behind"] == 0
    })
    .await
}

async fn make_lane(client: &HttpClient, lane_id: &str) {
    let reply = client.post("/lanes", &json!({"laneId": lane_id})).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.body);
}

async fn connect(server: &NatsServer) -> Client {
    async_nats::connect(server.url()).await.unwrap()
}

/// A message in a stream.
struct StoredMessage {
    subject: String,
    message_id: String,
    bytes: usize,
    body: Value,
}

async fn stored_messages(server: &NatsServer, stream: &str) -> Vec<StoredMessage> {
    let stream = jetstream::new(connect(server).await).get_stream(stream).await.unwrap();
    let mut stored = Vec::new();
    for sequence in 1..=stream.cached_info().state.last_sequence {
        let message = stream.get_raw_message(sequence).await.unwrap();
        stored.push(StoredMessage {
            subject: message.subject.to_string(),
            message_id: message.headers.get("Nats-Msg-Id").unwrap().to_string(),
            bytes: message.payload.len(),
            body: serde_json::from_slice(&message.payload).unwrap(),
        });
    }
    stored
}

/// Returns all events of the log. Creates the lane `the-end` to recognize the last one.
async fn event_log(client: &HttpClient) -> Vec<Value> {
    make_lane(client, "the-end").await;
    let mut reader = client.events("/events?after=0").await.unwrap();
    let mut log = Vec::new();
    loop {
        let event = reader.next().await.unwrap().data;
        let is_last = event["laneId"] == "the-end";
        log.push(event);
        if is_last {
            return log;
        }
    }
}

/// Asserts that the NATS stream contains exactly the events of the log, in the same order.
async fn assert_complete(client: &HttpClient, server: &NatsServer) -> Vec<StoredMessage> {
    let log = event_log(client).await;
    wait_until_published(client).await;
    let stored = stored_messages(server, "codex-events").await;
    let ids =
        |events: Vec<&Value>| events.into_iter().map(|event| event["eventId"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(stored.iter().map(|message| &message.body["event"]).collect()), ids(log.iter().collect()));
    for (message, event) in stored.iter().zip(&log) {
        assert_eq!(&message.body["event"], event);
    }
    stored
}

#[tokio::test(flavor = "multi_thread")]
async fn lane_events_are_published_once_and_in_order() {
    let server = NatsServer::start();
    let test = start(&server, |_| {}).await;
    let body = json!({"laneId": "lane", "repoRoot": test.directories.workspace(), "kickoffPrompt": "hello"});
    let started = test.post("/codex/workflows/start-visible", body).await;
    assert_eq!(started.status, 200, "{}", started.body);
    test.wait_for_job(&started.body).await;
    eventually("the lane is done", || async {
        (test.get("/lanes/lane").await.body["lane"]["status"] == "done").then_some(())
    })
    .await;
    let stored = assert_complete(&test.client, &server).await;
    let completed = stored.iter().find(|message| message.subject == "codex.here.events.lane.turn.completed");
    let StoredMessage { message_id, body, .. } = completed.unwrap();
    assert_eq!((&body["id"], &body["eventKey"]), (&json!(message_id), &json!(message_id)));
    assert_eq!(message_id.split_once(':').unwrap().1, body["eventId"].as_str().unwrap());
    assert_eq!((&body["laneId"], &body["source"]), (&json!("lane"), &json!("oai-app-proxy")));
    assert_eq!((&body["eventType"], &body["payload"]), (&body["event"]["type"], &body["event"]["payload"]));
    assert_eq!(body["subscriptionId"], Value::Null);

    let health = wait_until_published(&test.client).await;
    assert_eq!((&health["state"], &health["lastError"]), (&json!("connected"), &Value::Null), "{health}");
    assert_eq!((&health["stream"], &health["commands"]), (&json!("codex-events"), &json!(false)), "{health}");
    assert_eq!(health["published"], stored.len(), "{health}");
    let stream = jetstream::new(connect(&server).await).get_stream("codex-events").await.unwrap();
    let config = &stream.cached_info().config;
    assert_eq!(config.subjects, ["codex.*.events.>"]);
    assert!(
        config.max_age.as_secs() == 7 * 24 * 3600 && config.duplicate_window.as_secs() >= 120,
        "{config:?}"
    );
    test.bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_is_lost_when_the_nats_server_is_killed_repeatedly() {
    let mut server = NatsServer::start();
    let test = start(&server, |_| {}).await;
    wait_until_published(&test.client).await;
    let client = test.client.clone();
    let lane_creation = tokio::spawn(async move {
        for number in 0..1000 {
            make_lane(&client, &format!("lane-{number}")).await;
        }
    });
    let wait_for_more = async |published: u64| {
        let is_more = |nats: &Value| nats["published"].as_u64() > Some(published + 30) || nats["behind"] == 0;
        wait_for_nats_health(&test.client, "more events are published", is_more).await["published"]
            .as_u64()
            .unwrap()
    };
    let mut published = 0;
    // The server is killed while events are recorded one by one. Later it is killed while many events wait
    // and some are in flight.
    for _ in 0..3 {
        published = wait_for_more(published).await;
        server.kill();
        wait_for_nats_health(&test.client, "the lost connection is reported", |nats| {
            nats["connected"] == false
        })
        .await;
        server.start_again();
    }
    server.kill();
    lane_creation.await.unwrap();
    for _ in 0..3 {
        server.start_again();
        published = wait_for_more(published).await;
        server.kill();
    }
    let health =
        wait_for_nats_health(&test.client, "the error is reported", |nats| nats["lastError"].is_string())
            .await;
    assert!(health["behind"].as_u64() > Some(0), "{health}");
    server.start_again();
    assert_complete(&test.client, &server).await;
    test.bridge.stop().await;
}

/// Resets the cursor, as after a bridge that was killed before it recorded the acknowledgments.
fn reset_cursor(directory: &Path) {
    let database = rusqlite::Connection::open(directory.join("codex-bridge.sqlite")).unwrap();
    let changed = database.execute("UPDATE nats_cursors SET event_id = 1", []).unwrap();
    assert_eq!(changed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_published_exactly_once_across_bridge_restarts() {
    let server = NatsServer::start();
    // The stream forgets message ids at once, so only its last event shows how far publication got.
    let short_window = stream::Config {
        name: "codex-events".into(),
        subjects: vec!["codex.>".into()],
        duplicate_window: std::time::Duration::from_millis(100),
        ..stream::Config::default()
    };
    jetstream::new(connect(&server).await).create_stream(short_window).await.unwrap();
    let directories = Directories::for_model(&ScriptedModel::start().await);
    let with_nats = |config: &mut Config| config.nats = nats(&server.url(), |_| {});
    let (bridge, client) = start_in(&directories, with_nats).await;
    for number in 0..20 {
        make_lane(&client, &format!("first-{number}")).await;
    }
    wait_until_published(&client).await;
    bridge.stop().await;
    reset_cursor(&directories.data());
    // Events that are recorded while no bridge publishes wait in the log.
    let (bridge, client) = start_in(&directories, |_| {}).await;
    make_lane(&client, "between").await;
    bridge.stop().await;

    let (bridge, client) = start_in(&directories, with_nats).await;
    make_lane(&client, "second").await;
    assert_complete(&client, &server).await;
    // Another bridge with the same data directory stands by, and continues where this bridge stops.
    let (other, other_client) = start_in(&directories, with_nats).await;
    wait_for_nats_health(&other_client, "the bridge stands by", |nats| nats["state"] == "standby").await;
    make_lane(&other_client, "third").await;
    wait_until_published(&client).await;
    bridge.stop().await;
    make_lane(&other_client, "fourth").await;
    assert_no_gaps_up_to_fourth_lane(&other_client, &server).await;
    other.stop().await;
}

async fn assert_no_gaps_up_to_fourth_lane(client: &HttpClient, server: &NatsServer) {
    wait_until_published(client).await;
    let stored = stored_messages(server, "codex-events").await;
    let ids: Vec<i64> =
        stored.iter().map(|message| message.body["event"]["eventId"].as_i64().unwrap()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{ids:?}");
    assert_eq!(stored.last().unwrap().body["laneId"], "fourth");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_events_recorded_after_nats_was_enabled_are_published() {
    let mut server = NatsServer::start();
    let directories = Directories::for_model(&ScriptedModel::start().await);
    let (bridge, client) = start_in(&directories, |_| {}).await;
    make_lane(&client, "before").await;
    let health = client.get("/health").await.unwrap().body;
    assert!(health.get("nats").is_none(), "{health}");
    assert!(!directories.data().join("nats.lock").exists());
    bridge.stop().await;
    // NATS is enabled while its server is down.
    server.kill();
    let (bridge, client) = start_in(&directories, |config| config.nats = nats(&server.url(), |_| {})).await;
    wait_for_nats_health(&client, "the error is reported", |nats| nats["lastError"].is_string()).await;
    make_lane(&client, "after").await;
    server.start_again();
    wait_until_published(&client).await;
    let lanes: Vec<Value> = stored_messages(&server, "codex-events")
        .await
        .into_iter()
        .map(|message| message.body["laneId"].clone())
        .collect();
    assert_eq!(lanes, ["after"]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_pruned_before_publication_are_reported_as_a_gap() {
    let mut server = NatsServer::start();
    server.kill();
    let directories = Directories::for_model(&ScriptedModel::start().await);
    let with_nats = |config: &mut Config| config.nats = nats(&server.url(), |_| {});
    let (bridge, client) = start_in(&directories, with_nats).await;
    for lane_id in ["a", "b", "c"] {
        make_lane(&client, lane_id).await;
    }
    bridge.stop().await;
    let (bridge, client) = start_in(&directories, |config| {
        with_nats(config);
        config.history_age_max = std::time::Duration::ZERO;
    })
    .await;
    eventually("the events are pruned", || async {
        let database = rusqlite::Connection::open(directories.data().join("codex-bridge.sqlite")).unwrap();
        let up_to: i64 =
            database.query_row("SELECT up_to FROM forgotten_events", [], |row| row.get(0)).unwrap();
        (up_to > 0).then_some(())
    })
    .await;
    server.start_again();
    let gap = eventually("the gap is published", || async {
        let stream = jetstream::new(connect(&server).await).get_stream("codex-events").await.ok()?;
        (stream.cached_info().state.messages > 0).then_some(())?;
        Some(stored_messages(&server, "codex-events").await.remove(0))
    })
    .await;
    assert_eq!(gap.subject, "codex.here.events.nats.gap");
    assert_eq!(gap.body["payload"]["afterEventId"], 0, "{}", gap.body);
    assert_eq!(wait_until_published(&client).await["published"], 1);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_covers_only_some_subjects_is_reported() {
    let server = NatsServer::start();
    let context = jetstream::new(connect(&server).await);
    let mut config = stream::Config {
        name: "mine".into(),
        subjects: vec!["codex.*.events.job.>".into()],
        ..stream::Config::default()
    };
    context.create_stream(config.clone()).await.unwrap();
    let test = start(&server, |_| {}).await;
    make_lane(&test.client, "lane").await;
    let health =
        wait_for_nats_health(&test.client, "the error is reported", |nats| nats["lastError"].is_string())
            .await;
    let error = health["lastError"].as_str().unwrap();
    for part in ["mine", "`codex.*.events.job.>`", "`codex.here.events.>`"] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!((&health["connected"], &health["behind"]), (&json!(false), &json!(1)));
    let found = context.get_stream("mine").await.unwrap().cached_info().config.subjects.clone();
    assert_eq!(found, config.subjects, "the stream was not changed");

    config.subjects = vec!["codex.*.events.>".into()];
    context.update_stream(&config).await.unwrap();
    let health = wait_until_published(&test.client).await;
    assert_eq!((&health["stream"], &health["lastError"]), (&json!("mine"), &Value::Null));
    assert_eq!(stored_messages(&server, "mine").await.len(), 1);
    test.bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_are_reported_without_exposing_them() {
    let server = NatsServer::start_with("authorization { user: bridge, password: \"right word\" }");
    let with_user = |user: &str| server.url().replace("nats://", &format!("nats://{user}@"));
    let test = TestBridge::start_with(None, |config| {
        config.nats = nats(&with_user("bridge:hush-hush"), |_| {});
    })
    .await;
    let refused =
        wait_for_nats_health(&test.client, "the error is reported", |nats| nats["lastError"].is_string())
            .await;
    let error = refused["lastError"].as_str().unwrap().to_lowercase();
    assert!(error.contains("authorization"), "{error}");
    let health = test.get("/health").await.body.to_string();
    assert!(!health.contains("hush-hush") && !health.contains("bridge:"), "{health}");
    test.bridge.stop().await;

    let right = start_in(&test.directories, |config| {
        config.nats = nats(&with_user("bridge:right%20word"), |_| {});
    });
    let (bridge, client) = right.await;
    wait_until_published(&client).await;
    bridge.stop().await;

    let file = test.directories.workspace().join("nats.creds");
    std::fs::write(&file, "hush-hush").unwrap();
    let (bridge, client) = start_in(&test.directories, |config| {
        config.nats = nats(&server.url(), |settings| settings.credentials = Some(file.clone()));
    })
    .await;
    let refused =
        wait_for_nats_health(&client, "the error is reported", |nats| nats["lastError"].is_string()).await;
    let error = refused["lastError"].as_str().unwrap();
    assert!(error.contains("nats.creds") && !error.contains("hush"), "{error}");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_permissions_are_reported() {
    let server = NatsServer::start_with(
        "authorization { users: [{ user: me, password: x, \
         permissions: { publish: { deny: \"$JS.API.STREAM.NAMES\" } } }] }",
    );
    let url = server.url().replace("nats://", "nats://me:x@");
    let test = TestBridge::start_with(None, |config| config.nats = nats(&url, |_| {})).await;
    let refused =
        wait_for_nats_health(&test.client, "the error is reported", |nats| nats["lastError"].is_string())
            .await;
    let error = refused["lastError"].as_str().unwrap();
    assert!(error.contains("Permissions Violation") && error.contains("STREAM.NAMES"), "{error}");
    test.bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_events_are_truncated_to_the_maximum_payload_of_the_server() {
    let server = NatsServer::start_with("max_payload: 16384");
    let test = start(&server, |settings| settings.commands = true).await;
    let title = "long ".repeat(8000);
    let reply = test.post("/lanes", json!({"laneId": "large", "title": title})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    // Another process with the same data directory writes the event.
    let database = rusqlite::Connection::open(test.directories.data().join("codex-bridge.sqlite")).unwrap();
    let payload = json!({"item": {"id": "i", "aggregatedOutput": title}}).to_string();
    let insert = "INSERT INTO events (at, type, payload) VALUES (0, 'item.completed', ?1)";
    database.execute(insert, [payload]).unwrap();
    wait_for_nats_health(&test.client, "the event is published", |nats| nats["published"] == 2).await;
    let stored = stored_messages(&server, "codex-events").await;
    let StoredMessage { subject, bytes, body, .. } = &stored[1];
    assert_eq!(subject, "codex.here.events.item.completed");
    assert_eq!((&body["payload"]["truncated"], &body["payload"]["item"]["id"]), (&json!(true), &json!("i")));
    assert!(*bytes < 16384 && body["event"]["payload"] == body["payload"], "{body}");

    let nats_client = connect(&server).await;
    let too_large = send(&nats_client, "get", &json!({"laneId": "large"})).await;
    assert_eq!(status_of(&too_large), 400);
    assert!(body_of(&too_large)["error"].as_str().unwrap().contains("bytes"));
    test.bridge.stop().await;
}

/// Sends a request to the bridge named `here`.
async fn send(client: &Client, operation: &str, payload: &Value) -> Message {
    send_with(client, operation, payload.to_string().as_bytes(), &[]).await
}

async fn send_with(client: &Client, operation: &str, payload: &[u8], headers: &[(&str, &str)]) -> Message {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, *value);
    }
    let subject = format!("codex.here.lanes.{operation}");
    client.request_with_headers(subject, map, payload.to_vec().into()).await.unwrap()
}

fn status_of(reply: &Message) -> u16 {
    let headers = reply.headers.as_ref().unwrap();
    let Some(code) = headers.get("Nats-Service-Error-Code") else { return 200 };
    assert_eq!(headers.get("Nats-Service-Error").unwrap().as_str(), body_of(reply)["code"]);
    code.as_str().parse().unwrap()
}

fn body_of(reply: &Message) -> Value {
    serde_json::from_slice(&reply.payload).unwrap()
}

/// Sends a request and returns the body of the reply, which must be a success.
async fn call(client: &Client, operation: &str, payload: Value) -> Value {
    let reply = send(client, operation, &payload).await;
    assert_eq!(status_of(&reply), 200, "{operation}: {}", body_of(&reply));
    body_of(&reply)
}

/// Starts a bridge that accepts commands, and a client that sends them.
async fn start_with_commands(server: &NatsServer, change: impl FnOnce(&mut Config)) -> (TestBridge, Client) {
    let nats = nats(&server.url(), |settings| settings.commands = true);
    let test = TestBridge::start_with(None, |config| {
        config.nats = nats;
        change(config);
    })
    .await;
    let client = connect(server).await;
    eventually("commands are accepted", || async {
        client.request("codex.here.lanes.list", "".into()).await.ok()
    })
    .await;
    (test, client)
}
