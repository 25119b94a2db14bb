//! The identity of this bridge process: how other processes see that it is alive, and how clients find it.
//!
//! - The **lock file** in the data directory (`instances/<instanceId>.lock`) is locked for as long as the
//!   process lives. The operating system releases it however the process ends, so that other bridges can find
//!   the jobs of dead processes.
//! - The **discovery file** in the discovery directory (`<instanceId>.json`, mode 0600) contains the address.
//!   Clients use it to find the bridge of a workspace directory.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use model::clock::Timestamp;
use model::ids::InstanceId;
use serde::{Deserialize, Serialize};

/// The content of a discovery file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscoveryEntry {
    /// The UUID of the bridge process, which `GET /health` also returns.
    pub instance_id: InstanceId,
    /// The base URL, for example `http://127.0.0.1:8765`.
    pub url: String,
    /// The process id.
    pub pid: u32,
    /// The directories that are open in this window, or the working directory of `codex-bridge serve`.
    pub workspace_folders: Vec<PathBuf>,
    /// The version of Codex Bridge.
    pub version: String,
    /// When the bridge started.
    pub started_at: Timestamp,
    /// The file with the token that this bridge requires, if the bridge generated one.
    pub token_file: Option<PathBuf>,
    /// The lock file, which is locked for as long as the process lives.
    pub lock_file: PathBuf,
}

/// The bridge processes of a data directory. Their lock files tell which are alive.
#[derive(Debug, Clone)]
pub struct Peers {
    locks_directory: PathBuf,
}

impl Peers {
    /// Reports whether the bridge process `id` is alive.
    #[must_use]
    pub fn is_alive(&self, id: &str) -> bool {
        is_locked(&lock_path(&self.locks_directory, id))
    }
}

/// This bridge process.
#[derive(Debug)]
pub struct Instance {
    /// The UUID of the process.
    pub id: InstanceId,
    locks_directory: PathBuf,
    lock: Option<File>,
    discovery_directory: PathBuf,
}

impl Instance {
    /// Creates and locks the lock file of this process, and removes the discovery files of dead processes.
    ///
    /// # Errors
    /// When one of the directories cannot be written.
    pub fn register(
        id: InstanceId,
        data_directory: &Path,
        discovery_directory: &Path,
    ) -> std::io::Result<Self> {
        let locks_directory = data_directory.join("instances");
        make_private_directory(&locks_directory)?;
        make_private_directory(discovery_directory)?;
        let lock = File::create(lock_path(&locks_directory, &id))?;
        lock.lock()?;
        remove_dead_entries(discovery_directory);
        Ok(Self {
            id,
            locks_directory,
            lock: Some(lock),
            discovery_directory: discovery_directory.to_owned(),
        })
    }

    /// Returns the path of the lock file of this process.
    #[must_use]
    pub fn lock_file(&self) -> PathBuf {
        lock_path(&self.locks_directory, &self.id)
    }

    /// Writes the discovery file. Replaces an earlier one atomically.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub fn announce(&self, entry: &DiscoveryEntry) -> std::io::Result<()> {
        let text = serde_json::to_string_pretty(entry)?;
        write_private_file(&self.discovery_file(), &text)
    }

    /// Returns the bridge processes of the data directory, this one included.
    #[must_use]
    pub fn peers(&self) -> Peers {
        Peers { locks_directory: self.locks_directory.clone() }
    }

    fn discovery_file(&self) -> PathBuf {
        self.discovery_directory.join(format!("{}.json", self.id))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Other processes ignore files whose lock is free, so failing to remove these does no harm.
        self.lock.take();
        for file in [self.discovery_file(), self.lock_file()] {
            if let Err(error) = std::fs::remove_file(&file) {
                tracing::debug!(%error, file = %file.display(), "cannot remove a file of this process");
            }
        }
    }
}

/// Tries to take the lock of a task that only one process of a data directory may do. Returns `None` if
/// another process holds it. The operating system releases the lock however the process ends. The file is
/// never removed, because removing it could let two processes hold the lock.
///
/// # Errors
/// When the file cannot be opened or locked.
pub fn take_lock(path: &Path) -> std::io::Result<Option<File>> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Writes a file that only this user can read. Replaces an earlier one atomically.
///
/// # Errors
/// When the directory cannot be written.
pub fn write_private_file(path: &Path, content: &str) -> std::io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(content.as_bytes())?;
    drop(file);
    std::fs::rename(&temporary, path)
}

