//! Tests with a scripted editor.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use super::*;
use crate::editor::{
    Diagnostic, FunctionCalls, Location, OutlineSymbol, TextPosition, TextRange, UnsavedFile,
};
use crate::limits;

const PRICE: &str = "/* ä𝄞 */ export function total(items) { log(items); return round(items); }\nfunction round(sum) { return sum; }\nlabel: for (;;) break label;\n";
const CART: &str =
    "import { total } from \"./price\";\nexport function checkout() { /* 𝄞 */ return total([1]); }\n";
const SCRIPT: &str = "import { total } from \"./price\";\ntotal([2]);\n";
const OTHER: &str = "export function total() {}\n";
const SOURCES: &[(&str, &str)] =
    &[("price.ts", PRICE), ("cart.ts", CART), ("script.ts", SCRIPT), ("deep/other.ts", OTHER)];

/// An editor with scripted answers; by default it knows nothing.
#[derive(Default)]
struct ScriptedEditor {
    definitions: Vec<Location>,
    references: Vec<Location>,
    incoming: Vec<FunctionCalls>,
    outgoing: Vec<FunctionCalls>,
    outline: Vec<OutlineSymbol>,
    diagnostics: Vec<Diagnostic>,
    unsaved: Mutex<Vec<UnsavedFile>>,
    is_silent: bool,
    is_broken: bool,
    /// The positions it was asked about.
    asked: Mutex<Vec<(PathBuf, TextPosition)>>,
    /// The revisions that were passed as known in the last fetch.
    known: Mutex<Vec<(String, String)>>,
}

impl ScriptedEditor {
    fn answer<T: Clone>(&self, answer: &T, limit: Duration) -> Option<T> {
        assert!(!self.is_broken, "a deliberate panic");
        if self.is_silent {
            let (_silence, receiver) = mpsc::channel::<()>();
            assert_eq!(receiver.recv_timeout(limit), Err(mpsc::RecvTimeoutError::Timeout));
            return None;
        }
        Some(answer.clone())
    }

    fn answer_at<T: Clone>(&self, path: &Path, at: TextPosition, answer: &T, limit: Duration) -> Option<T> {
        self.asked.lock().unwrap().push((path.to_owned(), at));
        self.answer(answer, limit)
    }
}

impl Editor for ScriptedEditor {
    fn definitions(&self, path: &Path, at: TextPosition, limit: Duration) -> Option<Vec<Location>> {
        self.answer_at(path, at, &self.definitions, limit)
    }
    fn references(&self, path: &Path, at: TextPosition, limit: Duration) -> Option<Vec<Location>> {
        self.answer_at(path, at, &self.references, limit)
    }
    fn incoming_calls(&self, path: &Path, at: TextPosition, limit: Duration) -> Option<Vec<FunctionCalls>> {
        self.answer_at(path, at, &self.incoming, limit)
    }
    fn outgoing_calls(&self, path: &Path, at: TextPosition, limit: Duration) -> Option<Vec<FunctionCalls>> {
        self.answer_at(path, at, &self.outgoing, limit)
    }
    fn outline(&self, _: &Path, limit: Duration) -> Option<Vec<OutlineSymbol>> {
        self.answer(&self.outline, limit)
    }
    fn diagnostics(&self, _: Option<&Path>, limit: Duration) -> Option<Vec<Diagnostic>> {
        self.answer(&self.diagnostics, limit)
    }
    fn unsaved(&self, known: &[(String, String)], _: Duration) -> Option<Vec<UnsavedFile>> {
        *self.known.lock().unwrap() = known.to_vec();
        let mut files = self.unsaved.lock().unwrap().clone();
        for file in &mut files {
            if known.contains(&(file.path.clone(), file.revision.clone())) {
                file.text = None;
            }
        }
        Some(files)
    }
}

/// Opens the sources in a temporary directory, with an editor scripted for it.
fn open_in(
    script: impl FnOnce(&TestWorkspace) -> ScriptedEditor,
) -> (TestWorkspace, Arc<ScriptedEditor>, Context) {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in SOURCES {
        write(directory.path(), path, text);
    }
    let root = directory.path().canonicalize().unwrap();
    let workspace = TestWorkspace { _directory: directory, root };
    let editor = Arc::new(script(&workspace));
    let context = Context::open(Options {
        roots: vec![workspace.root.clone()],
        threads: Some(1),
        editor: Some(editor.clone()),
        ..Options::default()
    });
    (workspace, editor, context.unwrap())
}

