//! A file of the workspace in the index.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::record::FileRecord;
use crate::workspace::{FoundFile, RootIndex};

/// The size and modification time of a file, by which it is recognized as unchanged without being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The size in bytes.
    pub size: u64,
    /// The modification time since 1970, or `None` if the file system does not report it. A file without a
    /// modification time never counts as unchanged.
    pub modified: Option<Duration>,
}

impl Stamp {
    /// Returns the stamp of a file that was found.
    #[must_use]
    pub fn of(found: &FoundFile) -> Self {
        Self { size: found.size, modified: found.modified.and_then(since_epoch) }
    }

    /// Returns whether a file with this stamp was modified long enough before it was read at `read_at` (since
    /// 1970) that no later modification can have left the same stamp.
    #[must_use]
    pub fn is_settled(self, read_at: Duration) -> bool {
        self.modified.is_some_and(|modified| modified + crate::limits::MTIME_TRUST_AGE < read_at)
    }
}

/// Returns the time since 1970, or `None` for an earlier time.
pub(crate) fn since_epoch(time: SystemTime) -> Option<Duration> {
    time.duration_since(UNIX_EPOCH).ok()
}

/// A file: its location and its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedFile {
    /// The root that contains the file.
    pub root: RootIndex,
    /// The path relative to the root, with `/` between the parts.
    pub path: Box<str>,
    /// The stamp, by which the file is recognized as unchanged.
    pub stamp: Stamp,
    /// When the file was read, since 1970.
    pub read_at: Duration,
    /// The path says that the file is a test or serves tests.
    pub is_test: bool,
    /// The path says that the file was copied from another project.
    pub is_vendored: bool,
    /// The record of the file's text. Files with the same text share it.
    pub record: Arc<FileRecord>,
}

impl IndexedFile {
    /// Returns whether the file is the workspace's own code rather than a test, a copy from another project,
    /// or generated.
    #[must_use]
    pub fn is_own(&self) -> bool {
        !self.is_test && !self.is_vendored && !self.record.generated
    }

    /// Returns the root and the path, by which files are sorted.
    #[must_use]
    pub fn key(&self) -> (RootIndex, &str) {
        (self.root, &self.path)
    }
}
