//! A request that is repeated with the same key is processed once.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use server::Bridge;
use testkit::{HttpClient, HttpReply};

use crate::support::TestBridge;

async fn post(test: &TestBridge, path: &str, key: &str, body: Value) -> HttpReply {
    test.client.post_once(path, key, &body).await.unwrap()
}

async fn job_ids(test: &TestBridge) -> Vec<Value> {
    let jobs = test.get("/jobs").await.body["jobs"].as_array().unwrap().clone();
    jobs.iter().map(|job| job["jobId"].clone()).collect()
}

fn is_replayed(reply: &HttpReply) -> bool {
    reply.headers.get("idempotency-replayed").is_some_and(|value| value == "true")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_same_reply_and_starts_no_turn() {
    let test = TestBridge::start().await;
    let first = post(&test, "/conversations", "one", json!({"message": "hello"})).await;
    assert_eq!((first.status.as_u16(), is_replayed(&first)), (200, false), "{}", first.body);
    let again = post(&test, "/conversations", "one", json!({"message": "hello"})).await;
    assert_eq!((again.status.as_u16(), is_replayed(&again)), (200, true));
    assert_eq!(again.body, first.body);
    assert_eq!(again.headers["content-type"], first.headers["content-type"]);
    test.wait_for_job(&first.body).await;

    let path = format!("/conversations/{}/messages", first.body["conversationId"].as_str().unwrap());
    let sent = post(&test, &path, "two", json!({"message": "more"})).await;
    let again = post(&test, &path, "two", json!({"message": "more"})).await;
    assert_eq!((again.body, is_replayed(&sent)), (sent.body.clone(), false));
    test.wait_for_job(&sent.body).await;
    assert_eq!(job_ids(&test).await, [sent.body["job"]["jobId"].clone(), first.body["job"]["jobId"].clone()]);
    // Requests with other keys or without a key are different requests.
    for reply in [
        post(&test, &path, "three", json!({"message": "more"})).await,
        test.post(&path, json!({"message": "more"})).await,
    ] {
        assert!(!is_replayed(&reply));
        test.wait_for_job(&reply.body).await;
    }
    assert_eq!(job_ids(&test).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_copies_of_a_request_are_processed_once() {
    let test = TestBridge::start().await;
    let second = Bridge::start(test.directories.config(), None).await.unwrap();
    let mut requests = Vec::new();
    for number in 0..12 {
        // During the cold start of Codex, all requests arrive while the first is in progress. Half of them go
        // to another process.
        let client = if number % 2 == 0 { test.client.clone() } else { HttpClient::new(second.url()) };
        requests.push(tokio::spawn(async move {
            client.post_once("/conversations", "race", &json!({"message": "hello"})).await.unwrap()
        }));
    }
    let mut replies = Vec::new();
    for request in requests {
        replies.push(request.await.unwrap());
    }
    assert!(replies.iter().all(|reply| reply.status == 200 && reply.body == replies[0].body));
    assert_eq!(replies.iter().filter(|reply| !is_replayed(reply)).count(), 1);
    assert_eq!(job_ids(&test).await.len(), 1);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_disconnected_can_get_the_reply() {
    let test = TestBridge::start().await;
    let body = json!({"message": "hello"});
    let hasty = test.client.post_once("/conversations", "hasty", &body);
    assert!(
        tokio::time::timeout(Duration::from_millis(60), hasty).await.is_err(),
        "shorter than a cold start"
    );
    let reply = post(&test, "/conversations", "hasty", body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(test.wait_for_job(&reply.body).await["result"]["text"], "You said: hello");
    assert_eq!(job_ids(&test).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_survive_a_restart() {
    let test = TestBridge::start().await;
    let first = post(&test, "/conversations", "kept", json!({"message": "hello"})).await;
    test.wait_for_job(&first.body).await;
    test.bridge.stop().await;
    let again = Bridge::start(test.directories.config(), None).await.unwrap();
    let client = HttpClient::new(again.url());
    let reply = client.post_once("/conversations", "kept", &json!({"message": "hello"})).await.unwrap();
    assert!(is_replayed(&reply));
    assert_eq!(reply.body, first.body);
    assert_eq!(client.get("/jobs").await.unwrap().body["jobs"].as_array().unwrap().len(), 1);
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_cannot_be_reused_for_another_request() {
    let test = TestBridge::start().await;
    let first = post(&test, "/conversations", "one", json!({"message": "hello"})).await;
    let path = format!("/conversations/{}/messages", first.body["conversationId"].as_str().unwrap());
    for (path, body) in [
        ("/conversations", json!({"message": "other"})),
        (&path, json!({"message": "hello"})),
        ("/conversations?x=1", json!({"message": "hello"})),
    ] {
        let reply = post(&test, path, "one", body).await;
        assert_eq!((reply.status.as_u16(), &reply.body["code"]), (422, &json!("idempotency_key_reused")));
    }
    test.wait_for_job(&first.body).await;
    assert_eq!(job_ids(&test).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_key_is_refused() {
    let test = TestBridge::start().await;
    let send = async |headers: &[(&str, &str)]| {
        let body = Bytes::from_static(b"{\"message\":\"hello\"}");
        let headers = [&[("content-type", "application/json")], headers].concat();
        test.client.send(Method::POST, "/conversations", &headers, body).await.unwrap()
    };
    let long = "x".repeat(256);
    let key = |value| ("idempotency-key", value);
    for headers in
        [&[key("")][..], &[key("two words")], &[key("ümlaut")], &[key(&long)], &[key("a"), key("b")]]
    {
        let reply = send(headers).await;
        assert_eq!(reply.status, 400, "{headers:?}");
        assert_eq!(reply.body["details"]["field"], "Idempotency-Key");
    }
    assert!(job_ids(&test).await.is_empty());
    let reply = send(&[key(&long[1..])]).await;
    assert_eq!(reply.status, 200, "255 characters are allowed: {}", reply.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_can_be_corrected_with_the_same_key() {
    let test = TestBridge::start().await;
    let refused =
        post(&test, "/conversations", "one", json!({"message": "hello", "cwd": "/no/such/dir"})).await;
    assert_eq!(refused.status, 400);
    let big = json!({"message": "x".repeat(5 * 1024 * 1024)});
    assert_eq!(post(&test, "/conversations", "one", big).await.status, 413);
    let corrected = post(&test, "/conversations", "one", json!({"message": "hello"})).await;
    assert_eq!((corrected.status.as_u16(), is_replayed(&corrected)), (200, false), "{}", corrected.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_created_a_job_is_replayed() {
    let test = TestBridge::start().await;
    let path = "/conversations/01a1fd83-d5a8-7d81-b8b0-48a1bd2f8294/messages";
    let failed = post(&test, path, "one", json!({"message": "hello"})).await;
    assert_eq!(failed.status, 404, "{}", failed.body);
    let again = post(&test, path, "one", json!({"message": "hello"})).await;
    assert!(is_replayed(&again));
    assert_eq!(again.body, failed.body);
    assert_eq!(job_ids(&test).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_reached_codex_is_processed_again() {
    let test = TestBridge::start_with(None, |config| {
        config.locate.explicit = Some("/no/such/codex".into());
    })
    .await;
    let mut jobs = Vec::new();
    for _ in 0..2 {
        let failed = post(&test, "/conversations", "one", json!({"message": "hello"})).await;
        assert_eq!((failed.status.as_u16(), is_replayed(&failed)), (503, false), "{}", failed.body);
        jobs = job_ids(&test).await;
    }
    assert_eq!(jobs.len(), 2, "each attempt has a job with the reason");
}
