//! Searches the packages that npm and similar tools install.

use std::{
    cmp::Reverse,
    collections::HashSet,
    env, fs,
    path::{Path, PathBuf},
};

use semver::Version;

use super::{LocateOptions, Platform, real_path::real_path, report::Search};

const SCOPE: &str = "@openai";
const PACKAGE: &str = "codex";

/// Directories under the home directory that contain programs and npm's global packages. A `*` stands for the
/// installed versions of Node.js.
const HOME_PREFIXES_UNIX: [&str; 10] = [
    ".npm-global",
    ".npm-packages",
    ".local",
    "n",
    ".nvm/versions/node/*",
    ".local/share/fnm/node-versions/*/installation",
    ".fnm/node-versions/*/installation",
    ".asdf/installs/nodejs/*",
    ".local/share/mise/installs/node/*",
    ".volta/tools/image/packages/@openai/codex",
];
const HOME_PREFIXES_WINDOWS: [&str; 2] =
    ["AppData/Roaming/npm", "AppData/Local/Volta/tools/image/packages/@openai/codex"];

/// Global `node_modules` directories under the home directory that do not belong to a prefix.
const HOME_MODULES: [&str; 5] = [
    ".bun/install/global/node_modules",
    ".local/share/pnpm/global/5/node_modules",
    "Library/pnpm/global/5/node_modules",
    "AppData/Local/pnpm/global/5/node_modules",
    ".config/yarn/global/node_modules",
];

pub(super) fn search(options: &LocateOptions, search: &mut Search) -> Option<PathBuf> {
    let mut seen = HashSet::new();
    for modules in modules_directories(options).into_iter().filter(|modules| seen.insert(modules.clone())) {
        if !modules.join(SCOPE).is_dir() {
            let reason =
                if modules.is_dir() { "does not contain @openai/codex" } else { super::report::MISSING };
            search.record(&modules, reason);
            continue;
        }
        let candidates = in_modules(&modules, options.platform);
        // Only existing candidates are examined. The missing ones of the several layouts are not worth
        // reporting.
        if let Some(program) = candidates
            .iter()
            .filter(|candidate| candidate.exists())
            .find_map(|candidate| search.program(candidate, options.platform))
        {
            return Some(program);
        }
        search.record(&modules, &format!("does not contain @openai/{}", options.platform.npm_package()));
    }
    None
}

/// Returns the possible paths of the native program for the package `@openai/codex` at this path.
pub(super) fn in_package(package: &Path, platform: Platform) -> Vec<PathBuf> {
    // npm puts the package for this platform beside or below the main package. pnpm puts it beside the target
    // of a link to the main package. Up to 0.100, the main package contained the programs of all platforms.
    let package = real_path(package).unwrap_or_else(|_| package.to_owned());
    let mut packages = vec![package.join("node_modules").join(SCOPE).join(platform.npm_package())];
    packages.extend(package.parent().map(|scope| scope.join(platform.npm_package())));
    packages.push(package);
    packages.iter().flat_map(|package| in_vendor(package, platform)).collect()
}

fn in_modules(modules: &Path, platform: Platform) -> Vec<PathBuf> {
    let scope = modules.join(SCOPE);
    let mut candidates = in_package(&scope.join(PACKAGE), platform);
    candidates.extend(in_vendor(&scope.join(platform.npm_package()), platform));
    candidates
}

fn in_vendor(package: &Path, platform: Platform) -> [PathBuf; 2] {
    let directory = package.join("vendor").join(platform.triple());
    ["bin", "codex"].map(|layout| directory.join(layout).join(platform.program()))
}

/// Returns every `node_modules` to search: the global ones, then those from the working directory upward.
fn modules_directories(options: &LocateOptions) -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> =
        prefixes(options).iter().map(|prefix| modules_of_prefix(prefix, options.platform)).collect();
    directories.extend(options.home.iter().flat_map(|home| HOME_MODULES.map(|modules| home.join(modules))));
    directories.extend(
        options
            .working_directory
            .iter()
            .flat_map(|directory| directory.ancestors().map(|parent| parent.join("node_modules"))),
    );
    directories
}

fn modules_of_prefix(prefix: &Path, platform: Platform) -> PathBuf {
    if platform.is_windows() { prefix.join("node_modules") } else { prefix.join("lib/node_modules") }
}

/// Returns the directories under which programs are installed: first the parents of those in `PATH`, then the
/// well-known ones.
fn prefixes(options: &LocateOptions) -> Vec<PathBuf> {
    let mut prefixes = Vec::new();
    for directory in search_directories(options) {
        if options.platform.is_windows() {
            prefixes.push(directory);
        } else if directory.ends_with("bin") {
            prefixes.extend(directory.parent().map(Path::to_owned));
        }
    }
    prefixes.extend(options.install_prefixes.iter().cloned());
    prefixes.extend(home_prefixes(options));
    prefixes
}

/// Returns the absolute directories in `PATH`. Relative ones depend on the process's working directory and
/// are ignored.
pub(super) fn search_directories(options: &LocateOptions) -> Vec<PathBuf> {
    let directories = options.path_variable.iter().flat_map(env::split_paths);
    directories.filter(|directory| directory.is_absolute()).collect()
}

/// Returns the well-known prefixes under the home directory.
pub(super) fn home_prefixes(options: &LocateOptions) -> Vec<PathBuf> {
    let patterns: &[&str] =
        if options.platform.is_windows() { &HOME_PREFIXES_WINDOWS } else { &HOME_PREFIXES_UNIX };
    let Some(home) = &options.home else { return Vec::new() };
    patterns.iter().flat_map(|pattern| expand(home, pattern)).collect()
}

/// Returns the directories that match a pattern with at most one `*`, newest version first.
fn expand(home: &Path, pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once("*") else { return vec![home.join(pattern)] };
    let parent = home.join(before);
    let Ok(entries) = fs::read_dir(&parent) else { return Vec::new() };
    let mut versions: Vec<(Option<Version>, PathBuf)> = entries
        .flatten()
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            // A directory without a version in its name (`latest`) comes last.
            let version = Version::parse(name.trim_start_matches('v')).ok();
            (version, entry.path().join(after.trim_start_matches('/')))
        })
        .collect();
    versions.sort_by_cached_key(|(version, path)| (Reverse(version.clone()), path.clone()));
    versions.into_iter().map(|(_, path)| path).collect()
}
