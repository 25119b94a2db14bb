//! Words and meaning together.

use super::direction::Direction;
use super::embedding::Embedder;
use super::query::{Analysis, QueryKind};
use super::rank::Weights;
use super::tables::Tables;

/// How similar the best chunk of a workspace is to a text that has nothing to do with it.
const UNRELATED: f32 = 0.3;

/// Makes of the scores of words those of words and meaning together, each measured by its best: only so can they be added. Returns how good
/// the best chunk is, where 1 is as good as can be expected: by the share of the query's words that it has, or by how similar it is.
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
            quality = quality.max((best - UNRELATED) / (1.0 - UNRELATED));
            let scale = share / (best - weights.similarity);
            for (score, similarity) in scores.iter_mut().flatten().zip(similarities.iter().flatten()) {
                *score += (similarity - weights.similarity).max(0.0) * scale;
            }
        }
    }
    quality
}

/// How similar each chunk is to a text.
fn similarities(tables: &Tables, text: &str) -> Vec<Vec<f32>> {
    let query = Direction::of(&Embedder::default().packed([text]));
    let of_part = tables.parts.iter().map(|part| {
        let mut similarities = vec![0.0; part.segment.chunks.len()];
        query.similarities(&part.segment.vectors, &mut similarities);
        part.dead_chunks().for_each(|chunks| similarities[chunks].fill(0.0));
        similarities
    });
    of_part.collect()
}
