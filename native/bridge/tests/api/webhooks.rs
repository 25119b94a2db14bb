//! Webhooks: what receivers get, whatever happens to them and to the bridge.

use std::collections::HashMap;
use std::time::Duration;

use bridge::Bridge;
use bridge::clock::Timestamp;
use bridge::config::{Config, WebhookConfig};
use bridge::limits::WebhookLimits;
use bridge::model::delivery::RetryPolicy;
use bridge::store::{LoneEvent, Store};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::{HttpClient, ReceivedWebhook, ReceiverAnswer, WebhookReceiver};

use crate::support::{TestBridge, eventually};

/// Everything that takes seconds to days, in milliseconds.
fn quick(config: &mut Config) {
    config.webhooks = WebhookConfig {
        allow_private_networks: false,
        limits: WebhookLimits {
            in_flight_max: 4,
            connect_timeout: Duration::from_secs(3),
            attempt_timeout: Duration::from_secs(3),
            retry: RetryPolicy {
                wait_min: Duration::from_millis(20),
                wait_max: Duration::from_millis(200),
                rest_max: Duration::from_millis(50),
                ..RetryPolicy::default()
            },
        },
    };
}

/// Gives up after a blink.
fn impatient(config: &mut Config) {
    quick(config);
    config.webhooks.limits.retry.age_max = Duration::from_millis(200);
    config.webhooks.limits.retry.attempts_min = 2;
}

async fn start(change: impl FnOnce(&mut Config)) -> TestBridge {
    TestBridge::start_with(None, change).await
}

async fn create(client: &HttpClient, body: &Value) -> String {
    let reply = client.post("/webhooks", body).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["webhook"]["id"].as_str().unwrap().to_owned()
}

async fn deliveries(client: &HttpClient, id: &str) -> Vec<Value> {
    let reply = client.get(&format!("/webhooks/{id}/deliveries?limit=500")).await.unwrap();
    reply.body["deliveries"].as_array().unwrap().clone()
}

async fn webhook(client: &HttpClient, id: &str) -> Value {
    client.get(&format!("/webhooks/{id}")).await.unwrap().body["webhook"].clone()
}

/// The delivery of the only event there was, once it stands so.
async fn one(client: &HttpClient, id: &str, status: &str) -> Value {
    eventually(&format!("a delivery is {status}"), || async {
        deliveries(client, id).await.into_iter().find(|delivery| delivery["status"] == status)
    })
    .await
}

/// What any bridge of the folder might record. The store is another process' as far as the bridge can tell.
async fn record(store: &Store, event_type: &str, conversation: Option<&str>, number: usize) {
    let event = LoneEvent {
        at: Timestamp::now(),
        event_type: event_type.to_owned(),
        job_id: None,
        conversation_id: conversation.map(str::to_owned),
        turn_id: None,
        lane_id: None,
        payload: json!({"number": number}).to_string(),
    };
    store.record_event(event).await.unwrap().committed().await.unwrap();
}

fn store_of(test: &TestBridge) -> Store {
    Store::open(&test.folders.data()).unwrap()
}

fn number(received: &ReceivedWebhook) -> usize {
    usize::try_from(received.json()["payload"]["number"].as_u64().unwrap()).unwrap()
}

/// HMAC-SHA256 from its definition (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    assert!(key.len() <= 64);
    let padded =
        |pad: u8| -> Vec<u8> { (0..64).map(|at| key.get(at).copied().unwrap_or_default() ^ pad).collect() };
    let inner = Sha256::digest([&padded(0x36)[..], message].concat());
    Sha256::digest([&padded(0x5c)[..], &inner[..]].concat()).to_vec()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place)) as usize & 63] as char;
            text.push(if place <= chunk.len() { digit } else { '=' });
        }
    }
    text
}

