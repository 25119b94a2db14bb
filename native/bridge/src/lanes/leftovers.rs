//! Worktrees that were kept when their lanes were deleted, because they contained files that git does not
//! have.

use std::path::{Path, PathBuf};

use model::ids::LaneId;
use serde::Serialize;
use utoipa::ToSchema;

use super::Lanes;
use super::worktree::{self, LocalFiles};
use crate::error::Error;

/// A worktree whose lane was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftWorktree {
    /// The id of the deleted lane. A new lane with this id and branch continues in the worktree.
    pub lane_id: LaneId,
    /// The directory of the worktree.
    pub directory: String,
    /// The repository; `null` if it no longer exists.
    pub repo_root: Option<String>,
    /// The branch that is checked out.
    pub branch: Option<String>,
    /// The changed and untracked files, at most 100.
    pub changed_files: Vec<String>,
    /// The files that git ignores, at most 100. A directory whose files are all ignored counts as one.
    pub ignored_files: Vec<String>,
}

impl Lanes {
    /// Returns the worktrees whose lanes were deleted.
    ///
    /// # Errors
    /// [`Error::Store`] if the database cannot be read.
    pub async fn left_worktrees(&self) -> Result<Vec<LeftWorktree>, Error> {
        let mut left = Vec::new();
        for (lane_id, directory) in self.left_directories().await? {
            let directory = directory.display().to_string();
            let files = worktree::local_files(&directory).await.unwrap_or_default();
            left.push(LeftWorktree {
                lane_id,
                repo_root: worktree::repository_of(&directory).await,
                branch: worktree::branch_of(&directory).await,
                directory,
                changed_files: files.changed,
                ignored_files: files.ignored,
            });
        }
        Ok(left)
    }

    /// Returns the number of worktrees whose lanes were deleted.
    ///
    /// # Errors
    /// [`Error::Store`] if the database cannot be read.
    pub async fn left_worktree_count(&self) -> Result<usize, Error> {
        Ok(self.left_directories().await?.len())
    }

    /// Removes a worktree whose lane was deleted, as [`Self::delete`] does.
    ///
    /// # Errors
    /// [`Error::WorktreeNotFound`]; [`Error::LaneConflict`] if its lane exists; [`Error::Git`] if it contains
    /// files that must be kept.
    pub async fn remove_left_worktree(&self, lane_id: &LaneId, files: LocalFiles) -> Result<(), Error> {
        if let Some(lane) = self.inner.store.lane(lane_id).await? {
            return Err(Error::LaneConflict {
                problem: "its worktree is in use; delete the lane".to_owned(),
                lane: Box::new(lane),
            });
        }
        let left = self.left_directories().await?;
        // The id is compared with names of directories, and never becomes a path.
        let Some((_, directory)) = left.into_iter().find(|(left_id, _)| left_id == lane_id) else {
            return Err(Error::WorktreeNotFound(lane_id.clone()));
        };
        let name = directory.display().to_string();
        match worktree::repository_of(&name).await {
            Some(repo_root) => {
                let branch = worktree::branch_of(&name).await;
                worktree::remove(&repo_root, &name, branch.as_deref(), files).await
            }
            None if files == LocalFiles::Delete => {
                let removed = tokio::fs::remove_dir_all(&directory).await;
                removed.map_err(|error| Error::Git(format!("{name} cannot be deleted: {error}")))
            }
            None => {
                Err(Error::Git("its repository no longer exists, so all of its files are kept".to_owned()))
            }
        }
    }

    /// Returns the directories of the worktrees whose lanes were deleted.
    async fn left_directories(&self) -> Result<Vec<(LaneId, PathBuf)>, Error> {
        let directory = self.inner.worktrees_directory.clone();
        let found = tokio::task::spawn_blocking(move || subdirectories(&directory)).await;
        let found = found.map_err(|error| Error::Internal(format!("listing worktrees failed: {error}")))?;
        let mut left = Vec::new();
        for (lane_id, directory) in found {
            if self.inner.store.lane(&lane_id).await?.is_none() {
                left.push((lane_id, directory));
            }
        }
        Ok(left)
    }
}

/// Returns the directories in `directory`, which are named after their lanes. It does not exist before the
/// first worktree.
fn subdirectories(directory: &Path) -> Vec<(LaneId, PathBuf)> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| Some((LaneId::from(entry.file_name().to_str()?), entry.path())))
        .collect();
    found.sort();
    found
}
