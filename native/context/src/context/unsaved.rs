//! Unsaved contents of the editor, fetched only when a question is asked, so that typing costs nothing.

use std::collections::HashMap;
use std::time::Instant;

use parking_lot::Mutex;

use super::Context;
use crate::editor::UnsavedFile;
use crate::limits;
use crate::protocol::Refusal;

/// The unsaved files that the editor reported last.
#[derive(Debug, Default)]
pub(super) struct Unsaved {
    last: Mutex<LastFetch>,
}

#[derive(Debug, Default)]
struct LastFetch {
    /// When the last fetch started.
    started: Option<Instant>,
    /// The revision of each unsaved file by path, including files that are not indexed.
    revisions: HashMap<String, String>,
}

impl Context {
    /// Applies the current unsaved contents of the editor to the index.
    pub(super) fn fetch_unsaved(&self) {
        let Some(editor) = &self.inner.editor else { return };
        let arrived = Instant::now();
        let mut last = self.inner.unsaved.last.lock();
        if last.started.is_some_and(|started| started > arrived) {
            // Another request has fetched them while this one waited for the lock.
            return;
        }
        last.started = Some(Instant::now());
        let known: Vec<(String, String)> =
            last.revisions.iter().map(|(path, revision)| (path.clone(), revision.clone())).collect();
        let Some(mut files) = editor.unsaved(&known, limits::UNSAVED_TIME_MAX) else { return };
        files.truncate(limits::UNSAVED_FILES_MAX);
        let saved = last.revisions.keys().filter(|path| !files.iter().any(|file| file.path == **path));
        let saved: Vec<String> = saved.cloned().collect();
        for path in saved {
            last.revisions.remove(&path);
            log_refusal(&path, self.clear_buffer(&path));
        }
        for UnsavedFile { path, revision, text } in files {
            if last.revisions.get(&path) == Some(&revision) {
                continue;
            }
            // A file that is too long to be transferred is indexed as it is on disk.
            let result = match text {
                Some(text) => self.set_buffer(&path, &text),
                None => self.clear_buffer(&path),
            };
            log_refusal(&path, result);
            last.revisions.insert(path, revision);
        }
    }
}

/// Logs a refusal at trace level only: editors also show files outside the workspace.
fn log_refusal(path: &str, result: Result<(), Refusal>) {
    if let Err(refusal) = result {
        tracing::trace!(path, %refusal, "ignored the unsaved content of a file");
    }
}