fn assert_signed(received: &ReceivedWebhook, key: &[u8]) {
    let (id, timestamp) = (received.header("webhook-id"), received.header("webhook-timestamp"));
    let message = [format!("{id}.{timestamp}.").as_bytes(), &received.body[..]].concat();
    assert_eq!(received.header("webhook-signature"), format!("v1,{}", base64(&hmac(key, &message))));
    let age = Timestamp::now().as_millis() / 1000 - timestamp.parse::<i64>().unwrap();
    assert!((-1..60).contains(&age), "{timestamp}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_job_arrive_signed_in_the_envelope_of_the_seed() {
    let test = start(quick).await;
    let receiver = WebhookReceiver::start().await;
    let key: Vec<u8> = (0..32).collect();
    let secret = format!("whsec_{}", base64(&key));
    let body = json!({"url": receiver.url(), "events": ["job.*"], "enabled": true, "secret": secret});
    let id = create(&test.client, &body).await;
    let created = test.create("hello").await;
    test.ended_of(&created).await;
    let received = receiver.wait_for(4).await;
    let mut types = Vec::new();
    for received in &received {
        assert_signed(received, &key);
        let body = received.json();
        assert_eq!(body["id"], received.header("webhook-id"));
        assert_eq!(body["source"], "oai-app-proxy");
        assert_eq!(body["subscriptionId"], id.as_str());
        assert_eq!(body["eventKey"], format!("{id}:{}", body["eventId"].as_str().unwrap()));
        assert_eq!(body["event"]["eventId"].to_string(), body["eventId"].as_str().unwrap());
        assert_eq!(body["event"]["jobId"], created["job"]["jobId"]);
        assert_eq!(body["event"]["type"], body["eventType"]);
        assert_eq!(body["payload"], body["event"]["payload"]);
        assert_eq!(body["scope"], json!({"laneIds": [], "threadIds": [], "sessionIds": []}));
        assert!(body["ts"].is_string() && body["laneId"].is_null() && body["sessionId"].is_null());
        types.push(body["eventType"].as_str().unwrap().to_owned());
    }
    types.sort();
    assert_eq!(types, ["job.bound", "job.completed", "job.created", "job.started"]);
    let bound =
        received.iter().map(ReceivedWebhook::json).find(|body| body["eventType"] == "job.bound").unwrap();
    assert_eq!(bound["threadId"], created["conversationId"]);

    // Write-only, and the last delivery is told.
    eventually("it is told", || async {
        webhook(&test.client, &id).await["lastDeliveryAt"].as_str().map(drop)
    })
    .await;
    let listed = test.get("/webhooks").await.body;
    assert_eq!(listed["webhooks"][0]["hasSecret"], true);
    assert_eq!(listed["webhooks"][0]["scopeKinds"], json!(["global"]));
    for path in ["/webhooks", &format!("/webhooks/{id}"), &format!("/webhooks/{id}/deliveries"), "/health"] {
        assert!(!test.get(path).await.body.to_string().contains(&secret[6..]), "{path}");
    }
    let path = format!("/webhooks/{id}");
    let changed = test.client.patch(&path, &json!({"secret": "new secret"})).await.unwrap();
    assert!(!changed.body.to_string().contains("new secret"));
    test.post(&format!("{path}/test"), json!({})).await;
    assert_signed(&receiver.wait_for(5).await[4], b"new secret");
    let changed = test.client.patch(&path, &json!({"secret": null})).await.unwrap();
    assert_eq!(changed.body["webhook"]["hasSecret"], false);
    test.post(&format!("{path}/test"), json!({})).await;
    assert_eq!(receiver.wait_for(6).await[5].header("webhook-signature"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_field_is_named() {
    let test = start(quick).await;
    let many: Vec<String> = (0..300).map(|number| format!("id-{number}")).collect();
    let cases: Vec<(&str, Value, &str)> = vec![
        ("url", json!("example.com"), "is no URL"),
        ("url", json!("ftp://example.com/"), "only https: and http:"),
        ("url", json!("https://me:secret@example.com/"), "password"),
        ("url", json!(5), "expected a string"),
        ("events", json!([]), "1 to 64"),
        ("events", json!("*"), "expected a sequence"),
        ("events[1]", json!(["*", "lane completed"]), "no event type"),
        ("events[0]", json!([""]), "no event type"),
        ("enabled", json!("yes"), "expected a boolean"),
        ("secret", json!(" "), "1 to 512"),
        ("secret", json!("whsec_!"), "base64"),
        ("secret", json!("x".repeat(600)), "1 to 512"),
        ("scope", json!("lane-1"), "expected struct"),
        ("scope.laneIds", json!({"laneIds": ["a", " "]}), "no id"),
        ("scope.laneIds", json!({"laneId": ""}), "no id"),
        ("scope.threadIds", json!({"threadIds": many}), "more than 200"),
        ("scope.sessionIds[0]", json!({"sessionIds": [1]}), "expected a string"),
        ("scope.laneid", json!({"laneid": "a"}), "unknown field"),
        ("scopes", json!({}), "unknown field"),
    ];
    let id = create(&test.client, &json!({"url": "http://127.0.0.1:1/", "events": ["job.*"]})).await;
    let before = webhook(&test.client, &id).await;
    for (field, value, says) in cases {
        let name = field.split(['.', '[']).next().unwrap();
        let mut body = json!({"url": "http://127.0.0.1:1/", "events": ["*"]});
        body[name] = value.clone();
        let replies = [
            test.post("/webhooks", body).await,
            test.client.patch(&format!("/webhooks/{id}"), &json!({name: value})).await.unwrap(),
        ];
        for reply in replies {
            assert_eq!(
                (reply.status.as_u16(), &reply.body["code"]),
                (400, &json!("validation_error")),
                "{field}: {}",
                reply.body
            );
            assert_eq!(reply.body["details"]["field"], field, "{}", reply.body);
            assert!(reply.body["error"].as_str().unwrap().contains(says), "{}", reply.body);
            assert!(!reply.body.to_string().contains("me:secret"), "{}", reply.body);
        }
    }
    for (missing, body) in
        [("url", json!({"events": ["*"]})), ("events", json!({"url": "http://127.0.0.1:1/"}))]
    {
        assert_eq!(test.post("/webhooks", body).await.body["details"]["field"], missing);
    }
    assert_eq!(webhook(&test.client, &id).await, before);
    assert_eq!(test.get("/webhooks").await.body["webhooks"].as_array().unwrap().len(), 1);
    for path in ["/webhooks/wh_no", "/webhooks/wh_no/deliveries"] {
        assert_eq!(test.get(path).await.body["code"], "webhook_not_found");
    }
    assert_eq!(test.post("/webhooks/wh_no/test", json!({})).await.body["code"], "webhook_not_found");
    let path = format!("/webhooks/{id}/deliveries");
    assert_eq!(test.get(&format!("{path}?before=dlv_no")).await.body["code"], "delivery_not_found");
    assert_eq!(
        test.post(&format!("{path}/dlv_no/redeliver"), json!({})).await.body["code"],
        "delivery_not_found"
    );
    for query in ["limit=0", "limit=501", "status=lost"] {
        assert_eq!(test.get(&format!("{path}?{query}")).await.body["code"], "validation_error", "{query}");
    }
    let gone = test.client.delete(&format!("/webhooks/{id}")).await.unwrap();
    assert_eq!((gone.status.as_u16(), &gone.body["id"]), (200, &json!(id)));
    assert_eq!(
        test.client.delete(&format!("/webhooks/{id}")).await.unwrap().body["code"],
        "webhook_not_found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_a_webhook_wants_is_sent_to_it() {
    let test = start(quick).await;
    let store = store_of(&test);
    record(&store, "lane.completed", Some("t-1"), 99).await;
    let wants = [
        (json!({"events": ["*"]}), vec![0, 1, 2, 3]),
        (json!({"events": ["lane.*"]}), vec![0, 1, 2]),
        (json!({"events": ["lane.completed", "job.completed"]}), vec![0, 2, 3]),
        (json!({"events": ["*"], "scope": {"threadId": "t-1"}}), vec![0, 1]),
        (json!({"events": ["*"], "scope": {"threadId": "t-1", "threadIds": ["t-2"]}}), vec![0, 1, 2]),
        (json!({"events": ["lane.completed"], "scope": {"threadIds": ["t-1", "t-3"]}}), vec![0]),
        (json!({"events": ["*"], "scope": {"threadIds": ["t-1"], "laneIds": ["lane-none"]}}), vec![]),
        (json!({"events": ["*"], "enabled": false}), vec![]),
    ];
    let mut receivers = Vec::new();
    for (mut body, expected) in wants {
        let receiver = WebhookReceiver::start().await;
        body["url"] = json!(receiver.url());
        receivers.push((create(&test.client, &body).await, receiver, expected, body));
    }
    let events = [
        ("lane.completed", Some("t-1")),
        ("lane.failed", Some("t-1")),
        ("lane.completed", Some("t-2")),
        ("job.completed", None),
    ];
    for (number, (event_type, thread)) in events.into_iter().enumerate() {
        record(&store, event_type, thread, number).await;
    }
    for (id, receiver, expected, body) in &receivers {
        let mut got: Vec<usize> = receiver.wait_for(expected.len()).await.iter().map(number).collect();
        got.sort_unstable();
        assert_eq!(got, *expected, "{body}");
        if body["enabled"] != json!(false) {
            test.post(&format!("/webhooks/{id}/test"), json!({})).await;
        }
    }
    // A test goes to its own webhook only, whatever that wants.
    for (_, receiver, expected, body) in &receivers {
        let tests = usize::from(body["enabled"] != json!(false));
        let received = receiver.wait_for(expected.len() + tests).await;
        assert_eq!(received.len(), expected.len() + tests, "{body}");
        assert!(received.iter().skip(expected.len()).all(|test| test.json()["eventType"] == "webhook.test"));
    }
    let listed = test.get("/webhooks").await.body;
    assert_eq!(listed["webhooks"][4]["scope"]["threadIds"], json!(["t-1", "t-2"]));
    assert_eq!(listed["webhooks"][6]["scopeKinds"], json!(["lane", "thread"]));
    // What happened while it was disabled is not for it.
    let (id, receiver, ..) = &receivers[7];
    let reply = test.client.patch(&format!("/webhooks/{id}"), &json!({"enabled": true})).await.unwrap();
    assert_eq!(reply.body["webhook"]["enabled"], true);
    record(&store, "lane.completed", None, 4).await;
    assert_eq!(receiver.wait_for(1).await.iter().map(number).collect::<Vec<_>>(), [4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_again_with_growing_waits() {
    let test = start(quick).await;
    let receiver = WebhookReceiver::start().await;
    receiver.next_answers([
        ReceiverAnswer::Status(500),
        ReceiverAnswer::Close,
        ReceiverAnswer::Hang,
        ReceiverAnswer::Status(302),
    ]);
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["*"]})).await;
    record(&store_of(&test), "lane.completed", None, 1).await;
    let delivery = one(&test.client, &id, "delivered").await;
    let attempts = delivery["attempts"].as_array().unwrap();
    let statuses: Vec<_> = attempts.iter().map(|attempt| attempt["status"].as_u64()).collect();
    assert_eq!(statuses, [Some(500), None, None, Some(302), Some(200)], "{delivery:#}");
    let errors: Vec<_> = attempts.iter().map(|attempt| attempt["error"].as_str().unwrap_or("none")).collect();
    assert_eq!(errors[0], "HTTP 500 Internal Server Error");
    assert!(errors[1].contains("connection"), "{errors:?}");
    assert_eq!((errors[2], errors[4]), ("no reply within 3s", "none"));
    assert_eq!(delivery["attemptCount"], 5);
    assert!(delivery["nextAttemptAt"].is_null() && delivery["endedAt"].is_string());
    let at = |number: usize| -> i64 {
        Timestamp::try_from(attempts[number]["at"].as_str().unwrap().to_owned()).unwrap().as_millis()
            + if number == 2 { 3000 } else { 0 }
    };
    for (attempt, at_least) in [(1, 10), (2, 20), (4, 80)] {
        assert!(at(attempt) - at(attempt - 1) >= at_least, "{attempts:#?}");
    }
    let received = receiver.received();
    assert!(received.iter().all(|again| again.header("webhook-id") == received[0].header("webhook-id")));
    assert!(received.iter().all(|again| again.body == received[0].body), "the same bytes each time");
    assert!(webhook(&test.client, &id).await["lastError"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_asks_for_time_gets_it() {
    let test = start(quick).await;
    let receiver = WebhookReceiver::start().await;
    receiver.next_answers([ReceiverAnswer::With(429, vec![("retry-after", "1".into())])]);
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["*"]})).await;
    let store = store_of(&test);
    record(&store, "lane.completed", None, 1).await;
    receiver.wait_for(1).await;
    let asked = std::time::Instant::now();
    eventually("it is recorded", || async {
        webhook(&test.client, &id).await["lastError"].as_str().map(drop)
    })
    .await;
    // Also from what comes later.
    record(&store, "lane.completed", None, 2).await;
    receiver.wait_for(2).await;
    assert!(asked.elapsed() >= Duration::from_millis(900), "{:?}", asked.elapsed());
    receiver.wait_for(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_receiver_delays_nobody_else() {
    let test = start(|config| {
        quick(config);
        config.webhooks.limits.attempt_timeout = Duration::from_secs(60);
    })
    .await;
    let (slow, fast) = (WebhookReceiver::start().await, WebhookReceiver::start().await);
    slow.answers(ReceiverAnswer::Hang);
    create(&test.client, &json!({"url": slow.url(), "events": ["*"]})).await;
    create(&test.client, &json!({"url": fast.url(), "events": ["*"]})).await;
    let store = store_of(&test);
    for number in 0..200 {
        record(&store, "lane.completed", None, number).await;
    }
    fast.wait_for(200).await;
    assert_eq!(slow.received().len(), 4, "a few at a time, and no more");
    let begun = std::time::Instant::now();
    test.bridge.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(4), "what hangs does not keep the bridge from stopping");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_keeps_failing_is_paused_and_says_so() {
    let test = start(impatient).await;
    let receiver = WebhookReceiver::start().await;
    receiver.answers(ReceiverAnswer::Status(503));
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["lane.*"]})).await;
    let path = format!("/webhooks/{id}");
    let other = WebhookReceiver::start().await;
    create(&test.client, &json!({"url": other.url(), "events": ["webhook.*"]})).await;
    let store = store_of(&test);
    record(&store, "lane.completed", None, 1).await;
    let failed = one(&test.client, &id, "failed").await;
    assert!(failed["error"].as_str().unwrap().contains("503"), "{failed}");
    let paused = webhook(&test.client, &id).await;
    assert_eq!(
        (&paused["enabled"], &paused["pausedReason"]),
        (&json!(true), &json!("keeps_failing")),
        "{paused}"
    );
    assert!(paused["pausedAt"].is_string() && paused["lastError"].as_str().unwrap().contains("503"));
    let told = other.wait_for(1).await[0].json();
    assert_eq!(
        (&told["eventType"], &told["payload"]["subscriptionId"]),
        (&json!("webhook.paused"), &json!(id))
    );
    for path in [
        format!("{path}/test"),
        format!("{path}/deliveries/{}/redeliver", failed["deliveryId"].as_str().unwrap()),
    ] {
        let refused = test.post(&path, json!({})).await;
        assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("webhook_inactive")));
        assert_eq!(refused.body["details"]["state"], "paused");
    }

    // What comes now waits, and arrives when it goes on.
    let attempts = receiver.received().len();
    receiver.answers(ReceiverAnswer::Status(200));
    record(&store, "lane.completed", None, 2).await;
    eventually("it waits", || async {
        deliveries(&test.client, &id).await.into_iter().find(|delivery| delivery["status"] == "pending")
    })
    .await;
    let resumed = test.client.patch(&path, &json!({"enabled": true})).await.unwrap().body["webhook"].clone();
    assert!(resumed["pausedAt"].is_null() && resumed["pausedReason"].is_null());
    assert_eq!(number(&receiver.wait_for(attempts + 1).await[attempts]), 2);

    // What was given up can be sent again.
    let again = format!("{path}/deliveries/{}/redeliver", failed["deliveryId"].as_str().unwrap());
    let reply = test.post(&again, json!({})).await;
    assert_eq!(
        (reply.status.as_u16(), &reply.body["delivery"]["status"]),
        (200, &json!("pending")),
        "{}",
        reply.body
    );
    let received = receiver.wait_for(attempts + 2).await;
    assert_eq!(number(&received[attempts + 1]), 1);
    assert_eq!(received[attempts + 1].header("webhook-id"), failed["deliveryId"].as_str().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_is_disabled() {
    let test = start(quick).await;
    let receiver = WebhookReceiver::start().await;
    receiver.answers(ReceiverAnswer::Status(410));
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["lane.*"]})).await;
    let store = store_of(&test);
    record(&store, "lane.completed", None, 1).await;
    one(&test.client, &id, "failed").await;
    let disabled = webhook(&test.client, &id).await;
    assert_eq!((&disabled["enabled"], &disabled["pausedReason"]), (&json!(false), &json!("gone")));
    record(&store, "lane.completed", None, 2).await;
    let refused = test.post(&format!("/webhooks/{id}/test"), json!({})).await;
    assert_eq!(refused.body["details"]["state"], "disabled");
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_followed_within_bounds_and_checked() {
    let test = start(quick).await;
    let (from, to) = (WebhookReceiver::start().await, WebhookReceiver::start().await);
    let store = store_of(&test);
    let id = create(&test.client, &json!({"url": from.url(), "events": ["*"], "secret": "s"})).await;
    let redirect = |status, to: String| ReceiverAnswer::With(status, vec![("location", to)]);
    for (at, status) in [301, 302, 307, 308].into_iter().enumerate() {
        from.next_answers([redirect(status, to.url())]);
        record(&store, "lane.completed", None, at).await;
        let received = to.wait_for(at + 1).await;
        assert_eq!(number(&received[at]), at, "{status}");
        assert_signed(&received[at], b"s");
    }
    let refused: Vec<(String, &str)> = vec![
        ("http://169.254.169.254/latest/meta-data/".into(), "never allowed"),
        ("http://[fe80::1]/".into(), "never allowed"),
        ("http://10.0.0.1/".into(), "allowPrivateNetworks"),
        ("ftp://127.0.0.1/".into(), "only https"),
        ("http://me:pw@127.0.0.1/".into(), "password"),
    ];
    for (at, (location, says)) in refused.into_iter().enumerate() {
        from.next_answers([redirect(307, location.clone())]);
        record(&store, "lane.failed", None, at).await;
        let attempt = eventually("a failed attempt that then went well", || async {
            let newest = deliveries(&test.client, &id).await.into_iter().next()?;
            (newest["eventType"] == "lane.failed"
                && newest["status"] == "delivered"
                && newest["attemptCount"].as_u64() >= Some(2))
            .then(|| newest["attempts"][0].clone())
            .filter(|_| from.received().last().is_some_and(|last| number(last) == at))
        })
        .await;
        assert!(attempt["error"].as_str().unwrap().contains(says), "{location}: {attempt}");
    }
    from.answers(redirect(307, from.url()));
    record(&store, "lane.blocked", None, 0).await;
    let error = eventually("it gives up on the chain", || async {
        webhook(&test.client, &id).await["lastError"].as_str().map(str::to_owned)
    })
    .await;
    assert_eq!(error, "redirected more than 3 times");
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_listed_in_pages_and_go_with_their_webhook() {
    let test = start(quick).await;
    let receiver = WebhookReceiver::start().await;
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["*"]})).await;
    let store = store_of(&test);
    for number in 0..7 {
        record(&store, "lane.completed", None, number).await;
    }
    receiver.wait_for(7).await;
    let path = format!("/webhooks/{id}/deliveries?limit=3");
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let page = test.get(&format!("{path}{before}")).await.body;
        seen.extend(
            page["deliveries"]
                .as_array()
                .unwrap()
                .iter()
                .map(|delivery| delivery["eventId"].as_i64().unwrap()),
        );
        if page["more"] == false {
            break;
        }
        before = format!("&before={}", page["deliveries"][2]["deliveryId"].as_str().unwrap());
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.windows(2).all(|two| two[0] > two[1]), "newest first: {seen:?}");
    let of_one = test.get(&format!("/webhooks/{id}/deliveries?eventId={}", seen[2])).await.body;
    assert_eq!(of_one["deliveries"].as_array().unwrap().len(), 1);
    test.client.delete(&format!("/webhooks/{id}")).await.unwrap();
    assert_eq!(test.get(&path).await.body["code"], "webhook_not_found");
    // The next one begins where it is made.
    create(&test.client, &json!({"url": receiver.url(), "events": ["*"]})).await;
    record(&store, "lane.completed", None, 7).await;
    assert_eq!(receiver.wait_for(8).await.iter().map(number).collect::<Vec<_>>().last(), Some(&7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_whose_request_is_sent_again_is_made_once() {
    let test = start(quick).await;
    let body = json!({"url": "http://127.0.0.1:1/", "events": ["*"]});
    let first = test.client.post_once("/webhooks", "key-1", &body).await.unwrap();
    let again = test.client.post_once("/webhooks", "key-1", &body).await.unwrap();
    assert_eq!((first.status.as_u16(), &first.body), (200, &again.body));
    assert_eq!(test.get("/webhooks").await.body["webhooks"].as_array().unwrap().len(), 1);
    for _ in 1..64 {
        create(&test.client, &body).await;
    }
    let full = test.post("/webhooks", body).await;
    assert_eq!((full.status.as_u16(), &full.body["code"]), (409, &json!("too_many_webhooks")));
}

/// Every one of `0..count`, and how often.
fn tally(receiver: &WebhookReceiver) -> HashMap<usize, usize> {
    let mut tally = HashMap::new();
    for received in receiver.received() {
        *tally.entry(number(&received)).or_default() += 1;
    }
    tally
}

/// So many take longer than one thing may.
async fn until_arrived(receiver: &WebhookReceiver, count: usize) {
    let begun = std::time::Instant::now();
    while tally(receiver).len() < count {
        assert!(begun.elapsed() < 6 * testkit::WAIT_MAX, "{} of {count} arrived", tally(receiver).len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn all_delivered(client: &HttpClient, id: &str) {
    eventually("nothing is pending", || async {
        let pending = client.get(&format!("/webhooks/{id}/deliveries?status=pending&limit=1")).await.ok()?;
        let none = pending.body["deliveries"].as_array()?.is_empty();
        none.then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_events_none_is_lost_when_the_receiver_dies_in_the_middle() {
    const COUNT: usize = 10_000;
    let test = start(quick).await;
    let receiver = WebhookReceiver::start().await;
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["lane.*"]})).await;
    let store = store_of(&test);
    let recorder = tokio::spawn(async move {
        let mut last = None;
        for number in 0..COUNT {
            let event = LoneEvent {
                at: Timestamp::now(),
                event_type: "lane.item.completed.notification".into(),
                job_id: None,
                conversation_id: None,
                turn_id: None,
                lane_id: None,
                payload: json!({"number": number}).to_string(),
            };
            last = Some(store.record_event(event).await.unwrap());
        }
        last.unwrap().committed().await.unwrap();
    });
    for at in [500, 3000] {
        until_arrived(&receiver, at).await;
        receiver.die().await;
        let failing = || async { webhook(&test.client, &id).await["lastError"].as_str().map(drop) };
        eventually("it is missed", failing).await;
        receiver.come_back().await;
    }
    recorder.await.unwrap();
    until_arrived(&receiver, COUNT).await;
    all_delivered(&test.client, &id).await;
    let tally = tally(&receiver);
    assert!((0..COUNT).all(|number| tally.contains_key(&number)));
    // Only what was under way when it died may come twice.
    let twice: usize = tally.values().map(|times| times - 1).sum();
    assert!(twice <= 2 * 4, "{twice} came again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_loses_nothing() {
    const COUNT: usize = 500;
    let test = start(quick).await;
    let receiver = WebhookReceiver::start().await;
    receiver.answers(ReceiverAnswer::Slowly(Duration::from_millis(5)));
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["lane.*"]})).await;
    let store = store_of(&test);
    for number in 0..COUNT / 2 {
        record(&store, "lane.completed", None, number).await;
    }
    receiver.wait_for(20).await;
    test.bridge.stop().await;
    let so_far = receiver.received().len();
    assert!(so_far < COUNT / 2, "it stopped in the middle");
    // Also what happens while nobody delivers.
    for number in COUNT / 2..COUNT {
        record(&store, "lane.completed", None, number).await;
    }
    let mut config = test.folders.config();
    quick(&mut config);
    let again = Bridge::start(config, None).await.unwrap();
    let client = HttpClient::new(again.url());
    receiver.wait_for(COUNT).await;
    all_delivered(&client, &id).await;
    let tally = tally(&receiver);
    assert!((0..COUNT).all(|number| tally.contains_key(&number)));
    assert!(receiver.received().len() <= COUNT + 4, "what was under way may come again, and nothing else");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bridges_of_a_folder_send_each_event_once_and_one_takes_over() {
    let test = start(quick).await;
    let mut config = test.folders.config();
    quick(&mut config);
    let second = Bridge::start(config, None).await.unwrap();
    let client = HttpClient::new(second.url());
    let receiver = WebhookReceiver::start().await;
    // Made at the one that does not deliver.
    let id = create(&client, &json!({"url": receiver.url(), "events": ["lane.*"]})).await;
    let store = store_of(&test);
    for number in 0..100 {
        record(&store, "lane.completed", None, number).await;
    }
    receiver.wait_for(100).await;
    all_delivered(&test.client, &id).await;
    assert_eq!(receiver.received().len(), 100);
    test.bridge.stop().await;
    record(&store, "lane.completed", None, 100).await;
    assert_eq!(number(&receiver.wait_for(101).await[100]), 100);
    second.stop().await;
}
