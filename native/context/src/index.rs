//! The index of a workspace: built in parallel, kept up to date file by file, read without waiting.
//!
//! [`Index`] is the one that writes: it builds, takes changes, and swaps in a new [`Snapshot`]. Whoever asks takes the snapshot of the
//! moment and keeps it as long as they like.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::cache::Cache;
use crate::limits;
use crate::workspace::{Found, Workspace};

mod build;
mod file;
mod snapshot;
mod tables;

pub use build::Progress;
pub use file::{IndexedFile, Stamp};
pub use snapshot::{FileId, Snapshot};
pub(crate) use tables::{FOLDER_ITSELF, path_words};

/// The index of a workspace.
#[derive(Debug)]
pub struct Index {
    workspace: Workspace,
    current: ArcSwap<Snapshot>,
    /// Held by whoever makes the next snapshot: changes follow one another.
    writer: Mutex<()>,
}

impl Index {
    /// An index that knows no file yet. Nothing is read.
    #[must_use]
    pub fn new(workspace: Workspace) -> Self {
        Self { workspace, current: ArcSwap::from_pointee(Snapshot::default()), writer: Mutex::new(()) }
    }

    /// The workspace that it is about.
    #[must_use]
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// What is known now. It never waits, and the snapshot never changes.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Reads the whole workspace and makes a snapshot of it, showing parts of it on the way. What `cache` holds of an unchanged file is not
    /// read again.
    ///
    /// It takes all of `threads` threads; `None` means one for each processor.
    pub fn build(
        &self,
        cache: Option<&Cache>,
        threads: Option<usize>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Arc<Snapshot> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let walk = self.workspace.walk();
        progress(Progress { files: 0, total: walk.files.len() });
        let known = cache.map(Cache::load).unwrap_or_default();
        let mut shown = limits::FIRST_SNAPSHOT_FILES;
        let files = build::read_all(&self.workspace, &walk.files, &known, threads, &mut |files, total| {
            progress(Progress { files: files.len(), total });
            if files.len() >= shown && files.len() < total {
                shown = files.len() * 2;
                self.current.store(Arc::new(Snapshot::new(files.to_vec(), false)));
            }
        });
        if let Some(cache) = cache {
            // A cache that cannot be written costs the next start some seconds, and nothing else.
            if let Err(error) = cache.store(&files, &known) {
                tracing::warn!(%error, "the cache of the code index was not written");
            }
        }
        let snapshot = Arc::new(Snapshot::new(files, true));
        self.current.store(Arc::clone(&snapshot));
        snapshot
    }

    /// The text of a file as it is now; `None` where it is gone or binary. Offsets of the file's record fit it if its hash (XXH3) is the
    /// record's.
    #[must_use]
    pub fn text(&self, file: &IndexedFile) -> Option<String> {
        build::text(&self.workspace, file.root, &file.path)
    }

    /// Reads some files again, each by its root and its path from there, and shows all of that at once. Files that are gone, or that are no
    /// longer to be indexed, are taken out.
    pub fn refresh(&self, changed: &[(u16, String)]) -> Arc<Snapshot> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = changed.iter().map(|(root, path)| {
            let file =
                found(&self.workspace, *root, path).and_then(|found| build::read(&self.workspace, &found));
            ((*root, path.clone()), file)
        });
        let snapshot = Arc::new(self.current.load().with_changes(changes.collect()));
        self.current.store(Arc::clone(&snapshot));
        snapshot
    }
}

/// The state of a file on the disk; `None` where it is not to be indexed.
fn found(workspace: &Workspace, root: u16, path: &str) -> Option<Found> {
    let absolute = workspace.absolute(root, path);
    let metadata = Path::symlink_metadata(&absolute).ok().filter(std::fs::Metadata::is_file)?;
    let size = metadata.len();
    (size <= limits::FILE_BYTES_MAX).then(|| Found {
        root,
        path: path.to_owned(),
        size,
        modified: metadata.modified().ok(),
    })
}

#[cfg(test)]
mod tests;
