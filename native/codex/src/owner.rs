//! Tells which process owns a thread: the one that holds the lock on the thread's file in
//! `$CODEX_HOME/thread-writer-locks`.
//!
//! This module only reads. The locks are Codex's own, so they are never taken here. The files stay behind
//! when a lock is released and are never deleted here. Only Linux reports who holds a lock; on other systems
//! no owner is known.

#[cfg(target_os = "linux")]
pub(crate) mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::ThreadId;

#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(not(target_os = "linux"))]
use other as platform;

/// The process that holds a thread's writer lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The process id.
    pub pid: u32,
    /// The program, for a person: for example `codex app-server (Visual Studio Code)`.
    pub program: String,
}

/// Whether this system reports who owns a thread. Where it does not, the absence of an owner means "unknown".
pub const CAN_TELL: bool = cfg!(target_os = "linux");

/// The ending of a lock file's name, after the thread id. Seen on 0.155.1 and 0.169.0.
const LOCK_SUFFIX: &str = ".lock";

/// Returns the Codex home of a process that is started with these overrides of the environment: `CODEX_HOME`,
/// or `.codex` in the user's home directory. `None` when the user has no home directory.
#[must_use]
pub fn codex_home(overrides: &[(String, String)]) -> Option<PathBuf> {
    let overridden = overrides.iter().rev().find(|(name, _)| name == "CODEX_HOME");
    let configured = match overridden {
        Some((_, value)) => Some(PathBuf::from(value)),
        None => std::env::var_os("CODEX_HOME").map(PathBuf::from),
    };
    // Codex treats an empty value as unset.
    configured
        .filter(|home| !home.as_os_str().is_empty())
        .or_else(|| std::env::home_dir().map(|home| home.join(".codex")))
}

/// Returns the process that holds this thread's writer lock. `None` also when the owner cannot be determined.
#[must_use]
pub fn owner(codex_home: &Path, thread_id: &str) -> Option<Owner> {
    platform::owner(&lock_file(codex_home, thread_id)?)
}

/// Reports whether a process has this thread open, which is true also of a new thread that Codex has not
/// stored yet. Where the system does not tell who holds a lock, a process may have closed the thread since.
#[must_use]
pub fn may_be_open(codex_home: &Path, thread_id: &str) -> bool {
    let Some(lock_file) = lock_file(codex_home, thread_id) else { return false };
    if CAN_TELL { platform::owner(&lock_file).is_some() } else { lock_file.exists() }
}

/// Returns the path of a thread's lock file. `None` if this is no id, because the id becomes part of the
/// path.
fn lock_file(codex_home: &Path, thread_id: &str) -> Option<PathBuf> {
    let is_id = thread_id.chars().all(|character| character.is_ascii_hexdigit() || character == '-');
    is_id.then(|| locks_directory(codex_home).join(format!("{thread_id}{LOCK_SUFFIX}")))
}

/// Returns the owners of all threads by thread id, in one pass over the locks. For lists.
#[must_use]
pub fn owners(codex_home: &Path) -> HashMap<ThreadId, Owner> {
    platform::owners(&locks_directory(codex_home))
}

/// Returns the directory with the lock files of a Codex home.
pub(crate) fn locks_directory(codex_home: &Path) -> PathBuf {
    codex_home.join("thread-writer-locks")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codex_home_is_the_one_that_codex_will_use() {
        let overrides = |value: &str| vec![("CODEX_HOME".to_owned(), value.to_owned())];
        assert_eq!(codex_home(&overrides("/c")), Some(PathBuf::from("/c")));
        let default = std::env::home_dir().map(|home| home.join(".codex"));
        assert_eq!(codex_home(&overrides("")), default);
    }

    #[test]
    fn an_id_that_is_a_path_has_no_owner() {
        assert_eq!(owner(Path::new("/"), "../etc"), None);
        assert!(!may_be_open(Path::new("/"), "../etc"));
    }
}
