//! Measures requests per second of our server and of a bare hyper server. The measurements alternate, because
//! machines are noisy.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
const CONNECTIONS: usize = 8;

/// The request that is sent repeatedly.
#[derive(Clone)]
pub(crate) struct BenchRequest {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) body: Bytes,
}

/// Prints the requests per second of `ours`, and of a bare hyper handler that sends as many bytes.
pub(crate) async fn compare(name: &str, ours: SocketAddr, request: &BenchRequest) {
    let reply = load(ours, request, ROUND / 4).await.1;
    let bare = bare_hyper(reply.clone()).await;
    let (mut our_rates, mut bare_rates) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our_rates.push(load(ours, request, ROUND).await.0);
        bare_rates.push(load(bare, request, ROUND).await.0);
    }
    let median = |mut rates: Vec<f64>| {
        rates.sort_unstable_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    let (ours, bare) = (median(our_rates), median(bare_rates));
    println!("\n{name} ({CONNECTIONS} connections, {} bytes, median of {ROUNDS} rounds)", reply.len());
    println!("bare hyper handler      {bare:8.0} requests/s");
    println!("the bridge              {ours:8.0} requests/s");
    println!("ratio                   {:8.2}", ours / bare);
}

/// Starts a server that only sends a body.
async fn bare_hyper(body: Bytes) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
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

/// Returns the requests per second that a server answers, and one of its replies. Each client sends its next
/// request after the reply to the previous one.
async fn load(address: SocketAddr, request: &BenchRequest, duration: Duration) -> (f64, Bytes) {
    let (answered, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        let (answered, stop, template) = (Arc::clone(&answered), Arc::clone(&stop), request.clone());
        clients.push(tokio::spawn(async move {
            let stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            let mut last = Bytes::new();
            while !stop.load(Ordering::Relaxed) {
                let request = Request::builder()
                    .method(template.method.clone())
                    .uri(template.path)
                    .header(header::HOST, address.to_string())
                    .header(header::CONTENT_TYPE, "application/json");
                let reply =
                    sender.send_request(request.body(Full::new(template.body.clone())).unwrap()).await;
                let reply = reply.unwrap();
                assert_eq!(reply.status(), 200);
                last = reply.into_body().collect().await.unwrap().to_bytes();
                assert!(last.len() > 10);
                answered.fetch_add(1, Ordering::Relaxed);
            }
            last
        }));
    }
    let started_at = Instant::now();
    tokio::time::sleep(duration).await;
    stop.store(true, Ordering::Relaxed);
    let mut last = Bytes::new();
    for client in clients {
        last = client.await.unwrap();
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let answered = answered.load(Ordering::Relaxed) as f64;
    (answered / started_at.elapsed().as_secs_f64(), last)
}
