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
            let postings = segment.postings(sought.term).iter();
            for posting in postings.filter(|posting| part.is_whole() || part.is_chunk_alive(posting.chunk)) {
                let place = posting.chunk as usize;
                let often = match sought.role {
                    Role::Word => self.often(posting, segment.chunks[place].length),
                    Role::Definition => f32::from(posting.name),
                    Role::FileStem => f32::from(posting.path),
                };
                scores[place] += worth * often / (often + self.weights.saturation);
            }
        }
        scores
    }

    /// How often a word occurs, by where it does and in how much text.
    fn often(&self, posting: &Posting, length: u32) -> f32 {
        let length = length as f32 / self.tables.mean_length;
        let in_text = f32::from(posting.body) + self.weights.name * f32::from(posting.name);
        in_text / (1.0 - self.weights.length + self.weights.length * length)
            + self.weights.path * f32::from(posting.path)
    }
}

/// How much a term tells: the fewer chunks have it, the more (BM25's idf).
fn rarity(tables: &Tables, sought: &Sought) -> f32 {
    let counts = |posting: &&Posting| match sought.role {
        // A long file of that name does not make the word less telling.
        Role::Word => posting.body > 0 || posting.name > 0,
        Role::Definition => posting.name > 0,
        Role::FileStem => posting.path > 0,
    };
    let having: usize = tables
        .parts
        .iter()
        .map(|part| {
            let alive = |posting: &&Posting| part.is_whole() || part.is_chunk_alive(posting.chunk);
            part.segment.postings(sought.term).iter().filter(counts).filter(alive).count()
        })
        .sum();
    let (all, having) = (tables.chunks as f32, having as f32);
    (1.0 + (all - having + 0.5).max(0.5) / (having + 0.5)).ln()
}
