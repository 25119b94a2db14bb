//! Runs the bridge as a child process.

use std::{path::Path, process::Stdio, time::Duration};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{Failure, checkout};

const START_LIMIT: Duration = Duration::from_secs(30);
/// The maximum time to wait for the bridge to exit. It should take at most 4 s.
const STOP_LIMIT: Duration = Duration::from_secs(10);
const FIRST_LINE: &str = "codex-bridge listening on ";

pub(super) struct Server {
    pub(super) url: String,
    process: Child,
    /// The data directory and the discovery entry, which are deleted when this is dropped.
    _data: TempDir,
}

impl Server {
    pub(super) async fn start(codex_home: &Path, workspace: &Path) -> Result<Self, Failure> {
        let program = checkout::built_program("codex-bridge")?;
        let data =
            tempfile::tempdir().map_err(|error| format!("Cannot create a temporary directory: {error}"))?;
        let mut process = Command::new(&program)
            .args(["serve", "--port", "0", "--data-dir"])
            .arg(data.path())
            .arg("--codex")
            .arg(testkit::codex_binary())
            .arg("--cwd")
            .arg(workspace)
            .env("CODEX_HOME", codex_home)
            .env("CODEX_BRIDGE_DISCOVERY_DIR", data.path().join("discovery"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("Cannot start {}: {error}", program.display()))?;
        let stdout = process.stdout.take().ok_or("The bridge has no standard output.")?;
        let mut lines = BufReader::new(stdout).lines();
        let first = tokio::time::timeout(START_LIMIT, lines.next_line())
            .await
            .map_err(|_| format!("The bridge did not print its address within {} s.", START_LIMIT.as_secs()))?
            .map_err(|error| format!("Cannot read the output of the bridge: {error}"))?;
        let Some(first) = first else {
            let status =
                process.wait().await.map_err(|error| format!("Cannot wait for the bridge: {error}"))?;
            return Err(format!("The bridge exited at once ({status}). Its messages are above."));
        };
        let url = first
            .strip_prefix(FIRST_LINE)
            .ok_or_else(|| format!("The bridge did not print its address, but: {first}"))?;
        Ok(Self { url: url.trim().to_owned(), process, _data: data })
    }

    /// Stops the bridge as Ctrl-C would, and checks that it exits successfully.
    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        request_exit(&mut self.process)?;
        let status = tokio::time::timeout(STOP_LIMIT, self.process.wait())
            .await
            .map_err(|_| format!("The bridge did not exit within {} s.", STOP_LIMIT.as_secs()))?
            .map_err(|error| format!("Cannot wait for the bridge: {error}"))?;
        if cfg!(unix) && !status.success() {
            return Err(format!("The bridge failed ({status})."));
        }
        Ok(())
    }
}

#[cfg(unix)]
fn request_exit(process: &mut Child) -> Result<(), Failure> {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = process
        .id()
        .and_then(|id| Pid::from_raw(id.cast_signed()))
        .ok_or("The bridge has already exited.")?;
    kill_process(pid, Signal::TERM).map_err(|error| format!("Cannot stop the bridge: {error}"))
}

/// Ends the process. Windows has no signal that would ask it to exit.
#[cfg(not(unix))]
fn request_exit(process: &mut Child) -> Result<(), Failure> {
    process.start_kill().map_err(|error| format!("Cannot stop the bridge: {error}"))
}
