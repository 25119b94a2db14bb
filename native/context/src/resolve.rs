//! Determines what names and imports refer to, as far as syntax shows.
//!
//! Everything is computed on demand from one snapshot. The records of the relevant files contain all that is
//! needed. So no file is read, and a change costs nothing until the next question.
//!
//! The confidence of a result, from 0 to 1:
//!
//! | confidence | reason |
//! |---|---|
//! | 1 | it is the definition itself, or a SCIP index says so |
//! | 0.95 | a definition in the same scope or file |
//! | 0.9 | an import resolves to it |
//! | 0.85 | a member of the enclosing type or of a type named as receiver, or a name of the same package |
//! | 0.8 | imported with a wildcard, or inherited |
//! | 0.7 | a member of the type that a variable has according to its declaration |
//! | 0.6 | an overridden method that may stand for the requested one |
//! | at most 0.5 | only the name matches; divided among at most `limits::NAMESAKES_MAX` definitions |

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::index::{FileId, Snapshot};
use crate::languages::LanguageId;
use crate::record::{FileRecord, Span, Symbol, SymbolId};
use crate::scip_index::ScipIndex;

mod families;
mod imports;
mod lookup;
mod manifests;
mod meanings;
mod members;
mod receivers;
mod references;
mod scip;
mod symbols;

use families::Family;
pub use imports::ResolvedImport;
pub use manifests::{ManifestCache, Manifests};
pub use references::Reference;

/// Identifies a symbol of the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolRef {
    /// The file that defines the symbol.
    pub file: FileId,
    /// The symbol in the record of that file.
    pub symbol: SymbolId,
}

/// A possible meaning of a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Meaning {
    /// The symbol.
    pub symbol_ref: SymbolRef,
    /// The confidence from 0 to 1; see the table of [`crate::resolve`].
    pub confidence: f32,
    /// The source of the result.
    pub source: Source,
}

/// The source of a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The index, based on syntax.
    Index,
    /// A compiler, by way of a SCIP index.
    Scip,
    /// A language server of the editor. The resolver itself never queries one.
    LanguageServer,
}

impl Source {
    /// Returns the source as it appears in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Scip => "scip",
            Self::LanguageServer => "language-server",
        }
    }
}

/// The maximum confidence of a match that is based on the name alone; see the table of [`crate::resolve`].
pub const NAME_ONLY_CONFIDENCE_MAX: f32 = 0.5;

/// Rounds a confidence to two digits, as it appears in answers.
#[must_use]
pub fn rounded_confidence(confidence: f32) -> f64 {
    (f64::from(confidence) * 100.0).round() / 100.0
}

type NameInFamily = (String, Family);

/// Resolves names in one snapshot. It caches its results, so each question uses a resolver of its own.
pub struct Resolver<'a> {
    snapshot: &'a Snapshot,
    manifests: Arc<Manifests>,
    scip: Arc<ScipIndex>,
    /// True once a SCIP index has contributed a meaning.
    scip_used: Cell<bool>,
    /// The number of files that contain a requested name and were not searched.
    skipped_files: Cell<usize>,
    imports: RefCell<HashMap<FileId, Rc<Vec<ResolvedImport>>>>,
    /// The possible members by name and language family, for receivers of unknown type, sorted.
    by_name: RefCell<HashMap<NameInFamily, Rc<Vec<SymbolRef>>>>,
    /// The current depth of nested name resolution.
    depth: Cell<u32>,
}

impl<'a> Resolver<'a> {
    /// Creates a resolver for a snapshot.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, manifests: Arc<Manifests>, scip: Arc<ScipIndex>) -> Self {
        Self {
            snapshot,
            manifests,
            scip,
            scip_used: Cell::new(false),
            skipped_files: Cell::new(0),
            imports: RefCell::default(),
            by_name: RefCell::default(),
            depth: Cell::new(0),
        }
    }

    /// Returns the occurrences in a span of a file, as indexes in its record.
    #[must_use]
    pub fn occurrences_in(&self, file: FileId, span: Span) -> std::ops::Range<usize> {
        let Some(record) = self.record(file) else { return 0..0 };
        let first = record.occurrences.partition_point(|occurrence| occurrence.start < span.start);
        let end = record.occurrences.partition_point(|occurrence| occurrence.start < span.end);
        first..end
    }

    fn record(&self, file: FileId) -> Option<&'a FileRecord> {
        self.snapshot.file(file).map(|file| &*file.record)
    }

    fn symbol(&self, symbol_ref: SymbolRef) -> Option<(&'a FileRecord, &'a Symbol)> {
        let record = self.record(symbol_ref.file)?;
        Some((record, record.symbol(symbol_ref.symbol)?))
    }

    fn language(&self, file: FileId) -> Option<LanguageId> {
        self.record(file).map(|record| record.language)
    }

    fn name(&self, symbol_ref: SymbolRef) -> &'a str {
        self.symbol(symbol_ref).map_or("", |(record, symbol)| record.name(symbol.name))
    }

    /// Runs work that may recurse, unless the maximum depth is reached; returns the default in that case.
    fn recurse<T: Default>(&self, work: impl FnOnce() -> T) -> T {
        if self.depth.get() >= crate::limits::RESOLVE_DEPTH_MAX {
            return T::default();
        }
        self.depth.set(self.depth.get() + 1);
        let result = work();
        self.depth.set(self.depth.get() - 1);
        result
    }
}

#[cfg(test)]
mod tests;
