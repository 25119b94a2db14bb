//! Clients that read events. They use little CPU time, because they share the machine with the bridge.

use std::time::{Duration, SystemTime};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// The events that a client received.
#[derive(Default)]
pub(crate) struct Received {
    /// The ids of the events, if they are recorded.
    pub(crate) ids: Vec<i64>,
    /// The times from the creation of the events to their arrival.
    pub(crate) delays: Vec<Duration>,
}

/// Starts a client that reads `count` events. It is connected when this returns.
pub(crate) async fn listen(authority: &str, path: &str, count: usize) -> JoinHandle<Received> {
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut unread = Vec::new();
    while !contains(&unread, b": listening") {
        assert!(stream.read_buf(&mut unread).await.unwrap() > 0, "{}", String::from_utf8_lossy(&unread));
    }
    tokio::spawn(async move {
        let mut received = Received::default();
        let mut last_id = 0;
        while received.delays.len() < count {
            assert!(stream.read_buf(&mut unread).await.unwrap() > 0, "the stream ended");
            let complete = unread.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            for line in std::str::from_utf8(&unread[..complete]).unwrap().lines() {
                if let Some(id) = line.strip_prefix("id: ") {
                    last_id = id.parse().unwrap();
                } else if let Some(delay) = delay_of(line) {
                    received.ids.push(last_id);
                    received.delays.push(delay);
                }
            }
            unread.drain(..complete);
        }
        received
    })
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Returns the time since the timestamp in a line, if the line has one.
pub(crate) fn delay_of(line: &str) -> Option<Duration> {
    let (_, stamp) = line.split_once("sent-at-")?;
    let nanos: u64 = stamp.split('.').next()?.parse().ok()?;
    let sent = SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos);
    Some(SystemTime::now().duration_since(sent).unwrap_or_default())
}
