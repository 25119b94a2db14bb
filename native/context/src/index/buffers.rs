//! Texts that an editor has and has not saved: they count instead of what is on the disk.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::workspace::RootIndex;

/// The texts, by root and path.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    texts: RwLock<HashMap<(RootIndex, String), Arc<str>>>,
}

impl Buffers {
    /// The text of a file, where an editor has one.
    pub(super) fn get(&self, root: RootIndex, path: &str) -> Option<Arc<str>> {
        let texts = self.texts.read().unwrap_or_else(PoisonError::into_inner);
        // Nearly always there are none, and then no key is made.
        if texts.is_empty() { None } else { texts.get(&(root, path.to_owned())).cloned() }
    }

    /// Sets or forgets the text of a file. Returns whether that makes a difference.
    pub(super) fn set(&self, root: RootIndex, path: &str, text: Option<&str>) -> bool {
        let mut texts = self.texts.write().unwrap_or_else(PoisonError::into_inner);
        let key = (root, path.to_owned());
        let before = match text {
            Some(text) => texts.insert(key, text.into()),
            None => texts.remove(&key),
        };
        before.as_deref() != text
    }

    /// The files of which there is a text.
    pub(super) fn keys(&self) -> Vec<(RootIndex, String)> {
        self.texts.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}
