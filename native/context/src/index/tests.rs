use std::fs;
use std::sync::Mutex;

use proptest::prelude::*;

use super::*;

fn create_index(files: &[(&str, &str)]) -> (tempfile::TempDir, Index) {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(directory.path(), path, text);
    }
    let index = Index::new(Workspace::new([directory.path()]).unwrap());
    (directory, index)
}

fn write(directory: &std::path::Path, path: &str, text: &str) {
    let path = directory.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Returns everything that a snapshot knows, independent of the order of changes.
fn answers(snapshot: &Snapshot, names: &[String]) -> Vec<String> {
    let path = |id| snapshot.file(id).unwrap().path.to_string();
    let mut answers: Vec<String> =
        snapshot.files().map(|(_, file)| format!("{} {:?}", file.path, file.record)).collect();
    for name in names {
        let mut found: Vec<String> =
            snapshot.files_with(name).map(|(id, _)| format!("{name} in {}", path(id))).collect();
        found.extend(
            snapshot.symbols_named(name).map(|(id, _, symbol)| format!("{name}: {} {symbol:?}", path(id))),
        );
        found.sort();
        answers.extend(found);
    }
    answers
}

#[test]
fn files_and_symbols_are_found_by_name() {
    let (_directory, index) = create_index(&[
        ("a.py", "def run(): pass\n"),
        ("b/c.py", "from a import run\nrun()\nclass Box:\n    def run(self): pass\n"),
        ("b/d.txt", "run"),
        ("image.png", "\0\0"),
    ]);
    assert_eq!(index.snapshot().file_count(), 0);
    let progress = Mutex::new(Vec::new());
    let snapshot = index.build(None, Some(2), &|step| progress.lock().unwrap().push(step));
    assert_eq!(progress.into_inner().unwrap().last(), Some(&Progress { files: 3, total: 3 }));
    assert!(snapshot.is_complete());
    let paths = |files: Vec<FileId>| {
        files.into_iter().map(|id| &*snapshot.file(id).unwrap().path).collect::<Vec<_>>()
    };
    assert_eq!(paths(snapshot.files_with("run").map(|(id, _)| id).collect()), ["a.py", "b/c.py"]);
    let symbols: Vec<_> = snapshot
        .symbols_named("run")
        .map(|(file, id, _)| snapshot.file(file).unwrap().record.qualified_name(id))
        .collect();
    assert_eq!(symbols, ["run", "Box.run"]);
    assert_eq!(paths(snapshot.files_under(0, "b").map(|(id, _)| id).collect()), ["b/c.py", "b/d.txt"]);
    assert_eq!(snapshot.files_with("missing").count(), 0);
}

#[test]
fn files_that_become_binary_or_are_deleted_are_removed() {
    let (directory, index) = create_index(&[("a.py", "def a(): pass\n"), ("b.py", "def b(): pass\n")]);
    index.build(None, Some(1), &|_| {});
    write(directory.path(), "a.py", "\0");
    fs::remove_file(directory.path().join("b.py")).unwrap();
    let changed = ["a.py", "b.py", "never.py"].map(|path| (0, path.to_owned()));
    assert_eq!(index.refresh(&changed).file_count(), 0);
}

#[derive(Debug, Clone)]
enum Edit {
    Write(usize, Vec<usize>),
    Remove(usize),
}

fn edits() -> impl Strategy<Value = Vec<Vec<Edit>>> {
    let edit = prop_oneof![
        3 => (0..6_usize, prop::collection::vec(0..5_usize, 0..4))
            .prop_map(|(file, lines)| Edit::Write(file, lines)),
        1 => (0..6_usize).prop_map(Edit::Remove),
    ];
    prop::collection::vec(prop::collection::vec(edit, 1..4), 1..6)
}

const LINES: [&str; 5] = [
    "def alpha(): beta()\n",
    "class Beta:\n    def alpha(self): pass\n",
    "from file0 import alpha as gamma\n",
    "gamma = alpha(1)\n",
    "def beta(:\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// After any sequence of edits, the index returns the same results as a rebuilt one.
    #[test]
    fn an_incremental_index_equals_a_rebuilt_one(steps in edits()) {
        let (directory, index) = create_index(&[("file0.py", LINES[0])]);
        index.build(None, Some(1), &|_| {});
        let names: Vec<String> = ["alpha", "beta", "Beta", "gamma", "file0"].map(str::to_owned).to_vec();
        for step in steps {
            let mut changed = Vec::new();
            for edit in step {
                let (Edit::Write(number, _) | Edit::Remove(number)) = &edit;
                let file = format!("file{number}.py");
                match edit {
                    Edit::Write(_, lines) => {
                        let text: String = lines.iter().map(|line| LINES[*line]).collect();
                        write(directory.path(), &file, &text);
                    }
                    Edit::Remove(_) => drop(fs::remove_file(directory.path().join(&file))),
                }
                changed.push((0, file));
            }
            let incremental = index.refresh(&changed);
            let rebuilt = Index::new(index.workspace().clone()).build(None, Some(1), &|_| {});
            prop_assert_eq!(answers(&incremental, &names), answers(&rebuilt, &names));
        }
    }
}
