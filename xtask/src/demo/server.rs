//! The bridge as a process of its own.

use std::{path::Path, process::Stdio, time::Duration};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{Failure, checkout};

const START_LIMIT: Duration = Duration::from_secs(30);
/// The bridge promises to end within 4 s.
const STOP_LIMIT: Duration = Duration::from_secs(10);
const FIRST_LINE: &str = "codex-bridge listening on ";

pub(super) struct Server {
    pub(super) url: String,
    process: Child,
    /// Its jobs and its entry for discovery: deleted with it.
    _data: TempDir,
}

impl Server {
    pub(super) async fn start(codex_home: &Path, workspace: &Path) -> Result<Self, Failure> {
        let program = checkout::built_program("codex-bridge")?;
        let data = tempfile::tempdir().map_err(|error| format!("Cannot make a temporary folder: {error}"))?;
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
            .map_err(|_| format!("The bridge did not say its address within {} s.", START_LIMIT.as_secs()))?
            .map_err(|error| format!("Cannot read what the bridge prints: {error}"))?;
        let Some(first) = first else {
            let status =
                process.wait().await.map_err(|error| format!("Cannot wait for the bridge: {error}"))?;
            return Err(format!("The bridge ended at once ({status}). What it said about it is above."));
        };
        let url = first
            .strip_prefix(FIRST_LINE)
            .ok_or_else(|| format!("The bridge did not say its address: {first}"))?;
        Ok(Self { url: url.trim().to_owned(), process, _data: data })
    }

    /// Ends it the way a person would, and expects it to end well.
    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        ask_to_end(&mut self.process)?;
        let status = tokio::time::timeout(STOP_LIMIT, self.process.wait())
            .await
            .map_err(|_| format!("The bridge did not end within {} s.", STOP_LIMIT.as_secs()))?
            .map_err(|error| format!("Cannot wait for the bridge: {error}"))?;
        if cfg!(unix) && !status.success() {
            return Err(format!("The bridge ended badly ({status})."));
        }
        Ok(())
    }
}

#[cfg(unix)]
fn ask_to_end(process: &mut Child) -> Result<(), Failure> {
    use rustix::process::{Pid, Signal, kill_process};
    let pid =
        process.id().and_then(|id| Pid::from_raw(id.cast_signed())).ok_or("The bridge has ended already.")?;
    kill_process(pid, Signal::TERM).map_err(|error| format!("Cannot end the bridge: {error}"))
}

/// Windows has no signal for it.
#[cfg(not(unix))]
fn ask_to_end(process: &mut Child) -> Result<(), Failure> {
    process.start_kill().map_err(|error| format!("Cannot end the bridge: {error}"))
}
