use std::path::Path;
use std::sync::Mutex;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::limits;

fn write(directory: &Path, path: &str, text: &str) {
    let path = directory.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn open(files: &[(&str, &str)]) -> (tempfile::TempDir, Context) {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(directory.path(), path, text);
    }
    let context = Context::open(Options {
        roots: vec![directory.path().to_owned()],
        threads: Some(1),
        ..Options::default()
    });
    (directory, context.unwrap())
}

const SHOP: &[(&str, &str)] = &[
    ("shop/__init__.py", "from .cart import Cart as Basket\n"),
    (
        "shop/cart.py",
        "\"\"\"Carts.\"\"\"\nfrom .price import total\n\n\nclass Cart:\n    \"\"\"What somebody buys.\n\n    More.\n    \"\"\"\n\n    def add(self, item):\n        self.items.append(item)\n        return total(self.items)\n",
    ),
    ("shop/price.py", "def total(items):\n    return sum(items)\n"),
    (
        "tests/test_cart.py",
        "from shop import Basket\n\n\ndef test_add():\n    cart = Basket()\n    assert cart.add(1) == 1\n",
    ),
    ("main.py", "import shop.price\n\nprint(shop.price.total([1]))\n"),
];

#[test]
fn every_kind_and_tool_answers_within_its_token_limit() {
    let (_directory, context) = open(SHOP);
    let arguments = json!({
        "query": "total of the items", "symbol_name": "Cart", "file_path": "shop/cart.py", "code": "eval(x)",
        "pattern": "total", "max_tokens": 500,
    });
    let capabilities = context.capabilities();
    assert_eq!(capabilities["supported_requests"].as_array().unwrap().len(), KINDS.len() + 3);
    for operation in KINDS {
        let answer = context.ask(operation.name, &arguments).unwrap();
        assert!(answer["estimated_tokens"].as_u64().unwrap() <= 520, "{}: {answer}", operation.name);
    }
    for tool in context.tools()["tools"].as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        let answer = context.invoke(name, &arguments).unwrap();
        assert_eq!((&answer["tool"], &answer["success"]), (&json!(name), &json!(true)));
        assert!(answer["data"].is_object());
    }
}

#[test]
fn get_context_includes_everything_needed_to_work_on_a_symbol() {
    let (directory, context) = open(SHOP);
    let answer = context.ask("get_context", &json!({ "symbol_name": "Cart.add" })).unwrap();
    let root = directory.path().canonicalize().unwrap();
    assert_eq!(answer["definition"]["qualified_name"], "Cart.add");
    assert!(answer["definition_source"].as_str().unwrap().contains("return total"));
    let callee = answer["call_graph"]["callees"]
        .as_array()
        .unwrap()
        .iter()
        .find(|edge| edge["callee"] == "total")
        .unwrap();
    assert_eq!((&callee["line"], &callee["confidence"]), (&json!(13), &json!(0.9)));
    assert_eq!(callee["callee_definition"], json!(format!("{}:1", root.join("shop/price.py").display())));
    assert_eq!(answer["tests"][0]["name"], "test_add");
    assert_eq!(answer["found"], true);
}

