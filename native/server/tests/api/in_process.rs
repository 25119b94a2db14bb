//! Requests and events for the program that contains the bridge.

use bridge::events::{Filter, TypePatterns};
use serde_json::{Value, json};

use crate::support::TestBridge;

#[tokio::test(flavor = "multi_thread")]
async fn requests_work_without_a_connection() {
    // In-process requests need no token, even if one is set.
    let test = TestBridge::start_with(None, |config| config.auth_token = Some("secret".into())).await;
    assert_eq!(test.get("/jobs").await.status, 401);
    let request = async |method, path, body: Value| test.bridge.request(method, path, Some(&body)).await;

    let created = request("POST", "/conversations", json!({"message": "hello"})).await;
    assert_eq!(created.status, 200, "{}", created.body);
    let job_id = created.body["job"]["jobId"].as_str().unwrap();
    let path = format!("/jobs/{job_id}?waitMs=30000");
    let ended = request("GET", &path, json!({})).await;
    assert_eq!(ended.body["job"]["result"]["text"], "You said: hello", "{}", ended.body);

    for (method, path, body, status, code) in [
        ("POST", "/conversations", json!({"message": "hi", "sandbox": "none"}), 400, "validation_error"),
        ("POST", "/conversations", json!(["hi"]), 400, "invalid_body"),
        ("GET", "/jobs/nope", json!({}), 404, "job_not_found"),
        ("GET", "/nowhere", json!({}), 404, "route_not_found"),
        ("PUT", "/jobs", json!({}), 405, "method_not_allowed"),
        ("GET", "jobs", json!({}), 400, "validation_error"),
        ("GET", "/jobs with a space", json!({}), 400, "validation_error"),
        ("NO METHOD", "/jobs", json!({}), 400, "validation_error"),
        ("GET", "/events", json!({}), 400, "validation_error"),
    ] {
        let refused = request(method, path, body).await;
        let actual = (refused.status, &refused.body["code"]);
        assert_eq!(actual, (status, &json!(code)), "{method} {path}: {}", refused.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_receives_the_events_of_a_job() {
    let test = TestBridge::start().await;
    let types = Some(TypePatterns::parse("job.*").unwrap());
    let mut listener = test.bridge.listen(Filter { types, ..Filter::default() }).await.unwrap();
    let created = test.create("hello").await;
    let mut received = Vec::new();
    while received.last() != Some(&json!("job.completed")) {
        for event in listener.next().await.unwrap() {
            assert_eq!(event["jobId"], created["job"]["jobId"], "{event}");
            received.push(event["type"].clone());
        }
    }
    assert_eq!(received[0], "job.created");
}
