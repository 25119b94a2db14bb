//! What is known of the quality of texts, so that a question about the whole workspace measures only what changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::copies::Copies;
use super::{Duplicate, FileQuality};
use crate::index::{FileId, Index, IndexedFile, Snapshot, thread_pool};
use crate::languages::LanguageId;

/// By the hash of a text and its language.
type QualityByText = HashMap<(u64, LanguageId), Arc<FileQuality>>;

/// The quality of texts as it was last measured.
#[derive(Debug, Default)]
pub struct QualityCache {
    known: Mutex<QualityByText>,
    survey: Mutex<PerSnapshot<Survey>>,
    copies: Mutex<(Copies, PerSnapshot<[Duplicate]>)>,
}

/// What is known of all files of the last snapshot that somebody asked about.
type PerSnapshot<T> = Option<(Weak<Snapshot>, Arc<T>)>;

/// The quality of some files.
#[derive(Debug, Default)]
pub struct Survey {
    /// What is known of each.
    pub files: Vec<(FileId, Arc<FileQuality>)>,
    /// Those of which nothing is known, because their texts are others than were indexed.
    pub stale: Vec<FileId>,
}

impl QualityCache {
    /// The quality of one file.
    #[must_use]
    pub fn of_file(&self, index: &Index, id: FileId, file: &IndexedFile) -> Survey {
        // No deadline: the parse of one file has a bound of its own.
        self.measure(index, &[(id, file)], None).unwrap_or_default()
    }

    /// The quality of the workspace's own code. `None` where the deadline comes first; what was measured until then need not be measured again.
    #[must_use]
    pub fn of_workspace(
        &self,
        index: &Index,
        snapshot: &Arc<Snapshot>,
        deadline: Instant,
    ) -> Option<Arc<Survey>> {
        // Whoever comes second waits for the first one rather than doing the same.
        let mut last = self.survey.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cached_for(&last, snapshot) {
            return Some(known);
        }
        let own: Vec<(FileId, &IndexedFile)> = own_files(snapshot).map(|(id, file)| (id, &**file)).collect();
        let survey = Arc::new(self.measure(index, &own, Some(deadline))?);
        // Of files that are not what was indexed there will soon be another snapshot.
        *last = survey.stale.is_empty().then(|| (Arc::downgrade(snapshot), Arc::clone(&survey)));
        Some(survey)
    }

    /// The pairs of functions in a file that are alike, the most alike first.
    #[must_use]
    pub fn copies_in_file(id: FileId, file: &IndexedFile) -> Arc<[Duplicate]> {
        let mut copies = Copies::default();
        copies.follow(&[(id, Arc::clone(&file.record))]);
        copies.ranked().into()
    }

    /// The pairs of functions in the workspace's own code that are alike, the most alike first.
    #[must_use]
    pub fn copies_in_workspace(&self, snapshot: &Arc<Snapshot>) -> Arc<[Duplicate]> {
        let mut guard = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        let (copies, last) = &mut *guard;
        if let Some(known) = cached_for(last, snapshot) {
            return known;
        }
        let own: Vec<_> = own_files(snapshot).map(|(id, file)| (id, Arc::clone(&file.record))).collect();
        copies.follow(&own);
        let ranked = Arc::from(copies.ranked());
        *last = Some((Arc::downgrade(snapshot), Arc::clone(&ranked)));
        ranked
    }

    /// Measures some files in parallel, where that was not done before. `None` where the deadline comes first.
    fn measure(
        &self,
        index: &Index,
        files: &[(FileId, &IndexedFile)],
        deadline: Option<Instant>,
    ) -> Option<Survey> {
        let mut found: Vec<Option<Arc<FileQuality>>> = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            files.iter().map(|(_, file)| known.get(&key(file)).cloned()).collect()
        };
        let in_time = || deadline.is_none_or(|deadline| Instant::now() < deadline);
        let unknown: Vec<usize> = (0..files.len()).filter(|place| found[*place].is_none()).collect();
        let measure =
            || unknown.par_iter().map(|place| measure_file(index, files[*place].1, &in_time)).collect();
        let pool = (!unknown.is_empty()).then(|| thread_pool(None)).flatten();
        let measured: Vec<_> = pool.map_or_else(measure, |pool| pool.install(measure));
        unknown.into_iter().zip(measured).for_each(|(place, quality)| found[place] = quality);

        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Texts that are gone are forgotten once they are more than those that are there.
        if known.len() > 2 * files.len() && files.len() > 1 {
            known.clear();
        }
        let mut survey = Survey::default();
        for ((id, file), quality) in files.iter().zip(found) {
            match quality {
                Some(quality) => {
                    known.insert(key(file), Arc::clone(&quality));
                    survey.files.push((*id, quality));
                }
                None => survey.stale.push(*id),
            }
        }
        in_time().then_some(survey)
    }
}

fn cached_for<T: ?Sized>(last: &PerSnapshot<T>, snapshot: &Arc<Snapshot>) -> Option<Arc<T>> {
    let (of, known) = last.as_ref()?;
    std::ptr::eq(Weak::as_ptr(of), Arc::as_ptr(snapshot)).then(|| Arc::clone(known))
}

/// The workspace's own code, in the languages that are parsed.
fn own_files(snapshot: &Snapshot) -> impl Iterator<Item = (FileId, &Arc<IndexedFile>)> {
    let is_parsed = |file: &IndexedFile| file.record.language.language().syntax.is_some();
    snapshot.files().filter(move |(_, file)| file.is_own() && is_parsed(file))
}

fn key(file: &IndexedFile) -> (u64, LanguageId) {
    (file.record.hash, file.record.language)
}

/// The quality of a file; `None` where its text is another than was indexed, or there is no time left.
fn measure_file(
    index: &Index,
    file: &IndexedFile,
    in_time: &(dyn Fn() -> bool + Sync),
) -> Option<Arc<FileQuality>> {
    let text = in_time().then(|| index.text(file))??;
    (xxhash_rust::xxh3::xxh3_64(text.as_bytes()) == file.record.hash)
        .then(|| Arc::new(FileQuality::of(&text, &file.record)))
}
