//! Runs the Codex executable: as a child process that never outlives the bridge, and to ask for its version
//! or help.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tokio::process::Command;

use crate::os;

/// The maximum time for `codex --version` or `--help`. They take some 30 ms; a binary on a cold network disk
/// takes seconds.
const QUERY_LIMIT: Duration = Duration::from_secs(20);

/// How to start a Codex process.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The executable. Never a script: no shell may stand between the bridge and the process that it must be
    /// able to end.
    pub executable: PathBuf,
    /// The directory that the process starts in. Threads name a directory of their own.
    pub working_directory: PathBuf,
    /// Environment variables to set or override, for example `CODEX_HOME`. All others are inherited.
    pub environment: Vec<(String, String)>,
    /// Overrides of Codex's configuration, each of the form `key=value`, for example
    /// `features.shell_snapshot=false`.
    pub overrides: Vec<String>,
}

/// Returns the version that the executable reports, for example `0.169.0`.
///
/// # Errors
/// A sentence for a person, when the executable cannot be run, does not answer in time, fails, or prints
/// nothing.
pub async fn version(executable: &Path) -> Result<String, String> {
    let output = query(executable, &["--version"]).await?;
    let text = String::from_utf8_lossy(&output.stdout);
    // "codex-cli 0.169.0"
    match text.split_whitespace().last() {
        Some(version) if output.status.success() => Ok(version.to_owned()),
        _ => Err(format!(
            "{} --version ended with {} and printed {:?}; is it Codex?",
            executable.display(),
            output.status,
            text.trim()
        )),
    }
}

/// Runs the executable to its end without any input and returns its output.
///
/// # Errors
/// A sentence for a person, when the executable cannot be run or does not end in time.
pub(crate) async fn query(executable: &Path, arguments: &[&str]) -> Result<Output, String> {
    let mut command = Command::new(executable);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    os::hide_console(&mut command);
    tokio::time::timeout(QUERY_LIMIT, command.output())
        .await
        .map_err(|_| format!("{} {} did not answer", executable.display(), arguments.join(" ")))?
        .map_err(|error| format!("{} cannot be run: {error}", executable.display()))
}

/// Starts the executable with piped standard streams, as the leader of a process group of its own (a job
/// object on Windows), so that everything it starts can be ended with it.
///
/// # Errors
/// The operating system's error when the process cannot be started.
pub(crate) fn spawn<A: AsRef<OsStr>>(
    launch: &Launch,
    arguments: &[A],
) -> std::io::Result<Box<dyn ChildWrapper>> {
    let mut command = CommandWrap::with_new(&launch.executable, |command| {
        command
            .args(launch.overrides.iter().flat_map(|setting| ["-c", setting]))
            .args(arguments)
            .current_dir(&launch.working_directory)
            .envs(launch.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    });
    os::own_process_tree(&mut command);
    command.wrap(KillOnDrop);
    command.spawn()
}
