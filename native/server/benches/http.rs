//! What the bridge costs, as ratios within one run (machines are noisy):
//!
//! - `GET /health`, beside a bare hyper handler that sends as many bytes;
//! - creating a conversation through the bridge, beside the same two calls on the app-server's own stdio;
//! - from the moment a job's end is shown until another app-server has opened its conversation, beside the same from the
//!   moment an app-server has answered that it gives the conversation back.
//!
//! Run with `npm run bench`. The two sides of a ratio take turns, so that what else the machine does hits both.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot go on has failed")]

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

use load::{Asked, compare};
use percentiles::Percentiles;

const CONVERSATIONS: usize = 150;
const REOPENED: usize = 60;
const WARM_UP: usize = 10;

#[tokio::main]
async fn main() {
    let model = ScriptedModel::start().await;
    let home = CodexHome::for_model(&model.url());
    let folder = tempfile::tempdir().unwrap();
    let environment = vec![("CODEX_HOME".to_owned(), home.path().display().to_string())];
    let bridge = Bridge::start(
        Config {
            locate: LocateOptions { explicit: Some(codex_binary()), ..LocateOptions::default() },
            environment: environment.clone(),
            ..Config::new(
                folder.path().join("data"),
                folder.path().join("discovery"),
                folder.path().to_owned(),
            )
        },
        None,
    )
    .await
    .unwrap();
    let launch =
        Launch { executable: codex_binary(), working_directory: folder.path().to_owned(), environment };
    let direct = AppServer::start(&launch, "bench").await.unwrap();

    // First, because Codex is still busy with its conversations for a while after they ended.
    let health = Asked { method: Method::GET, path: "/health", body: Bytes::new() };
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
    let (mut through, mut beside) = (Vec::new(), Vec::new());
    for number in 0..WARM_UP + CONVERSATIONS {
        let (one, two) = (create_through(&client).await, create_directly(direct).await);
        if number >= WARM_UP {
            through.push(one);
            beside.push(two);
        }
    }
    let (through, beside) = (Percentiles::of(through), Percentiles::of(beside));
    println!("\ncreating a conversation ({CONVERSATIONS} each, one after another)");
    println!("                          p50 ms   p99 ms");
    println!("directly on stdio       {:8.2} {:8.2}", beside.p50, beside.p99);
    println!("through the bridge      {:8.2} {:8.2}", through.p50, through.p99);
    println!("ratio                   {:8.2} {:8.2}", through.p50 / beside.p50, through.p99 / beside.p99);
}

async fn create_through(client: &HttpClient) -> Duration {
    let begun = Instant::now();
    let reply = client.post("/conversations", &json!({"message": "hello"})).await.unwrap();
    let took = begun.elapsed();
    assert_eq!(reply.status, 200, "{}", reply.body);
    let path = format!("/jobs/{}?waitMs=30000", reply.body["job"]["jobId"].as_str().unwrap());
    assert_eq!(client.get(&path).await.unwrap().body["job"]["status"], "completed");
    took
}

async fn create_directly(direct: &AppServer) -> Duration {
    let connection = &direct.connection;
    let input = [UserInput::Text { text: "hello".into() }];
    let begun = Instant::now();
    let (thread, mut watch) = connection.thread_start(&ThreadOptions::default()).await.unwrap();
    connection.turn_start(&thread.id, "message", &input, None).await.unwrap();
    let took = begun.elapsed();
    until_completed(&mut watch).await;
    connection.thread_unsubscribe(&thread.id).await.unwrap();
    took
}

/// How soon `panel` can open what has ended in the bridge, and what `direct` has given back.
async fn reopening(bridge: &Bridge, direct: &AppServer, panel: &AppServer) {
    let client = HttpClient::new(bridge.url());
    let (mut through, mut beside) = (Vec::new(), Vec::new());
    for number in 0..WARM_UP + REOPENED {
        let reply = client.post("/conversations", &json!({"message": "hello"})).await.unwrap();
        let path = format!("/jobs/{}?waitMs=30000", reply.body["job"]["jobId"].as_str().unwrap());
        assert_eq!(client.get(&path).await.unwrap().body["job"]["status"], "completed");
        let one = reopen(panel, reply.body["conversationId"].as_str().unwrap()).await;

        let (thread, mut watch) = direct.connection.thread_start(&ThreadOptions::default()).await.unwrap();
        let input = [UserInput::Text { text: "hello".into() }];
        direct.connection.turn_start(&thread.id, "message", &input, None).await.unwrap();
        until_completed(&mut watch).await;
        direct.connection.thread_unsubscribe(&thread.id).await.unwrap();
        let two = reopen(panel, &thread.id).await;
        if number >= WARM_UP {
            through.push(one);
            beside.push(two);
        }
    }
    let (through, beside) = (Percentiles::of(through), Percentiles::of(beside));
    println!("\nopening elsewhere what has just ended ({REOPENED} each, one after another)");
    println!("                          p50 ms   p99 ms");
    println!("given back directly     {:8.2} {:8.2}", beside.p50, beside.p99);
    println!("ended in the bridge     {:8.2} {:8.2}", through.p50, through.p99);
}

/// The time until this app-server has the conversation; it is given back afterwards.
async fn reopen(panel: &AppServer, thread_id: &str) -> Duration {
    let begun = Instant::now();
    while panel.connection.thread_resume(thread_id, &ThreadOptions::default()).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30), "nobody gives it back");
    }
    let took = begun.elapsed();
    panel.connection.thread_unsubscribe(thread_id).await.unwrap();
    took
}

async fn until_completed(watch: &mut ThreadWatch) {
    while let Some(event) = watch.next().await {
        if matches!(event, ThreadEvent::Notification(seen) if seen.method == "turn/completed") {
            return;
        }
    }
    panic!("the app-server ended");
}
