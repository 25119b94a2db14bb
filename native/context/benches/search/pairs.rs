//! Searches for functions by their documentation, in packages that the model was not trained on.
//!
//! The pairs come from `model/collect.py`. Each function is a file of its own, under a meaningless name,
//! without its documentation. Each documentation is a query. The figure is MRR@10, of each package and over
//! packages.

use std::collections::BTreeMap;
use std::io::BufRead as _;

use context::search::{Query, Search, Weights};
use context::{Index, LanguageId, Workspace};
use serde::Deserialize;

use crate::mean;

#[derive(Deserialize)]
struct Pair {
    package: String,
    language: String,
    doc: String,
    code: String,
    held_out: bool,
}

/// The maximum number of queries per package, because the documentation of a package is much alike.
const QUERIES_MAX: usize = 500;

pub(crate) fn measure(pairs: &str, weights: Weights) {
    let mut packages: BTreeMap<String, Vec<Pair>> = BTreeMap::new();
    for line in std::io::BufReader::new(std::fs::File::open(pairs).unwrap()).lines() {
        let pair: Pair = serde_json::from_str(&line.unwrap()).unwrap();
        if pair.held_out {
            packages.entry(pair.package.clone()).or_default().push(pair);
        }
    }
    let mut all = Vec::new();
    for (name, pairs) in &packages {
        let directory = tempfile::tempdir().unwrap();
        for (index, pair) in pairs.iter().enumerate() {
            let extension = LanguageId::from_name(&pair.language).unwrap().language().extensions[0];
            std::fs::write(directory.path().join(format!("f{index}.{extension}")), &pair.code).unwrap();
        }
        let snapshot = Index::new(Workspace::new([directory.path()]).unwrap()).build(None, None, &|_| {});
        let search = Search::with_weights(weights);
        let queries = pairs.iter().enumerate().step_by(pairs.len().div_ceil(QUERIES_MAX));
        let ranks = queries.map(|(index, pair)| {
            let hits =
                search.query(&snapshot, &Query { text: pair.doc.clone(), top: 10, ..Query::default() });
            let stem = format!("f{index}.");
            let rank = hits.iter().position(|hit| snapshot.file(hit.file).unwrap().path.starts_with(&stem));
            rank.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0))
        });
        let ranks: Vec<f64> = ranks.collect();
        println!("{name:<20} {:>7} functions {:>17.3}", pairs.len(), mean(&ranks));
        all.push(mean(&ranks));
    }
    println!("{:<20} {:>36.4}", "MRR@10", mean(&all));
}
