//! Runs a turn with `codex exec --json` in a process of its own, for binaries whose app-server cannot be
//! used.
//!
//! - [`ExecOptions`] holds the options that this binary accepts, according to its own help.
//! - [`ExecRequest`] describes a turn. [`ExecOptions::arguments`] converts it into a command line.
//! - [`ExecRun`] is the running process: a stream of [`ExecEvent`]s and an exit.
//!
//! Such a turn cannot request approvals: Codex runs it with the approval policy `never`, whatever it is
//! given. Source of the events: `codex exec --json` of 0.169.0.

mod event;
mod options;

use std::time::Duration;

use process_wrap::tokio::ChildWrapper;
use tokio::io::{AsyncRead, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use event::ExecEvent;
pub use options::{Color, ExecOptions, ExecRequest, OptionProblem};

use crate::launch::{self, Launch};
use crate::lines::{Line, next_line};
use crate::os;
use crate::process::{Exit, Stderr, Supervised, wait_for_exit};
use crate::rpc::{Refusal, RpcError};

/// The maximum length of a line of output. One item, with everything that a command printed, is one line.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The maximum number of events that wait to be read. At the limit, Codex is blocked until events are read.
const EVENTS_MAX: usize = 1024;
/// How long an interrupted turn may take to exit before its process is killed.
const INTERRUPT_GRACE: Duration = Duration::from_secs(2);
/// The maximum time to wait for more output of a process that has exited.
const REMAINING_OUTPUT_LIMIT: Duration = Duration::from_millis(500);

/// A running `codex exec`. Dropping it ends the process.
#[derive(Debug)]
pub struct ExecRun {
    /// The process id.
    pub pid: u32,
    events: mpsc::Receiver<ExecEvent>,
    process: Supervised,
}

impl ExecRun {
    /// Starts the executable with these arguments in the working directory of `launch`. The prompt is passed
    /// on standard input, because the length of a command line is limited and other users can read it.
    ///
    /// # Errors
    /// The operating system's error when the process cannot be started.
    pub fn start(launch: &Launch, arguments: &[String], prompt: &str) -> std::io::Result<Self> {
        let mut child = launch::spawn(launch, arguments)?;
        let pid = child.id().unwrap_or_default();
        let (Some(mut input), Some(output), Some(errors)) =
            (child.stdin().take(), child.stdout().take(), child.stderr().take())
        else {
            return Err(std::io::Error::other("the standard streams of the process are not piped"));
        };
        let prompt = prompt.as_bytes().to_vec();
        tokio::spawn(async move {
            // Dropping the input closes it. A process that exited before reading it explains why on standard
            // error.
            if let Err(error) = input.write_all(&prompt).await {
                tracing::debug!(%error, "codex exec did not read its prompt");
            }
        });
        let (events_sender, events) = mpsc::channel(EVENTS_MAX);
        let ended = CancellationToken::new();
        tokio::spawn(read_events(output, events_sender, ended.clone()));
        let stderr = Stderr::default();
        tokio::spawn(stderr.clone().collect(errors));
        let process = Supervised::new(stderr.clone(), |stop| supervise(child, ended, stderr, stop));
        tracing::info!(pid, "started codex exec");
        Ok(Self { pid, events, process })
    }

    /// Waits for the next event. `None` when there will be no more.
    pub async fn next(&mut self) -> Option<ExecEvent> {
        self.events.recv().await
    }

    /// Waits until the process has exited. Events may still wait to be read.
    pub async fn exited(&self) -> Exit {
        self.process.exited().await
    }

    /// Returns the last lines that the process wrote to its standard error.
    #[must_use]
    pub fn stderr_tail(&self) -> String {
        self.process.stderr.tail()
    }

    /// Returns the meaning of the standard error if it is a refusal of the thread, such as
    /// [`Refusal::OwnedElsewhere`].
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        let refusal = RpcError { code: 0, message: self.process.stderr.tail() }.refusal();
        (refusal != Refusal::Other).then_some(refusal)
    }

    /// Interrupts the turn, ends the process and everything it started, and waits until it has exited. This
    /// takes about 2.5 s at most.
    pub async fn stop(&self) {
        self.process.stop().await;
    }
}

async fn read_events(
    output: impl AsyncRead + Unpin,
    events: mpsc::Sender<ExecEvent>,
    ended: CancellationToken,
) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        // A process that Codex started may outlive it and keep its output open.
        let silence = async {
            ended.cancelled().await;
            tokio::time::sleep(REMAINING_OUTPUT_LIMIT).await;
        };
        let read = tokio::select! {
            biased;
            read = next_line(&mut output, &mut line, LINE_BYTES_MAX) => read,
            () = silence => break,
        };
        match read {
            Ok(Line::Whole) => match serde_json::from_slice(&line) {
                Ok(event) => {
                    // When the receiver is gone, reading continues, so that the process does not hang.
                    let _ = events.send(ExecEvent::read(event)).await;
                }
                Err(_) => {
                    tracing::debug!(bytes = line.len(), "skipped a line of codex exec that is not JSON");
                }
            },
            Ok(Line::TooLong) => {
                tracing::error!(bytes_max = LINE_BYTES_MAX, "skipped an over-long line of codex exec");
            }
            Ok(Line::End) | Err(_) => break,
        }
    }
}

/// Owns the child until it has exited and its standard error has been read. Cancels `ended` when the child
/// has exited.
async fn supervise(
    child: Box<dyn ChildWrapper>,
    ended: CancellationToken,
    stderr: Stderr,
    stop: CancellationToken,
) -> Exit {
    let status = wait_for_exit(child, stop.cancelled(), os::interrupt, INTERRUPT_GRACE).await;
    ended.cancel();
    // The last output is in the pipe and is read at once, unless a process that Codex started keeps the pipe
    // open.
    if tokio::time::timeout(REMAINING_OUTPUT_LIMIT, stderr.closed.cancelled()).await.is_err() {
        tracing::debug!("a process that codex exec started keeps its standard error open");
    }
    let exit = Exit::of(status);
    tracing::info!(code = exit.code, signal = exit.signal, "codex exec exited");
    exit
}
