//! The members of types, and the base types they inherit from.

use std::rc::Rc;

use super::families::Family;
use super::lookup::directory;
use super::meanings::{meaning, with_shared_confidence};
use super::{Meaning, Resolver, SymbolRef};
use crate::index::FileId;
use crate::limits;
use crate::record::{FileRecord, Occurrence, Role, Symbol, SymbolId, SymbolKind};

impl Resolver<'_> {
    /// Returns the members with a given name of some types. The confidence of inherited members is slightly
    /// lower.
    pub(super) fn members(&self, types: &[SymbolRef], name: &str, confidence: f32) -> Vec<Meaning> {
        let mut found: Vec<Meaning> = Vec::new();
        let mut seen: Vec<SymbolRef> = Vec::new();
        let mut next = types.to_vec();
        let mut confidence = confidence;
        for _ in 0..crate::limits::REEXPORTS_MAX {
            next.retain(|symbol_ref| !seen.contains(symbol_ref));
            if next.is_empty() {
                break;
            }
            seen.extend(&next);
            found.extend(
                next.iter()
                    .flat_map(|symbol_ref| self.own_members(*symbol_ref, name))
                    .map(|symbol_ref| meaning(symbol_ref, confidence)),
            );
            if !found.is_empty() {
                break;
            }
            next = next.iter().flat_map(|symbol_ref| self.recurse(|| self.bases(*symbol_ref))).collect();
            confidence = confidence.min(0.8);
        }
        found
    }

    /// Returns the members of a type: those inside it, or else those declared elsewhere, as in `impl Type`,
    /// `func (t *Type)`, `extension Type`.
    fn own_members(&self, of: SymbolRef, name: &str) -> Vec<SymbolRef> {
        let (Some((record, _)), Some(own_file)) = (self.symbol(of), self.snapshot.file(of.file)) else {
            return Vec::new();
        };
        // Searching the file of the type first avoids, for most questions, examining all symbols with a
        // common name.
        let in_file = record.names.find(name).map_or_else(Vec::new, |name| {
            let named = record.symbols_with_ids().filter(|(_, symbol)| symbol.name == name);
            named.map(|(id, symbol)| (id, symbol.parent)).collect()
        });
        let in_type = in_file.iter().filter(|(_, parent)| *parent == Some(of.symbol));
        let own: Vec<SymbolRef> =
            in_type.map(|(symbol, _)| SymbolRef { file: of.file, symbol: *symbol }).collect();
        if !own.is_empty() {
            return own;
        }
        let type_name = self.name(of);
        let in_same_file = in_file.iter().map(|(symbol, _)| SymbolRef { file: of.file, symbol: *symbol });
        let in_same_file: Vec<SymbolRef> =
            in_same_file.filter(|symbol_ref| self.is_outside_member_of(*symbol_ref, type_name)).collect();
        if !in_same_file.is_empty() {
            return in_same_file;
        }
        let family = Family::of(record.language);
        let in_other_files = self.snapshot.symbols_named(name).filter(|(file, ..)| {
            *file != of.file && self.language(*file).is_some_and(|language| Family::of(language) == family)
        });
        let in_other_files = in_other_files.map(|(file, symbol, _)| SymbolRef { file, symbol });
        let in_other_files: Vec<SymbolRef> =
            in_other_files.filter(|symbol_ref| self.is_outside_member_of(*symbol_ref, type_name)).collect();
        let is_near = |symbol_ref: &&SymbolRef| {
            let other = self.snapshot.file(symbol_ref.file);
            other.is_some_and(|other| {
                other.root == own_file.root && directory(&other.path) == directory(&own_file.path)
            })
        };
        let near: Vec<SymbolRef> = in_other_files.iter().filter(is_near).copied().collect();
        if near.is_empty() { in_other_files } else { near }
    }

    /// Returns whether a symbol is a member of a type of the given name, but declared outside of it.
    fn is_outside_member_of(&self, symbol_ref: SymbolRef, type_name: &str) -> bool {
        let Some((record, symbol)) = self.symbol(symbol_ref) else { return false };
        let parent = symbol.parent.and_then(|parent| record.symbol(parent));
        symbol.owner.is_some_and(|owner| record.name(owner) == type_name)
            && parent.is_none_or(|parent| !parent.kind.is_type() || parent.kind == SymbolKind::Implementation)
    }

    /// Returns the types that a type extends or implements, including those declared elsewhere.
    pub(super) fn bases(&self, of: SymbolRef) -> Vec<SymbolRef> {
        let Some((record, symbol)) = self.symbol(of) else { return Vec::new() };
        let mut symbol_refs = vec![of];
        if Family::of(record.language) == Family::Rust || Family::of(record.language) == Family::Swift {
            let named = self.snapshot.symbols_named(record.name(symbol.name));
            symbol_refs.extend(
                named
                    .filter(|(.., other)| other.kind == SymbolKind::Implementation)
                    .map(|(file, symbol, _)| SymbolRef { file, symbol }),
            );
        }
        let mut bases = Vec::new();
        for symbol_ref in symbol_refs {
            let Some((record, symbol)) = self.symbol(symbol_ref) else { continue };
            for index in self.occurrences_in(symbol_ref.file, symbol.span) {
                let occurrence = record.occurrences[index];
                if occurrence.role() == Role::Extends
                    && self.is_directly_in(record, occurrence, symbol_ref.symbol)
                {
                    bases.extend(
                        self.types_of_occurrence(symbol_ref.file, index)
                            .into_iter()
                            .filter(|base| *base != of),
                    );
                }
            }
        }
        bases
    }

    /// Returns whether an occurrence is in a type itself rather than in one of its members. Fields count as
    /// part of the type, since the fields of a struct may embed other types.
    fn is_directly_in(&self, record: &FileRecord, occurrence: Occurrence, of: SymbolId) -> bool {
        let inner = record.enclosing_symbol(occurrence.start);
        inner == Some(of)
            || inner
                .and_then(|id| record.symbol(id))
                .is_some_and(|symbol| symbol.parent == Some(of) && symbol.kind == SymbolKind::Field)
    }

    /// Returns the members with a given name of any type, preferably of types in the files that the given
    /// file imports.
    pub(super) fn by_name(&self, file: FileId, name: &str) -> Vec<Meaning> {
        let Some(language) = self.language(file) else { return Vec::new() };
        let all = self.members_named(name, Family::of(language));
        let imports = self.imports(file);
        let mut visible: Vec<FileId> =
            imports.iter().flat_map(|import| import.files.iter().copied()).collect();
        visible.push(file);
        visible.sort_unstable();
        visible.dedup();
        let in_file = |file: FileId| {
            let first = all.partition_point(|symbol_ref| symbol_ref.file < file);
            all[first..].iter().take_while(move |symbol_ref| symbol_ref.file == file).copied()
        };
        let near: Vec<SymbolRef> = visible.into_iter().flat_map(in_file).collect();
        if !near.is_empty() {
            with_shared_confidence(&near, 0.5)
        } else if all.len() <= limits::NAMESAKES_MAX {
            with_shared_confidence(&all, 0.4)
        } else {
            Vec::new()
        }
    }

    /// Returns the symbols with a given name that may be members of a type.
    fn members_named(&self, name: &str, family: Family) -> Rc<Vec<SymbolRef>> {
        let key = (name.to_owned(), family);
        if let Some(known) = self.by_name.borrow().get(&key) {
            return Rc::clone(known);
        }
        let is_member = |record: &FileRecord, symbol: &Symbol| {
            let parent = symbol.parent.and_then(|parent| record.symbol(parent));
            // A function in an object literal belongs to no type.
            let of_object = matches!(family, Family::Script | Family::Lua)
                && symbol.kind == SymbolKind::Function
                && symbol.parent.is_none();
            symbol.owner.is_some() || parent.is_some_and(|parent| parent.kind.is_type()) || of_object
        };
        let symbols = self.snapshot.symbols_named(name).filter(|(file, _, symbol)| {
            let record = self.record(*file).filter(|record| Family::of(record.language) == family);
            symbol.kind != SymbolKind::Implementation
                && record.is_some_and(|record| is_member(record, symbol))
        });
        let mut found: Vec<SymbolRef> = symbols.map(|(file, symbol, _)| SymbolRef { file, symbol }).collect();
        found.sort_unstable();
        let found = Rc::new(found);
        self.by_name.borrow_mut().insert(key, Rc::clone(&found));
        found
    }
}
