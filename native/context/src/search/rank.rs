//! Ranking of chunks.

use std::collections::HashSet;

use super::demotion::Demotion;
use super::explain::subject;
use super::file_names::NameMatcher;
use super::filter::Filter;
use super::meaning::fuse;
use super::query::{Analysis, QueryKind, TermWeights};
use super::score::Scorer;
use super::tables::Tables;
use crate::index::{FileId, IndexedFile, Snapshot};

/// All parameters of the ranking.
#[derive(Debug, Clone, Copy)]
pub struct Weights {
    /// How soon further occurrences of a term stop adding to the score (BM25's k1).
    pub saturation: f32,
    /// How much long chunks are penalized, from 0 to 1 (BM25's b).
    pub length: f32,
    /// The weight of a term in a defined name, against 1 in the text.
    pub name: f32,
    /// The weight of a term in the path.
    pub path: f32,
    /// The weights of terms by how they are looked up.
    pub terms: TermWeights,
    /// The factor by which the mean score of a file's next best chunks adds to the score of its best one.
    pub coherence: f32,
    /// The factor by which a match of the file's own name adds to the file's score.
    pub file_name: f32,
    /// The factor by which each further chunk of the same file ranks lower.
    pub repetition: f32,
    /// The share of embedding similarity in the score for a question. Words have the rest.
    pub meaning: f32,
    /// The share of embedding similarity in the score for a piece of code.
    pub snippet_meaning: f32,
    /// The similarity to the query above which a chunk scores by its meaning.
    pub similarity: f32,
    /// The factor on the score of tests.
    pub test: f32,
    /// The factor on the score of files that keep an older interface alive.
    pub compatibility: f32,
    /// The factor on the score of declarations.
    pub declaration: f32,
    /// The factor on the score of prose and data.
    pub prose: f32,
    /// The factor on the score of generated files and of copies of other projects.
    pub foreign: f32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            saturation: 0.8,
            length: 0.5,
            name: 1.0,
            path: 1.0,
            terms: TermWeights {
                part: 0.5,
                pair: 0.5,
                definition: 2.0,
                word_definition: 0.3,
                file_stem: 1.0,
                word_file_stem: 1.0,
            },
            coherence: 0.5,
            file_name: 0.3,
            repetition: 0.5,
            meaning: 0.4,
            snippet_meaning: 0.4,
            similarity: 0.1,
            test: 0.5,
            compatibility: 0.6,
            declaration: 0.7,
            prose: 0.5,
            foreign: 0.5,
        }
    }
}

/// A ranked chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranked {
    pub(super) file: FileId,
    /// The index of the chunk in the file's record.
    pub(super) chunk: usize,
    /// The index of the chunk's part in the tables.
    pub(super) part: usize,
    /// The index of the chunk in the segment of that part.
    pub(super) position: u32,
    /// The score, from 0 to 1.
    pub(super) score: f32,
}

/// A file with matching chunks.
struct Candidate<'a> {
    id: FileId,
    file: &'a IndexedFile,
    part: usize,
    first_position: u32,
    /// The scores and indexes of the best chunks, best first.
    chunks: Vec<(f32, usize)>,
    score: f32,
}

/// The maximum number of chunks of a file that are scored and returned. A file mentions its subject in
/// several positions. With fewer chunks, a file that mentions all query words once would rank above the file
/// that is about them.
const CHUNKS_PER_FILE_MAX: usize = 8;

/// The maximum number of chunks besides the best one. In a file with fewer chunks the missing ones count as
/// zero.
const OTHER_CHUNKS_MAX: f32 = (CHUNKS_PER_FILE_MAX - 1) as f32;

/// The number of files that are ranked in full. Files with a lower initial score do not rise into the
/// results.
const CANDIDATES_MAX: usize = 200;

/// Returns the best chunks, best first.
pub(super) fn rank(
    tables: &Tables,
    snapshot: &Snapshot,
    analysis: &Analysis<'_>,
    filter: &Filter,
    weights: &Weights,
    top: usize,
) -> Vec<Ranked> {
    let scorer = Scorer::new(tables, analysis, weights);
    let mut scores: Vec<Vec<f32>> = tables.parts.iter().map(|part| scorer.scores(part)).collect();
    let quality = fuse(tables, analysis, weights, &mut scores, scorer.best_possible());
    let mut candidates = candidates(tables, snapshot, &scores, analysis, filter);
    let name_matcher = NameMatcher::new(analysis);
    for candidate in &mut candidates {
        let others: f32 = candidate.chunks.iter().skip(1).map(|(score, _)| score).sum();
        let name = weights.file_name * name_matcher.score(&candidate.file.path);
        candidate.score = (candidate.score + weights.coherence * others / OTHER_CHUNKS_MAX + name)
            * demotion_factor(snapshot, candidate.file, analysis, weights);
    }
    order_chunks(&candidates, |score| displayed_score(score * quality, analysis.kind), weights, top)
}

