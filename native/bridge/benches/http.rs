//! What the bridge costs, as ratios within one run (machines are noisy):
//!
//! - `GET /health`, beside a bare hyper handler that sends as many bytes;
//! - creating a conversation through the bridge, beside the same two calls on the app-server's own stdio;
//! - from the moment a job's end is shown until another app-server has opened its conversation, beside the same from the
//!   moment an app-server has answered that it gives the conversation back.
//!
//! Run with `npm run bench`. The two sides of a ratio take turns, so that what else the machine does hits both.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot go on has failed")]

#[path = "figures/percentiles.rs"]
mod percentiles;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bridge::Bridge;
use bridge::config::Config;
use bytes::Bytes;
use codex::app_server::AppServer;
use codex::connection::{ThreadEvent, ThreadWatch};
use codex::launch::Launch;
use codex::locate::LocateOptions;
use codex::protocol::{ThreadOptions, UserInput};
use http_body_util::{BodyExt, Empty, Full};
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Request, Response, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use testkit::{CodexHome, HttpClient, ScriptedModel, codex_binary};
use tokio::net::{TcpListener, TcpStream};

use percentiles::Percentiles;

const CONVERSATIONS: usize = 150;
const REOPENED: usize = 60;
const WARM_UP: usize = 10;
const HEALTH_ROUNDS: usize = 5;
const HEALTH_ROUND: Duration = Duration::from_secs(2);
const HEALTH_CONNECTIONS: usize = 8;

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
    let launch = Launch { executable: codex_binary(), working_folder: folder.path().to_owned(), environment };
    let direct = AppServer::start(&launch, "bench").await.unwrap();

    // First, because Codex is still busy with its conversations for a while after they ended.
    health(&bridge).await;
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

async fn health(bridge: &Bridge) {
    let address: SocketAddr = bridge.url().trim_start_matches("http://").parse().unwrap();
    let bytes = bridge.health().await.to_string().len();
    let bare = bare_hyper(vec![b'x'; bytes]).await;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    load(address, HEALTH_ROUND / 4).await;
    for _ in 0..HEALTH_ROUNDS {
        ours.push(load(address, HEALTH_ROUND).await);
        theirs.push(load(bare, HEALTH_ROUND).await);
    }
    let median = |mut rates: Vec<f64>| {
        rates.sort_unstable_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "\nGET /health ({HEALTH_CONNECTIONS} connections, {bytes} bytes, median of {HEALTH_ROUNDS} rounds)"
    );
    println!("bare hyper handler      {theirs:8.0} requests/s");
    println!("the bridge              {ours:8.0} requests/s");
    println!("ratio                   {:8.2}", ours / theirs);
}

/// A server that does nothing but send a body.
async fn bare_hyper(body: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let body = Bytes::from(body);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let body = body.clone();
            let service = service_fn(move |_| {
                let body = Full::new(body.clone());
                let reply = Response::builder().header(header::CONTENT_TYPE, "application/json").body(body);
                async move { Ok::<_, Infallible>(reply.unwrap()) }
            });
            let connection = server::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
    address
}

/// Requests a second that the server answers to clients which each send the next one after the last answer.
async fn load(address: SocketAddr, duration: Duration) -> f64 {
    let (answered, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut clients = Vec::new();
    for _ in 0..HEALTH_CONNECTIONS {
        let (answered, stop) = (Arc::clone(&answered), Arc::clone(&stop));
        clients.push(tokio::spawn(async move {
            let stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            while !stop.load(Ordering::Relaxed) {
                let request = Request::get("/health").header(header::HOST, address.to_string());
                let reply = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
                assert_eq!(reply.status(), 200);
                let body = reply.into_body().collect().await.unwrap().to_bytes();
                assert!(body.len() > 100);
                answered.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    let begun = Instant::now();
    tokio::time::sleep(duration).await;
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let answered = answered.load(Ordering::Relaxed) as f64;
    answered / begun.elapsed().as_secs_f64()
}
