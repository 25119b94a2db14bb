//! What is common to all processes of Codex: how they end, and what they said last.

use std::collections::VecDeque;
use std::future::Future;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use process_wrap::tokio::ChildWrapper;
use tokio::io::{AsyncRead, BufReader};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::lines::{Line, next_line};
use crate::os;

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
            Ok(status) => Self { code: status.code(), signal: os::exit_signal(status) },
            Err(error) => {
                tracing::warn!(%error, "cannot tell how a process of Codex ended");
                Self { code: None, signal: None }
            }
        }
    }
}

/// A process whose end a task of its own waits for. Dropping it ends the process.
#[derive(Debug)]
pub(crate) struct Supervised {
    pub(crate) stderr: Stderr,
    stop: CancellationToken,
    exit: watch::Receiver<Option<Exit>>,
}

impl Supervised {
    /// Has `supervise` wait for the end of a process. It is given what tells that the process shall end.
    pub(crate) fn new<S>(stderr: Stderr, supervise: impl FnOnce(CancellationToken) -> S) -> Self
    where
        S: Future<Output = Exit> + Send + 'static,
    {
        let stop = CancellationToken::new();
        let (exit_sender, exit) = watch::channel(None);
        let exited = supervise(stop.clone());
        tokio::spawn(async move { exit_sender.send_replace(Some(exited.await)) });
        Self { stderr, stop, exit }
    }

    /// Completes when the process is gone and its last words are read.
    pub(crate) async fn exited(&self) -> Exit {
        let mut exit = self.exit.clone();
        let ended = exit.wait_for(Option::is_some).await;
        ended.ok().and_then(|exit| exit.clone()).unwrap_or(Exit { code: None, signal: None })
    }

    /// Ends the process, and waits until it is gone.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        self.exited().await;
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Waits for a child's end. Once it is `to_end`, it is asked to, and killed where it is not gone after `grace`.
/// Nothing that it started is left: commands of a turn may outlive it.
pub(crate) async fn end_of(
    mut child: Box<dyn ChildWrapper>,
    to_end: impl Future<Output = ()>,
    ask: impl FnOnce(&dyn ChildWrapper),
    grace: Duration,
) -> std::io::Result<ExitStatus> {
    let status = tokio::select! {
        status = child.wait() => status,
        () = to_end => {
            ask(child.as_ref());
            match tokio::time::timeout(grace, child.wait()).await {
                Ok(status) => status,
                Err(_) => {
                    kill(child.as_mut());
                    child.wait().await
                }
            }
        }
    };
    kill(child.as_mut());
    status
}

fn kill(child: &mut dyn ChildWrapper) {
    if let Err(error) = child.start_kill() {
        tracing::debug!(%error, "nothing left to end");
    }
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
