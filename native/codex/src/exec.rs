//! `codex exec --json`: a turn in a process of its own, for binaries whose app-server cannot be used.
//!
//! - [`ExecOptions`] knows which options this binary takes, as its own help says.
//! - [`ExecRequest`] is what a turn needs; [`ExecOptions::arguments`] makes a command line of it.
//! - [`ExecRun`] is the running process: a stream of [`ExecEvent`]s, and its end.
//!
//! Nobody can be asked during such a turn: Codex runs it with the approval policy `never`, whatever it is given. Source of
//! the events: `codex exec --json` of 0.169.0.

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
use crate::process::{Exit, Stderr, Supervised, end_of};
use crate::rpc::{Refusal, RpcError};

/// One item, with all that a command printed, is one line.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Events that wait to be read; beyond them Codex waits.
const EVENTS_MAX: usize = 1024;
/// How long a turn that is interrupted may take to say so before its process is killed.
const INTERRUPT_GRACE: Duration = Duration::from_secs(2);
/// How long the silent output of a process that has ended is listened to.
const LAST_WORDS_LIMIT: Duration = Duration::from_millis(500);

/// A running `codex exec`. Dropping it ends it.
#[derive(Debug)]
pub struct ExecRun {
    /// Its process id.
    pub pid: u32,
    events: mpsc::Receiver<ExecEvent>,
    process: Supervised,
}

impl ExecRun {
    /// Starts the executable with these arguments, in the launch's working folder, and gives it the prompt on its
    /// standard input: a command line has a limit, and others can read it.
    ///
    /// # Errors
    /// What the operating system said.
    pub fn start(launch: &Launch, arguments: &[String], prompt: &str) -> std::io::Result<Self> {
        let mut child = launch::spawn(launch, arguments)?;
        let pid = child.id().unwrap_or_default();
        let (Some(mut input), Some(output), Some(errors)) =
            (child.stdin().take(), child.stdout().take(), child.stderr().take())
        else {
            return Err(std::io::Error::other("its standard streams are not piped"));
        };
        let prompt = prompt.as_bytes().to_vec();
        tokio::spawn(async move {
            // Dropping the input closes it. A process that ended before it read says why on its standard error.
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

    /// The next event; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<ExecEvent> {
        self.events.recv().await
    }

    /// Completes when the process is gone. Events may still wait to be read.
    pub async fn exited(&self) -> Exit {
        self.process.exited().await
    }

    /// The last lines it wrote to its standard error.
    #[must_use]
    pub fn stderr_tail(&self) -> String {
        self.process.stderr.tail()
    }

    /// What its last words mean, when they are a refusal of the thread, such as [`Refusal::OwnedElsewhere`].
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        let refusal = RpcError { code: 0, message: self.process.stderr.tail() }.refusal();
        (refusal != Refusal::Other).then_some(refusal)
    }

    /// Interrupts the turn, ends the process and all that it started, and waits until it is gone: some two seconds and a
    /// half at the most.
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
        // Something that a dead process started may keep its output open.
        let silence = async {
            ended.cancelled().await;
            tokio::time::sleep(LAST_WORDS_LIMIT).await;
        };
        let read = tokio::select! {
            biased;
            read = next_line(&mut output, &mut line, LINE_BYTES_MAX) => read,
            () = silence => break,
        };
        match read {
            Ok(Line::Whole) => match serde_json::from_slice(&line) {
                Ok(event) => {
                    // Read on when nobody listens any more, so that the process does not hang.
                    let _ = events.send(ExecEvent::read(event)).await;
                }
                Err(_) => {
                    tracing::debug!(bytes = line.len(), "skipped a line of codex exec that is not JSON");
                }
            },
            Ok(Line::TooLong) => {
                tracing::error!(bytes_max = LINE_BYTES_MAX, "skipped a line of codex exec that is too long");
            }
            Ok(Line::End) | Err(_) => break,
        }
    }
}

/// Owns the child until it is gone and its last words are read; tells the reader of its events when it is gone.
async fn supervise(
    child: Box<dyn ChildWrapper>,
    ended: CancellationToken,
    stderr: Stderr,
    stop: CancellationToken,
) -> Exit {
    let status = end_of(child, stop.cancelled(), os::interrupt, INTERRUPT_GRACE).await;
    ended.cancel();
    // It is in the pipe, so it is read at once, unless something that it started keeps the pipe open.
    if tokio::time::timeout(LAST_WORDS_LIMIT, stderr.closed.cancelled()).await.is_err() {
        tracing::debug!("the standard error of codex exec is still open");
    }
    let exit = Exit::of(status);
    tracing::info!(code = exit.code, signal = exit.signal, "codex exec ended");
    exit
}
