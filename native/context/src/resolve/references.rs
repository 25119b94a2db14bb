//! Finds the references to symbols.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::families::Family;
use super::lookup::proximity;
use super::{Resolver, Source, SymbolRef};
use crate::index::{FileId, IndexedFile};
use crate::record::{FileRecord, NameId, Occurrence, Role};

/// A reference to a symbol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reference {
    /// The file that contains the reference.
    pub file: FileId,
    /// The identifier.
    pub occurrence: Occurrence,
    /// The requested symbol that it most likely refers to.
    pub symbol_ref: SymbolRef,
    /// The confidence from 0 to 1; see the table of [`crate::resolve`].
    pub confidence: f32,
    /// The source of the result.
    pub source: Source,
}

impl Resolver<'_> {
    /// Returns the references to some symbols, without their definitions, in file and text order.
    /// `check_time` is called repeatedly, and its error ends the search.
    ///
    /// # Errors
    /// The error of `check_time`.
    pub fn references<E>(
        &self,
        symbol_refs: &[SymbolRef],
        check_time: &dyn Fn() -> Result<(), E>,
    ) -> Result<Vec<Reference>, E> {
        self.references_within(symbol_refs, usize::MAX, check_time)
    }

    /// Returns references like [`Resolver::references`], but searches at most `files_max` files for each
    /// name, those nearest to the first symbol. [`Resolver::skipped_file_count`] returns the number of the
    /// others.
    ///
    /// # Errors
    /// The error of `check_time`.
    pub fn references_within<E>(
        &self,
        symbol_refs: &[SymbolRef],
        files_max: usize,
        check_time: &dyn Fn() -> Result<(), E>,
    ) -> Result<Vec<Reference>, E> {
        let wanted: Vec<(SymbolRef, SymbolRef, f32)> =
            symbol_refs.iter().flat_map(|symbol_ref| self.with_overridden_members(*symbol_ref)).collect();
        let names: BTreeSet<&str> = symbol_refs
            .iter()
            .map(|symbol_ref| self.name(*symbol_ref))
            .filter(|name| !name.is_empty())
            .collect();
        let families: Vec<Family> = symbol_refs
            .iter()
            .filter_map(|symbol_ref| self.language(symbol_ref.file))
            .map(Family::of)
            .collect();
        let mut found = Vec::new();
        for name in names {
            for (file, indexed) in self.nearest_files_with(name, symbol_refs, files_max) {
                check_time()?;
                let record = &*indexed.record;
                if !families.contains(&Family::of(record.language)) {
                    continue;
                }
                for index in occurrences_of(record, name) {
                    let meanings = self.meanings(file, index);
                    let fitting = meanings.iter().flat_map(|meaning| {
                        let wanted = wanted.iter().filter(|(_, stand_in, _)| *stand_in == meaning.symbol_ref);
                        wanted.map(|(symbol_ref, _, share)| {
                            (*symbol_ref, meaning.confidence * share, meaning.source)
                        })
                    });
                    let best = fitting.max_by(|a, b| a.1.total_cmp(&b.1));
                    found.extend(best.map(|(symbol_ref, confidence, source)| Reference {
                        file,
                        occurrence: record.occurrences[index],
                        symbol_ref,
                        confidence,
                        source,
                    }));
                }
            }
        }
        found.sort_by_key(|reference| (reference.file, reference.occurrence.start));
        found.dedup_by_key(|reference| (reference.file, reference.occurrence.start));
        Ok(found)
    }

    fn nearest_files_with(
        &self,
        name: &str,
        symbol_refs: &[SymbolRef],
        files_max: usize,
    ) -> Vec<(FileId, &Arc<IndexedFile>)> {
        let mut files: Vec<(FileId, &Arc<IndexedFile>)> = self.snapshot.files_with(name).collect();
        let home = symbol_refs.first().and_then(|symbol_ref| self.snapshot.file(symbol_ref.file));
        if let Some(home) = home.filter(|_| files.len() > files_max) {
            files.sort_by_cached_key(|(id, file)| (std::cmp::Reverse(proximity(home, file)), *id));
            self.skipped_files.set(self.skipped_files.get() + files.len() - files_max);
            files.truncate(files_max);
        }
        files
    }

    /// Returns the number of files that contain a requested name and were not searched.
    #[must_use]
    pub fn skipped_file_count(&self) -> usize {
        self.skipped_files.get()
    }

    /// Returns a symbol and the base members that it overrides, each with the factor for its confidence. A
    /// call of an overridden member may mean the overriding one.
    fn with_overridden_members(&self, symbol_ref: SymbolRef) -> Vec<(SymbolRef, SymbolRef, f32)> {
        let mut with_overridden_members = vec![(symbol_ref, symbol_ref, 1.0)];
        let Some((record, symbol)) = self.symbol(symbol_ref) else { return with_overridden_members };
        if let Some(parent) =
            symbol.parent.filter(|parent| record.symbol(*parent).is_some_and(|parent| parent.kind.is_type()))
        {
            let types = self.definitions_of_type(symbol_ref.file, parent);
            let bases: Vec<SymbolRef> = types.into_iter().flat_map(|of| self.bases(of)).collect();
            let overridden = self.members(&bases, record.name(symbol.name), 0.6);
            with_overridden_members.extend(
                overridden
                    .into_iter()
                    .filter(|base| base.symbol_ref != symbol_ref)
                    .map(|base| (symbol_ref, base.symbol_ref, 0.6)),
            );
        }
        with_overridden_members
    }
}

/// Returns the occurrences of a name in a file, under the local names that imports give it. Definitions and
/// declarations are excluded.
fn occurrences_of(record: &FileRecord, name: &str) -> Vec<usize> {
    let Some(id) = record.names.find(name) else { return Vec::new() };
    let mut names: Vec<NameId> = vec![id];
    for import in &record.imports {
        names.extend(
            import.names.iter().filter(|imported| imported.name == id).map(|imported| imported.local),
        );
    }
    names.sort_unstable();
    names.dedup();
    // An alias in an import is declared there, not used.
    let is_use = |occurrence: &Occurrence| match occurrence.role() {
        Role::Definition | Role::Local => false,
        Role::Import => occurrence.name() == id,
        _ => names.contains(&occurrence.name()),
    };
    let indexes = record.occurrences.iter().enumerate().filter(|(_, occurrence)| is_use(occurrence));
    indexes.map(|(index, _)| index).collect()
}
