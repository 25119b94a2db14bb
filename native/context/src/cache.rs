//! The on-disk cache of file records, so that the next start parses only changed files.
//!
//! One file holds everything that is known of a workspace: the stamp and the content id of each path, and a
//! record for each content. A cache file is trusted as a whole or not at all: it must be written by this
//! version with these grammars and have the right checksum. Otherwise it is ignored.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::index::{IndexedFile, Snapshot, Stamp};
use crate::languages::{self, LanguageId, detect};
use crate::record::FileRecord;
use crate::workspace::{RootIndex, Workspace};

/// The format version. Increment it whenever the layout of records changes, or what the extractor derives
/// from the same captures.
const FORMAT: u32 = 6;

const MAGIC: &[u8; 8] = b"codeidx\n";

/// The cache of one workspace.
#[derive(Debug)]
pub struct Cache {
    file: PathBuf,
}

/// The files and records of a cache. It is empty if there is no usable cache.
#[derive(Debug, Default)]
pub struct KnownFiles {
    files: HashMap<(RootIndex, Box<str>), KnownFile>,
    records: HashMap<(u64, LanguageId), Arc<FileRecord>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KnownFile {
    stamp: Stamp,
    read_at: Duration,
    content: (u64, LanguageId),
}

/// The table of contents: all files, and the lengths of the records that follow.
#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    files: Vec<(RootIndex, Box<str>, KnownFile)>,
    /// The length of each record in bytes.
    records: Vec<u32>,
}

impl Cache {
    /// Creates the cache of a workspace in a directory, which need not exist.
    #[must_use]
    pub fn new(directory: &Path, workspace: &Workspace) -> Self {
        let mut roots = Xxh3::new();
        for root in workspace.roots() {
            roots.update(root.as_os_str().as_encoded_bytes());
            roots.update(&[0]);
        }
        Self { file: directory.join(format!("{:016x}.codeindex", roots.digest())) }
    }

    /// Loads the cache. Returns an empty result if the file is missing, damaged, or of another version.
    #[must_use]
    pub fn load(&self) -> KnownFiles {
        let Ok(bytes) = std::fs::read(&self.file) else { return KnownFiles::default() };
        let known = decode(&bytes);
        if known.is_none() {
            let file = self.file.display();
            tracing::info!(%file, "rebuilding the cache: it is damaged or from another version");
        }
        known.unwrap_or_default()
    }

    /// Writes the cache if `files` differ from what was `known`. Concurrent readers get the older version.
    ///
    /// # Errors
    /// Returns the error of the file system if the directory cannot be created or written to.
    pub fn store(&self, files: &[Arc<IndexedFile>], known: &KnownFiles) -> io::Result<()> {
        if known.describes(files) {
            return Ok(());
        }
        let directory = self.file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory)?;
        let mut file = io::BufWriter::new(tempfile::NamedTempFile::new_in(directory)?);
        for piece in encode(files)? {
            io::Write::write_all(&mut file, &piece)?;
        }
        file.into_inner().map_err(io::IntoInnerError::into_error)?.persist(&self.file)?;
        Ok(())
    }
}

impl KnownFiles {
    /// Returns what a snapshot of one workspace knows about the files of another. Some directories may be in
    /// both.
    #[must_use]
    pub fn of(snapshot: &Snapshot, workspace: &Workspace, other: &Workspace) -> Self {
        let root_in_other = |root: RootIndex| {
            let directory = workspace.roots().get(usize::from(root))?;
            RootIndex::try_from(other.roots().iter().position(|other| other == directory)?).ok()
        };
        let mut known = Self::default();
        for (_, file) in snapshot.files() {
            let content = (file.record.hash, file.record.language);
            known.records.insert(content, Arc::clone(&file.record));
            if let Some(root) = root_in_other(file.root) {
                let known_file = KnownFile { stamp: file.stamp, read_at: file.read_at, content };
                known.files.insert((root, file.path.clone()), known_file);
            }
        }
        known
    }

    /// Adds the records of `other`.
    pub(crate) fn add(&mut self, other: &Self) {
        let records = other.records.iter().map(|(content, record)| (*content, Arc::clone(record)));
        self.records.extend(records);
    }

