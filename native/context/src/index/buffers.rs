//! Unsaved texts of an editor. They take the place of the files on the disk.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::workspace::RootIndex;

/// The unsaved texts, by root and path.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    texts: RwLock<HashMap<(RootIndex, String), Arc<str>>>,
}

impl Buffers {
    /// Returns the unsaved text of a file, if there is one.
    pub(super) fn get(&self, root: RootIndex, path: &str) -> Option<Arc<str>> {
        let texts = self.texts.read();
        // There are nearly always none, and then no key needs to be allocated.
        if texts.is_empty() { None } else { texts.get(&(root, path.to_owned())).cloned() }
    }

    /// Sets or removes the unsaved text of a file. Returns whether the text changed.
    pub(super) fn set(&self, root: RootIndex, path: &str, text: Option<&str>) -> bool {
        let mut texts = self.texts.write();
        let key = (root, path.to_owned());
        let before = match text {
            Some(text) => texts.insert(key, text.into()),
            None => texts.remove(&key),
        };
        before.as_deref() != text
    }

    /// Returns the files that have an unsaved text.
    pub(super) fn keys(&self) -> Vec<(RootIndex, String)> {
        self.texts.read().keys().cloned().collect()
    }
}
