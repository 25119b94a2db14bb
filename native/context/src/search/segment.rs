//! From terms to the chunks of some files. A segment never changes.

use rayon::slice::ParallelSliceMut as _;

use super::embedding::{NO_DIRECTION, Packed};
use super::paths::path_terms;
use super::tokens::Term;
use crate::index::{FileId, IndexedFile};

/// A term in a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Posting {
    /// The chunk's place in the segment.
    pub(super) chunk: u32,
    /// See `terms::Count`.
    pub(super) body: u8,
    /// See `terms::Count`.
    pub(super) name: u8,
    /// How often the term occurs in the file's path, by weight.
    pub(super) path: u8,
}

impl Posting {
    /// Whether the term stands in the chunk itself, and not only in the path.
    pub(super) fn is_in_text(&self) -> bool {
        self.body > 0 || self.name > 0
    }
}

/// A file of a segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct SegmentFile {
    pub(super) id: FileId,
    /// The place of its first chunk.
    pub(super) first_chunk: u32,
}

/// A chunk of a segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct SegmentChunk {
    /// The place of its file in the segment.
    pub(super) file: u32,
    /// How many words it has.
    pub(super) length: u32,
}

/// The search tables of some files.
#[derive(Debug, Default)]
pub(super) struct Segment {
    pub(super) files: Vec<SegmentFile>,
    pub(super) chunks: Vec<SegmentChunk>,
    /// What each chunk is about. It stands in its record as well; here all are in a row, which is several times faster to go through.
    pub(super) vectors: Vec<Packed>,
    /// Sorted.
    terms: Vec<Term>,
    /// In how many chunks each term stands in the text or in a defined name: counted here, because queries have words that are everywhere.
    in_text: Vec<u32>,
    /// For each term where its postings start; one more at the end.
    starts: Vec<u32>,
    /// By term, then by chunk.
    postings: Vec<Posting>,
}

impl Segment {
    /// The tables of files, which come in the order of their ids.
    pub(super) fn new<'a>(files: impl IntoIterator<Item = (FileId, &'a IndexedFile)>) -> Self {
        let mut segment = Self::default();
        let mut entries: Vec<(Term, Posting)> = Vec::new();
        for (id, file) in files {
            let slot = index(segment.files.len());
            segment.files.push(SegmentFile { id, first_chunk: index(segment.chunks.len()) });
            let of_path = path_terms(&file.path);
            for counts in file.record.terms.chunks() {
                let chunk = index(segment.chunks.len());
                let first = entries.len();
                let mut length = 0;
                for count in counts {
                    length += u32::from(count.body);
                    let path = of_path.get(&count.term).copied().unwrap_or(0);
                    entries.push((count.term, Posting { chunk, body: count.body, name: count.name, path }));
                }
                let behind = entries.len();
                for (term, path) in &of_path {
                    // The counts of a chunk come in the order of their terms.
                    if entries[first..behind].binary_search_by_key(term, |(other, _)| *other).is_err() {
                        entries.push((*term, Posting { chunk, body: 0, name: 0, path: *path }));
                    }
                }
                segment.chunks.push(SegmentChunk { file: slot, length });
            }
            segment.vectors.extend_from_slice(file.record.vectors.of_chunks());
            segment.vectors.resize(segment.chunks.len(), NO_DIRECTION);
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

    /// Where a term occurs, in the order of the chunks.
    pub(super) fn postings(&self, term: Term) -> &[Posting] {
        let Ok(place) = self.terms.binary_search(&term) else { return &[] };
        let bounds = self.starts.get(place).zip(self.starts.get(place + 1));
        bounds.and_then(|(start, end)| self.postings.get(*start as usize..*end as usize)).unwrap_or_default()
    }

    /// In how many chunks a term stands in the text or in a defined name.
    pub(super) fn count_in_text(&self, term: Term) -> usize {
        self.terms.binary_search(&term).map_or(0, |place| self.in_text[place] as usize)
    }

    /// The place of a file.
    pub(super) fn place(&self, id: FileId) -> Option<usize> {
        self.files.binary_search_by_key(&id, |file| file.id).ok()
    }

    /// The places of a file's chunks.
    pub(super) fn chunks_of(&self, place: usize) -> std::ops::Range<usize> {
        let start = self.files.get(place).map_or(self.chunks.len(), |file| file.first_chunk as usize);
        let end = self.files.get(place + 1).map_or(self.chunks.len(), |file| file.first_chunk as usize);
        start..end
    }
}

/// Places are 32 bits wide: `limits::TEXT_BYTES_MAX` bounds the chunks.
fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
