//! Resolves an identifier at its occurrence.

use super::families::Family;
use super::lookup::directory;
use super::receivers::Denoted;
use super::{Meaning, Resolver, Source, SymbolRef};
use crate::index::{FileId, path_words};
use crate::limits;
use crate::record::{FileRecord, Occurrence, Role, SymbolId, SymbolKind};

/// The binding of a bare name.
#[derive(Debug, Default)]
pub(super) enum Bound {
    /// There is no known binding.
    #[default]
    Nothing,
    /// A parameter or variable of a function, by the index of the occurrence that declares it.
    Local(usize),
    /// Definitions in the workspace.
    Symbols(Vec<Meaning>),
    /// A module of the workspace, by its files.
    Modules(Vec<FileId>),
    /// Something outside the workspace.
    External,
}

impl Resolver<'_> {
    /// Returns the possible meanings of an occurrence of a file, by its index in the record, the most likely
    /// first. The result is empty for a local variable, and for a name that is not defined in the workspace.
    #[must_use]
    pub fn meanings(&self, file: FileId, index: usize) -> Vec<Meaning> {
        let Some(record) = self.record(file) else { return Vec::new() };
        let Some(occurrence) = record.occurrences.get(index).copied() else { return Vec::new() };
        if !matches!(occurrence.role(), Role::Definition | Role::Local)
            && let Some(scip_meanings) = self.scip_meanings(file, occurrence.start)
        {
            return scip_meanings;
        }
        let name = record.name(occurrence.name());
        let mut meanings = match occurrence.role() {
            Role::Definition => defined_at(record, occurrence)
                .map(|symbol| meaning(SymbolRef { file, symbol }, 1.0))
                .into_iter()
                .collect(),
            Role::Local => Vec::new(),
            Role::Import => self.imported_at(file, occurrence),
            _ if name == "Self" => {
                let enclosing = self.enclosing_type(file, occurrence.start);
                enclosing.into_iter().map(|symbol_ref| meaning(symbol_ref, 0.95)).collect()
            }
            _ if occurrence.is_member() => self.member(file, index, name),
            _ => match self.bound(file, occurrence.start, name) {
                Bound::Symbols(meanings) => meanings,
                Bound::Modules(files) => self.default_export(&files, name),
                Bound::Nothing | Bound::Local(_) | Bound::External => Vec::new(),
            },
        };
        meanings.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.symbol_ref.cmp(&b.symbol_ref)));
        meanings.dedup_by_key(|meaning| meaning.symbol_ref);
        meanings
    }

    /// Returns the binding of a bare name at an offset.
    pub(super) fn bound(&self, file: FileId, offset: u32, name: &str) -> Bound {
        let Some(record) = self.record(file) else { return Bound::Nothing };
        let family = Family::of(record.language);
        if let Some(bound) = self.bound_in_scopes(file, record, offset, name, family) {
            return bound;
        }
        let own = self.top_level(file, name);
        if let Some(modules) = self.module_bound_to_constant(file, record, &own) {
            return Bound::Modules(modules);
        }
        if !own.is_empty() {
            return Bound::Symbols(own.into_iter().map(|symbol_ref| meaning(symbol_ref, 0.95)).collect());
        }
        match self.bound_by_import(file, record, name) {
            Bound::Nothing => {}
            bound => return bound,
        }
        let by_wildcard = self.bound_by_wildcard_import(file, record, name, family);
        if !by_wildcard.is_empty() {
            return Bound::Symbols(by_wildcard);
        }
        let shared = self.bound_by_shared_scope(file, name, family);
        if shared.is_empty() { Bound::Nothing } else { Bound::Symbols(shared) }
    }

    /// Returns the module that a constant is bound to, as in `const cart = @import("cart.zig")`.
    fn module_bound_to_constant(
        &self,
        file: FileId,
        record: &FileRecord,
        own: &[SymbolRef],
    ) -> Option<Vec<FileId>> {
        let [SymbolRef { symbol, .. }] = own else { return None };
        let symbol = record.symbol(*symbol)?;
        let resolved = self.imports(file);
        let mut imports = record.imports.iter().zip(resolved.iter());
        let (_, resolved) = imports.find(|(import, _)| {
            import.alias == Some(symbol.name)
                && import.span.start < symbol.span.end
                && symbol.span.start < import.span.end
        })?;
        (!resolved.files.is_empty()).then(|| resolved.files.clone())
    }

    /// Looks up a name in the functions and types around an offset, from the inside out.
    fn bound_in_scopes(
        &self,
        file: FileId,
        record: &FileRecord,
        offset: u32,
        name: &str,
        family: Family,
    ) -> Option<Bound> {
        let id = record.names.find(name)?;
        let mut scope = record.enclosing_symbol(offset);
        while let Some(enclosing) = scope {
            let symbol = record.symbol(enclosing)?;
            if symbol.kind.is_callable() {
                let inner = record.symbols_with_ids().filter(|(_, inner)| {
                    inner.parent == Some(enclosing) && inner.name == id && inner.kind != SymbolKind::Field
                });
                let inner: Vec<Meaning> =
                    inner.map(|(symbol, _)| meaning(SymbolRef { file, symbol }, 0.95)).collect();
                if !inner.is_empty() {
                    return Some(Bound::Symbols(inner));
                }
                let range = self.occurrences_in(file, symbol.span);
                let declares = |index: &usize| {
                    let occurrence = record.occurrences[*index];
                    occurrence.name() == id && occurrence.role() == Role::Local
                };
                // Use the last declaration before the offset, or else the first one after it, as some
                // languages allow.
                let before = range
                    .clone()
                    .take_while(|index| record.occurrences[*index].start <= offset)
                    .filter(declares)
                    .last();
                if let Some(index) = before.or_else(|| range.clone().find(declares)) {
                    return Some(Bound::Local(index));
                }
            } else if symbol.kind.is_type() && family.allows_bare_members() {
                let members = self.members(&self.definitions_of_type(file, enclosing), name, 0.85);
                if !members.is_empty() {
                    return Some(Bound::Symbols(members));
                }
            } else if symbol.kind == SymbolKind::Module {
                let inner = record.symbols_with_ids().filter(|(_, inner)| {
                    inner.parent == Some(enclosing) && inner.name == id && inner.kind != SymbolKind::Field
                });
                let inner: Vec<Meaning> =
                    inner.map(|(symbol, _)| meaning(SymbolRef { file, symbol }, 0.95)).collect();
                if !inner.is_empty() {
                    return Some(Bound::Symbols(inner));
                }
            }
            scope = symbol.parent;
        }
        None
    }

    fn bound_by_import(&self, file: FileId, record: &FileRecord, name: &str) -> Bound {
        let Some(id) = record.names.find(name) else { return Bound::Nothing };
        let resolved = self.imports(file);
        let mut bound = Bound::Nothing;
        for (import, resolved) in record.imports.iter().zip(resolved.iter()) {
            let imported = import.names.iter().find(|imported| imported.local == id);
            if let Some(imported) = imported {
                if let Some((_, module)) = resolved.modules.iter().find(|(name, _)| *name == imported.name) {
                    return Bound::Modules(vec![*module]);
                }
                let found = self.exported(&resolved.files, record.name(imported.name), 0.9);
                if !found.is_empty() {
                    return Bound::Symbols(found);
                }
                bound = Bound::External;
            } else if import.alias == Some(id)
                || (import.alias.is_none() && import.names.is_empty() && is_implicit_name(&import.path, name))
            {
                if !resolved.files.is_empty() {
                    return Bound::Modules(resolved.files.clone());
                }
                bound = Bound::External;
            }
        }
        bound
    }

    /// Looks up a name in the modules that are imported with a wildcard.
    fn bound_by_wildcard_import(
        &self,
        file: FileId,
        record: &FileRecord,
        name: &str,
        family: Family,
    ) -> Vec<Meaning> {
        let resolved = self.imports(file);
        let open = record.imports.iter().zip(resolved.iter()).filter(|(import, _)| {
            import.everything
                || (family.has_global_names() && import.names.is_empty() && import.alias.is_none())
        });
        let files: Vec<FileId> = open.flat_map(|(_, resolved)| resolved.files.iter().copied()).collect();
        self.exported(&files, name, 0.8)
    }

    /// Looks up a name in the same package, or, in languages with program-wide names, in all files.
    fn bound_by_shared_scope(&self, file: FileId, name: &str, family: Family) -> Vec<Meaning> {
        if !family.shares_names_in_directory() && !family.has_global_names() {
            return Vec::new();
        }
        let Some(from) = self.snapshot.file(file) else { return Vec::new() };
        let named = self.snapshot.symbols_named(name).map(|(file, ..)| file).filter(|other| {
            *other != file && self.language(*other).is_some_and(|language| Family::of(language) == family)
        });
        let mut files: Vec<FileId> = named.collect();
        files.dedup();
        let (near, far): (Vec<FileId>, Vec<FileId>) = files.into_iter().partition(|other| {
            self.snapshot.file(*other).is_some_and(|other| {
                other.root == from.root && directory(&other.path) == directory(&from.path)
            })
        });
        let of = |files: Vec<FileId>| {
            files.into_iter().flat_map(|file| self.top_level(file, name)).collect::<Vec<SymbolRef>>()
        };
        if family.shares_names_in_directory() {
            let near = of(near.clone());
            if !near.is_empty() {
                return near.into_iter().map(|symbol_ref| meaning(symbol_ref, 0.85)).collect();
            }
        }
        if !family.has_global_names() {
            return Vec::new();
        }
        with_shared_confidence(&of(near.into_iter().chain(far).collect()), 0.5)
    }

    /// Returns the symbols that some files export under a name, directly or by re-export.
    pub(super) fn exported(&self, files: &[FileId], name: &str, confidence: f32) -> Vec<Meaning> {
        let mut seen: Vec<FileId> = Vec::new();
        let mut next: Vec<(FileId, String)> = files.iter().map(|file| (*file, name.to_owned())).collect();
        for _ in 0..limits::REEXPORTS_MAX {
            let mut further = Vec::new();
            let mut found = Vec::new();
            for (file, name) in next {
                if seen.contains(&file) {
                    continue;
                }
                seen.push(file);
                let own = self.top_level(file, &name);
                if own.is_empty() {
                    further.extend(self.reexport_sources(file, &name));
                }
                found.extend(own.into_iter().map(|symbol_ref| meaning(symbol_ref, confidence)));
            }
            if !found.is_empty() {
                return found;
            }
            next = further;
        }
        // The name may be a variant of an enum or a static member.
        files
            .iter()
            .flat_map(|file| self.members_anywhere(*file, name))
            .map(|symbol_ref| meaning(symbol_ref, confidence - 0.1))
            .collect()
    }

    /// Returns the files, and the names in them, from which a file re-exports a name.
    fn reexport_sources(&self, file: FileId, name: &str) -> Vec<(FileId, String)> {
        let Some(record) = self.record(file) else { return Vec::new() };
        // Python re-exports every import. In other languages only imports that say so are re-exported, or
        // names that are imported by name.
        let id = record.names.find(name);
        let resolved = self.imports(file);
        let mut further = Vec::new();
        for (import, resolved) in record.imports.iter().zip(resolved.iter()) {
            let imported = import.names.iter().find(|imported| Some(imported.local) == id);
            if let Some(imported) = imported {
                let original = record.name(imported.name);
                further.extend(resolved.files.iter().map(|file| (*file, original.to_owned())));
            } else if import.everything
                && (import.reexported || Family::of(record.language) == Family::Python)
            {
                further.extend(resolved.files.iter().map(|file| (*file, name.to_owned())));
            }
        }
        further
    }

    fn members_anywhere(&self, file: FileId, name: &str) -> Vec<SymbolRef> {
        let Some(record) = self.record(file) else { return Vec::new() };
        let Some(id) = record.names.find(name) else { return Vec::new() };
        let symbols = record.symbols_with_ids().filter(|(_, symbol)| {
            let parent = symbol.parent.and_then(|parent| record.symbol(parent));
            // A Lua module is a table, and its exports are members of that table.
            let of_table = Family::of(record.language) == Family::Lua && symbol.owner.is_some();
            symbol.name == id && (of_table || parent.is_some_and(|parent| parent.kind.is_type()))
        });
        symbols.map(|(symbol, _)| SymbolRef { file, symbol }).collect()
    }

    /// Returns what a module stands for where it is used as a value: `import Store from "./store"`.
    fn default_export(&self, files: &[FileId], name: &str) -> Vec<Meaning> {
        let mut found = self.exported(files, name, 0.9);
        if found.is_empty() {
            for file in files {
                let Some(record) = self.record(*file) else { continue };
                let default = record.symbols_with_ids().filter(|(_, symbol)| {
                    symbol.signature.starts_with("export default")
                        || symbol.signature.starts_with("module.exports")
                });
                found.extend(default.map(|(symbol, _)| meaning(SymbolRef { file: *file, symbol }, 0.9)));
            }
        }
        found
    }

    /// Returns the meanings of a name in an import statement.
    fn imported_at(&self, file: FileId, occurrence: Occurrence) -> Vec<Meaning> {
        let Some(record) = self.record(file) else { return Vec::new() };
        let resolved = self.imports(file);
        let mut found = Vec::new();
        for (import, resolved) in record.imports.iter().zip(resolved.iter()) {
            if import.span.start > occurrence.start || occurrence.start >= import.span.end {
                continue;
            }
            let named = |id| import.names.iter().find(|imported| imported.name == id || imported.local == id);
            if let Some(imported) = named(occurrence.name()) {
                found.extend(self.exported(&resolved.files, record.name(imported.name), 0.9));
            } else if import.alias == Some(occurrence.name()) {
                found.extend(self.default_export(&resolved.files, record.name(occurrence.name())));
            }
        }
        found
    }

    /// Returns the meanings of a name with a receiver.
    fn member(&self, file: FileId, index: usize, name: &str) -> Vec<Meaning> {
        match self.recurse(|| self.receiver(file, index)) {
            Denoted::Types(types, confidence) => {
                let members = self.members(&types, name, confidence);
                // It may be a member of a base type outside the workspace, or of a subclass inside it.
                if members.is_empty() { halve_confidence(self.by_name(file, name)) } else { members }
            }
            Denoted::Modules(files) => self.exported(&files, name, 0.9),
            Denoted::External => Vec::new(),
            Denoted::Unknown => self.by_name(file, name),
        }
    }
}

