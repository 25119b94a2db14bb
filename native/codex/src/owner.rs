//! Which process has a thread: the one that holds the lock of its file in `$CODEX_HOME/thread-writer-locks`.
//!
//! Only looked at: the locks are Codex's own, so they are never taken here, and the files, which stay behind when a lock
//! is given back, never deleted. The operating system tells who holds a lock on Linux only; elsewhere nobody is known.

#[cfg(target_os = "linux")]
pub(crate) mod linux;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The process that holds a thread's writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its process id.
    pub pid: u32,
    /// What it is, for a person: for example `codex app-server (Visual Studio Code)`.
    pub program: String,
}

/// Whether "nobody" is known here, rather than unknown.
pub const CAN_TELL: bool = cfg!(target_os = "linux");

/// The Codex home of a process that is started with these overrides of our environment: `CODEX_HOME`, or `.codex` in the
/// user's home. `None` when the user has none.
#[must_use]
pub fn codex_home(overrides: &[(String, String)]) -> Option<PathBuf> {
    let overridden = overrides.iter().rev().find(|(name, _)| name == "CODEX_HOME");
    let named = match overridden {
        Some((_, value)) => Some(PathBuf::from(value)),
        None => std::env::var_os("CODEX_HOME").map(PathBuf::from),
    };
    // Codex takes an empty value for none.
    named
        .filter(|home| !home.as_os_str().is_empty())
        .or_else(|| std::env::home_dir().map(|home| home.join(".codex")))
}

/// Who holds this thread's writer; `None` also when that cannot be told.
#[must_use]
pub fn owner(codex_home: &Path, thread_id: &str) -> Option<Owner> {
    // An id is part of a path here.
    let is_id = thread_id.chars().all(|character| character.is_ascii_hexdigit() || character == '-');
    if !is_id {
        return None;
    }
    platform::owner(&locks_folder(codex_home).join(format!("{thread_id}{LOCK_SUFFIX}")))
}

/// Who holds which thread's writer, by thread id: for lists, in one pass.
#[must_use]
pub fn owners(codex_home: &Path) -> HashMap<String, Owner> {
    platform::owners(&locks_folder(codex_home))
}

/// Seen on 0.155.1 and 0.169.0.
const LOCK_SUFFIX: &str = ".lock";

pub(crate) fn locks_folder(codex_home: &Path) -> PathBuf {
    codex_home.join("thread-writer-locks")
}

#[cfg(target_os = "linux")]
use linux as platform;

#[cfg(not(target_os = "linux"))]
mod platform {
    use std::collections::HashMap;
    use std::path::Path;

    use super::Owner;

    pub(super) fn owner(_: &Path) -> Option<Owner> {
        None
    }

    pub(super) fn owners(_: &Path) -> HashMap<String, Owner> {
        HashMap::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_is_the_one_that_codex_will_use() {
        let overrides = |value: &str| vec![("CODEX_HOME".to_owned(), value.to_owned())];
        assert_eq!(codex_home(&overrides("/c")), Some(PathBuf::from("/c")));
        let default = std::env::home_dir().map(|home| home.join(".codex"));
        assert_eq!(codex_home(&overrides("")), default);
    }

    #[test]
    fn an_id_that_is_a_path_has_no_owner() {
        assert_eq!(owner(Path::new("/"), "../etc"), None);
    }
}
