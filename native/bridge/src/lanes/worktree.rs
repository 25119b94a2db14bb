//! A git worktree for a lane: a folder and a branch of its own.

use std::path::Path;
use std::process::Stdio;

use model::limits;
use tokio::process::Command;

use crate::error::Error;

/// Makes `folder` a worktree of `repo_root` on `branch`, which is made where it does not exist. One that is there already is
/// kept as it is: a bridge that died before it recorded the lane, or a lane of this id that left work behind, made it.
pub(super) async fn add(repo_root: &str, folder: &Path, branch: &str) -> Result<(), Error> {
    if git(repo_root, &["check-ref-format", "--branch", branch]).await.is_err() {
        return Err(Error::invalid("branch", format!("`{branch}` is no name of a branch")));
    }
    let is_made = folder.join(".git").exists();
    let folder = folder.display().to_string();
    if is_made
        && git(&folder, &["symbolic-ref", "--short", "HEAD"]).await.is_ok_and(|found| found.trim() == branch)
    {
        return Ok(());
    }
    let exists = git(repo_root, &["rev-parse", "--verify", "--quiet", &format!("refs/heads/{branch}")]).await;
    let added = match exists {
        Ok(_) => git(repo_root, &["worktree", "add", "--", &folder, branch]).await,
        Err(_) => git(repo_root, &["worktree", "add", "-b", branch, "--", &folder]).await,
    };
    added.map(drop)
}

/// Removes the worktree, unless it holds changes, and its branch, unless that holds commits of its own.
pub(super) async fn remove(repo_root: &str, folder: &str, branch: Option<&str>) -> Result<(), Error> {
    git(repo_root, &["worktree", "remove", "--", folder]).await?;
    if let Some(branch) = branch
        && let Err(error) = git(repo_root, &["branch", "--delete", "--", branch]).await
    {
        // It has commits that are nowhere else: they stay.
        tracing::info!(branch, %error, "kept the branch of a lane");
    }
    Ok(())
}

/// What would run programs of the repository, outside of any sandbox.
const NO_PROGRAMS: [&str; 4] = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"];

async fn git(repo_root: &str, arguments: &[&str]) -> Result<String, Error> {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(repo_root)
        .args(NO_PROGRAMS)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(limits::GIT_TIMEOUT, command.output());
    match output.await {
        Err(_) => Err(Error::Git("it did not end in time".to_owned())),
        Ok(Err(error)) => Err(Error::Git(format!("it cannot be run ({error})"))),
        Ok(Ok(output)) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(Ok(output)) => Err(Error::Git(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
    }
}
