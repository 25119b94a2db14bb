//! What is common to all processes of Codex: how they ended, and what they said last.

use std::collections::VecDeque;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, BufReader};
use tokio_util::sync::CancellationToken;

use crate::lines::{Line, next_line};

/// Enough of its last words to explain an exit.
const STDERR_LINES_MAX: usize = 40;
const STDERR_LINE_BYTES_MAX: usize = 4096;

/// How a process of Codex ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// Exit code, where there is one.
    pub code: Option<i32>,
    /// Signal number, on Unix.
    pub signal: Option<i32>,
}

impl Exit {
    pub(crate) fn of(status: std::io::Result<ExitStatus>) -> Self {
        match status {
            Ok(status) => Self { code: status.code(), signal: signal(status) },
            Err(error) => {
                tracing::warn!(%error, "cannot tell how a process of Codex ended");
                Self { code: None, signal: None }
            }
        }
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// The last lines of a process's standard error; shared with whoever wants to read them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stderr {
    lines: Arc<Mutex<VecDeque<String>>>,
    pub(crate) closed: CancellationToken,
}

impl Stderr {
    pub(crate) async fn collect(self, input: impl AsyncRead + Unpin) {
        let mut input = BufReader::new(input);
        let mut line = Vec::new();
        loop {
            match next_line(&mut input, &mut line, STDERR_LINE_BYTES_MAX).await {
                Ok(Line::Whole) => self.keep(String::from_utf8_lossy(&line).into_owned()),
                Ok(Line::TooLong) => {}
                Ok(Line::End) | Err(_) => break,
            }
        }
        self.closed.cancel();
    }

    fn keep(&self, line: String) {
        tracing::debug!(target: "codex::stderr", "{line}");
        let mut kept = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == STDERR_LINES_MAX {
            kept.pop_front();
        }
        kept.push_back(line);
    }

    pub(crate) fn tail(&self) -> String {
        let kept = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn last(&self) -> Option<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).back().cloned()
    }
}
