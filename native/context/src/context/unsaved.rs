//! Texts that the editor has and has not saved: fetched when somebody asks, so that typing costs nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::Context;
use crate::editor::UnsavedFile;
use crate::limits;
use crate::protocol::Refusal;

/// What the editor told the last time.
#[derive(Debug, Default)]
pub(super) struct Unsaved {
    last: Mutex<LastFetch>,
}

#[derive(Debug, Default)]
struct LastFetch {
    /// When it was asked.
    started: Option<Instant>,
    /// The revision of each unsaved file by its path, also of those that are no files of the index.
    revisions: HashMap<String, String>,
}

impl Context {
    /// Makes what is typed in the editor count, up to now.
    pub(super) fn fetch_unsaved(&self) {
        let Some(editor) = &self.inner.editor else { return };
        let arrived = Instant::now();
        let mut last = self.inner.unsaved.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.started.is_some_and(|started| started > arrived) {
            // Somebody else asked while this one waited.
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
            note_refusal(&path, self.clear_buffer(&path));
        }
        for UnsavedFile { path, revision, text } in files {
            if last.revisions.get(&path) == Some(&revision) {
                continue;
            }
            // A text that is too long to be told is as good as on the disk.
            let taken = match text {
                Some(text) => self.set_buffer(&path, &text),
                None => self.clear_buffer(&path),
            };
            note_refusal(&path, taken);
            last.revisions.insert(path, revision);
        }
    }
}

/// Editors also show files of elsewhere.
fn note_refusal(path: &str, taken: Result<(), Refusal>) {
    if let Err(refusal) = taken {
        tracing::trace!(path, %refusal, "an unsaved text does not count");
    }
}
