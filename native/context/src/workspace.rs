//! The roots of the workspace: which files are in it, and that nothing outside of them is read or named.

use std::path::{Path, PathBuf};

mod confine;
mod ignored;
mod walk;

pub use confine::{Confined, Refused};
pub use walk::{Found, Walk, is_test_path, is_vendored};

/// The folders that the index is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    roots: Vec<PathBuf>,
}

/// A root's place in the workspace.
pub type RootIndex = u16;

impl Workspace {
    /// A workspace of some folders, with links resolved. A folder that lies in another one of them is left out: its files are the other's.
    ///
    /// # Errors
    /// One of them is no folder, or cannot be read.
    pub fn new(folders: impl IntoIterator<Item = impl AsRef<Path>>) -> std::io::Result<Self> {
        let mut roots = Vec::new();
        for folder in folders {
            let root = folder.as_ref().canonicalize()?;
            if !root.is_dir() {
                return Err(std::io::Error::new(
                    std::io::ErrorKind::NotADirectory,
                    root.display().to_string(),
                ));
            }
            roots.push(root);
        }
        let all = roots.clone();
        roots.retain(|root| !all.iter().any(|other| other != root && root.starts_with(other)));
        let mut seen = std::collections::HashSet::new();
        roots.retain(|root| seen.insert(root.clone()));
        Ok(Self { roots })
    }

    /// The folders, with links resolved, in the order given.
    #[must_use]
    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// The absolute path of a file.
    #[must_use]
    pub fn absolute(&self, root: RootIndex, path: &str) -> PathBuf {
        self.roots.get(usize::from(root)).map_or_else(PathBuf::new, |root| root.join(path))
    }
}