    /// Returns the record of a file that has not changed since it was read, and when it was read.
    pub(crate) fn by_stamp(
        &self,
        root: RootIndex,
        path: &str,
        stamp: Stamp,
    ) -> Option<(Arc<FileRecord>, Duration)> {
        let file = self.files.get(&(root, Box::from(path)))?;
        let unchanged = file.stamp == stamp && stamp.is_settled(file.read_at);
        unchanged.then(|| Some((Arc::clone(self.records.get(&file.content)?), file.read_at)))?
    }

    /// Returns the record of a text.
    pub(crate) fn by_text(&self, path: &str, text: &str) -> Option<Arc<FileRecord>> {
        if self.records.is_empty() {
            return None;
        }
        self.records.get(&(xxh3_64(text.as_bytes()), detect(path, text))).cloned()
    }

    fn describes(&self, files: &[Arc<IndexedFile>]) -> bool {
        files.len() == self.files.len()
            && files.iter().all(|file| {
                let known = self.files.get(&(file.root, file.path.clone()));
                known.is_some_and(|known| known.stamp == file.stamp && known.read_at == file.read_at)
            })
    }
}

/// Returns the version that identifies the cache format and the grammars.
fn version() -> [u8; 16] {
    let mut version = [0; 16];
    version[..8].copy_from_slice(&(u64::from(FORMAT) << 32).to_le_bytes());
    version[8..].copy_from_slice(&languages::fingerprint().to_le_bytes());
    version
}

/// Encodes a cache file: magic, version, checksum of the rest, length of the table of contents, table of
/// contents, records. It returns pieces, because together they may be hundreds of megabytes.
fn encode(files: &[Arc<IndexedFile>]) -> io::Result<Vec<Vec<u8>>> {
    let mut contents = Contents { files: Vec::with_capacity(files.len()), records: Vec::new() };
    let mut seen = HashSet::new();
    let mut records = Vec::new();
    for file in files {
        let content = (file.record.hash, file.record.language);
        let known = KnownFile { stamp: file.stamp, read_at: file.read_at, content };
        contents.files.push((file.root, file.path.clone(), known));
        if seen.insert(content) {
            records.push(&*file.record);
        }
    }
    let records: Result<Vec<Vec<u8>>, _> = records.par_iter().map(postcard::to_allocvec).collect();
    let records = records.map_err(io::Error::other)?;
    let lengths = records.iter().map(|record| u32::try_from(record.len()));
    contents.records = lengths.collect::<Result<_, _>>().map_err(io::Error::other)?;
    let contents = postcard::to_allocvec(&contents).map_err(io::Error::other)?;
    let length = (contents.len() as u64).to_le_bytes().to_vec();
    let mut checksum = Xxh3::new();
    let mut pieces = vec![Vec::new(), length, contents];
    pieces.extend(records);
    pieces.iter().for_each(|piece| checksum.update(piece));
    pieces[0] = [&MAGIC[..], &version(), &checksum.digest().to_le_bytes()].concat();
    Ok(pieces)
}

fn decode(bytes: &[u8]) -> Option<KnownFiles> {
    let rest = bytes.strip_prefix(MAGIC)?.strip_prefix(&version())?;
    let (checksum, rest) = rest.split_at_checked(8)?;
    if checksum != xxh3_64(rest).to_le_bytes() {
        return None;
    }
    let (length, rest) = rest.split_at_checked(8)?;
    let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
    let (contents, mut blob) = rest.split_at_checked(length)?;
    let contents: Contents = postcard::from_bytes(contents).ok()?;
    let mut encoded = Vec::with_capacity(contents.records.len());
    for length in &contents.records {
        let (record, remaining) = blob.split_at_checked(*length as usize)?;
        encoded.push(record);
        blob = remaining;
    }
    let records: Option<HashMap<_, _>> = encoded
        .par_iter()
        .map(|bytes| {
            let record: FileRecord = postcard::from_bytes(bytes).ok()?;
            Some(((record.hash, record.language), Arc::new(record)))
        })
        .collect();
    let files = contents.files.into_iter().map(|(root, path, file)| ((root, path), file)).collect();
    Some(KnownFiles { files, records: records? })
}

#[cfg(test)]
mod tests;
