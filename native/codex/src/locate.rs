//! Finds the Codex executable on this machine.
//!
//! The places, best first ([`LocateSource`] in the same order): what a person named; what a person named to the
//! ChatGPT extension; the executable inside that extension; npm's packages; `PATH`. Everything this depends on is
//! in [`LocateOptions`], so it does no more than look at files.
//!
//! A path that a person named is used or refused, never silently replaced by something else. And only native programs
//! are ever returned: npm's start scripts and Windows' command files put a process between us and Codex that we could
//! not end reliably, so the program behind such a script is looked for instead.

mod executable;
mod extensions;
mod npm;
mod platform;
mod real_path;
mod report;
mod search_path;
mod start_script;
#[cfg(test)]
mod tests;

pub use platform::Platform;
pub use report::{Looked, NotFound};

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use serde::{Serialize, Serializer};

use executable::Verdict;
use report::Looking;

/// All that decides which executable is found.
#[derive(Debug, Clone, Default)]
pub struct LocateOptions {
    /// The path from the bridge's own setting or flag.
    pub explicit: Option<PathBuf>,
    /// The ChatGPT extension's setting `chatgpt.cliExecutable`. Pass its value from the user's settings only: a
    /// workspace must not choose which program runs.
    pub chatgpt_cli_executable: Option<PathBuf>,
    /// Where VS Code says the ChatGPT extension is installed.
    pub chatgpt_extension_folder: Option<PathBuf>,
    /// Folders full of extensions to search besides the usual ones in the home folder.
    pub extension_roots: Vec<PathBuf>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// The value of `PATH`.
    pub path_variable: Option<OsString>,
    /// Where to look, upward, for `node_modules`. Leave it out for a folder whose content may come from strangers,
    /// such as an opened workspace: a program in its `node_modules` would be run.
    pub working_folder: Option<PathBuf>,
    /// Folders under which programs are installed for all users, such as `/usr/local`.
    pub install_prefixes: Vec<PathBuf>,
    /// The machine the executable is for.
    pub platform: Platform,
}

impl LocateOptions {
    /// The options that follow from this process's environment: home folder, `PATH`, install prefixes and VS Code's
    /// own variables. The working folder is left out; see there.
    #[must_use]
    pub fn from_environment() -> Self {
        let folder =
            |variable: &str| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
        let mut extension_roots = Vec::new();
        extension_roots.extend(folder("VSCODE_EXTENSIONS"));
        extension_roots.extend(folder("VSCODE_PORTABLE").map(|portable| portable.join("extensions")));
        let mut install_prefixes = Vec::new();
        install_prefixes.extend(folder("npm_config_prefix"));
        if cfg!(windows) {
            install_prefixes.extend(folder("APPDATA").map(|data| data.join("npm")));
            install_prefixes.extend(folder("ProgramFiles").map(|programs| programs.join("nodejs")));
        } else {
            // An editor started from the desktop often has none of these in its PATH.
            install_prefixes.extend(["/opt/homebrew", "/usr/local", "/usr"].map(PathBuf::from));
        }
        Self {
            extension_roots,
            home: env::home_dir(),
            path_variable: env::var_os("PATH"),
            install_prefixes,
            ..Self::default()
        }
    }
}

/// Why an executable was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum LocateSource {
    /// The bridge's own setting or flag.
    Setting,
    /// The ChatGPT extension's setting.
    ChatgptSetting,
    /// Inside the ChatGPT extension.
    ChatgptExtension,
    /// Inside a package that npm or a relative of it installed.
    Npm,
    /// A folder for programs, from `PATH` or well known.
    Path,
}

/// The executable that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Located {
    /// Its absolute path.
    #[serde(serialize_with = "as_text")]
    pub path: PathBuf,
    /// Why it was chosen.
    pub source: LocateSource,
}

/// A path that is not Unicode is still worth showing.
fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// Finds the executable.
///
/// # Errors
/// When none is usable, or the one that a person named is not. The error says where it looked and what was wrong there.
pub fn locate(options: &LocateOptions) -> Result<Located, NotFound> {
    let mut looking = Looking::default();
    let named = [
        (&options.explicit, LocateSource::Setting),
        (&options.chatgpt_cli_executable, LocateSource::ChatgptSetting),
    ];
    for (path, source) in named {
        // An empty setting is how VS Code says "not set".
        let Some(path) = path.as_deref().filter(|path| !path.as_os_str().is_empty()) else { continue };
        let path = absolute(path, options);
        return match looking.program(&path, options.platform) {
            Some(path) => Ok(Located { path, source }),
            None => Err(NotFound { named_in: Some(source), looked: looking.looked }),
        };
    }
    let searches: [(Search, LocateSource); 3] = [
        (extensions::search, LocateSource::ChatgptExtension),
        (npm::search, LocateSource::Npm),
        (search_path::search, LocateSource::Path),
    ];
    for (search, source) in searches {
        if let Some(path) = search(options, &mut looking) {
            return Ok(Located { path, source });
        }
    }
    Err(NotFound { named_in: None, looked: looking.looked })
}

type Search = fn(&LocateOptions, &mut Looking) -> Option<PathBuf>;

impl Looking {
    /// The native program at this place, or the one behind npm's start script there; else notes what is wrong.
    fn program(&mut self, place: &Path, platform: Platform) -> Option<PathBuf> {
        let reason = match executable::examine(place, platform) {
            Verdict::Program => return Some(place.to_owned()),
            Verdict::StartScript => {
                let candidates = start_script::package_behind(place)
                    .map(|package| npm::in_package(&package, platform))
                    .unwrap_or_default();
                // Looked at once more, but not followed again: two scripts could name each other.
                let is_program = |path: &PathBuf| executable::examine(path, platform) == Verdict::Program;
                if let Some(program) = candidates.into_iter().find(is_program) {
                    return Some(program);
                }
                "is a script, and the native program that it starts was not found".to_owned()
            }
            Verdict::Unusable(reason) => reason,
        };
        self.note(place, &reason);
        None
    }
}

/// People write `~/bin/codex` and `./codex`, also where no shell reads it.
fn absolute(path: &Path, options: &LocateOptions) -> PathBuf {
    if let (Ok(rest), Some(home)) = (path.strip_prefix("~"), &options.home) {
        return home.join(rest);
    }
    if path.is_relative()
        && let Some(folder) = options.working_folder.clone().or_else(|| env::current_dir().ok())
    {
        return folder.join(path);
    }
    path.to_owned()
}
