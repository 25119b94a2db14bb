//! Installs released Codex binaries of several versions, for the tests that must pass with each of them.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use etcetera::BaseStrategy;

use crate::{
    Failure, checkout,
    run::{Program, heading},
};

/// The versions of npm's `@openai/codex` that the bridge must support, with the reason for each.
const VERSIONS: &[&str] = &[
    "0.100.0", // `turn/completed` carries no items; sends `codex/event/*` beside the new notifications
    "0.140.0", // threads may have several writers; there are no queues
    "0.155.1", // one writer for each thread; queues
    "0.169.0", // `thread/revert` instead of `thread/rollback`
    "0.171.0", // the installed version
];

/// Names another cache directory. The smoke test honors it as well.
const CACHE_VARIABLE: &str = "CODEX_BRIDGE_TEST_CACHE";

/// A released Codex that is installed on this machine.
pub(crate) struct Codex {
    pub(crate) version: String,
    pub(crate) binary: PathBuf,
}

/// Installs the missing versions and the newest one. Each takes some seconds and 100 to 300 MB.
pub(crate) fn prepare() -> Result<Vec<Codex>, Failure> {
    let mut versions: Vec<String> = VERSIONS.iter().map(ToString::to_string).collect();
    match newest() {
        Ok(newest) if !versions.contains(&newest) => versions.push(newest),
        Ok(_) => {}
        Err(failure) => eprintln!("The newest Codex is left out. {failure}"),
    }
    let installed = versions.into_iter().map(|version| Ok(Codex { binary: binary(&version)?, version }));
    installed.collect()
}

/// Returns the newest released version.
pub(crate) fn newest() -> Result<String, Failure> {
    let printed = Program::npm().args(["view", "@openai/codex", "version"]).stdout()?;
    Ok(printed.trim().to_owned())
}

/// Returns the version that the checkout installs.
pub(crate) fn pinned() -> Result<String, Failure> {
    let file = checkout::root().join("package.json");
    let pinned = fs::read_to_string(&file).ok().and_then(|text| {
        let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
        manifest["devDependencies"]["@openai/codex"].as_str().map(str::to_owned)
    });
    pinned.ok_or_else(|| format!("{} names no version of @openai/codex.", file.display()))
}

/// Installs the missing versions and prints the paths of all.
pub(crate) fn show() -> Result<(), Failure> {
    for Codex { version, binary } in prepare()? {
        println!("{version}  {}", binary.display());
    }
    Ok(())
}

/// Returns the binary of a version, which is installed if it is missing.
pub(crate) fn binary(version: &str) -> Result<PathBuf, Failure> {
    if installed_version(checkout::root()).as_deref() == Some(version)
        && let Some(binary) = testkit::codex_binary_in(checkout::root())
    {
        return Ok(binary);
    }
    let directory =
        cache_directory()?.join(format!("codex-{version}-{}-{}", env::consts::OS, env::consts::ARCH));
    if !directory.exists() {
        install(version, &directory)?;
    }
    testkit::codex_binary_in(&directory).ok_or_else(|| {
        format!("{} has no Codex binary. Delete the directory and try again.", directory.display())
    })
}

/// Installs into a temporary directory, which gets its final name only after its binary has run. A directory
/// with a final name is therefore complete, even if an installation was interrupted.
fn install(version: &str, directory: &Path) -> Result<(), Failure> {
    heading(&format!("npm install @openai/codex@{version}"));
    let cache = directory.parent().unwrap_or(directory);
    let failed = |error: std::io::Error| format!("Cannot install into {}: {error}", cache.display());
    fs::create_dir_all(cache).map_err(failed)?;
    let incomplete =
        tempfile::Builder::new().prefix("codex.incomplete-").tempdir_in(cache).map_err(failed)?;
    // Without this package.json, npm would install into the nearest parent directory that has one.
    fs::write(incomplete.path().join("package.json"), r#"{"private":true}"#).map_err(failed)?;
    Program::npm()
        .in_directory(incomplete.path())
        .args(["install", "--no-audit", "--no-fund", "--no-package-lock"])
        .args([format!("@openai/codex@{version}")])
        .run()?;
    let binary = testkit::codex_binary_in(incomplete.path()).ok_or_else(|| {
        format!(
            "npm installed @openai/codex@{version} without a binary for {} on {}.",
            env::consts::OS,
            env::consts::ARCH
        )
    })?;
    check_that_it_runs(&binary)?;
    match fs::rename(incomplete.path(), directory) {
        // Another process may have finished first. Its installation is as good as this one.
        Err(error) if !directory.exists() => Err(failed(error)),
        _ => Ok(()),
    }
}

fn check_that_it_runs(binary: &Path) -> Result<(), Failure> {
    let output = Command::new(binary).arg("--version").output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!(
            "{} --version failed ({}): {}",
            binary.display(),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )),
        Err(error) => Err(format!("Cannot run {}: {error}", binary.display())),
    }
}

/// Returns the version of `@openai/codex` in the `node_modules` of a directory.
fn installed_version(directory: &Path) -> Option<String> {
    let manifest = fs::read_to_string(directory.join("node_modules/@openai/codex/package.json")).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&manifest).ok()?;
    manifest["version"].as_str().map(str::to_owned)
}

/// Returns the directory that keeps downloads of the tests between runs. `smoke-test/prepare.mjs` uses the
/// same one.
fn cache_directory() -> Result<PathBuf, Failure> {
    if let Some(named) = env::var_os(CACHE_VARIABLE).filter(|named| !named.is_empty()) {
        return Ok(PathBuf::from(named));
    }
    let strategy = etcetera::base_strategy::choose_native_strategy().map_err(|error| {
        format!("Cannot determine your cache directory ({error}). Name one in {CACHE_VARIABLE}.")
    })?;
    Ok(strategy.cache_dir().join("codex-bridge-tests"))
}