struct TestWorkspace {
    _directory: tempfile::TempDir,
    root: PathBuf,
}

impl TestWorkspace {
    fn path(&self, name: &str) -> String {
        self.root.join(name).to_str().unwrap().to_owned()
    }

    /// Returns the location of the n-th occurrence of a text in a source, counted from 0.
    fn at(&self, name: &str, found: &str, nth: usize) -> Location {
        let (_, text) = SOURCES.iter().find(|(path, _)| *path == name).unwrap();
        let (offset, _) = text.match_indices(found).nth(nth).unwrap();
        let before = &text[..offset];
        let line = before.matches('\n').count();
        let character = before.rsplit('\n').next().unwrap().encode_utf16().count();
        let start = TextPosition { line: line.try_into().unwrap(), character: character.try_into().unwrap() };
        Location { path: self.path(name), start }
    }
}

fn range(line: u32, character: u32) -> TextRange {
    let end = TextPosition { line, character: character + 1 };
    TextRange { start: TextPosition { line, character }, end }
}

/// Returns a range that starts before a name and ends inside it.
fn expression(at: &Location) -> TextRange {
    let TextPosition { line, character } = at.start;
    let position = |character| TextPosition { line, character };
    TextRange { start: position(character - 2), end: position(character + 2) }
}

fn invalid_locations(workspace: &TestWorkspace) -> Vec<Location> {
    vec![
        Location { path: "/etc/passwd".to_owned(), start: TextPosition { line: 0, character: 0 } },
        Location { path: workspace.path("missing.ts"), start: TextPosition { line: 0, character: 0 } },
        Location { path: workspace.path("cart.ts"), start: TextPosition { line: 99, character: 0 } },
        Location { path: workspace.path("cart.ts"), start: TextPosition { line: 1, character: u32::MAX } },
        Location { path: "\0".to_owned(), start: TextPosition { line: 0, character: 0 } },
    ]
}

#[test]
fn server_references_come_first_and_index_only_references_are_kept() {
    let (workspace, editor, context) = open_in(|workspace| {
        let known = vec![
            workspace.at("price.ts", "total", 0),
            workspace.at("cart.ts", "total", 0),
            workspace.at("cart.ts", "total", 1),
        ];
        ScriptedEditor {
            references: [invalid_locations(workspace), known].concat(),
            ..ScriptedEditor::default()
        }
    });
    let asked = json!({ "symbol_name": "total", "file_path": "price.ts" });
    let answer = context.ask("find_references", &asked).unwrap();
    assert_eq!(answer["source"], "language-server");
    let found: Vec<(String, u64, String)> = answer["references"]
        .as_array()
        .unwrap()
        .iter()
        .map(|used| {
            let path = Path::new(used["file_path"].as_str().unwrap());
            let name = path.strip_prefix(&workspace.root).unwrap().to_str().unwrap().to_owned();
            (name, used["line"].as_u64().unwrap(), used["source"].as_str().unwrap().to_owned())
        })
        .collect();
    let of = |name: &str, line, source: &str| (name.to_owned(), line, source.to_owned());
    assert_eq!(
        found,
        [
            of("cart.ts", 1, "language-server"),
            of("cart.ts", 2, "language-server"),
            of("script.ts", 1, "index"),
            of("script.ts", 2, "index"),
        ]
    );
    let call = &answer["references"][1];
    assert_eq!((&call["enclosing_symbol"], &call["role"]), (&json!("checkout"), &json!("call")));
    assert_eq!(
        call["column"],
        json!(CART.lines().nth(1).unwrap().find("total").unwrap() + 1),
        "the column counts bytes"
    );
    let definition = workspace.at("price.ts", "total", 0);
    assert_eq!(editor.asked.lock().unwrap()[..], [(PathBuf::from(definition.path), definition.start)]);
}