#[test]
fn refusals_name_the_problem() {
    let (_directory, context) = open(SHOP);
    for (kind, parameters, code, words) in [
        ("dance", json!({}), Code::UnknownTool, "dance"),
        ("semantic_search", json!({}), Code::MissingRequiredArg, "`query`"),
        ("semantic_search", json!({ "query": null }), Code::MissingRequiredArg, "`query`"),
        ("semantic_search", json!({ "query": 5 }), Code::InvalidArguments, "`query` must be a string"),
        ("semantic_search", json!({ "query": " " }), Code::InvalidArguments, "`query`"),
        ("semantic_search", json!({ "query": "x", "top_k": u64::MAX }), Code::InvalidArguments, "`top_k`"),
        ("semantic_search", json!({ "query": "x", "threshold": 7 }), Code::InvalidArguments, "`threshold`"),
        ("semantic_search", json!({ "query": "x", "path": "a[" }), Code::InvalidArguments, "`path`"),
        ("semantic_search", json!({ "query": "x", "kinds": ["cow"] }), Code::InvalidArguments, "cow"),
        ("find_references", json!([1]), Code::InvalidArguments, "object"),
        ("find_references", json!({ "symbol_name": "" }), Code::InvalidArguments, "`symbol_name`"),
        ("explain_file", json!({ "file_path": "/etc/passwd" }), Code::PermissionDenied, "workspace"),
        ("explain_file", json!({ "file_path": "../x" }), Code::PermissionDenied, "workspace"),
        ("explain_file", json!({ "file_path": "missing.py" }), Code::ExecutionError, "missing.py"),
        ("invoke_tool", json!({ "tool_name": "nothing" }), Code::UnknownTool, "nothing"),
        (
            "invoke_tool",
            json!({ "tool_name": "get_context", "arguments": { "symbol_name": "Crt" } }),
            Code::ExecutionError,
            "Crt",
        ),
    ] {
        let refusal = context.ask(kind, &parameters).unwrap_err();
        assert_eq!(refusal.code, code, "{kind} {parameters}: {refusal}");
        assert!(refusal.message.contains(words), "{refusal}");
    }
    let unknown = context.ask("explain_symbol", &json!({ "symbol_name": "carts", "colour": "red" })).unwrap();
    assert_eq!((&unknown["found"], &unknown["did_you_mean"][0]), (&json!(false), &json!("Cart")));
    assert_eq!(unknown["ignored_arguments"], json!(["colour"]));
}

#[test]
fn matching_lines_duplicates_and_quality_issues_are_found() {
    let body = "    result = []\n    for item in items:\n        if item.price > limit and item.stock:\n            result.append(item.name.strip().lower())\n    total = sum(result)\n    return total\n";
    let (directory, context) = open(&[
        ("a.py", &format!("def first(items, limit):\n{body}\ndef _unused(): pass\n")),
        ("b.py", &format!("def second(items, limit):\n{body}")),
        ("c.txt", "a total of two\n"),
    ]);
    let found = context.invoke("find_duplicates", &json!({})).unwrap();
    assert_eq!((&found["duplicate_count"], &found["duplicates"][0]["similarity"]), (&json!(1), &json!(1.0)));
    let quality = context.invoke("get_quality_score", &json!({})).unwrap();
    assert_eq!((&quality["dead_code"], &quality["duplicates"]), (&json!(1), &json!(1)));
    assert_eq!(quality["unused"][0]["name"], "_unused");
    let lines =
        context.invoke("grep_files", &json!({ "pattern": "t.tal\\b", "file_glob": "*.txt" })).unwrap();
    assert_eq!((&lines["match_count"], &lines["matches"][0]["column"]), (&json!(1), &json!(3)));
    let refusal = context.invoke("grep_files", &json!({ "pattern": "a(b" })).unwrap_err();
    assert!(refusal.message.contains("unclosed group") && refusal.message.contains('^'), "{refusal}");
    assert!(context.invoke("grep_files", &json!({ "pattern": "(a*)*$(b{1000}){1000}" })).is_err());
    let issues = context.ask("validate_code", &json!({ "code": "eval(x)\n", "language": "python" })).unwrap();
    assert_eq!((&issues["safe"], &issues["issues"][0]["line_number"]), (&json!(false), &json!(1)));
    // The index was not notified, but the files of an answer are checked for changes.
    write(directory.path(), "b.py", "def second(items, limit): pass\n");
    assert_eq!(context.invoke("find_duplicates", &json!({})).unwrap()["duplicate_count"], 0);
}

#[test]
fn quality_is_remeasured_where_a_file_changed() {
    let (directory, context) = open(&[("a.py", "def a(x): return eval(x)\n"), ("b.py", "def b(): pass\n")]);
    let found = |numbers: &str| {
        let answer = context.invoke("get_quality_score", &json!({})).unwrap();
        assert_eq!(format!("{} {}", answer["safety_issues"], answer["numbers"]["functions"]), numbers);
    };
    found("1 2");
    found("1 2");
    write(directory.path(), "a.py", "def a(x): pass\n\n\ndef c(x): pass\n");
    context.rescan();
    found("0 3");
    // The change of a requested file is noticed without a notification.
    write(directory.path(), "b.py", "exec(1)\n");
    let named = context.invoke("get_quality_score", &json!({ "file_path": "b.py" })).unwrap();
    assert_eq!(named["safety_issues"], 1);
}

