//! Distinguishes native programs from files that only look like one.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    path::Path,
};

use crate::os;

use super::{Platform, real_path::real_path, report::MISSING};

/// The number of bytes of a start script that are read. A script names its interpreter in the first line and
/// its target soon after.
const SCRIPT_BYTES_MAX: u64 = 4096;

/// The result of examining a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The file is a native program.
    Program,
    /// The file is a script of npm or a similar tool that starts Codex. It is never run, but may lead to a
    /// native program.
    StartScript,
    /// The file cannot be used, for this reason.
    Unusable(String),
}

pub(super) fn examine(path: &Path, platform: Platform) -> Verdict {
    let unusable = |reason: &str| Verdict::Unusable(reason.to_owned());
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        // "Not a directory" concerns a parent of the path, so the path itself does not exist either.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return unusable(MISSING);
        }
        Err(error) => return Verdict::Unusable(format!("cannot be read ({error})")),
    };
    if metadata.is_dir() {
        return unusable("is a directory, not a program");
    }
    if !metadata.is_file() {
        return unusable("is not a file");
    }
    if is_start_script(path, platform) {
        return Verdict::StartScript;
    }
    if platform.is_windows() && !has_extension(path, &["exe"]) {
        return unusable("is not an .exe");
    }
    if !os::is_executable(&metadata) {
        return unusable("is not executable; run `chmod +x` on it");
    }
    Verdict::Program
}

fn is_start_script(path: &Path, platform: Platform) -> bool {
    if platform.is_windows() && has_extension(path, &["cmd", "bat", "ps1"]) {
        return true;
    }
    // npm links the name to the script itself, so the target of the link decides.
    let target = real_path(path).unwrap_or_else(|_| path.to_owned());
    has_extension(&target, &["js", "mjs", "cjs"])
        || script_text(path).is_some_and(|text| starts_codex_in_node(&text))
}

/// Returns whether Node.js is the interpreter of the script, or whether it is a shell script that runs
/// Codex's `codex.js`.
fn starts_codex_in_node(script: &str) -> bool {
    let interpreter = script.lines().next().unwrap_or_default();
    ["node", "bun", "deno"].iter().any(|runtime| interpreter.contains(runtime)) || script.contains("codex.js")
}

/// Returns the beginning of the file if it is a script.
pub(super) fn script_text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(SCRIPT_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    let is_script = bytes.starts_with(b"#!") || has_extension(path, &["cmd", "bat", "ps1"]);
    is_script.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().unwrap_or_default();
    extensions.iter().any(|candidate| extension.eq_ignore_ascii_case(candidate))
}
