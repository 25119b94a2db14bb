//! NATS: events into a real JetStream; commands from it are below.

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

use crate::support::{Folders, TestBridge, eventually};

/// The settings of a bridge called `here`.
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

async fn start_in(folders: &Folders, change: impl FnOnce(&mut Config)) -> (Bridge, HttpClient) {
    let mut config = folders.config();
    change(&mut config);
    let bridge = Bridge::start(config, None).await.unwrap();
    let client = HttpClient::new(bridge.url());
    (bridge, client)
}

/// What `/health` says of NATS, once that is so.
async fn health_when(client: &HttpClient, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    eventually(what, || async {
        let nats = client.get("/health").await.unwrap().body["nats"].clone();
        is_so(&nats).then_some(nats)
    })
    .await
}

async fn all_published(client: &HttpClient) -> Value {
    health_when(client, "all is published", |nats| nats["connected"] == true && nats["behind"] == 0).await
}

async fn make_lane(client: &HttpClient, lane_id: &str) {
    let reply = client.post("/lanes", &json!({"laneId": lane_id})).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.body);
}

async fn connect(server: &NatsServer) -> Client {
    async_nats::connect(server.url()).await.unwrap()
}

/// A message of a stream.
struct Stored {
    subject: String,
    message_id: String,
    bytes: usize,
    body: Value,
}

async fn stored(server: &NatsServer, stream: &str) -> Vec<Stored> {
    let stream = jetstream::new(connect(server).await).get_stream(stream).await.unwrap();
    let mut stored = Vec::new();
    for sequence in 1..=stream.cached_info().state.last_sequence {
        let message = stream.get_raw_message(sequence).await.unwrap();
        stored.push(Stored {
            subject: message.subject.to_string(),
            message_id: message.headers.get("Nats-Msg-Id").unwrap().to_string(),
            bytes: message.payload.len(),
            body: serde_json::from_slice(&message.payload).unwrap(),
        });
    }
    stored
}

