//! Where search finds what it is asked for, in a small shop of several languages: ranking cannot get worse unnoticed.
//!
//! `retrieval/queries.tsv` has a query and its target on each line; `retrieval/ranks.golden` says at which rank the target is found.
//! `UPDATE_GOLDEN=1 cargo test -p context --test retrieval` writes the ranks anew. The queries are no benchmark: they are few, and chosen to be
//! one of each sort. How well search finds is measured by `cargo bench -p context --bench search`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::path::Path;

use context::search::{Query, Search};
use context::{Index, Workspace};

#[test]
fn what_is_sought_is_found_where_it_was() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/retrieval");
    // A copy: around the fixture there may be ignore files, and `tests` in its path makes tests of all of it.
    let copy = tempfile::tempdir().unwrap();
    copy_tree(&folder.join("corpus"), copy.path());
    let index = Index::new(Workspace::new([copy.path()]).unwrap());
    let snapshot = index.build(None, None, &|_| {});
    let search = Search::default();
    let queries = std::fs::read_to_string(folder.join("queries.tsv")).unwrap();
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
        let shown = rank.map_or_else(|| "-".to_owned(), |rank| (rank + 1).to_string());
        writeln!(found, "{shown}\t{text}").unwrap();
        #[expect(clippy::cast_precision_loss, reason = "a rank up to ten")]
        let reciprocal = rank.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0));
        gain += reciprocal;
        count += 1;
    }
    writeln!(found, "mean reciprocal rank {:.3} of {count}", gain / f64::from(count)).unwrap();
    let golden = folder.join("ranks.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(found, expected, "ranks changed (UPDATE_GOLDEN=1 writes them anew)");
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
