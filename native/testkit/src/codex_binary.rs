//! The real Codex binary that the tests run: the one that `npm ci` installs in this checkout.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Names the binary to test with, instead of the installed one.
const OVERRIDE: &str = "CODEX_BRIDGE_TEST_CODEX";

/// Names several binaries, for the tests that must pass with each: `<version>=<path>`, separated as in `PATH`.
/// `cargo xtask codex-matrix` sets it.
pub const CODEX_VERSIONS_VARIABLE: &str = "CODEX_BRIDGE_TEST_CODEX_VERSIONS";

/// The Codex binaries that a test of several versions runs, each with a name for it: those that
/// [`CODEX_VERSIONS_VARIABLE`] names, otherwise the one of [`codex_binary`].
///
/// # Panics
/// When one of them is missing; the message says which.
#[must_use]
pub fn codex_binaries() -> Vec<(String, PathBuf)> {
    let Some(named) = env::var_os(CODEX_VERSIONS_VARIABLE) else {
        return vec![("installed".to_owned(), codex_binary())];
    };
    let binaries = env::split_paths(&named).map(|entry| {
        let entry = entry.into_os_string().into_string().expect("a path in UTF-8");
        let (version, path) = entry.split_once('=').expect("`<version>=<path>`");
        let path = PathBuf::from(path);
        assert!(path.is_file(), "{CODEX_VERSIONS_VARIABLE} names {}, which is not a file", path.display());
        (version.to_owned(), path)
    });
    binaries.collect()
}

/// The path of the real Codex binary.
///
/// # Panics
/// When there is none; the message says how to get it.
#[must_use]
pub fn codex_binary() -> PathBuf {
    if let Some(named) = env::var_os(OVERRIDE).map(PathBuf::from) {
        assert!(named.is_file(), "{OVERRIDE} names {}, which is not a file", named.display());
        return named;
    }
    let checkout =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this crate lies two folders deep");
    codex_binary_in(checkout).unwrap_or_else(|| {
        let looked: Vec<String> =
            candidates(checkout).iter().map(|path| format!("  {}", path.display())).collect();
        panic!(
            "No Codex binary for the tests. Run `npm ci` in {}, or set {OVERRIDE} to one. Looked at:\n{}",
            checkout.display(),
            looked.join("\n")
        )
    })
}

/// The binary in a folder where npm has installed `@openai/codex`.
///
/// # Panics
/// On a platform that Codex is not published for.
#[must_use]
pub fn codex_binary_in(folder: &Path) -> Option<PathBuf> {
    candidates(folder).into_iter().find(|candidate| candidate.is_file())
}

/// npm puts the binary for this platform in a package of its own beside `@openai/codex`.
fn candidates(folder: &Path) -> Vec<PathBuf> {
    let (package, triple) = match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => ("codex-linux-x64", "x86_64-unknown-linux-musl"),
        ("linux", "aarch64") => ("codex-linux-arm64", "aarch64-unknown-linux-musl"),
        ("macos", "x86_64") => ("codex-darwin-x64", "x86_64-apple-darwin"),
        ("macos", "aarch64") => ("codex-darwin-arm64", "aarch64-apple-darwin"),
        ("windows", "x86_64") => ("codex-win32-x64", "x86_64-pc-windows-msvc"),
        ("windows", "aarch64") => ("codex-win32-arm64", "aarch64-pc-windows-msvc"),
        (os, arch) => {
            panic!("Codex is not published for {os} on {arch}; set {OVERRIDE} to a binary of your own")
        }
    };
    let vendor = folder.join("node_modules/@openai").join(package).join("vendor").join(triple);
    let program = format!("codex{}", env::consts::EXE_SUFFIX);
    ["bin", "codex"].map(|folder| vendor.join(folder).join(&program)).into()
}