/// The log from its beginning up to its newest event, as listeners get it.
async fn log(client: &HttpClient) -> Vec<Value> {
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

/// The stream holds exactly what the log holds, in its order.
async fn assert_complete(client: &HttpClient, server: &NatsServer) -> Vec<Stored> {
    let log = log(client).await;
    all_published(client).await;
    let stored = stored(server, "codex-events").await;
    let ids =
        |events: Vec<&Value>| events.into_iter().map(|event| event["eventId"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(stored.iter().map(|message| &message.body["event"]).collect()), ids(log.iter().collect()));
    for (message, event) in stored.iter().zip(&log) {
        assert_eq!(&message.body["event"], event);
    }
    stored
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_gets_the_events_of_a_lane_in_order_and_once() {
    let server = NatsServer::start();
    let test = start(&server, |_| {}).await;
    let body = json!({"laneId": "lane", "repoRoot": test.folders.workspace(), "kickoffPrompt": "hello"});
    let started = test.post("/codex/workflows/start-visible", body).await;
    assert_eq!(started.status, 200, "{}", started.body);
    test.ended_of(&started.body).await;
    eventually("the lane is done", || async {
        (test.get("/lanes/lane").await.body["lane"]["status"] == "done").then_some(())
    })
    .await;
    let stored = assert_complete(&test.client, &server).await;
    let completed = stored.iter().find(|message| message.subject == "codex.here.events.lane.turn.completed");
    let Stored { message_id, body, .. } = completed.unwrap();
    assert_eq!((&body["id"], &body["eventKey"]), (&json!(message_id), &json!(message_id)));
    assert_eq!(message_id.split_once(':').unwrap().1, body["eventId"].as_str().unwrap());
    assert_eq!((&body["laneId"], &body["source"]), (&json!("lane"), &json!("oai-app-proxy")));
    assert_eq!((&body["eventType"], &body["payload"]), (&body["event"]["type"], &body["event"]["payload"]));
    assert_eq!(body["subscriptionId"], Value::Null);

    let health = all_published(&test.client).await;
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
async fn nats_misses_nothing_when_its_server_dies_again_and_again() {
    let mut server = NatsServer::start();
    let test = start(&server, |_| {}).await;
    all_published(&test.client).await;
    let client = test.client.clone();
    let making = tokio::spawn(async move {
        for number in 0..1000 {
            make_lane(&client, &format!("lane-{number}")).await;
        }
    });
    let some_more = async |published: u64| {
        let is_more = |nats: &Value| nats["published"].as_u64() > Some(published + 30) || nats["behind"] == 0;
        health_when(&test.client, "more are published", is_more).await["published"].as_u64().unwrap()
    };
    let mut published = 0;
    // While they happen, one by one; and when many wait, of which some are under way then.
    for _ in 0..3 {
        published = some_more(published).await;
        server.kill();
        health_when(&test.client, "the loss is noticed", |nats| nats["connected"] == false).await;
        server.start_again();
    }
    server.kill();
    making.await.unwrap();
    for _ in 0..3 {
        server.start_again();
        published = some_more(published).await;
        server.kill();
    }
    let health = health_when(&test.client, "what waits is told", |nats| nats["lastError"].is_string()).await;
    assert!(health["behind"].as_u64() > Some(0), "{health}");
    server.start_again();
    assert_complete(&test.client, &server).await;
    test.bridge.stop().await;
}

/// As a bridge leaves it that died before it noted what was acknowledged.
fn put_cursor_back(folder: &Path) {
    let database = rusqlite::Connection::open(folder.join("codex-bridge.sqlite")).unwrap();
    let changed = database.execute("UPDATE nats_cursors SET event_id = 1", []).unwrap();
    assert_eq!(changed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_gets_nothing_twice_or_never_over_restarts_of_the_bridge() {
    let server = NatsServer::start();
    // It forgets keys at once, so only the stream's last event tells how far it came.
    let forgetful = stream::Config {
        name: "codex-events".into(),
        subjects: vec!["codex.>".into()],
        duplicate_window: std::time::Duration::from_millis(100),
        ..stream::Config::default()
    };
    jetstream::new(connect(&server).await).create_stream(forgetful).await.unwrap();
    let folders = Folders::for_model(&ScriptedModel::start().await);
    let with_nats = |config: &mut Config| config.nats = nats(&server.url(), |_| {});
    let (bridge, client) = start_in(&folders, with_nats).await;
    for number in 0..20 {
        make_lane(&client, &format!("first-{number}")).await;
    }
    all_published(&client).await;
    bridge.stop().await;
    put_cursor_back(&folders.data());
    // What happens while nobody publishes waits in the log.
    let (bridge, client) = start_in(&folders, |_| {}).await;
    make_lane(&client, "between").await;
    bridge.stop().await;

    let (bridge, client) = start_in(&folders, with_nats).await;
    make_lane(&client, "second").await;
    assert_complete(&client, &server).await;
    // Another bridge of the folder stands by, and goes on where this one ends.
    let (other, other_client) = start_in(&folders, with_nats).await;
    health_when(&other_client, "one publishes", |nats| nats["state"] == "standby").await;
    make_lane(&other_client, "third").await;
    all_published(&client).await;
    bridge.stop().await;
    make_lane(&other_client, "fourth").await;
    log_grows_by_lane_and_is_complete(&other_client, &server).await;
    other.stop().await;
}

async fn log_grows_by_lane_and_is_complete(client: &HttpClient, server: &NatsServer) {
    all_published(client).await;
    let stored = stored(server, "codex-events").await;
    let ids: Vec<i64> =
        stored.iter().map(|message| message.body["event"]["eventId"].as_i64().unwrap()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{ids:?}");
    assert_eq!(stored.last().unwrap().body["laneId"], "fourth");
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_is_sent_what_happens_after_it_was_switched_on() {
    let mut server = NatsServer::start();
    let folders = Folders::for_model(&ScriptedModel::start().await);
    let (bridge, client) = start_in(&folders, |_| {}).await;
    make_lane(&client, "before").await;
    let health = client.get("/health").await.unwrap().body;
    assert!(health.get("nats").is_none(), "{health}");
    assert!(!folders.data().join("nats.lock").exists());
    bridge.stop().await;
    // Also while the server is not there yet.
    server.kill();
    let (bridge, client) = start_in(&folders, |config| config.nats = nats(&server.url(), |_| {})).await;
    health_when(&client, "it is tried", |nats| nats["lastError"].is_string()).await;
    make_lane(&client, "after").await;
    server.start_again();
    all_published(&client).await;
    let lanes: Vec<Value> = stored(&server, "codex-events")
        .await
        .into_iter()
        .map(|message| message.body["laneId"].clone())
        .collect();
    assert_eq!(lanes, ["after"]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_tells_of_events_that_were_forgotten_too_early() {
    let mut server = NatsServer::start();
    server.kill();
    let folders = Folders::for_model(&ScriptedModel::start().await);
    let with_nats = |config: &mut Config| config.nats = nats(&server.url(), |_| {});
    let (bridge, client) = start_in(&folders, with_nats).await;
    for lane_id in ["a", "b", "c"] {
        make_lane(&client, lane_id).await;
    }
    bridge.stop().await;
    let (bridge, client) = start_in(&folders, |config| {
        with_nats(config);
        config.history_age_max = std::time::Duration::ZERO;
    })
    .await;
    eventually("the events are forgotten", || async {
        let database = rusqlite::Connection::open(folders.data().join("codex-bridge.sqlite")).unwrap();
        let up_to: i64 =
            database.query_row("SELECT up_to FROM forgotten_events", [], |row| row.get(0)).unwrap();
        (up_to > 0).then_some(())
    })
    .await;
    server.start_again();
    let gap = eventually("the gap is told", || async {
        let stream = jetstream::new(connect(&server).await).get_stream("codex-events").await.ok()?;
        (stream.cached_info().state.messages > 0).then_some(())?;
        Some(stored(&server, "codex-events").await.remove(0))
    })
    .await;
    assert_eq!(gap.subject, "codex.here.events.nats.gap");
    assert_eq!(gap.body["payload"]["afterEventId"], 0, "{}", gap.body);
    assert_eq!(all_published(&client).await["published"], 1);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_explains_a_stream_that_takes_only_part() {
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
    let health = health_when(&test.client, "it is explained", |nats| nats["lastError"].is_string()).await;
    let error = health["lastError"].as_str().unwrap();
    for part in ["mine", "`codex.*.events.job.>`", "`codex.here.events.>`"] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!((&health["connected"], &health["behind"]), (&json!(false), &json!(1)));
    let found = context.get_stream("mine").await.unwrap().cached_info().config.subjects.clone();
    assert_eq!(found, config.subjects, "it was left alone");

    config.subjects = vec!["codex.*.events.>".into()];
    context.update_stream(&config).await.unwrap();
    let health = all_published(&test.client).await;
    assert_eq!((&health["stream"], &health["lastError"]), (&json!("mine"), &Value::Null));
    assert_eq!(stored(&server, "mine").await.len(), 1);
    test.bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_wants_to_know_who_the_bridge_is() {
    let server = NatsServer::start_with("authorization { user: bridge, password: \"right word\" }");
    let with_user = |user: &str| server.url().replace("nats://", &format!("nats://{user}@"));
    let test = TestBridge::start_with(None, |config| {
        config.nats = nats(&with_user("bridge:hush-hush"), |_| {});
    })
    .await;
    let refused = health_when(&test.client, "it is refused", |nats| nats["lastError"].is_string()).await;
    let error = refused["lastError"].as_str().unwrap().to_lowercase();
    assert!(error.contains("authorization"), "{error}");
    let health = test.get("/health").await.body.to_string();
    assert!(!health.contains("hush-hush") && !health.contains("bridge:"), "{health}");
    test.bridge.stop().await;

    let right = start_in(&test.folders, |config| {
        config.nats = nats(&with_user("bridge:right%20word"), |_| {});
    });
    let (bridge, client) = right.await;
    all_published(&client).await;
    bridge.stop().await;

    let file = test.folders.workspace().join("nats.creds");
    std::fs::write(&file, "hush-hush").unwrap();
    let (bridge, client) = start_in(&test.folders, |config| {
        config.nats = nats(&server.url(), |settings| settings.credentials = Some(file.clone()));
    })
    .await;
    let refused = health_when(&client, "it is refused", |nats| nats["lastError"].is_string()).await;
    let error = refused["lastError"].as_str().unwrap();
    assert!(error.contains("nats.creds") && !error.contains("hush"), "{error}");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_explains_what_its_permissions_forbid() {
    let server = NatsServer::start_with(
        "authorization { users: [{ user: me, password: x, permissions: { publish: { deny: \"$JS.API.STREAM.NAMES\" } } }] }",
    );
    let url = server.url().replace("nats://", "nats://me:x@");
    let test = TestBridge::start_with(None, |config| config.nats = nats(&url, |_| {})).await;
    let refused = health_when(&test.client, "it is refused", |nats| nats["lastError"].is_string()).await;
    let error = refused["lastError"].as_str().unwrap();
    assert!(error.contains("Permissions Violation") && error.contains("STREAM.NAMES"), "{error}");
    test.bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_gets_large_events_cut_to_what_its_server_takes() {
    let server = NatsServer::start_with("max_payload: 16384");
    let test = start(&server, |settings| settings.commands = true).await;
    let title = "long ".repeat(8000);
    let reply = test.post("/lanes", json!({"laneId": "large", "title": title})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    // Another process of the folder writes it.
    let database = rusqlite::Connection::open(test.folders.data().join("codex-bridge.sqlite")).unwrap();
    let payload = json!({"item": {"id": "i", "aggregatedOutput": title}}).to_string();
    let insert = "INSERT INTO events (at, type, payload) VALUES (0, 'item.completed', ?1)";
    database.execute(insert, [payload]).unwrap();
    health_when(&test.client, "it is published", |nats| nats["published"] == 2).await;
    let stored = stored(&server, "codex-events").await;
    let Stored { subject, bytes, body, .. } = &stored[1];
    assert_eq!(subject, "codex.here.events.item.completed");
    assert_eq!((&body["payload"]["truncated"], &body["payload"]["item"]["id"]), (&json!(true), &json!("i")));
    assert!(*bytes < 16384 && body["event"]["payload"] == body["payload"], "{body}");

    let control_room = connect(&server).await;
    let too_large = ask(&control_room, "get", &json!({"laneId": "large"})).await;
    assert_eq!(status_of(&too_large), 400);
    assert!(body_of(&too_large)["error"].as_str().unwrap().contains("bytes"));
    test.bridge.stop().await;
}

/// Asks the bridge called `here`.
async fn ask(client: &Client, operation: &str, payload: &Value) -> Message {
    ask_with(client, operation, payload.to_string().as_bytes(), &[]).await
}

async fn ask_with(client: &Client, operation: &str, payload: &[u8], headers: &[(&str, &str)]) -> Message {
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

/// The body of a reply that must be a success.
async fn asked(client: &Client, operation: &str, payload: Value) -> Value {
    let reply = ask(client, operation, &payload).await;
    assert_eq!(status_of(&reply), 200, "{operation}: {}", body_of(&reply));
    body_of(&reply)
}

/// A bridge that takes commands, and a client that sends them.
async fn commanded(server: &NatsServer, change: impl FnOnce(&mut Config)) -> (TestBridge, Client) {
    let nats = nats(&server.url(), |settings| settings.commands = true);
    let test = TestBridge::start_with(None, |config| {
        config.nats = nats;
        change(config);
    })
    .await;
    let client = connect(server).await;
    eventually("commands are taken", || async {
        client.request("codex.here.lanes.list", "".into()).await.ok()
    })
    .await;
    (test, client)
}
