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
    if exists && branch_of(&directory).await.as_deref() == Some(branch) {
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

/// The handling of the files of a worktree that git does not have: changed, untracked and ignored ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalFiles {
    /// The worktree is kept if it contains such files.
    Keep,
    /// They are deleted with the worktree.
    Delete,
}

/// The maximum number of ignored files that a message names.
const NAMED_FILES_MAX: usize = 5;

/// Removes the worktree, and its branch unless that contains unmerged commits. With [`LocalFiles::Keep`], a
/// worktree stays if it contains files that git does not have.
pub(super) async fn remove(
    repo_root: &str,
    directory: &str,
    branch: Option<&str>,
    files: LocalFiles,
) -> Result<(), Error> {
    match files {
        LocalFiles::Keep => {
            // `git worktree remove` refuses changed and untracked files, but deletes ignored ones.
            let ignored = ignored_files(directory).await?;
            if !ignored.is_empty() {
                return Err(Error::Git(format!("it contains files that git ignores: {}", named(&ignored))));
            }
            git(repo_root, &["worktree", "remove", "--", directory]).await?;
        }
        LocalFiles::Delete => {
            git(repo_root, &["worktree", "remove", "--force", "--", directory]).await?;
        }
    }
    if let Some(branch) = branch
        && let Err(error) = git(repo_root, &["branch", "--delete", "--", branch]).await
    {
        // The branch contains commits that exist nowhere else, so it is kept.
        tracing::info!(branch, %error, "kept the branch of a lane");
    }
    Ok(())
}

/// The files of a worktree that git does not have.
#[derive(Debug, Default)]
pub(super) struct FilesOnDisk {
    /// The changed and untracked files.
    pub(super) changed: Vec<String>,
    /// The ignored files. A directory whose files are all ignored counts as one.
    pub(super) ignored: Vec<String>,
}

/// The maximum number of files of each kind in a list.
const LISTED_FILES_MAX: usize = 100;

/// Returns the files of a worktree that git does not have.
///
/// # Errors
/// [`Error::Git`] if the directory is no worktree.
pub(super) async fn local_files(directory: &str) -> Result<FilesOnDisk, Error> {
    let status = git(directory, &["status", "--porcelain", "-z", "--no-renames"]).await?;
    // Each entry is the status in two letters, a space and the path.
    let changed = status.split('\0').filter_map(|entry| entry.get(3..));
    let mut ignored = ignored_files(directory).await?;
    ignored.truncate(LISTED_FILES_MAX);
    Ok(FilesOnDisk { changed: changed.take(LISTED_FILES_MAX).map(str::to_owned).collect(), ignored })
}

/// Returns the repository of a worktree. `None` if the directory is no worktree, or if its repository no
/// longer exists.
pub(super) async fn repository_of(directory: &str) -> Option<String> {
    // Without this file, git would find a repository that the directory happens to be in.
    if !Path::new(directory).join(".git").is_file() {
        return None;
    }
    let arguments = ["rev-parse", "--path-format=absolute", "--git-common-dir"];
    let common = git(directory, &arguments).await.ok()?;
    let common = Path::new(common.trim());
    let root = if common.ends_with(".git") { common.parent()? } else { common };
    Some(root.display().to_string())
}

/// Returns the branch that is checked out in a worktree.
pub(super) async fn branch_of(directory: &str) -> Option<String> {
    let branch = git(directory, &["symbolic-ref", "--short", "HEAD"]).await.ok()?;
    Some(branch.trim().to_owned())
}

/// Returns the ignored files of a worktree. A directory whose files are all ignored counts as one. A worktree
/// that somebody deleted has none.
async fn ignored_files(directory: &str) -> Result<Vec<String>, Error> {
    if !Path::new(directory).exists() {
        return Ok(Vec::new());
    }
    let options = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"];
    let files = git(directory, &options).await?;
    Ok(files.split('\0').filter(|file| !file.is_empty()).map(str::to_owned).collect())
}

fn named(files: &[String]) -> String {
    let mut text = files.iter().take(NAMED_FILES_MAX).cloned().collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = files.len().checked_sub(NAMED_FILES_MAX) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// Options that disable the programs of the repository, which would run outside of any sandbox.
const NO_PROGRAMS: [&str; 4] = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"];

async fn git(repo_root: &str, arguments: &[&str]) -> Result<String, Error> {
    let mut command = Command::new("git");
    // Variables such as GIT_DIR, which a git hook sets, would make git work in another repository.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
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
