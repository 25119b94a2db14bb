//! What the index costs: building, starting from the cache, and seeing a change.
//!
//! `cargo bench -p context -- FOLDER…` measures each folder; without one, this repository.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use context::cache::Cache;
use context::{Index, Snapshot, Workspace};

mod measuring;

use measuring::{megabytes, shown, timed};

fn main() {
    let folders: Vec<PathBuf> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).map(PathBuf::from).collect();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = if folders.is_empty() { vec![here] } else { folders };
    println!(
        "{:<28} {:>7} {:>9} {:>8} {:>9} {:>9} {:>9} {:>10}",
        "folder", "files", "lines", "MB", "build", "warm", "change", "memory"
    );
    for folder in folders {
        measure(&folder);
    }
}

fn measure(folder: &Path) {
    let workspace = Workspace::new([folder]).unwrap();
    let caches = tempfile::tempdir().unwrap();
    let cache = Cache::new(caches.path(), &workspace);

    let before = megabytes("VmRSS:");
    let (index, built) = timed(|| {
        let index = Index::new(workspace.clone());
        index.build(Some(&cache), None, &|_| {});
        index
    });
    let memory = megabytes("VmRSS:").saturating_sub(before);
    let snapshot = index.snapshot();
    let (_, warm) = timed(|| Index::new(workspace.clone()).build(Some(&cache), None, &|_| {}));
    let change = one_change(&index, &snapshot);

    let lines: u64 = snapshot.files().map(|(_, file)| u64::from(file.record.lines.total())).sum();
    let bytes: u64 = snapshot.files().map(|(_, file)| u64::from(file.record.byte_length)).sum();
    println!(
        "{:<28} {:>7} {:>9} {:>8.1} {:>9} {:>9} {:>9} {:>7} MB",
        folder.file_name().unwrap_or_default().to_string_lossy(),
        snapshot.file_count(),
        lines,
        bytes as f64 / 1e6,
        shown(built),
        shown(warm),
        shown(change),
        memory
    );
}

/// The median time until one file that is read again is visible.
fn one_change(index: &Index, snapshot: &Snapshot) -> Duration {
    let files: Vec<(u16, String)> = snapshot
        .files()
        .map(|(_, file)| (file.root, file.path.to_string()))
        .step_by(snapshot.file_count().div_ceil(50))
        .collect();
    let mut times: Vec<Duration> = files.into_iter().map(|file| timed(|| index.refresh(&[file])).1).collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
