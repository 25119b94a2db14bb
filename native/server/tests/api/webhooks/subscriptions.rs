//! The fields of a webhook, and the events that it receives.

use serde_json::{Value, json};
use testkit::{ReceivedWebhook, WebhookReceiver};

use super::*;
use crate::support::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn job_events_arrive_signed_in_the_original_envelope() {
    let test = start(with_short_waits).await;
    let receiver = WebhookReceiver::start().await;
    let key: Vec<u8> = (0..32).collect();
    let secret = format!("whsec_{}", base64(&key));
    let body = json!({"url": receiver.url(), "events": ["job.*"], "enabled": true, "secret": secret});
    let id = create(&test.client, &body).await;
    let created = test.create("hello").await;
    test.wait_for_job(&created).await;
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

    // The secret is write-only, and the last delivery is shown.
    eventually("the last delivery is shown", || async {
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
async fn an_invalid_field_is_named_in_the_error() {
    let test = start(with_short_waits).await;
    let many: Vec<String> = (0..300).map(|number| format!("id-{number}")).collect();
    let cases: Vec<(&str, Value, &str)> = vec![
        ("url", json!("example.com"), "is not a URL"),
        ("url", json!("ftp://example.com/"), "only https: and http:"),
        ("url", json!("https://me:secret@example.com/"), "password"),
        ("url", json!(5), "expected a string"),
        ("events", json!([]), "1 to 64"),
        ("events", json!("*"), "expected a sequence"),
        ("events[1]", json!(["*", "lane completed"]), "not an event type"),
        ("events[0]", json!([""]), "not an event type"),
        ("enabled", json!("yes"), "expected a boolean"),
        ("secret", json!(" "), "1 to 512"),
        ("secret", json!("whsec_!"), "base64"),
        ("secret", json!("x".repeat(600)), "1 to 512"),
        ("scope", json!("lane-1"), "expected struct"),
        ("scope.laneIds", json!({"laneIds": ["a", " "]}), "not a valid id"),
        ("scope.laneIds", json!({"laneId": ""}), "not a valid id"),
        ("scope.threadIds", json!({"threadIds": many}), "more than 200"),
        ("scope.sessionIds[0]", json!({"sessionIds": [1]}), "expected a string"),
        ("scope.laneid", json!({"laneid": "a"}), "unknown field"),
        ("scopes", json!({}), "unknown field"),
    ];
    let id = create(&test.client, &json!({"url": "http://127.0.0.1:1/", "events": ["job.*"]})).await;
    let before = webhook(&test.client, &id).await;
    for (field, value, expected) in cases {
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
            assert!(reply.body["error"].as_str().unwrap().contains(expected), "{}", reply.body);
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
async fn a_webhook_receives_only_matching_events() {
    let test = start(with_short_waits).await;
    let store = open_store(&test);
    record(&store, "lane.completed", Some("t-1"), 99).await;
    let cases = [
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
    for (mut body, expected) in cases {
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
        let mut actual: Vec<usize> = receiver.wait_for(expected.len()).await.iter().map(number).collect();
        actual.sort_unstable();
        assert_eq!(actual, *expected, "{body}");
        if body["enabled"] != json!(false) {
            test.post(&format!("/webhooks/{id}/test"), json!({})).await;
        }
    }
    // A test event goes only to its own webhook, whatever its patterns are.
    for (_, receiver, expected, body) in &receivers {
        let tests = usize::from(body["enabled"] != json!(false));
        let received = receiver.wait_for(expected.len() + tests).await;
        assert_eq!(received.len(), expected.len() + tests, "{body}");
        assert!(received.iter().skip(expected.len()).all(|test| test.json()["eventType"] == "webhook.test"));
    }
    let listed = test.get("/webhooks").await.body;
    assert_eq!(listed["webhooks"][4]["scope"]["threadIds"], json!(["t-1", "t-2"]));
    assert_eq!(listed["webhooks"][6]["scopeKinds"], json!(["lane", "thread"]));
    // A webhook does not receive events that were recorded while it was disabled.
    let (id, receiver, ..) = &receivers[7];
    let reply = test.client.patch(&format!("/webhooks/{id}"), &json!({"enabled": true})).await.unwrap();
    assert_eq!(reply.body["webhook"]["enabled"], true);
    record(&store, "lane.completed", None, 4).await;
    assert_eq!(receiver.wait_for(1).await.iter().map(number).collect::<Vec<_>>(), [4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_listed_in_pages_and_deleted_with_their_webhook() {
    let test = start(with_short_waits).await;
    let receiver = WebhookReceiver::start().await;
    let id = create(&test.client, &json!({"url": receiver.url(), "events": ["*"]})).await;
    let store = open_store(&test);
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
    let filtered = test.get(&format!("/webhooks/{id}/deliveries?eventId={}", seen[2])).await.body;
    assert_eq!(filtered["deliveries"].as_array().unwrap().len(), 1);
    test.client.delete(&format!("/webhooks/{id}")).await.unwrap();
    assert_eq!(test.get(&path).await.body["code"], "webhook_not_found");
    // A new webhook receives only events that are recorded after its creation.
    create(&test.client, &json!({"url": receiver.url(), "events": ["*"]})).await;
    record(&store, "lane.completed", None, 7).await;
    assert_eq!(receiver.wait_for(8).await.iter().map(number).collect::<Vec<_>>().last(), Some(&7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_creates_a_webhook_once() {
    let test = start(with_short_waits).await;
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