/// Creates a file that only this user can read, unless it already exists. Returns the content of the file.
///
/// # Errors
/// When the file can be neither created nor read.
pub fn claim_private_file(path: &Path, content: &str) -> std::io::Result<String> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => file.write_all(content.as_bytes()).map(|()| content.to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Ok(std::fs::read_to_string(path)?.trim().to_owned())
        }
        Err(error) => Err(error),
    }
}

/// Creates a directory, with its parents, that only this user can enter. On Windows the permissions of the
/// user profile ensure that.
///
/// # Errors
/// When the directory cannot be created.
pub fn make_private_directory(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Returns the running bridges that have a file in the discovery directory.
#[must_use]
pub fn running(discovery_directory: &Path) -> Vec<DiscoveryEntry> {
    let files = std::fs::read_dir(discovery_directory).into_iter().flatten().flatten();
    let entries = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
    let entries = entries.filter_map(|text| serde_json::from_str::<DiscoveryEntry>(&text).ok());
    entries.filter(|entry| is_locked(&entry.lock_file)).collect()
}

/// Returns the address of the bridge process `id`, or `None` if it has no readable discovery file.
#[must_use]
pub fn url_of(discovery_directory: &Path, id: &str) -> Option<String> {
    let text = std::fs::read_to_string(discovery_directory.join(format!("{id}.json"))).ok()?;
    serde_json::from_str::<DiscoveryEntry>(&text).ok().map(|entry| entry.url)
}

fn lock_path(locks_directory: &Path, id: &str) -> PathBuf {
    locks_directory.join(format!("{id}.lock"))
}

/// Reports whether a lock file is locked. A file that cannot be opened (because of too many open files, for
/// example) counts as locked: taking over the jobs of a living process would be worse than leaving those of a
/// dead process for a while longer.
fn is_locked(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => !matches!(file.try_lock(), Ok(())),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

fn remove_dead_entries(discovery_directory: &Path) {
    let Ok(entries) = std::fs::read_dir(discovery_directory) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        // A file that cannot be read or parsed is not a discovery file, so it is not removed.
        let entry = std::fs::read_to_string(&path).ok();
        let entry = entry.and_then(|text| serde_json::from_str::<DiscoveryEntry>(&text).ok());
        if let Some(entry) = entry
            && !is_locked(&entry.lock_file)
            && let Err(error) = std::fs::remove_file(&path)
        {
            tracing::debug!(%error, file = %path.display(), "cannot remove a stale discovery file");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(instance: &Instance) -> DiscoveryEntry {
        DiscoveryEntry {
            instance_id: instance.id.clone(),
            url: "http://127.0.0.1:1".into(),
            pid: 1,
            workspace_folders: vec![],
            version: "0".into(),
            started_at: Timestamp::from_millis(0),
            token_file: None,
            lock_file: instance.lock_file(),
        }
    }

    #[test]
    fn dead_processes_are_recognized() {
        let directory = tempfile::tempdir().unwrap();
        let (data, discovery) = (directory.path().join("data"), directory.path().join("discovery"));
        let register = |id: &str| Instance::register(id.to_owned().into(), &data, &discovery).unwrap();
        let (one, two) = (register("one"), register("two"));
        assert!(one.peers().is_alive("two"));
        drop(two);
        assert!(!one.peers().is_alive("two"));
        assert!(!one.peers().is_alive("never"));
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_cannot_be_opened_counts_as_locked() {
        let directory = tempfile::tempdir().unwrap();
        // A link to itself cannot be opened, not even by root.
        let path = directory.path().join("one.lock");
        std::os::unix::fs::symlink(&path, &path).unwrap();
        assert!(is_locked(&path));
    }

    #[test]
    fn discovery_files_of_dead_processes_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let (data, discovery) = (directory.path().join("data"), directory.path().join("discovery"));
        let living = Instance::register("living".into(), &data, &discovery).unwrap();
        living.announce(&entry(&living)).unwrap();
        let mut dead = entry(&living);
        dead.instance_id = "dead".into();
        dead.lock_file = data.join("instances/dead.lock");
        write_private_file(&discovery.join("dead.json"), &serde_json::to_string(&dead).unwrap()).unwrap();

        let _another = Instance::register("another".into(), &data, &discovery).unwrap();
        assert!(discovery.join("living.json").exists());
        assert!(!discovery.join("dead.json").exists());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_the_discovery_file() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let instance =
            Instance::register("one".into(), &directory.path().join("data"), directory.path()).unwrap();
        instance.announce(&entry(&instance)).unwrap();
        let mode = directory.path().join("one.json").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