/// Returns the files with the best chunks among those that the filter allows.
fn candidates<'a>(
    tables: &Tables,
    snapshot: &'a Snapshot,
    scores: &[Vec<f32>],
    analysis: &Analysis<'_>,
    filter: &Filter,
) -> Vec<Candidate<'a>> {
    let mut files: Vec<(f32, &IndexedFile, FileId, usize, usize)> = Vec::new();
    for (index, (part, scores)) in tables.parts.iter().zip(scores).enumerate() {
        for (position, file) in
            part.segment.files.iter().enumerate().filter(|(position, _)| part.is_alive(*position))
        {
            let best = scores[part.segment.chunks_of(position)].iter().copied().fold(0.0, f32::max);
            if best > 0.0
                && let Some(indexed) = snapshot.file(file.id)
            {
                files.push((best, indexed, file.id, index, position));
            }
        }
    }
    let candidate = |&(_, file, id, part, position): &(f32, &'a IndexedFile, FileId, usize, usize)| {
        if !filter.allows_file(file) {
            return None;
        }
        let range = tables.parts[part].segment.chunks_of(position);
        let first_position = u32::try_from(range.start).ok()?;
        let fits =
            scores[part][range].iter().zip(&file.record.chunks).enumerate().filter(|(_, (score, chunk))| {
                **score > 0.0
                    && filter.allows_chunk(file, chunk)
                    && (!filter.needs_symbol() || subject(&file.record, chunk, analysis, filter).is_some())
            });
        let mut chunks: Vec<(f32, usize)> = fits.map(|(index, (score, _))| (*score, index)).collect();
        chunks.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        chunks.truncate(CHUNKS_PER_FILE_MAX);
        let score = chunks.first()?.0;
        Some(Candidate { id, file, part, first_position, chunks, score })
    };
    let mut candidates = Vec::new();
    let mut rest = &mut files[..];
    // The first round is nearly always enough. Only a filter that lets little through takes more.
    while candidates.len() < CANDIDATES_MAX && !rest.is_empty() {
        let (best, others) = split_best(rest, CANDIDATES_MAX, |(score, ..)| *score);
        sort_best_first(best, |(score, file, ..)| (*score, file));
        candidates.extend(best.iter().filter_map(candidate).take(CANDIDATES_MAX - candidates.len()));
        rest = others;
    }
    candidates
}

/// Partitions the items so that the `wanted` best ones, and all that tie with the last of them, come first,
/// in no order.
fn split_best<T>(items: &mut [T], wanted: usize, score: impl Fn(&T) -> f32) -> (&mut [T], &mut [T]) {
    let mut end = wanted.min(items.len());
    if wanted < items.len() {
        let (_, last, _) = items.select_nth_unstable_by(wanted - 1, |a, b| score(b).total_cmp(&score(a)));
        let least = score(last);
        for index in wanted..items.len() {
            if score(&items[index]) >= least {
                items.swap(index, end);
                end += 1;
            }
        }
    }
    items.split_at_mut(end)
}

/// Returns the factor on a file's score for the kind of file it is, which is 1 if the query asks for that
/// kind.
fn demotion_factor(
    snapshot: &Snapshot,
    file: &IndexedFile,
    analysis: &Analysis<'_>,
    weights: &Weights,
) -> f32 {
    if analysis.kind == QueryKind::Path {
        return 1.0;
    }
    let demotion = Demotion::of(snapshot, file).filter(|demotion| !analysis.mentions(demotion.query_words()));
    let demotion_factor = match demotion {
        Some(Demotion::Test) => weights.test,
        Some(Demotion::Compatibility) => weights.compatibility,
        Some(Demotion::Declaration) => weights.declaration,
        Some(Demotion::Prose) => weights.prose,
        None => 1.0,
    };
    let is_foreign = file.record.generated || file.is_vendored;
    if is_foreign { demotion_factor * weights.foreign } else { demotion_factor }
}

/// Returns chunks by the scores of their files. Each further chunk of a file ranks lower.
fn order_chunks(
    candidates: &[Candidate<'_>],
    display: impl Fn(f32) -> f32,
    weights: &Weights,
    top: usize,
) -> Vec<Ranked> {
    let mut ranked = Vec::new();
    let mut seen = HashSet::new();
    for candidate in candidates {
        let best = candidate.chunks.first().map_or(1.0, |(score, _)| *score);
        let mut share = 1.0;
        for (score, chunk) in &candidate.chunks {
            // A copy of a file adds nothing new.
            if !seen.insert((candidate.file.record.hash, *chunk)) {
                continue;
            }
            let score = candidate.score * (score / best) * share;
            share *= weights.repetition;
            let position = candidate.first_position + u32::try_from(*chunk).unwrap_or(0);
            let file = (candidate.id, candidate.part);
            ranked.push((score, candidate.file, (file, *chunk, position)));
        }
    }
    sort_best_first(&mut ranked, |(score, file, _)| (*score, file));
    ranked.truncate(top);
    let ranked = ranked.into_iter().map(|(score, _, ((file, part), chunk, position))| Ranked {
        file,
        chunk,
        part,
        position,
        score: display(score),
    });
    ranked.collect()
}

/// Converts a score to the scale of the API, from 0 to 1. No chunk contains every word of a question, and
/// half of them is a good match. The square root takes that into account.
fn displayed_score(score: f32, kind: QueryKind) -> f32 {
    let score = score.min(1.0);
    match kind {
        QueryKind::Symbol | QueryKind::Path => score,
        QueryKind::Question | QueryKind::Snippet => score.sqrt(),
    }
}

/// Sorts items best first. Ties are sorted by path, so that results do not depend on the order of edits.
fn sort_best_first<T>(items: &mut [T], key: impl Fn(&T) -> (f32, &IndexedFile)) {
    items.sort_by(|a, b| {
        let ((score_a, file_a), (score_b, file_b)) = (key(a), key(b));
        score_b.total_cmp(&score_a).then_with(|| file_a.key().cmp(&file_b.key()))
    });
}
