//! Released Codex binaries of several versions, for the tests that must pass with each of them.

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

/// The versions of npm's `@openai/codex` that the bridge must get along with, and the reason for each.
const VERSIONS: &[&str] = &[
    "0.100.0", // `turn/completed` carries no items; `codex/event/*` beside the new notifications
    "0.140.0", // threads may have several writers; there are no queues
    "0.155.1", // one writer for each thread; queues
    "0.169.0", // `thread/revert` instead of `thread/rollback`; the newest
];

/// Moves the cache; the smoke test honours it, too.
const CACHE_VARIABLE: &str = "CODEX_BRIDGE_TEST_CACHE";

/// A released Codex on this machine.
pub(crate) struct Codex {
    pub(crate) version: &'static str,
    pub(crate) binary: PathBuf,
}

/// Installs what is missing, which takes some seconds and 100 to 300 MB for each version.
pub(crate) fn prepare() -> Result<Vec<Codex>, Failure> {
    VERSIONS.iter().map(|version| Ok(Codex { version, binary: binary(version)? })).collect()
}

/// Installs what is missing and says where everything is.
pub(crate) fn show() -> Result<(), Failure> {
    for Codex { version, binary } in prepare()? {
        println!("{version}  {}", binary.display());
    }
    Ok(())
}

fn binary(version: &str) -> Result<PathBuf, Failure> {
    if installed_version(checkout::root()).as_deref() == Some(version)
        && let Some(binary) = testkit::codex_binary_in(checkout::root())
    {
        return Ok(binary);
    }
    let folder = cache_folder()?.join(format!("codex-{version}-{}-{}", env::consts::OS, env::consts::ARCH));
    if !folder.exists() {
        install(version, &folder)?;
    }
    testkit::codex_binary_in(&folder).ok_or_else(|| {
        format!("{} holds no Codex binary. Delete the folder and try again.", folder.display())
    })
}

/// Installs into a folder with a temporary name, which gets its own name only when its binary runs: a folder with that
/// name is always complete, whoever was interrupted.
fn install(version: &str, folder: &Path) -> Result<(), Failure> {
    heading(&format!("npm install @openai/codex@{version}"));
    let cache = folder.parent().unwrap_or(folder);
    let said = |error: std::io::Error| format!("Cannot install into {}: {error}", cache.display());
    fs::create_dir_all(cache).map_err(said)?;
    let unfinished = tempfile::Builder::new().prefix("codex.unfinished-").tempdir_in(cache).map_err(said)?;
    // Without a package.json of its own, npm would install into the nearest folder above that has one.
    fs::write(unfinished.path().join("package.json"), r#"{"private":true}"#).map_err(said)?;
    Program::npm()
        .in_folder(unfinished.path())
        .args(["install", "--no-audit", "--no-fund", "--no-package-lock"])
        .args([format!("@openai/codex@{version}")])
        .run()?;
    let binary = testkit::codex_binary_in(unfinished.path()).ok_or_else(|| {
        format!(
            "npm installed @openai/codex@{version} without a binary for {} on {}.",
            env::consts::OS,
            env::consts::ARCH
        )
    })?;
    check_it_runs(&binary)?;
    match fs::rename(unfinished.path(), folder) {
        // Another process may have finished first; its install is as good as ours.
        Err(error) if !folder.exists() => Err(said(error)),
        _ => Ok(()),
    }
}

fn check_it_runs(binary: &Path) -> Result<(), Failure> {
    let output = Command::new(binary).arg("--version").output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!(
            "{} --version failed ({}): {}",
            binary.display(),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )),
        Err(error) => Err(format!("{} cannot be run: {error}", binary.display())),
    }
}

/// The version of `@openai/codex` in a folder's `node_modules`.
fn installed_version(folder: &Path) -> Option<String> {
    let manifest = fs::read_to_string(folder.join("node_modules/@openai/codex/package.json")).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&manifest).ok()?;
    manifest["version"].as_str().map(str::to_owned)
}

/// Where downloads of the tests are kept between runs: the smoke test's folder (`smoke-test/prepare.mjs`).
fn cache_folder() -> Result<PathBuf, Failure> {
    if let Some(named) = env::var_os(CACHE_VARIABLE).filter(|named| !named.is_empty()) {
        return Ok(PathBuf::from(named));
    }
    let strategy = etcetera::base_strategy::choose_native_strategy().map_err(|error| {
        format!("Cannot tell where your cache folder is ({error}). Name one in {CACHE_VARIABLE}.")
    })?;
    Ok(strategy.cache_dir().join("codex-bridge-tests"))
}
