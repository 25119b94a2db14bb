use std::fs;

use tempfile::TempDir;

use super::*;

struct Fixture {
    _directory: TempDir,
    workspace: Workspace,
    root: PathBuf,
    outside: PathBuf,
}

/// Creates `root/src/a.rs` and `second/b.rs` in the workspace, and `outside/secret.txt` and `root-not/x` next
/// to it.
fn fixture() -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let base = directory.path().canonicalize().unwrap();
    for (path, text) in
        [("root/src/a.rs", "a"), ("second/b.rs", "b"), ("outside/secret.txt", "s"), ("root-not/x", "x")]
    {
        fs::create_dir_all(base.join(path).parent().unwrap()).unwrap();
        fs::write(base.join(path), text).unwrap();
    }
    let workspace = Workspace::new([base.join("root"), base.join("second")]).unwrap();
    Fixture { _directory: directory, workspace, root: base.join("root"), outside: base.join("outside") }
}

fn found(fixture: &Fixture, path: &str) -> Result<(RootIndex, String, bool), Refused> {
    fixture.workspace.confine(path).map(|found| (found.root, found.path, found.exists))
}

#[test]
fn files_of_the_roots_are_found_by_absolute_and_relative_paths() {
    let fixture = fixture();
    let absolute = fixture.root.join("src/a.rs");
    for path in [absolute.to_str().unwrap(), "src/a.rs", "./src/../src/a.rs", "src//a.rs"] {
        assert_eq!(found(&fixture, path), Ok((0, "src/a.rs".to_owned(), true)), "{path}");
    }
    assert_eq!(found(&fixture, "b.rs"), Ok((1, "b.rs".to_owned(), true)));
    assert_eq!(found(&fixture, "new/c.rs"), Ok((0, "new/c.rs".to_owned(), false)));
}

#[test]
fn existing_and_missing_files_outside_give_the_same_error() {
    let fixture = fixture();
    let secret = fixture.outside.join("secret.txt");
    let missing = fixture.outside.join("missing.txt");
    let sibling = format!("{}-not/x", fixture.root.display());
    for path in [
        secret.to_str().unwrap(),
        missing.to_str().unwrap(),
        sibling.as_str(),
        "../outside/secret.txt",
        "../outside/missing.txt",
        "src/../../outside/secret.txt",
        "missing/../../outside/secret.txt",
        "..",
        "/",
        "/etc/passwd",
    ] {
        assert_eq!(found(&fixture, path), Err(Refused::Outside), "{path}");
    }
    for path in ["", "src/a.rs\0.txt"] {
        assert_eq!(found(&fixture, path), Err(Refused::Malformed), "{path:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_judged_by_their_target() {
    use std::os::unix::fs::symlink;

    let fixture = fixture();
    symlink(&fixture.outside, fixture.root.join("out")).unwrap();
    symlink(fixture.outside.join("secret.txt"), fixture.root.join("secret")).unwrap();
    symlink(fixture.outside.join("not-there"), fixture.root.join("dangling")).unwrap();
    symlink(fixture.root.join("src"), fixture.root.join("in")).unwrap();
    symlink(fixture.root.join("loop"), fixture.root.join("loop")).unwrap();
    symlink("..", fixture.root.join("src/up")).unwrap();

    for path in [
        "out/secret.txt",
        "out/missing",
        "secret",
        "dangling",
        "loop",
        "loop/a",
        "in/../../outside/secret.txt",
    ] {
        assert_eq!(found(&fixture, path), Err(Refused::Outside), "{path}");
    }
    assert_eq!(found(&fixture, "in/a.rs"), Ok((0, "src/a.rs".to_owned(), true)));
    assert_eq!(found(&fixture, "src/up/src/up/src/a.rs"), Ok((0, "src/a.rs".to_owned(), true)));
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_not_utf_8_is_malformed() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let fixture = fixture();
    let odd = fixture.root.join(OsStr::from_bytes(b"odd-\xff"));
    fs::write(&odd, "x").unwrap();
    std::os::unix::fs::symlink(&odd, fixture.root.join("link")).unwrap();
    assert_eq!(found(&fixture, "link"), Err(Refused::Malformed));
}

#[test]
fn nested_and_repeated_roots_are_indexed_once() {
    let fixture = fixture();
    let nested =
        Workspace::new([fixture.root.join("src"), fixture.root.clone(), fixture.root.clone()]).unwrap();
    assert_eq!(nested.roots(), [fixture.root]);
}
