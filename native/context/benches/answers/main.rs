//! Measures answers: the time of each kind of question, and the memory of the index.
//!
//! `cargo bench -p context --bench answers -- [FILES | DIRECTORY]` asks about a synthetic workspace with this
//! number of files (10,000 by default), or about a directory. If `rg` (ripgrep) is installed, it searches for
//! the same names in the same run.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic fails the benchmark")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use context::{Context, Options};
use serde_json::{Value, json};

#[path = "../measuring/mod.rs"]
mod measuring;
mod tree;

use measuring::{formatted, megabytes, timed};

/// The number of questions of each kind.
const QUESTIONS: usize = 200;

/// The number of questions of each kind that reads the whole workspace.
const WHOLE_WORKSPACE_QUESTIONS: usize = 5;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let synthetic = tempfile::tempdir().unwrap();
    // `cargo test --benches` runs it without `--bench`, only to check that it works.
    let files = if std::env::args().any(|argument| argument == "--bench") { 10_000 } else { 50 };
    let directory = match arguments.first() {
        Some(argument) => argument.parse::<usize>().map_or_else(
            |_| PathBuf::from(argument),
            |files| {
                tree::write(synthetic.path(), files);
                synthetic.path().to_owned()
            },
        ),
        None => {
            tree::write(synthetic.path(), files);
            synthetic.path().to_owned()
        }
    };
    measure(&directory);
}

fn measure(directory: &Path) {
    let roots = vec![directory.to_owned()];
    let context = Context::open(Options { roots, ..Options::default() }).unwrap();
    let ((), indexed) = timed(|| context.wait_until_indexed());
    let snapshot = context.index().snapshot();
    let lines: u64 = snapshot.files().map(|(_, file)| u64::from(file.record.lines.total())).sum();
    println!(
        "{} files, {lines} lines: indexed in {}, {} MB now, {} MB peak",
        snapshot.file_count(),
        formatted(indexed),
        megabytes("VmRSS:"),
        megabytes("VmHWM:"),
    );
    let names = names(&context);
    let files: Vec<String> = snapshot
        .files()
        .map(|(_, file)| directory.canonicalize().unwrap().join(&*file.path).to_string_lossy().into_owned())
        .collect();
    let symbol = |nth: usize| json!({ "symbol_name": names[nth % names.len()] });
    let file = |nth: usize| json!({ "file_path": files[nth * 7919 % files.len()] });
    let question = |nth: usize| {
        let name = &names[nth % names.len()];
        let sentence = format!("how does {name} go over the items up to a limit");
        json!({ "query": if nth.is_multiple_of(2) { name.clone() } else { sentence } })
    };
    println!("{:<24} {:>10} {:>10} {:>10}", "", "p50", "p95", "max");
    for kind in ["explain_symbol", "get_context", "get_call_graph", "find_references"] {
        report(kind, QUESTIONS, |nth| context.ask(kind, &symbol(nth)).map(drop).unwrap());
    }
    report("semantic_search", QUESTIONS, |nth| {
        context.ask("semantic_search", &question(nth)).map(drop).unwrap();
    });
    for kind in ["explain_file", "get_dependencies"] {
        report(kind, QUESTIONS, |nth| context.ask(kind, &file(nth)).map(drop).unwrap());
    }
    let code = json!({ "code": "def f(x):\n    return eval(x)\n", "language": "python" });
    report("validate_code", QUESTIONS, |_| context.ask("validate_code", &code).map(drop).unwrap());
    report("list_tools", QUESTIONS, |_| context.ask("list_tools", &Value::Null).map(drop).unwrap());
    for kind in ["summarize_repo", "find_duplicates", "get_quality_score"] {
        let ((), first) = timed(|| context.invoke(kind, &json!({})).map(drop).unwrap());
        report(kind, WHOLE_WORKSPACE_QUESTIONS, |_| context.invoke(kind, &json!({})).map(drop).unwrap());
        println!("{:<24} {:>10}", "  the first time", formatted(first));
    }
    let pattern = |nth: usize| json!({ "pattern": format!(r"\b{}\b", names[nth % names.len()]) });
    report("grep_files", WHOLE_WORKSPACE_QUESTIONS, |nth| {
        context.invoke("grep_files", &pattern(nth)).map(drop).unwrap();
    });
    if Command::new("rg").arg("--version").stdout(Stdio::null()).status().is_ok() {
        report("rg --word-regexp", WHOLE_WORKSPACE_QUESTIONS, |nth| {
            ripgrep(directory, &names[nth % names.len()]);
        });
    }
    println!("{} MB peak", megabytes("VmHWM:"));
}

/// Returns names of symbols, rare and common ones, spread over the workspace.
fn names(context: &Context) -> Vec<String> {
    let snapshot = context.index().snapshot();
    let mut names = Vec::new();
    for (_, file) in snapshot.files() {
        let symbols =
            file.record.symbols.iter().filter(|symbol| symbol.kind.is_callable() || symbol.kind.is_type());
        names.extend(symbols.map(|symbol| file.record.name(symbol.name).to_owned()));
    }
    (0..QUESTIONS).map(|nth| names[nth * 104_729 % names.len()].clone()).collect()
}

fn ripgrep(directory: &Path, name: &str) {
    let status = Command::new("rg")
        .args(["--line-number", "--word-regexp", "--fixed-strings", name])
        .arg(directory)
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
}

fn report(name: &str, times: usize, ask: impl Fn(usize)) {
    let mut times: Vec<Duration> = (0..times).map(|nth| timed(|| ask(nth)).1).collect();
    times.sort();
    let at = |percent: usize| formatted(times[(times.len() - 1) * percent / 100]);
    println!("{name:<24} {:>10} {:>10} {:>10}", at(50), at(95), at(100));
}
