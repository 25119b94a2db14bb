//! An overview of a workspace for newcomers: what it contains, where it starts, how it is built, and how its
//! parts depend on one another.
//!
//! Everything follows from one snapshot, and is computed once per snapshot.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::index::{Index, IndexedFile, Snapshot};
use crate::languages::LanguageId;
use crate::record::{SymbolKind, Visibility};
use crate::resolve::{Resolver, SymbolRef};

mod commands;
mod entries;
mod modules;

pub use commands::{Command, Purpose};
pub use entries::EntryPoint;
pub use modules::{Dependencies, Module};

/// The maximum number of symbols in each list: as many as a newcomer reads.
const SYMBOLS_MAX: usize = 10;

/// The overview of a workspace.
#[derive(Debug, Default)]
pub struct Overview {
    /// The amount of code in each language, the one with the most code first.
    pub languages: Vec<(LanguageId, Counts)>,
    /// The public classes and other types that the most files mention, with the number of files.
    pub types: Vec<(SymbolRef, usize)>,
    /// The public functions that the most files mention, with the number of files.
    pub functions: Vec<(SymbolRef, usize)>,
    /// The entry points of programs and libraries.
    pub entries: Vec<EntryPoint>,
    /// The commands to build, test and run the workspace.
    pub commands: Vec<Command>,
    /// How the parts and files depend on one another.
    pub dependencies: Dependencies,
}

/// The amount of code in one language.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    /// The number of files.
    pub files: u64,
    /// The number of functions that belong to no type.
    pub functions: u64,
    /// The number of types of every kind.
    pub classes: u64,
    /// The number of functions that belong to a type.
    pub methods: u64,
    /// The number of import statements.
    pub imports: u64,
    /// The number of symbols.
    pub symbols: u64,
    /// The number of lines.
    pub lines: u64,
    /// The number of lines with anything but comments.
    pub code: u64,
}

/// The overview of the most recently requested snapshot.
#[derive(Debug, Default)]
pub struct OverviewCache {
    last: Mutex<Option<(Weak<Snapshot>, Arc<Overview>)>>,
}

impl OverviewCache {
    /// Returns the overview of a snapshot. `check_time` is called repeatedly, and its error ends the work.
    ///
    /// # Errors
    /// The error of `check_time`.
    pub fn get<E>(
        &self,
        index: &Index,
        snapshot: &Arc<Snapshot>,
        resolver: &Resolver<'_>,
        check_time: &dyn Fn() -> Result<(), E>,
    ) -> Result<Arc<Overview>, E> {
        // A concurrent caller waits for the first one instead of repeating its work.
        let mut last = self.last.lock();
        if let Some((of, known)) = &*last
            && std::ptr::eq(Weak::as_ptr(of), Arc::as_ptr(snapshot))
        {
            return Ok(Arc::clone(known));
        }
        let overview = Arc::new(Overview::new(index, snapshot, resolver, check_time)?);
        *last = Some((Arc::downgrade(snapshot), Arc::clone(&overview)));
        Ok(overview)
    }
}

impl Overview {
    fn new<E>(
        index: &Index,
        snapshot: &Snapshot,
        resolver: &Resolver<'_>,
        check_time: &dyn Fn() -> Result<(), E>,
    ) -> Result<Self, E> {
        let (mut functions, mut types) = (MostMentioned::default(), MostMentioned::default());
        let mut languages: BTreeMap<LanguageId, Counts> = BTreeMap::new();
        for (id, file) in snapshot.files() {
            let record = &*file.record;
            let counts = languages.entry(record.language).or_default();
            counts.add(file);
            if !file.is_own() {
                continue;
            }
            for (symbol_id, symbol) in record.symbols_with_ids() {
                if symbol.visibility != Visibility::Public || symbol.is_test {
                    continue;
                }
                let symbol_ref = SymbolRef { file: id, symbol: symbol_id };
                match symbol.kind {
                    SymbolKind::Function => functions.add(symbol_ref, record.name(symbol.name)),
                    SymbolKind::Implementation => {}
                    kind if kind.is_type() => types.add(symbol_ref, record.name(symbol.name)),
                    _ => {}
                }
            }
        }
        let mut languages: Vec<(LanguageId, Counts)> = languages.into_iter().collect();
        languages.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.code));
        let manifests = commands::Manifest::all(index, snapshot);
        Ok(Self {
            languages,
            types: types.best(snapshot, check_time)?,
            functions: functions.best(snapshot, check_time)?,
            entries: entries::entries(snapshot, &manifests),
            commands: commands::commands(snapshot, &manifests),
            dependencies: Dependencies::new(snapshot, resolver, check_time)?,
        })
    }
}

impl Counts {
    fn add(&mut self, file: &IndexedFile) {
        let record = &*file.record;
        self.files += 1;
        self.lines += u64::from(record.lines.total());
        self.code += u64::from(record.lines.code);
        self.imports += record.imports.len() as u64;
        for symbol in &record.symbols {
            self.symbols += u64::from(symbol.kind != SymbolKind::Section);
            match symbol.kind {
                SymbolKind::Function => self.functions += 1,
                SymbolKind::Method | SymbolKind::Constructor => self.methods += 1,
                kind if kind.is_type() && kind != SymbolKind::Implementation => self.classes += 1,
                _ => {}
            }
        }
    }
}

/// Collects the symbols that the most files mention.
#[derive(Default)]
struct MostMentioned<'a> {
    /// The symbols by name; `None` if several share the name, since each would be credited with the users of
    /// all.
    found: HashMap<&'a str, Option<SymbolRef>>,
}

impl<'a> MostMentioned<'a> {
    fn add(&mut self, symbol_ref: SymbolRef, name: &'a str) {
        self.found.entry(name).and_modify(|known| *known = None).or_insert(Some(symbol_ref));
    }

    fn best<E>(
        self,
        snapshot: &Snapshot,
        check_time: &dyn Fn() -> Result<(), E>,
    ) -> Result<Vec<(SymbolRef, usize)>, E> {
        let mut counted: Vec<(SymbolRef, usize)> = Vec::new();
        for (name, symbol_ref) in self.found {
            check_time()?;
            counted.extend(symbol_ref.map(|symbol_ref| (symbol_ref, snapshot.files_with(name).count())));
        }
        counted.sort_unstable_by_key(|(symbol_ref, files)| (std::cmp::Reverse(*files), *symbol_ref));
        counted.truncate(SYMBOLS_MAX);
        Ok(counted)
    }
}

#[cfg(test)]
mod tests;
