//! What is known of the quality of texts, so that a question about the whole workspace measures only what changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

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
    /// The quality of some files, measured in parallel where it is not known; of a file, `None` where its text is another than was indexed.
    /// Of all, `None` where the deadline comes first; what was measured until then need not be measured again.
    #[must_use]
    pub fn get(
        &self,
        index: &Index,
        files: &[&IndexedFile],
        deadline: Instant,
    ) -> Option<Vec<Option<Arc<FileQuality>>>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // The outer `None` is the deadline's.
        let found: Vec<Option<Option<Arc<FileQuality>>>> = files
            .par_iter()
            .map(|file| match known.get(&key(file)) {
                Some(quality) => Some(Some(Arc::clone(quality))),
                None => (Instant::now() < deadline).then(|| measured(index, file)),
            })
            .collect();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Texts that are gone are forgotten once they are more than those that are there.
        if known.len() > 2 * files.len() && files.len() > 1 {
            known.clear();
        }
        let new = files.iter().zip(&found);
        known.extend(new.filter_map(|(file, found)| Some((key(file), found.clone().flatten()?))));
        found.into_iter().collect()
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
