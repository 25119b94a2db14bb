//! Tables that map names to files and symbols, for some files.
//!
//! A table is a sorted list of pairs: it is compact and quick to build, and the entries of a name are
//! adjacent. Names are stored as hashes, so that no table holds a string. The caller looks the name up in the
//! record of each file that it finds.

use rayon::slice::ParallelSliceMut as _;

use super::file::IndexedFile;
use super::snapshot::FileId;
use crate::record::{NameTable, SymbolId};

/// The tables of some files.
#[derive(Debug, Default)]
pub(super) struct Tables {
    occurrences: Vec<(u64, FileId)>,
    symbols: Vec<(u64, FileId, SymbolId)>,
    /// By the words of imports: of the paths as they are written, and of the imported names.
    importers: Vec<(u64, FileId)>,
    /// By the words of the file's own name.
    named: Vec<(u64, FileId)>,
}

/// The word that represents a path without words: `.`, `./`, `..`.
pub(crate) const CURRENT_DIRECTORY: &str = ".";

/// Splits a path into words that imports and file names share: `./user-data/index.ts` has `user-data`,
/// `index` and `ts`.
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
                    imported.push(NameTable::hash(CURRENT_DIRECTORY));
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

    /// Returns the files in which a name occurs, and possibly files with another name of the same hash.
    pub(super) fn files_with(&self, hash: u64) -> impl Iterator<Item = FileId> {
        files_in(&self.occurrences, hash)
    }

    /// Returns the files that import something with a word in it, and possibly files with another word of the
    /// same hash.
    pub(super) fn importers(&self, hash: u64) -> impl Iterator<Item = FileId> {
        files_in(&self.importers, hash)
    }

    /// Returns the files with a word in their own name, and possibly files with another word of the same
    /// hash.
    pub(super) fn named(&self, hash: u64) -> impl Iterator<Item = FileId> {
        files_in(&self.named, hash)
    }

    /// Returns the symbols with a name, and possibly symbols with another name of the same hash.
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
