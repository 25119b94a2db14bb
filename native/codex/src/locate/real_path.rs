//! Where a path really leads.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The absolute path without links.
pub(super) fn real_path(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path).map(plain)
}

#[cfg(not(windows))]
fn plain(path: PathBuf) -> PathBuf {
    path
}

/// Windows answers in the form `\\?\C:\…`, which many programs, and people, cannot read.
#[cfg(windows)]
fn plain(path: PathBuf) -> PathBuf {
    let is_on_drive = |rest: &&str| rest.as_bytes().get(1) == Some(&b':');
    match path.to_str().and_then(|text| text.strip_prefix(r"\\?\")).filter(is_on_drive) {
        Some(rest) => PathBuf::from(rest),
        None => path,
    }
}
