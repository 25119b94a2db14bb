//! The index of a workspace. It is built in parallel, updated file by file, and read without waiting.
//!
//! [`Index`] is the writer: it builds the index, applies changes, and swaps in a new [`Snapshot`]. Readers
//! take the current snapshot and may keep it as long as they like.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use crate::cache::{Cache, KnownFiles};
use crate::limits;
use crate::workspace::{FoundFile, Workspace};

mod buffers;
mod build;
mod file;
mod snapshot;
mod tables;

use buffers::Buffers;
use snapshot::Change;

pub use build::Progress;
pub(crate) use build::thread_pool;
pub(crate) use file::since_epoch;
pub use file::{IndexedFile, Stamp};
pub use snapshot::{FileId, Snapshot};
pub(crate) use tables::{CURRENT_DIRECTORY, path_words};

/// The index of a workspace.
#[derive(Debug)]
pub struct Index {
    workspace: Workspace,
    current: ArcSwap<Snapshot>,
    /// Held while the next snapshot is made, so that changes are applied one after another.
    writer: Mutex<()>,
    buffers: Buffers,
    /// The records that an index of other directories had, until this index is built.
    earlier: ArcSwap<KnownFiles>,
    stopped: AtomicBool,
}

impl Index {
    /// Creates an empty index. No file is read.
    #[must_use]
    pub fn new(workspace: Workspace) -> Self {
        Self {
            workspace,
            current: ArcSwap::from_pointee(Snapshot::default()),
            writer: Mutex::new(()),
            buffers: Buffers::default(),
            earlier: ArcSwap::default(),
            stopped: AtomicBool::new(false),
        }
    }

    /// Creates an empty index of other directories that reuses the records of `other`: files that are in both
    /// workspaces, and files with the same text, are not parsed again.
    #[must_use]
    pub fn after(other: &Self, workspace: Workspace) -> Self {
        let mut earlier = KnownFiles::of(&other.snapshot(), &other.workspace, &workspace);
        // `other` may be incomplete itself. The records that it took over from an earlier index are as good
        // as its own.
        earlier.add(&other.earlier.load());
        Self { earlier: ArcSwap::from_pointee(earlier), ..Self::new(workspace) }
    }

