//! Search: the chunks of the workspace that fit a query, best first.
//!
//! 1. When a file is read, the terms of its chunks are counted ([`FileTerms`]), and a vector says what each chunk is about ([`FileVectors`],
//!    `embedding`). Both are kept in its record.
//! 2. Tables from terms to chunks follow the snapshots: a change makes a small segment of the files that changed (`tables`, `segment`).
//! 3. A query is taken apart by its kind (`query`), scored by BM25 over text, defined names and path (`score`) and by meaning (`meaning`), and
//!    ranked file by file, also by what the file is called (`rank`, `file_names`).

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;

use crate::index::{FileId, Snapshot};
use crate::limits;
use crate::record::SymbolId;

mod bytes;
mod definitions;
mod direction;
mod embedding;
mod explain;
mod file_names;
mod filter;
mod lesser;
mod meaning;
mod paths;
mod query;
mod rank;
mod score;
mod segment;
mod tables;
mod terms;
mod tokens;

pub use embedding::FileVectors;
pub use explain::Reasons;
pub use filter::{Filter, Paths, PathsError};
pub use query::{QueryKind, TermWeights};
pub use rank::Weights;
pub use terms::FileTerms;

use query::Analysis;
use tables::Tables;

/// What is sought.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Words, a name, a path, or code. What is longer than `limits::QUERY_BYTES_MAX` is cut.
    pub text: String,
    /// How many results at most; `limits::RESULTS_MAX` is the most.
    pub top: usize,
    /// Results of a lower score are left out.
    pub threshold: f32,
    /// What they are limited to.
    pub filter: Filter,
}

/// A chunk that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The file.
    pub file: FileId,
    /// The chunk's place in the list of its record.
    pub chunk: usize,
    /// Its first line, counted from 1.
    pub start_line: u32,
    /// Its last line.
    pub end_line: u32,
    /// The symbol that it is about.
    pub symbol: Option<SymbolId>,
    /// How well it fits, from 0 to 1, by the words of the query that it has and by what both are about.
    pub score: f32,
    /// Why it was found.
    pub reasons: Reasons,
}

/// Search over the snapshots of an index. It may be asked from any number of threads.
#[derive(Debug, Default)]
pub struct Search {
    weights: Weights,
    tables: ArcSwapOption<Tables>,
    /// Held by whoever makes the next tables.
    writer: Mutex<()>,
}

impl Search {
    /// A search that ranks by other numbers than the default ones.
    #[must_use]
    pub fn with_weights(weights: Weights) -> Self {
        Self { weights, ..Self::default() }
    }

    /// The same tables, ranked by other numbers.
    pub fn set_weights(&mut self, weights: Weights) {
        self.weights = weights;
    }

    /// Brings the tables to a snapshot, so that the first query on it does not have to: whoever makes snapshots calls it after each.
    pub fn follow(&self, snapshot: &Arc<Snapshot>) {
        self.tables(snapshot);
    }

    /// The chunks that fit a query, best first.
    #[must_use]
    pub fn query(&self, snapshot: &Arc<Snapshot>, query: &Query) -> Vec<Hit> {
        let tables = self.tables(snapshot);
        let analysis = Analysis::new(cut(&query.text, limits::QUERY_BYTES_MAX), &self.weights.terms);
        let top = query.top.min(limits::RESULTS_MAX);
        let ranked = rank::rank(&tables, snapshot, &analysis, &query.filter, &self.weights, top);
        let hits = ranked.into_iter().take_while(|ranked| ranked.score >= query.threshold);
        hits.filter_map(|ranked| {
            let record = &snapshot.file(ranked.file)?.record;
            let chunk = record.chunks.get(ranked.chunk)?;
            Some(Hit {
                file: ranked.file,
                chunk: ranked.chunk,
                start_line: chunk.start_line,
                end_line: chunk.end_line,
                symbol: explain::subject(record, chunk, &analysis, &query.filter),
                score: ranked.score,
                reasons: explain::reasons(tables.parts.get(ranked.part)?, ranked.place, &analysis),
            })
        })
        .collect()
    }

    /// The tables of a snapshot. Whoever asks for one that has them does not wait.
    fn tables(&self, snapshot: &Arc<Snapshot>) -> Arc<Tables> {
        let current = || self.tables.load_full().filter(|tables| tables.are_of(snapshot));
        if let Some(tables) = current() {
            return tables;
        }
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tables) = current() {
            return tables;
        }
        let before = self.tables.load_full();
        let tables = Arc::new(before.map_or_else(|| Tables::new(snapshot), |tables| tables.follow(snapshot)));
        self.tables.store(Some(Arc::clone(&tables)));
        tables
    }
}

/// As much of a text as fits, in whole characters.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests;
