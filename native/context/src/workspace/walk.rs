//! Which files of the roots are indexed.

use std::path::Path;
use std::time::SystemTime;

use ignore::{WalkBuilder, WalkState};

use super::confine::slashed;
use super::{RootIndex, Workspace};
use crate::limits;

/// A file that is to be indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The root it is in.
    pub root: RootIndex,
    /// Its path from there, with `/` between the parts.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was changed, where the file system tells.
    pub modified: Option<SystemTime>,
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Walk {
    /// The files to index, sorted by root and path.
    pub files: Vec<Found>,
    /// Files that are too large (`limits::FILE_BYTES_MAX`).
    pub too_large: usize,
    /// Files beyond `limits::FILES_MAX` or `limits::TEXT_BYTES_MAX`.
    pub too_many: usize,
}

/// Folders that hold no source of the workspace, whether or not an ignore file says so: the insides of version control, and what
/// package managers and compilers put there.
pub(super) const SKIPPED_FOLDERS: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".jj",
    "node_modules",
    "bower_components",
    "__pycache__",
    ".venv",
    ".tox",
    ".gradle",
];

/// Files that mark the folder they are in as one of tools: a virtual environment of Python, a cache (https://bford.info/cachedir/).
const SKIPPING_FILES: &[&str] = &["pyvenv.cfg", "CACHEDIR.TAG"];

/// The original's ignore file, with the syntax of `.gitignore`.
pub(super) const OWN_IGNORE_FILE: &str = ".codexaignore";

impl Workspace {
    /// Walks the roots. Links are not followed: what they lead to within the roots is found there, and the rest is not ours.
    #[must_use]
    pub fn walk(&self) -> Walk {
        let mut walk = Walk::default();
        for (root, folder) in (0..).zip(self.roots()) {
            walk_root(root, folder, &mut walk);
        }
        walk.files.sort_by(|a, b| (a.root, &a.path).cmp(&(b.root, &b.path)));
        let mut bytes = 0_u64;
        let within = walk.files.iter().take(limits::FILES_MAX).take_while(|file| {
            bytes += file.size;
            bytes <= limits::TEXT_BYTES_MAX
        });
        let within = within.count();
        walk.too_many = walk.files.len() - within;
        walk.files.truncate(within);
        walk
    }
}

fn walk_root(root: RootIndex, folder: &Path, walk: &mut Walk) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let builder = builder(folder);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            builder.build_parallel().run(|| {
                let sender = sender.clone();
                Box::new(move |entry| {
                    // What cannot be read is not ours to index.
                    let Ok(entry) = entry else { return WalkState::Continue };
                    if entry.file_type().is_some_and(|kind| kind.is_file())
                        && let Some(path) = entry.path().strip_prefix(folder).ok().and_then(slashed)
                        && let Ok(metadata) = entry.metadata()
                    {
                        let found =
                            Found { root, path, size: metadata.len(), modified: metadata.modified().ok() };
                        if sender.send(found).is_err() {
                            return WalkState::Quit;
                        }
                    }
                    WalkState::Continue
                })
            });
            drop(sender);
        });
        for found in &receiver {
            if found.size > limits::FILE_BYTES_MAX { walk.too_large += 1 } else { walk.files.push(found) }
        }
    });
}

fn builder(folder: &Path) -> WalkBuilder {
    let mut builder = WalkBuilder::new(folder);
    builder
        // `.github/workflows` and the like are part of the project.
        .hidden(false)
        .follow_links(false)
        // A tree that was unpacked from an archive has its `.gitignore` but no `.git`.
        .require_git(false)
        .add_custom_ignore_filename(OWN_IGNORE_FILE)
        .filter_entry(|entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            if !is_folder || entry.depth() == 0 {
                return true;
            }
            let skipped = entry.file_name().to_str().is_some_and(|name| SKIPPED_FOLDERS.contains(&name));
            !skipped && !SKIPPING_FILES.iter().any(|file| entry.path().join(file).exists())
        });
    builder
}

