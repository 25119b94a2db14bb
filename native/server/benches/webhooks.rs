//! Measures deliveries per second to an endpoint on this machine. A bare hyper client that posts the same
//! bodies over as many connections is the baseline.
//!
//! Run with `npm run bench`. The endpoint shares the process with both.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step ends the benchmark")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use model::clock::Timestamp;
use model::event::Event;
use model::ids::ThreadId;
use serde_json::json;
use server::Bridge;
use server::config::Config;
use store::Store;
use testkit::HttpClient;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const EVENTS: usize = 10_000;
/// The default of the bridge.
const CONNECTIONS: usize = 4;

#[tokio::main]
async fn main() {
    let directory = tempfile::tempdir().unwrap();
    let (address, received) = endpoint().await;
    let bridge = Bridge::start(config(directory.path()), None).await.unwrap();
    let api = HttpClient::new(bridge.url());
    let store = Store::open(&directory.path().join("data")).unwrap();
    let url = format!("http://{address}/");
    let webhook = json!({"url": url, "events": ["*"], "secret": "benchmark", "enabled": false});
    let webhook =
        api.post("/webhooks", &webhook).await.unwrap().body["webhook"]["id"].as_str().unwrap().to_owned();
    let path = format!("/webhooks/{webhook}");
    api.patch(&path, &json!({"enabled": true})).await.unwrap();
    // The first delivery opens the connections.
    record(&store, 1).await;
    until(&received, 1).await;

    let started_at = Instant::now();
    record(&store, EVENTS).await;
    let recorded = started_at.elapsed();
    until(&received, 1 + EVENTS).await;
    let bridge_time = started_at.elapsed();
    let body = received.borrow().1.clone();
    bridge.stop().await;

    let started_at = Instant::now();
    bare(address, &body).await;
    let baseline = started_at.elapsed();
    let rate = |time: Duration| EVENTS as f64 / time.as_secs_f64();
    println!(
        "\nwebhook deliveries to a local endpoint ({EVENTS} events, {CONNECTIONS} at a time, {} bytes each)",
        body.len()
    );
    println!("recorded in the log     {:10.0} per second", rate(recorded));
    println!("bare hyper client       {:10.0} per second", rate(baseline));
    println!(
        "through the bridge      {:10.0} per second, durable, signed, with a record of each attempt",
        rate(bridge_time)
    );
    println!("ratio                   {:10.2}", rate(baseline) / rate(bridge_time));
}

fn config(directory: &std::path::Path) -> Config {
    Config::new(directory.join("data"), directory.join("discovery"), directory.to_owned())
}

async fn record(store: &Store, count: usize) {
    let mut last = None;
    for number in 0..count {
        let event = Event::new(
            Timestamp::now(),
            "item.completed",
            &json!({"item": {"type": "agentMessage", "text": "x".repeat(400)}, "number": number}),
        )
        .about_conversation(ThreadId::from("01a1fce0-42ba-71f2-bb54-5ee94c4439d6"));
        last = Some(store.record_event(event).await.unwrap());
    }
    last.unwrap().committed().await.unwrap();
}

/// Starts an endpoint. Returns its address, and the number of its requests with the last body.
async fn endpoint() -> (SocketAddr, watch::Receiver<(usize, Bytes)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, received) = watch::channel((0, Bytes::new()));
    let sender = Arc::new(sender);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let sender = Arc::clone(&sender);
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let sender = Arc::clone(&sender);
                async move {
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    sender.send_modify(|(count, last)| {
                        *count += 1;
                        *last = body;
                    });
                    Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, received)
}

async fn until(received: &watch::Receiver<(usize, Bytes)>, count: usize) {
    received.clone().wait_for(|(received, _)| *received >= count).await.unwrap();
}

async fn bare(address: SocketAddr, body: &Bytes) {
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        let body = body.clone();
        clients.push(tokio::spawn(async move {
            let stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            for _ in 0..EVENTS / CONNECTIONS {
                let request = Request::post("/")
                    .header(header::HOST, address.to_string())
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(Full::new(body.clone()))
                    .unwrap();
                let reply = sender.send_request(request).await.unwrap();
                assert!(reply.status().is_success());
                reply.into_body().collect().await.unwrap();
            }
        }));
    }
    for client in clients {
        client.await.unwrap();
    }
}
