//! Which chunks a query is about.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::index::IndexedFile;
use crate::languages::LanguageId;
use crate::limits;
use crate::record::{Chunk, Symbol, SymbolKind};

/// What results are limited to. The default lets everything through.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Paths.
    pub paths: Paths,
    /// Languages; none means all.
    pub languages: Vec<LanguageId>,
    /// Kinds of the symbol that a result is about; none means all.
    pub kinds: Vec<SymbolKind>,
    /// Leave out tests: files of tests, and what a file's syntax says is one.
    pub exclude_tests: bool,
}

/// Paths, by globs.
#[derive(Debug, Clone, Default)]
pub struct Paths {
    /// `None` means all.
    included: Option<GlobSet>,
    excluded: GlobSet,
}

/// Why globs are not accepted.
#[derive(Debug, thiserror::Error)]
pub enum PathsError {
    /// There are more than `limits::GLOBS_MAX`.
    #[error("more than {} path globs", limits::GLOBS_MAX)]
    TooMany,
    /// One cannot be read.
    #[error("{0}")]
    Invalid(#[from] globset::Error),
}

impl Paths {
    /// The paths from their root that fit one of `globs`, and none of those that start with `!`. As in an ignore file, a glob without a slash is
    /// one of file names, in any folder; one that ends with a slash is a folder.
    ///
    /// # Errors
    /// One of them cannot be read, or there are too many.
    pub fn new<'a>(globs: impl IntoIterator<Item = &'a str>) -> Result<Self, PathsError> {
        let (mut included, mut excluded) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let mut includes = false;
        for (count, glob) in globs.into_iter().enumerate() {
            if count >= limits::GLOBS_MAX {
                return Err(PathsError::TooMany);
            }
            if let Some(glob) = glob.strip_prefix('!') {
                excluded.add(compile(glob)?);
            } else {
                includes = true;
                included.add(compile(glob)?);
            }
        }
        let included = if includes { Some(included.build()?) } else { None };
        Ok(Self { included, excluded: excluded.build()? })
    }

    /// Whether a path is one of them.
    pub(crate) fn contain(&self, path: &str) -> bool {
        self.included.as_ref().is_none_or(|globs| globs.is_match(path)) && !self.excluded.is_match(path)
    }
}

impl Filter {
    /// Whether a file may have results.
    pub(super) fn allows_file(&self, file: &IndexedFile) -> bool {
        self.paths.contain(&file.path)
            && (self.languages.is_empty() || self.languages.contains(&file.record.language))
            && !(self.exclude_tests && file.is_test)
    }

    /// Whether a chunk may be a result only for a symbol that is allowed.
    pub(super) fn needs_symbol(&self) -> bool {
        !self.kinds.is_empty()
    }

    /// Whether a result may be about a symbol of such a file.
    pub(super) fn allows_symbol(&self, symbol: &Symbol) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&symbol.kind))
            && !(self.exclude_tests && symbol.is_test)
    }

    /// Whether a chunk of such a file may be a result: tests are left out also where they stand beside what they test.
    pub(super) fn allows_chunk(&self, file: &IndexedFile, chunk: &Chunk) -> bool {
        !self.exclude_tests
            || !chunk.symbol.and_then(|id| file.record.symbol(id)).is_some_and(|symbol| symbol.is_test)
    }
}

fn compile(glob: &str) -> Result<Glob, globset::Error> {
    let anchored = glob.strip_prefix("./").or_else(|| glob.strip_prefix('/')).unwrap_or(glob);
    let folder = anchored.strip_suffix('/').map(|folder| format!("{folder}/**"));
    let any = (!glob.contains('/')).then(|| format!("**/{glob}"));
    let glob = folder.as_deref().or(any.as_deref()).unwrap_or(anchored);
    GlobBuilder::new(glob).literal_separator(true).build()
}
