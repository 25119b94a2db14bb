//! A cache of the quality of file contents, so that a question about the whole workspace measures only what
//! has changed.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Instant;

use parking_lot::Mutex;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::copies::Copies;
use super::{Duplicate, FileQuality};
use crate::index::{FileId, Index, IndexedFile, Snapshot, thread_pool};
use crate::languages::LanguageId;

/// The quality by content hash and language.
type QualityByText = HashMap<(u64, LanguageId), Arc<FileQuality>>;

/// The most recently measured quality of file contents.
#[derive(Debug, Default)]
pub struct QualityCache {
    known: Mutex<QualityByText>,
    survey: Mutex<PerSnapshot<Survey>>,
    copies: Mutex<(Copies, PerSnapshot<[Duplicate]>)>,
}

/// A result for the most recently requested snapshot.
type PerSnapshot<T> = Option<(Weak<Snapshot>, Arc<T>)>;

/// The quality of some files.
#[derive(Debug, Default)]
pub struct Survey {
    /// The quality of each file.
    pub files: Vec<(FileId, Arc<FileQuality>)>,
    /// The files without a known quality, because their contents have changed since they were indexed.
    pub stale: Vec<FileId>,
}

impl QualityCache {
    /// Returns the quality of one file.
    #[must_use]
    pub fn of_file(&self, index: &Index, id: FileId, file: &IndexedFile) -> Survey {
        // There is no deadline: parsing one file has a time limit of its own.
        self.measure(index, &[(id, file)], None).unwrap_or_default()
    }

    /// Returns the quality of the workspace's own code; `None` if the deadline passes first. What was
    /// measured until then is not measured again.
    #[must_use]
    pub fn of_workspace(
        &self,
        index: &Index,
        snapshot: &Arc<Snapshot>,
        deadline: Instant,
    ) -> Option<Arc<Survey>> {
        // A concurrent caller waits for the first one instead of repeating its work.
        let mut last = self.survey.lock();
        if let Some(known) = cached_for(&last, snapshot) {
            return Some(known);
        }
        let own: Vec<(FileId, &IndexedFile)> = own_files(snapshot).map(|(id, file)| (id, &**file)).collect();
        let survey = Arc::new(self.measure(index, &own, Some(deadline))?);
        // If some files have changed since they were indexed, another snapshot will follow soon.
        *last = survey.stale.is_empty().then(|| (Arc::downgrade(snapshot), Arc::clone(&survey)));
        Some(survey)
    }

    /// Returns the pairs of similar functions in a file, the most similar first.
    #[must_use]
    pub fn copies_in_file(id: FileId, file: &IndexedFile) -> Arc<[Duplicate]> {
        let mut copies = Copies::default();
        copies.follow(&[(id, Arc::clone(&file.record))]);
        copies.ranked().into()
    }

    /// Returns the pairs of similar functions in the workspace's own code, the most similar first.
    #[must_use]
    pub fn copies_in_workspace(&self, snapshot: &Arc<Snapshot>) -> Arc<[Duplicate]> {
        let mut guard = self.copies.lock();
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

    /// Measures, in parallel, the files that have not been measured before. Returns `None` if the deadline
    /// passes first.
    fn measure(
        &self,
        index: &Index,
        files: &[(FileId, &IndexedFile)],
        deadline: Option<Instant>,
    ) -> Option<Survey> {
        let mut found: Vec<Option<Arc<FileQuality>>> = {
            let known = self.known.lock();
            files.iter().map(|(_, file)| known.get(&key(file)).cloned()).collect()
        };
        let in_time = || deadline.is_none_or(|deadline| Instant::now() < deadline);
        let unknown: Vec<usize> =
            (0..files.len()).filter(|file_index| found[*file_index].is_none()).collect();
        let measure = || {
            unknown.par_iter().map(|file_index| measure_file(index, files[*file_index].1, &in_time)).collect()
        };
        let pool = (!unknown.is_empty()).then(|| thread_pool(None)).flatten();
        let measured: Vec<_> = pool.map_or_else(measure, |pool| pool.install(measure));
        unknown.into_iter().zip(measured).for_each(|(file_index, quality)| found[file_index] = quality);

        let mut known = self.known.lock();
        // Entries of contents that no longer exist are dropped once they outnumber the existing ones.
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

/// Returns the workspace's own files in the languages that are parsed.
fn own_files(snapshot: &Snapshot) -> impl Iterator<Item = (FileId, &Arc<IndexedFile>)> {
    let is_parsed = |file: &IndexedFile| file.record.language.language().syntax.is_some();
    snapshot.files().filter(move |(_, file)| file.is_own() && is_parsed(file))
}

fn key(file: &IndexedFile) -> (u64, LanguageId) {
    (file.record.hash, file.record.language)
}

/// Returns the quality of a file; `None` if its content has changed since it was indexed, or if no time is
/// left.
fn measure_file(
    index: &Index,
    file: &IndexedFile,
    in_time: &(dyn Fn() -> bool + Sync),
) -> Option<Arc<FileQuality>> {
    let text = in_time().then(|| index.text(file))??;
    (xxhash_rust::xxh3::xxh3_64(text.as_bytes()) == file.record.hash)
        .then(|| Arc::new(FileQuality::of(&text, &file.record)))
}
