//! The workspace: its roots and their files. Nothing outside the roots is ever read or named.

use std::path::{Path, PathBuf};

mod confine;
mod ignored;
mod walk;

pub use confine::{Confined, Refused};
pub use walk::{FoundFile, Walk, is_test_path, is_vendored};

/// The directories that the index covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    roots: Vec<PathBuf>,
}

/// The index of a root in the workspace.
pub type RootIndex = u16;

impl Workspace {
    /// Creates a workspace of directories, with symbolic links resolved. A directory inside another one of
    /// them is dropped, because its files belong to the outer one.
    ///
    /// # Errors
    /// Returns an error if a path is not a directory or cannot be read.
    pub fn new(directories: impl IntoIterator<Item = impl AsRef<Path>>) -> std::io::Result<Self> {
        let mut roots = Vec::new();
        for directory in directories {
            let root = directory.as_ref().canonicalize()?;
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

    /// Returns the root directories, with symbolic links resolved, in the order given.
    #[must_use]
    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// Returns the absolute path of a file.
    #[must_use]
    pub fn absolute(&self, root: RootIndex, path: &str) -> PathBuf {
        self.roots.get(usize::from(root)).map_or_else(PathBuf::new, |root| root.join(path))
    }
}
