//! Functions that are alike.
//!
//! Two functions are as alike as the sequences of identifiers that they have in common: each five in a row make a shingle, and
//! the Jaccard index of their sets of shingles is the similarity. MinHash finds the pairs that are worth comparing without comparing all.

use std::collections::{BTreeSet, HashMap, HashSet};

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::index::{FileId, IndexedFile};
use crate::record::SymbolId;
use crate::resolve::Place;

/// Identifiers in a row that make a shingle.
const SHINGLE: usize = 5;
/// Shingles below which a function is too short to say that it was copied.
const SHINGLES_MIN: usize = 12;
/// Bands of hashes: with as many of two rows, nearly every pair of a similarity of a half or more shares a band.
const BANDS: u64 = 16;

/// A function's shingles.
#[derive(Debug)]
pub struct Fingerprint {
    /// The function.
    pub place: Place,
    shingles: HashSet<u64>,
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

/// The fingerprints of the functions of a file that are long enough. It needs no text.
#[must_use]
pub fn fingerprints(id: FileId, file: &IndexedFile) -> Vec<Fingerprint> {
    let record = &file.record;
    let hashes: Vec<u64> = record.names.iter().map(|name| xxh3_64(name.as_bytes())).collect();
    let functions =
        record.symbols_with_ids().filter(|(_, symbol)| symbol.kind.is_callable() && symbol.body.is_some());
    functions
        .filter_map(|(symbol, found)| {
            let body = found.body?;
            let first = record.occurrences.partition_point(|occurrence| occurrence.start < body.start);
            let behind = record.occurrences.partition_point(|occurrence| occurrence.start < body.end);
            let names: Vec<u64> = record.occurrences[first..behind]
                .iter()
                .filter_map(|occurrence| hashes.get(occurrence.name().0 as usize).copied())
                .collect();
            let shingle = |names: &[u64]| {
                names
                    .iter()
                    .fold(0_u64, |hash, name| hash.rotate_left(7).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ name)
            };
            let shingles: HashSet<u64> = names.windows(SHINGLE).map(shingle).collect();
            (shingles.len() >= SHINGLES_MIN)
                .then_some(Fingerprint { place: Place { file: id, symbol }, shingles })
        })
        .collect()
}

/// The pairs that are at least so alike, the most alike first. A function in another one is no copy of it.
#[must_use]
pub fn duplicates(
    found: &[Fingerprint],
    threshold: f64,
    is_inside: impl Fn(Place, SymbolId) -> bool,
) -> Vec<Duplicate> {
    let mut bands: HashMap<(u64, u64), Vec<usize>> = HashMap::new();
    for (index, fingerprint) in found.iter().enumerate() {
        for band in 0..BANDS {
            let row = |seed: u64| {
                fingerprint
                    .shingles
                    .iter()
                    .map(|shingle| xxh3_64_with_seed(&shingle.to_le_bytes(), seed))
                    .min()
            };
            let key = row(band * 2).unwrap_or(0) ^ row(band * 2 + 1).unwrap_or(0).rotate_left(32);
            bands.entry((band, key)).or_default().push(index);
        }
    }
    let mut pairs: BTreeSet<(usize, usize)> = BTreeSet::new();
    for members in bands.into_values() {
        // Of what is everywhere the same, such as generated code, some pairs say enough.
        let members = &members[..members.len().min(crate::limits::DUPLICATES_OF_ONE_MAX)];
        for (nth, a) in members.iter().enumerate() {
            pairs.extend(members[nth + 1..].iter().map(|b| (*a, *b)));
        }
    }
    let mut duplicates: Vec<Duplicate> = pairs
        .into_iter()
        .filter_map(|(a, b)| {
            let (a, b) = (found.get(a)?, found.get(b)?);
            let common = a.shingles.intersection(&b.shingles).count();
            #[expect(clippy::cast_precision_loss, reason = "counts of identifiers in a function")]
            let similarity = common as f64 / (a.shingles.len() + b.shingles.len() - common) as f64;
            let nested = a.place.file == b.place.file
                && (is_inside(a.place, b.place.symbol) || is_inside(b.place, a.place.symbol));
            (similarity >= threshold && !nested).then_some(Duplicate { a: a.place, b: b.place, similarity })
        })
        .collect();
    duplicates.sort_by(|x, y| y.similarity.total_cmp(&x.similarity).then((x.a, x.b).cmp(&(y.a, y.b))));
    duplicates
}
