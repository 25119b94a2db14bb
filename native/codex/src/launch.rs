//! Running the Codex executable: its version, and a child process that never outlives us.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tokio::process::Command;
// An extension host has no console, so each console program would open a window of its own.
#[cfg(windows)]
use windows::Win32::System::Threading::CREATE_NO_WINDOW;

/// `codex --version` answers in some 30 ms; a binary on a cold network disk needs seconds.
const VERSION_LIMIT: Duration = Duration::from_secs(20);

/// How to start an app-server.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The executable. Never a script: no shell is between us and the process that we must be able to end.
    pub executable: PathBuf,
    /// Where it runs; threads name their own folder.
    pub working_folder: PathBuf,
    /// Overrides of the environment, for example `CODEX_HOME`. All else is inherited.
    pub environment: Vec<(String, String)>,
}

/// Asks the executable for its version, for example `0.169.0`.
///
/// # Errors
/// A sentence that says why it could not be run, for a person.
pub async fn version(executable: &Path) -> Result<String, String> {
    let mut command = Command::new(executable);
    command.arg("--version").stdin(Stdio::null()).kill_on_drop(true);
    #[cfg(windows)]
    command.creation_flags(CREATE_NO_WINDOW.0);
    let output = tokio::time::timeout(VERSION_LIMIT, command.output())
        .await
        .map_err(|_| format!("{} --version did not answer", executable.display()))?
        .map_err(|error| format!("{} cannot be run: {error}", executable.display()))?;
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

/// Starts the executable with piped stdio, as the leader of a process group (a job object on Windows) of its own, so
/// that whatever it starts can be ended with it.
///
/// # Errors
/// What the operating system said.
pub(crate) fn spawn<A: AsRef<OsStr>>(
    launch: &Launch,
    arguments: &[A],
) -> std::io::Result<Box<dyn ChildWrapper>> {
    let mut command = CommandWrap::with_new(&launch.executable, |command| {
        command
            .args(arguments)
            .current_dir(&launch.working_folder)
            .envs(launch.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    });
    #[cfg(unix)]
    command.wrap(process_wrap::tokio::ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(process_wrap::tokio::CreationFlags(CREATE_NO_WINDOW)).wrap(process_wrap::tokio::JobObject);
    command.wrap(KillOnDrop);
    command.spawn()
}
