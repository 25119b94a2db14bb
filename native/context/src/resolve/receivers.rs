//! Resolves the receiver of a member to types or modules, as far as the nearby code shows.

use super::families::Family;
use super::meanings::Bound;
use super::{Meaning, Resolver, SymbolRef};
use crate::index::FileId;
use crate::record::{FileRecord, Occurrence, Receiver, Role, SymbolId, SymbolKind};

/// The meaning of an expression.
#[derive(Debug, Default)]
pub(super) enum Denoted {
    /// Values of some types, or the types themselves, with a confidence.
    Types(Vec<SymbolRef>, f32),
    /// A module, by its files.
    Modules(Vec<FileId>),
    /// Something outside the workspace.
    External,
    /// It is unknown.
    #[default]
    Unknown,
}

/// The names for the receiver of a method, or for its class.
const SELF_NAMES: &[&str] = &["self", "this", "cls", "Self"];
/// The names for the base class.
const BASE_NAMES: &[&str] = &["super", "base", "parent"];
/// The maximum number of bytes between a name and the expression that determines its type: `: &mut `, ` =
/// await `.
const DECLARATION_GAP_MAX: u32 = 12;

impl Resolver<'_> {
    /// Resolves the receiver of an occurrence.
    pub(super) fn receiver(&self, file: FileId, index: usize) -> Denoted {
        let Some(record) = self.record(file) else { return Denoted::Unknown };
        let (Some(own), Some(before)) = (record.occurrences.get(index), index.checked_sub(1)) else {
            return Denoted::Unknown;
        };
        let previous = record.occurrences[before];
        let gap = own.start.saturating_sub(end(record, previous));
        match own.receiver() {
            Receiver::Name if gap <= 2 => self.denoted(file, before),
            // `super().name`, `Type().name`, `make().name`.
            Receiver::Expression if gap == 3 && previous.role() == Role::Call => {
                if BASE_NAMES.contains(&record.name(previous.name())) {
                    return self.denoted(file, before);
                }
                self.result_of_call(file, before)
            }
            _ => Denoted::Unknown,
        }
    }

    /// Resolves an occurrence as a value.
    fn denoted(&self, file: FileId, index: usize) -> Denoted {
        let Some(record) = self.record(file) else { return Denoted::Unknown };
        let occurrence = record.occurrences[index];
        let name = record.name(occurrence.name());
        if !occurrence.is_member() {
            if let Some(module) = self.rust_path_start(file, name) {
                return Denoted::Modules(vec![module]);
            }
            let enclosing = || self.enclosing_type(file, occurrence.start);
            if SELF_NAMES.contains(&name) {
                return types(enclosing(), 0.85);
            }
            if BASE_NAMES.contains(&name) {
                let bases =
                    enclosing().iter().flat_map(|symbol_ref| self.bases(*symbol_ref)).collect::<Vec<_>>();
                return if bases.is_empty() { Denoted::External } else { types(bases, 0.85) };
            }
        }
        // An occurrence with a receiver is a member of that receiver rather than the last word of an imported
        // path.
        let meanings =
            if occurrence.is_member() { self.recurse(|| self.meanings(file, index)) } else { Vec::new() };
        if meanings.is_empty()
            && let Some(files) = self.module_of_import(file, name)
        {
            return Denoted::Modules(files);
        }
        if occurrence.is_member() {
            return self.denoted_by(&meanings);
        }
        match self.bound(file, occurrence.start, name) {
            Bound::Local(declaration) => {
                types(self.recurse(|| self.types_of_declaration(file, declaration)), 0.7)
            }
            Bound::Symbols(meanings) => self.denoted_by(&meanings),
            Bound::Modules(files) => {
                // `import Store from "./store"` may import a class, in which case its members are meant.
                let classes: Vec<SymbolRef> =
                    self.exported(&files, name, 0.9).into_iter().map(|meaning| meaning.symbol_ref).collect();
                let classes: Vec<SymbolRef> =
                    classes.into_iter().filter(|symbol_ref| self.is_type(*symbol_ref)).collect();
                if classes.is_empty() { Denoted::Modules(files) } else { types(classes, 0.85) }
            }
            Bound::External => Denoted::External,
            // It is a type that is not defined here, or a variable that the query did not capture.
            Bound::Nothing if name.starts_with(char::is_uppercase) => Denoted::External,
            Bound::Nothing => Denoted::Unknown,
        }
    }

    /// Returns the module that an import binds to a name: `a.b` of `import a.b`, `child` of `mod child;`.
    fn module_of_import(&self, file: FileId, name: &str) -> Option<Vec<FileId>> {
        let record = self.record(file)?;
        let resolved = self.imports(file);
        let found = record.imports.iter().zip(resolved.iter()).find(|(import, resolved)| {
            let is_itself = import.names.is_empty()
                && import.alias.is_none()
                && !import.everything
                && import.path.rsplit(['.', '/', ':']).next() == Some(name);
            let is_module = import.alias.is_some_and(|alias| {
                record.name(alias) == name && resolved.modules.iter().any(|(id, _)| *id == alias)
            });
            (is_itself || is_module) && !resolved.files.is_empty()
        });
        found.map(|(_, resolved)| resolved.files.clone())
    }

    fn denoted_by(&self, meanings: &[Meaning]) -> Denoted {
        let Some(best) = meanings.first().map(|meaning| meaning.confidence) else { return Denoted::Unknown };
        let likely = meanings.iter().filter(|meaning| meaning.confidence >= best && meaning.confidence > 0.3);
        let (mut found, mut confidence) = (Vec::new(), 0.85);
        for meaning in likely {
            let Some((_, symbol)) = self.symbol(meaning.symbol_ref) else { continue };
            if symbol.kind.is_type() || symbol.kind == SymbolKind::Module {
                found.push(meaning.symbol_ref);
            } else if !symbol.kind.is_callable() {
                let variable = self.occurrence_at(meaning.symbol_ref.file, symbol.name_span.start);
                found.extend(variable.into_iter().flat_map(|index| {
                    self.recurse(|| self.types_of_declaration(meaning.symbol_ref.file, index))
                }));
                confidence = 0.7;
            }
        }
        let modules: Vec<FileId> =
            found.iter().flat_map(|symbol_ref| self.file_of_module(*symbol_ref)).collect();
        if modules.is_empty() { types(found, confidence) } else { Denoted::Modules(modules) }
    }

    /// Returns the file of `mod name;`.
    fn file_of_module(&self, symbol_ref: SymbolRef) -> Option<FileId> {
        let (record, symbol) = self.symbol(symbol_ref)?;
        if symbol.kind != SymbolKind::Module || symbol.body.is_some() {
            return None;
        }
        self.module_of_import(symbol_ref.file, record.name(symbol.name))?.first().copied()
    }

    /// Determines the types of a variable, parameter or field from the code beside its declaration.
    fn types_of_declaration(&self, file: FileId, declaration: usize) -> Vec<SymbolRef> {
        let Some(record) = self.record(file) else { return Vec::new() };
        let own = record.occurrences[declaration];
        // The type precedes the name: `Type name`.
        if let Some(before) = declaration.checked_sub(1) {
            let previous = record.occurrences[before];
            let gap = own.start.saturating_sub(end(record, previous));
            // C allows `Type *name`. In other languages two characters would be a comma and a space.
            let gap_max = if Family::of(record.language) == Family::C { 2 } else { 1 };
            if previous.role() == Role::Type && (1..=gap_max).contains(&gap) {
                let found = self.types_of_occurrence(file, before);
                if !found.is_empty() {
                    return found;
                }
            }
        }
        // The type follows the name: `name: Type`, `name: Wrapper<Type>`, `name = Type(…)`, `name := make()`.
        let mut last_end = end(record, own);
        for (index, next) in record.occurrences.iter().enumerate().skip(declaration + 1).take(4) {
            if next.start.saturating_sub(last_end) > DECLARATION_GAP_MAX
                || record.line(next.start) != record.line(own.start)
            {
                break;
            }
            last_end = end(record, *next);
            match next.role() {
                Role::Type | Role::Extends => {
                    let found = self.types_of_occurrence(file, index);
                    if !found.is_empty() {
                        return found;
                    }
                }
                Role::Call => {
                    return if let Denoted::Types(found, _) = self.recurse(|| self.result_of_call(file, index))
                    {
                        found
                    } else {
                        Vec::new()
                    };
                }
                Role::Mention => {
                    // In `name = module.Type(…)`, the last word is decisive.
                    let has_member = record.occurrences.get(index + 1).is_some_and(|after| {
                        after.receiver() == Receiver::Name && after.start.saturating_sub(last_end) <= 2
                    });
                    if !has_member {
                        return if let Denoted::Types(found, _) = self.recurse(|| self.denoted(file, index)) {
                            found
                        } else {
                            Vec::new()
                        };
                    }
                }
                Role::Import | Role::Local | Role::Definition => break,
            }
        }
        Vec::new()
    }

    /// Resolves the result of a call: the type that it constructs, or the declared return type of the
    /// function.
    fn result_of_call(&self, file: FileId, call: usize) -> Denoted {
        let mut found = Vec::new();
        for meaning in self.recurse(|| self.meanings(file, call)) {
            if meaning.confidence < 0.5 {
                continue;
            }
            if self.is_type(meaning.symbol_ref) {
                found.push(meaning.symbol_ref);
            } else {
                found.extend(self.return_types(meaning.symbol_ref));
            }
        }
        types(found, 0.7)
    }

    /// Returns the first type of the workspace in the declared return type of a function.
    fn return_types(&self, symbol_ref: SymbolRef) -> Vec<SymbolRef> {
        let Some((record, symbol)) = self.symbol(symbol_ref) else { return Vec::new() };
        let signature = &*symbol.signature;
        let written = if let Some((_, after)) = signature.split_once("->") {
            after
        } else {
            let after = signature.rsplit_once(')').map_or("", |(_, after)| after);
            let typed_in_front =
                matches!(Family::of(record.language), Family::Jvm | Family::C | Family::CSharp);
            if typed_in_front && !after.contains(char::is_alphabetic) {
                signature.split_once(record.name(symbol.name)).map_or("", |(front, _)| front)
            } else {
                after
            }
        };
        let words = written.split(|character: char| !character.is_alphanumeric() && character != '_');
        for word in words.filter(|word| word.starts_with(char::is_uppercase)) {
            if word == "Self" {
                return self.enclosing_type(symbol_ref.file, symbol.name_span.start);
            }
            if let Bound::Symbols(meanings) =
                self.recurse(|| self.bound(symbol_ref.file, symbol.name_span.start, word))
            {
                let found: Vec<SymbolRef> = meanings
                    .into_iter()
                    .map(|meaning| meaning.symbol_ref)
                    .filter(|symbol_ref| self.is_type(*symbol_ref))
                    .collect();
                if !found.is_empty() {
                    return found;
                }
            }
        }
        Vec::new()
    }

    pub(super) fn types_of_occurrence(&self, file: FileId, index: usize) -> Vec<SymbolRef> {
        let Some(record) = self.record(file) else { return Vec::new() };
        let occurrence = record.occurrences[index];
        if record.name(occurrence.name()) == "Self" {
            return self.enclosing_type(file, occurrence.start);
        }
        let meanings = self.recurse(|| self.meanings(file, index));
        meanings
            .into_iter()
            .map(|meaning| meaning.symbol_ref)
            .filter(|symbol_ref| self.is_type(*symbol_ref))
            .collect()
    }

    /// Returns the type that encloses an offset, or that the method at the offset belongs to.
    pub(super) fn enclosing_type(&self, file: FileId, offset: u32) -> Vec<SymbolRef> {
        let Some(record) = self.record(file) else { return Vec::new() };
        let mut next = record.enclosing_symbol(offset);
        while let Some((id, symbol)) = next.and_then(|id| Some((id, record.symbol(id)?))) {
            if symbol.kind.is_type() {
                return self.definitions_of_type(file, id);
            }
            if symbol.parent.is_none()
                && let Some(owner) = symbol.owner
            {
                return self.types_named(file, record.name(owner));
            }
            next = symbol.parent;
        }
        Vec::new()
    }

    /// Returns the type that a symbol names; an implementation block is replaced by its type.
    pub(super) fn definitions_of_type(&self, file: FileId, symbol: SymbolId) -> Vec<SymbolRef> {
        let symbol_ref = SymbolRef { file, symbol };
        let Some((record, found)) = self.symbol(symbol_ref) else { return Vec::new() };
        if found.kind != SymbolKind::Implementation {
            return vec![symbol_ref];
        }
        let types = self.types_named(file, record.name(found.name));
        if types.is_empty() { vec![symbol_ref] } else { types }
    }

    fn types_named(&self, file: FileId, name: &str) -> Vec<SymbolRef> {
        let Bound::Symbols(meanings) = self.recurse(|| self.bound(file, u32::MAX, name)) else {
            return Vec::new();
        };
        meanings
            .into_iter()
            .map(|meaning| meaning.symbol_ref)
            .filter(|symbol_ref| self.is_type(*symbol_ref))
            .collect()
    }

    pub(super) fn is_type(&self, symbol_ref: SymbolRef) -> bool {
        self.symbol(symbol_ref).is_some_and(|(_, symbol)| symbol.kind.is_type())
    }

    pub(super) fn occurrence_at(&self, file: FileId, offset: u32) -> Option<usize> {
        let record = self.record(file)?;
        record.occurrences.binary_search_by_key(&offset, |occurrence| occurrence.start).ok()
    }
}

fn types(symbol_refs: Vec<SymbolRef>, confidence: f32) -> Denoted {
    if symbol_refs.is_empty() { Denoted::Unknown } else { Denoted::Types(symbol_refs, confidence) }
}

fn end(record: &FileRecord, occurrence: Occurrence) -> u32 {
    occurrence.start + u32::try_from(record.name(occurrence.name()).len()).unwrap_or(0)
}
