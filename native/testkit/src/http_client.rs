//! A minimal client of a JSON API on this machine.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, Request, StatusCode, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::EventReader;

/// A client for one address. Every request uses its own connection.
#[derive(Debug, Clone)]
pub struct HttpClient {
    /// The host and port.
    authority: String,
}

/// A response.
#[derive(Debug, Clone)]
pub struct HttpReply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, or `null` if it is not JSON.
    pub body: Value,
}

/// The reason why a request had no response.
pub type NoReply = Box<dyn std::error::Error + Send + Sync>;

impl HttpClient {
    /// Returns a client for `http://HOST:PORT`.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self { authority: url.trim_start_matches("http://").to_owned() }
    }

    /// Sends a GET request.
    ///
    /// # Errors
    /// [`NoReply`] when the request fails without a response.
    pub async fn get(&self, path: &str) -> Result<HttpReply, NoReply> {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    /// Requests an event stream.
    ///
    /// # Errors
    /// [`NoReply`] when the request fails without a response.
    pub async fn events(&self, path: &str) -> Result<EventReader, NoReply> {
        EventReader::open(&self.authority, path, &[]).await
    }

    /// Requests an event stream that continues after the event with this id.
    ///
    /// # Errors
    /// [`NoReply`] when the request fails without a response.
    pub async fn events_after(&self, path: &str, last_event_id: i64) -> Result<EventReader, NoReply> {
        EventReader::open(&self.authority, path, &[("Last-Event-ID", &last_event_id.to_string())]).await
    }

    /// Sends a POST request with a JSON body.
    ///
    /// # Errors
    /// [`NoReply`] when the request fails without a response.
    pub async fn post(&self, path: &str, body: &Value) -> Result<HttpReply, NoReply> {
        let headers = [("content-type", "application/json")];
        self.send(Method::POST, path, &headers, Bytes::from(body.to_string())).await
    }

    /// Sends a PUT request with a JSON body.
    ///
    /// # Errors
    /// [`NoReply`] when there is no complete reply.
    pub async fn put(&self, path: &str, body: &Value) -> Result<HttpReply, NoReply> {
        let headers = [("content-type", "application/json")];
        self.send(Method::PUT, path, &headers, Bytes::from(body.to_string())).await
    }

    /// Sends a PATCH request with a JSON body.
    ///
    /// # Errors
    /// [`NoReply`] when the request fails without a response.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<HttpReply, NoReply> {
        let headers = [("content-type", "application/json")];
        self.send(Method::PATCH, path, &headers, Bytes::from(body.to_string())).await
    }

    /// Sends a DELETE request.
    ///
    /// # Errors
    /// [`NoReply`] when the request fails without a response.
    pub async fn delete(&self, path: &str) -> Result<HttpReply, NoReply> {
        self.send(Method::DELETE, path, &[], Bytes::new()).await
    }

    /// Sends a POST request with a JSON body and an `Idempotency-Key`.
    ///
    /// # Errors
    /// [`NoReply`] when the request fails without a response.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Result<HttpReply, NoReply> {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        self.send(Method::POST, path, &headers, Bytes::from(body.to_string())).await
    }

    /// Sends any request. A `Host` among the headers replaces the correct one.
    ///
    /// # Errors
    /// [`NoReply`] when the request fails without a response.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<HttpReply, NoReply> {
        let stream = TcpStream::connect(&self.authority).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // The task ends when the sender is dropped.
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            request = request.header(header::HOST, &self.authority);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = sender.send_request(request.body(Full::new(body))?).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Ok(HttpReply { status: parts.status, headers: parts.headers, body })
    }
}
