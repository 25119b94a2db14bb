//! Whether one file is ignored, without walking.

use std::path::Path;

use ignore::gitignore::Gitignore;

use super::walk::{OWN_IGNORE_FILE, SKIPPED_FOLDERS};
use super::{RootIndex, Workspace};

impl Workspace {
    /// Whether the ignore files say that a path is not to be indexed. A walk decides; this tells without one that nothing has to be decided.
    #[must_use]
    pub fn is_ignored(&self, root: RootIndex, path: &str) -> bool {
        if path.split('/').any(|part| SKIPPED_FOLDERS.contains(&part)) {
            return true;
        }
        let Some(folder) = self.roots().get(usize::from(root)) else { return true };
        let absolute = folder.join(path);
        let around = absolute.ancestors().skip(1).take_while(|around| around.starts_with(folder));
        let named = around.flat_map(|around| {
            [OWN_IGNORE_FILE, ".ignore", ".gitignore"].map(|name| (around.to_owned(), around.join(name)))
        });
        let excluded = (folder.clone(), folder.join(".git/info/exclude"));
        // What is deepest counts first.
        named.chain([excluded]).find_map(|(from, file)| says(&from, &file, &absolute)).unwrap_or(false)
    }
}

/// What an ignore file says of a path, if anything.
fn says(from: &Path, file: &Path, path: &Path) -> Option<bool> {
    if !file.is_file() {
        return None;
    }
    let mut builder = ignore::gitignore::GitignoreBuilder::new(from);
    if let Some(error) = builder.add(file) {
        tracing::debug!(%error, "a line of an ignore file is passed over");
    }
    let rules: Gitignore = builder.build().ok()?;
    let matched = rules.matched_path_or_any_parents(path, path.is_dir());
    if matched.is_none() { None } else { Some(matched.is_ignore()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_ignore_file_counts() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join(".gitignore"), "*.log\nout/\n").unwrap();
        std::fs::write(folder.path().join("a/.gitignore"), "!kept.log\n").unwrap();
        let workspace = Workspace::new([folder.path()]).unwrap();
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
