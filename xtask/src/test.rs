//! Everything that must hold before a change is taken.

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::{
    Failure, checkout, nats_server, package, python,
    run::{Program, heading},
};

/// The parts, in the order in which they run: the fastest answer comes first.
pub(crate) const PARTS: [&str; 3] = ["extension", "rust", "smoke"];

type Check = fn() -> Result<(), Failure>;

const EXTENSION: [(&str, Check); 2] = [
    ("types of the TypeScript sources", || Program::npm().args(["run", "check"]).run()),
    ("bundle of the extension", || Program::npm().args(["run", "build:extension"]).run()),
];

const RUST: [(&str, Check); 5] = [
    ("format of the Rust sources", || Program::cargo().args(["fmt", "--all", "--check"]).run()),
    ("lints of the Rust sources", || {
        Program::cargo().args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]).run()
    }),
    ("Python for the skill's client", python::prepare),
    ("nats-server for the tests of NATS", nats_server::prepare),
    ("Rust tests", || Program::cargo().args(["test", "--workspace", "--no-fail-fast"]).run()),
];

const SMOKE: [(&str, Check); 4] = [
    ("package for this machine, with the addon's types", package_with_current_types),
    ("scripted model", || Program::cargo().args(["build", "--package", "testkit", "--bins"]).run()),
    ("VS Code and browser", || Program::node().args(["smoke-test/prepare.mjs"]).run()),
    ("smoke test in VS Code", || Program::npm().args(["run", "smoke-test"]).run()),
];

/// Runs these parts up to the first failure.
pub(crate) fn test(parts: &[&str]) -> Result<(), Failure> {
    let mut times = Vec::new();
    checkout::npm_packages()?;
    for part in parts {
        let checks: &[(&str, Check)] = match *part {
            "extension" => &EXTENSION,
            "rust" => &RUST,
            _ => &SMOKE,
        };
        for &(name, check) in checks {
            heading(name);
            let start = Instant::now();
            let outcome = check();
            times.push((name, start.elapsed()));
            if let Err(failure) = outcome {
                print_times(&times);
                return Err(format!("FAILED: {name}\n{failure}"));
            }
        }
    }
    print_times(&times);
    println!("All passed.");
    Ok(())
}

/// Packaging builds the addon, which writes its types for TypeScript anew. Fails if they were not the committed ones.
fn package_with_current_types() -> Result<(), Failure> {
    let file = checkout::root().join("extension/src/addon.d.ts");
    let read =
        || fs::read_to_string(&file).map_err(|error| format!("Cannot read {}: {error}", file.display()));
    let before = read()?;
    package::package(&package::Options::quick()?)?;
    if read()? == before {
        return Ok(());
    }
    Err(format!("{} was not current. It is now: look at the difference and commit it.", file.display()))
}

fn print_times(times: &[(&str, Duration)]) {
    println!();
    for (name, time) in times {
        println!("{:>7.1} s  {name}", time.as_secs_f64());
    }
}