#[test]
fn callers_of_a_common_name_are_searched_nearby() {
    let uses = limits::CALLER_FILES_MAX + 20;
    let mut files = vec![("near/base.py".to_owned(), "class Base:\n    def new(self): pass\n".to_owned())];
    let caller = |nth| format!("from near.base import Base\ndef caller{nth}():\n    Base().new()\n");
    files.extend((0..uses).map(|nth| (format!("far{nth}/use.py"), caller(nth))));
    files.push(("near/use.py".to_owned(), caller(uses)));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (_directory, context) = open(&files);
    let parameters = json!({ "symbol_name": "new", "max_tokens": 100_000 });
    let answer = context.ask("get_call_graph", &parameters).unwrap();
    assert_eq!(answer["left_out"]["files"], uses + 2 - limits::CALLER_FILES_MAX);
    assert!(answer["callers"].as_array().unwrap().contains(&json!(format!("caller{uses}"))));
    let answer =
        context.ask("find_references", &json!({ "symbol_name": "new", "max_results": 5_000 })).unwrap();
    assert_eq!(answer["reference_count"], uses + 1);
}

#[test]
fn listeners_are_notified_of_indexing_and_every_invocation() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "a.py", "def a(): pass\n");
    let events = Arc::new(Mutex::new(Vec::new()));
    let listener: Listener = {
        let events = Arc::clone(&events);
        Arc::new(move |event| {
            events.lock().unwrap().push(match event {
                Event::Started { invocation, tool } => format!("start {invocation} {tool}"),
                Event::Progress(progress) => format!("progress of {}", progress.total),
                Event::Built => "built".to_owned(),
                Event::Ended { invocation, refusal, .. } => format!("end {invocation} {}", refusal.is_none()),
            });
        })
    };
    let roots = vec![directory.path().to_owned()];
    let context = Context::open(Options { roots, listener: Some(listener), ..Options::default() }).unwrap();
    assert!(events.lock().unwrap().is_empty());
    context.ask("summarize_repo", &json!({})).unwrap();
    context.ask("explain_file", &json!({})).unwrap_err();
    // An answer waits for the index, not for the listeners that are notified of it.
    let is_built = || events.lock().unwrap().contains(&"built".to_owned());
    assert!(wait_until(is_built));
    let events = events.lock().unwrap();
    let (build, invocations): (Vec<&str>, Vec<&str>) = events
        .iter()
        .map(String::as_str)
        .partition(|event| *event == "built" || event.starts_with("progress"));
    assert_eq!((build[0], build[build.len() - 1]), ("progress of 1", "built"));
    let expected = ["start 0 summarize_repo", "end 0 true", "start 1 explain_file", "end 1 false"];
    assert_eq!(invocations, expected);
}

#[test]
fn a_stale_file_is_reindexed_before_it_is_answered() {
    let (directory, context) = open(SHOP);
    context.ask("explain_file", &json!({ "file_path": "shop/cart.py" })).unwrap();
    write(directory.path(), "shop/cart.py", "\n\n\ndef checkout():\n    \"\"\"Pays.\"\"\"\n");
    let answer = context.ask("get_context", &json!({ "symbol_name": "Cart" }));
    assert_eq!(answer.unwrap()["found"], false);
    let answer = context.ask("explain_symbol", &json!({ "symbol_name": "checkout" })).unwrap();
    assert_eq!(answer["explanations"][0]["summary"], "Pays.");
}

