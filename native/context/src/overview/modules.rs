//! The parts of a workspace, and how they depend on one another.
//!
//! A part is a folder. Nobody says which folders a newcomer thinks in, so the largest part is split into its folders until there are
//! as many as fit on a screen, or none is much larger than the others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::index::{FileId, IndexedFile, Snapshot};
use crate::resolve::Resolver;
use crate::workspace::RootIndex;

/// Parts that there may be: a screen of them.
const MODULES_MAX: usize = 24;

/// A part with less than one in so many of all files is not split.
const SPLIT_SHARE: usize = 12;

/// Files and packages of each list that are kept.
const LISTED_MAX: usize = 15;

/// A part of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The root it is in.
    pub root: RootIndex,
    /// Its folder from there; empty for the root itself.
    pub directory: String,
    /// Its files, without those of parts in it.
    pub files: usize,
    /// Their lines with anything but comments.
    pub code_lines: u64,
    /// The parts that it imports from, by their place in the list, with the number of imports; the most first.
    pub depends_on: Vec<(usize, usize)>,
}

/// How the parts and the files of a workspace depend on one another.
#[derive(Debug, Default)]
pub struct Dependencies {
    /// The parts, in the order of their folders.
    pub modules: Vec<Module>,
    /// The files that the most others import, with the number of those.
    pub files: Vec<(FileId, usize)>,
    /// The packages from elsewhere that the most files import, with the number of those.
    pub packages: Vec<(String, usize)>,
}

impl Dependencies {
    /// What the imports of a snapshot's own files say.
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

/// The entries with the largest numbers, and of those as large the first ones.
fn top_entries<K: Ord>(counted: impl IntoIterator<Item = (K, usize)>, at_most: usize) -> Vec<(K, usize)> {
    let mut counted: Vec<(K, usize)> = counted.into_iter().collect();
    counted.sort_by(|(a, many), (b, others)| others.cmp(many).then_with(|| a.cmp(b)));
    counted.truncate(at_most);
    counted
}

/// The parts, and in which of them each file is.
fn divide(files: &[(FileId, &IndexedFile)]) -> (Vec<Module>, HashMap<FileId, usize>) {
    let mut parts: BTreeMap<(RootIndex, String), Vec<usize>> = BTreeMap::new();
    for (place, (_, file)) in files.iter().enumerate() {
        parts.entry((file.root, String::new())).or_default().push(place);
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
        let lines = members.iter().filter_map(|place| files.get(*place)).map(|(id, file)| {
            of_file.insert(*id, index);
            u64::from(file.record.lines.code)
        });
        let code_lines = lines.sum();
        modules.push(Module { root, directory, files: members.len(), code_lines, depends_on: Vec::new() });
    }
    (modules, of_file)
}

/// A part by the folders in it; what lies in none of them keeps its name.
fn split(
    (root, directory): &(RootIndex, String),
    members: &[usize],
    files: &[(FileId, &IndexedFile)],
) -> BTreeMap<(RootIndex, String), Vec<usize>> {
    let mut split: BTreeMap<(RootIndex, String), Vec<usize>> = BTreeMap::new();
    for place in members {
        let Some((_, file)) = files.get(*place) else { continue };
        let start = if directory.is_empty() { 0 } else { directory.len() + 1 };
        let inner = file.path[start..].find('/').map_or(directory.as_str(), |end| &file.path[..start + end]);
        split.entry((*root, inner.to_owned())).or_default().push(*place);
    }
    split
}
