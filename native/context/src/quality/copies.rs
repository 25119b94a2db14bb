//! The pairs of similar functions, maintained from one snapshot to the next: unchanged functions are not
//! compared again.
//!
//! All data is in sorted lists, and a change is merged into them. That takes one pass over memory: some
//! milliseconds for a million entries.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSliceMut as _;

use super::duplicates::{Duplicate, Shingles};
use crate::index::FileId;
use crate::limits;
use crate::record::{FileRecord, SymbolId};
use crate::resolve::SymbolRef;

/// A function with one of its bands, see [`Shingles::bands`].
type Banded = (u64, SymbolRef);

/// The pairs of functions in a set of files that share a band.
#[derive(Debug, Default)]
pub(super) struct Copies {
    files: HashMap<FileId, Functions>,
    /// The functions by band, sorted, so that the functions that share a band are adjacent.
    banded: Vec<Banded>,
    /// The pairs, sorted by their functions.
    pairs: Vec<Pair>,
}

/// The functions of a file that are long enough to be compared.
#[derive(Debug, Clone)]
struct Functions {
    of: Arc<FileRecord>,
    shingles: Arc<[(SymbolId, Shingles)]>,
}

#[derive(Debug, Clone, Copy)]
struct Pair {
    functions: (SymbolRef, SymbolRef),
    /// The number of shared bands.
    bands: i32,
    /// The similarity; `None` until it is computed, and for functions that are no pair of copies.
    similarity: Option<f64>,
}

impl Copies {
    /// Updates the pairs to another set of files, most of which are unchanged.
    pub(super) fn follow(&mut self, files: &[(FileId, Arc<FileRecord>)]) {
        let known = |(id, record): &(FileId, Arc<FileRecord>)| {
            self.files.get(id).filter(|functions| Arc::ptr_eq(&functions.of, record))
        };
        let (same, new): (Vec<_>, Vec<_>) = files.iter().partition(|file| known(file).is_some());
        if new.is_empty() && same.len() == self.files.len() {
            return;
        }
        let mut removed = std::mem::take(&mut self.files);
        self.files = same.into_iter().filter_map(|(id, _)| removed.remove_entry(id)).collect();
        let inserted = new.into_par_iter().map(|(id, record)| {
            let shingles = Shingles::of_functions(record).into();
            (*id, Functions { of: Arc::clone(record), shingles })
        });
        let inserted: HashMap<FileId, Functions> = inserted.collect();
        let changed = ChangedFiles::new(removed.keys().chain(inserted.keys()));
        let mut added = banded(&inserted);
        let mut touched: Vec<u64> = banded(&removed).iter().chain(&added).map(|(band, _)| *band).collect();
        touched.sort_unstable();
        touched.dedup();

        let mut changes = Vec::new();
        pairs_of(&self.banded, &touched, -1, &mut changes);
        self.banded.retain(|(_, symbol_ref)| !changed.contains(*symbol_ref));
        self.banded.append(&mut added);
        // The list consists of two sorted runs, so this sort is a merge.
        self.banded.sort();
        pairs_of(&self.banded, &touched, 1, &mut changes);
        self.files.extend(inserted);
        self.change_pairs(changes, &changed);
    }

    /// Returns the pairs, the most similar first.
    pub(super) fn ranked(&self) -> Vec<Duplicate> {
        let pairs = self.pairs.iter().filter_map(|pair| {
            let (a, b) = pair.functions;
            Some(Duplicate { a, b, similarity: pair.similarity? })
        });
        let mut ranked: Vec<Duplicate> = pairs.collect();
        ranked.par_sort_by(|x, y| y.similarity.total_cmp(&x.similarity));
        ranked
    }

    /// Applies changes to the numbers of shared bands of pairs.
    fn change_pairs(&mut self, mut changes: Vec<((SymbolRef, SymbolRef), i32)>, changed: &ChangedFiles) {
        changes.par_sort_unstable();
        let mut pairs = std::mem::take(&mut self.pairs);
        let changes = changes.chunk_by(|a, b| a.0 == b.0).filter_map(|same| {
            let bands = same.iter().map(|(_, bands)| bands).sum();
            Some(Pair { functions: same.first()?.0, bands, similarity: None })
        });
        pairs.extend(changes);
        // This is a merge again; an existing pair comes before its change.
        pairs.sort_by_key(|pair| pair.functions);
        pairs.dedup_by(|change, pair| {
            let is_same = change.functions == pair.functions;
            pair.bands += if is_same { change.bands } else { 0 };
            is_same
        });
        pairs.retain(|pair| pair.bands > 0);
        let is_known = |pair: &Pair| {
            pair.similarity.is_some()
                && !changed.contains(pair.functions.0)
                && !changed.contains(pair.functions.1)
        };
        let unknown: Vec<&mut Pair> = pairs.iter_mut().filter(|pair| !is_known(pair)).collect();
        unknown.into_par_iter().for_each(|pair| pair.similarity = self.similarity(pair.functions));
        self.pairs = pairs;
    }