#[test]
fn unsaved_contents_and_file_changes_are_indexed() {
    let (directory, context) = open(SHOP);
    context.wait_until_indexed();
    let found = |name: &str| {
        context.ask("explain_symbol", &json!({ "symbol_name": name })).unwrap()["found"] == json!(true)
    };
    context.set_buffer("shop/price.py", "def unsaved(): pass\n").unwrap();
    assert!(found("unsaved") && !found("total"));
    context.rescan();
    assert!(found("unsaved"));
    context.clear_buffer("shop/price.py").unwrap();
    assert!(!found("unsaved") && found("total"));
    assert_eq!(context.set_buffer("/etc/passwd", "x").unwrap_err().code, Code::PermissionDenied);

    write(directory.path(), "shop/new.py", "def fresh(): pass\n");
    write(directory.path(), "main.py", "def entry(): pass\n");
    std::fs::remove_file(directory.path().join("shop/cart.py")).unwrap();
    let root = directory.path().canonicalize().unwrap();
    context.changed(&[root.join("main.py")]);
    assert!(found("entry") && !found("fresh"));
    context.changed(&[root.join("shop/new.py")]);
    assert!(found("fresh") && !found("Cart"));
    write(directory.path(), ".gitignore", "new.py\n");
    context.rescan();
    assert!(!found("fresh"));
}

/// Waits until a condition that a watcher causes holds.
fn wait_until(holds: impl Fn() -> bool) -> bool {
    let started = Instant::now();
    while started.elapsed() < std::time::Duration::from_secs(20) {
        if holds() {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

#[test]
fn a_watched_workspace_stays_up_to_date() {
    let (directory, context) = open(SHOP);
    context.wait_until_indexed();
    context.watch().unwrap();
    let has = |path: &str, name: &str| {
        let snapshot = context.index().snapshot();
        snapshot.find(0, path).is_some_and(|id| snapshot.symbols_named(name).any(|(file, ..)| file == id))
    };
    write(directory.path(), "main.py", "def entry(): pass\n");
    assert!(wait_until(|| has("main.py", "entry")));
    write(directory.path(), "deep/er/new.py", "def fresh(): pass\n");
    assert!(wait_until(|| has("deep/er/new.py", "fresh")));
    std::fs::rename(directory.path().join("deep"), directory.path().join("moved")).unwrap();
    assert!(wait_until(|| has("moved/er/new.py", "fresh") && !has("deep/er/new.py", "fresh")));
    write(directory.path(), ".gitignore", "moved/\n");
    assert!(wait_until(|| !has("moved/er/new.py", "fresh")));
}

mod editor;

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![
            "Cart",
            "shop/cart.py",
            "a{",
            "(?:",
            "(a*)*$",
            "\0",
            "..",
            "**/*",
            "::",
            "."
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(parameter_name(), inner, 0..6)
                .prop_map(|map| map.into_iter().collect::<Value>()),
        ]
    })
}

fn parameter_name() -> impl Strategy<Value = String> {
    let names: Vec<String> = KINDS
        .iter()
        .chain(TOOLS)
        .chain(std::iter::once(&KINDS[0]))
        .flat_map(|operation| operation.parameters)
        .map(|parameter| parameter.name.to_owned())
        .chain(["tool_name", "arguments"].map(str::to_owned))
        .collect();
    prop::sample::select(names)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any question yields an answer, or a refusal that is the caller's fault.
    #[test]
    fn no_question_causes_an_internal_error(values in prop::collection::vec(any_value(), 8)) {
        static OPENED: std::sync::OnceLock<(tempfile::TempDir, Context)> = std::sync::OnceLock::new();
        let (_, context) = OPENED.get_or_init(|| open(SHOP));
        for value in values {
            let mut answers: Vec<Result<Value, Refusal>> =
                KINDS.iter().map(|kind| context.ask(kind.name, &value)).collect();
            answers.extend(TOOLS.iter().map(|tool| context.invoke(tool.name, &value)));
            answers.push(context.ask("invoke_tool", &value));
            for refusal in answers.into_iter().filter_map(Result::err) {
                prop_assert!(!refusal.message.starts_with("internal error"), "{value}: {refusal}");
                prop_assert!(refusal.code != Code::Timeout);
            }
        }
    }
}
