//! Supervises Codex processes: how they end, and the last lines of their standard error.

use std::collections::VecDeque;
use std::future::Future;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use process_wrap::tokio::ChildWrapper;
use tokio::io::{AsyncRead, BufReader};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::lines::{Line, next_line};
use crate::os;

/// The maximum number of lines of standard error that are kept. They are enough to explain an exit.
const STDERR_LINES_MAX: usize = 40;
/// The maximum length of such a line. Longer lines are dropped.
const STDERR_LINE_BYTES_MAX: usize = 4096;

/// How a Codex process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// The exit code, if the process exited by itself.
    pub code: Option<i32>,
    /// The number of the signal that ended the process, on Unix.
    pub signal: Option<i32>,
}

impl Exit {
    pub(crate) fn of(status: std::io::Result<ExitStatus>) -> Self {
        match status {
            Ok(status) => Self { code: status.code(), signal: os::exit_signal(status) },
            Err(error) => {
                tracing::warn!(%error, "cannot determine how a Codex process ended");
                Self { code: None, signal: None }
            }
        }
    }
}

/// A process whose exit a separate task waits for. Dropping it ends the process.
#[derive(Debug)]
pub(crate) struct Supervised {
    pub(crate) stderr: Stderr,
    stop: CancellationToken,
    exit: watch::Receiver<Option<Exit>>,
}

impl Supervised {
    /// Spawns `supervise`, which waits for the exit of a process. Its token is cancelled when the process
    /// should end.
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

    /// Waits until the process has exited and its remaining output has been read.
    pub(crate) async fn exited(&self) -> Exit {
        let mut exit = self.exit.clone();
        let ended = exit.wait_for(Option::is_some).await;
        ended.ok().and_then(|exit| exit.clone()).unwrap_or(Exit { code: None, signal: None })
    }

    /// Ends the process and waits until it has exited.
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

/// Waits for the exit of a child. When `stop` completes first, calls `request_exit` and kills the child if it
/// has not exited after `grace`. Finally kills everything that the child started, because the commands of a
/// turn may outlive it.
pub(crate) async fn wait_for_exit(
    mut child: Box<dyn ChildWrapper>,
    stop: impl Future<Output = ()>,
    request_exit: impl FnOnce(&dyn ChildWrapper),
    grace: Duration,
) -> std::io::Result<ExitStatus> {
    let status = tokio::select! {
        status = child.wait() => status,
        () = stop => {
            request_exit(child.as_ref());
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
        tracing::debug!(%error, "no process left to kill");
    }
}

/// The last lines of a process's standard error, shared between the task that reads them and their users.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stderr {
    lines: Arc<Mutex<VecDeque<String>>>,
    /// Cancelled when the standard error has been read to its end.
    pub(crate) closed: CancellationToken,
}

impl Stderr {
    /// Reads the standard error to its end.
    pub(crate) async fn collect(self, input: impl AsyncRead + Unpin) {
        let mut input = BufReader::new(input);
        let mut line = Vec::new();
        loop {
            match next_line(&mut input, &mut line, STDERR_LINE_BYTES_MAX).await {
                Ok(Line::Whole) => self.push(String::from_utf8_lossy(&line).into_owned()),
                Ok(Line::TooLong) => {}
                Ok(Line::End) | Err(_) => break,
            }
        }
        self.closed.cancel();
    }

    fn push(&self, line: String) {
        tracing::debug!(target: "codex::stderr", "{line}");
        let mut lines = self.lines();
        if lines.len() == STDERR_LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.lines.lock()
    }

    /// Returns the last lines, joined by line feeds.
    pub(crate) fn tail(&self) -> String {
        self.lines().iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// Returns the last line.
    pub(crate) fn last(&self) -> Option<String> {
        self.lines().back().cloned()
    }
}