/// Whether a path says that its file was copied from another project.
#[must_use]
pub fn is_vendored(path: &str) -> bool {
    const FOLDERS: &[&str] =
        &["vendor", "vendored", "third_party", "third-party", "thirdparty", "external", "extern", "_vendor"];
    let path = path.to_ascii_lowercase();
    path.split('/').rev().skip(1).any(|folder| FOLDERS.contains(&folder))
        || path.ends_with(".min.js")
        || path.ends_with(".min.css")
}

/// Whether a path says that its file is a test or serves tests.
#[must_use]
pub fn is_test_path(path: &str) -> bool {
    const FOLDERS: &[&str] = &[
        "test",
        "tests",
        "testing",
        "__tests__",
        "spec",
        "specs",
        "testdata",
        "fixtures",
        "e2e",
        "__mocks__",
        "test_utils",
    ];
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let lower = stem.to_ascii_lowercase();
    parts.any(|folder| FOLDERS.contains(&folder.to_ascii_lowercase().as_str()))
        || lower.starts_with("test_")
        || ["_test", ".test", "_spec", ".spec", ".e2e", "-test", "-spec"]
            .iter()
            .any(|ending| lower.ends_with(ending))
        || ["Test", "Tests", "Spec", "TestCase", "IT"]
            .iter()
            .any(|ending| stem.ends_with(ending) && stem.len() > ending.len())
        || lower == "conftest"
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn workspace(files: &[(&str, &str)]) -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let workspace = Workspace::new([folder.path()]).unwrap();
        (folder, workspace)
    }

    #[test]
    fn every_kind_of_ignore_file_counts_and_tools_are_left_alone() {
        let (folder, workspace) = workspace(&[
            (".gitignore", "*.log\nbuild/\n"),
            (".ignore", "ignored.txt\n"),
            (".codexaignore", "generated/**\n"),
            (".git/info/exclude", "excluded.md\n"),
            (".git/config", "secret"),
            ("a.log", ""),
            ("build/x.rs", ""),
            ("ignored.txt", ""),
            ("excluded.md", ""),
            ("generated/deep/x.py", ""),
            ("node_modules/a/index.js", ""),
            ("env/pyvenv.cfg", ""),
            ("env/lib/a.py", ""),
            ("src/a.rs", "fn a() {}"),
            ("src/.hidden.rs", ""),
            ("sub/.gitignore", "!kept.log\n"),
            ("sub/kept.log", ""),
        ]);
        fs::write(
            folder.path().join("big.txt"),
            vec![b'a'; usize::try_from(limits::FILE_BYTES_MAX).unwrap() + 1],
        )
        .unwrap();
        let walk = workspace.walk();
        let mut paths: Vec<&str> = walk.files.iter().map(|file| file.path.as_str()).collect();
        paths.retain(|path| !path.starts_with('.'));
        assert_eq!(paths, ["src/.hidden.rs", "src/a.rs", "sub/.gitignore", "sub/kept.log"]);
        assert_eq!(walk.too_large, 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let (folder, workspace) = workspace(&[("src/a.rs", "")]);
        std::os::unix::fs::symlink("..", folder.path().join("src/loop")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("src/passwd")).unwrap();
        let walk = workspace.walk();
        assert_eq!(walk.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["src/a.rs"]);
    }

    #[test]
    fn paths_tell_tests_and_copies() {
        for path in [
            "tests/a.py",
            "src/a_test.go",
            "a/test_b.py",
            "x.spec.ts",
            "src/FooTest.java",
            "conftest.py",
            "a/__tests__/b.js",
        ] {
            assert!(is_test_path(path), "{path}");
        }
        for path in ["src/contest.py", "src/latest.ts", "Test.java", "src/testament.rs"] {
            assert!(!is_test_path(path), "{path}");
        }
        assert!(is_vendored("go/vendor/a/b.go") && is_vendored("js/jquery.min.js"));
        assert!(!is_vendored("src/vendor.rs"));
    }
}
