//! A reader of server-sent events.

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::{HeaderMap, Request, StatusCode, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::NoReply;

/// An event stream. Dropping it closes the connection.
#[derive(Debug)]
pub struct EventReader {
    /// The status of the response.
    pub status: StatusCode,
    /// The headers of the response.
    pub headers: HeaderMap,
    body: Incoming,
    unread: BytesMut,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerSentEvent {
    /// The id, if the event has one.
    pub id: Option<i64>,
    /// The type.
    pub event: String,
    /// The data.
    pub data: Value,
}

impl EventReader {
    /// Requests the stream at `path` from `authority` (host and port).
    ///
    /// # Errors
    /// [`NoReply`] when the request fails without a response.
    pub async fn open(authority: &str, path: &str, headers: &[(&str, &str)]) -> Result<Self, NoReply> {
        let stream = TcpStream::connect(authority).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // The task ends when the body is dropped.
        tokio::spawn(connection);
        let mut request =
            Request::get(path).header(header::HOST, authority).header(header::ACCEPT, "text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
        let (parts, body) = response.into_parts();
        Ok(Self { status: parts.status, headers: parts.headers, body, unread: BytesMut::new() })
    }

    /// Waits for the next event. `None` when the stream has ended. Skips everything that is not an event,
    /// such as a heartbeat.
    ///
    /// # Panics
    /// When nothing arrives within [`crate::WAIT_MAX`].
    pub async fn next(&mut self) -> Option<ServerSentEvent> {
        loop {
            while let Some(end) = self.unread.windows(2).position(|two| two == b"\n\n") {
                let block = self.unread.split_to(end + 2);
                if let Some(event) = parse(&String::from_utf8_lossy(&block)) {
                    return Some(event);
                }
            }
            let frame = tokio::time::timeout(crate::WAIT_MAX, self.body.frame()).await;
            let frame = frame.expect("an event, or the end of the stream")?.ok()?;
            if let Ok(data) = frame.into_data() {
                self.unread.extend_from_slice(&data);
            }
        }
    }

    /// Returns all events up to and including the first one of this type.
    ///
    /// # Panics
    /// When no such event arrives.
    pub async fn until(&mut self, event: &str) -> Vec<ServerSentEvent> {
        let mut events = Vec::new();
        loop {
            let next = self.next().await;
            let next = next.unwrap_or_else(|| panic!("the stream ended before {event}; it had {events:?}"));
            let is_last = next.event == event;
            events.push(next);
            if is_last {
                return events;
            }
        }
    }

    /// Returns all events up to the end of the stream.
    pub async fn to_the_end(mut self) -> Vec<ServerSentEvent> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

fn parse(block: &str) -> Option<ServerSentEvent> {
    let field = |name: &str| {
        block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
    };
    Some(ServerSentEvent {
        id: field("id").and_then(|id| id.parse().ok()),
        // The specification defines this type for an event without one.
        event: field("event").unwrap_or_else(|| "message".to_owned()),
        data: serde_json::from_str(&field("data")?).ok()?,
    })
}
