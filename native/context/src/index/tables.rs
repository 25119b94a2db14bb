//! From names to files and symbols, for some files.
//!
//! A table is a sorted list of pairs: compact, quick to build, and its entries for a name stand together. Names are kept as hashes, so that
//! no table holds a string; whoever finds a file by a hash looks the name up in its record.

use rayon::slice::ParallelSliceMut as _;

use super::file::IndexedFile;
use super::snapshot::FileId;
use crate::record::{NameTable, SymbolId};

/// The tables of some files.
#[derive(Debug, Default)]
pub(super) struct Tables {
    occurrences: Vec<(u64, FileId)>,
    symbols: Vec<(u64, FileId, SymbolId)>,
    /// By the words of what a file imports: of the paths as they are written, and of the names.
    importers: Vec<(u64, FileId)>,
    /// By the words of a file's own name.
    named: Vec<(u64, FileId)>,
}

/// What stands for a path without words: `.`, `./`, `..`.
pub(crate) const FOLDER_ITSELF: &str = ".";

/// The words of a path, as imports and file names share them: `./user-data/index.ts` has `user-data`, `index` and `ts`.
pub(crate) fn path_words(path: &str) -> impl Iterator<Item = &str> {
    let words =
        path.split(|character: char| !(character.is_alphanumeric() || matches!(character, '_' | '-' | '@')));
    words.filter(|word| !word.is_empty())
}

impl Tables {
    pub(super) fn new<'a>(files: impl Iterator<Item = (FileId, &'a IndexedFile)>) -> Self {
        let mut tables = Self::default();
        for (file, indexed) in files {
            let record = &*indexed.record;
            let hashes: Vec<u64> = record.names.iter().map(NameTable::hash).collect();
            let symbols = record.symbols_with_ids();
            tables.symbols.extend(symbols.map(|(id, symbol)| (hashes[symbol.name.0 as usize], file, id)));
            let mut imported: Vec<u64> = Vec::new();
            for import in &record.imports {
                let words = path_words(&import.path).map(NameTable::hash);
                let before = imported.len();
                imported.extend(words);
                if imported.len() == before {
                    imported.push(NameTable::hash(FOLDER_ITSELF));
                }
                imported.extend(import.names.iter().map(|imported| hashes[imported.name.0 as usize]));
            }
            imported.sort_unstable();
            imported.dedup();
            tables.importers.extend(imported.into_iter().map(|hash| (hash, file)));
            let name = indexed.path.rsplit('/').next().unwrap_or_default();
            tables.named.extend(path_words(name).map(|word| (NameTable::hash(word), file)));
            tables.occurrences.extend(hashes.into_iter().map(|hash| (hash, file)));
        }
        for table in [&mut tables.occurrences, &mut tables.importers, &mut tables.named] {
            table.par_sort_unstable();
            table.shrink_to_fit();
        }
        tables.symbols.par_sort_unstable();
        tables.symbols.shrink_to_fit();
        tables
    }

    /// The files in which a name occurs, and perhaps some in which another name of the same hash does.
    pub(super) fn files_with(&self, hash: u64) -> impl Iterator<Item = FileId> {
        files_in(&self.occurrences, hash)
    }

    /// The files that import something with a word in it, and perhaps some with another word of the same hash.
    pub(super) fn importers(&self, hash: u64) -> impl Iterator<Item = FileId> {
        files_in(&self.importers, hash)
    }

    /// The files with a word in their own name, and perhaps some with another word of the same hash.
    pub(super) fn named(&self, hash: u64) -> impl Iterator<Item = FileId> {
        files_in(&self.named, hash)
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

fn files_in(table: &[(u64, FileId)], hash: u64) -> impl Iterator<Item = FileId> {
    let first = table.partition_point(|(other, _)| *other < hash);
    table[first..].iter().take_while(move |(other, _)| *other == hash).map(|(_, file)| *file)
}
