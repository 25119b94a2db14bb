//! Resolves written paths to files.

use super::Resolver;
use super::families::Family;
use crate::index::{FileId, IndexedFile};
use crate::workspace::RootIndex;

/// Returns the directory of a path; empty for a root.
pub(super) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Resolves a path relative to a directory, without `.` and `..`; `None` if it leads out of the root.
pub(super) fn join_path(directory: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

impl Resolver<'_> {
    /// Returns the file at a path without its suffix.
    pub(super) fn file_with_suffix(&self, root: RootIndex, path: &str, family: Family) -> Option<FileId> {
        family.suffixes().iter().find_map(|suffix| {
            // The path is below the root itself: `/index.ts` means `index.ts`.
            let path = format!("{path}{suffix}");
            self.snapshot.find(root, path.strip_prefix('/').unwrap_or(&path))
        })
    }

    /// Returns the files whose path without suffix ends with the given parts, those nearest to a file first.
    pub(super) fn files_ending_with(
        &self,
        from: &IndexedFile,
        parts: &[&str],
        family: Family,
    ) -> Vec<FileId> {
        let Some(last) = parts.last() else { return Vec::new() };
        let word = crate::index::path_words(last).next().unwrap_or(last);
        let wanted = parts.join("/");
        let fits = |file: &IndexedFile| {
            let fits = |suffix: &&str| {
                let stem = file.path.strip_suffix(*suffix)?;
                let before = stem.strip_suffix(wanted.as_str())?;
                (before.is_empty() || before.ends_with('/')).then_some(())
            };
            family.suffixes().iter().find_map(fits).is_some()
        };
        let named = self.snapshot.files_named(word);
        // A package is found by its directory: `a/b/__init__.py`, `b/index.ts`.
        let inner = family.suffixes().iter().filter_map(|suffix| suffix.strip_prefix('/'));
        let mut found: Vec<(FileId, &IndexedFile)> =
            named.filter(|(_, file)| fits(file)).map(|(id, file)| (id, &**file)).collect();
        if found.is_empty() {
            let mut entries: Vec<&str> = inner.filter_map(|name| name.split('.').next()).collect();
            entries.dedup();
            for entry in entries {
                found.extend(
                    self.snapshot
                        .files_named(entry)
                        .filter(|(_, file)| fits(file))
                        .map(|(id, file)| (id, &**file)),
                );
            }
        }
        found.sort_by_key(|(id, file)| (std::cmp::Reverse(proximity(from, file)), file.path.len(), *id));
        found.dedup();
        found.into_iter().map(|(id, _)| id).collect()
    }
}

/// Returns the number of leading directories that two files have in common. A file in another root is farther
/// away than any in the same root.
pub(super) fn proximity(a: &IndexedFile, b: &IndexedFile) -> usize {
    if a.root != b.root {
        return 0;
    }
    let common = directory(&a.path).split('/').zip(directory(&b.path).split('/')).take_while(|(a, b)| a == b);
    1 + common.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_within_the_root() {
        assert_eq!(join_path("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(join_path("", "./x").as_deref(), Some("x"));
        assert_eq!(join_path("a", "../../x"), None);
    }
}
