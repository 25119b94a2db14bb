//! How well search finds, and what it costs.
//!
//! `cargo bench -p context --bench search -- ANNOTATIONS REPOSITORIES [NAME=NUMBER…]`: for each `ANNOTATIONS/<repository>.json` the folder
//! `REPOSITORIES/<repository>` is indexed and every query of it asked for ten results. `NAME=NUMBER` changes a weight of the ranking.
//!
//! An annotation is `{query, category, relevant, secondary}`; a target is a path or `{path, start_line, end_line}`. A result hits a target
//! when one path ends with the other and, for a range, lines overlap; a target's rank is that of the first result that hits it. The figure
//! is NDCG@10 with a gain of 1 for each target, as in the semble benchmark (MinishLab/semble).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot go on has failed")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use context::search::{Hit, Query, Search, Weights};
use context::{Index, Snapshot, Workspace};
use serde::Deserialize;

const RESULTS: usize = 10;

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

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--bench")).collect();
    let (settings, folders): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|argument| argument.contains('='));
    let [annotations, repositories] = folders[..] else {
        // `cargo test --benches` runs it without arguments.
        println!("usage: search ANNOTATIONS REPOSITORIES [NAME=NUMBER…]");
        return;
    };
    let mut weights = Weights::default();
    for setting in settings {
        set(&mut weights, setting);
    }
    let mut all = Vec::new();
    let mut by_kind: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut times = Vec::new();
    println!("{:<20} {:>7} {:>9} {:>9} {:>8}", "repository", "files", "index", "tables", "NDCG@10");
    for path in sorted(annotations) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let annotations: Vec<Annotation> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let index = Index::new(Workspace::new([Path::new(repositories).join(&name)]).unwrap());
        let (snapshot, indexed) = timed(|| index.build(None, None, &|_| {}));
        let search = Search::with_weights(weights);
        let (_, followed) = timed(|| search.follow(&snapshot));
        let mut gains = Vec::new();
        for annotation in &annotations {
            let query = Query { text: annotation.query.clone(), top: RESULTS, ..Query::default() };
            let (hits, time) = timed(|| search.query(&snapshot, &query));
            times.push(time);
            let gain = ndcg(&snapshot, &hits, annotation);
            by_kind.entry(annotation.category.clone()).or_default().push(gain);
            gains.push(gain);
            if std::env::var_os("SEARCH_BENCH_VERBOSE").is_some() && gain < 0.999 {
                println!("  {gain:.2} {} | {}", annotation.query, shown(&snapshot, &hits));
            }
        }
        println!(
            "{name:<20} {:>7} {:>6} ms {:>6} ms {:>8.3}",
            snapshot.file_count(),
            indexed.as_millis(),
            followed.as_millis(),
            mean(&gains)
        );
        all.extend(gains);
    }
    for (kind, gains) in by_kind {
        println!("{kind:<20} {:>36.3} of {}", mean(&gains), gains.len());
    }
    times.sort();
    println!("{:<20} {:>36.4} of {}", "mean", mean(&all), all.len());
    println!("query p50 {:?} p95 {:?}", percentile(&times, 50), percentile(&times, 95));
}

fn sorted(folder: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths
}

fn ndcg(snapshot: &Snapshot, hits: &[Hit], annotation: &Annotation) -> f64 {
    let targets = annotation.relevant.iter().chain(&annotation.secondary);
    let gain: f64 = targets
        .clone()
        .filter_map(|target| hits.iter().position(|hit| is_hit(snapshot, hit, target)))
        .map(discount)
        .sum();
    let ideal: f64 = (0..targets.count().min(RESULTS)).map(discount).sum();
    if ideal > 0.0 { gain / ideal } else { 0.0 }
}

fn discount(rank: usize) -> f64 {
    1.0 / (rank as f64 + 2.0).log2()
}

fn is_hit(snapshot: &Snapshot, hit: &Hit, target: &Target) -> bool {
    let path = &*snapshot.file(hit.file).unwrap().path;
    let (wanted, lines) = match target {
        Target::File(path) => (path, None),
        Target::Range { path, start_line, end_line } => (path, Some((*start_line, *end_line))),
    };
    let is_end = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    (is_end(wanted, path) || is_end(path, wanted))
        && lines.is_none_or(|(start, end)| hit.start_line <= end && start <= hit.end_line)
}

fn shown(snapshot: &Snapshot, hits: &[Hit]) -> String {
    let of =
        |hit: &Hit| format!("{}:{} {:.2}", snapshot.file(hit.file).unwrap().path, hit.start_line, hit.score);
    hits.iter().take(4).map(of).collect::<Vec<_>>().join(", ")
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let result = work();
    (result, started.elapsed())
}

fn set(weights: &mut Weights, setting: &str) {
    let (name, number) = setting.split_once('=').unwrap();
    let number = number.parse().unwrap();
    *match name {
        "saturation" => &mut weights.saturation,
        "length" => &mut weights.length,
        "name" => &mut weights.name,
        "path" => &mut weights.path,
        "part" => &mut weights.terms.part,
        "pair" => &mut weights.terms.pair,
        "definition" => &mut weights.terms.definition,
        "word_definition" => &mut weights.terms.word_definition,
        "file_stem" => &mut weights.terms.file_stem,
        "word_file_stem" => &mut weights.terms.word_file_stem,
        "coherence" => &mut weights.coherence,
        "repetition" => &mut weights.repetition,
        "test" => &mut weights.test,
        "compatibility" => &mut weights.compatibility,
        "declaration" => &mut weights.declaration,
        "prose" => &mut weights.prose,
        "foreign" => &mut weights.foreign,
        _ => panic!("no weight is called {name}"),
    } = number;
}
