//! Functions that are alike.
//!
//! Two functions are as alike as the sequences of identifiers that they have in common: each five in a row make a shingle, and
//! the Jaccard index of their sets of shingles is the similarity. MinHash finds the pairs that are worth comparing without comparing all.

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSliceMut as _;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::record::{FileRecord, Span, SymbolId};
use crate::resolve::Place;

/// Identifiers in a row that make a shingle.
const SHINGLE: usize = 5;
/// Shingles below which a function is too short to say that it was copied.
const SHINGLES_MIN: usize = 12;
/// Bands of hashes: with as many of two rows, nearly every pair of a similarity of a half or more shares a band.
const BANDS: usize = 16;

/// What a function consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shingles {
    /// The hashes of its shingles, in order.
    hashes: Box<[u64]>,
    /// What it has in common with functions that are alike, mostly: each band is the same with the likelihood of the similarity squared.
    bands: [u64; BANDS],
}

/// Two functions that are alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duplicate {
    /// The one that comes first.
    pub a: Place,
    /// The other one.
    pub b: Place,
    /// How much they have in common, from 0 to 1.
    pub similarity: f64,
}

impl Shingles {
    /// The shingles of the functions of a file that are long enough.
    pub(super) fn of_functions(record: &FileRecord) -> Vec<(SymbolId, Self)> {
        let names: Vec<u64> = record.names.iter().map(|name| xxh3_64(name.as_bytes())).collect();
        let functions = record
            .symbols_with_ids()
            .filter(|(_, symbol)| symbol.kind.is_callable() && symbol.body.is_some());
        functions.filter_map(|(id, function)| Some((id, Self::of(record, function.body?, &names)?))).collect()
    }

    fn of(record: &FileRecord, body: Span, names: &[u64]) -> Option<Self> {
        let first = record.occurrences.partition_point(|occurrence| occurrence.start < body.start);
        let behind = record.occurrences.partition_point(|occurrence| occurrence.start < body.end);
        let names: Vec<u64> = record.occurrences[first..behind]
            .iter()
            .filter_map(|occurrence| names.get(occurrence.name().0 as usize).copied())
            .collect();
        let mut hashes: Vec<u64> = names.windows(SHINGLE).map(shingle).collect();
        hashes.sort_unstable();
        hashes.dedup();
        (hashes.len() >= SHINGLES_MIN).then(|| Self { bands: bands(&hashes), hashes: hashes.into() })
    }

    /// The Jaccard index, from 0 to 1.
    fn similarity(&self, other: &Self) -> f64 {
        let (mut common, mut theirs) = (0_usize, other.hashes.iter().peekable());
        for hash in &self.hashes {
            while theirs.next_if(|other| *other < hash).is_some() {}
            common += usize::from(theirs.next_if_eq(&hash).is_some());
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of identifiers in a function")]
        let similarity = common as f64 / (self.hashes.len() + other.hashes.len() - common) as f64;
        similarity
    }
}

fn shingle(names: &[u64]) -> u64 {
    names.iter().fold(0, |hash, name| hash.rotate_left(7).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ name)
}

fn bands(shingles: &[u64]) -> [u64; BANDS] {
    let row = |seed: u64| {
        let hashes = shingles.iter().map(|shingle| xxh3_64_with_seed(&shingle.to_le_bytes(), seed));
        hashes.min().unwrap_or(0)
    };
    std::array::from_fn(|band| row(band as u64 * 2) ^ row(band as u64 * 2 + 1).rotate_left(32))
}

/// The pairs that are at least so alike, the most alike first. A function in another one is no copy of it.
#[must_use]
pub fn duplicates(
    found: &[(Place, &Shingles)],
    threshold: f64,
    is_inside: impl Fn(Place, SymbolId) -> bool + Sync,
) -> Vec<Duplicate> {
    let mut by_band: Vec<(usize, u64, usize)> = Vec::with_capacity(found.len() * BANDS);
    for (index, (_, shingles)) in found.iter().enumerate() {
        by_band.extend(shingles.bands.iter().enumerate().map(|(band, hash)| (band, *hash, index)));
    }
    by_band.par_sort_unstable();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for members in by_band.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        // Of what is everywhere the same, such as generated code, some pairs say enough.
        let members = &members[..members.len().min(crate::limits::DUPLICATES_OF_ONE_MAX)];
        for (nth, (.., a)) in members.iter().enumerate() {
            pairs.extend(members[nth + 1..].iter().map(|(.., b)| (*a, *b)));
        }
    }
    pairs.par_sort_unstable();
    pairs.dedup();
    let mut duplicates: Vec<Duplicate> = pairs
        .into_par_iter()
        .filter_map(|(a, b)| {
            let ((a, its), (b, theirs)) = (*found.get(a)?, *found.get(b)?);
            let similarity = its.similarity(theirs);
            let nested = a.file == b.file && (is_inside(a, b.symbol) || is_inside(b, a.symbol));
            (similarity >= threshold && !nested).then_some(Duplicate { a, b, similarity })
        })
        .collect();
    duplicates.sort_by(|x, y| y.similarity.total_cmp(&x.similarity).then((x.a, x.b).cmp(&(y.a, y.b))));
    duplicates
}
