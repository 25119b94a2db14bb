//! The executable inside the packages that npm and its relatives install.

use std::{
    cmp::Reverse,
    collections::HashSet,
    env, fs,
    path::{Path, PathBuf},
};

use semver::Version;

use super::{LocateOptions, Platform, real_path::real_path, report::Looking};

const SCOPE: &str = "@openai";
const PACKAGE: &str = "codex";

/// Folders under the home folder that hold programs and npm's global packages. A `*` stands for the installed
/// versions of node.
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

/// Global `node_modules` that do not lie under a prefix, likewise under the home folder.
const HOME_MODULES: [&str; 5] = [
    ".bun/install/global/node_modules",
    ".local/share/pnpm/global/5/node_modules",
    "Library/pnpm/global/5/node_modules",
    "AppData/Local/pnpm/global/5/node_modules",
    ".config/yarn/global/node_modules",
];

pub(super) fn search(options: &LocateOptions, looking: &mut Looking) -> Option<PathBuf> {
    let mut seen = HashSet::new();
    for modules in modules_folders(options).into_iter().filter(|modules| seen.insert(modules.clone())) {
        if !modules.join(SCOPE).is_dir() {
            let reason =
                if modules.is_dir() { "does not hold @openai/codex" } else { super::report::MISSING };
            looking.note(&modules, reason);
            continue;
        }
        let candidates = in_modules(&modules, options.platform);
        // Only those of several layouts that are there say something; the others are not worth a line each.
        if let Some(program) = candidates
            .iter()
            .filter(|candidate| candidate.exists())
            .find_map(|candidate| looking.program(candidate, options.platform))
        {
            return Some(program);
        }
        looking.note(&modules, &format!("does not hold @openai/{}", options.platform.npm_package()));
    }
    None
}

/// The native program's possible places in the package `@openai/codex` that lies here.
pub(super) fn in_package(package: &Path, platform: Platform) -> Vec<PathBuf> {
    // npm puts the package for this machine beside or below the main one, pnpm beside the target of a link to it;
    // up to 0.100 the main package held the programs of all machines.
    let package = real_path(package).unwrap_or_else(|_| package.to_owned());
    let mut owners = vec![package.join("node_modules").join(SCOPE).join(platform.npm_package())];
    owners.extend(package.parent().map(|scope| scope.join(platform.npm_package())));
    owners.push(package);
    owners.iter().flat_map(|owner| in_vendor(owner, platform)).collect()
}

fn in_modules(modules: &Path, platform: Platform) -> Vec<PathBuf> {
    let scope = modules.join(SCOPE);
    let mut candidates = in_package(&scope.join(PACKAGE), platform);
    candidates.extend(in_vendor(&scope.join(platform.npm_package()), platform));
    candidates
}

fn in_vendor(owner: &Path, platform: Platform) -> [PathBuf; 2] {
    let folder = owner.join("vendor").join(platform.triple());
    ["bin", "codex"].map(|layout| folder.join(layout).join(platform.program()))
}

/// Every `node_modules` to look at: the global ones, then those from the working folder upward.
fn modules_folders(options: &LocateOptions) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        prefixes(options).iter().map(|prefix| modules_of_prefix(prefix, options.platform)).collect();
    folders.extend(options.home.iter().flat_map(|home| HOME_MODULES.map(|modules| home.join(modules))));
    folders.extend(
        options
            .working_folder
            .iter()
            .flat_map(|folder| folder.ancestors().map(|parent| parent.join("node_modules"))),
    );
    folders
}

fn modules_of_prefix(prefix: &Path, platform: Platform) -> PathBuf {
    if platform.is_windows() { prefix.join("node_modules") } else { prefix.join("lib/node_modules") }
}

/// The folders under which programs are installed: first those that `PATH` leads to, then the well-known ones.
fn prefixes(options: &LocateOptions) -> Vec<PathBuf> {
    let mut prefixes = Vec::new();
    for folder in search_folders(options) {
        if options.platform.is_windows() {
            prefixes.push(folder);
        } else if folder.ends_with("bin") {
            prefixes.extend(folder.parent().map(Path::to_owned));
        }
    }
    prefixes.extend(options.install_prefixes.iter().cloned());
    prefixes.extend(home_prefixes(options));
    prefixes
}

/// The folders in `PATH`. A relative one depends on where the process happens to run, and is left out.
pub(super) fn search_folders(options: &LocateOptions) -> Vec<PathBuf> {
    let folders = options.path_variable.iter().flat_map(env::split_paths);
    folders.filter(|folder| folder.is_absolute()).collect()
}

/// The well-known prefixes under the home folder.
pub(super) fn home_prefixes(options: &LocateOptions) -> Vec<PathBuf> {
    let patterns: &[&str] =
        if options.platform.is_windows() { &HOME_PREFIXES_WINDOWS } else { &HOME_PREFIXES_UNIX };
    let Some(home) = &options.home else { return Vec::new() };
    patterns.iter().flat_map(|pattern| expand(home, pattern)).collect()
}

/// The folders that a pattern with at most one `*` stands for; for a `*` the newest version comes first.
fn expand(home: &Path, pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once("*") else { return vec![home.join(pattern)] };
    let parent = home.join(before);
    let Ok(entries) = fs::read_dir(&parent) else { return Vec::new() };
    let mut versions: Vec<(Option<Version>, PathBuf)> = entries
        .flatten()
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            // A folder that is named otherwise (`latest`) is looked at after those with a version.
            let version = Version::parse(name.trim_start_matches('v')).ok();
            (version, entry.path().join(after.trim_start_matches('/')))
        })
        .collect();
    versions.sort_by_cached_key(|(version, path)| (Reverse(version.clone()), path.clone()));
    versions.into_iter().map(|(_, path)| path).collect()
}
