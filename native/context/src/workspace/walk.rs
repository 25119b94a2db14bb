//! Walks the roots for the files to index.

use std::path::Path;
use std::time::SystemTime;

use ignore::{WalkBuilder, WalkState};

use super::confine::with_slashes;
use super::{RootIndex, Workspace};
use crate::limits;

/// A file to index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// The root that contains the file.
    pub root: RootIndex,
    /// The path relative to the root, with `/` between the parts.
    pub path: String,
    /// The size in bytes.
    pub size: u64,
    /// The modification time, if the file system reports it.
    pub modified: Option<SystemTime>,
}

/// The result of a walk.
#[derive(Debug, Default)]
pub struct Walk {
    /// The files to index, sorted by root and path.
    pub files: Vec<FoundFile>,
    /// The number of files that are too large (`limits::FILE_BYTES_MAX`).
    pub too_large: usize,
    /// The number of files beyond `limits::FILES_MAX` or `limits::TEXT_BYTES_MAX`.
    pub too_many: usize,
}

/// Directories without source of the workspace, whether or not an ignore file lists them: the data of version
/// control, and what package managers and compilers store there.
pub(super) const SKIPPED_DIRECTORIES: &[&str] = &[
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

/// Files that mark their directory as a tool's: a Python virtual environment, a cache
/// (https://bford.info/cachedir/).
const TOOL_DIRECTORY_MARKERS: &[&str] = &["pyvenv.cfg", "CACHEDIR.TAG"];

/// The ignore file of the original program, with the syntax of `.gitignore`.
pub(super) const OWN_IGNORE_FILE: &str = ".codexaignore";

impl Workspace {
    /// Walks the roots. Symbolic links are not followed: a target inside the roots is found by the walk
    /// itself, and any other target is not part of the workspace.
    #[must_use]
    pub fn walk(&self) -> Walk {
        let mut walk = Walk::default();
        for (root, directory) in (0..).zip(self.roots()) {
            walk_root(root, directory, &mut walk);
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

fn walk_root(root: RootIndex, directory: &Path, walk: &mut Walk) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let builder = builder(directory);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            builder.build_parallel().run(|| {
                let sender = sender.clone();
                Box::new(move |entry| {
                    // Unreadable entries are not indexed.
                    let Ok(entry) = entry else { return WalkState::Continue };
                    if entry.file_type().is_some_and(|kind| kind.is_file())
                        && let Some(path) = entry.path().strip_prefix(directory).ok().and_then(with_slashes)
                        && let Ok(metadata) = entry.metadata()
                    {
                        let found = FoundFile {
                            root,
                            path,
                            size: metadata.len(),
                            modified: metadata.modified().ok(),
                        };
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

fn builder(directory: &Path) -> WalkBuilder {
    let mut builder = WalkBuilder::new(directory);
    builder
        // Hidden directories such as `.github/workflows` are part of the project.
        .hidden(false)
        .follow_links(false)
        // A tree that was unpacked from an archive has a `.gitignore` but no `.git`.
        .require_git(false)
        .add_custom_ignore_filename(OWN_IGNORE_FILE)
        .filter_entry(|entry| {
            let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
            if !is_directory || entry.depth() == 0 {
                return true;
            }
            let skipped = entry.file_name().to_str().is_some_and(|name| SKIPPED_DIRECTORIES.contains(&name));
            !skipped && !TOOL_DIRECTORY_MARKERS.iter().any(|file| entry.path().join(file).exists())
        });
    builder
}

/// Returns whether a path indicates that its file was copied from another project.
#[must_use]
pub fn is_vendored(path: &str) -> bool {
    const DIRECTORIES: &[&str] =
        &["vendor", "vendored", "third_party", "third-party", "thirdparty", "external", "extern", "_vendor"];
    let path = path.to_ascii_lowercase();
    path.split('/').rev().skip(1).any(|directory| DIRECTORIES.contains(&directory))
        || path.ends_with(".min.js")
        || path.ends_with(".min.css")
}

/// Returns whether a path indicates that its file is a test or serves tests.
#[must_use]
pub fn is_test_path(path: &str) -> bool {
    const DIRECTORIES: &[&str] = &[
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
    parts.any(|directory| DIRECTORIES.contains(&directory.to_ascii_lowercase().as_str()))
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
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let workspace = Workspace::new([directory.path()]).unwrap();
        (directory, workspace)
    }

    #[test]
    fn all_ignore_files_are_respected_and_tool_directories_are_skipped() {
        let (directory, workspace) = workspace(&[
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
            directory.path().join("big.txt"),
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
        let (directory, workspace) = workspace(&[("src/a.rs", "")]);
        std::os::unix::fs::symlink("..", directory.path().join("src/loop")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", directory.path().join("src/passwd")).unwrap();
        let walk = workspace.walk();
        assert_eq!(walk.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["src/a.rs"]);
    }

    #[test]
    fn tests_and_copies_are_recognized_by_path() {
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
