//! How well the text, the defined names and the path of each chunk fit a query: BM25 over three fields.
//!
//! The fields are added up before they saturate (as BM25F does; Robertson, Zaragoza, Taylor, CIKM 2004): a word in a name is worth several
//! in the text, and both together no more than a word can be worth.

use super::query::{Analysis, Role, Sought};
use super::rank::Weights;
use super::segment::Posting;
use super::tables::{Part, Tables};

/// What the terms of a query tell in a workspace.
pub(super) struct Scorer<'a> {
    tables: &'a Tables,
    weights: &'a Weights,
    /// Each with what it adds at most.
    sought: Vec<(Sought, f32)>,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(tables: &'a Tables, analysis: &Analysis<'_>, weights: &'a Weights) -> Self {
        let worth = |sought: &Sought| sought.weight * rarity(tables, sought);
        let sought = analysis.sought.iter().map(|sought| (*sought, worth(sought))).collect();
        Self { tables, weights, sought }
    }

    /// The score of a chunk that has every word as often as can be: what scores are measured against.
    pub(super) fn best_possible(&self) -> f32 {
        let words = self.sought.iter().filter(|(sought, _)| sought.role == Role::Word);
        words.map(|(_, worth)| worth).sum::<f32>().max(f32::MIN_POSITIVE)
    }

    /// The score of each chunk of a part.
    pub(super) fn scores(&self, part: &Part) -> Vec<f32> {
        let segment = &part.segment;
        let mut scores = vec![0.0; segment.chunks.len()];
        for (sought, worth) in &self.sought {
            let saturated = |often: f32| worth * often / (often + self.weights.saturation);
            for posting in segment.postings(sought.term) {
                let place = posting.chunk as usize;
                scores[place] += match sought.role {
                    Role::Word => worth * self.saturated(posting, segment.chunks[place].length),
                    Role::Definition => saturated(f32::from(posting.name)),
                    Role::FileStem => saturated(f32::from(posting.path)),
                };
            }
        }
        part.dead_chunks().for_each(|chunks| scores[chunks].fill(0.0));
        scores
    }

    /// How often a word occurs, by where it does and in how much text, on the scale that ends at 1.
    ///
    /// That is `o / (o + saturation)` for `o = in_text / norm + in_path`, with one division: it is worked out for each posting.
    fn saturated(&self, posting: &Posting, length: u32) -> f32 {
        let weights = self.weights;
        let norm = 1.0 - weights.length + weights.length * (length as f32 / self.tables.mean_length);
        let in_text = f32::from(posting.body) + weights.name * f32::from(posting.name);
        let in_path = weights.path * f32::from(posting.path);
        (in_text + in_path * norm) / (in_text + (in_path + weights.saturation) * norm)
    }
}

/// How much a term tells: the fewer chunks have it, the more (BM25's idf).
fn rarity(tables: &Tables, sought: &Sought) -> f32 {
    let having: usize = tables.parts.iter().map(|part| having(part, sought)).sum();
    let (all, having) = (tables.chunks as f32, having as f32);
    (1.0 + (all - having + 0.5).max(0.5) / (having + 0.5)).ln()
}

/// How many chunks have a term.
fn having(part: &Part, sought: &Sought) -> usize {
    let count = |postings: &[Posting]| {
        let having = postings.iter().filter(|posting| match sought.role {
            // A long file of that name does not make the word less telling.
            Role::Word => posting.is_in_text(),
            Role::Definition => posting.name > 0,
            Role::FileStem => posting.path > 0,
        });
        having.count()
    };
    let postings = part.segment.postings(sought.term);
    let all = match sought.role {
        Role::Word => part.segment.count_in_text(sought.term),
        Role::Definition | Role::FileStem => count(postings),
    };
    let place = |chunk: usize| postings.partition_point(|posting| (posting.chunk as usize) < chunk);
    let dead = part.dead_chunks().map(|chunks| count(&postings[place(chunks.start)..place(chunks.end)]));
    all - dead.sum::<usize>()
}
