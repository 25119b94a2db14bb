//! The members of types, and the base types they inherit from.

use std::rc::Rc;

use super::families::Family;
use super::lookup::directory;
use super::meanings::{meaning, with_shared_confidence};
use super::{Meaning, Place, Resolver};
use crate::index::FileId;
use crate::limits;
use crate::record::{FileRecord, Occurrence, Role, Symbol, SymbolId, SymbolKind};

impl Resolver<'_> {
    /// Returns the members with a given name of some types. The confidence of inherited members is slightly
    /// lower.
    pub(super) fn members(&self, types: &[Place], name: &str, confidence: f32) -> Vec<Meaning> {
        let mut found: Vec<Meaning> = Vec::new();
        let mut seen: Vec<Place> = Vec::new();
        let mut next = types.to_vec();
        let mut confidence = confidence;
        for _ in 0..crate::limits::REEXPORTS_MAX {
            next.retain(|place| !seen.contains(place));
            if next.is_empty() {
                break;
            }
            seen.extend(&next);
            found.extend(
                next.iter()
                    .flat_map(|place| self.own_members(*place, name))
                    .map(|place| meaning(place, confidence)),
            );
            if !found.is_empty() {
                break;
            }
            next = next.iter().flat_map(|place| self.recurse(|| self.bases(*place))).collect();
            confidence = confidence.min(0.8);
        }
        found
    }

    /// Returns the members of a type: those inside it, or else those declared elsewhere, as in `impl Type`,
    /// `func (t *Type)`, `extension Type`.
    fn own_members(&self, of: Place, name: &str) -> Vec<Place> {
        let (Some((record, _)), Some(home)) = (self.symbol(of), self.snapshot.file(of.file)) else {
            return Vec::new();
        };
        // Searching the file of the type first avoids, for most questions, examining all symbols with a
        // common name.
        let in_file = record.names.find(name).map_or_else(Vec::new, |name| {
            let named = record.symbols_with_ids().filter(|(_, symbol)| symbol.name == name);
            named.map(|(id, symbol)| (id, symbol.parent)).collect()
        });
        let in_type = in_file.iter().filter(|(_, parent)| *parent == Some(of.symbol));
        let own: Vec<Place> = in_type.map(|(symbol, _)| Place { file: of.file, symbol: *symbol }).collect();
        if !own.is_empty() {
            return own;
        }
        let type_name = self.name(of);
        let beside = in_file.iter().map(|(symbol, _)| Place { file: of.file, symbol: *symbol });
        let beside: Vec<Place> =
            beside.filter(|place| self.is_outside_member_of(*place, type_name)).collect();
        if !beside.is_empty() {
            return beside;
        }
        let family = Family::of(record.language);
        let elsewhere = self.snapshot.symbols_named(name).filter(|(file, ..)| {
            *file != of.file && self.language(*file).is_some_and(|language| Family::of(language) == family)
        });
        let elsewhere = elsewhere.map(|(file, symbol, _)| Place { file, symbol });
        let elsewhere: Vec<Place> =
            elsewhere.filter(|place| self.is_outside_member_of(*place, type_name)).collect();
        let is_near = |place: &&Place| {
            let other = self.snapshot.file(place.file);
            other.is_some_and(|other| {
                other.root == home.root && directory(&other.path) == directory(&home.path)
            })
        };
        let near: Vec<Place> = elsewhere.iter().filter(is_near).copied().collect();
        if near.is_empty() { elsewhere } else { near }
    }

    /// Returns whether a symbol is a member of a type of the given name, but declared outside of it.
    fn is_outside_member_of(&self, place: Place, type_name: &str) -> bool {
        let Some((record, symbol)) = self.symbol(place) else { return false };
        let parent = symbol.parent.and_then(|parent| record.symbol(parent));
        symbol.owner.is_some_and(|owner| record.name(owner) == type_name)
            && parent.is_none_or(|parent| !parent.kind.is_type() || parent.kind == SymbolKind::Implementation)
    }

    /// Returns the types that a type extends or implements, including those declared elsewhere.
    pub(super) fn bases(&self, of: Place) -> Vec<Place> {
        let Some((record, symbol)) = self.symbol(of) else { return Vec::new() };
        let mut places = vec![of];
        if Family::of(record.language) == Family::Rust || Family::of(record.language) == Family::Swift {
            let named = self.snapshot.symbols_named(record.name(symbol.name));
            places.extend(
                named
                    .filter(|(.., other)| other.kind == SymbolKind::Implementation)
                    .map(|(file, symbol, _)| Place { file, symbol }),
            );
        }
        let mut bases = Vec::new();
        for place in places {
            let Some((record, symbol)) = self.symbol(place) else { continue };
            for index in self.occurrences_in(place.file, symbol.span) {
                let occurrence = record.occurrences[index];
                if occurrence.role() == Role::Extends && self.is_directly_in(record, occurrence, place.symbol)
                {
                    bases.extend(
                        self.types_of_occurrence(place.file, index).into_iter().filter(|base| *base != of),
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
            let first = all.partition_point(|place| place.file < file);
            all[first..].iter().take_while(move |place| place.file == file).copied()
        };
        let near: Vec<Place> = visible.into_iter().flat_map(in_file).collect();
        if !near.is_empty() {
            with_shared_confidence(&near, 0.5)
        } else if all.len() <= limits::NAMESAKES_MAX {
            with_shared_confidence(&all, 0.4)
        } else {
            Vec::new()
        }
    }

    /// Returns the symbols with a given name that may be members of a type.
    fn members_named(&self, name: &str, family: Family) -> Rc<Vec<Place>> {
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
        let mut found: Vec<Place> = symbols.map(|(file, symbol, _)| Place { file, symbol }).collect();
        found.sort_unstable();
        let found = Rc::new(found);
        self.by_name.borrow_mut().insert(key, Rc::clone(&found));
        found
    }
}
