//! The records on disk, so that the next start parses only what changed.
//!
//! One file holds what is known of a workspace: for each path its stamp and its record, and the records by their content. It is trusted only
//! as a whole: written by this version with these grammars, with the right checksum. Otherwise it is as if it were not there.

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

/// Counted up whenever the form of records, or what the extractor makes of the same captures, changes.
const FORMAT: u32 = 6;

const MAGIC: &[u8; 8] = b"codeidx\n";

/// The cache of one workspace.
#[derive(Debug)]
pub struct Cache {
    file: PathBuf,
}

/// What a cache knew. Without a cache that is nothing.
#[derive(Debug, Default)]
pub struct Known {
    files: HashMap<(RootIndex, Box<str>), KnownFile>,
    records: HashMap<(u64, LanguageId), Arc<FileRecord>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KnownFile {
    stamp: Stamp,
    read_at: Duration,
    content: (u64, LanguageId),
}

/// The start of the file: who wrote it, and where the records are.
#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    files: Vec<(RootIndex, Box<str>, KnownFile)>,
    /// The length of each record in bytes.
    records: Vec<u32>,
}

impl Cache {
    /// The cache of a workspace in a folder, which need not exist.
    #[must_use]
    pub fn new(folder: &Path, workspace: &Workspace) -> Self {
        let mut roots = Xxh3::new();
        for root in workspace.roots() {
            roots.update(root.as_os_str().as_encoded_bytes());
            roots.update(&[0]);
        }
        Self { file: folder.join(format!("{:016x}.codeindex", roots.digest())) }
    }

    /// What it knows.
    #[must_use]
    pub fn load(&self) -> Known {
        let Ok(bytes) = std::fs::read(&self.file) else { return Known::default() };
        let known = decode(&bytes);
        if known.is_none() {
            tracing::info!(file = %self.file.display(), "the cache of the code index is of another version or damaged, and is made anew");
        }
        known.unwrap_or_default()
    }

    /// Writes down what is known now, if that differs from what was `known`. Whoever reads meanwhile gets the older version.
    ///
    /// # Errors
    /// The folder cannot be made or written to.
    pub fn store(&self, files: &[Arc<IndexedFile>], known: &Known) -> io::Result<()> {
        if known.is_about(files) {
            return Ok(());
        }
        let folder = self.file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = io::BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
        for piece in encode(files)? {
            io::Write::write_all(&mut file, &piece)?;
        }
        file.into_inner().map_err(io::IntoInnerError::into_error)?.persist(&self.file)?;
        Ok(())
    }
}

impl Known {
    /// What a snapshot of one workspace tells of the files of another: some folders may be in both.
    #[must_use]
    pub fn of(snapshot: &Snapshot, workspace: &Workspace, other: &Workspace) -> Self {
        let root_there = |root: RootIndex| {
            let folder = workspace.roots().get(usize::from(root))?;
            RootIndex::try_from(other.roots().iter().position(|other| other == folder)?).ok()
        };
        let mut known = Self::default();
        for (_, file) in snapshot.files() {
            let content = (file.record.hash, file.record.language);
            known.records.insert(content, Arc::clone(&file.record));
            if let Some(root) = root_there(file.root) {
                let file_there = KnownFile { stamp: file.stamp, read_at: file.read_at, content };
                known.files.insert((root, file.path.clone()), file_there);
            }
        }
        known
    }

    /// Adds the records that another one knows.
    pub(crate) fn add(&mut self, other: &Self) {
        let records = other.records.iter().map(|(content, record)| (*content, Arc::clone(record)));
        self.records.extend(records);
    }

    /// The record of a file that has not changed since it was read, and when that was.
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

    /// The record of a text.
    pub(crate) fn by_text(&self, path: &str, text: &str) -> Option<Arc<FileRecord>> {
        if self.records.is_empty() {
            return None;
        }
        self.records.get(&(xxh3_64(text.as_bytes()), detect(path, text))).cloned()
    }

    fn is_about(&self, files: &[Arc<IndexedFile>]) -> bool {
        files.len() == self.files.len()
            && files.iter().all(|file| {
                let known = self.files.get(&(file.root, file.path.clone()));
                known.is_some_and(|known| known.stamp == file.stamp && known.read_at == file.read_at)
            })
    }
}

/// What the form of a cache depends on.
fn version() -> [u8; 16] {
    let mut version = [0; 16];
    version[..8].copy_from_slice(&(u64::from(FORMAT) << 32).to_le_bytes());
    version[8..].copy_from_slice(&languages::fingerprint().to_le_bytes());
    version
}

/// Magic, version, checksum of the rest, length of the contents, contents, records: in pieces, because together they may be hundreds of megabytes.
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

fn decode(bytes: &[u8]) -> Option<Known> {
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
        let (record, behind) = blob.split_at_checked(*length as usize)?;
        encoded.push(record);
        blob = behind;
    }
    let records: Option<HashMap<_, _>> = encoded
        .par_iter()
        .map(|bytes| {
            let record: FileRecord = postcard::from_bytes(bytes).ok()?;
            Some(((record.hash, record.language), Arc::new(record)))
        })
        .collect();
    let files = contents.files.into_iter().map(|(root, path, file)| ((root, path), file)).collect();
    Some(Known { files, records: records? })
}

#[cfg(test)]
mod tests;
