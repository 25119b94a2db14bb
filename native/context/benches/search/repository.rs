//! An annotated repository, and the quality of the results of its queries.
//!
//! An annotation is `{query, category, relevant, secondary}`; a target is a path or `{path, start_line,
//! end_line}`. A result hits a target if one path ends with the other and, for a range, lines overlap. The
//! rank of a target is that of the first result that hits it. The figure is NDCG@10 with a gain of 1 for each
//! target, as in the semble benchmark (MinishLab/semble).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use context::search::{Hit, Query, Search, Weights};
use context::{Index, Snapshot, Workspace};
use serde::Deserialize;

const RESULTS: usize = 10;

/// The default thresholds of the protocol. Results below them should not have been worth showing.
pub(crate) const THRESHOLDS: [f32; 2] = [0.2, 0.3];

/// An indexed repository.
pub(crate) struct Repository {
    pub(crate) name: String,
    pub(crate) snapshot: Arc<Snapshot>,
    /// The time to build the index.
    pub(crate) indexed: Duration,
    /// The time to build the search tables.
    pub(crate) tables_built: Duration,
    search: Search,
    annotations: Vec<Annotation>,
}

/// The outcome of a query.
pub(crate) struct Answer<'a> {
    pub(crate) kind: &'a str,
    pub(crate) gain: f64,
    /// The gain of the results above each of `THRESHOLDS`.
    pub(crate) gains_above: [f64; THRESHOLDS.len()],
    pub(crate) time: Duration,
    query: &'a str,
    first: String,
}

#[derive(Deserialize)]
struct Annotation {
    query: String,
    category: String,
    relevant: Vec<Target>,
    #[serde(default)]
    secondary: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Target {
    File(String),
    Range { path: String, start_line: u32, end_line: u32 },
}

impl Repository {
    pub(crate) fn all(annotations: &str, repositories: &str) -> Vec<Self> {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(annotations).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        paths.iter().map(|path| Self::load(path, Path::new(repositories))).collect()
    }

    fn load(annotations: &Path, repositories: &Path) -> Self {
        let name = annotations.file_stem().unwrap().to_string_lossy().into_owned();
        let annotations = serde_json::from_slice(&std::fs::read(annotations).unwrap()).unwrap();
        let index = Index::new(Workspace::new([repositories.join(&name)]).unwrap());
        let search = Search::default();
        let (snapshot, indexed) = timed(|| index.build(None, None, &|_| {}));
        let ((), tables_built) = timed(|| search.follow(&snapshot));
        Self { name, snapshot, indexed, tables_built, search, annotations }
    }

    /// Sets the ranking weights.
    pub(crate) fn set_weights(&mut self, weights: Weights) {
        self.search.set_weights(weights);
    }

    /// Runs every query.
    pub(crate) fn ask(&self) -> Vec<Answer<'_>> {
        let answers = self.annotations.iter().map(|annotation| {
            let query = Query { text: annotation.query.clone(), top: RESULTS, ..Query::default() };
            let (hits, time) = timed(|| self.search.query(&self.snapshot, &query));
            Answer {
                kind: &annotation.category,
                gain: self.ndcg(&hits, annotation),
                gains_above: THRESHOLDS.map(|threshold| {
                    self.ndcg(&hits[..hits.partition_point(|hit| hit.score >= threshold)], annotation)
                }),
                time,
                query: &annotation.query,
                first: self.formatted(&hits),
            }
        });
        answers.collect()
    }

    fn ndcg(&self, hits: &[Hit], annotation: &Annotation) -> f64 {
        let targets = annotation.relevant.iter().chain(&annotation.secondary);
        let ranks = targets.clone().filter_map(|target| hits.iter().position(|hit| self.is_hit(hit, target)));
        let gain: f64 = ranks.map(discount).sum();
        let ideal: f64 = (0..targets.count().min(RESULTS)).map(discount).sum();
        if ideal > 0.0 { gain / ideal } else { 0.0 }
    }

    fn is_hit(&self, hit: &Hit, target: &Target) -> bool {
        let path = &*self.snapshot.file(hit.file).unwrap().path;
        let (wanted, lines) = match target {
            Target::File(path) => (path, None),
            Target::Range { path, start_line, end_line } => (path, Some((*start_line, *end_line))),
        };
        let ends_with = |long: &str, short: &str| {
            long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        (ends_with(wanted, path) || ends_with(path, wanted))
            && lines.is_none_or(|(start, end)| hit.start_line <= end && start <= hit.end_line)
    }

    fn formatted(&self, hits: &[Hit]) -> String {
        let of = |hit: &Hit| {
            format!("{}:{} {:.2}", self.snapshot.file(hit.file).unwrap().path, hit.start_line, hit.score)
        };
        hits.iter().take(4).map(of).collect::<Vec<_>>().join(", ")
    }
}

impl std::fmt::Display for Answer<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:.2} {} | {}", self.gain, self.query, self.first)
    }
}

fn discount(rank: usize) -> f64 {
    1.0 / (rank as f64 + 2.0).log2()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let result = work();
    (result, started.elapsed())
}
