//! Finds the npm package that a start script belongs to.

use std::path::{Path, PathBuf};

use super::{executable::script_text, real_path::real_path};

const ENTRY: &str = "codex.js";

/// The folder of the package `@openai/codex` whose `bin/codex.js` this script is or runs.
pub(super) fn package_behind(script: &Path) -> Option<PathBuf> {
    let target = real_path(script).ok()?;
    if target.ends_with(Path::new("bin").join(ENTRY)) {
        return package_of_entry(&target);
    }
    let folder = script.parent()?;
    if let Some(entry) = script_text(script).and_then(|text| entry_in(&text, folder)) {
        return package_of_entry(&entry);
    }
    // On Windows npm installs the packages beside their scripts.
    let beside = folder.join("node_modules/@openai/codex");
    beside.is_dir().then_some(beside)
}

fn package_of_entry(entry: &Path) -> Option<PathBuf> {
    Some(entry.parent()?.parent()?.to_owned())
}

/// The path of `codex.js` that a shell script or command file names, relative to its own folder as a rule.
fn entry_in(script: &str, folder: &Path) -> Option<PathBuf> {
    let ends = script.match_indices(ENTRY).map(|(start, _)| start + ENTRY.len());
    let named = ends.filter_map(|end| {
        let start =
            script[..end].rfind(|c: char| c == '"' || c == '\'' || c.is_whitespace()).map_or(0, |at| at + 1);
        let named = script[start..end].replace('\\', "/");
        let own_folder = ["$basedir/", "%~dp0/", "%~dp0", "%dp0%/", "$PSScriptRoot/"];
        let relative = own_folder.iter().find_map(|start| named.strip_prefix(start)).unwrap_or(&named);
        real_path(&folder.join(relative)).ok()
    });
    named.into_iter().next()
}
