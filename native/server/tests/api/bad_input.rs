//! Invalid input is refused with a clear error and starts no job.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::Method;
use serde_json::{Value, json};
use testkit::HttpReply;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::TestBridge;

const MESSAGES: &str = "/conversations/01a1fb0a-dc97-7e31-b23e-b451482b1381/messages";

async fn assert_no_job_started(test: &TestBridge) {
    assert_eq!(test.get("/jobs").await.body["jobs"], json!([]));
}

fn assert_refused(reply: &HttpReply, status: u16, code: &str, expected: &str) {
    assert_eq!(reply.status, status, "{}", reply.body);
    assert_eq!(reply.body["ok"], false);
    assert_eq!(reply.body["code"], code, "{}", reply.body);
    assert!(reply.body["requestId"].is_string());
    let error = reply.body["error"].as_str().unwrap();
    assert!(error.contains(expected), "{error:?} does not contain {expected:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_field_is_named_in_the_error() {
    let test = TestBridge::start().await;
    let directory = test.directories.workspace();
    let file = directory.join("file.txt");
    std::fs::write(&file, "not JSON").unwrap();
    let array = directory.join("array.json");
    std::fs::write(&array, "[]").unwrap();
    let cases: Vec<(&str, Value, &str)> = vec![
        ("message", json!("  \n"), "blank"),
        ("message", json!(5), "expected a string"),
        ("approvalPolicy", json!("yolo"), "expected one of `untrusted`, `on-failure`, `on-request`, `never`"),
        ("sandbox", json!("none"), "expected one of `read-only`, `workspace-write`, `danger-full-access`"),
        ("personality", json!("rude"), "expected one of"),
        ("cwd", json!("/no/such/dir"), "does not exist: /no/such/dir"),
        ("cwd", json!("relative"), "absolute"),
        ("cwd", json!(file), "not a directory"),
        ("model", json!(""), "blank"),
        ("config", json!("x=1"), "an object, or an array of `key=value` strings"),
        ("images", json!("one.png"), "expected a sequence"),
        ("images", json!(vec!["x.png"; 51]), "more than 50"),
        ("images[0]", json!(["missing.png"]), "missing.png"),
        ("images[1]", json!(["data:image/png;base64,AA==", ""]), "must be a path"),
        ("images[0]", json!(["https://example.com/a.png"]), "data:image/"),
        ("sendTimeoutMs", json!(0), "between 1 and"),
        ("sendTimeoutMs", json!(-1), "invalid value"),
        ("sendTimeoutMs", json!("soon"), "invalid type"),
        ("outputSchema", json!([]), "must be a JSON Schema"),
        ("outputSchema", json!({"type": "nothing"}), "not a valid JSON Schema"),
        ("effort", json!(" "), "must not be blank"),
        ("summary", json!("short"), "expected one of `auto`, `concise`, `detailed`, `none`"),
        ("outputSchemaPath", json!("missing.json"), "cannot be read"),
        ("outputSchemaPath", json!(file), "not valid JSON"),
        ("outputSchemaPath", json!(array), "must hold a JSON object"),
        ("outputSchemaPath", json!(directory), "not a file"),
        ("outputLastMessagePath", json!("/no/such/dir/answer.txt"), "not a directory"),
        ("outputLastMessagePath", json!(directory), "not a regular file"),
        ("outputLastMessagePath", json!("/dev/null"), "not a regular file"),
        ("ensureOpen", json!("yes"), "expected a boolean"),
        ("dangerouslyBypassApprovalsAndSandbox", json!(1), "expected a boolean"),
    ];
    for (field, value, expected) in cases {
        let name = field.split('[').next().unwrap();
        for path in ["/conversations", MESSAGES] {
            let mut body = json!({"message": "hi"});
            body[name] = value.clone();
            let reply = test.post(path, body).await;
            assert_refused(&reply, 400, "validation_error", expected);
            assert_eq!(reply.body["details"]["field"], field, "{}", reply.body);
        }
    }
    for body in [json!({}), json!({"message": null})] {
        assert_refused(&test.post(MESSAGES, body).await, 400, "validation_error", "message");
    }
    assert_refused(&test.post(MESSAGES, json!({"message": ""})).await, 400, "validation_error", "blank");
    assert_no_job_started(&test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_body_is_refused() {
    let test = TestBridge::start().await;
    let json_type = &[("content-type", "application/json")][..];
    let zipped = &[("content-type", "application/json"), ("content-encoding", "gzip")][..];
    let big = Bytes::from(format!(r#"{{"message":"{}"}}"#, "x".repeat(5 * 1024 * 1024)));
    let mut zip = GzEncoder::new(Vec::new(), Compression::best());
    zip.write_all(&big).unwrap();
    let bomb = Bytes::from(zip.finish().unwrap());
    assert!(bomb.len() < 100_000);
    let body = |text: &'static str| Bytes::from_static(text.as_bytes());
    let cases: [(&[(&str, &str)], _, _, _); 13] = [
        (json_type, body("{"), 400, "invalid_body"),
        (json_type, body("hello"), 400, "invalid_body"),
        (json_type, body("[]"), 400, "invalid_body"),
        (json_type, body("3"), 400, "invalid_body"),
        (json_type, body("null"), 400, "invalid_body"),
        (json_type, Bytes::from_static(b"{\"message\":\"\xff\xfe\"}"), 400, "invalid_body"),
        (&[], body("{}"), 415, "unsupported_media_type"),
        (&[("content-type", "text/plain")], body("{}"), 415, "unsupported_media_type"),
        (
            &[("content-type", "application/x-www-form-urlencoded")],
            body("message=hi"),
            415,
            "unsupported_media_type",
        ),
        (json_type, big, 413, "body_too_large"),
        (zipped, bomb, 413, "body_too_large"),
        (zipped, body("not gzip"), 400, "invalid_body"),
        (
            &[("content-type", "application/json"), ("content-encoding", "br")],
            body("{}"),
            415,
            "unsupported_media_type",
        ),
    ];
    for (headers, body, status, code) in cases {
        for path in ["/conversations", MESSAGES] {
            let reply = test.client.send(Method::POST, path, headers, body.clone()).await.unwrap();
            assert_refused(&reply, status, code, "");
        }
    }
    assert_no_job_started(&test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_jobs_routes_and_conversations_return_404() {
    let test = TestBridge::start().await;
    let reply = test.get("/jobs/nope").await;
    assert_refused(&reply, 404, "job_not_found", "Job not found.");
    assert_refused(&test.get("/nope").await, 404, "route_not_found", "Route not found");
    assert_refused(&test.get("/jobs?before=nope").await, 404, "job_not_found", "Job not found.");
    for conversation in ["01a1fb0a-dc97-7e31-b23e-b451482b1381", "not-a-uuid", "..%2F..%2Fetc", "%20"] {
        let reply =
            test.post(&format!("/conversations/{conversation}/messages"), json!({"message": "hi"})).await;
        assert_refused(&reply, 404, "conversation_not_found", "does not know");
        for action in ["release", "interrupt", "archive", "compact"] {
            let path = format!("/conversations/{conversation}/{action}");
            let reply = test.post(&path, json!({})).await;
            assert_refused(&reply, 404, "conversation_not_found", "does not know");
        }
    }
    for job in test.get("/jobs").await.body["jobs"].as_array().unwrap() {
        assert_eq!(job["status"], "failed");
        assert_eq!(job["failure"]["code"], "conversation_not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_queries_are_refused() {
    let test = TestBridge::start().await;
    for (path, expected) in [
        ("/jobs?limit=0", "limit"),
        ("/jobs?limit=1001", "limit"),
        ("/jobs?limit=many", "limit"),
        ("/jobs?status=lost", "expected one of"),
        ("/jobs/nope?waitMs=soon", "waitMs"),
        ("/jobs/nope?waitMs=-1", "waitMs"),
        ("/jobs/nope?waitMs=99999999", "waitMs"),
    ] {
        assert_refused(&test.get(path).await, 400, "validation_error", expected);
    }
}

/// Sends a raw request and returns the status line of the reply.
async fn raw(test: &TestBridge, request: &str) -> String {
    let mut stream = TcpStream::connect(test.bridge.url().trim_start_matches("http://")).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    reply.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_return_4xx_and_do_not_harm_the_bridge() {
    let test = TestBridge::start().await;
    let host = test.bridge.url().trim_start_matches("http://").to_owned();
    let end = format!("Host: {host}\r\nConnection: close\r\n\r\n");
    let cases = [
        (format!("GET /conversations/%zz/messages HTTP/1.1\r\n{end}"), "405"),
        (format!("GET /jobs/%ff HTTP/1.1\r\n{end}"), "400"),
        (format!("GET /jobs/%zz HTTP/1.1\r\n{end}"), "404"),
        (format!("GET /jobs?limit=%zz HTTP/1.1\r\n{end}"), "400"),
        (format!("GET http://[bad HTTP/1.1\r\n{end}"), "400"),
        (format!("G@T /health HTTP/1.1\r\n{end}"), "40"),
        (format!("GET /{} HTTP/1.1\r\n{end}", "x".repeat(100_000)), "414"),
        (format!("GET /health HTTP/1.1\r\nX: {}\r\n{end}", "x".repeat(500_000)), "431"),
        ("GET /health HTTP/1.0\r\n\r\n".to_owned(), "403"),
        ("nonsense\r\n\r\n".to_owned(), "400"),
    ];
    for (request, status) in cases {
        let line = raw(&test, &request).await;
        let shown: String = request.chars().take(60).collect();
        assert!(line.contains(&format!(" {status}")), "the reply to {shown:?} was {line:?}, not {status}");
    }
    assert_eq!(test.get("/health").await.status, 200);
    assert_no_job_started(&test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_are_disconnected() {
    let short = std::time::Duration::from_millis(200);
    let test = TestBridge::start_with(None, |config| {
        config.http.headers_timeout = short;
        config.http.body_timeout = short;
        config.http.connections_max = 3;
    })
    .await;
    let host = test.bridge.url().trim_start_matches("http://").to_owned();
    let head = format!("POST /conversations HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n");
    let slow_body =
        raw(&test, &format!("{head}Content-Length: 100\r\nConnection: close\r\n\r\n{{\"mes")).await;
    assert!(slow_body.contains(" 408"), "{slow_body:?}");
    assert_eq!(raw(&test, &head).await, "", "the connection is closed without a reply");
    // The maximum number of connections is idle. They are closed in time, and the next connection is served.
    let mut idle = Vec::new();
    for _ in 0..3 {
        idle.push(TcpStream::connect(&host).await.unwrap());
    }
    assert_eq!(test.get("/health").await.status, 200);
    drop(idle);
    assert_no_job_started(&test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_codex_would_refuse_is_refused_however_it_is_sent() {
    let test = TestBridge::start().await;
    let running = test.create("@model hold gate").await;
    test.model.wait_until_held("gate").await;
    let long = "y".repeat(1_048_577);
    let conversation = running["conversationId"].as_str().unwrap();
    let job = running["job"]["jobId"].as_str().unwrap();
    assert_eq!(test.post("/lanes", json!({"laneId": "a"})).await.status, 200);
    let turns = format!("/codex/threads/{conversation}/turns");
    let messages = format!("/conversations/{conversation}/messages");
    let cases = [
        ("/conversations".to_owned(), json!({"message": long}), "message"),
        (messages.clone(), json!({"message": long}), "message"),
        (messages.clone(), json!({"message": long, "delivery": "queue"}), "message"),
        (messages, json!({"message": long, "delivery": "steer"}), "message"),
        (format!("/jobs/{job}/steer"), json!({"message": long}), "message"),
        (format!("{turns}/start"), json!({"input": long}), "input"),
        (format!("{turns}/steer"), json!({"input": [{"type": "text", "text": long}]}), "input"),
        ("/lanes/a/prompt".to_owned(), json!({"input": long}), "input"),
        ("/codex/workflows/start-visible".to_owned(), json!({"kickoffPrompt": long}), "kickoffPrompt"),
        (
            format!("{turns}/start"),
            json!({"input": [{"type": "image", "url": "https://example.com/a.png"}]}),
            "input[0].url",
        ),
    ];
    for (path, body, field) in cases {
        let reply = test.post(&path, body).await;
        assert_eq!((reply.status.as_u16(), &reply.body["details"]["field"]), (400, &json!(field)), "{path}");
    }
    test.model.release("gate");
    assert_eq!(test.wait_for_job(&running).await["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_picture_is_refused() {
    let test = TestBridge::start().await;
    let directory = tempfile::tempdir().unwrap();
    for (name, contents) in [
        ("note.txt", "hello"),
        ("fake.png", "<html>no</html>"),
        ("drawing.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("empty.png", ""),
    ] {
        let path = directory.path().join(name);
        std::fs::write(&path, contents).unwrap();
        let reply = test.post("/conversations", json!({"message": "look", "images": [path]})).await;
        assert_refused(&reply, 400, "validation_error", "PNG, JPEG, GIF or WebP");
        assert_eq!(reply.body["details"]["field"], "images[0]");
    }
    assert_no_job_started(&test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_cursor_of_codex_own_lists_is_named() {
    let test = TestBridge::start().await;
    let reply = test.get("/codex/model/list?cursor=junk").await;
    assert_refused(&reply, 400, "validation_error", "nextCursor");
    assert_eq!(reply.body["details"]["field"], "cursor");
}