    /// Returns the similarity of two functions; `None` if one contains the other.
    fn similarity(&self, (a, b): (SymbolRef, SymbolRef)) -> Option<f64> {
        let (its, theirs) = (self.shingles(a)?, self.shingles(b)?);
        let nested = a.file == b.file && (its.span.contains(theirs.span) || theirs.span.contains(its.span));
        (!nested).then(|| its.similarity(theirs))
    }

    fn shingles(&self, symbol_ref: SymbolRef) -> Option<&Shingles> {
        let shingles = &self.files.get(&symbol_ref.file)?.shingles;
        let index = shingles.binary_search_by_key(&symbol_ref.symbol, |(symbol, _)| *symbol).ok()?;
        Some(&shingles.get(index)?.1)
    }
}

/// The set of changed files, indexed by file id: it is queried for each of a million functions.
struct ChangedFiles(Vec<bool>);

impl ChangedFiles {
    fn new<'a>(ids: impl Iterator<Item = &'a FileId>) -> Self {
        let mut changed = Vec::new();
        for id in ids {
            let index = id.0 as usize;
            changed.resize(changed.len().max(index + 1), false);
            changed[index] = true;
        }
        Self(changed)
    }

    fn contains(&self, symbol_ref: SymbolRef) -> bool {
        self.0.get(symbol_ref.file.0 as usize).copied().unwrap_or(false)
    }
}

/// Returns the functions of some files by band, sorted.
fn banded(files: &HashMap<FileId, Functions>) -> Vec<Banded> {
    let mut banded: Vec<Banded> = Vec::new();
    for (id, functions) in files {
        for (symbol, shingles) in &*functions.shingles {
            let symbol_ref = SymbolRef { file: *id, symbol: *symbol };
            banded.extend(shingles.bands.iter().map(|band| (*band, symbol_ref)));
        }
    }
    banded.par_sort_unstable();
    banded
}

/// Adds the pairs of functions that share one of the given bands, each with `number`.
fn pairs_of(banded: &[Banded], bands: &[u64], number: i32, pairs: &mut Vec<((SymbolRef, SymbolRef), i32)>) {
    let mut rest = banded;
    for band in bands {
        // Both lists are sorted, and if much has changed, the next band is at the front.
        if rest.first().is_some_and(|(other, _)| other < band) {
            rest = &rest[rest.partition_point(|(other, _)| other < band)..];
        }
        let end = rest.iter().position(|(other, _)| other != band).unwrap_or(rest.len());
        let (members, after) = rest.split_at(end);
        rest = after;
        // For code that is the same everywhere, such as generated code, some of the pairs are enough.
        let members = &members[..members.len().min(limits::DUPLICATES_OF_ONE_MAX)];
        for (nth, (_, a)) in members.iter().enumerate() {
            pairs.extend(members[nth + 1..].iter().map(|(_, b)| ((*a, *b), number)));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::extract::extract;

    /// Returns the source of a function with one line for each number.
    fn function(name: usize, lines: &[usize]) -> String {
        let body = lines.iter().map(|line| format!("    a{line} = b{line}(c{line})\n"));
        format!("def f{name}():\n{}\n", body.collect::<String>())
    }

    fn record(functions: &[Vec<usize>]) -> Arc<FileRecord> {
        let text = functions.iter().enumerate().map(|(name, lines)| function(name, lines));
        Arc::new(extract("a.py", &text.collect::<String>()))
    }

    /// Generates the functions of one file, or `None` for a missing file.
    fn file() -> impl Strategy<Value = Option<Vec<Vec<usize>>>> {
        let lines = prop::sample::subsequence((0..24).collect::<Vec<usize>>(), 18..22);
        prop::option::weighted(0.8, prop::collection::vec(lines, 0..4))
    }

    #[test]
    fn nested_functions_are_no_copies_of_each_other() {
        let lines: Vec<usize> = (0..20).collect();
        let other: Vec<usize> = (30..50).collect();
        let mut copies = Copies::default();
        let nested = Arc::new(extract(
            "b.py",
            &format!("def outer():\n    {}", function(0, &lines).replace('\n', "\n    ")),
        ));
        copies.follow(&[(FileId(0), record(&[lines.clone(), other])), (FileId(1), nested)]);
        let found = copies.ranked();
        assert!(found.iter().all(|copy| (copy.a.file, copy.b.file) == (FileId(0), FileId(1))), "{found:?}");
        assert!(found.iter().any(|copy| (copy.similarity - 1.0).abs() < f64::EPSILON), "{found:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// After any sequence of changes, the pairs equal those of comparing all files from scratch.
        #[test]
        fn incremental_update_equals_full_computation(
            steps in prop::collection::vec((0..8_usize, file()), 1..20),
        ) {
            let mut files: Vec<Option<Arc<FileRecord>>> = vec![None; 8];
            let mut copies = Copies::default();
            for (file, functions) in steps {
                files[file] = functions.as_deref().map(record);
                let there: Vec<(FileId, Arc<FileRecord>)> = (0..)
                    .map(FileId)
                    .zip(&files)
                    .filter_map(|(id, file)| Some((id, file.clone()?)))
                    .collect();
                copies.follow(&there);
                let mut full = Copies::default();
                full.follow(&there);
                prop_assert_eq!(copies.ranked(), full.ranked());
            }
        }
    }
}
