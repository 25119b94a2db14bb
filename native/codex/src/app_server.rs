//! One running `codex app-server`: started, introduced, asked what it can do, and ended with all that it started.

use std::collections::BTreeSet;
use std::time::Duration;

use process_wrap::tokio::ChildWrapper;
use serde::Deserialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::connection::{CallError, Connection};
use crate::launch::{self, Launch};
pub use crate::process::Exit;
use crate::process::{Stderr, Supervised, end_of};
use crate::protocol;

/// Without a delay, `thread/unsubscribe` gives a thread's writer back at once; the default is 60 s.
const ARGUMENTS: [&str; 3] = ["-c", "thread_unload_delay_secs=0", "app-server"];
/// A cold start takes 0.2-0.5 s; a loaded machine or a virus scanner multiplies that.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(30);
/// An app-server whose input was closed ends within 0.1 s, also in the middle of a turn.
const EXIT_GRACE: Duration = Duration::from_millis(1000);
/// How long the output of an app-server that has ended is read.
const LAST_WORDS_LIMIT: Duration = Duration::from_millis(500);

/// Why an app-server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The operating system did not run it.
    #[error("{executable} cannot be run: {error}")]
    Spawn {
        /// The path that was tried.
        executable: String,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// It ran but did not introduce itself.
    #[error("the Codex app-server did not start: {error}{}", stderr_suffix(stderr))]
    Handshake {
        /// What went wrong.
        error: CallError,
        /// Its last words.
        stderr: String,
    },
}

fn stderr_suffix(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!(" (it said: {stderr})") }
}

/// The methods that a binary knows, as it says itself.
#[derive(Debug, Clone, Default)]
pub struct Methods(BTreeSet<String>);

impl Methods {
    /// Whether the binary has this method. A binary that did not list its methods is taken to have all: the call
    /// itself then tells.
    #[must_use]
    pub fn has(&self, method: &str) -> bool {
        self.0.is_empty() || self.0.contains(method)
    }

    /// The names, in order; none where the binary did not list them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Reads them out of the error that an unknown method gets: "… expected one of `a`, `b`".
    #[must_use]
    pub fn from_error(text: &str) -> Self {
        let Some((_, list)) = text.split_once("expected one of ") else { return Self::default() };
        Self(list.split('`').skip(1).step_by(2).map(str::to_owned).collect())
    }
}

/// A running app-server whose handshake is done. Dropping it ends it.
#[derive(Debug)]
pub struct AppServer {
    /// Its JSON-RPC link.
    pub connection: Connection,
    /// The methods it knows.
    pub methods: Methods,
    /// What it calls itself, with version and platform.
    pub user_agent: String,
    /// Its process id.
    pub pid: u32,
    process: Supervised,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Initialized {
    #[serde(default)]
    user_agent: String,
}

impl AppServer {
    /// Starts the executable and introduces us as `client_version` of Codex Bridge.
    ///
    /// # Errors
    /// [`StartError`]; the process is gone then.
    pub async fn start(launch: &Launch, client_version: &str) -> Result<Self, StartError> {
        let mut child = launch::spawn(launch, &ARGUMENTS).map_err(|error| StartError::Spawn {
            executable: launch.executable.display().to_string(),
            error,
        })?;
        let pid = child.id().unwrap_or_default();
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin().take(), child.stdout().take(), child.stderr().take())
        else {
            return Err(StartError::Spawn {
                executable: launch.executable.display().to_string(),
                error: std::io::Error::other("its standard streams are not piped"),
            });
        };
        let connection = Connection::open(output, input);
        let stderr = Stderr::default();
        tokio::spawn(stderr.clone().collect(errors));
        let process =
            Supervised::new(stderr.clone(), |stop| supervise(child, connection.clone(), stderr, stop));
        match introduce(&connection, client_version).await {
            Ok((user_agent, methods)) => {
                tracing::info!(pid, user_agent, methods = methods.count(), "started the Codex app-server");
                Ok(Self { connection, methods, user_agent, pid, process })
            }
            Err(error) => {
                process.stop().await;
                Err(StartError::Handshake { error, stderr: process.stderr.tail() })
            }
        }
    }

    /// Completes when the process is gone and its last words are read.
    pub async fn exited(&self) -> Exit {
        self.process.exited().await
    }

    /// The last lines it wrote to its standard error.
    #[must_use]
    pub fn stderr_tail(&self) -> String {
        self.process.stderr.tail()
    }

    /// The last line it wrote to its standard error.
    #[must_use]
    pub fn stderr_last(&self) -> Option<String> {
        self.process.stderr.last()
    }

    /// Ends the process and all that it started, and waits until it is gone: a second and a half at the most.
    pub async fn stop(&self) {
        self.process.stop().await;
    }
}

/// The handshake, then one made-up method whose refusal lists the real ones.
async fn introduce(connection: &Connection, client_version: &str) -> Result<(String, Methods), CallError> {
    let params = json!({
        "clientInfo": {"name": "codex-bridge", "title": "Codex Bridge", "version": client_version},
        "capabilities": {"experimentalApi": true},
    });
    let result = connection.call("initialize", params, HANDSHAKE_LIMIT).await?;
    let Initialized { user_agent } = protocol::read("initialize", result)?;
    connection.notify("initialized").await;
    let methods = match connection.call("bridge/methods", json!({}), HANDSHAKE_LIMIT).await {
        Err(CallError::Refused { error, .. }) => Methods::from_error(&error.message),
        Err(error) => return Err(error),
        Ok(_) => Methods::default(),
    };
    Ok((user_agent, methods))
}

/// Owns the child until it is gone and its last words are read.
async fn supervise(
    child: Box<dyn ChildWrapper>,
    connection: Connection,
    stderr: Stderr,
    stop: CancellationToken,
) -> Exit {
    let to_end = async {
        tokio::select! { () = stop.cancelled() => {}, () = connection.closed() => {} }
    };
    // Closing its input is the polite way.
    let status = end_of(child, to_end, |_| connection.close(), EXIT_GRACE).await;
    // What it said last may still be on its way: an answer, why it gave up. It is in the pipe, so it is read at once,
    // unless something that it started keeps the pipe open.
    let last_words = async { tokio::join!(connection.closed(), stderr.closed.cancelled()) };
    if tokio::time::timeout(LAST_WORDS_LIMIT, last_words).await.is_err() {
        tracing::debug!("the app-server's output is still open");
    }
    connection.close();
    let exit = Exit::of(status);
    tracing::info!(code = exit.code, signal = exit.signal, "the Codex app-server ended");
    exit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_methods_are_read_from_the_refusal_of_an_unknown_one() {
        let methods = Methods::from_error(
            "Invalid request: unknown variant `bridge/methods`, expected one of `initialize`, `thread/start`",
        );
        assert_eq!(methods.count(), 2);
        assert!(methods.has("thread/start"));
        assert!(!methods.has("thread/queue/add"));
    }

    #[test]
    fn a_binary_that_lists_nothing_is_taken_at_its_word_later() {
        assert!(Methods::from_error("Method not found").has("thread/queue/add"));
    }
}
