use std::fs;
use std::time::{Duration, SystemTime};

use super::*;
use crate::index::{Index, Snapshot};

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.write("a.py", "def a(): pass\n");
        place.write("b.py", "import a\n\ndef b(): a.a()\n");
        place
    }

    /// Writes a file that is old enough to be trusted by its stamp.
    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join("root").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let old = SystemTime::now() - Duration::from_secs(60);
        fs::File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    }

    fn cache(&self) -> Cache {
        Cache::new(&self.folder.path().join("cache"), &self.workspace())
    }

    fn workspace(&self) -> Workspace {
        Workspace::new([self.folder.path().join("root")]).unwrap()
    }

    fn build(&self) -> Arc<Snapshot> {
        Index::new(self.workspace()).build(Some(&self.cache()), Some(1), &|_| {})
    }
}

fn records(snapshot: &Snapshot) -> Vec<FileRecord> {
    snapshot.files().map(|(_, file)| (*file.record).clone()).collect()
}

#[test]
fn an_unchanged_file_is_known_by_its_stamp_and_a_changed_one_is_read() {
    let place = Place::new();
    let first = place.build();
    let known = place.cache().load();
    for (_, file) in first.files() {
        let (record, read_at) = known.by_stamp(file.root, &file.path, file.stamp).expect("it is known");
        assert_eq!((&*record, read_at), (&*file.record, file.read_at));
    }
    place.write("a.py", "def changed(): pass\n");
    let second = place.build();
    assert_eq!(second.symbols_named("changed").count(), 1);
    assert_eq!(second.symbols_named("a").count(), 0);
    assert_eq!(second.symbols_named("b").count(), 1);
}

#[test]
fn a_file_that_was_changed_when_it_was_read_is_read_again() {
    let place = Place::new();
    fs::write(place.folder.path().join("root/new.py"), "def one(): pass\n").unwrap();
    let first = place.build();
    let file = first.file(first.find(0, "new.py").unwrap()).unwrap();
    assert!(place.cache().load().by_stamp(0, "new.py", file.stamp).is_none());
}

#[test]
fn a_damaged_or_foreign_cache_is_made_anew() {
    let place = Place::new();
    let expected = records(&place.build());
    let file = place.cache().file;
    let good = fs::read(&file).unwrap();
    let mut damaged =
        vec![Vec::new(), b"codeidx\n".to_vec(), good[..good.len() - 1].to_vec(), [&good[..], b"x"].concat()];
    for place in [0, 9, 20, 30, 40, good.len() - 1] {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        damaged.push(bytes);
    }
    for bytes in damaged {
        fs::write(&file, &bytes).unwrap();
        assert!(place.cache().load().files.is_empty());
        assert_eq!(records(&place.build()), expected);
        assert_eq!(place.cache().load().files.len(), 2);
    }
}

#[test]
fn other_folders_take_over_what_is_known_and_read_the_rest() {
    let place = Place::new();
    let first = Index::new(place.workspace());
    first.build(None, Some(1), &|_| {});
    // Of the same size and age: whoever reads it sees it, and nobody else.
    place.write("a.py", "def z(): pass\n");
    let file = place.folder.path().join("root/a.py");
    let seen = first.snapshot().files().next().unwrap().1.stamp.modified.unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(SystemTime::UNIX_EPOCH + seen).unwrap();
    place.write("../added/c.py", "def c(): pass\n");
    let roots = ["added", "root"].map(|folder| place.folder.path().join(folder));
    let both = Index::after(&first, Workspace::new(&roots).unwrap());
    let snapshot = both.build(None, Some(1), &|_| {});
    let paths: Vec<_> = snapshot.files().map(|(_, file)| (file.root, &*file.path)).collect();
    assert_eq!(paths, [(0, "c.py"), (1, "a.py"), (1, "b.py")]);
    assert_eq!(snapshot.symbols_named("a").count(), 1, "it was not read again");
    assert_eq!(snapshot.symbols_named("c").count(), 1);
}

#[test]
fn a_building_that_is_stopped_reads_no_further_and_leaves_no_cache() {
    let place = Place::new();
    let index = Index::new(place.workspace());
    let snapshot = index.build(Some(&place.cache()), Some(1), &|_| index.stop());
    assert!(!snapshot.is_complete() && snapshot.file_count() == 0);
    assert!(place.cache().load().files.is_empty());
}
