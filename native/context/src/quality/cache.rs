//! What is known of the quality of texts, so that a question about the whole workspace measures only what changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::FileQuality;
use crate::index::{Index, IndexedFile};
use crate::languages::LanguageId;

/// By the hash of a text and its language.
type Known = HashMap<(u64, LanguageId), Arc<FileQuality>>;

/// The quality of texts as it was last measured.
#[derive(Debug, Default)]
pub struct QualityCache {
    known: Mutex<Known>,
}

impl QualityCache {
    /// The quality of some files, measured in parallel where it is not known; `None` for a file whose text is another than was indexed.
    /// What is known of other texts is kept until it is more than what is asked for.
    #[must_use]
    pub fn get(&self, index: &Index, files: &[&IndexedFile]) -> Vec<Option<Arc<FileQuality>>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let found: Vec<Option<Arc<FileQuality>>> = files
            .par_iter()
            .map(|file| known.get(&key(file)).cloned().or_else(|| measured(index, file)))
            .collect();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > 2 * files.len() && files.len() > 1 {
            known.clear();
        }
        known.extend(files.iter().zip(&found).filter_map(|(file, found)| Some((key(file), found.clone()?))));
        found
    }
}

fn key(file: &IndexedFile) -> (u64, LanguageId) {
    (file.record.hash, file.record.language)
}

fn measured(index: &Index, file: &IndexedFile) -> Option<Arc<FileQuality>> {
    let text = index.text(file)?;
    (xxhash_rust::xxh3::xxh3_64(text.as_bytes()) == file.record.hash)
        .then(|| Arc::new(FileQuality::of(&text, &file.record)))
}
