//! This bridge process among others: how others know that it lives, and how clients find it.
//!
//! - A **lock file** in the data folder (`instances/<instanceId>.lock`), locked for as long as the process lives: the
//!   operating system releases it however the process ends, so that others can tell whose jobs have nobody left.
//! - A **discovery file** in the discovery folder (`<instanceId>.json`, mode 0600) with the address, for clients that look
//!   for the bridge of a workspace folder.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use model::clock::Timestamp;
use model::ids::InstanceId;
use serde::{Deserialize, Serialize};

/// What clients find in the discovery folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscoveryEntry {
    /// UUID of this bridge process; `/health` tells it, too.
    pub instance_id: InstanceId,
    /// For example `http://127.0.0.1:8765`.
    pub url: String,
    /// Process id.
    pub pid: u32,
    /// The folders open in this window, or the working folder of `codex-bridge serve`.
    pub workspace_folders: Vec<PathBuf>,
    /// Version of Codex Bridge.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// The file that holds the token which this bridge wants, where it made one itself.
    pub token_file: Option<PathBuf>,
    /// The lock that lives as long as the process.
    pub lock_file: PathBuf,
}

/// The bridge processes of a data folder, as far as others can tell.
#[derive(Debug, Clone)]
pub struct Peers {
    locks_directory: PathBuf,
}

impl Peers {
    /// Whether the bridge process `id` lives.
    #[must_use]
    pub fn is_alive(&self, id: &str) -> bool {
        is_locked(&lock_path(&self.locks_directory, id))
    }
}

/// This bridge process.
#[derive(Debug)]
pub struct Instance {
    /// UUID.
    pub id: InstanceId,
    locks_directory: PathBuf,
    lock: Option<File>,
    discovery_folder: PathBuf,
}

impl Instance {
    /// Takes the lock.
    ///
    /// # Errors
    /// When the folders cannot be written.
    pub fn register(id: InstanceId, data_folder: &Path, discovery_folder: &Path) -> std::io::Result<Self> {
        let locks_directory = data_folder.join("instances");
        make_private_directory(&locks_directory)?;
        make_private_directory(discovery_folder)?;
        let lock = File::create(lock_path(&locks_directory, &id))?;
        lock.lock()?;
        remove_dead_entries(discovery_folder);
        Ok(Self { id, locks_directory, lock: Some(lock), discovery_folder: discovery_folder.to_owned() })
    }

    /// The lock that lives as long as this process.
    #[must_use]
    pub fn lock_file(&self) -> PathBuf {
        lock_path(&self.locks_directory, &self.id)
    }

    /// Writes the discovery file, replacing an earlier one in one step.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn announce(&self, entry: &DiscoveryEntry) -> std::io::Result<()> {
        let text = serde_json::to_string_pretty(entry)?;
        write_private_file(&self.discovery_file(), &text)
    }

    /// Those that share the data folder, with this one.
    #[must_use]
    pub fn peers(&self) -> Peers {
        Peers { locks_directory: self.locks_directory.clone() }
    }

    fn discovery_file(&self) -> PathBuf {
        self.discovery_folder.join(format!("{}.json", self.id))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Whoever finds a file without a locked lock knows that it is left over, so these are courtesies.
        self.lock.take();
        for file in [self.discovery_file(), self.lock_file()] {
            if let Err(error) = std::fs::remove_file(&file) {
                tracing::debug!(%error, file = %file.display(), "left a file behind");
            }
        }
    }
}

/// The lock of the one process of a data folder that does something for all, unless another one has it. The operating system
/// releases it however the process ends. The file stays: whoever removed it could leave two such processes.
pub fn take_lock(path: &Path) -> std::io::Result<Option<File>> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Writes a file that only this user can read, replacing an earlier one in one step.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_private_file(path: &Path, text: &str) -> std::io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(text.as_bytes())?;
    drop(file);
    std::fs::rename(&temporary, path)
}

/// Writes a file that only this user can read, unless another process just did. Returns what is in it.
///
/// # Errors
/// When the folder cannot be written.
pub fn claim_private_file(path: &Path, text: &str) -> std::io::Result<String> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| text.to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Ok(std::fs::read_to_string(path)?.trim().to_owned())
        }
        Err(error) => Err(error),
    }
}

/// Makes a folder, with those above it, that only this user can enter (on Windows the profile's rights do that).
///
/// # Errors
/// When it cannot be made.
pub fn make_private_directory(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The bridges that run, as the discovery folder tells.
#[must_use]
pub fn running(discovery_folder: &Path) -> Vec<DiscoveryEntry> {
    let files = std::fs::read_dir(discovery_folder).into_iter().flatten().flatten();
    let entries = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
    let entries = entries.filter_map(|text| serde_json::from_str::<DiscoveryEntry>(&text).ok());
    entries.filter(|entry| is_locked(&entry.lock_file)).collect()
}

/// The address of the bridge process `id`, if it can be found.
#[must_use]
pub fn url_of(discovery_folder: &Path, id: &str) -> Option<String> {
    let text = std::fs::read_to_string(discovery_folder.join(format!("{id}.json"))).ok()?;
    serde_json::from_str::<DiscoveryEntry>(&text).ok().map(|entry| entry.url)
}

fn lock_path(locks_directory: &Path, id: &str) -> PathBuf {
    locks_directory.join(format!("{id}.lock"))
}

/// Whoever cannot be looked at (too many open files, for example) counts as alive: to take over the jobs of the living
/// would be worse than to leave those of the dead a while longer.
fn is_locked(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => !matches!(file.try_lock(), Ok(())),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

fn remove_dead_entries(discovery_folder: &Path) {
    let Ok(entries) = std::fs::read_dir(discovery_folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        // What cannot be read, or is no entry of ours, is not ours to remove.
        let entry = std::fs::read_to_string(&path).ok();
        let entry = entry.and_then(|text| serde_json::from_str::<DiscoveryEntry>(&text).ok());
        if let Some(entry) = entry
            && !is_locked(&entry.lock_file)
            && let Err(error) = std::fs::remove_file(&path)
        {
            tracing::debug!(%error, file = %path.display(), "left a dead discovery file");
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
    fn the_living_are_told_from_the_dead() {
        let folder = tempfile::tempdir().unwrap();
        let (data, discovery) = (folder.path().join("data"), folder.path().join("discovery"));
        let register = |id: &str| Instance::register(id.to_owned().into(), &data, &discovery).unwrap();
        let (one, two) = (register("one"), register("two"));
        assert!(one.peers().is_alive("two"));
        drop(two);
        assert!(!one.peers().is_alive("two"));
        assert!(!one.peers().is_alive("never"));
    }

    #[cfg(unix)]
    #[test]
    fn whoever_cannot_be_looked_at_counts_as_alive() {
        let folder = tempfile::tempdir().unwrap();
        // A link to itself cannot be opened, by root neither.
        let path = folder.path().join("one.lock");
        std::os::unix::fs::symlink(&path, &path).unwrap();
        assert!(is_locked(&path));
    }

    #[test]
    fn files_of_the_dead_are_removed_and_those_of_the_living_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (data, discovery) = (folder.path().join("data"), folder.path().join("discovery"));
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
    fn the_discovery_file_is_for_its_user_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let instance = Instance::register("one".into(), &folder.path().join("data"), folder.path()).unwrap();
        instance.announce(&entry(&instance)).unwrap();
        let mode = folder.path().join("one.json").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
