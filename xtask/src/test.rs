//! Runs the checks that a change must pass.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use crate::{
    Failure, checkout, dashboard, feature_set, line_width, nats_server, package, python, rooms,
    run::{Program, heading},
    rust_tests::{self, Selection},
};

/// A group of checks that can run by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    TypeScript,
    Rust,
    Dashboard,
    Smoke,
}

impl Part {
    /// All parts in the order in which they run: the fastest comes first.
    pub(crate) const ALL: [Self; 4] = [Self::TypeScript, Self::Rust, Self::Dashboard, Self::Smoke];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::TypeScript => "typescript",
            Self::Rust => "rust",
            Self::Dashboard => "dashboard",
            Self::Smoke => "smoke",
        }
    }

    const fn checks(self) -> &'static [Check] {
        match self {
            Self::TypeScript => TYPESCRIPT,
            Self::Rust => RUST,
            Self::Dashboard => DASHBOARD,
            Self::Smoke => SMOKE,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Check {
    name: &'static str,
    run: fn() -> Result<(), Failure>,
}

impl Check {
    const fn new(name: &'static str, run: fn() -> Result<(), Failure>) -> Self {
        Self { name, run }
    }
}

const TYPES: Check =
    Check::new("types of the TypeScript sources", || Program::npm().args(["run", "check"]).run());
const BIOME: Check = Check::new("format and lints of the TypeScript sources", || biome().run());
const EXTENSION_BUNDLE: Check =
    Check::new("bundle of the extension", || Program::npm().args(["run", "build:extension"]).run());
const DASHBOARD_BUNDLE: Check = Check::new("bundle of the dashboard, and its size", dashboard::build);
const RUST_FORMAT: Check =
    Check::new("format of the Rust sources", || Program::cargo().args(["fmt", "--all", "--check"]).run());
const LINE_WIDTHS: Check = Check::new("line widths", line_width::check);
const FEATURE_SET: Check = Check::new("one feature set for all builds", feature_set::check);
const ROOMS: Check = Check::new("boundaries of the rooms", rooms::check);
const CLIPPY: Check = Check::new("lints of the Rust sources", || {
    Program::cargo().args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]).run()
});
/// The programs that the dashboard's and the smoke test's drivers start. Always the same selection of
/// packages: Cargo would compile shared dependencies again for another one.
const PROGRAMS: Check = Check::new("bridge and scripted model", || {
    Program::cargo().args(["build", "--package", "cli", "--package", "testkit", "--bins"]).run()
});

const TYPESCRIPT: &[Check] = &[TYPES, BIOME, EXTENSION_BUNDLE, DASHBOARD_BUNDLE];
const RUST: &[Check] = &[
    RUST_FORMAT,
    LINE_WIDTHS,
    ROOMS,
    FEATURE_SET,
    CLIPPY,
    Check::new("Python for the skill's client", python::prepare),
    Check::new("nats-server for the tests of NATS", nats_server::prepare),
    Check::new("Rust tests", || rust_tests::run(Selection::All, None)),
    Check::new("examples in Rust documentation", rust_tests::run_doc_tests),
];
const DASHBOARD: &[Check] = &[
    DASHBOARD_BUNDLE,
    PROGRAMS,
    Check::new("dashboard in a browser", || Program::npm().args(["run", "test:dashboard"]).run()),
];
const SMOKE: &[Check] = &[
    Check::new("package for this machine, and the addon's types", package_with_current_types),
    PROGRAMS,
    Check::new("VS Code and browser", || Program::node().args(["smoke-test/prepare.mjs"]).run()),
    Check::new("smoke test in VS Code", || Program::npm().args(["run", "smoke-test"]).run()),
];

/// Runs these parts up to the first failure.
pub(crate) fn test(parts: &[Part]) -> Result<(), Failure> {
    run(parts.iter().flat_map(|part| part.checks()))
}

/// Runs all static checks, also after a failure.
pub(crate) fn lint() -> Result<(), Failure> {
    checkout::npm_packages()?;
    let checks = [RUST_FORMAT, LINE_WIDTHS, ROOMS, TYPES, BIOME, FEATURE_SET, CLIPPY];
    let failures: Vec<Failure> = checks.iter().filter_map(|check| run_timed([check]).err()).collect();
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n\n")) }
}

/// Runs the Rust tests whose name contains `filter`.
pub(crate) fn test_rust(filter: &str) -> Result<(), Failure> {
    checkout::npm_packages()?;
    rust_tests::run(Selection::Matching(filter), None)
}

/// Runs the checks that start no process of the product. TypeScript is checked while Cargo compiles.
pub(crate) fn test_fast() -> Result<(), Failure> {
    checkout::npm_packages()?;
    let start = Instant::now();
    let (rust, typescript) = thread::scope(|scope| {
        let typescript = scope.spawn(|| {
            let types = Program::npm().args(["run", "check"]).run_quietly();
            types.and_then(|()| biome().run_quietly()).map(|()| start.elapsed())
        });
        let fast_tests = Check::new("fast Rust tests", || rust_tests::run(Selection::Fast, None));
        let rust = run_timed(&[RUST_FORMAT, LINE_WIDTHS, ROOMS, fast_tests]);
        let panicked = |_| Err("The TypeScript checks panicked.".to_owned());
        (rust, typescript.join().unwrap_or_else(panicked))
    });
    let typescript =
        typescript.map_err(|failure| format!("FAILED: {} or {}\n{failure}", TYPES.name, BIOME.name));
    if let Ok(time) = &typescript {
        println!("{:>7.1} s  TypeScript, at the same time", time.as_secs_f64());
    }
    let failures: Vec<Failure> = [rust, typescript.map(|_| ())].into_iter().filter_map(Result::err).collect();
    if !failures.is_empty() {
        return Err(failures.join("\n\n"));
    }
    println!("All fast checks passed in {:.1} s.", start.elapsed().as_secs_f64());
    Ok(())
}

fn run<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Result<(), Failure> {
    checkout::npm_packages()?;
    run_timed(checks)?;
    println!("All passed.");
    Ok(())
}

/// Runs the checks up to the first failure, and prints how long each one took.
fn run_timed<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Result<(), Failure> {
    let mut times = Vec::new();
    let mut outcome = Ok(());
    for check in checks {
        heading(check.name);
        let start = Instant::now();
        outcome = (check.run)().map_err(|failure| format!("FAILED: {}\n{failure}", check.name));
        times.push((check.name, start.elapsed()));
        if outcome.is_err() {
            break;
        }
    }
    print_times(&times);
    outcome
}

fn biome() -> Program {
    Program::npm().args(["run", "lint"])
}

/// Makes the package for this machine. Building its addon writes the addon's types for TypeScript. Fails if
/// these differ from the committed ones.
fn package_with_current_types() -> Result<(), Failure> {
    let file = checkout::root().join("extension/src/addon.d.ts");
    let read =
        || fs::read_to_string(&file).map_err(|error| format!("Cannot read {}: {error}", file.display()));
    let before = read()?;
    package::package(&package::Options::quick()?)?;
    if read()? == before {
        return Ok(());
    }
    Err(format!(
        "{} was out of date. The build has updated it: review and commit the change.",
        file.display()
    ))
}

fn print_times(times: &[(&str, Duration)]) {
    println!();
    for (name, time) in times {
        println!("{:>7.1} s  {name}", time.as_secs_f64());
    }
}