#[test]
fn server_calls_resolve_to_indexed_symbols() {
    let (workspace, _, context) = open_in(|workspace| {
        let call = |function, name: &str, site: Location| FunctionCalls {
            function,
            name: name.to_owned(),
            // TypeScript's server reports the range of the whole expression.
            sites: vec![expression(&site), range(70, 0)],
        };
        let elsewhere =
            Location { path: "/usr/lib/lib.d.ts".to_owned(), start: TextPosition { line: 1, character: 1 } };
        ScriptedEditor {
            incoming: vec![call(
                workspace.at("cart.ts", "checkout", 0),
                "checkout",
                workspace.at("cart.ts", "total", 1),
            )],
            outgoing: vec![
                call(workspace.at("price.ts", "round", 1), "round", workspace.at("price.ts", "round", 0)),
                call(elsewhere, "log", workspace.at("price.ts", "log", 0)),
            ],
            ..ScriptedEditor::default()
        }
    });
    let asked = json!({ "symbol_name": "total", "file_path": "price.ts" });
    let answer = context.ask("get_call_graph", &asked).unwrap();
    assert_eq!(answer["source"], "language-server");
    assert_eq!(answer["callers"], json!(["checkout"]));
    let edges = answer["edges"].as_array().unwrap();
    let edge = |callee: &str, source: &str| {
        edges.iter().find(|edge| edge["callee"] == callee && edge["source"] == source).unwrap()
    };
    let incoming = edge("total", "language-server");
    assert!(incoming["caller"].as_str().unwrap().ends_with("cart.ts:checkout"));
    let column = CART.lines().nth(1).unwrap().find("total").unwrap() + 1;
    assert_eq!(
        incoming["column"],
        json!(column),
        "the column is that of the name, not of the expression it ends"
    );
    assert!(edge("total", "index")["file_path"].as_str().unwrap().ends_with("script.ts"));
    let round = format!("{}:2", workspace.path("price.ts"));
    assert_eq!(edge("round", "language-server")["callee_definition"], json!(round));
    assert_eq!(edge("log", "language-server")["external"], true);
    assert!(!answer.to_string().contains("lib.d.ts"), "files outside the workspace are not disclosed");
}

#[test]
fn a_use_selects_among_definitions_of_the_same_name() {
    let asked = json!({ "symbol_name": "total", "file_path": "cart.ts", "line": 2 });
    let definition = |context: &Context| {
        let answer = context.ask("get_context", &asked).unwrap();
        (answer["definition"]["file_path"].as_str().unwrap().to_owned(), answer["source"].clone())
    };
    let (workspace, editor, context) = open_in(|workspace| ScriptedEditor {
        definitions: [invalid_locations(workspace), vec![workspace.at("deep/other.ts", "total", 0)]].concat(),
        ..ScriptedEditor::default()
    });
    assert_eq!(definition(&context), (workspace.path("deep/other.ts"), json!("language-server")));
    let used = workspace.at("cart.ts", "total", 1);
    assert_eq!(editor.asked.lock().unwrap()[0], (PathBuf::from(used.path), used.start));
    let (workspace, _, context) = open_in(|_| ScriptedEditor::default());
    assert_eq!(definition(&context), (workspace.path("price.ts"), json!("index")));
}

#[test]
fn wrong_or_broken_servers_change_nothing() {
    let (_workspace, _, without) = open_in(|_| ScriptedEditor::default());
    let wrong = |workspace: &TestWorkspace| {
        let calls = invalid_locations(workspace).into_iter().map(|function| FunctionCalls {
            function,
            name: "x".to_owned(),
            sites: vec![range(99, 0)],
        });
        let calls: Vec<FunctionCalls> = calls.collect();
        ScriptedEditor {
            definitions: invalid_locations(workspace),
            references: invalid_locations(workspace),
            incoming: calls.clone(),
            outgoing: calls,
            ..ScriptedEditor::default()
        }
    };
    let (workspace, _, wrong) = open_in(wrong);
    let (broken_workspace, _, broken) =
        open_in(|_| ScriptedEditor { is_broken: true, ..ScriptedEditor::default() });
    for kind in ["find_references", "get_call_graph", "get_context", "explain_symbol"] {
        for asked in
            [json!({ "symbol_name": "total" }), json!({ "symbol_name": "total", "file_path": "script.ts" })]
        {
            let plain = |context: &Context| {
                let answer = context.ask(kind, &asked).unwrap();
                assert_eq!(answer["source"], "index", "{kind}: {answer}");
                let count = |name: &str| answer[name].as_array().map(Vec::len);
                (count("references"), count("edges"), answer["match_count"].clone())
            };
            let expected = plain(&without);
            assert_eq!(plain(&wrong), expected, "{kind} in {}", workspace.root.display());
            assert_eq!(plain(&broken), expected, "{kind} in {}", broken_workspace.root.display());
        }
    }
}

