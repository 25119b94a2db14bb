//! Clients that read events, as cheaply as they can: they share the machine with what is measured.

use std::time::{Duration, SystemTime};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// What a client heard.
#[derive(Default)]
pub(crate) struct Heard {
    /// Ids of recorded events with a time in them.
    pub(crate) ids: Vec<i64>,
    /// From the time in an event to its arrival here.
    pub(crate) delays: Vec<Duration>,
}

/// A client that reads until it heard so many times. It is listening when this returns.
pub(crate) async fn listen(authority: &str, path: &str, count: usize) -> JoinHandle<Heard> {
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut unread = Vec::new();
    while !contains(&unread, b": listening") {
        assert!(stream.read_buf(&mut unread).await.unwrap() > 0, "{}", String::from_utf8_lossy(&unread));
    }
    tokio::spawn(async move {
        let mut heard = Heard::default();
        let mut last_id = 0;
        while heard.delays.len() < count {
            assert!(stream.read_buf(&mut unread).await.unwrap() > 0, "the stream ended");
            let whole = unread.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            for line in std::str::from_utf8(&unread[..whole]).unwrap().lines() {
                if let Some(id) = line.strip_prefix("id: ") {
                    last_id = id.parse().unwrap();
                } else if let Some(delay) = delay_of(line) {
                    heard.ids.push(last_id);
                    heard.delays.push(delay);
                }
            }
            unread.drain(..whole);
        }
        heard
    })
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The time since the one that the line carries.
pub(crate) fn delay_of(line: &str) -> Option<Duration> {
    let (_, stamp) = line.split_once("sent-at-")?;
    let nanos: u64 = stamp.split('.').next()?.parse().ok()?;
    let sent = SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos);
    Some(SystemTime::now().duration_since(sent).unwrap_or_default())
}
