//! The index of the fixture in `tests/scip` was made by `scip-typescript index` of
//! `@sourcegraph/scip-typescript` 0.4.0 (npm, Apache-2.0).

use std::path::Path;

use crate::context::{Context, Options};
use serde_json::{Value, json};

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scip");

/// Opens a copy of the fixture whose index is newer than its sources.
fn open_shop(index: &[u8]) -> (tempfile::TempDir, Context) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("src")).unwrap();
    for path in ["package.json", "tsconfig.json", "src/cart.ts", "src/price.ts"] {
        std::fs::copy(Path::new(FIXTURE).join(path), directory.path().join(path)).unwrap();
    }
    if !index.is_empty() {
        std::fs::write(directory.path().join("index.scip"), index).unwrap();
    }
    let roots = vec![directory.path().to_owned()];
    let context = Context::open(Options { roots, threads: Some(1), ..Options::default() }).unwrap();
    context.wait_until_indexed();
    (directory, context)
}

fn index() -> Vec<u8> {
    std::fs::read(Path::new(FIXTURE).join("index.scip")).unwrap()
}

/// Returns the uses of a symbol as `line:column confidence source`, and the source of the answer.
fn references(context: &Context, name: &str) -> (Vec<String>, String) {
    let answer = context.ask("find_references", &json!({ "symbol_name": name })).unwrap();
    let of = |value: &Value| {
        format!("{}:{} {} {}", value["line"], value["column"], value["confidence"], value["source"])
    };
    let uses = answer["references"].as_array().unwrap().iter().map(of).collect();
    (uses, answer["source"].as_str().unwrap().to_owned())
}

#[test]
fn the_index_of_a_compiler_takes_precedence_over_syntax() {
    let (_directory, by_syntax) = open_shop(&[]);
    let (syntactic, source) = references(&by_syntax, "Cup.price");
    assert!(
        syntactic.iter().all(|used| !used.contains(" 1.0 ")) && source == "index",
        "{syntactic:?} {source}"
    );
    let (_directory, context) = open_shop(&index());
    let only = |line: &str| (vec![line.to_owned()], "scip".to_owned());
    // The uses come after a letter of two bytes, in a line whose columns are counted in UTF-16.
    assert_eq!(references(&context, "Cup.price"), only("6:40 1.0 \"scip\""));
    assert_eq!(references(&context, "Tea.price"), only("7:27 1.0 \"scip\""));
    let calls = context.ask("get_call_graph", &json!({ "symbol_name": "total" })).unwrap();
    let callees: Vec<&str> =
        calls["edges"].as_array().unwrap().iter().map(|edge| edge["source"].as_str().unwrap()).collect();
    assert_eq!((callees, &calls["source"]), (vec!["scip"; 4], &json!("scip")));
}

#[test]
fn a_file_that_changed_after_the_index_is_resolved_by_syntax() {
    let (directory, context) = open_shop(&index());
    assert_eq!(references(&context, "Cup").1, "scip");
    let path = directory.path().join("src/cart.ts");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("// changed\n{text}")).unwrap();
    context.rescan();
    let (found, source) = references(&context, "Cup");
    assert_eq!((found.len(), source.as_str()), (2, "index"), "{found:?}");
    // The same holds for an unsaved text. With the old text, the index is valid again.
    context.set_buffer("src/cart.ts", &text).unwrap();
    assert_eq!(references(&context, "Cup").1, "scip");
}

#[test]
fn an_outdated_or_damaged_index_is_ignored() {
    for bytes in [&b"\xff\xff not an index"[..], &index()[..1000]] {
        let (_directory, context) = open_shop(bytes);
        assert_eq!(references(&context, "Cup").1, "index");
    }
    let (directory, _) = open_shop(&index());
    let file = std::fs::File::options().write(true).open(directory.path().join("index.scip")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    let context =
        Context::open(Options { roots: vec![directory.path().to_owned()], ..Options::default() }).unwrap();
    context.wait_until_indexed();
    assert_eq!(references(&context, "Cup").1, "index");
}
