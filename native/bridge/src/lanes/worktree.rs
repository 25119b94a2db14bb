//! Git worktrees of lanes. A worktree gives a lane its own directory and branch.

use std::path::Path;
use std::process::Stdio;

use model::limits;
use tokio::process::Command;

use crate::error::Error;

/// Creates a worktree of `repo_root` in `directory` on `branch`. Creates the branch if it does not exist.
///
/// An existing worktree is kept. It comes from a bridge that died before it recorded the lane, or from an
/// earlier lane with this id that left work behind.
pub(super) async fn add(repo_root: &str, directory: &Path, branch: &str) -> Result<(), Error> {
    if git(repo_root, &["check-ref-format", "--branch", branch]).await.is_err() {
        return Err(Error::invalid("branch", format!("`{branch}` is not a valid branch name")));
    }
    let exists = directory.join(".git").exists();
    let directory = directory.display().to_string();
    if exists
        && git(&directory, &["symbolic-ref", "--short", "HEAD"])
            .await
            .is_ok_and(|current| current.trim() == branch)
    {
        return Ok(());
    }
    let branch_exists =
        git(repo_root, &["rev-parse", "--verify", "--quiet", &format!("refs/heads/{branch}")]).await;
    let added = match branch_exists {
        Ok(_) => git(repo_root, &["worktree", "add", "--", &directory, branch]).await,
        Err(_) => git(repo_root, &["worktree", "add", "-b", branch, "--", &directory]).await,
    };
    added.map(drop)
}

/// Removes the worktree unless it contains changes, and its branch unless that contains unmerged commits.
pub(super) async fn remove(repo_root: &str, directory: &str, branch: Option<&str>) -> Result<(), Error> {
    git(repo_root, &["worktree", "remove", "--", directory]).await?;
    if let Some(branch) = branch
        && let Err(error) = git(repo_root, &["branch", "--delete", "--", branch]).await
    {
        // The branch contains commits that exist nowhere else, so it is kept.
        tracing::info!(branch, %error, "kept the branch of a lane");
    }
    Ok(())
}

/// Options that disable the programs of the repository, which would run outside of any sandbox.
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
        Err(_) => Err(Error::Git("the command did not end in time".to_owned())),
        Ok(Err(error)) => Err(Error::Git(format!("git cannot be run ({error})"))),
        Ok(Ok(output)) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(Ok(output)) => Err(Error::Git(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
    }
}
