//! Watches the workspace, so that changes on disk are indexed without being requested.

use std::path::PathBuf;
use std::sync::{Arc, Weak};

use notify_debouncer_full::notify::{EventKind, RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};

use super::{Context, Inner};
use crate::limits;

/// A file watcher of all roots. It stops when it is dropped.
pub(super) type Watcher = Debouncer<RecommendedWatcher, RecommendedCache>;

/// The names of files that determine which other files are ignored.
const IGNORE_FILES: [&str; 3] = [".gitignore", ".ignore", ".codexaignore"];

impl Context {
    /// Watches the workspace from now on. Where the system cannot (too many directories, a network file
    /// system), call [`Context::changed`] or [`Context::rescan`] instead. In any case, each file that an
    /// answer is made from is checked for changes.
    ///
    /// # Errors
    /// The system cannot watch all directories. In that case nothing is watched.
    pub fn watch(&self) -> std::io::Result<()> {
        let inner: Weak<Inner> = Arc::downgrade(&self.inner);
        let on_events = move |result: DebounceEventResult| {
            let Some(inner) = inner.upgrade() else { return };
            Context { inner }.handle_events(result);
        };
        let mut watcher =
            new_debouncer(limits::WATCH_DELAY, None, on_events).map_err(std::io::Error::other)?;
        for root in self.inner.analysis.index.workspace().roots() {
            watcher.watch(root, RecursiveMode::Recursive).map_err(std::io::Error::other)?;
        }
        *self.inner.watcher.lock() = Some(watcher);
        Ok(())
    }

    fn handle_events(&self, result: DebounceEventResult) {
        let Ok(events) = result else {
            // The watcher does not know which events it missed.
            return self.rescan();
        };
        let mut paths: Vec<PathBuf> = Vec::new();
        for event in events {
            if event.need_rescan() {
                return self.rescan();
            }
            if !matches!(event.kind, EventKind::Access(_)) {
                paths.extend(event.event.paths);
            }
        }
        let is_ignore_file = |path: &PathBuf| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| IGNORE_FILES.contains(&name))
        };
        if paths.iter().any(is_ignore_file) || paths.len() > limits::RECENT_FILES_MAX {
            return self.rescan();
        }
        paths.sort_unstable();
        paths.dedup();
        if !paths.is_empty() {
            self.changed(&paths);
        }
    }
}
