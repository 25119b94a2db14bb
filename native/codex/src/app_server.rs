//! Starts a `codex app-server`, performs the handshake, asks which methods it knows, and ends it with
//! everything it started.

use std::collections::BTreeSet;
use std::time::Duration;

use process_wrap::tokio::ChildWrapper;
use serde::Deserialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::connection::{CallError, Connection};
use crate::launch::{self, Launch};
pub use crate::process::Exit;
use crate::process::{Stderr, Supervised, wait_for_exit};
use crate::protocol;

/// The arguments of an app-server. Without an unload delay, `thread/unsubscribe` releases a thread's writer
/// lock at once; the default delay is 60 s.
const ARGUMENTS: [&str; 3] = ["-c", "thread_unload_delay_secs=0", "app-server"];
/// The maximum time for each call of the handshake. A cold start takes 0.2-0.5 s, and a loaded machine or a
/// virus scanner multiplies that.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(30);
/// How long an app-server may take to exit after its input is closed before it is killed. It usually takes
/// 0.1 s, even in the middle of a turn.
const EXIT_GRACE: Duration = Duration::from_millis(1000);
/// The maximum time to read the remaining output of an app-server that has exited.
const REMAINING_OUTPUT_LIMIT: Duration = Duration::from_millis(500);

/// Why an app-server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The operating system could not run the executable.
    #[error("{executable} cannot be run: {error}")]
    Spawn {
        /// The path of the executable.
        executable: String,
        /// The operating system's error.
        error: std::io::Error,
    },
    /// The process started, but the handshake failed.
    #[error("the Codex app-server did not start: {error}{}", stderr_suffix(stderr))]
    Handshake {
        /// The call of the handshake that failed.
        error: CallError,
        /// The last lines of the process's standard error.
        stderr: String,
    },
}

fn stderr_suffix(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!(" (its output: {stderr})") }
}

/// The methods that a binary knows, according to the binary itself.
#[derive(Debug, Clone, Default)]
pub struct Methods(BTreeSet<String>);

impl Methods {
    /// Returns whether the binary has this method. A binary that did not list its methods is assumed to have
    /// all of them: the call itself will show.
    #[must_use]
    pub fn has(&self, method: &str) -> bool {
        self.0.is_empty() || self.0.contains(method)
    }

    /// Returns the sorted names. Empty when the binary did not list them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Returns the number of methods.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Parses the error message for an unknown method: "… expected one of `a`, `b`".
    #[must_use]
    pub fn from_error(message: &str) -> Self {
        let Some((_, list)) = message.split_once("expected one of ") else { return Self::default() };
        Self(list.split('`').skip(1).step_by(2).map(str::to_owned).collect())
    }
}

/// A running app-server after its handshake. Dropping it ends the process.
#[derive(Debug)]
pub struct AppServer {
    /// The JSON-RPC connection.
    pub connection: Connection,
    /// The methods that the binary knows.
    pub methods: Methods,
    /// The name that the app-server gives itself, with version and platform.
    pub user_agent: String,
    /// The process id.
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
    /// Starts the executable and performs the handshake as version `client_version` of Codex Bridge.
    ///
    /// # Errors
    /// [`StartError`] when the executable cannot be run or the handshake fails. The process has exited then.
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
                error: std::io::Error::other("the standard streams of the process are not piped"),
            });
        };
        let connection = Connection::open(output, input);
        let stderr = Stderr::default();
        tokio::spawn(stderr.clone().collect(errors));
        let process =
            Supervised::new(stderr.clone(), |stop| supervise(child, connection.clone(), stderr, stop));
        match handshake(&connection, client_version).await {
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

    /// Waits until the process has exited and its remaining output has been read.
    pub async fn exited(&self) -> Exit {
        self.process.exited().await
    }

    /// Returns the last lines that the process wrote to its standard error.
    #[must_use]
    pub fn stderr_tail(&self) -> String {
        self.process.stderr.tail()
    }

    /// Returns the last line that the process wrote to its standard error.
    #[must_use]
    pub fn stderr_last(&self) -> Option<String> {
        self.process.stderr.last()
    }

    /// Ends the process and everything it started, and waits until it has exited. This takes at most 1.5 s.
    pub async fn stop(&self) {
        self.process.stop().await;
    }
}

/// Performs the handshake, then calls a method that does not exist, whose refusal lists the existing ones.
async fn handshake(connection: &Connection, client_version: &str) -> Result<(String, Methods), CallError> {
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

/// Owns the child until it has exited and its remaining output has been read.
async fn supervise(
    child: Box<dyn ChildWrapper>,
    connection: Connection,
    stderr: Stderr,
    stop: CancellationToken,
) -> Exit {
    let stop = async {
        tokio::select! { () = stop.cancelled() => {}, () = connection.closed() => {} }
    };
    // Closing the input asks the app-server to exit.
    let status = wait_for_exit(child, stop, |_| connection.close(), EXIT_GRACE).await;
    // The last output may still be in the pipes: an answer, or why the process failed. It is read at once,
    // unless a process that the app-server started keeps a pipe open.
    let remaining_output = async { tokio::join!(connection.closed(), stderr.closed.cancelled()) };
    if tokio::time::timeout(REMAINING_OUTPUT_LIMIT, remaining_output).await.is_err() {
        tracing::debug!("a process that the app-server started keeps its output open");
    }
    connection.close();
    let exit = Exit::of(status);
    tracing::info!(code = exit.code, signal = exit.signal, "the Codex app-server exited");
    exit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_parsed_from_the_refusal_of_an_unknown_method() {
        let methods = Methods::from_error(
            "Invalid request: unknown variant `bridge/methods`, expected one of `initialize`, `thread/start`",
        );
        assert_eq!(methods.count(), 2);
        assert!(methods.has("thread/start"));
        assert!(!methods.has("thread/queue/add"));
    }

    #[test]
    fn a_binary_that_lists_no_methods_is_assumed_to_have_all() {
        assert!(Methods::from_error("Method not found").has("thread/queue/add"));
    }
}
