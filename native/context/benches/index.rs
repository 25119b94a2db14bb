//! Measures the index: building it, starting from the cache, and updating one file.
//!
//! `cargo bench -p context --bench index -- DIRECTORY…` measures each directory; the default is this
//! repository.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic fails the benchmark")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use context::cache::Cache;
use context::{Index, Snapshot, Workspace};

mod measuring;

use measuring::{formatted, megabytes, timed};

fn main() {
    let directories: Vec<PathBuf> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).map(PathBuf::from).collect();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let directories = if directories.is_empty() { vec![here] } else { directories };
    println!(
        "{:<28} {:>7} {:>9} {:>8} {:>9} {:>9} {:>9} {:>10}",
        "directory", "files", "lines", "MB", "build", "warm", "change", "memory"
    );
    for directory in directories {
        measure(&directory);
    }
}

fn measure(directory: &Path) {
    let workspace = Workspace::new([directory]).unwrap();
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
        directory.file_name().unwrap_or_default().to_string_lossy(),
        snapshot.file_count(),
        lines,
        bytes as f64 / 1e6,
        formatted(built),
        formatted(warm),
        formatted(change),
        memory
    );
}

/// Returns the median time to read one file again and publish a snapshot with it.
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
