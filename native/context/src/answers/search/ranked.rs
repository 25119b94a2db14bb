//! Which chunks fit a query: BM25 over the identifiers of files and then of chunks.

use std::collections::HashMap;

use super::{Filter, Hit};
use crate::answers::Asking;
use crate::index::{FileId, IndexedFile};
use crate::protocol::Refusal;
use crate::record::{NameId, Role};

/// The usual constants of BM25.
const SATURATION: f32 = 1.2;

/// The best chunks for a query.
pub(super) fn ranked(
    asking: &Asking<'_>,
    query: &str,
    filter: &Filter,
    most: usize,
) -> Result<Vec<Hit>, Refusal> {
    let words = words(query);
    let mut files: Vec<(FileId, &IndexedFile, HashMap<NameId, usize>)> = Vec::new();
    let mut frequency = vec![0_u32; words.len()];
    for (id, file) in asking.snapshot.files().filter(|(_, file)| filter.allows_file(file)) {
        asking.check_time()?;
        let names: HashMap<NameId, usize> = (0..)
            .zip(file.record.names.iter())
            .filter_map(|(id, name)| Some((NameId(id), matching(name, &words)?)))
            .collect();
        let mut seen: Vec<usize> = names.values().copied().collect();
        seen.sort_unstable();
        seen.dedup();
        for word in seen {
            frequency[word] += 1;
        }
        if !names.is_empty() {
            files.push((id, file, names));
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of files")]
    let weights: Vec<f32> = frequency
        .iter()
        .map(|count| (1.0 + asking.snapshot.file_count() as f32 / (*count as f32 + 0.5)).ln())
        .collect();
    let mut hits: Vec<Hit> = Vec::new();
    for (id, file, names) in files {
        for (chunk, _) in
            file.record.chunks.iter().enumerate().filter(|(_, chunk)| filter.allows_chunk(file, chunk))
        {
            if let Some((score, why)) = score(file, chunk, &names, &words, &weights) {
                hits.push(Hit { file: id, chunk, score, why });
            }
        }
    }
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then((a.file, a.chunk).cmp(&(b.file, b.chunk))));
    hits.truncate(most);
    let best = hits.first().map_or(1.0, |hit| hit.score);
    for hit in &mut hits {
        hit.score /= best;
    }
    Ok(hits)
}

fn score(
    file: &IndexedFile,
    chunk: usize,
    names: &HashMap<NameId, usize>,
    words: &[String],
    weights: &[f32],
) -> Option<(f32, String)> {
    let chunk = file.record.chunks.get(chunk)?;
    let occurrences = &file.record.occurrences;
    let first = occurrences.partition_point(|occurrence| occurrence.start < chunk.span.start);
    let mut counts = vec![0.0_f32; words.len()];
    for occurrence in occurrences[first..].iter().take_while(|occurrence| occurrence.start < chunk.span.end) {
        if let Some(word) = names.get(&occurrence.name()) {
            counts[*word] += if occurrence.role() == Role::Definition { 3.0 } else { 1.0 };
        }
    }
    let score: f32 =
        counts.iter().zip(weights).map(|(count, weight)| weight * count / (count + SATURATION)).sum();
    let found = words.iter().zip(&counts).filter(|(_, count)| **count > 0.0);
    let found: Vec<&str> = found.map(|(word, _)| word.as_str()).collect();
    (score > 0.0).then(|| (score, format!("names with {}", found.join(", "))))
}

/// The words of a query, also of the identifiers in it.
fn words(query: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in query.split(|character: char| !character.is_alphanumeric()) {
        let word = word.to_lowercase();
        if word.len() > 2 && !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// Which word a name contains.
fn matching(name: &str, words: &[String]) -> Option<usize> {
    let name = name.to_lowercase();
    words.iter().position(|word| name.contains(word.as_str()))
}
