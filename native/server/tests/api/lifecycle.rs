//! Stopping, restarting, and several bridges at the same time.

use std::time::Duration;

use bridge::instance::DiscoveryEntry;
use bytes::Bytes;
use http::Method;
use serde_json::json;
use server::Bridge;
use testkit::HttpClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{TestBridge, bridge_with_pruned_history};

#[tokio::test(flavor = "multi_thread")]
async fn stopping_fails_the_running_job_and_frees_the_port() {
    let test = TestBridge::start().await;
    let reply = test.create("@model hold for-ever").await;
    test.model.wait_until_held("for-ever").await;
    let pid = reply["turn"]["pid"].as_u64().unwrap();
    let started_at = std::time::Instant::now();
    test.bridge.stop().await;
    assert!(started_at.elapsed() < Duration::from_secs(4));
    assert!(test.client.get("/health").await.is_err(), "the port is free");
    #[cfg(target_os = "linux")]
    assert!(!crate::support::is_running(pid), "no Codex process remains");
    assert!(
        std::fs::read_dir(test.directories.discovery()).unwrap().next().is_none(),
        "the discovery entry is deleted"
    );
    test.bridge.stop().await;

    let again = Bridge::start(test.directories.config(), None).await.unwrap();
    let client = HttpClient::new(again.url());
    let job_id = reply["job"]["jobId"].as_str().unwrap();
    let job = client.get(&format!("/jobs/{job_id}")).await.unwrap().body["job"].clone();
    assert_eq!(job["status"], "failed", "{job}");
    assert_eq!(job["failure"]["code"], "bridge_stopped");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn open_streams_end_when_the_bridge_stops() {
    let test = TestBridge::start().await;
    let job = test.create("@model hold for-ever").await;
    let job_stream = format!("/jobs/{}/events", job["job"]["jobId"].as_str().unwrap());
    let authority = test.bridge.url().trim_start_matches("http://").to_owned();
    let mut streams = Vec::new();
    for path in ["/events", "/tools/stream", &job_stream] {
        let mut stream = TcpStream::connect(&authority).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = [0; 15];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200 OK", "{path}");
        streams.push((path.to_owned(), stream));
    }
    test.bridge.stop().await;
    for (path, mut stream) in streams {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert!(rest.ends_with(b"\r\n0\r\n\r\n"), "{path} ended in the middle of its reply");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_bridge_sends_the_queued_messages() {
    let test = TestBridge::start().await;
    let first = test.create("@model hold for-ever").await;
    test.model.wait_until_held("for-ever").await;
    let path = format!("/conversations/{}/messages", first["conversationId"].as_str().unwrap());
    let queued = test.post(&path, json!({"message": "SENT LATER"})).await.body;
    assert_eq!(queued["delivery"], "queued");
    test.bridge.stop().await;
    assert!(test.model.requests().iter().all(|request| !request.body().to_string().contains("SENT LATER")));

    let again = Bridge::start(test.directories.config(), None).await.unwrap();
    let path = format!("/jobs/{}", queued["job"]["jobId"].as_str().unwrap());
    let path = format!("{path}?waitMs=30000");
    let job = HttpClient::new(again.url()).get(&path).await.unwrap().body["job"].clone();
    assert_eq!(job["result"]["text"], "You said: SENT LATER", "{job}");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_bridge_uses_another_port_and_both_are_discoverable() {
    let test = TestBridge::start().await;
    let port: u16 = test.bridge.url().rsplit(':').next().unwrap().parse().unwrap();
    let mut config = test.directories.config();
    config.port = port;
    config.workspace_folders = vec!["/other".into()];
    let second = Bridge::start(config, None).await.unwrap();
    assert_ne!(second.url(), test.bridge.url());

    let mut found: Vec<DiscoveryEntry> = std::fs::read_dir(test.directories.discovery())
        .unwrap()
        .map(|entry| serde_json::from_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap())
        .collect();
    found.sort_by_key(|entry| entry.url == second.url());
    assert_eq!(
        found.iter().map(|entry| entry.url.as_str()).collect::<Vec<_>>(),
        [test.bridge.url(), second.url()]
    );
    assert_eq!(found[1].workspace_folders, ["/other".into()] as [std::path::PathBuf; 1]);
    for entry in &found {
        let health = HttpClient::new(&entry.url).get("/health").await.unwrap().body;
        assert_eq!(health["instanceId"], entry.instance_id.as_str());
    }

    // Both share the database, so a job of one bridge can be awaited through the other.
    let reply = test.create("@model hold gate\n@model say shared").await;
    let path = format!("/jobs/{}?waitMs=20000", reply["job"]["jobId"].as_str().unwrap());
    let other = HttpClient::new(second.url());
    let waiting = tokio::spawn(async move { other.get(&path).await.unwrap().body });
    test.model.wait_until_held("gate").await;
    test.model.release("gate");
    assert_eq!(waiting.await.unwrap()["job"]["result"]["text"], "shared");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_used_by_another_program_is_an_error() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let test = TestBridge::start().await;
    let mut config = test.directories.config();
    config.port = taken.local_addr().unwrap().port();
    let refused = Bridge::start(config, None).await.unwrap_err().to_string();
    assert!(refused.contains("Another program") && refused.contains("codexBridge.port"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_can_be_listed_by_page_and_status() {
    let test = TestBridge::start().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let reply = test.create(&format!("number {number}")).await;
        test.wait_for_job(&reply).await;
        ids.insert(0, reply["job"]["jobId"].clone());
    }
    let list = async |query: &str| test.get(&format!("/jobs{query}")).await.body;
    let listed = |body: &serde_json::Value| -> Vec<serde_json::Value> {
        body["jobs"].as_array().unwrap().iter().map(|job| job["jobId"].clone()).collect()
    };
    assert_eq!(listed(&list("").await), ids, "newest first");
    let first = list("?limit=2").await;
    assert_eq!((listed(&first), first["more"].clone()), (ids[..2].to_vec(), json!(true)));
    let rest = list(&format!("?limit=2&before={}", ids[1].as_str().unwrap())).await;
    assert_eq!((listed(&rest), rest["more"].clone()), (ids[2..].to_vec(), json!(false)));
    assert_eq!(listed(&list("?status=running").await).len(), 0);
    assert_eq!(listed(&list("?status=completed").await).len(), 3);
    let health = test.get("/health").await.body;
    assert_eq!(health["status"]["jobs"]["completed"], 3);
    assert_eq!(health["status"]["jobs"]["latestJobId"], ids[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_job_is_limited() {
    let test = TestBridge::start().await;
    let reply = test.create("@model hold gate").await;
    let job_id = reply["job"]["jobId"].as_str().unwrap().to_owned();
    let started_at = std::time::Instant::now();
    let job = test.get(&format!("/jobs/{job_id}?waitMs=50")).await.body["job"].clone();
    assert_eq!(job["status"], "running");
    assert!(started_at.elapsed() >= Duration::from_millis(50));
    test.model.wait_until_held("gate").await;
    let (client, path) = (test.client.clone(), format!("/jobs/{job_id}?waitMs=30000"));
    let waiting = tokio::spawn(async move { client.get(&path).await.unwrap().body });
    test.model.release("gate");
    assert_eq!(waiting.await.unwrap()["job"]["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_pruned_by_count() {
    let (_directories, again, client) = bridge_with_pruned_history(2).await;
    let left = client.get("/jobs").await.unwrap().body["jobs"].clone();
    let texts = [&left[0]["result"]["text"], &left[1]["result"]["text"]];
    assert_eq!(texts, ["You said: number 2", "You said: number 1"], "{left}");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_continues_if_its_client_disconnects() {
    let test = TestBridge::start().await;
    let body = Bytes::from(json!({"message": "hello"}).to_string());
    let headers = [("content-type", "application/json")];
    let send = test.client.send(Method::POST, "/conversations", &headers, body);
    // The job is durable within a few milliseconds. The reply comes only after the cold start of Codex.
    assert!(tokio::time::timeout(Duration::from_millis(60), send).await.is_err());
    let job_id = crate::support::eventually("the job is recorded", || async {
        test.get("/jobs").await.body["jobs"][0]["jobId"].as_str().map(str::to_owned)
    })
    .await;
    let job = test.wait_for_job_id(&job_id).await;
    assert_eq!(job["result"]["text"], "You said: hello");
}
