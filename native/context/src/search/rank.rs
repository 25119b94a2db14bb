//! In which order chunks are shown.

use std::collections::HashSet;

use super::explain::subject;
use super::file_names::AskedNames;
use super::filter::Filter;
use super::lesser::Lesser;
use super::meaning::fuse;
use super::query::{Analysis, QueryKind, TermWeights};
use super::score::Scorer;
use super::tables::Tables;
use crate::index::{FileId, IndexedFile, Snapshot};

/// Every number that ranking depends on.
#[derive(Debug, Clone, Copy)]
pub struct Weights {
    /// How soon more of the same term stops to count (BM25's k1).
    pub saturation: f32,
    /// How much a long chunk is held against it, 0 to 1 (BM25's b).
    pub length: f32,
    /// What a term counts in a name that is defined, against 1 in the text.
    pub name: f32,
    /// What a term counts in the path.
    pub path: f32,
    /// What terms count by how they are sought.
    pub terms: TermWeights,
    /// What the mean of a file's next best chunks adds to its best one.
    pub coherence: f32,
    /// What a file's own name adds to that where it is what is asked for.
    pub file_name: f32,
    /// By what each further chunk of the same file is shown later.
    pub repetition: f32,
    /// The share that the meaning of a question has in a score, against that of its words.
    pub meaning: f32,
    /// That of a piece of code.
    pub snippet_meaning: f32,
    /// How similar a chunk must be to a query for that to count.
    pub similarity: f32,
    /// What is left of the score of tests.
    pub test: f32,
    /// Of what keeps an older interface alive.
    pub compatibility: f32,
    /// Of declarations.
    pub declaration: f32,
    /// Of prose and data.
    pub prose: f32,
    /// Of what a program wrote, and of what was copied from elsewhere.
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

/// A chunk that fits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranked {
    pub(super) file: FileId,
    /// Its place in the file's record.
    pub(super) chunk: usize,
    /// Its part, and its place there.
    pub(super) part: usize,
    pub(super) place: u32,
    /// From 0 to 1.
    pub(super) score: f32,
}

/// A file with chunks that fit.
struct Candidate<'a> {
    id: FileId,
    file: &'a IndexedFile,
    part: usize,
    first_place: u32,
    /// The best ones by their score, best first.
    chunks: Vec<(f32, usize)>,
    score: f32,
}

/// Chunks of a file that are looked at. No more of one are ever shown. What a file is about is said in several places of it: with fewer, a
/// file that mentions all words once goes before the one that is about them.
const CHUNKS_OF_A_FILE: usize = 8;

/// The most of them besides the best one. A file with fewer has nothing there, which counts as such.
const OTHER_CHUNKS: f32 = (CHUNKS_OF_A_FILE - 1) as f32;

/// Files whose standing is worked out: from further down nothing gets up to where it is shown.
const CANDIDATES: usize = 200;

/// The best chunks, best first.
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
    let asked = AskedNames::new(analysis);
    for candidate in &mut candidates {
        let others: f32 = candidate.chunks.iter().skip(1).map(|(score, _)| score).sum();
        let name = weights.file_name * asked.fit(&candidate.file.path);
        candidate.score = (candidate.score + weights.coherence * others / OTHER_CHUNKS + name)
            * standing(snapshot, candidate.file, analysis, weights);
    }
    in_order(&candidates, |score| shown(score * quality, analysis.kind), weights, top)
}

