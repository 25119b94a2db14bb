//! Resolves links in paths.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::os;

/// Returns the absolute path with all links resolved.
pub(super) fn real_path(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path).map(os::without_verbatim_prefix)
}
