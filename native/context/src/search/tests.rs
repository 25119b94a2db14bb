use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::{Index, LanguageId, SymbolKind, Workspace};

fn build_index(files: &[(&str, &str)]) -> (tempfile::TempDir, Index) {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(directory.path(), path, text);
    }
    let index = Index::new(Workspace::new([directory.path()]).unwrap());
    index.build(None, Some(1), &|_| {});
    (directory, index)
}

fn write(directory: &Path, path: &str, text: &str) {
    let path = directory.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn ask(text: &str) -> Query {
    Query { text: text.to_owned(), top: 10, ..Query::default() }
}

/// Returns the results as `path:first_line`.
fn found(search: &Search, snapshot: &Arc<Snapshot>, query: &Query) -> Vec<String> {
    let hits = search.query(snapshot, query);
    hits.iter().map(|hit| format!("{}:{}", snapshot.file(hit.file).unwrap().path, hit.start_line)).collect()
}

const SHOP: &[(&str, &str)] = &[
    ("shop/cart.py", "class ShoppingCart:\n    def add_item(self, item):\n        self.items.append(item)\n"),
    (
        "shop/checkout.py",
        "from shop.cart import ShoppingCart\n\ndef pay(cart: ShoppingCart):\n    return charge(cart.total())\n",
    ),
    ("shop/v1/checkout.py", "def pay(cart):\n    return charge(cart.total())\n"),
    (
        "tests/test_cart.py",
        "from shop.cart import ShoppingCart\n\ndef test_add_item():\n    ShoppingCart().add_item(1)\n",
    ),
    (
        "web/session.ts",
        "export interface Session { user: string }\n\nexport function openSession(): Session { return connect(); }\n",
    ),
    ("web/session.d.ts", "export interface Session { user: string }\n"),
    ("README.md", "# Shop\n\nThe shopping cart holds items. Open a session to pay.\n"),
];

#[test]
fn the_best_match_comes_first() {
    let (_directory, index) = build_index(SHOP);
    let (search, snapshot) = (Search::default(), index.snapshot());
    for (query, first) in [
        ("ShoppingCart", "shop/cart.py:1"),
        ("shopping_cart", "shop/cart.py:1"),
        ("shop/checkout.py", "shop/checkout.py:1"),
        ("how are items added to the cart", "shop/cart.py:1"),
        ("test of adding an item", "tests/test_cart.py:1"),
        ("paying at the checkout", "shop/checkout.py:1"),
        ("Session", "web/session.ts:1"),
        ("openSession", "web/session.ts:1"),
        ("what does the readme say about sessions", "README.md:1"),
        ("return charge(cart.total())", "shop/checkout.py:1"),
    ] {
        assert_eq!(
            found(&search, &snapshot, &ask(query)).first().map(String::as_str),
            Some(first),
            "{query}"
        );
    }
    assert!(search.query(&snapshot, &ask("zebra")).is_empty());
    assert!(search.query(&snapshot, &ask("")).is_empty());
}

#[test]
fn a_hit_explains_why_it_was_found() {
    let (_directory, index) = build_index(SHOP);
    let (search, snapshot) = (Search::default(), index.snapshot());
    let hit = search.query(&snapshot, &ask("ShoppingCart")).swap_remove(0);
    let record = &snapshot.file(hit.file).unwrap().record;
    assert_eq!(hit.symbol.map(|id| record.qualified_name(id)).as_deref(), Some("ShoppingCart"));
    let reasons = Reasons {
        words: vec!["ShoppingCart".to_owned()],
        defines: vec!["ShoppingCart".to_owned()],
        file_name: false,
    };
    assert_eq!(hit.reasons, reasons);
    assert_eq!((hit.start_line, hit.end_line), (1, 3));
    assert!(search.query(&snapshot, &ask("the session"))[0].reasons.file_name);
}

#[test]
fn filters_limit_the_results() {
    let (_directory, index) = build_index(SHOP);
    let (search, snapshot) = (Search::default(), index.snapshot());
    let with = |filter: Filter| {
        let mut found = found(&search, &snapshot, &Query { filter, ..ask("cart item session") });
        found.sort();
        found
    };
    let paths = |globs: &[&str]| {
        with(Filter { paths: Paths::new(globs.iter().copied()).unwrap(), ..Filter::default() })
    };
    assert_eq!(paths(&["shop/**"]), ["shop/cart.py:1", "shop/checkout.py:1", "shop/v1/checkout.py:1"]);
    assert_eq!(paths(&["shop/*.py"]), ["shop/cart.py:1", "shop/checkout.py:1"]);
    assert_eq!(paths(&["*.md", "tests/"]), ["README.md:1", "tests/test_cart.py:1"]);
    assert_eq!(paths(&["*.py", "!tests/", "!**/v1/**"]), ["shop/cart.py:1", "shop/checkout.py:1"]);
    assert!(matches!(Paths::new(["{"]), Err(PathsError::Invalid(_))));
    assert!(matches!(Paths::new(vec!["a"; 1_000]), Err(PathsError::TooMany)));
    let languages = vec![LanguageId::from_name("markdown").unwrap()];
    assert_eq!(with(Filter { languages, ..Filter::default() }), ["README.md:1"]);
    let kinds = vec![SymbolKind::Interface];
    assert_eq!(with(Filter { kinds, ..Filter::default() }), ["web/session.d.ts:1", "web/session.ts:1"]);
    assert!(
        !with(Filter { exclude_tests: true, ..Filter::default() })
            .contains(&"tests/test_cart.py:1".to_owned())
    );
}

#[test]
fn queries_are_bounded() {
    let (_directory, index) = build_index(SHOP);
    let (search, snapshot) = (Search::default(), index.snapshot());
    assert_eq!(search.query(&snapshot, &Query { top: 2, ..ask("cart") }).len(), 2);
    assert!(search.query(&snapshot, &Query { top: usize::MAX, ..ask("cart") }).len() <= limits::RESULTS_MAX);
    assert!(search.query(&snapshot, &Query { top: 0, ..ask("cart") }).is_empty());
    assert!(!search.query(&snapshot, &ask(&"cart ü ".repeat(100_000))).is_empty());
    for hit in search.query(&snapshot, &ask("cart")) {
        assert!((0.0..=1.0).contains(&hit.score));
        assert!(search.query(&snapshot, &Query { threshold: hit.score, ..ask("cart") }).contains(&hit));
    }
    assert!(search.query(&snapshot, &Query { threshold: 1.1, ..ask("cart") }).is_empty());
}

#[test]
fn a_question_finds_code_with_other_words() {
    let files = [
        ("a.py", "def delete_directory(path):\n    shutil.rmtree(path)\n"),
        ("b.py", "def mean(numbers):\n    return sum(numbers) / len(numbers)\n"),
        ("c.py", "def connect(host, port):\n    return socket.create_connection((host, port))\n"),
    ];
    let (_directory, index) = build_index(&files);
    let (search, snapshot) = (Search::default(), index.snapshot());
    for (query, first) in [("remove every folder recursively", "a.py:1"), ("calculate the average", "b.py:1")]
    {
        let hits = found(&search, &snapshot, &Query { threshold: 0.3, ..ask(query) });
        assert_eq!(hits.first().map(String::as_str), Some(first), "{query}");
    }
    let nothing = Query { threshold: 0.3, ..ask("chocolate cake with butter") };
    assert_eq!(found(&search, &snapshot, &nothing), [] as [&str; 0]);
}

#[test]
fn a_word_in_many_chunks_of_a_file_counts_more_than_in_one() {
    let function = |name: &str, line: &str| format!("def {name}(value):\n{}\n", line.repeat(30));
    let about: String =
        (0..4).map(|part| function(&format!("part{part}"), "    value = release(value)\n")).collect();
    let others: String =
        (0..4).map(|part| function(&format!("part{part}"), "    value = grow(value)\n")).collect();
    let once = format!("{}{others}", function("part9", "    value = release(release(value))\n"));
    let (_directory, index) = build_index(&[("a.py", &once), ("b.py", &about)]);
    let first = |coherence: f32| {
        let search = Search::with_weights(Weights { coherence, ..Weights::default() });
        found(&search, &index.snapshot(), &ask("release")).swap_remove(0)
    };
    assert_eq!(first(0.0), "a.py:1");
    assert_eq!(first(Weights::default().coherence), "b.py:1");
}

#[test]
fn a_file_named_like_the_query_ranks_higher() {
    let files = [
        ("app.py", "def handle(request):\n    # the cookies of a session\n    return request\n"),
        ("cookies.py", "def parse(header):\n    # one cookie after another\n    return header.split(';')\n"),
    ];
    let (_directory, index) = build_index(&files);
    let first = |file_name: f32| {
        let search = Search::with_weights(Weights { file_name, ..Weights::default() });
        found(&search, &index.snapshot(), &ask("session cookies")).swap_remove(0)
    };
    assert_eq!(first(0.0), "app.py:1");
    assert_eq!(first(Weights::default().file_name), "cookies.py:1");
}

#[test]
fn copies_of_a_file_are_returned_once() {
    let (_directory, index) = build_index(&[("a/x.py", SHOP[0].1), ("b/x.py", SHOP[0].1)]);
    assert_eq!(found(&Search::default(), &index.snapshot(), &ask("ShoppingCart")), ["a/x.py:1"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// After any sequence of edits, search returns the same results as with freshly built tables.
    #[test]
    fn incremental_tables_equal_rebuilt_tables(
        steps in prop::collection::vec(prop::collection::vec((0..8_usize, 0..=SHOP.len()), 1..4), 1..8),
    ) {
        let (directory, index) = build_index(&SHOP[..3]);
        let search = Search::default();
        for step in steps {
            let mut changed = Vec::new();
            for (file, text) in step {
                let path = format!("f{file}/item{file}.py");
                match SHOP.get(text) {
                    Some((_, text)) => write(directory.path(), &path, &format!("{text}\n# {file}\n")),
                    None => drop(fs::remove_file(directory.path().join(&path))),
                }
                changed.push((0, path));
            }
            let snapshot = index.refresh(&changed);
            let rebuilt = Index::new(index.workspace().clone()).build(None, Some(1), &|_| {});
            for text in ["cart", "how are items added to the cart", "Session", "ShoppingCart", "item3"] {
                let incremental = search.query(&snapshot, &ask(text));
                let incremental: Vec<_> =
                    incremental.into_iter().map(|hit| (hit.start_line, hit.score)).collect();
                let fresh = Search::default().query(&rebuilt, &ask(text));
                let fresh: Vec<_> = fresh.into_iter().map(|hit| (hit.start_line, hit.score)).collect();
                prop_assert_eq!(incremental, fresh);
                let rebuilt_hits = found(&Search::default(), &rebuilt, &ask(text));
                prop_assert_eq!(found(&search, &snapshot, &ask(text)), rebuilt_hits);
            }
        }
    }
}
