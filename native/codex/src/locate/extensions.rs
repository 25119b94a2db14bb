//! Searches the ChatGPT extension of VS Code and similar editors.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use semver::Version;

use super::{
    LocateOptions,
    report::{MISSING, Search},
};

/// The directories under the home directory where VS Code and similar editors keep extensions. The `-server`
/// ones belong to windows that work on a remote machine, on which the bridge then runs.
const ROOTS: [&str; 26] = [
    ".vscode/extensions",
    ".vscode-insiders/extensions",
    ".vscode-server/extensions",
    ".vscode-server-insiders/extensions",
    ".vscode-remote/extensions",
    ".vscode-oss/extensions",
    ".vscodium/extensions",
    ".vscodium-server/extensions",
    ".cursor/extensions",
    ".cursor-server/extensions",
    ".windsurf/extensions",
    ".windsurf-next/extensions",
    ".windsurf-server/extensions",
    ".antigravity/extensions",
    ".antigravity-ide/extensions",
    ".antigravity-server/extensions",
    ".kiro/extensions",
    ".kiro-server/extensions",
    ".positron/extensions",
    ".positron-server/extensions",
    ".trae/extensions",
    ".trae-server/extensions",
    ".openvscode-server/extensions",
    ".local/share/code-server/extensions",
    "AppData/Local/code-server/Data/extensions",
    ".vscode-exploration/extensions",
];

/// The beginning of the directory name of the ChatGPT extension: its id. The version follows, and the
/// platform if the extension was built for one.
const DIRECTORY_PREFIX: &str = "openai.chatgpt-";
/// The beginnings of the platform in a directory name.
const PLATFORM_PREFIXES: [&str; 7] =
    ["-linux-", "-alpine-", "-darwin-", "-win32-", "-web", "-universal", "-undefined"];

pub(super) fn search(options: &LocateOptions, search: &mut Search) -> Option<PathBuf> {
    let in_extension = |extension: &Path| {
        extension.join("bin").join(options.platform.extension_directory()).join(options.platform.program())
    };
    if let Some(extension) = &options.chatgpt_extension_directory
        && let Some(program) = search.program(&in_extension(extension), options.platform)
    {
        return Some(program);
    }
    let usual = options.home.iter().flat_map(|home| ROOTS.map(|root| home.join(root)));
    let mut installed = Vec::new();
    for root in options.extension_roots.iter().cloned().chain(usual) {
        match installed_in(&root) {
            Ok(extensions) if extensions.is_empty() => {
                search.record(&root, "does not contain the ChatGPT extension");
            }
            Ok(extensions) => installed.extend(extensions),
            Err(error) if error.kind() == io::ErrorKind::NotFound => search.record(&root, MISSING),
            Err(error) => search.record(&root, &format!("cannot be read ({error})")),
        }
    }
    // The sort is stable, so that among equal versions the one in the first root is used.
    installed.sort_by(|(one, _), (other, _)| other.cmp(one));
    installed.iter().find_map(|(_, extension)| search.program(&in_extension(extension), options.platform))
}

/// Returns the ChatGPT extensions in a directory of extensions, without those that are about to be removed.
fn installed_in(root: &Path) -> io::Result<Vec<(Version, PathBuf)>> {
    let obsolete = obsolete_in(root);
    let mut installed = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(version) = version_of(&name)
            && !obsolete.contains(&name)
        {
            installed.push((version, entry.path()));
        }
    }
    Ok(installed)
}

/// Returns the directories that VS Code will remove at its next start, for example the version before an
/// update.
fn obsolete_in(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join(".obsolete")).unwrap_or_default();
    let directories: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&text).unwrap_or_default();
    directories.into_iter().filter(|(_, is_obsolete)| *is_obsolete == true).map(|(name, _)| name).collect()
}

fn version_of(directory: &str) -> Option<Version> {
    let prefix = directory.get(..DIRECTORY_PREFIX.len())?;
    if !prefix.eq_ignore_ascii_case(DIRECTORY_PREFIX) {
        return None;
    }
    let version = &directory[DIRECTORY_PREFIX.len()..];
    let end = PLATFORM_PREFIXES.iter().filter_map(|start| version.find(start)).min().unwrap_or(version.len());
    Version::parse(&version[..end]).ok()
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn a_directory_name_contains_a_version() {
        for (directory, version) in [
            ("openai.chatgpt-0.5.78", Some("0.5.78")),
            ("openai.chatgpt-26.5901.22334-win32-x64", Some("26.5901.22334")),
            ("OpenAI.chatgpt-1.2.3-linux-arm64", Some("1.2.3")),
            ("openai.chatgpt-1.2.3-beta.1-darwin-arm64", Some("1.2.3-beta.1")),
            ("openai.chatgpt-1.2.3-universal", Some("1.2.3")),
            ("openai.chatgpt-latest", None),
            ("openai.chatgpt-tools-1.2.3", None),
            ("openai.chatgpt", None),
            ("other.chatgpt-1.2.3", None),
            ("äöü", None),
        ] {
            assert_eq!(
                version_of(directory).map(|version| version.to_string()).as_deref(),
                version,
                "{directory}"
            );
        }
    }
}
