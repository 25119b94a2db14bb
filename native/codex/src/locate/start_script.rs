//! Finds the npm package that a start script belongs to.

use std::path::{Path, PathBuf};

use super::{executable::script_text, real_path::real_path};

/// The file name of the npm package's entry point.
const ENTRY: &str = "codex.js";

/// Returns the directory of the package `@openai/codex` whose `bin/codex.js` this script is or runs.
pub(super) fn package_behind(script: &Path) -> Option<PathBuf> {
    let target = real_path(script).ok()?;
    if target.ends_with(Path::new("bin").join(ENTRY)) {
        return package_of_entry(&target);
    }
    let directory = script.parent()?;
    if let Some(entry) = script_text(script).and_then(|text| entry_in(&text, directory)) {
        return package_of_entry(&entry);
    }
    // On Windows, npm installs packages beside their scripts.
    let package = directory.join("node_modules/@openai/codex");
    package.is_dir().then_some(package)
}

fn package_of_entry(entry: &Path) -> Option<PathBuf> {
    Some(entry.parent()?.parent()?.to_owned())
}

/// Returns the path of `codex.js` that a shell script or command file contains, usually relative to its own
/// directory.
fn entry_in(script: &str, directory: &Path) -> Option<PathBuf> {
    let ends = script.match_indices(ENTRY).map(|(start, _)| start + ENTRY.len());
    let existing = ends.filter_map(|end| {
        let start =
            script[..end].rfind(|c: char| c == '"' || c == '\'' || c.is_whitespace()).map_or(0, |at| at + 1);
        let named = script[start..end].replace('\\', "/");
        let own_directory = ["$basedir/", "%~dp0/", "%~dp0", "%dp0%/", "$PSScriptRoot/"];
        let relative = own_directory.iter().find_map(|start| named.strip_prefix(start)).unwrap_or(&named);
        real_path(&directory.join(relative)).ok()
    });
    existing.into_iter().next()
}
