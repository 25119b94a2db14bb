//! Checks one path against the ignore files, without a walk.

use std::path::Path;

use ignore::gitignore::Gitignore;

use super::walk::{OWN_IGNORE_FILE, SKIPPED_DIRECTORIES};
use super::{RootIndex, Workspace};

impl Workspace {
    /// Returns whether the ignore files exclude a path. Only a walk decides what is indexed. This check
    /// avoids a walk for paths that are certainly ignored.
    #[must_use]
    pub fn is_ignored(&self, root: RootIndex, path: &str) -> bool {
        if path.split('/').any(|part| SKIPPED_DIRECTORIES.contains(&part)) {
            return true;
        }
        let Some(directory) = self.roots().get(usize::from(root)) else { return true };
        let absolute = directory.join(path);
        let ancestors = absolute.ancestors().skip(1).take_while(|ancestor| ancestor.starts_with(directory));
        let named = ancestors.flat_map(|ancestor| {
            [OWN_IGNORE_FILE, ".ignore", ".gitignore"].map(|name| (ancestor.to_owned(), ancestor.join(name)))
        });
        let excluded = (directory.clone(), directory.join(".git/info/exclude"));
        // The deepest ignore file takes precedence.
        named.chain([excluded]).find_map(|(from, file)| ignores(&from, &file, &absolute)).unwrap_or(false)
    }
}

/// Returns whether an ignore file ignores a path, or `None` if no rule matches.
fn ignores(from: &Path, file: &Path, path: &Path) -> Option<bool> {
    if !file.is_file() {
        return None;
    }
    let mut builder = ignore::gitignore::GitignoreBuilder::new(from);
    if let Some(error) = builder.add(file) {
        tracing::debug!(%error, "skipping an invalid line of an ignore file");
    }
    let rules: Gitignore = builder.build().ok()?;
    let matched = rules.matched_path_or_any_parents(path, path.is_dir());
    if matched.is_none() { None } else { Some(matched.is_ignore()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_ignore_file_takes_precedence() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(directory.path().join("a/b")).unwrap();
        std::fs::write(directory.path().join(".gitignore"), "*.log\nout/\n").unwrap();
        std::fs::write(directory.path().join("a/.gitignore"), "!kept.log\n").unwrap();
        let workspace = Workspace::new([directory.path()]).unwrap();
        for (path, ignored) in [
            ("x.log", true),
            ("a/b/kept.log", false),
            ("kept.log", true),
            ("out/deep/x.rs", true),
            ("a/x.rs", false),
            ("node_modules/x.js", true),
            (".git/HEAD", true),
        ] {
            assert_eq!(workspace.is_ignored(0, path), ignored, "{path}");
        }
    }
}