#[test]
fn a_silent_server_delays_only_one_answer() {
    let (_workspace, editor, context) =
        open_in(|_| ScriptedEditor { is_silent: true, ..ScriptedEditor::default() });
    context.wait_until_indexed();
    for _ in 0..3 {
        let answer =
            context.ask("get_context", &json!({ "symbol_name": "total", "file_path": "price.ts" })).unwrap();
        assert_eq!((&answer["source"], &answer["found"]), (&json!("index"), &json!(true)));
    }
    assert_eq!(editor.asked.lock().unwrap().len(), 1, "the server is not queried again for a while");
}

#[test]
fn outlines_and_diagnostics_are_added() {
    let symbol = |workspace: &TestWorkspace, name: &str, found: &str, kind: &str, depth| {
        let start = workspace.at("price.ts", found, 0).start;
        let (name, kind) = (name.to_owned(), kind.to_owned());
        OutlineSymbol { name, kind, detail: String::new(), start, first_line: 0, last_line: 0, depth }
    };
    let (workspace, _, context) = open_in(|workspace| ScriptedEditor {
        outline: vec![
            symbol(workspace, "total", "total", "function", 0),
            symbol(workspace, "hidden", "sum", "variable", 1),
            symbol(workspace, "label", "label", "key", 0),
        ],
        diagnostics: ["hint", "error"]
            .map(|severity| Diagnostic {
                location: workspace.at("price.ts", "log", 0),
                severity: severity.to_owned(),
                message: "Cannot find name 'log'.".repeat(100),
                code: "2304".to_owned(),
                reporter: "ts".to_owned(),
            })
            .into_iter()
            .chain(invalid_locations(workspace).into_iter().map(|location| Diagnostic {
                location,
                severity: "error".to_owned(),
                message: "elsewhere".to_owned(),
                code: String::new(),
                reporter: String::new(),
            }))
            .collect(),
        ..ScriptedEditor::default()
    });
    let file = context.ask("explain_file", &json!({ "file_path": "price.ts" })).unwrap();
    let names: Vec<&str> =
        file["symbols"].as_array().unwrap().iter().map(|symbol| symbol["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["total", "round", "label"],
        "each symbol is listed once, and symbols inside functions are not"
    );
    assert_eq!((&file["source"], &file["diagnostic_count"]), (&json!("language-server"), &json!(2)));
    let first = &file["diagnostics"][0];
    assert_eq!((&first["severity"], &first["line"]), (&json!("error"), &json!(1)));
    assert_eq!(first["message"].as_str().unwrap().chars().count(), limits::LINE_CHARACTERS_MAX);
    let quality = context.invoke("get_quality_score", &json!({})).unwrap();
    assert_eq!(quality["diagnostic_count"], 2);
    let check = |code: &str| {
        let asked = json!({ "code": code, "file_path": workspace.path("price.ts") });
        context.ask("validate_code", &asked).unwrap()["diagnostic_count"].clone()
    };
    assert_eq!(
        (check(PRICE), check(CART)),
        (json!(2), Value::Null),
        "only for the content that the editor has"
    );
}

#[test]
fn unsaved_contents_are_fetched_when_a_question_is_asked() {
    let (workspace, editor, context) = open_in(|_| ScriptedEditor::default());
    context.wait_until_indexed();
    write(&workspace.root, ".gitignore", "secret.ts\n");
    let found = |name: &str| {
        context.ask("explain_symbol", &json!({ "symbol_name": name })).unwrap()["found"] == json!(true)
    };
    let edit = |path: String, revision: &str, text: &str| {
        *editor.unsaved.lock().unwrap() =
            vec![UnsavedFile { path, revision: revision.to_owned(), text: Some(text.to_owned()) }];
    };
    edit(workspace.path("cart.ts"), "1:2", "function unsaved() {}\n");
    assert!(found("unsaved") && !found("checkout"));
    assert_eq!(editor.known.lock().unwrap()[..], [(workspace.path("cart.ts"), "1:2".to_owned())]);
    edit(workspace.path("cart.ts"), "1:3", "function edited() {}\n");
    assert!(found("edited") && !found("unsaved"));
    edit(workspace.path("new.ts"), "2:1", "function unwritten() {}\n");
    assert!(found("unwritten") && found("checkout") && !found("edited"));
    for path in [workspace.path("secret.ts"), "/etc/hosts.ts".to_owned()] {
        edit(path, "3:1", "function hidden() {}\n");
        assert!(!found("hidden") && !found("unwritten"));
    }
    editor.unsaved.lock().unwrap().clear();
    assert!(!found("unwritten") && found("checkout"));
    assert!(editor.known.lock().unwrap().is_empty(), "no revisions are remembered for saved files");
}
