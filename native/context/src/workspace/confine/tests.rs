use std::fs;

use tempfile::TempDir;

use super::*;

struct Place {
    _folder: TempDir,
    workspace: Workspace,
    root: PathBuf,
    outside: PathBuf,
}

/// `root/src/a.rs`, `second/b.rs` in the workspace, `outside/secret.txt` and `root-not/x` beside it.
fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().canonicalize().unwrap();
    for (path, text) in
        [("root/src/a.rs", "a"), ("second/b.rs", "b"), ("outside/secret.txt", "s"), ("root-not/x", "x")]
    {
        fs::create_dir_all(base.join(path).parent().unwrap()).unwrap();
        fs::write(base.join(path), text).unwrap();
    }
    let workspace = Workspace::new([base.join("root"), base.join("second")]).unwrap();
    Place { _folder: folder, workspace, root: base.join("root"), outside: base.join("outside") }
}

fn found(place: &Place, path: &str) -> Result<(RootIndex, String, bool), Refused> {
    place.workspace.confine(path).map(|found| (found.root, found.path, found.exists))
}

#[test]
fn files_of_the_roots_are_found_by_absolute_and_relative_paths() {
    let place = place();
    let absolute = place.root.join("src/a.rs");
    for path in [absolute.to_str().unwrap(), "src/a.rs", "./src/../src/a.rs", "src//a.rs"] {
        assert_eq!(found(&place, path), Ok((0, "src/a.rs".to_owned(), true)), "{path}");
    }
    assert_eq!(found(&place, "b.rs"), Ok((1, "b.rs".to_owned(), true)));
    assert_eq!(found(&place, "new/c.rs"), Ok((0, "new/c.rs".to_owned(), false)));
}

#[test]
fn nothing_outside_is_told_from_nothing_at_all() {
    let place = place();
    let secret = place.outside.join("secret.txt");
    let missing = place.outside.join("missing.txt");
    let sibling = format!("{}-not/x", place.root.display());
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
        assert_eq!(found(&place, path), Err(Refused::Outside), "{path}");
    }
    for path in ["", "src/a.rs\0.txt"] {
        assert_eq!(found(&place, path), Err(Refused::Malformed), "{path:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_count_by_where_they_lead() {
    use std::os::unix::fs::symlink;

    let place = place();
    symlink(&place.outside, place.root.join("out")).unwrap();
    symlink(place.outside.join("secret.txt"), place.root.join("secret")).unwrap();
    symlink(place.outside.join("not-there"), place.root.join("dangling")).unwrap();
    symlink(place.root.join("src"), place.root.join("in")).unwrap();
    symlink(place.root.join("loop"), place.root.join("loop")).unwrap();
    symlink("..", place.root.join("src/up")).unwrap();

    for path in [
        "out/secret.txt",
        "out/missing",
        "secret",
        "dangling",
        "loop",
        "loop/a",
        "in/../../outside/secret.txt",
    ] {
        assert_eq!(found(&place, path), Err(Refused::Outside), "{path}");
    }
    assert_eq!(found(&place, "in/a.rs"), Ok((0, "src/a.rs".to_owned(), true)));
    assert_eq!(found(&place, "src/up/src/up/src/a.rs"), Ok((0, "src/a.rs".to_owned(), true)));
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf_8_is_not_named() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let place = place();
    let odd = place.root.join(OsStr::from_bytes(b"odd-\xff"));
    fs::write(&odd, "x").unwrap();
    std::os::unix::fs::symlink(&odd, place.root.join("link")).unwrap();
    assert_eq!(found(&place, "link"), Err(Refused::Malformed));
}

#[test]
fn a_root_in_a_root_is_not_indexed_twice() {
    let place = place();
    let nested = Workspace::new([place.root.join("src"), place.root.clone(), place.root.clone()]).unwrap();
    assert_eq!(nested.roots(), [place.root]);
}
