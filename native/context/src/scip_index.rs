//! SCIP indexes: name resolution by compilers, in a file `index.scip` in a root of the workspace
//! (https://scip-code.org).
//!
//! An index is valid for the texts that it was made from, but it does not say which those were. It is
//! therefore not used for a file that was modified after the index, or whose text has changed since it was
//! read. The meaning of names in such files is resolved by syntax.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use protobuf::Message as _;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use scip::types::{self, PositionEncoding, SymbolRole};

use crate::index::{Index, IndexedFile, Snapshot, since_epoch};
use crate::limits;
use crate::record::FileRecord;
use crate::workspace::RootIndex;

mod positions;

/// The name of the index file.
const FILE_NAME: &str = "index.scip";

/// The combined contents of the SCIP indexes of a workspace.
#[derive(Debug, Default)]
pub struct ScipIndex {
    documents: HashMap<(RootIndex, Box<str>), Document>,
    /// The definitions, sorted by symbol.
    definitions: Vec<Definition>,
}

/// The contents of an index for one file.
#[derive(Debug)]
struct Document {
    /// The XXH3 hash of the text that the contents are valid for.
    hash: u64,
    /// The offsets of identifiers, sorted, each with its meaning.
    names: Box<[(u32, Name)]>,
}

/// The meaning of an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    /// A symbol that is local to its file, such as a variable of a function.
    Local,
    /// The symbol with this number.
    Symbol(u32),
}

/// The definition of a symbol.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Definition {
    symbol: u32,
    place: DefinedAt,
}

/// The position of a defining identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DefinedAt {
    /// The root of the file.
    pub root: RootIndex,
    /// The path relative to the root.
    pub path: Box<str>,
    /// The XXH3 hash of the file's text. The offset is valid only for that text.
    pub hash: u64,
    /// The offset of the identifier.
    pub offset: u32,
}

/// A cache of the indexes. They are read again when one of the files has changed.
#[derive(Debug, Default)]
pub struct ScipCache {
    last: Mutex<Option<(Vec<IndexFile>, Arc<ScipIndex>)>>,
}

/// An index file on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
struct IndexFile {
    root: RootIndex,
    path: PathBuf,
    size: u64,
    modified: Option<Duration>,
}

impl ScipCache {
    /// Returns the contents of the indexes of a workspace. They are empty until all of its files are read.
    #[must_use]
    pub fn get(&self, index: &Index, snapshot: &Snapshot) -> Arc<ScipIndex> {
        let files = IndexFile::all(index);
        if files.is_empty() || !snapshot.is_complete() {
            return Arc::default();
        }
        // Concurrent callers wait for the first one instead of reading the files again.
        let mut last = self.last.lock();
        if let Some((known, indexed)) = &*last
            && *known == files
        {
            return Arc::clone(indexed);
        }
        let mut builder = Builder::default();
        for file in &files {
            // Logged once per version of the file, because it is not read again until it changes.
            if let Err(error) = builder.add(file, index, snapshot) {
                let file = file.path.display();
                tracing::warn!(%file, %error, "failed to read a SCIP index; ignoring it");
            }
        }
        let indexed = Arc::new(builder.finish());
        *last = Some((files, Arc::clone(&indexed)));
        indexed
    }
}

impl IndexFile {
    /// Returns the existing index files. Symbolic links are not followed, because they may lead out of the
    /// workspace.
    fn all(index: &Index) -> Vec<Self> {
        let roots = (0..).zip(index.workspace().roots());
        roots
            .filter_map(|(root, directory)| {
                let path = directory.join(FILE_NAME);
                let metadata = path.symlink_metadata().ok().filter(std::fs::Metadata::is_file)?;
                let modified =
                    metadata.modified().ok().and_then(|modified: SystemTime| since_epoch(modified));
                Some(Self { root, path, size: metadata.len(), modified })
            })
            .collect()
    }

    fn read(&self) -> Result<types::Index, String> {
        if self.size > limits::SCIP_BYTES_MAX {
            return Err(format!("the file has more than {} bytes", limits::SCIP_BYTES_MAX));
        }
        let bytes = std::fs::read(&self.path).map_err(|error| error.to_string())?;
        types::Index::parse_from_bytes(&bytes).map_err(|error| error.to_string())
    }
}

impl ScipIndex {
    /// Returns the definitions of the symbol that an identifier refers to. The list is empty if the symbol is
    /// local or defined outside the workspace. Returns `None` if the indexes say nothing about the
    /// identifier.
    #[must_use]
    pub fn definitions(&self, file: &IndexedFile, offset: u32) -> Option<Vec<&DefinedAt>> {
        let document = self.documents.get(&(file.root, file.path.clone()))?;
        if document.hash != file.record.hash {
            return None;
        }
        let first = document.names.partition_point(|(start, _)| *start < offset);
        let here = document.names[first..].iter().take_while(|(start, _)| *start == offset);
        let mut result = None;
        for (_, name) in here {
            let definitions = result.get_or_insert_with(Vec::new);
            if let Name::Symbol(symbol) = name {
                definitions.extend(self.definitions_of(*symbol));
            }
        }
        result
    }