    /// Stops a build in progress. It ends early with a snapshot of the files read so far.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Returns the workspace of the index.
    #[must_use]
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Returns the current snapshot without waiting. A snapshot never changes.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Reads the whole workspace and makes a snapshot of it. Partial snapshots are published on the way.
    /// Unchanged files with a record in `cache` are not read again.
    ///
    /// The build uses `threads` threads; `None` means one per processor. [`Index::stop`] ends it early.
    pub fn build(
        &self,
        cache: Option<&Cache>,
        threads: Option<usize>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Arc<Snapshot> {
        let _writer = self.writer.lock();
        let walk = self.workspace.walk();
        progress(Progress { files: 0, total: walk.files.len() });
        let known = cache.map(Cache::load).unwrap_or_default();
        let earlier = self.earlier.load_full();
        let sources =
            build::Sources { workspace: &self.workspace, known: [&known, &earlier], stopped: &self.stopped };
        let mut publish_at = limits::FIRST_SNAPSHOT_FILES;
        let files = build::read_all(&sources, &walk.files, threads, &mut |files, total| {
            progress(Progress { files: files.len(), total });
            if files.len() >= publish_at && files.len() < total {
                publish_at = files.len() * 2;
                self.current.store(Arc::new(Snapshot::new(files.to_vec(), false)));
            }
        });
        let complete = !self.stopped.load(Ordering::Relaxed);
        if complete {
            self.earlier.store(Arc::default());
        }
        if let Some(cache) = cache.filter(|_| complete) {
            // A cache that cannot be written only costs the next start some seconds.
            if let Err(error) = cache.store(&files, &known) {
                tracing::warn!(%error, "failed to write the cache of the code index");
            }
        }
        self.current.store(Arc::new(Snapshot::new(files, complete)));
        let open = self.buffers.keys().into_iter().map(|(root, path)| {
            let file = self.read(root, &path);
            ((root, path), file)
        });
        self.publish(open.collect())
    }

    /// Returns the current text of a file, or `None` if the file is gone or binary. The offsets of the file's
    /// record are valid for the text if its XXH3 hash is the record's.
    #[must_use]
    pub fn text(&self, file: &IndexedFile) -> Option<String> {
        match self.buffers.get(file.root, &file.path) {
            Some(text) => Some(text.to_string()),
            None => build::text(&self.workspace, file.root, &file.path),
        }
    }

    /// Replaces the text of a file with the unsaved text of an editor. `None` returns to the text on the
    /// disk. Returns whether the text changed.
    pub fn set_buffer(&self, root: u16, path: &str, text: Option<&str>) -> bool {
        let differs = self.buffers.set(root, path, text);
        if differs {
            self.refresh(&[(root, path.to_owned())]);
        }
        differs
    }

    /// Scans the whole workspace and reads the files that are new or have another stamp. Files that are gone
    /// are removed. Unchanged files are not read.
    pub fn rescan(&self) -> Arc<Snapshot> {
        let walk = self.workspace.walk();
        let snapshot = self.snapshot();
        let mut changed: Vec<(u16, String)> = Vec::new();
        let mut seen = std::collections::HashSet::with_capacity(walk.files.len());
        for found in walk.files {
            let id = snapshot.find(found.root, &found.path);
            let known = id.and_then(|id| snapshot.file(id)).map(|file| (file.stamp, file.read_at));
            let stamp = Stamp::of(&found);
            if !known.is_some_and(|(known, read_at)| known == stamp && stamp.is_settled(read_at)) {
                changed.push((found.root, found.path));
            }
            seen.extend(id);
        }
        let removed = snapshot
            .files()
            .filter(|(id, file)| !seen.contains(id) && self.buffers.get(file.root, &file.path).is_none());
        // A file that is ignored now is removed although it exists on the disk.
        let removed: Vec<Change> =
            removed.map(|(_, file)| ((file.root, file.path.to_string()), None)).collect();
        if changed.is_empty() && removed.is_empty() {
            return snapshot;
        }
        let _writer = self.writer.lock();
        let read = |(root, path): (u16, String)| {
            let file = self.read(root, &path);
            ((root, path), file)
        };
        let mut changes: Vec<Change> = changed.into_par_iter().map(read).collect();
        changes.extend(removed);
        self.publish(changes)
    }

    /// Reads files again, each given by its root and its path relative to the root, and publishes all changes
    /// at once. Files that are gone or are no longer indexed are removed.
    pub fn refresh(&self, changed: &[(u16, String)]) -> Arc<Snapshot> {
        let _writer = self.writer.lock();
        let changes = changed.iter().map(|(root, path)| ((*root, path.clone()), self.read(*root, path)));
        self.publish(changes.collect())
    }

    /// Reads the current version of a file. Returns `None` if it is not to be indexed.
    fn read(&self, root: u16, path: &str) -> Option<Arc<IndexedFile>> {
        match self.buffers.get(root, path) {
            Some(text) => Some(build::buffered(root, path, &text)),
            None => found(&self.workspace, root, path).and_then(|found| build::read(&self.workspace, &found)),
        }
    }

    fn publish(&self, changes: Vec<Change>) -> Arc<Snapshot> {
        let snapshot = Arc::new(self.current.load().with_changes(changes));
        self.current.store(Arc::clone(&snapshot));
        snapshot
    }
}

/// Returns the state of a file on the disk, or `None` if the file is not to be indexed.
fn found(workspace: &Workspace, root: u16, path: &str) -> Option<FoundFile> {
    let absolute = workspace.absolute(root, path);
    let metadata = Path::symlink_metadata(&absolute).ok().filter(std::fs::Metadata::is_file)?;
    let size = metadata.len();
    (size <= limits::FILE_BYTES_MAX).then(|| FoundFile {
        root,
        path: path.to_owned(),
        size,
        modified: metadata.modified().ok(),
    })
}

#[cfg(test)]
mod tests;
