//! A webhook receiver that gives the answers a test requests and records the webhooks.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::WAIT_MAX;

/// The answer of a receiver to a request.
#[derive(Debug, Clone)]
pub enum ReceiverAnswer {
    /// This status.
    Status(u16),
    /// This status and these headers.
    With(u16, Vec<(&'static str, String)>),
    /// No answer at all.
    Hang,
    /// Status 200 after this delay.
    Slowly(Duration),
    /// Closes the connection without an answer.
    Close,
}

/// A webhook that a receiver got.
#[derive(Debug, Clone)]
pub struct ReceivedWebhook {
    /// The path.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The bytes that were signed.
    pub body: Bytes,
}

impl ReceivedWebhook {
    /// Returns the body as JSON, or `null` if it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns a header, or an empty string if it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A running receiver.
#[derive(Debug)]
pub struct WebhookReceiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    /// The answers to the next requests, one each.
    script: Mutex<VecDeque<ReceiverAnswer>>,
    /// The answer when `script` is empty.
    default_answer: Mutex<ReceiverAnswer>,
    received: Mutex<Vec<ReceivedWebhook>>,
    count: watch::Sender<usize>,
}

impl WebhookReceiver {
    /// Starts a receiver that answers with status 200.
    pub async fn start() -> Self {
        let (count, _) = watch::channel(0);
        let shared = Arc::new(Shared {
            script: Mutex::default(),
            default_answer: Mutex::new(ReceiverAnswer::Status(200)),
            received: Mutex::default(),
            count,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the address of the listener");
        let serving = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Self { address, shared, serving: Mutex::new(Some(serving)) }
    }

    /// Returns the URL of the receiver.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Sets the answers to the next requests, one each.
    pub fn next_answers(&self, answers: impl IntoIterator<Item = ReceiverAnswer>) {
        self.shared.script.lock().extend(answers);
    }

    /// Sets the answer to all requests without an answer of their own.
    pub fn answers(&self, answer: ReceiverAnswer) {
        *self.shared.default_answer.lock() = answer;
    }

    /// Returns all webhooks so far.
    #[must_use]
    pub fn received(&self) -> Vec<ReceivedWebhook> {
        self.shared.received.lock().clone()
    }

    /// Waits until at least `count` webhooks have arrived, and returns all of them.
    ///
    /// # Panics
    /// When that takes longer than [`WAIT_MAX`].
    pub async fn wait_for(&self, count: usize) -> Vec<ReceivedWebhook> {
        let mut counts = self.shared.count.subscribe();
        let waited = tokio::time::timeout(WAIT_MAX, counts.wait_for(|received| *received >= count)).await;
        let received = self.received();
        assert!(waited.is_ok(), "waited for {count} webhooks, got {}", received.len());
        received
    }

    /// Closes the port and all connections at once, even in the middle of a request.
    pub async fn die(&self) {
        let serving = self.serving.lock().take();
        if let Some(serving) = serving {
            serving.abort();
            assert!(serving.await.is_err_and(|error| error.is_cancelled()), "the receiver had already ended");
        }
    }

    /// Listens again on the same port.
    pub async fn come_back(&self) {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("the socket option");
        socket.bind(self.address).expect("the same port");
        let listener = socket.listen(1024).expect("to listen");
        *self.serving.lock() = Some(tokio::spawn(serve(listener, Arc::clone(&self.shared))));
    }
}

impl Drop for WebhookReceiver {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.lock().take() {
            serving.abort();
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // The connections end with this task.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
        // An error means that either side has closed the connection.
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// The error by which the service makes hyper close the connection.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("closed on purpose")
    }
}

impl std::error::Error for Closed {}

impl From<Infallible> for Closed {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Full<Bytes>>, Closed> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
    let answer = shared.script.lock().pop_front();
    let answer = answer.unwrap_or_else(|| shared.default_answer.lock().clone());
    let count = {
        let mut received = shared.received.lock();
        received.push(ReceivedWebhook { path: parts.uri.path().to_owned(), headers: parts.headers, body });
        received.len()
    };
    shared.count.send_replace(count);
    let (status, headers) = match answer {
        ReceiverAnswer::Status(status) => (status, Vec::new()),
        ReceiverAnswer::With(status, headers) => (status, headers),
        ReceiverAnswer::Hang => std::future::pending().await,
        ReceiverAnswer::Slowly(time) => {
            tokio::time::sleep(time).await;
            (200, Vec::new())
        }
        ReceiverAnswer::Close => return Err(Closed),
    };
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Full::new(Bytes::from_static(b"{}"))).map_err(|_| Closed)
}
