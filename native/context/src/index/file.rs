//! A file of the workspace in the index.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::record::FileRecord;
use crate::workspace::{Found, RootIndex};

/// By what a file is known to be unchanged without being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Its size in bytes.
    pub size: u64,
    /// When it was changed, since 1970; `None` where the file system does not tell, and then nothing is known by it.
    pub modified: Option<Duration>,
}

impl Stamp {
    /// The stamp of a file that was found.
    #[must_use]
    pub fn of(found: &Found) -> Self {
        Self { size: found.size, modified: found.modified.and_then(since_epoch) }
    }

    /// Whether a file with this stamp, read at `read_at` (since 1970), had its last change long enough before, so that no later one can
    /// have left the same stamp.
    #[must_use]
    pub fn is_settled(self, read_at: Duration) -> bool {
        self.modified.is_some_and(|modified| modified + crate::limits::MTIME_TRUST_AGE < read_at)
    }
}

/// Since 1970; `None` before it.
pub(crate) fn since_epoch(time: SystemTime) -> Option<Duration> {
    time.duration_since(UNIX_EPOCH).ok()
}

/// A file: its place, and what is known of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedFile {
    /// The root it is in.
    pub root: RootIndex,
    /// Its path from there, with `/` between the parts.
    pub path: Box<str>,
    /// By what it is known to be unchanged.
    pub stamp: Stamp,
    /// When it was read, since 1970.
    pub read_at: Duration,
    /// Its path says that it is a test, or serves tests.
    pub is_test: bool,
    /// Its path says that it was copied from another project.
    pub is_vendored: bool,
    /// What is known of its text. Files with the same text share it.
    pub record: Arc<FileRecord>,
}

impl IndexedFile {
    /// Whether it is the workspace's own code rather than a test, a copy, or written by a program.
    #[must_use]
    pub fn is_own(&self) -> bool {
        !self.is_test && !self.is_vendored && !self.record.generated
    }

    /// Root and path, by which files are ordered.
    #[must_use]
    pub fn key(&self) -> (RootIndex, &str) {
        (self.root, &self.path)
    }
}
