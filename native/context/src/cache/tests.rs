use std::fs;
use std::time::{Duration, SystemTime};

use super::*;
use crate::index::{Index, Snapshot};

struct Fixture {
    directory: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let fixture = Self { directory: tempfile::tempdir().unwrap() };
        fixture.write("a.py", "def a(): pass\n");
        fixture.write("b.py", "import a\n\ndef b(): a.a()\n");
        fixture
    }

    /// Writes a file that is old enough to be trusted by its stamp.
    fn write(&self, path: &str, text: &str) {
        let path = self.directory.path().join("root").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let old = SystemTime::now() - Duration::from_secs(60);
        fs::File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    }

    fn cache(&self) -> Cache {
        Cache::new(&self.directory.path().join("cache"), &self.workspace())
    }

    fn workspace(&self) -> Workspace {
        Workspace::new([self.directory.path().join("root")]).unwrap()
    }

    fn build(&self) -> Arc<Snapshot> {
        Index::new(self.workspace()).build(Some(&self.cache()), Some(1), &|_| {})
    }
}

fn records(snapshot: &Snapshot) -> Vec<FileRecord> {
    snapshot.files().map(|(_, file)| (*file.record).clone()).collect()
}

#[test]
fn unchanged_files_are_recognized_by_stamp_and_changed_files_are_read() {
    let fixture = Fixture::new();
    let first = fixture.build();
    let known = fixture.cache().load();
    for (_, file) in first.files() {
        let (record, read_at) =
            known.by_stamp(file.root, &file.path, file.stamp).expect("the file is in the cache");
        assert_eq!((&*record, read_at), (&*file.record, file.read_at));
    }
    fixture.write("a.py", "def changed(): pass\n");
    let second = fixture.build();
    assert_eq!(second.symbols_named("changed").count(), 1);
    assert_eq!(second.symbols_named("a").count(), 0);
    assert_eq!(second.symbols_named("b").count(), 1);
}

#[test]
fn a_file_read_right_after_its_change_is_read_again() {
    let fixture = Fixture::new();
    fs::write(fixture.directory.path().join("root/new.py"), "def one(): pass\n").unwrap();
    let first = fixture.build();
    let file = first.file(first.find(0, "new.py").unwrap()).unwrap();
    assert!(fixture.cache().load().by_stamp(0, "new.py", file.stamp).is_none());
}

#[test]
fn a_damaged_or_foreign_cache_is_rebuilt() {
    let fixture = Fixture::new();
    let expected = records(&fixture.build());
    let file = fixture.cache().file;
    let good = fs::read(&file).unwrap();
    let mut damaged =
        vec![Vec::new(), b"codeidx\n".to_vec(), good[..good.len() - 1].to_vec(), [&good[..], b"x"].concat()];
    for position in [0, 9, 20, 30, 40, good.len() - 1] {
        let mut bytes = good.clone();
        bytes[position] ^= 1;
        damaged.push(bytes);
    }
    for bytes in damaged {
        fs::write(&file, &bytes).unwrap();
        assert!(fixture.cache().load().files.is_empty());
        assert_eq!(records(&fixture.build()), expected);
        assert_eq!(fixture.cache().load().files.len(), 2);
    }
}

#[test]
fn an_index_of_other_directories_reuses_known_records() {
    let fixture = Fixture::new();
    let first = Index::new(fixture.workspace());
    first.build(None, Some(1), &|_| {});
    // The new text has the same size and modification time, so the change is noticed only if the file is
    // read.
    fixture.write("a.py", "def z(): pass\n");
    let file = fixture.directory.path().join("root/a.py");
    let seen = first.snapshot().files().next().unwrap().1.stamp.modified.unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(SystemTime::UNIX_EPOCH + seen).unwrap();
    fixture.write("../added/c.py", "def c(): pass\n");
    let roots = ["added", "root"].map(|directory| fixture.directory.path().join(directory));
    let both = Index::after(&first, Workspace::new(&roots).unwrap());
    let snapshot = both.build(None, Some(1), &|_| {});
    let paths: Vec<_> = snapshot.files().map(|(_, file)| (file.root, &*file.path)).collect();
    assert_eq!(paths, [(0, "c.py"), (1, "a.py"), (1, "b.py")]);
    assert_eq!(snapshot.symbols_named("a").count(), 1, "the file was not read again");
    assert_eq!(snapshot.symbols_named("c").count(), 1);
}

#[test]
fn a_stopped_build_reads_no_further_and_writes_no_cache() {
    let fixture = Fixture::new();
    let index = Index::new(fixture.workspace());
    let snapshot = index.build(Some(&fixture.cache()), Some(1), &|_| index.stop());
    assert!(!snapshot.is_complete() && snapshot.file_count() == 0);
    assert!(fixture.cache().load().files.is_empty());
}
