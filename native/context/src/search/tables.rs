//! The search tables of a snapshot, made from those of the snapshot before.
//!
//! They are segments, as in a log-structured tree: what changed goes into a new one, and a segment is joined with the one before it when that
//! is not much larger. So a change costs about as much as its files, and each file is put into tables anew a few times in its life. What a
//! segment holds of files that have changed since is passed over.

use std::sync::Arc;

use super::segment::Segment;
use crate::index::{FileId, IndexedFile, Snapshot};

/// A segment, and which of its files are as they were.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) segment: Arc<Segment>,
    /// For each file of the segment.
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

    /// The chunks of the files that have changed, file by file, in order.
    pub(super) fn dead_chunks(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let is_whole = self.alive_chunks == self.segment.chunks.len();
        let files = if is_whole { &[] } else { &*self.alive };
        let dead = files.iter().enumerate().filter(|(_, alive)| !**alive);
        dead.map(|(place, _)| self.segment.chunks_of(place))
    }

    fn bury(&mut self, gone: &[FileId]) {
        let places: Vec<usize> = gone
            .iter()
            .filter_map(|id| self.segment.place(*id))
            .filter(|place| self.is_alive(*place))
            .collect();
        if places.is_empty() {
            return;
        }
        let mut alive = self.alive.to_vec();
        for place in places {
            alive[place] = false;
            self.alive_chunks -= self.segment.chunks_of(place).len();
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
    /// Of what they are. Kept, because the next snapshot is compared with it.
    snapshot: Arc<Snapshot>,
    /// The older ones first.
    pub(super) parts: Vec<Part>,
    pub(super) chunks: usize,
    pub(super) mean_length: f32,
}

impl Tables {
    /// The tables of a snapshot from nothing.
    pub(super) fn new(snapshot: &Arc<Snapshot>) -> Self {
        let part = segment_of(snapshot, snapshot.files().map(|(id, _)| id).collect());
        Self::of_parts(snapshot, vec![part])
    }

    /// Whether they are those of a snapshot.
    pub(super) fn are_of(&self, snapshot: &Arc<Snapshot>) -> bool {
        Arc::ptr_eq(&self.snapshot, snapshot)
    }

    /// The tables of another snapshot.
    pub(super) fn follow(&self, snapshot: &Arc<Snapshot>) -> Self {
        let is_same = |id: FileId, file: &Arc<IndexedFile>, other: &Snapshot| {
            other.file(id).is_some_and(|other| Arc::ptr_eq(file, other))
        };
        let added: Vec<FileId> = snapshot
            .files()
            .filter(|(id, file)| !is_same(*id, file, &self.snapshot))
            .map(|(id, _)| id)
            .collect();
        let gone: Vec<FileId> = self
            .snapshot
            .files()
            .filter(|(id, file)| !is_same(*id, file, snapshot))
            .map(|(id, _)| id)
            .collect();
        let mut parts = self.parts.clone();
        for part in &mut parts {
            part.bury(&gone);
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
        Self::of_parts(snapshot, parts)
    }

    fn of_parts(snapshot: &Arc<Snapshot>, parts: Vec<Part>) -> Self {
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
