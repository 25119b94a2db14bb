//! The OpenAPI description is current, and replies match it.

use std::path::Path;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::support::TestBridge;

fn description() -> Value {
    serde_json::from_str(&api::openapi_json()).unwrap()
}

#[test]
fn openapi_is_current() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    let committed = std::fs::read_to_string(committed).unwrap_or_default().replace("\r\n", "\n");
    // assert_eq would print both documents completely.
    assert!(committed == api::openapi_json(), "openapi.json is out of date; run: cargo xtask openapi");
}

#[test]
fn every_operation_has_an_id_and_an_error_reply() {
    let description = description();
    let mut ids = Vec::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_default();
            assert!(!id.is_empty(), "{method} {path} has no operationId");
            assert!(
                operation["responses"]["default"].is_object(),
                "{method} {path} does not describe its errors"
            );
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            ids.push(id.to_owned());
        }
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "an operationId is used twice");
}

/// Checks a reply against its schema in the OpenAPI description.
fn check_reply(operation: &str, status: u16, body: &Value) {
    let mut document = description();
    let mut operations =
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let described = operations.find(|described| described["operationId"] == operation).unwrap();
    let responses = &described["responses"];
    let response = responses.get(status.to_string()).unwrap_or(&responses["default"]);
    let schema = response["content"]["application/json"]["schema"].clone();
    assert!(schema.is_object(), "{operation} {status} has no schema");
    document["allOf"] = json!([schema]);
    let validator = jsonschema::validator_for(&document).unwrap();
    let problems: Vec<_> =
        validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(problems.is_empty(), "{operation} {status}: {problems:#?}\n{body:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_match_the_openapi_schemas() {
    let test = TestBridge::start().await;
    check_reply("get_health", 200, &test.get("/health").await.body);
    let created = test.create("hello\n@model plan").await;
    check_reply("create_conversation", 200, &created);
    test.wait_for_job(&created).await;
    let failed = test.create("@model fail 500").await;
    test.wait_for_job(&failed).await;
    let id = created["conversationId"].as_str().unwrap();
    let sent = test.post(&format!("/conversations/{id}/messages"), json!({"message": "more"})).await.body;
    check_reply("send_to_conversation", 200, &sent);
    for job in test.get("/jobs").await.body["jobs"].as_array().unwrap() {
        let reply = test.get(&format!("/jobs/{}", job["jobId"].as_str().unwrap())).await;
        check_reply("get_job", 200, &reply.body);
    }
    check_reply("list_jobs", 200, &test.get("/jobs").await.body);
    check_reply("list_open_conversations", 200, &test.get("/conversations/open").await.body);
    check_reply("get_current_conversation", 200, &test.get("/conversations/current").await.body);
    check_reply("get_job", 404, &test.get("/jobs/nope").await.body);
    check_reply("create_conversation", 409, &test.post("/conversations", json!({})).await.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn openapi_json_is_served() {
    let test = TestBridge::start().await;
    assert_eq!(test.get("/openapi.json").await.body, description());
}

/// Returns every described operation, with values for its path parameters.
pub(crate) fn operations() -> Vec<(Method, String)> {
    let description = description();
    let mut operations = Vec::new();
    for (path, described) in description["paths"].as_object().unwrap() {
        let path = [
            "{jobId}",
            "{conversationId}",
            "{approvalId}",
            "{laneId}",
            "{threadId}",
            "{webhookId}",
            "{deliveryId}",
        ]
        .iter()
        .fold(path.clone(), |path, parameter| path.replace(parameter, "nope"));
        assert!(!path.contains('{'), "add a value for the path parameters of {path}");
        for method in described.as_object().unwrap().keys() {
            operations.push((method.to_uppercase().parse().unwrap(), path.clone()));
        }
    }
    operations
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_to_a_wrong_method_list_the_allowed_methods() {
    let test = TestBridge::start().await;
    let operations = operations();
    for (_, path) in &operations {
        let is_wrong = |method: &Method| !operations.contains(&(method.clone(), path.clone()));
        let wrong = [Method::PUT, Method::PATCH].into_iter().find(is_wrong).unwrap();
        let reply = test.client.send(wrong.clone(), path, &[], Bytes::new()).await.unwrap();
        assert_eq!(reply.status, 405, "{path}");
        let allow = reply.headers["allow"].to_str().unwrap();
        assert!(!allow.is_empty() && !allow.contains(wrong.as_str()), "{path}: {allow}");
        assert_eq!(reply.body["code"], "method_not_allowed", "{path}");
    }
}
