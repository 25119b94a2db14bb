//! The search tables of a snapshot, derived from those of the previous snapshot.
//!
//! They are segments, as in a log-structured merge tree. Changed files go into a new segment, and a segment
//! is merged with the one before it unless that one is much larger. A change therefore costs about as much as
//! its files, and each file is indexed again only a few times in its life. Entries of files that have changed
//! since are skipped.

use std::sync::Arc;

use super::segment::Segment;
use crate::index::{FileId, IndexedFile, Snapshot};

/// A segment, and which of its files are still current.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) segment: Arc<Segment>,
    /// For each file of the segment, whether it is still current.
    alive: Arc<[bool]>,
    alive_chunks: usize,
}

impl Part {
    fn new(segment: Segment) -> Self {
        let alive = vec![true; segment.files.len()].into();
        Self { alive_chunks: segment.chunks.len(), alive, segment: Arc::new(segment) }
    }

    pub(super) fn is_alive(&self, file: usize) -> bool {
        self.alive.get(file).copied().unwrap_or(false)
    }

    /// Returns the chunk ranges of the files that have changed, in order.
    pub(super) fn dead_chunks(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let is_whole = self.alive_chunks == self.segment.chunks.len();
        let files = if is_whole { &[] } else { &*self.alive };
        let dead = files.iter().enumerate().filter(|(_, alive)| !**alive);
        dead.map(|(position, _)| self.segment.chunks_of(position))
    }

    fn mark_dead(&mut self, removed: &[FileId]) {
        let positions: Vec<usize> = removed
            .iter()
            .filter_map(|id| self.segment.position(*id))
            .filter(|position| self.is_alive(*position))
            .collect();
        if positions.is_empty() {
            return;
        }
        let mut alive = self.alive.to_vec();
        for position in positions {
            alive[position] = false;
            self.alive_chunks -= self.segment.chunks_of(position).len();
        }
        self.alive = alive.into();
    }

    fn files(&self) -> impl Iterator<Item = FileId> {
        self.segment.files.iter().zip(&*self.alive).filter(|(_, alive)| **alive).map(|(file, _)| file.id)
    }
}

/// The search tables of a snapshot.
#[derive(Debug)]
pub(super) struct Tables {
    /// The snapshot that the tables describe. The next snapshot is compared with it.
    snapshot: Arc<Snapshot>,
    /// The parts, oldest first.
    pub(super) parts: Vec<Part>,
    pub(super) chunks: usize,
    pub(super) mean_length: f32,
}

impl Tables {
    /// Builds the tables of a snapshot from scratch.
    pub(super) fn new(snapshot: &Arc<Snapshot>) -> Self {
        let part = segment_of(snapshot, snapshot.files().map(|(id, _)| id).collect());
        Self::from_parts(snapshot, vec![part])
    }

    /// Returns whether these are the tables of a snapshot.
    pub(super) fn belong_to(&self, snapshot: &Arc<Snapshot>) -> bool {
        Arc::ptr_eq(&self.snapshot, snapshot)
    }

    /// Derives the tables of another snapshot.
    pub(super) fn follow(&self, snapshot: &Arc<Snapshot>) -> Self {
        let is_same = |id: FileId, file: &Arc<IndexedFile>, other: &Snapshot| {
            other.file(id).is_some_and(|other| Arc::ptr_eq(file, other))
        };
        let added: Vec<FileId> = snapshot
            .files()
            .filter(|(id, file)| !is_same(*id, file, &self.snapshot))
            .map(|(id, _)| id)
            .collect();
        let removed: Vec<FileId> = self
            .snapshot
            .files()
            .filter(|(id, file)| !is_same(*id, file, snapshot))
            .map(|(id, _)| id)
            .collect();
        let mut parts = self.parts.clone();
        for part in &mut parts {
            part.mark_dead(&removed);
        }
        if !added.is_empty() {
            parts.push(segment_of(snapshot, added));
        }
        while let [.., before, last] = &*parts {
            if before.alive_chunks > 2 * last.alive_chunks
                && 2 * before.alive_chunks > before.segment.chunks.len()
            {
                break;
            }
            let files = before.files().chain(last.files()).collect();
            parts.truncate(parts.len() - 2);
            parts.push(segment_of(snapshot, files));
        }
        Self::from_parts(snapshot, parts)
    }

    fn from_parts(snapshot: &Arc<Snapshot>, parts: Vec<Part>) -> Self {
        let chunks: usize = parts.iter().map(|part| part.alive_chunks).sum();
        let length: u64 = parts
            .iter()
            .flat_map(|part| part.segment.chunks.iter().filter(|chunk| part.is_alive(chunk.file as usize)))
            .map(|chunk| u64::from(chunk.length))
            .sum();
        let mean_length = (length as f32 / chunks.max(1) as f32).max(1.0);
        Self { snapshot: Arc::clone(snapshot), parts, chunks, mean_length }
    }
}

fn segment_of(snapshot: &Snapshot, mut ids: Vec<FileId>) -> Part {
    ids.sort_unstable();
    Part::new(Segment::new(ids.into_iter().filter_map(|id| Some((id, &**snapshot.file(id)?)))))
}
