//! Checks the ranks at which search finds targets in a small shop in several languages, so that the ranking
//! cannot get worse unnoticed.
//!
//! Each line of `retrieval/queries.tsv` has a query and its target. `retrieval/ranks.golden` has the rank of
//! each target; `UPDATE_GOLDEN=1 cargo test -p context --test retrieval` rewrites it. The queries are not a
//! benchmark: they are few, and chosen to cover each kind. `cargo bench -p context --bench search` measures
//! search quality.

#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

use std::fmt::Write as _;
use std::path::Path;

use context::search::{Query, Search};
use context::{Index, Workspace};

#[test]
fn targets_are_found_at_their_golden_ranks() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/retrieval");
    // The corpus is copied because ignore files may apply to the fixture, and `tests` in its path would make
    // all of it tests.
    let copy = tempfile::tempdir().unwrap();
    copy_tree(&directory.join("corpus"), copy.path());
    let index = Index::new(Workspace::new([copy.path()]).unwrap());
    let snapshot = index.build(None, None, &|_| {});
    let search = Search::default();
    let queries = std::fs::read_to_string(directory.join("queries.tsv")).unwrap();
    let (mut found, mut gain, mut count) = (String::new(), 0.0, 0);
    for line in queries.lines() {
        let (text, target) = line.split_once('\t').unwrap();
        let (path, first_line) = target.split_once(':').unwrap();
        let first_line: u32 = first_line.parse().unwrap();
        let hits = search.query(&snapshot, &Query { text: text.to_owned(), top: 10, ..Query::default() });
        let rank = hits.iter().position(|hit| {
            &*snapshot.file(hit.file).unwrap().path == path
                && (hit.start_line..=hit.end_line).contains(&first_line)
        });
        let formatted = rank.map_or_else(|| "-".to_owned(), |rank| (rank + 1).to_string());
        writeln!(found, "{formatted}\t{text}").unwrap();
        #[expect(clippy::cast_precision_loss, reason = "a rank up to ten")]
        let reciprocal = rank.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0));
        gain += reciprocal;
        count += 1;
    }
    writeln!(found, "mean reciprocal rank {:.3} of {count}", gain / f64::from(count)).unwrap();
    let golden = directory.join("ranks.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(found, expected, "ranks changed (UPDATE_GOLDEN=1 rewrites the golden file)");
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
