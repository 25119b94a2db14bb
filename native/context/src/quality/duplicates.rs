//! Similarity of functions.
//!
//! The similarity of two functions is determined by their sequences of identifiers: every five consecutive
//! identifiers form a shingle, and the similarity is the Jaccard index of the two sets of shingles. MinHash
//! finds the pairs that are worth comparing without comparing all of them.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::record::{FileRecord, Span, Symbol, SymbolId};
use crate::resolve::SymbolRef;

/// The number of consecutive identifiers that form a shingle.
const SHINGLE: usize = 5;
/// The minimum number of shingles of a function. A shorter function is too short to count as copied.
const SHINGLES_MIN: usize = 12;
/// The number of bands of two hashes each. With this many, nearly every pair with a similarity of a half or
/// more shares a band.
const BANDS: usize = 16;

/// The shingles of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shingles {
    /// The hashes of the shingles, sorted.
    hashes: Box<[u64]>,
    /// The bands, which similar functions tend to share: the probability that a given band of two functions
    /// is equal is their similarity squared. The index of the band is part of the hash, so that different
    /// bands are never equal.
    pub(super) bands: [u64; BANDS],
    /// The span of the whole function.
    pub(super) span: Span,
}

/// A pair of similar functions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duplicate {
    /// The function that comes first.
    pub a: SymbolRef,
    /// The other function.
    pub b: SymbolRef,
    /// The similarity, from 0 to 1.
    pub similarity: f64,
}

impl Shingles {
    /// Returns the shingles of the functions of a file that are long enough.
    pub(super) fn of_functions(record: &FileRecord) -> Vec<(SymbolId, Self)> {
        let names: Vec<u64> = record.names.iter().map(|name| xxh3_64(name.as_bytes())).collect();
        let functions = record
            .symbols_with_ids()
            .filter(|(_, symbol)| symbol.kind.is_callable() && symbol.body.is_some());
        functions.filter_map(|(id, function)| Some((id, Self::of(record, function, &names)?))).collect()
    }

    fn of(record: &FileRecord, function: &Symbol, names: &[u64]) -> Option<Self> {
        let body = function.body?;
        let first = record.occurrences.partition_point(|occurrence| occurrence.start < body.start);
        let end = record.occurrences.partition_point(|occurrence| occurrence.start < body.end);
        let names: Vec<u64> = record.occurrences[first..end]
            .iter()
            .filter_map(|occurrence| names.get(occurrence.name().0 as usize).copied())
            .collect();
        let mut hashes: Vec<u64> = names.windows(SHINGLE).map(shingle).collect();
        hashes.sort_unstable();
        hashes.dedup();
        (hashes.len() >= SHINGLES_MIN).then(|| Self {
            bands: bands(&hashes),
            hashes: hashes.into(),
            span: function.span,
        })
    }

    /// Returns the Jaccard index, from 0 to 1.
    pub(super) fn similarity(&self, other: &Self) -> f64 {
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
    std::array::from_fn(|band| {
        let first = band as u64 * 2;
        xxh3_64_with_seed(&(row(first) ^ row(first + 1).rotate_left(32)).to_le_bytes(), first)
    })
}
