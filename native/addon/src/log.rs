//! Sends the core's log lines to the extension's output channel.

use std::io::{self, Write};
use std::sync::Once;

use api::log_tail::LogTail;
use napi::Status;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use parking_lot::RwLock;
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::host::LogLine;

type Channel = ThreadsafeFunction<LogLine, (), LogLine, Status, false, true>;

/// The output channel. There is one per process, as for the log. A restarted bridge replaces it.
static CHANNEL: RwLock<Option<Channel>> = RwLock::new(None);
static SUBSCRIBE: Once = Once::new();

/// Sends the log to `channel` from now on.
pub(crate) fn send_to(channel: Channel) {
    *CHANNEL.write() = Some(channel);
    SUBSCRIBE.call_once(|| {
        let filter = EnvFilter::try_from_env("CODEX_BRIDGE_LOG")
            .unwrap_or_else(|_| EnvFilter::new(server::LOG_FILTER));
        // The output channel adds the time and the level.
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(Lines)
            .with_ansi(false)
            .without_time()
            .with_level(false);
        let subscribed = tracing_subscriber::registry().with(filter).with(lines).with(LogTail).try_init();
        if let Err(error) = subscribed {
            eprintln!("codex-bridge: cannot log to the output channel: {error}");
        }
    });
}

struct Lines;

/// A line that is being written. It is sent when it is dropped.
struct Line {
    level: Level,
    text: Vec<u8>,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { level: Level::INFO, text: Vec::new() }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Line {
        Line { level: *metadata.level(), text: Vec::new() }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let line = LogLine {
            level: self.level.as_str().to_ascii_lowercase(),
            message: String::from_utf8_lossy(&self.text).trim_end().to_owned(),
        };
        if let Some(channel) = &*CHANNEL.read() {
            // An extension host that is shutting down no longer accepts callbacks, and there is no other
            // place to report that.
            let _status = channel.call(line, ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}
