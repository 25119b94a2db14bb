//! What answers cost: how long each kind of question takes, and the memory of the index.
//!
//! `cargo bench -p context --bench answers -- [FILES | FOLDER]` asks about a workspace that is made up of so many files (10,000 unless it
//! is said), or about a folder. Where `rg` (ripgrep) is installed, it looks for the same names in the same run.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use context::{Context, Options};
use serde_json::{Value, json};

#[path = "../measuring/mod.rs"]
mod measuring;
mod tree;

use measuring::{megabytes, shown, timed};

/// Questions of each kind.
const ASKED: usize = 200;

/// Those that take the whole workspace are asked as often.
const ASKED_OF_ALL: usize = 5;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let made_up = tempfile::tempdir().unwrap();
    // `cargo test --benches` runs it without `--bench`, to see that it works.
    let files = if std::env::args().any(|argument| argument == "--bench") { 10_000 } else { 50 };
    let folder = match arguments.first() {
        Some(argument) => argument.parse::<usize>().map_or_else(
            |_| PathBuf::from(argument),
            |files| {
                tree::write(made_up.path(), files);
                made_up.path().to_owned()
            },
        ),
        None => {
            tree::write(made_up.path(), files);
            made_up.path().to_owned()
        }
    };
    measure(&folder);
}

fn measure(folder: &Path) {
    let roots = vec![folder.to_owned()];
    let context = Context::open(Options { roots, ..Options::default() }).unwrap();
    let ((), indexed) = timed(|| context.wait_until_indexed());
    let snapshot = context.index().snapshot();
    let lines: u64 = snapshot.files().map(|(_, file)| u64::from(file.record.lines.total())).sum();
    println!(
        "{} files, {lines} lines: indexed in {}, {} MB now, {} MB at the most",
        snapshot.file_count(),
        shown(indexed),
        megabytes("VmRSS:"),
        megabytes("VmHWM:"),
    );
    let names = names(&context);
    let files: Vec<String> = snapshot
        .files()
        .map(|(_, file)| folder.canonicalize().unwrap().join(&*file.path).to_string_lossy().into_owned())
        .collect();
    let symbol = |nth: usize| json!({ "symbol_name": names[nth % names.len()] });
    let file = |nth: usize| json!({ "file_path": files[nth * 7919 % files.len()] });
    let question = |nth: usize| {
        let name = &names[nth % names.len()];
        json!({ "query": if nth.is_multiple_of(2) { name.clone() } else { format!("how does {name} go over the items up to a limit") } })
    };
    println!("{:<24} {:>10} {:>10} {:>10}", "", "p50", "p95", "most");
    for kind in ["explain_symbol", "get_context", "get_call_graph", "find_references"] {
        report(kind, ASKED, |nth| context.ask(kind, &symbol(nth)).map(drop).unwrap());
    }
    report("semantic_search", ASKED, |nth| context.ask("semantic_search", &question(nth)).map(drop).unwrap());
    for kind in ["explain_file", "get_dependencies"] {
        report(kind, ASKED, |nth| context.ask(kind, &file(nth)).map(drop).unwrap());
    }
    let code = json!({ "code": "def f(x):\n    return eval(x)\n", "language": "python" });
    report("validate_code", ASKED, |_| context.ask("validate_code", &code).map(drop).unwrap());
    report("list_tools", ASKED, |_| context.ask("list_tools", &Value::Null).map(drop).unwrap());
    for kind in ["summarize_repo", "find_duplicates", "get_quality_score"] {
        let ((), first) = timed(|| context.invoke(kind, &json!({})).map(drop).unwrap());
        report(kind, ASKED_OF_ALL, |_| context.invoke(kind, &json!({})).map(drop).unwrap());
        println!("{:<24} {:>10}", "  the first time", shown(first));
    }
    let pattern = |nth: usize| json!({ "pattern": format!(r"\b{}\b", names[nth % names.len()]) });
    report("grep_files", ASKED_OF_ALL, |nth| context.invoke("grep_files", &pattern(nth)).map(drop).unwrap());
    if Command::new("rg").arg("--version").stdout(Stdio::null()).status().is_ok() {
        report("rg --word-regexp", ASKED_OF_ALL, |nth| ripgrep(folder, &names[nth % names.len()]));
    }
    println!("{} MB at the most", megabytes("VmHWM:"));
}

/// Names of symbols, rare and common ones, as they are spread over the workspace.
fn names(context: &Context) -> Vec<String> {
    let snapshot = context.index().snapshot();
    let mut names = Vec::new();
    for (_, file) in snapshot.files() {
        let symbols =
            file.record.symbols.iter().filter(|symbol| symbol.kind.is_callable() || symbol.kind.is_type());
        names.extend(symbols.map(|symbol| file.record.name(symbol.name).to_owned()));
    }
    (0..ASKED).map(|nth| names[nth * 104_729 % names.len()].clone()).collect()
}

fn ripgrep(folder: &Path, name: &str) {
    let status = Command::new("rg")
        .args(["--line-number", "--word-regexp", "--fixed-strings", name])
        .arg(folder)
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
}

fn report(name: &str, times: usize, ask: impl Fn(usize)) {
    let mut times: Vec<Duration> = (0..times).map(|nth| timed(|| ask(nth)).1).collect();
    times.sort();
    let at = |percent: usize| shown(times[(times.len() - 1) * percent / 100]);
    println!("{name:<24} {:>10} {:>10} {:>10}", at(50), at(95), at(100));
}
