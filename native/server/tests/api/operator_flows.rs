//! Flows of lane operators, with the requests of the guide (Common Operator Flows, Webhook Guide).

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use testkit::WebhookReceiver;

use crate::lanes::{post, wait_for_lane};
use crate::support::{TestBridge, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_lane_appears_in_the_history_of_vs_code() {
    let test = TestBridge::start().await;
    let body = json!({
        "laneId": "lane-new", "title": "Bridge managed lane",
        "kickoffPrompt": "Review current branch and summarize status",
        "preferredSurface": "any", "requirePreferredSurface": false, "readinessMode": "lenient",
    });
    let started = post(&test, "/codex/workflows/start-visible", body).await;
    assert_eq!(started["lane"]["laneId"], "lane-new", "{started}");
    let lane = wait_for_lane(&test, "lane-new", "done").await;
    for (field, value) in
        [("title", "Bridge managed lane"), ("preferredSurface", "any"), ("readinessMode", "lenient")]
    {
        assert_eq!(lane[field], value, "{field}: {lane}");
    }
    let thread_id = lane["threadId"].as_str().unwrap();
    let history = test.get(&format!("/conversations/{thread_id}")).await.body;
    assert_eq!(
        history["conversation"]["title"], "Bridge managed lane",
        "VS Code's history shows it: {history}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_can_be_attached_prompted_steered_interrupted_and_cleaned_up() {
    let test = TestBridge::start().await;
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let body = json!({
        "laneId": "lane-takeover", "threadId": first["conversationId"], "preferredSurface": "any",
        "requirePreferredSurface": false, "readinessMode": "strict",
    });
    let attached = post(&test, "/lanes/attach", body).await;
    assert_eq!(attached["lane"]["readinessMode"], "strict", "{attached}");
    let session = test
        .client
        .send(Method::POST, "/lanes/lane-takeover/session/start", &[], Bytes::new())
        .await
        .unwrap();
    assert_eq!((session.status.as_u16(), &session.body["running"]), (200, &json!(true)), "{}", session.body);
    let session = test.get("/lanes/lane-takeover/session/status").await.body;
    assert_eq!(session["readinessDeferred"], false, "{session}");

    let prompt = json!({"input": "@model hold gate\n@model say continued"});
    post(&test, "/lanes/lane-takeover/prompt", prompt).await;
    test.model.wait_until_held("gate").await;
    wait_for_lane(&test, "lane-takeover", "running").await;
    post(&test, "/lanes/lane-takeover/steer", json!({"input": "narrow to failing tests"})).await;
    let interrupted = post(&test, "/lanes/lane-takeover/interrupt", json!({})).await;
    assert_eq!(interrupted["lane"]["status"], "interrupted", "{interrupted}");
    test.model.release("gate");
    let stopped =
        test.client.send(Method::POST, "/lanes/lane-takeover/session/stop", &[], Bytes::new()).await.unwrap();
    assert_eq!((stopped.status.as_u16(), &stopped.body["running"]), (200, &json!(false)), "{}", stopped.body);
    assert_eq!(post(&test, "/debug/reconcile-stale", json!({})).await["ok"], true);

    let body = json!({
        "statuses": ["blocked", "done", "failed", "interrupted"], "olderThanHours": 12,
        "syntheticOnly": false, "limit": 250, "dryRun": false,
    });
    let young = post(&test, "/lanes/cleanup", body.clone()).await;
    assert_eq!(young["deleted"], json!([]), "the lane has just changed: {young}");
    let mut body = body;
    body["olderThanHours"] = json!(0);
    assert_eq!(post(&test, "/lanes/cleanup", body).await["deleted"], json!(["lane-takeover"]));
}

/// Checks for each webhook of the guide which events of three lanes it receives.
#[tokio::test(flavor = "multi_thread")]
async fn webhooks_receive_only_events_in_their_scope() {
    let test = TestBridge::start().await;
    let mut threads = Vec::new();
    for lane_id in ["lane-a", "lane-b", "lane-c"] {
        let body = json!({"laneId": lane_id, "kickoffPrompt": "first"});
        let started = post(&test, "/codex/workflows/start-visible", body).await;
        threads.push(started["threadId"].as_str().unwrap().to_owned());
        wait_for_lane(&test, lane_id, "done").await;
    }
    let (thread_a, thread_b) = (&threads[0], &threads[1]);
    // The body without the URL, and the lanes whose `lane.completed` arrives.
    let cases = [
        (json!({"events": ["*"], "enabled": true}), vec!["lane-a", "lane-b", "lane-c"]),
        (
            json!({"events": ["lane.completed", "lane.approval.requested"], "scope": {"laneId": "lane-a"}}),
            vec!["lane-a"],
        ),
        (json!({"events": ["lane.*"], "scope": {"laneIds": ["lane-a", "lane-c"]}}), vec!["lane-a", "lane-c"]),
        (
            json!({"events": ["lane.turn.completed", "lane.completed"], "scope": {"threadId": thread_b}}),
            vec!["lane-b"],
        ),
        (
            json!({"events": ["lane.completed"],
                "scope": {"laneIds": ["lane-a"], "threadIds": [thread_a], "sessionIds": ["lane-a"]}}),
            vec!["lane-a"],
        ),
        (
            json!({"events": ["lane.completed"], "scope": {"laneIds": ["lane-a"], "threadIds": [thread_b]}}),
            vec![],
        ),
        (json!({"events": ["lane.completed"], "scope": {"sessionId": "lane-c"}}), vec!["lane-c"]),
        (json!({"events": ["lane.completed"], "enabled": false}), vec![]),
    ];
    let mut hooks = Vec::new();
    for (body, expected) in cases {
        let receiver = WebhookReceiver::start().await;
        let mut body = body;
        body["url"] = json!(receiver.url());
        let created = post(&test, "/webhooks", body.clone()).await;
        hooks.push((created["webhook"]["id"].as_str().unwrap().to_owned(), receiver, body, expected));
    }
    for lane_id in ["lane-a", "lane-b", "lane-c"] {
        post(&test, &format!("/lanes/{lane_id}/prompt"), json!({"input": "next"})).await;
        wait_for_lane(&test, lane_id, "done").await;
    }
    for (id, receiver, body, expected) in &hooks {
        let completed = eventually(&format!("the webhook {body} has received its events"), || async {
            let received = receiver.received();
            let mut lanes: Vec<String> = received
                .iter()
                .map(testkit::ReceivedWebhook::json)
                .filter(|envelope| envelope["eventType"] == "lane.completed")
                .map(|envelope| envelope["laneId"].as_str().unwrap().to_owned())
                .collect();
            lanes.sort();
            (lanes.len() >= expected.len()).then_some(lanes)
        })
        .await;
        assert_eq!(completed, *expected, "{body}");
        let webhook = test.get(&format!("/webhooks/{id}")).await.body["webhook"].clone();
        assert_eq!(webhook["lastError"], Value::Null, "{webhook}");
        if !expected.is_empty() {
            eventually("the webhook shows its last delivery", || async {
                let webhook = test.get(&format!("/webhooks/{id}")).await.body["webhook"].clone();
                webhook["lastDeliveryAt"].is_string().then_some(())
            })
            .await;
        }
    }
}
