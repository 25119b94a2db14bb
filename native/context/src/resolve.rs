//! What names and imports mean, as far as syntax tells.
//!
//! Everything is worked out when it is asked for, from one snapshot: the records of the files that matter have all that is needed, so that
//! no text is read, and a change costs nothing until somebody asks.
//!
//! How sure an answer is, from 0 to 1:
//!
//! | confidence | why |
//! |---|---|
//! | 1 | it is the definition itself, or a SCIP index says so |
//! | 0.95 | a definition in the same scope or file |
//! | 0.9 | an import leads to it |
//! | 0.85 | a member of the type around it, of a type that is named in front of it, or a name of the same package |
//! | 0.8 | brought in with everything of a module; inherited |
//! | 0.7 | a member of the type that a variable was given where it was made |
//! | 0.6 | may be what an overridden method stands for |
//! | at most 0.5 | only the name fits; shared among all definitions of the name, if those are no more than `limits::NAMESAKES_MAX` |

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

/// A symbol of the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file that defines it.
    pub file: FileId,
    /// The symbol in that file's record.
    pub symbol: SymbolId,
}

/// What a name may mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Meaning {
    /// The symbol.
    pub place: Place,
    /// How sure that is, from 0 to 1; see the table of [`crate::resolve`].
    pub confidence: f32,
    /// Who says so.
    pub source: Source,
}

/// Who says what a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The index, by syntax.
    Index,
    /// A compiler, in a SCIP index.
    Scip,
    /// A language server of the editor; no resolver asks one.
    LanguageServer,
}

impl Source {
    /// The word for it in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Scip => "scip",
            Self::LanguageServer => "language-server",
        }
    }
}

/// The highest confidence that a match has if nothing but the name speaks for it; see the table of [`crate::resolve`].
pub const NAME_ONLY_CONFIDENCE_MAX: f32 = 0.5;

/// A confidence with two digits, as answers show it.
#[must_use]
pub fn rounded_confidence(confidence: f32) -> f64 {
    (f64::from(confidence) * 100.0).round() / 100.0
}

type NameInFamily = (String, Family);

/// Says what names mean in one snapshot. It remembers what it found out, so one is made for each question.
pub struct Resolver<'a> {
    snapshot: &'a Snapshot,
    manifests: Arc<Manifests>,
    scip: Arc<ScipIndex>,
    /// Whether a SCIP index has said what a name means.
    scip_used: Cell<bool>,
    /// Files that have a name and were not looked at.
    skipped_files: Cell<usize>,
    imports: RefCell<HashMap<FileId, Rc<Vec<ResolvedImport>>>>,
    /// The symbols of a name in a family of languages that may stand behind a receiver of which nothing is known, in order.
    by_name: RefCell<HashMap<NameInFamily, Rc<Vec<Place>>>>,
    /// How deep the resolving of one name led to that of others.
    depth: Cell<u32>,
}

impl<'a> Resolver<'a> {
    /// A resolver for a snapshot.
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

    /// The occurrences in a span of a file, by their index in its record.
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

    fn symbol(&self, place: Place) -> Option<(&'a FileRecord, &'a Symbol)> {
        let record = self.record(place.file)?;
        Some((record, record.symbol(place.symbol)?))
    }

    fn language(&self, file: FileId) -> Option<LanguageId> {
        self.record(file).map(|record| record.language)
    }

    fn name(&self, place: Place) -> &'a str {
        self.symbol(place).map_or("", |(record, symbol)| record.name(symbol.name))
    }

    /// Runs something that may lead to itself again, unless it has done so too often.
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
