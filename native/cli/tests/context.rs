//! Tests `codex-bridge context` as a process: its output for people and programs, and its exit status.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic fails the test")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A small workspace, and the data directory of its user.
struct Shop {
    directory: TempDir,
    data: TempDir,
}

impl Shop {
    fn new() -> Self {
        let shop = Self { directory: tempfile::tempdir().unwrap(), data: tempfile::tempdir().unwrap() };
        shop.write("package.json", r#"{"name": "shop", "scripts": {"test": "vitest"}}"#);
        shop.write("price.py", "def price_of(item):\n    \"\"\"The price of one item.\"\"\"\n    return 3\n");
        shop.write(
            "cart.py",
            "from price import price_of\n\n\nclass Cart:\n    def total(self, items):\n        return sum(price_of(item) for item in items)  # \u{1b}[31mred\n",
        );
        shop
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.directory.path().join(path), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_codex-bridge"));
        command.arg("context").args(arguments).current_dir(self.directory.path());
        // These variables determine the platform's data directory.
        command.env("HOME", self.data.path()).env("XDG_DATA_HOME", self.data.path()).env_remove("NO_COLOR");
        command.env("APPDATA", self.data.path()).env("CODEX_BRIDGE_LOG", "warn");
        command
    }

    fn ask(&self, arguments: &[&str]) -> (i32, String, String) {
        read(&self.command(arguments).output().unwrap())
    }
}

fn read(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn has_files(directory: &Path) -> bool {
    let entries = std::fs::read_dir(directory).unwrap().flatten().map(|entry| entry.path());
    entries.into_iter().any(|path| if path.is_dir() { has_files(&path) } else { true })
}

#[test]
fn answers_are_plain_text_without_a_terminal() {
    let shop = Shop::new();
    for (arguments, expected) in [
        (
            &["search", "price", "of", "an", "item"][..],
            &["price.py:1  function price_of", "     1 │ def price_of(item):"][..],
        ),
        (
            &["ask", "what does one item cost: the price"],
            &["price.py:1  function price_of", "Called by (1)", "Cart.total  cart.py:6"],
        ),
        (&["symbol", "Cart"], &["class Cart  cart.py:4", "class Cart"]),
        (&["symbol", "price_of", "--body"], &["The price of one item.", "     3 │     return 3"]),
        (
            &["refs", "price_of"],
            &["Definitions (1)", "References (2)", "cart.py:6  return sum(price_of(item)", "in Cart.total"],
        ),
        (&["calls", "price_of"], &["Called by (1)", "Cart.total  cart.py:6"]),
        (&["deps", "cart.py"], &["Imports (1)", "cart.py:1  price → price.py", "Imported by (0)"]),
        (&["summary"], &["3 files", "python  2 files", "test   npm test", "price.py  by 1"]),
    ] {
        let (status, page, stderr) = shop.ask(arguments);
        assert_eq!((status, stderr.as_str()), (0, ""), "{arguments:?}: {page}");
        for words in expected {
            assert!(page.contains(words), "{arguments:?} should print {words:?}:\n{page}");
        }
        assert!(!page.contains('\u{1b}'), "{page:?}");
    }
    assert!(has_files(shop.data.path()), "the index is cached for the next question");
}

#[test]
fn colors_and_links_appear_only_on_request_and_never_from_code() {
    let shop = Shop::new();
    let (_, page, _) = shop.ask(&["refs", "price_of", "--color", "always"]);
    assert!(page.contains("\u{1b}]8;;file://") && page.contains("cart.py#L6\u{1b}\\"), "{page:?}");
    assert!(!page.contains("\u{1b}[31mred") && page.contains("\u{fffd}[31mred"), "{page:?}");
    let output =
        shop.command(&["refs", "price_of"]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap();
    assert!(!read(&output).1.contains('\u{1b}'));
}

#[test]
fn answers_are_json_for_programs() {
    let shop = Shop::new();
    let json = |arguments: &[&str]| {
        let (status, page, _) = shop.ask(arguments);
        (status, serde_json::from_str::<Value>(&page).unwrap_or_else(|error| panic!("{error}: {page}")))
    };
    let (status, answer) = json(&["refs", "price_of", "--json"]);
    assert_eq!((status, &answer["reference_count"]), (0, &Value::from(2)));
    let (status, answer) = json(&["--json", "ask", "price of one item"]);
    assert_eq!((status, &answer["context"]["definition"]["name"]), (0, &Value::from("price_of")));
    let (status, answer) = json(&["symbol", "prise_of", "--json"]);
    assert_eq!((status, &answer["did_you_mean"][0]), (1, &Value::from("price_of")));
    let (status, answer) = json(&["deps", "../x", "--json"]);
    assert_eq!((status, &answer["error_code"]), (2, &Value::from("permission_denied")));
}

#[test]
fn the_exit_status_distinguishes_no_results_from_invalid_questions() {
    let shop = Shop::new();
    let (status, page, _) = shop.ask(&["symbol", "prise_of"]);
    assert_eq!(status, 1);
    assert!(page.contains("No symbol is named prise_of. Did you mean price_of?"), "{page}");
    for (arguments, words) in [
        (&["deps", "missing.py"][..], "missing.py"),
        (&["search", "x", "--kind", "cow"], "cow"),
        (&["search", "x", "--glob", "a["], "`path`"),
        (&["search", "x", "-n", "0"], "`top_k`"),
        (&["summary", "--path", "missing"], "--path missing"),
        (&["--port", "1", "summary"], "--port is an option of the server"),
        (&["dance"], "dance"),
    ] {
        let (status, page, stderr) = shop.ask(arguments);
        assert_eq!((status, page.as_str()), (2, ""), "{arguments:?}");
        assert!(stderr.contains(words), "{arguments:?}: {stderr}");
    }
}
