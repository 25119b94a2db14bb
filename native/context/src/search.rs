//! Search returns the chunks of the workspace that match a query, best first.
//!
//! 1. When a file is read, the terms of its chunks are counted ([`FileTerms`]), and each chunk gets an
//!    embedding vector ([`FileVectors`], `embedding`). Both are stored in the file's record.
//! 2. The search tables, which map terms to chunks, follow the snapshots: a change adds a small segment with
//!    the changed files (`tables`, `segment`).
//! 3. A query is classified and split into terms (`query`). Its chunks are scored by BM25 over text, defined
//!    names and path (`score`) and by embedding similarity (`meaning`), and ranked file by file, also by file
//!    name (`rank`, `file_names`).

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;

use crate::index::{FileId, Snapshot};
use crate::limits;
use crate::record::SymbolId;

mod bytes;
mod definitions;
mod demotion;
mod embedding;
mod explain;
mod file_names;
mod filter;
mod meaning;
mod paths;
mod query;
mod rank;
mod score;
mod segment;
mod similarity;
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

/// A search query.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Words, a name, a path, or code. Text beyond `limits::QUERY_BYTES_MAX` is cut off.
    pub text: String,
    /// The maximum number of results; capped at `limits::RESULTS_MAX`.
    pub top: usize,
    /// The minimum score of a result.
    pub threshold: f32,
    /// The filter that results must pass.
    pub filter: Filter,
}

/// A chunk that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The file that contains the chunk.
    pub file: FileId,
    /// The chunk's index in its file's record.
    pub chunk: usize,
    /// The first line of the chunk, counted from 1.
    pub start_line: u32,
    /// The last line of the chunk, inclusive.
    pub end_line: u32,
    /// The symbol that the chunk is about.
    pub symbol: Option<SymbolId>,
    /// How well the chunk matches, from 0 to 1, by the query words that it contains and by embedding
    /// similarity.
    pub score: f32,
    /// Why the chunk was found.
    pub reasons: Reasons,
}

/// Search over the snapshots of an index. Any number of threads can query it at once.
#[derive(Debug, Default)]
pub struct Search {
    weights: Weights,
    tables: ArcSwapOption<Tables>,
    /// Held while the next tables are built.
    writer: Mutex<()>,
}

impl Search {
    /// Creates a search with ranking weights other than the default ones.
    #[must_use]
    pub fn with_weights(weights: Weights) -> Self {
        Self { weights, ..Self::default() }
    }

    /// Replaces the ranking weights. The tables stay as they are.
    pub fn set_weights(&mut self, weights: Weights) {
        self.weights = weights;
    }

    /// Updates the tables to a snapshot, so that the first query on it does not have to. Call it after each
    /// new snapshot.
    pub fn follow(&self, snapshot: &Arc<Snapshot>) {
        self.tables(snapshot);
    }

    /// Returns the chunks that match a query, best first.
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
                reasons: explain::reasons(tables.parts.get(ranked.part)?, ranked.position, &analysis),
            })
        })
        .collect()
    }

    /// Returns the tables of a snapshot. It does not wait if they exist already.
    fn tables(&self, snapshot: &Arc<Snapshot>) -> Arc<Tables> {
        let current = || self.tables.load_full().filter(|tables| tables.belong_to(snapshot));
        if let Some(tables) = current() {
            return tables;
        }
        let _writer = self.writer.lock();
        if let Some(tables) = current() {
            return tables;
        }
        let before = self.tables.load_full();
        let tables = Arc::new(before.map_or_else(|| Tables::new(snapshot), |tables| tables.follow(snapshot)));
        self.tables.store(Some(Arc::clone(&tables)));
        tables
    }
}

/// Returns the longest prefix of at most `bytes` bytes that ends at a character boundary.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests;
