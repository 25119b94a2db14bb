//! Searches the directories for programs: those in `PATH`, then the well-known ones, because an editor that
//! was started from the desktop often has a short `PATH`.

use std::path::PathBuf;

use super::{LocateOptions, npm, report::Search};

/// The start scripts that npm installs side by side on Windows, where each shell picks the one that it can
/// run.
const WINDOWS_SCRIPTS: [&str; 2] = ["codex.cmd", "codex.ps1"];

pub(super) fn search(options: &LocateOptions, search: &mut Search) -> Option<PathBuf> {
    let mut directories = npm::search_directories(options);
    let prefixes = options.install_prefixes.iter().cloned().chain(npm::home_prefixes(options));
    directories.extend(
        prefixes.map(|prefix| if options.platform.is_windows() { prefix } else { prefix.join("bin") }),
    );
    for directory in directories {
        if let Some(program) = search.program(&directory.join(options.platform.program()), options.platform) {
            return Some(program);
        }
        let scripts = if options.platform.is_windows() { &WINDOWS_SCRIPTS[..] } else { &[] };
        for script in scripts.iter().map(|script| directory.join(script)).filter(|script| script.exists()) {
            if let Some(program) = search.program(&script, options.platform) {
                return Some(program);
            }
        }
    }
    None
}
