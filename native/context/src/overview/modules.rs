//! The parts of a workspace, and how they depend on one another.
//!
//! A part is a directory. Nothing specifies which directories a newcomer thinks in. So the largest part is
//! split into its subdirectories repeatedly, until there are as many parts as fit on a screen, or none is
//! much larger than the others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::index::{FileId, IndexedFile, Snapshot};
use crate::resolve::Resolver;
use crate::workspace::RootIndex;

/// The maximum number of parts: a screenful.
const MODULES_MAX: usize = 24;

/// A part that contains less than one in this many of all files is not split.
const SPLIT_SHARE: usize = 12;

/// The maximum number of files and of packages in each list.
const LISTED_MAX: usize = 15;

/// A part of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The root that contains the part.
    pub root: RootIndex,
    /// The directory relative to the root; empty for the root itself.
    pub directory: String,
    /// The number of files, without those of nested parts.
    pub files: usize,
    /// The number of lines with anything but comments in these files.
    pub code_lines: u64,
    /// The parts that this one imports from, by index in the list, with the number of imports, in descending
    /// order.
    pub depends_on: Vec<(usize, usize)>,
}

/// How the parts and files of a workspace depend on one another.
#[derive(Debug, Default)]
pub struct Dependencies {
    /// The parts, in directory order.
    pub modules: Vec<Module>,
    /// The files that the most other files import, with the number of importing files.
    pub files: Vec<(FileId, usize)>,
    /// The external packages that the most files import, with the number of importing files.
    pub packages: Vec<(String, usize)>,
}

impl Dependencies {
    /// Analyzes the imports of a snapshot's own files.
    pub(super) fn new<E>(
        snapshot: &Snapshot,
        resolver: &Resolver<'_>,
        check_time: &dyn Fn() -> Result<(), E>,
    ) -> Result<Self, E> {
        let files: Vec<(FileId, &IndexedFile)> = snapshot
            .files()
            .filter(|(_, file)| file.is_own() && file.record.language.language().syntax.is_some())
            .map(|(id, file)| (id, &**file))
            .collect();
        let (mut modules, of_file) = divide(&files);
        let mut edges: Vec<BTreeMap<usize, usize>> = vec![BTreeMap::new(); modules.len()];
        let mut dependents: HashMap<FileId, usize> = HashMap::new();
        let mut packages: HashMap<String, usize> = HashMap::new();
        for (id, _) in &files {
            check_time()?;
            let (mut imported, mut from_elsewhere) = (BTreeSet::new(), BTreeSet::new());
            for import in resolver.imports(*id).iter() {
                let targets = import.files.iter().chain(import.modules.iter().map(|(_, file)| file));
                imported.extend(targets.copied().filter(|target| target != id));
                from_elsewhere.extend(import.package.clone());
            }
            for target in imported {
                *dependents.entry(target).or_default() += 1;
                if let (Some(from), Some(to)) = (of_file.get(id), of_file.get(&target))
                    && from != to
                {
                    *edges[*from].entry(*to).or_default() += 1;
                }
            }
            from_elsewhere.into_iter().for_each(|package| *packages.entry(package).or_default() += 1);
        }
        for (module, edges) in modules.iter_mut().zip(edges) {
            module.depends_on = top_entries(edges, MODULES_MAX);
        }
        Ok(Self {
            modules,
            files: top_entries(dependents, LISTED_MAX),
            packages: top_entries(packages, LISTED_MAX),
        })
    }
}

/// Returns the entries with the largest numbers; among equal numbers, the smallest keys first.
fn top_entries<K: Ord>(counted: impl IntoIterator<Item = (K, usize)>, at_most: usize) -> Vec<(K, usize)> {
    let mut counted: Vec<(K, usize)> = counted.into_iter().collect();
    counted.sort_by(|(a, many), (b, others)| others.cmp(many).then_with(|| a.cmp(b)));
    counted.truncate(at_most);
    counted
}

/// Divides the files into parts, and returns the part of each file.
fn divide(files: &[(FileId, &IndexedFile)]) -> (Vec<Module>, HashMap<FileId, usize>) {
    let mut parts: BTreeMap<(RootIndex, String), Vec<usize>> = BTreeMap::new();
    for (file_index, (_, file)) in files.iter().enumerate() {
        parts.entry((file.root, String::new())).or_default().push(file_index);
    }
    let mut unsplittable: BTreeSet<(RootIndex, String)> = BTreeSet::new();
    loop {
        let largest = parts
            .iter()
            .filter(|(key, members)| {
                members.len() * SPLIT_SHARE > files.len() && !unsplittable.contains(*key)
            })
            .max_by_key(|(_, members)| members.len())
            .map(|(key, members)| (key.clone(), split(key, members, files)));
        let Some((key, split)) = largest else { break };
        let remains = split.contains_key(&key);
        if parts.len() + split.len() > MODULES_MAX + usize::from(remains) {
            unsplittable.insert(key);
            continue;
        }
        parts.remove(&key);
        if remains {
            unsplittable.insert(key);
        }
        parts.extend(split);
    }
    let mut of_file = HashMap::with_capacity(files.len());
    let mut modules = Vec::with_capacity(parts.len());
    for (index, ((root, directory), members)) in parts.into_iter().enumerate() {
        let lines = members.iter().filter_map(|file_index| files.get(*file_index)).map(|(id, file)| {
            of_file.insert(*id, index);
            u64::from(file.record.lines.code)
        });
        let code_lines = lines.sum();
        modules.push(Module { root, directory, files: members.len(), code_lines, depends_on: Vec::new() });
    }
    (modules, of_file)
}

/// Splits a part by its subdirectories. Files directly in its directory remain under its own name.
fn split(
    (root, directory): &(RootIndex, String),
    members: &[usize],
    files: &[(FileId, &IndexedFile)],
) -> BTreeMap<(RootIndex, String), Vec<usize>> {
    let mut split: BTreeMap<(RootIndex, String), Vec<usize>> = BTreeMap::new();
    for file_index in members {
        let Some((_, file)) = files.get(*file_index) else { continue };
        let start = if directory.is_empty() { 0 } else { directory.len() + 1 };
        let inner = file.path[start..].find('/').map_or(directory.as_str(), |end| &file.path[..start + end]);
        split.entry((*root, inner.to_owned())).or_default().push(*file_index);
    }
    split
}
