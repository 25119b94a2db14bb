//! Filters of search results.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::index::IndexedFile;
use crate::languages::LanguageId;
use crate::limits;
use crate::record::{Chunk, Symbol, SymbolKind};

/// The conditions that results must meet. The default filter allows everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The allowed paths.
    pub paths: Paths,
    /// The allowed languages; empty means all.
    pub languages: Vec<LanguageId>,
    /// The allowed kinds of the symbol that a result is about; empty means all.
    pub kinds: Vec<SymbolKind>,
    /// Excludes tests: test files, and symbols that are tests by their syntax.
    pub exclude_tests: bool,
}

/// A set of paths, given by globs.
#[derive(Debug, Clone, Default)]
pub struct Paths {
    /// `None` means all.
    included: Option<GlobSet>,
    excluded: GlobSet,
}

/// Why globs are rejected.
#[derive(Debug, thiserror::Error)]
pub enum PathsError {
    /// There are more than `limits::GLOBS_MAX` globs.
    #[error("more than {} path globs", limits::GLOBS_MAX)]
    TooMany,
    /// A glob has invalid syntax.
    #[error("{0}")]
    Invalid(#[from] globset::Error),
}

impl Paths {
    /// Compiles globs. A path, relative to its root, is in the set if it matches one of `globs` and none of
    /// those that start with `!`. As in an ignore file, a glob without a slash matches file names in any
    /// directory, and a glob that ends with a slash matches a directory.
    ///
    /// # Errors
    /// Returns [`PathsError::Invalid`] if a glob has invalid syntax, and [`PathsError::TooMany`] if there are
    /// more than `limits::GLOBS_MAX`.
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

    /// Returns whether the set contains a path.
    pub(crate) fn contain(&self, path: &str) -> bool {
        self.included.as_ref().is_none_or(|globs| globs.is_match(path)) && !self.excluded.is_match(path)
    }
}

impl Filter {
    /// Returns whether results may come from a file.
    pub(super) fn allows_file(&self, file: &IndexedFile) -> bool {
        self.paths.contain(&file.path)
            && (self.languages.is_empty() || self.languages.contains(&file.record.language))
            && !(self.exclude_tests && file.is_test)
    }

    /// Returns whether a chunk may be a result only if it contains an allowed symbol.
    pub(super) fn needs_symbol(&self) -> bool {
        !self.kinds.is_empty()
    }

    /// Returns whether a result in an allowed file may be about a symbol.
    pub(super) fn allows_symbol(&self, symbol: &Symbol) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&symbol.kind))
            && !(self.exclude_tests && symbol.is_test)
    }

    /// Returns whether a chunk of an allowed file may be a result. Tests are also excluded where they are in
    /// the same file as the code they test.
    pub(super) fn allows_chunk(&self, file: &IndexedFile, chunk: &Chunk) -> bool {
        !self.exclude_tests
            || !chunk.symbol.and_then(|id| file.record.symbol(id)).is_some_and(|symbol| symbol.is_test)
    }
}

fn compile(glob: &str) -> Result<Glob, globset::Error> {
    let anchored = glob.strip_prefix("./").or_else(|| glob.strip_prefix('/')).unwrap_or(glob);
    let directory = anchored.strip_suffix('/').map(|directory| format!("{directory}/**"));
    let any = (!glob.contains('/')).then(|| format!("**/{glob}"));
    let glob = directory.as_deref().or(any.as_deref()).unwrap_or(anchored);
    GlobBuilder::new(glob).literal_separator(true).build()
}
