//! Measures the quality and the speed of search.
//!
//! `cargo bench -p context --bench search -- ANNOTATIONS REPOSITORIES [NAME=NUMBER…]`: for each
//! `ANNOTATIONS/<repository>.json` the directory `REPOSITORIES/<repository>` is indexed, and each of its
//! queries is run for ten results. `NAME=NUMBER` changes a weight of the ranking.
//!
//! | argument | effect |
//! |---|---|
//! | `--misses` | prints each query whose targets are not all ranked first |
//! | `PAIRS.jsonl` instead of the directories | searches for functions by their documentation; see `pairs` |
//! | `--tune` | searches for better weights, and cross-validates them on other repositories |

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic fails the benchmark")]

use std::collections::BTreeMap;
use std::time::Duration;

use context::search::Weights;

mod pairs;
mod repository;
mod tune;
mod weights;

use repository::{Repository, THRESHOLDS};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let (options, arguments): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|argument| argument.starts_with("--"));
    let (settings, directories): (Vec<&String>, Vec<&String>) =
        arguments.into_iter().partition(|argument| argument.contains('='));
    let mut weights = Weights::default();
    for setting in settings {
        let (name, number) = setting.split_once('=').unwrap();
        weights::set(&mut weights, name, number.parse().unwrap());
    }
    let has = |name: &str| options.iter().any(|option| *option == name);
    match directories[..] {
        [pairs] => pairs::measure(pairs, weights),
        [annotations, repositories] => {
            let mut repositories = Repository::all(annotations, repositories);
            measure(&mut repositories, weights, has("--misses"));
            if has("--tune") {
                tune::tune(&mut repositories, weights);
            }
        }
        // `cargo test --benches` runs the benchmark without arguments.
        _ => println!(
            "usage: search ANNOTATIONS REPOSITORIES [--misses] [--tune] [NAME=NUMBER…], or \
             search PAIRS [NAME=NUMBER…]"
        ),
    }
}

fn measure(repositories: &mut [Repository], weights: Weights, misses: bool) {
    let mut all = Vec::new();
    let mut by_kind: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut times = Vec::new();
    let mut above = THRESHOLDS.map(|_| Vec::new());
    println!("{:<20} {:>7} {:>9} {:>9} {:>8}", "repository", "files", "index", "tables", "NDCG@10");
    for repository in repositories {
        repository.set_weights(weights);
        let answers = repository.ask();
        if misses {
            answers.iter().filter(|answer| answer.gain < 0.999).for_each(|answer| println!("  {answer}"));
        }
        let gains: Vec<f64> = answers.iter().map(|answer| answer.gain).collect();
        println!(
            "{:<20} {:>7} {:>6} ms {:>6} ms {:>8.3}",
            repository.name,
            repository.snapshot.file_count(),
            repository.indexed.as_millis(),
            repository.tables_built.as_millis(),
            mean(&gains)
        );
        for answer in answers {
            by_kind.entry(answer.kind.to_owned()).or_default().push(answer.gain);
            times.push(answer.time);
            above.iter_mut().zip(answer.gains_above).for_each(|(all, gain)| all.push(gain));
        }
        all.extend(gains);
    }
    for (kind, gains) in by_kind {
        println!("{kind:<20} {:>36.3} of {}", mean(&gains), gains.len());
    }
    println!("{:<20} {:>36.4} of {}", "mean", mean(&all), all.len());
    for (threshold, gains) in THRESHOLDS.iter().zip(&above) {
        println!("{:<20} {:>36.4}", format!("above {threshold}"), mean(gains));
    }
    times.sort();
    println!("query p50 {:?}, p95 {:?}", percentile(&times, 50), percentile(&times, 95));
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}
