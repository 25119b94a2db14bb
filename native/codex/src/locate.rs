//! Finds the Codex executable on this machine.
//!
//! The sources in order of precedence, which is also the order of [`LocateSource`]: the path from a setting
//! or flag of the bridge, the path from a setting of the ChatGPT extension, the executable inside that
//! extension, npm's packages, and `PATH`. The result depends only on [`LocateOptions`] and on the files that
//! are examined.
//!
//! A configured path is used or rejected, but never silently replaced by another. Only native programs are
//! returned: npm's start scripts and Windows' command files put a process between the bridge and Codex that
//! could not be ended reliably. So the program behind such a script is searched for instead.

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
pub use report::{NotFound, SearchedPath};

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use serde::{Serialize, Serializer};

use executable::Verdict;
use report::Search;

/// Everything that decides which executable is found.
#[derive(Debug, Clone, Default)]
pub struct LocateOptions {
    /// The path from the bridge's own setting or flag.
    pub explicit: Option<PathBuf>,
    /// The ChatGPT extension's setting `chatgpt.cliExecutable`. Only pass its value from the user's settings,
    /// because a workspace must not choose which program runs.
    pub chatgpt_cli_executable: Option<PathBuf>,
    /// The directory of the installed ChatGPT extension, as reported by VS Code.
    pub chatgpt_extension_directory: Option<PathBuf>,
    /// Directories of extensions to search in addition to the usual ones in the home directory.
    pub extension_roots: Vec<PathBuf>,
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// The value of `PATH`.
    pub path_variable: Option<OsString>,
    /// The directory from which to search upward for `node_modules`. Leave it out for a directory with
    /// untrusted content, such as an opened workspace, because a program in its `node_modules` would be run.
    pub working_directory: Option<PathBuf>,
    /// Directories under which programs are installed for all users, such as `/usr/local`.
    pub install_prefixes: Vec<PathBuf>,
    /// The platform that the executable must run on.
    pub platform: Platform,
}

impl LocateOptions {
    /// Returns the options from this process's environment: home directory, `PATH`, install prefixes and VS
    /// Code's own variables. Leaves out [`Self::working_directory`] for the reason given there.
    #[must_use]
    pub fn from_environment() -> Self {
        let directory =
            |variable: &str| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
        let mut extension_roots = Vec::new();
        extension_roots.extend(directory("VSCODE_EXTENSIONS"));
        extension_roots.extend(directory("VSCODE_PORTABLE").map(|portable| portable.join("extensions")));
        let mut install_prefixes = Vec::new();
        install_prefixes.extend(directory("npm_config_prefix"));
        if cfg!(windows) {
            install_prefixes.extend(directory("APPDATA").map(|data| data.join("npm")));
            install_prefixes.extend(directory("ProgramFiles").map(|programs| programs.join("nodejs")));
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

/// The source of an executable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum LocateSource {
    /// The bridge's own setting or flag.
    Setting,
    /// The setting of the ChatGPT extension.
    ChatgptSetting,
    /// Inside the ChatGPT extension.
    ChatgptExtension,
    /// Inside a package that npm or a similar tool installed.
    Npm,
    /// A directory for programs, from `PATH` or a well-known one.
    Path,
}

/// An executable that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Located {
    /// The absolute path.
    #[serde(serialize_with = "lossy_string")]
    pub path: PathBuf,
    /// The source of the path.
    pub source: LocateSource,
}

/// Serializes a path even if it is not Unicode.
fn lossy_string<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// Finds the executable.
///
/// # Errors
/// [`NotFound`] when no executable is usable, or when the configured one is not. It lists the searched paths
/// and the problem with each of them.
pub fn locate(options: &LocateOptions) -> Result<Located, NotFound> {
    let mut search = Search::default();
    let configured = [
        (&options.explicit, LocateSource::Setting),
        (&options.chatgpt_cli_executable, LocateSource::ChatgptSetting),
    ];
    for (path, source) in configured {
        // VS Code represents an unset setting as an empty string.
        let Some(path) = path.as_deref().filter(|path| !path.as_os_str().is_empty()) else { continue };
        let path = absolute(path, options);
        return match search.program(&path, options.platform) {
            Some(path) => Ok(Located { path, source }),
            None => Err(NotFound { named_in: Some(source), looked: search.searched }),
        };
    }
    let sources: [(SearchFn, LocateSource); 3] = [
        (extensions::search, LocateSource::ChatgptExtension),
        (npm::search, LocateSource::Npm),
        (search_path::search, LocateSource::Path),
    ];
    for (search_source, source) in sources {
        if let Some(path) = search_source(options, &mut search) {
            return Ok(Located { path, source });
        }
    }
    Err(NotFound { named_in: None, looked: search.searched })
}

type SearchFn = fn(&LocateOptions, &mut Search) -> Option<PathBuf>;

impl Search {
    /// Returns the native program at this path, or the one behind npm's start script there. Otherwise records
    /// the problem.
    fn program(&mut self, path: &Path, platform: Platform) -> Option<PathBuf> {
        let reason = match executable::examine(path, platform) {
            Verdict::Program => return Some(path.to_owned()),
            Verdict::StartScript => {
                let candidates = start_script::package_behind(path)
                    .map(|package| npm::in_package(&package, platform))
                    .unwrap_or_default();
                // A candidate that is a script again is not followed, because two scripts could name each
                // other.
                let is_program = |path: &PathBuf| executable::examine(path, platform) == Verdict::Program;
                if let Some(program) = candidates.into_iter().find(is_program) {
                    return Some(program);
                }
                "is a script, and the native program that it starts was not found".to_owned()
            }
            Verdict::Unusable(reason) => reason,
        };
        self.record(path, &reason);
        None
    }
}

/// Makes a configured path absolute. People write `~/bin/codex` and `./codex` even where no shell expands
/// them.
fn absolute(path: &Path, options: &LocateOptions) -> PathBuf {
    if let (Ok(rest), Some(home)) = (path.strip_prefix("~"), &options.home) {
        return home.join(rest);
    }
    if path.is_relative()
        && let Some(directory) = options.working_directory.clone().or_else(|| env::current_dir().ok())
    {
        return directory.join(path);
    }
    path.to_owned()
}
