//! Finds the references to symbols.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::families::Family;
use super::lookup::proximity;
use super::{Place, Resolver, Source};
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
    pub place: Place,
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
        places: &[Place],
        check_time: &dyn Fn() -> Result<(), E>,
    ) -> Result<Vec<Reference>, E> {
        self.references_within(places, usize::MAX, check_time)
    }

    /// Returns references like [`Resolver::references`], but searches at most `files_max` files for each
    /// name, those nearest to the first symbol. [`Resolver::skipped_file_count`] returns the number of the
    /// others.
    ///
    /// # Errors
    /// The error of `check_time`.
    pub fn references_within<E>(
        &self,
        places: &[Place],
        files_max: usize,
        check_time: &dyn Fn() -> Result<(), E>,
    ) -> Result<Vec<Reference>, E> {
        let wanted: Vec<(Place, Place, f32)> =
            places.iter().flat_map(|place| self.with_overridden_members(*place)).collect();
        let names: BTreeSet<&str> =
            places.iter().map(|place| self.name(*place)).filter(|name| !name.is_empty()).collect();
        let families: Vec<Family> =
            places.iter().filter_map(|place| self.language(place.file)).map(Family::of).collect();
        let mut found = Vec::new();
        for name in names {
            for (file, indexed) in self.nearest_files_with(name, places, files_max) {
                check_time()?;
                let record = &*indexed.record;
                if !families.contains(&Family::of(record.language)) {
                    continue;
                }
                for index in occurrences_of(record, name) {
                    let meanings = self.meanings(file, index);
                    let fitting = meanings.iter().flat_map(|meaning| {
                        let wanted = wanted.iter().filter(|(_, stand_in, _)| *stand_in == meaning.place);
                        wanted.map(|(place, _, share)| (*place, meaning.confidence * share, meaning.source))
                    });
                    let best = fitting.max_by(|a, b| a.1.total_cmp(&b.1));
                    found.extend(best.map(|(place, confidence, source)| Reference {
                        file,
                        occurrence: record.occurrences[index],
                        place,
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
        places: &[Place],
        files_max: usize,
    ) -> Vec<(FileId, &Arc<IndexedFile>)> {
        let mut files: Vec<(FileId, &Arc<IndexedFile>)> = self.snapshot.files_with(name).collect();
        let home = places.first().and_then(|place| self.snapshot.file(place.file));
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
    fn with_overridden_members(&self, place: Place) -> Vec<(Place, Place, f32)> {
        let mut with_overridden_members = vec![(place, place, 1.0)];
        let Some((record, symbol)) = self.symbol(place) else { return with_overridden_members };
        if let Some(parent) =
            symbol.parent.filter(|parent| record.symbol(*parent).is_some_and(|parent| parent.kind.is_type()))
        {
            let types = self.definitions_of_type(place.file, parent);
            let bases: Vec<Place> = types.into_iter().flat_map(|of| self.bases(of)).collect();
            let overridden = self.members(&bases, record.name(symbol.name), 0.6);
            with_overridden_members.extend(
                overridden
                    .into_iter()
                    .filter(|base| base.place != place)
                    .map(|base| (place, base.place, 0.6)),
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
