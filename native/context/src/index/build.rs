//! Reads the files of a workspace in parallel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::file::{IndexedFile, Stamp, since_epoch};
use crate::cache::KnownFiles;
use crate::extract::extract;
use crate::limits;
use crate::record::FileRecord;
use crate::workspace::{FoundFile, RootIndex, Workspace, is_test_path, is_vendored};

/// The progress of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The number of files read so far.
    pub files: usize,
    /// The total number of files.
    pub total: usize,
}

/// The sources of file records.
pub(super) struct Sources<'a> {
    pub(super) workspace: &'a Workspace,
    /// Records that are known without reading the files.
    pub(super) known: [&'a KnownFiles; 2],
    /// Once set, no further file is read.
    pub(super) stopped: &'a AtomicBool,
}

/// Reads all files. `seen` is called in this thread now and then with the files read so far and the total
/// number of files.
pub(super) fn read_all(
    sources: &Sources<'_>,
    found: &[FoundFile],
    threads: Option<usize>,
    seen: &mut dyn FnMut(&[Arc<IndexedFile>], usize),
) -> Vec<Arc<IndexedFile>> {
    let (sender, receiver) = mpsc::channel();
    let skipped = AtomicUsize::new(0);
    let mut files = Vec::with_capacity(found.len());
    std::thread::scope(|scope| {
        let skipped = &skipped;
        scope.spawn(move || {
            let read = || {
                found.par_iter().for_each_with(sender, |sender, found| {
                    if sources.stopped.load(Ordering::Relaxed) {
                        return;
                    }
                    match read_known(sources.workspace, found, &sources.known) {
                        // The receiver lives until the last sender is gone.
                        Some(file) => drop(sender.send(file)),
                        None => drop(skipped.fetch_add(1, Ordering::Relaxed)),
                    }
                });
            };
            match thread_pool(threads) {
                Some(pool) => pool.install(read),
                None => read(),
            }
        });
        for file in receiver {
            files.push(file);
            if files.len() % limits::FIRST_SNAPSHOT_FILES == 0 {
                seen(&files, found.len() - skipped.load(Ordering::Relaxed));
            }
        }
    });
    seen(&files, files.len());
    files
}

/// Creates a dedicated thread pool, so that no other work of the process waits behind the build.
pub(crate) fn thread_pool(threads: Option<usize>) -> Option<ThreadPool> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .thread_name(|index| format!("code-index-{index}"));
    pool.build()
        .inspect_err(|error| tracing::warn!(%error, "failed to start threads for the code index"))
        .ok()
}

/// Reads a file or reuses its known record: by its stamp without reading the file, by its text without
/// parsing it.
fn read_known(workspace: &Workspace, found: &FoundFile, known: &[&KnownFiles]) -> Option<Arc<IndexedFile>> {
    let mut by_stamp =
        known.iter().filter_map(|known| known.by_stamp(found.root, &found.path, Stamp::of(found)));
    if let Some((record, read_at)) = by_stamp.next() {
        return Some(Arc::new(indexed(found, record, read_at)));
    }
    let read_at = now();
    let text = text(workspace, found.root, &found.path)?;
    let mut by_text = known.iter().filter_map(|known| known.by_text(&found.path, &text));
    let record = by_text.next().unwrap_or_else(|| Arc::new(extract(&found.path, &text)));
    Some(Arc::new(indexed(found, record, read_at)))
}

/// Reads a file without known records. Returns `None` if it is binary or cannot be read.
pub(super) fn read(workspace: &Workspace, found: &FoundFile) -> Option<Arc<IndexedFile>> {
    read_known(workspace, found, &[])
}

/// Makes a file from the unsaved text of an editor. No file on a disk has its stamp, so returning to the disk
/// always reads the file.
pub(super) fn buffered(root: RootIndex, path: &str, text: &str) -> Arc<IndexedFile> {
    let found = FoundFile { root, path: path.to_owned(), size: text.len() as u64, modified: None };
    Arc::new(indexed(&found, Arc::new(extract(path, text)), now()))
}

fn indexed(found: &FoundFile, record: Arc<FileRecord>, read_at: Duration) -> IndexedFile {
    IndexedFile {
        root: found.root,
        path: found.path.as_str().into(),
        stamp: Stamp::of(found),
        read_at,
        is_test: is_test_path(&found.path),
        is_vendored: is_vendored(&found.path),
        record,
    }
}

fn now() -> Duration {
    since_epoch(SystemTime::now()).unwrap_or_default()
}

/// Returns the text of a file. Invalid UTF-8 is replaced, always in the same way, so that offsets stay valid.
pub(super) fn text(workspace: &Workspace, root: RootIndex, path: &str) -> Option<String> {
    let bytes = std::fs::read(workspace.absolute(root, path)).ok()?;
    decode(bytes)
}

/// Decodes a text. Returns `None` if the bytes are binary or more than `limits::FILE_BYTES_MAX`.
pub(crate) fn decode(bytes: Vec<u8>) -> Option<String> {
    let head = bytes.get(..limits::BINARY_PROBE_BYTES).unwrap_or(&bytes);
    if head.contains(&0) || bytes.len() as u64 > limits::FILE_BYTES_MAX {
        return None;
    }
    Some(
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}
