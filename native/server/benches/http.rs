//! Measures what the bridge costs, as ratios within one run, because machines are noisy:
//!
//! - `GET /health`, compared to a bare hyper handler that sends as many bytes;
//! - creating a conversation through the bridge, compared to the same two calls on an app-server's own stdio;
//! - the time until another app-server can open a conversation after the end of its job is visible, compared
//!   to the time after an app-server has confirmed that it released the conversation.
//!
//! Run with `npm run bench`. The two sides of a ratio alternate, so that other load on the machine affects
//! both.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step ends the benchmark")]

#[path = "figures/load.rs"]
mod load;
#[path = "figures/percentiles.rs"]
mod percentiles;

use std::time::{Duration, Instant};

use bytes::Bytes;
use codex::app_server::AppServer;
use codex::connection::{ThreadEvent, ThreadWatch};
use codex::launch::Launch;
use codex::locate::LocateOptions;
use codex::protocol::{ThreadOptions, UserInput};
use hyper::Method;
use serde_json::json;
use server::Bridge;
use server::config::Config;
use testkit::{CodexHome, HttpClient, ScriptedModel, codex_binary};

use load::{BenchRequest, compare};
use percentiles::Percentiles;

const CONVERSATIONS: usize = 150;
const REOPENED: usize = 60;
const WARM_UP: usize = 10;

#[tokio::main]
async fn main() {
    let model = ScriptedModel::start().await;
    let home = CodexHome::for_model(&model.url());
    let directory = tempfile::tempdir().unwrap();
    let environment = vec![("CODEX_HOME".to_owned(), home.path().display().to_string())];
    let bridge = Bridge::start(
        Config {
            locate: LocateOptions { explicit: Some(codex_binary()), ..LocateOptions::default() },
            environment: environment.clone(),
            ..Config::new(
                directory.path().join("data"),
                directory.path().join("discovery"),
                directory.path().to_owned(),
            )
        },
        None,
    )
    .await
    .unwrap();
    let launch = Launch {
        executable: codex_binary(),
        working_directory: directory.path().to_owned(),
        environment,
        overrides: Vec::new(),
    };
    let direct = AppServer::start(&launch, "bench").await.unwrap();

    // This comes first, because Codex stays busy for a while after its conversations have ended.
    let health = BenchRequest { method: Method::GET, path: "/health", body: Bytes::new() };
    let address = bridge.url().trim_start_matches("http://").parse().unwrap();
    compare("GET /health", address, &health).await;
    conversations(&bridge, &direct).await;
    let panel = AppServer::start(&launch, "bench").await.unwrap();
    reopening(&bridge, &direct, &panel).await;
    panel.stop().await;
    bridge.stop().await;
    direct.stop().await;
}

async fn conversations(bridge: &Bridge, direct: &AppServer) {
    let client = HttpClient::new(bridge.url());
    let (mut bridge_times, mut direct_times) = (Vec::new(), Vec::new());
    for number in 0..WARM_UP + CONVERSATIONS {
        let (bridge_time, direct_time) = (create_through(&client).await, create_directly(direct).await);
        if number >= WARM_UP {
            bridge_times.push(bridge_time);
            direct_times.push(direct_time);
        }
    }
    let (through, direct) = (Percentiles::of(bridge_times), Percentiles::of(direct_times));
    println!("\ncreating a conversation ({CONVERSATIONS} each, one after another)");
    println!("                          p50 ms   p99 ms");
    println!("directly on stdio       {:8.2} {:8.2}", direct.p50, direct.p99);
    println!("through the bridge      {:8.2} {:8.2}", through.p50, through.p99);
    println!("ratio                   {:8.2} {:8.2}", through.p50 / direct.p50, through.p99 / direct.p99);
}

async fn create_through(client: &HttpClient) -> Duration {
    let started_at = Instant::now();
    let reply = client.post("/conversations", &json!({"message": "hello"})).await.unwrap();
    let took = started_at.elapsed();
    assert_eq!(reply.status, 200, "{}", reply.body);
    let path = format!("/jobs/{}?waitMs=30000", reply.body["job"]["jobId"].as_str().unwrap());
    assert_eq!(client.get(&path).await.unwrap().body["job"]["status"], "completed");
    took
}

async fn create_directly(direct: &AppServer) -> Duration {
    let connection = &direct.connection;
    let input = [UserInput::Text { text: "hello".into() }];
    let started_at = Instant::now();
    let (thread, mut watch) = connection.thread_start(&ThreadOptions::default()).await.unwrap();
    connection.turn_start(&thread.id, "message", &input, None).await.unwrap();
    let took = started_at.elapsed();
    until_completed(&mut watch).await;
    connection.thread_unsubscribe(&thread.id).await.unwrap();
    took
}

/// Measures how soon `panel` can open a conversation that ended in the bridge, and one that `direct` has
/// released.
async fn reopening(bridge: &Bridge, direct: &AppServer, panel: &AppServer) {
    let client = HttpClient::new(bridge.url());
    let (mut bridge_times, mut direct_times) = (Vec::new(), Vec::new());
    for number in 0..WARM_UP + REOPENED {
        let reply = client.post("/conversations", &json!({"message": "hello"})).await.unwrap();
        let path = format!("/jobs/{}?waitMs=30000", reply.body["job"]["jobId"].as_str().unwrap());
        assert_eq!(client.get(&path).await.unwrap().body["job"]["status"], "completed");
        let bridge_time = reopen(panel, reply.body["conversationId"].as_str().unwrap()).await;

        let (thread, mut watch) = direct.connection.thread_start(&ThreadOptions::default()).await.unwrap();
        let input = [UserInput::Text { text: "hello".into() }];
        direct.connection.turn_start(&thread.id, "message", &input, None).await.unwrap();
        until_completed(&mut watch).await;
        direct.connection.thread_unsubscribe(&thread.id).await.unwrap();
        let direct_time = reopen(panel, &thread.id).await;
        if number >= WARM_UP {
            bridge_times.push(bridge_time);
            direct_times.push(direct_time);
        }
    }
    let (through, direct) = (Percentiles::of(bridge_times), Percentiles::of(direct_times));
    println!("\nopening an ended conversation elsewhere ({REOPENED} each, one after another)");
    println!("                          p50 ms   p99 ms");
    println!("released directly       {:8.2} {:8.2}", direct.p50, direct.p99);
    println!("ended in the bridge     {:8.2} {:8.2}", through.p50, through.p99);
}

/// Returns the time until this app-server has opened the conversation, and releases it.
async fn reopen(panel: &AppServer, thread_id: &str) -> Duration {
    let started_at = Instant::now();
    while panel.connection.thread_resume(thread_id, &ThreadOptions::default()).await.is_err() {
        assert!(started_at.elapsed() < Duration::from_secs(30), "the conversation is not released");
    }
    let took = started_at.elapsed();
    panel.connection.thread_unsubscribe(thread_id).await.unwrap();
    took
}

async fn until_completed(watch: &mut ThreadWatch) {
    while let Some(event) = watch.next().await {
        if matches!(event, ThreadEvent::Notification(notification) if notification.method == "turn/completed")
        {
            return;
        }
    }
    panic!("the app-server exited");
}
