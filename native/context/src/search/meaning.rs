//! Combines word scores with embedding similarity.

use super::embedding::Embedder;
use super::query::{Analysis, QueryKind};
use super::rank::Weights;
use super::similarity::QueryVector;
use super::tables::Tables;

/// The similarity of a workspace's best chunk to an unrelated text.
const UNRELATED_SIMILARITY: f32 = 0.3;

/// Combines the word scores with embedding similarity in place. Both are normalized by their best value,
/// because they can be added only then. Returns how good the best chunk is, where 1 is the best that can be
/// expected: by the share of the query's words that it contains, or by its similarity.
pub(super) fn fuse(
    tables: &Tables,
    analysis: &Analysis<'_>,
    weights: &Weights,
    scores: &mut [Vec<f32>],
    best_possible: f32,
) -> f32 {
    let best_words = scores.iter().flatten().copied().fold(0.0, f32::max);
    let share = match analysis.kind {
        QueryKind::Symbol | QueryKind::Path => 0.0,
        QueryKind::Question => weights.meaning,
        QueryKind::Snippet => weights.snippet_meaning,
    };
    let words_share = if best_words > 0.0 { (1.0 - share) / best_words } else { 0.0 };
    scores.iter_mut().flatten().for_each(|score| *score *= words_share);
    let mut quality = best_words / best_possible;
    if share > 0.0 {
        let similarities = similarities(tables, analysis.text);
        let best = similarities.iter().flatten().copied().fold(0.0, f32::max);
        if best > weights.similarity {
            quality = quality.max((best - UNRELATED_SIMILARITY) / (1.0 - UNRELATED_SIMILARITY));
            let scale = share / (best - weights.similarity);
            for (score, similarity) in scores.iter_mut().flatten().zip(similarities.iter().flatten()) {
                *score += (similarity - weights.similarity).max(0.0) * scale;
            }
        }
    }
    quality
}

/// Returns the similarity of each chunk to a text.
fn similarities(tables: &Tables, text: &str) -> Vec<Vec<f32>> {
    let query = QueryVector::of(&Embedder::default().packed([text]));
    let similarities = tables.parts.iter().map(|part| {
        let mut similarities = vec![0.0; part.segment.chunks.len()];
        query.similarities(&part.segment.vectors, &mut similarities);
        part.dead_chunks().for_each(|chunks| similarities[chunks].fill(0.0));
        similarities
    });
    similarities.collect()
}
