//! A segment maps terms to the chunks of some files. It is immutable.

use rayon::slice::ParallelSliceMut as _;

use super::embedding::{Packed, ZERO_VECTOR};
use super::paths::path_terms;
use super::tokens::Term;
use crate::index::{FileId, IndexedFile};

/// The occurrences of a term in a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Posting {
    /// The index of the chunk in the segment.
    pub(super) chunk: u32,
    /// See `terms::Count`.
    pub(super) body: u8,
    /// See `terms::Count`.
    pub(super) name: u8,
    /// The weighted number of occurrences in the file's path.
    pub(super) path: u8,
}

impl Posting {
    /// Returns whether the term occurs in the chunk itself, and not only in the path.
    pub(super) fn is_in_text(&self) -> bool {
        self.body > 0 || self.name > 0
    }
}

/// A file of a segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct SegmentFile {
    pub(super) id: FileId,
    /// The index of the file's first chunk.
    pub(super) first_chunk: u32,
}

/// A chunk of a segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct SegmentChunk {
    /// The index of the chunk's file in the segment.
    pub(super) file: u32,
    /// The number of terms in the chunk's text.
    pub(super) length: u32,
}

/// The search tables of some files.
#[derive(Debug, Default)]
pub(super) struct Segment {
    pub(super) files: Vec<SegmentFile>,
    pub(super) chunks: Vec<SegmentChunk>,
    /// The vector of each chunk. The file records hold them as well, but scanning them is several times
    /// faster when they are contiguous.
    pub(super) vectors: Vec<Packed>,
    /// The terms, sorted.
    terms: Vec<Term>,
    /// For each term the number of chunks that have it in their text or in a defined name. It is precomputed
    /// because queries contain words that occur everywhere.
    in_text: Vec<u32>,
    /// For each term the index of its first posting, with one more entry at the end.
    starts: Vec<u32>,
    /// The postings, sorted by term, then by chunk.
    postings: Vec<Posting>,
}

impl Segment {
    /// Builds the tables of files, which must be sorted by id.
    pub(super) fn new<'a>(files: impl IntoIterator<Item = (FileId, &'a IndexedFile)>) -> Self {
        let mut segment = Self::default();
        let mut entries: Vec<(Term, Posting)> = Vec::new();
        for (id, file) in files {
            let slot = index(segment.files.len());
            segment.files.push(SegmentFile { id, first_chunk: index(segment.chunks.len()) });
            let path_weights = path_terms(&file.path);
            for counts in file.record.terms.chunks() {
                let chunk = index(segment.chunks.len());
                let first = entries.len();
                let mut length = 0;
                for count in counts {
                    length += u32::from(count.body);
                    let path = path_weights.get(&count.term).copied().unwrap_or(0);
                    entries.push((count.term, Posting { chunk, body: count.body, name: count.name, path }));
                }
                let end = entries.len();
                for (term, path) in &path_weights {
                    // The counts of a chunk are sorted by term.
                    if entries[first..end].binary_search_by_key(term, |(other, _)| *other).is_err() {
                        entries.push((*term, Posting { chunk, body: 0, name: 0, path: *path }));
                    }
                }
                segment.chunks.push(SegmentChunk { file: slot, length });
            }
            segment.vectors.extend_from_slice(file.record.vectors.chunks());
            segment.vectors.resize(segment.chunks.len(), ZERO_VECTOR);
        }
        entries.par_sort_unstable_by_key(|(term, posting)| (*term, posting.chunk));
        for (term, posting) in entries {
            if segment.terms.last() != Some(&term) {
                segment.terms.push(term);
                segment.in_text.push(0);
                segment.starts.push(index(segment.postings.len()));
            }
            if let Some(count) = segment.in_text.last_mut() {
                *count += u32::from(posting.is_in_text());
            }
            segment.postings.push(posting);
        }
        segment.starts.push(index(segment.postings.len()));
        segment.terms.shrink_to_fit();
        segment.in_text.shrink_to_fit();
        segment.starts.shrink_to_fit();
        segment.postings.shrink_to_fit();
        segment.vectors.shrink_to_fit();
        segment
    }

    /// Returns the postings of a term, sorted by chunk.
    pub(super) fn postings(&self, term: Term) -> &[Posting] {
        let Ok(position) = self.terms.binary_search(&term) else { return &[] };
        let bounds = self.starts.get(position).zip(self.starts.get(position + 1));
        bounds.and_then(|(start, end)| self.postings.get(*start as usize..*end as usize)).unwrap_or_default()
    }

    /// Returns the number of chunks that have a term in their text or in a defined name.
    pub(super) fn count_in_text(&self, term: Term) -> usize {
        self.terms.binary_search(&term).map_or(0, |position| self.in_text[position] as usize)
    }

    /// Returns the index of a file in the segment.
    pub(super) fn position(&self, id: FileId) -> Option<usize> {
        self.files.binary_search_by_key(&id, |file| file.id).ok()
    }

    /// Returns the range of a file's chunks.
    pub(super) fn chunks_of(&self, position: usize) -> std::ops::Range<usize> {
        let start = self.files.get(position).map_or(self.chunks.len(), |file| file.first_chunk as usize);
        let end = self.files.get(position + 1).map_or(self.chunks.len(), |file| file.first_chunk as usize);
        start..end
    }
}

/// Converts an index to 32 bits. `limits::TEXT_BYTES_MAX` bounds the number of chunks.
fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
