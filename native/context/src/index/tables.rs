//! From names to files and symbols, for some files.
//!
//! A table is a sorted list of pairs: compact, quick to build, and its entries for a name stand together. Names are kept as hashes, so that
//! no table holds a string; whoever finds a file by a hash looks the name up in its record.

use rayon::slice::ParallelSliceMut as _;

use super::snapshot::FileId;
use crate::record::{FileRecord, NameTable, SymbolId};

/// The tables of some files.
#[derive(Debug, Default)]
pub(super) struct Tables {
    occurrences: Vec<(u64, FileId)>,
    symbols: Vec<(u64, FileId, SymbolId)>,
}

impl Tables {
    pub(super) fn new<'a>(files: impl Iterator<Item = (FileId, &'a FileRecord)>) -> Self {
        let mut tables = Self::default();
        for (file, record) in files {
            let hashes: Vec<u64> = record.names.iter().map(NameTable::hash).collect();
            let symbols = record.symbols_with_ids();
            tables.symbols.extend(symbols.map(|(id, symbol)| (hashes[symbol.name.0 as usize], file, id)));
            tables.occurrences.extend(hashes.into_iter().map(|hash| (hash, file)));
        }
        tables.occurrences.par_sort_unstable();
        tables.symbols.par_sort_unstable();
        tables.occurrences.shrink_to_fit();
        tables.symbols.shrink_to_fit();
        tables
    }

    /// The files in which a name occurs, and perhaps some in which another name of the same hash does.
    pub(super) fn files_with(&self, hash: u64) -> impl Iterator<Item = FileId> {
        let first = self.occurrences.partition_point(|(other, _)| *other < hash);
        self.occurrences[first..].iter().take_while(move |(other, _)| *other == hash).map(|(_, file)| *file)
    }

    /// The symbols of a name, and perhaps some of another name of the same hash.
    pub(super) fn symbols_named(&self, hash: u64) -> impl Iterator<Item = (FileId, SymbolId)> {
        let first = self.symbols.partition_point(|(other, ..)| *other < hash);
        self.symbols[first..]
            .iter()
            .take_while(move |(other, ..)| *other == hash)
            .map(|(_, file, id)| (*file, *id))
    }
}