/// The files with the best chunks, of those that may be shown.
fn candidates<'a>(
    tables: &Tables,
    snapshot: &'a Snapshot,
    scores: &[Vec<f32>],
    analysis: &Analysis<'_>,
    filter: &Filter,
) -> Vec<Candidate<'a>> {
    let mut files: Vec<(f32, &IndexedFile, FileId, usize, usize)> = Vec::new();
    for (index, (part, scores)) in tables.parts.iter().zip(scores).enumerate() {
        for (place, file) in part.segment.files.iter().enumerate().filter(|(place, _)| part.is_alive(*place))
        {
            let best = scores[part.segment.chunks_of(place)].iter().copied().fold(0.0, f32::max);
            if best > 0.0
                && let Some(indexed) = snapshot.file(file.id)
            {
                files.push((best, indexed, file.id, index, place));
            }
        }
    }
    let candidate = |&(_, file, id, part, place): &(f32, &'a IndexedFile, FileId, usize, usize)| {
        if !filter.allows_file(file) {
            return None;
        }
        let range = tables.parts[part].segment.chunks_of(place);
        let first_place = u32::try_from(range.start).ok()?;
        let fits =
            scores[part][range].iter().zip(&file.record.chunks).enumerate().filter(|(_, (score, chunk))| {
                **score > 0.0
                    && filter.allows_chunk(file, chunk)
                    && (!filter.needs_symbol() || subject(&file.record, chunk, analysis, filter).is_some())
            });
        let mut chunks: Vec<(f32, usize)> = fits.map(|(index, (score, _))| (*score, index)).collect();
        chunks.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        chunks.truncate(CHUNKS_OF_A_FILE);
        let score = chunks.first()?.0;
        Some(Candidate { id, file, part, first_place, chunks, score })
    };
    let mut candidates = Vec::new();
    let mut rest = &mut files[..];
    // Nearly always the first round is enough: only a filter that lets little through takes more.
    while candidates.len() < CANDIDATES && !rest.is_empty() {
        let (best, others) = split_best(rest, CANDIDATES, |(score, ..)| *score);
        best_first(best, |(score, file, ..)| (*score, file));
        candidates.extend(best.iter().filter_map(candidate).take(CANDIDATES - candidates.len()));
        rest = others;
    }
    candidates
}

/// Moves as many of the best items to the front as are wanted, and those that are as good as the last of them, in no order.
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

/// What is left of a file's score for what kind of a file it is, unless the query asks for that kind.
fn standing(snapshot: &Snapshot, file: &IndexedFile, analysis: &Analysis<'_>, weights: &Weights) -> f32 {
    if analysis.kind == QueryKind::Path {
        return 1.0;
    }
    let lesser = Lesser::of(snapshot, file).filter(|lesser| !analysis.asks_for(lesser.asked_by()));
    let standing = match lesser {
        Some(Lesser::Test) => weights.test,
        Some(Lesser::Compatibility) => weights.compatibility,
        Some(Lesser::Declaration) => weights.declaration,
        Some(Lesser::Prose) => weights.prose,
        None => 1.0,
    };
    let is_foreign = file.record.generated || file.is_vendored;
    if is_foreign { standing * weights.foreign } else { standing }
}

/// Chunks in the order of their files' scores, those of one file ever later.
fn in_order(
    candidates: &[Candidate<'_>],
    shown_score: impl Fn(f32) -> f32,
    weights: &Weights,
    top: usize,
) -> Vec<Ranked> {
    let mut ranked = Vec::new();
    let mut shown = HashSet::new();
    for candidate in candidates {
        let best = candidate.chunks.first().map_or(1.0, |(score, _)| *score);
        let mut share = 1.0;
        for (score, chunk) in &candidate.chunks {
            // A copy of a file says nothing new.
            if !shown.insert((candidate.file.record.hash, *chunk)) {
                continue;
            }
            let score = candidate.score * (score / best) * share;
            share *= weights.repetition;
            let place = candidate.first_place + u32::try_from(*chunk).unwrap_or(0);
            let of_file = (candidate.id, candidate.part);
            ranked.push((score, candidate.file, (of_file, *chunk, place)));
        }
    }
    best_first(&mut ranked, |(score, file, _)| (*score, file));
    ranked.truncate(top);
    let ranked = ranked.into_iter().map(|(score, _, ((file, part), chunk, place))| Ranked {
        file,
        chunk,
        part,
        place,
        score: shown_score(score),
    });
    ranked.collect()
}

/// A score as callers see it, from 0 to 1. No place has every word of a question: half of them is good, which the root takes into account.
fn shown(score: f32, kind: QueryKind) -> f32 {
    let score = score.min(1.0);
    match kind {
        QueryKind::Symbol | QueryKind::Path => score,
        QueryKind::Question | QueryKind::Snippet => score.sqrt(),
    }
}

/// Best first, and what is equally good in the order of paths, so that answers do not depend on the order of edits.
fn best_first<T>(items: &mut [T], key: impl Fn(&T) -> (f32, &IndexedFile)) {
    items.sort_by(|a, b| {
        let ((score_a, file_a), (score_b, file_b)) = (key(a), key(b));
        score_b.total_cmp(&score_a).then_with(|| file_a.key().cmp(&file_b.key()))
    });
}