    fn definitions_of(&self, symbol: u32) -> impl Iterator<Item = &DefinedAt> {
        let first = self.definitions.partition_point(|definition| definition.symbol < symbol);
        self.definitions[first..]
            .iter()
            .take_while(move |definition| definition.symbol == symbol)
            .map(|definition| &definition.place)
    }
}

#[derive(Default)]
struct Builder {
    index: ScipIndex,
    symbols: HashMap<String, u32>,
}

impl Builder {
    fn add(&mut self, file: &IndexFile, index: &Index, snapshot: &Snapshot) -> Result<(), String> {
        let read = file.read()?;
        let matched: Vec<(&types::Document, &IndexedFile, Vec<Identifier<'_>>)> = read
            .documents
            .par_iter()
            .filter_map(|document| {
                let id = snapshot.find(file.root, &document.relative_path)?;
                let indexed = &**snapshot.file(id)?;
                let text = index.text(indexed).filter(|text| is_current(document, text, file, indexed))?;
                Some((document, indexed, identifiers(document, &text, &indexed.record)))
            })
            .collect();
        for (document, indexed, identifiers) in matched {
            let mut names: Vec<(u32, Name)> = Vec::with_capacity(identifiers.len());
            for (offset, occurrence) in identifiers {
                let name = self.name(&occurrence.symbol);
                names.push((offset, name));
                let is_definition = occurrence.symbol_roles & SymbolRole::Definition as i32 != 0;
                if let (Name::Symbol(symbol), true) = (name, is_definition) {
                    let (path, hash) = (document.relative_path.as_str().into(), indexed.record.hash);
                    let place = DefinedAt { root: file.root, path, hash, offset };
                    self.index.definitions.push(Definition { symbol, place });
                }
            }
            names.sort_unstable();
            names.dedup();
            let document = Document { hash: indexed.record.hash, names: names.into() };
            self.index.documents.insert((file.root, indexed.path.clone()), document);
        }
        Ok(())
    }

    fn name(&mut self, symbol: &str) -> Name {
        if scip::symbol::is_local_symbol(symbol) {
            return Name::Local;
        }
        let next = u32::try_from(self.symbols.len()).unwrap_or(u32::MAX);
        Name::Symbol(*self.symbols.entry(symbol.to_owned()).or_insert(next))
    }

    fn finish(mut self) -> ScipIndex {
        self.index.definitions.sort_unstable();
        self.index
    }
}

/// The offset of an identifier and its SCIP occurrence.
type Identifier<'a> = (u32, &'a types::Occurrence);

/// Returns whether a document was made from the current text of a file.
fn is_current(document: &types::Document, text: &str, index: &IndexFile, file: &IndexedFile) -> bool {
    if xxhash_rust::xxh3::xxh3_64(text.as_bytes()) != file.record.hash {
        return false;
    }
    if !document.text.is_empty() {
        return document.text == text;
    }
    file.stamp.modified.zip(index.modified).is_some_and(|(file, index)| file <= index)
}

/// Returns the occurrences of a document that are at identifiers of the text, with their offsets.
fn identifiers<'a>(document: &'a types::Document, text: &str, record: &FileRecord) -> Vec<Identifier<'a>> {
    let encodings: &[PositionEncoding] = match document.position_encoding.enum_value_or_default() {
        // Indexers that do not specify the encoding count in the way of their own language. Usually only one
        // encoding leads to an identifier.
        PositionEncoding::UnspecifiedPositionEncoding => &[
            PositionEncoding::UTF16CodeUnitOffsetFromLineStart,
            PositionEncoding::UTF32CodeUnitOffsetFromLineStart,
            PositionEncoding::UTF8CodeUnitOffsetFromLineStart,
        ],
        PositionEncoding::UTF8CodeUnitOffsetFromLineStart => {
            &[PositionEncoding::UTF8CodeUnitOffsetFromLineStart]
        }
        PositionEncoding::UTF16CodeUnitOffsetFromLineStart => {
            &[PositionEncoding::UTF16CodeUnitOffsetFromLineStart]
        }
        PositionEncoding::UTF32CodeUnitOffsetFromLineStart => {
            &[PositionEncoding::UTF32CodeUnitOffsetFromLineStart]
        }
    };
    let is_identifier =
        |offset: &u32| record.occurrences.binary_search_by_key(offset, |occurrence| occurrence.start).is_ok();
    let occurrences = document.occurrences.iter().filter_map(|occurrence| {
        let (line, column) = positions::start(occurrence)?;
        let line = record.line_span(line.checked_add(1)?)?;
        let offset = encodings
            .iter()
            .filter_map(|encoding| Some(line.start + positions::bytes(line.of(text), column, *encoding)?))
            .find(is_identifier)?;
        Some((offset, occurrence))
    });
    occurrences.collect()
}

#[cfg(test)]
mod tests;