pub(super) fn meaning(symbol_ref: SymbolRef, confidence: f32) -> Meaning {
    Meaning { symbol_ref, confidence, source: Source::Index }
}

/// Divides a confidence among equally likely symbols.
pub(super) fn with_shared_confidence(symbol_refs: &[SymbolRef], confidence: f32) -> Vec<Meaning> {
    #[expect(clippy::cast_precision_loss, reason = "a count of symbols of one name")]
    let each = (confidence / symbol_refs.len().max(1) as f32).max(0.05);
    symbol_refs.iter().map(|symbol_ref| meaning(*symbol_ref, each)).collect()
}

fn halve_confidence(mut meanings: Vec<Meaning>) -> Vec<Meaning> {
    for meaning in &mut meanings {
        meaning.confidence /= 2.0;
    }
    meanings
}

fn defined_at(record: &FileRecord, occurrence: Occurrence) -> Option<SymbolId> {
    let named = record.symbols_with_ids().find(|(_, symbol)| symbol.name_span.start == occurrence.start);
    named.map(|(id, _)| id)
}

/// Returns whether an import without an alias is known by a name: `import os.path` by `os` and by `path`,
/// `"example.com/log/v2"` by `log`.
fn is_implicit_name(path: &str, name: &str) -> bool {
    let mut words: Vec<&str> = path_words(path).collect();
    let is_version = |word: &&str| {
        word.len() > 1 && word.starts_with('v') && word[1..].chars().all(|digit| digit.is_ascii_digit())
    };
    if words.len() > 1 && words.last().is_some_and(is_version) {
        words.pop();
    }
    let last = words.last().copied().unwrap_or_default();
    last == name || last.trim_start_matches("go-") == name || words.first() == Some(&name)
}
