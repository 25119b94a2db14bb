//! The start-up time of the user's login shell. Codex runs this shell once for every conversation, to record
//! its environment (the feature `shell_snapshot`), and for the commands of turns.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use process_wrap::tokio::{CommandWrap, KillOnDrop};

use crate::os;

/// The number of measurements. The first one also reads the shell and its profile from the disk.
const RUNS: usize = 2;

/// The user's login shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginShell {
    /// The executable.
    pub path: PathBuf,
    /// How long it takes to start.
    pub startup: Startup,
}

/// How long a shell takes to start and to read the profile of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Startup {
    /// The shell was ready after this time.
    Took(Duration),
    /// The shell was not ready within this time.
    TimedOut(Duration),
    /// The shell cannot be run, or it failed.
    Failed(String),
}

impl LoginShell {
    /// Measures the login shell of the user, as a Codex process with these overrides of the environment would
    /// run it. Returns `None` if the user has none, as on Windows.
    pub async fn measure(environment: &[(String, String)], limit: Duration) -> Option<Self> {
        let path = os::login_shell()?;
        let mut startup = run(&path, environment, limit).await;
        for _ in 1..RUNS {
            let Startup::Took(before) = startup else { break };
            startup = match run(&path, environment, limit).await {
                Startup::Took(now) => Startup::Took(now.min(before)),
                failed => failed,
            };
        }
        Some(Self { path, startup })
    }
}

/// Runs an empty command in the shell.
async fn run(shell: &Path, environment: &[(String, String)], limit: Duration) -> Startup {
    let mut command = CommandWrap::with_new(shell, |command| {
        command
            .args(["-lc", ":"])
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
    });
    os::own_process_tree(&mut command);
    command.wrap(KillOnDrop);
    let started_at = Instant::now();
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Startup::Failed(error.to_string()),
    };
    match tokio::time::timeout(limit, child.wait()).await {
        Ok(Ok(status)) if status.success() => Startup::Took(started_at.elapsed()),
        Ok(Ok(status)) => Startup::Failed(format!("it ended with {status}")),
        Ok(Err(error)) => Startup::Failed(error.to_string()),
        Err(_) => {
            // The profile may have started other processes.
            if let Err(error) = child.start_kill() {
                tracing::debug!(%error, "cannot kill the login shell");
            }
            Startup::TimedOut(limit)
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_shell_is_ready_slow_or_broken() {
        let directory = tempfile::tempdir().unwrap();
        let shell = |name: &str, script: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
            path
        };
        let environment = [("ANSWER".to_owned(), "42".to_owned())];
        let ready = shell("ready", r#"test "$1 $2 $ANSWER" = "-lc : 42""#);
        let started = run(&ready, &environment, LIMIT).await;
        assert!(matches!(started, Startup::Took(_)), "{started:?}");
        let broken = run(&shell("broken", "exit 3"), &[], LIMIT).await;
        assert_eq!(broken, Startup::Failed("it ended with exit status: 3".to_owned()));
        let missing = run(&directory.path().join("missing"), &[], LIMIT).await;
        assert!(matches!(missing, Startup::Failed(_)), "{missing:?}");
        let limit = Duration::from_millis(50);
        assert_eq!(run(&shell("slow", "sleep 60"), &[], limit).await, Startup::TimedOut(limit));
    }

    #[tokio::test]
    async fn the_login_shell_of_this_user_is_found() {
        let shell = LoginShell::measure(&[], LIMIT).await.expect("a login shell");
        assert!(shell.path.is_absolute(), "{shell:?}");
    }
}
