//! A client of the bridge's HTTP API, as small as it can be.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::Failure;

pub(super) struct Client {
    /// Host and port.
    authority: String,
}

impl Client {
    pub(super) fn new(url: &str) -> Self {
        Self { authority: url.trim_start_matches("http://").to_owned() }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.send(Method::GET, path, String::new()).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send(Method::POST, path, body.to_string()).await
    }

    async fn send(&self, method: Method, path: &str, body: String) -> Result<Value, Failure> {
        let request = format!("{method} {path}");
        let (status, body) = self
            .exchange(method, path, body)
            .await
            .map_err(|error| format!("{request} got no reply: {error}"))?;
        let reply: Value = serde_json::from_slice(&body)
            .map_err(|error| format!("{request} was answered {status}, but not with JSON: {error}"))?;
        if status.is_success() { Ok(reply) } else { Err(format!("{request} was answered {status}: {reply}")) }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: String,
    ) -> Result<(hyper::StatusCode, Bytes), Box<dyn std::error::Error>> {
        let stream = TcpStream::connect(&self.authority).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends when the sender is dropped.
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}
