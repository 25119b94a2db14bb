//! Runs the Rust tests: with cargo-nextest, which runs the tests of all binaries in one pool, or with `cargo
//! test` where cargo-nextest is not installed.
//!
//! Cargo is always given the whole workspace, so that every command shares one set of compiled dependencies.

use std::path::Path;

use crate::{Failure, run::Program};

/// The tests to run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Selection<'a> {
    All,
    /// Unit tests and pure integration tests, which start no process.
    Fast,
    /// Tests whose name contains this text.
    Matching(&'a str),
    /// Tests of one test binary, with their output.
    Binary(&'a str),
}

/// Integration tests that start no process.
const PURE_TESTS: [&str; 2] = ["golden", "retrieval"];

/// Runs the selected tests, with an environment variable set if one is given.
pub(crate) fn run(selection: Selection<'_>, environment: Option<(&str, &Path)>) -> Result<(), Failure> {
    let has_nextest = Program::cargo().args(["nextest", "--version"]).succeeds();
    if !has_nextest {
        println!("cargo-nextest is not installed, so `cargo test` runs the tests, one binary after another.");
        println!("To install it: cargo install cargo-nextest --locked");
    }
    let arguments = if has_nextest { nextest(selection) } else { cargo_test(selection) };
    let mut program = Program::cargo().args(arguments);
    if let Some((name, value)) = environment {
        program = program.environment(name, value);
    }
    program.run()
}

/// Runs the examples in doc comments, which cargo-nextest does not run.
pub(crate) fn run_doc_tests() -> Result<(), Failure> {
    Program::cargo().args(["test", "--workspace", "--doc"]).run()
}

fn nextest(selection: Selection<'_>) -> Vec<String> {
    let mut arguments = strings(&["nextest", "run", "--workspace"]);
    arguments.extend(targets(selection));
    match selection {
        Selection::All => {}
        Selection::Fast => arguments.extend(strings(&["--profile", "fast"])),
        Selection::Matching(filter) => arguments.push(filter.to_owned()),
        Selection::Binary(_) => arguments.push("--no-capture".to_owned()),
    }
    arguments
}

fn cargo_test(selection: Selection<'_>) -> Vec<String> {
    let mut arguments = strings(&["test", "--workspace", "--no-fail-fast"]);
    arguments.extend(targets(selection));
    match selection {
        Selection::All | Selection::Fast => {}
        Selection::Matching(filter) => arguments.push(filter.to_owned()),
        Selection::Binary(_) => arguments.extend(strings(&["--", "--nocapture"])),
    }
    arguments
}

/// Returns the options that select the targets to build. Examples are left out: clippy compiles them, and
/// nothing runs them.
fn targets(selection: Selection<'_>) -> Vec<String> {
    match selection {
        Selection::All | Selection::Matching(_) => strings(&["--lib", "--bins", "--tests"]),
        Selection::Fast => {
            let pure = PURE_TESTS.iter().flat_map(|name| ["--test", name]);
            strings(&["--lib", "--bins"]).into_iter().chain(pure.map(str::to_owned)).collect()
        }
        Selection::Binary(name) => strings(&["--test", name]),
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}
