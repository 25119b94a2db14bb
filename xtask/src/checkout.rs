//! The checkout that this program was built from.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{
    Failure,
    run::{Program, heading},
};

/// Returns the root directory.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// Returns the path of a program that `cargo build` puts beside this one.
pub(crate) fn built_program(name: &str) -> Result<PathBuf, Failure> {
    Ok(profile_directory()?.join(format!("{name}{}", env::consts::EXE_SUFFIX)))
}

/// Returns the directory of everything that Cargo builds.
pub(crate) fn target_directory() -> Result<PathBuf, Failure> {
    let profile = profile_directory()?;
    profile
        .parent()
        .map(Path::to_owned)
        .ok_or_else(|| format!("{} has no parent directory", profile.display()))
}

fn profile_directory() -> Result<PathBuf, Failure> {
    let own =
        env::current_exe().map_err(|error| format!("Cannot determine the path of this program: {error}"))?;
    own.parent().map(Path::to_owned).ok_or_else(|| format!("{} has no parent directory", own.display()))
}

/// Runs `npm ci` if the packages are missing or older than the lock file.
pub(crate) fn npm_packages() -> Result<(), Failure> {
    if packages_are_current() {
        return Ok(());
    }
    heading("npm ci");
    Program::npm().args(["ci", "--no-audit", "--no-fund"]).run()
}

fn packages_are_current() -> bool {
    let modified = |file: &str| -> io::Result<SystemTime> { fs::metadata(root().join(file))?.modified() };
    // npm writes its own copy of the lock file last, after all packages.
    match (modified("node_modules/.package-lock.json"), modified("package-lock.json")) {
        (Ok(installed), Ok(locked)) => installed >= locked,
        _ => false,
    }
}
