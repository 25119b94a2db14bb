//! Finds the real Codex binary that the tests run: the one that `npm ci` installs in this checkout.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The environment variable with the path of a binary to test instead of the installed one.
const OVERRIDE: &str = "CODEX_BRIDGE_TEST_CODEX";

/// The environment variable with several binaries, for tests that must pass with each of them:
/// `<version>=<path>`, separated as in `PATH`. `cargo xtask codex-matrix` sets it.
pub const CODEX_VERSIONS_VARIABLE: &str = "CODEX_BRIDGE_TEST_CODEX_VERSIONS";

/// Returns the Codex binaries for tests of several versions, each with a name: those in
/// [`CODEX_VERSIONS_VARIABLE`], or else the one from [`codex_binary`].
///
/// # Panics
/// When a binary is missing. The message names it.
#[must_use]
pub fn codex_binaries() -> Vec<(String, PathBuf)> {
    let Some(list) = env::var_os(CODEX_VERSIONS_VARIABLE) else {
        return vec![("installed".to_owned(), codex_binary())];
    };
    let binaries = env::split_paths(&list).map(|entry| {
        let entry = entry.into_os_string().into_string().expect("a path in UTF-8");
        let (version, path) = entry.split_once('=').expect("`<version>=<path>`");
        let path = PathBuf::from(path);
        assert!(path.is_file(), "{CODEX_VERSIONS_VARIABLE} names {}, which is not a file", path.display());
        (version.to_owned(), path)
    });
    binaries.collect()
}

/// Returns the path of the real Codex binary.
///
/// # Panics
/// When there is none. The message says how to install it.
#[must_use]
pub fn codex_binary() -> PathBuf {
    if let Some(path) = env::var_os(OVERRIDE).map(PathBuf::from) {
        assert!(path.is_file(), "{OVERRIDE} names {}, which is not a file", path.display());
        return path;
    }
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("this crate is two directories below the checkout");
    codex_binary_in(checkout).unwrap_or_else(|| {
        let searched: Vec<String> =
            candidates(checkout).iter().map(|path| format!("  {}", path.display())).collect();
        panic!(
            "No Codex binary for the tests. Run `npm ci` in {}, or set {OVERRIDE} to one. Searched:\n{}",
            checkout.display(),
            searched.join("\n")
        )
    })
}

/// Returns the binary in a directory where npm has installed `@openai/codex`.
///
/// # Panics
/// On a platform for which Codex is not published.
#[must_use]
pub fn codex_binary_in(directory: &Path) -> Option<PathBuf> {
    candidates(directory).into_iter().find(|candidate| candidate.is_file())
}

/// Returns the possible paths of the binary. npm installs it in a platform-specific package beside
/// `@openai/codex`.
fn candidates(directory: &Path) -> Vec<PathBuf> {
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
    let vendor = directory.join("node_modules/@openai").join(package).join("vendor").join(triple);
    let program = format!("codex{}", env::consts::EXE_SUFFIX);
    ["bin", "codex"].map(|layout| vendor.join(layout).join(&program)).into()
}
