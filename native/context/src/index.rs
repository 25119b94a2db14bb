//! The index of a workspace: built in parallel, kept up to date file by file, read without waiting.
//!
//! [`Index`] is the one that writes: it builds, takes changes, and swaps in a new [`Snapshot`]. Whoever asks takes the snapshot of the
//! moment and keeps it as long as they like.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use crate::cache::{Cache, Known};
use crate::limits;
use crate::workspace::{Found, Workspace};

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
pub(crate) use tables::{FOLDER_ITSELF, path_words};

/// The index of a workspace.
#[derive(Debug)]
pub struct Index {
    workspace: Workspace,
    current: ArcSwap<Snapshot>,
    /// Held by whoever makes the next snapshot: changes follow one another.
    writer: Mutex<()>,
    buffers: Buffers,
    /// What an index of other folders knew, until this one is built.
    earlier: ArcSwap<Known>,
    stopped: AtomicBool,
}

impl Index {
    /// An index that knows no file yet. Nothing is read.
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

    /// The index of other folders, which knows no file yet either. What `other` knows of files in both, or of the same texts, is not read again.
    #[must_use]
    pub fn after(other: &Self, workspace: Workspace) -> Self {
        let mut earlier = Known::of(&other.snapshot(), &other.workspace, &workspace);
        // The other one may not be complete itself, and what it has from a third one is as good.
        earlier.add(&other.earlier.load());
        Self { earlier: ArcSwap::from_pointee(earlier), ..Self::new(workspace) }
    }

    /// Nobody will ask any more: a building that is under way ends early, with a snapshot of what it has read.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
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
    /// It takes all of `threads` threads; `None` means one for each processor. [`Index::stop`] ends it early.
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
        let earlier = self.earlier.load_full();
        let sources =
            build::Sources { workspace: &self.workspace, known: [&known, &earlier], stopped: &self.stopped };
        let mut shown = limits::FIRST_SNAPSHOT_FILES;
        let files = build::read_all(&sources, &walk.files, threads, &mut |files, total| {
            progress(Progress { files: files.len(), total });
            if files.len() >= shown && files.len() < total {
                shown = files.len() * 2;
                self.current.store(Arc::new(Snapshot::new(files.to_vec(), false)));
            }
        });
        let complete = !self.stopped.load(Ordering::Relaxed);
        if complete {
            self.earlier.store(Arc::default());
        }
        if let Some(cache) = cache.filter(|_| complete) {
            // A cache that cannot be written costs the next start some seconds, and nothing else.
            if let Err(error) = cache.store(&files, &known) {
                tracing::warn!(%error, "the cache of the code index was not written");
            }
        }
        self.current.store(Arc::new(Snapshot::new(files, complete)));
        let open = self.buffers.keys().into_iter().map(|(root, path)| {
            let file = self.read(root, &path);
            ((root, path), file)
        });
        self.show(open.collect())
    }

    /// The text of a file as it is now; `None` where it is gone or binary. Offsets of the file's record fit it if its hash (XXH3) is the
    /// record's.
    #[must_use]
    pub fn text(&self, file: &IndexedFile) -> Option<String> {
        match self.buffers.get(file.root, &file.path) {
            Some(text) => Some(text.to_string()),
            None => build::text(&self.workspace, file.root, &file.path),
        }
    }

    /// Takes a text for that of a file, as an editor has it and has not saved it yet; `None` goes back to what is on the disk. Returns whether
    /// that makes a difference.
    pub fn set_buffer(&self, root: u16, path: &str, text: Option<&str>) -> bool {
        let differs = self.buffers.set(root, path, text);
        if differs {
            self.refresh(&[(root, path.to_owned())]);
        }
        differs
    }

    /// Looks at the whole workspace and reads what is new, gone, or of another stamp. Unchanged files are not read.
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
        let gone = snapshot
            .files()
            .filter(|(id, file)| !seen.contains(id) && self.buffers.get(file.root, &file.path).is_none());
        // A file that is ignored now is gone although it is on the disk.
        let gone: Vec<Change> = gone.map(|(_, file)| ((file.root, file.path.to_string()), None)).collect();
        if changed.is_empty() && gone.is_empty() {
            return snapshot;
        }
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |(root, path): (u16, String)| {
            let file = self.read(root, &path);
            ((root, path), file)
        };
        let mut changes: Vec<Change> = changed.into_par_iter().map(read).collect();
        changes.extend(gone);
        self.show(changes)
    }

    /// Reads some files again, each by its root and its path from there, and shows all of that at once. Files that are gone, or that are no
    /// longer to be indexed, are taken out.
    pub fn refresh(&self, changed: &[(u16, String)]) -> Arc<Snapshot> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = changed.iter().map(|(root, path)| ((*root, path.clone()), self.read(*root, path)));
        self.show(changes.collect())
    }

    /// A file as it is now; `None` where it is not to be indexed.
    fn read(&self, root: u16, path: &str) -> Option<Arc<IndexedFile>> {
        match self.buffers.get(root, path) {
            Some(text) => Some(build::buffered(root, path, &text)),
            None => found(&self.workspace, root, path).and_then(|found| build::read(&self.workspace, &found)),
        }
    }

    fn show(&self, changes: Vec<Change>) -> Arc<Snapshot> {
        let snapshot = Arc::new(self.current.load().with_changes(changes));
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
