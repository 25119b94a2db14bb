//! All files of the workspace at one moment, with tables that map names to files.
//!
//! A snapshot never changes. The next one shares everything with it except the changed files. These have
//! small tables of their own beside the main ones, and their older versions in the main tables are skipped.
//! When there are many of them, the main tables are rebuilt.

use std::collections::HashSet;
use std::sync::Arc;

use super::file::IndexedFile;
use super::tables::Tables;
use crate::limits;
use crate::record::{FileRecord, NameTable, Symbol, SymbolId};
use crate::workspace::RootIndex;

/// The id of a file in a snapshot. A file keeps its id in all later snapshots, and no other file ever gets
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

impl FileId {
    fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    fn index(self) -> usize {
        self.0 as usize
    }
}

/// All files of the workspace at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The files by id; `None` for a file that is gone.
    files: Vec<Option<Arc<IndexedFile>>>,
    /// The ids of the existing files, sorted by key.
    by_key: Vec<FileId>,
    main: Arc<Tables>,
    /// The files that changed after `main` was built.
    recent_files: HashSet<FileId>,
    /// The tables of the recent files.
    recent: Tables,
    complete: bool,
}

/// A change of a file, given by its key; `None` if the file is gone.
pub(super) type Change = ((RootIndex, String), Option<Arc<IndexedFile>>);

impl Snapshot {
    /// Creates a snapshot of some files. `complete` says that the workspace has no others.
    #[must_use]
    pub fn new(mut files: Vec<Arc<IndexedFile>>, complete: bool) -> Self {
        files.sort_by(|a, b| a.key().cmp(&b.key()));
        let main = Arc::new(Tables::new(numbered(&files).map(|(id, file)| (id, &**file))));
        let by_key = numbered(&files).map(|(id, _)| id).collect();
        let files = files.into_iter().map(Some).collect();
        Self { files, by_key, main, recent_files: HashSet::new(), recent: Tables::default(), complete }
    }

    /// Returns this snapshot with changes applied.
    pub(super) fn with_changes(&self, changes: Vec<Change>) -> Self {
        let mut files = self.files.clone();
        let mut by_key = self.by_key.clone();
        let mut recent_files = self.recent_files.clone();
        for ((root, path), file) in changes {
            let position = by_key.binary_search_by(|id| key(&files, *id).cmp(&Some((root, &path))));
            match (position, file) {
                (Ok(position), Some(file)) => {
                    recent_files.insert(by_key[position]);
                    files[by_key[position].index()] = Some(file);
                }
                (Ok(position), None) => {
                    let id = by_key.remove(position);
                    recent_files.insert(id);
                    files[id.index()] = None;
                }
                (Err(position), Some(file)) => {
                    let id = FileId::from_index(files.len());
                    by_key.insert(position, id);
                    recent_files.insert(id);
                    files.push(Some(file));
                }
                (Err(_), None) => {}
            }
        }
        let mut next = Self { files, by_key, main: Arc::clone(&self.main), recent_files, ..Self::default() };
        next.complete = self.complete;
        if next.recent_files.len() > limits::RECENT_FILES_MAX {
            next.main = Arc::new(Tables::new(next.files().map(|(id, file)| (id, &**file))));
            next.recent_files.clear();
        } else {
            let recent = next.recent_files.iter().filter_map(|id| Some((*id, &**next.file(*id)?)));
            next.recent = Tables::new(recent);
        }
        next
    }

    /// Returns whether the snapshot contains every file of the workspace. While the index is built for the
    /// first time, there are partial snapshots.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Returns the number of files.
    #[must_use]
    pub fn file_count(&self) -> usize {
        self.by_key.len()
    }

    /// Returns all files, sorted by root and path.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &Arc<IndexedFile>)> {
        self.by_key.iter().filter_map(|id| Some((*id, self.file(*id)?)))
    }

    /// Returns a file, or `None` if it is gone.
    #[must_use]
    pub fn file(&self, id: FileId) -> Option<&Arc<IndexedFile>> {
        self.files.get(id.index())?.as_ref()
    }

    /// Finds the file at a path relative to a root.
    #[must_use]
    pub fn find(&self, root: RootIndex, path: &str) -> Option<FileId> {
        let position =
            self.by_key.binary_search_by(|id| key(&self.files, *id).cmp(&Some((root, path)))).ok()?;
        self.by_key.get(position).copied()
    }

    /// Returns the files in a directory of a root and its subdirectories, sorted by path. The directory has
    /// no trailing slash; an empty string means the root itself.
    pub fn files_under(
        &self,
        root: RootIndex,
        directory: &str,
    ) -> impl Iterator<Item = (FileId, &Arc<IndexedFile>)> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let first = self.by_key.partition_point(|id| key(&self.files, *id) < Some((root, &prefix)));
        self.by_key[first..]
            .iter()
            .filter_map(|id| Some((*id, self.file(*id)?)))
            .take_while(move |(_, file)| file.root == root && file.path.starts_with(&prefix))
    }

    /// Returns the files in which a name occurs as an identifier.
    pub fn files_with(&self, name: &str) -> impl Iterator<Item = (FileId, &Arc<IndexedFile>)> {
        let hash = NameTable::hash(name);
        let main = self.main.files_with(hash).filter(|id| !self.recent_files.contains(id));
        let candidates: Vec<FileId> = main.chain(self.recent.files_with(hash)).collect();
        candidates
            .into_iter()
            .filter_map(|id| Some((id, self.file(id)?)))
            .filter(move |(_, file)| file.record.names.find(name).is_some())
    }

    /// Returns the files that import something with this word in its path or its name. It may return other
    /// files as well, because names are compared by hash.
    pub(crate) fn importers(&self, word: &str) -> impl Iterator<Item = FileId> {
        let hash = NameTable::hash(word);
        let main = self.main.importers(hash).filter(|id| !self.recent_files.contains(id));
        main.chain(self.recent.importers(hash))
    }

    /// Returns the files with a word in their own name. It may return other files as well, because names are
    /// compared by hash.
    pub(crate) fn files_named(&self, word: &str) -> impl Iterator<Item = (FileId, &Arc<IndexedFile>)> {
        let hash = NameTable::hash(word);
        let main = self.main.named(hash).filter(|id| !self.recent_files.contains(id));
        main.chain(self.recent.named(hash)).filter_map(|id| Some((id, self.file(id)?)))
    }

    /// Returns the symbols with a name.
    pub fn symbols_named(&self, name: &str) -> impl Iterator<Item = (FileId, SymbolId, &Symbol)> {
        let hash = NameTable::hash(name);
        let main = self.main.symbols_named(hash).filter(|(id, _)| !self.recent_files.contains(id));
        let candidates: Vec<(FileId, SymbolId)> = main.chain(self.recent.symbols_named(hash)).collect();
        candidates.into_iter().filter_map(move |(file, id)| {
            let record: &FileRecord = &self.file(file)?.record;
            let symbol = record.symbol(id)?;
            (record.name(symbol.name) == name).then_some((file, id, symbol))
        })
    }
}

fn numbered(files: &[Arc<IndexedFile>]) -> impl Iterator<Item = (FileId, &Arc<IndexedFile>)> {
    files.iter().enumerate().map(|(index, file)| (FileId::from_index(index), file))
}

fn key(files: &[Option<Arc<IndexedFile>>], id: FileId) -> Option<(RootIndex, &str)> {
    files.get(id.index())?.as_ref().map(|file| file.key())
}
