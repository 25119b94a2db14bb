//! Tells a native program from what only looks like one.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    path::Path,
};

use crate::os;

use super::{Platform, real_path::real_path, report::MISSING};

/// A start script names its interpreter in its first line and its target soon after.
const SCRIPT_BYTES_MAX: u64 = 4096;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Can be run.
    Program,
    /// A script of npm or a relative that starts Codex: never run, but a native program may stand behind it.
    StartScript,
    /// For this reason.
    Unusable(String),
}

pub(super) fn examine(place: &Path, platform: Platform) -> Verdict {
    let unusable = |reason: &str| Verdict::Unusable(reason.to_owned());
    let metadata = match fs::metadata(place) {
        Ok(metadata) => metadata,
        // "Not a directory" is about a part of the path: the place itself does not exist either.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return unusable(MISSING);
        }
        Err(error) => return Verdict::Unusable(format!("cannot be looked at ({error})")),
    };
    if metadata.is_dir() {
        return unusable("is a folder, not a program");
    }
    if !metadata.is_file() {
        return unusable("is not a file");
    }
    if is_start_script(place, platform) {
        return Verdict::StartScript;
    }
    if platform.is_windows() && !has_extension(place, &["exe"]) {
        return unusable("is not an .exe");
    }
    if !os::is_executable(&metadata) {
        return unusable("is not executable; `chmod +x` makes it so");
    }
    Verdict::Program
}

fn is_start_script(place: &Path, platform: Platform) -> bool {
    if platform.is_windows() && has_extension(place, &["cmd", "bat", "ps1"]) {
        return true;
    }
    // npm links the name to the script itself, so what counts is where the link leads.
    let target = real_path(place).unwrap_or_else(|_| place.to_owned());
    has_extension(&target, &["js", "mjs", "cjs"])
        || script_text(place).is_some_and(|text| starts_codex_in_node(&text))
}

/// Either node itself is the interpreter, or a shell script runs it on Codex's `codex.js`.
fn starts_codex_in_node(script: &str) -> bool {
    let interpreter = script.lines().next().unwrap_or_default();
    ["node", "bun", "deno"].iter().any(|runtime| interpreter.contains(runtime)) || script.contains("codex.js")
}

/// The beginning of the file, if it is a script.
pub(super) fn script_text(place: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(place).ok()?.take(SCRIPT_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    let is_script = bytes.starts_with(b"#!") || has_extension(place, &["cmd", "bat", "ps1"]);
    is_script.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

fn has_extension(place: &Path, extensions: &[&str]) -> bool {
    let extension = place.extension().unwrap_or_default();
    extensions.iter().any(|candidate| extension.eq_ignore_ascii_case(candidate))
}
