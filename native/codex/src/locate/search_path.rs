//! The executable in the folders for programs: those of `PATH`, then the well-known ones, since an editor that was
//! started from the desktop often has a short `PATH`.

use std::path::PathBuf;

use super::{LocateOptions, npm, report::Looking};

/// What npm puts beside each other on Windows, where a name alone starts the one that fits the shell.
const WINDOWS_SCRIPTS: [&str; 2] = ["codex.cmd", "codex.ps1"];

pub(super) fn search(options: &LocateOptions, looking: &mut Looking) -> Option<PathBuf> {
    let mut folders = npm::search_folders(options);
    let prefixes = options.install_prefixes.iter().cloned().chain(npm::home_prefixes(options));
    folders.extend(
        prefixes.map(|prefix| if options.platform.is_windows() { prefix } else { prefix.join("bin") }),
    );
    for folder in folders {
        if let Some(program) = looking.program(&folder.join(options.platform.program()), options.platform) {
            return Some(program);
        }
        let scripts = if options.platform.is_windows() { &WINDOWS_SCRIPTS[..] } else { &[] };
        for script in scripts.iter().map(|script| folder.join(script)).filter(|script| script.exists()) {
            if let Some(program) = looking.program(&script, options.platform) {
                return Some(program);
            }
        }
    }
    None
}
