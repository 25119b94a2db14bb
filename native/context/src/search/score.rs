//! Scores chunks against a query by BM25 over three fields: text, defined names, and path.
//!
//! The fields are added up before they saturate, as in BM25F (Robertson, Zaragoza, Taylor, CIKM 2004): an
//! occurrence in a name is worth several in the text, and both together are worth no more than the maximum of
//! one word.

use super::query::{Analysis, QueryTerm, Role};
use super::rank::Weights;
use super::segment::Posting;
use super::tables::{Part, Tables};

/// The terms of a query, weighted by their rarity in a workspace.
pub(super) struct Scorer<'a> {
    tables: &'a Tables,
    weights: &'a Weights,
    /// Each term with the maximum that it adds to a score.
    terms: Vec<(QueryTerm, f32)>,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(tables: &'a Tables, analysis: &Analysis<'_>, weights: &'a Weights) -> Self {
        let worth = |query_term: &QueryTerm| query_term.weight * rarity(tables, query_term);
        let terms = analysis.terms.iter().map(|query_term| (*query_term, worth(query_term))).collect();
        Self { tables, weights, terms }
    }

    /// Returns the maximum score: that of a chunk that contains every word arbitrarily often. Scores are
    /// measured against it.
    pub(super) fn best_possible(&self) -> f32 {
        let words = self.terms.iter().filter(|(query_term, _)| query_term.role == Role::Word);
        words.map(|(_, worth)| worth).sum::<f32>().max(f32::MIN_POSITIVE)
    }

    /// Returns the score of each chunk of a part.
    pub(super) fn scores(&self, part: &Part) -> Vec<f32> {
        let segment = &part.segment;
        let mut scores = vec![0.0; segment.chunks.len()];
        for (query_term, worth) in &self.terms {
            let saturated = |often: f32| worth * often / (often + self.weights.saturation);
            for posting in segment.postings(query_term.term) {
                let position = posting.chunk as usize;
                scores[position] += match query_term.role {
                    Role::Word => worth * self.saturated(posting, segment.chunks[position].length),
                    Role::Definition => saturated(f32::from(posting.name)),
                    Role::FileStem => saturated(f32::from(posting.path)),
                };
            }
        }
        part.dead_chunks().for_each(|chunks| scores[chunks].fill(0.0));
        scores
    }

    /// Returns the saturated frequency of a word, below 1, weighted by where it occurs and by the length of
    /// the chunk.
    ///
    /// It equals `o / (o + saturation)` for `o = in_text / norm + in_path`, computed with one division
    /// because it runs for each posting.
    fn saturated(&self, posting: &Posting, length: u32) -> f32 {
        let weights = self.weights;
        let norm = 1.0 - weights.length + weights.length * (length as f32 / self.tables.mean_length);
        let in_text = f32::from(posting.body) + weights.name * f32::from(posting.name);
        let in_path = weights.path * f32::from(posting.path);
        (in_text + in_path * norm) / (in_text + (in_path + weights.saturation) * norm)
    }
}

/// Returns the inverse document frequency of a term (BM25's idf): the fewer chunks have it, the higher.
fn rarity(tables: &Tables, query_term: &QueryTerm) -> f32 {
    let containing: usize = tables.parts.iter().map(|part| count_chunks(part, query_term)).sum();
    let (all, containing) = (tables.chunks as f32, containing as f32);
    (1.0 + (all - containing + 0.5).max(0.5) / (containing + 0.5)).ln()
}

/// Returns the number of live chunks that have a term.
fn count_chunks(part: &Part, query_term: &QueryTerm) -> usize {
    let count = |postings: &[Posting]| {
        let containing = postings.iter().filter(|posting| match query_term.role {
            // A long file with that name does not make the word less telling.
            Role::Word => posting.is_in_text(),
            Role::Definition => posting.name > 0,
            Role::FileStem => posting.path > 0,
        });
        containing.count()
    };
    let postings = part.segment.postings(query_term.term);
    let all = match query_term.role {
        Role::Word => part.segment.count_in_text(query_term.term),
        Role::Definition | Role::FileStem => count(postings),
    };
    let position = |chunk: usize| postings.partition_point(|posting| (posting.chunk as usize) < chunk);
    let dead =
        part.dead_chunks().map(|chunks| count(&postings[position(chunks.start)..position(chunks.end)]));
    all - dead.sum::<usize>()
}
