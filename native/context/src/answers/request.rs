//! The data that an answer is made from: one snapshot, and the contents of its files.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use xxhash_rust::xxh3::xxh3_64;

use super::language_servers::LanguageServers;
use crate::index::{FileId, Index, IndexedFile, Snapshot};
use crate::limits;
use crate::overview::{Overview, OverviewCache};
use crate::protocol::{Code, Refusal};
use crate::quality::QualityCache;
use crate::resolve::{ManifestCache, Resolver};
use crate::scip_index::ScipCache;
use crate::search::Search;
use crate::workspace::RootIndex;

/// The index of a workspace and the caches derived from it. Answers are made from them.
pub(crate) struct Analysis {
    pub(crate) index: Index,
    pub(crate) search: Search,
    pub(crate) manifests: ManifestCache,
    pub(crate) scip: ScipCache,
    pub(crate) qualities: QualityCache,
    pub(crate) overviews: OverviewCache,
}

impl Analysis {
    /// Creates an analysis of an index, with empty caches.
    pub(crate) fn new(index: Index) -> Self {
        Self {
            index,
            search: Search::default(),
            manifests: ManifestCache::default(),
            scip: ScipCache::default(),
            qualities: QualityCache::default(),
            overviews: OverviewCache::default(),
        }
    }
}

/// One request while it is being answered.
pub(crate) struct Request<'a> {
    pub(crate) index: &'a Index,
    pub(crate) search: &'a Search,
    pub(crate) qualities: &'a QualityCache,
    overviews: &'a OverviewCache,
    pub(crate) servers: &'a LanguageServers<'a>,
    pub(crate) snapshot: Arc<Snapshot>,
    manifests: &'a ManifestCache,
    scip: &'a ScipCache,
    deadline: Instant,
    /// The contents that were read for this answer; `None` for files that have changed since they were
    /// indexed.
    texts: RefCell<HashMap<FileId, Option<Rc<str>>>>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(analysis: &'a Analysis, servers: &'a LanguageServers<'a>) -> Self {
        let Analysis { index, search, manifests, scip, qualities, overviews } = analysis;
        Self {
            index,
            search,
            qualities,
            overviews,
            servers,
            snapshot: index.snapshot(),
            manifests,
            scip,
            deadline: Instant::now() + limits::ANSWER_TIME_MAX,
            texts: RefCell::default(),
        }
    }

    /// Returns the files that have changed since they were indexed, as far as this request has noticed.
    pub(crate) fn into_stale(self) -> Vec<(RootIndex, String)> {
        let texts = self.texts.into_inner();
        let stale = texts.into_iter().filter(|(_, text)| text.is_none());
        let files = stale.filter_map(|(id, _)| self.snapshot.file(id));
        files.map(|file| (file.root, file.path.to_string())).collect()
    }

    /// Creates a resolver for the snapshot of this request.
    pub(crate) fn resolver(&self) -> Resolver<'_> {
        let manifests = self.manifests.get(self.index, &self.snapshot);
        Resolver::new(&self.snapshot, manifests, self.scip.get(self.index, &self.snapshot))
    }

    /// Returns the overview of the workspace.
    pub(crate) fn overview(&self) -> Result<Arc<Overview>, Refusal> {
        self.overviews.get(self.index, &self.snapshot, &self.resolver(), &|| self.check_time())
    }

    /// Returns a timeout refusal if the answer takes longer than allowed. Call it in every loop that may have
    /// many iterations.
    pub(crate) fn check_time(&self) -> Result<(), Refusal> {
        if Instant::now() < self.deadline { Ok(()) } else { Err(Refusal::timeout()) }
    }

    /// Returns the time by which the answer must be complete.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Finds a file by the path that the caller specified.
    pub(crate) fn file_at(&self, path: &str) -> Result<(FileId, &Arc<IndexedFile>), Refusal> {
        let confined = self.index.workspace().confine(path)?;
        let found = self.snapshot.find(confined.root, &confined.path);
        found.and_then(|id| Some((id, self.snapshot.file(id)?))).ok_or_else(|| {
            let message = if confined.exists {
                format!("{path} is not indexed: it is ignored, binary, too large, or not a file")
            } else {
                format!("the workspace does not contain {path}")
            };
            Refusal::new(Code::ExecutionError, message)
        })
    }

    /// Returns a file by its id. Every id of the snapshot has one.
    pub(crate) fn file(&self, id: FileId) -> Option<&Arc<IndexedFile>> {
        self.snapshot.file(id)
    }

    /// Returns the absolute path of a file, as it appears in answers.
    pub(crate) fn path(&self, file: &IndexedFile) -> String {
        self.index.workspace().absolute(file.root, &file.path).to_string_lossy().into_owned()
    }

    /// Returns the content of a file, provided that it is still the indexed one. Otherwise no offset would be
    /// valid; the file is marked as stale, and the question is answered again.
    pub(crate) fn text(&self, id: FileId) -> Option<Rc<str>> {
        if let Some(text) = self.texts.borrow().get(&id) {
            return text.clone();
        }
        let file = self.snapshot.file(id)?;
        let text = self.index.text(file).filter(|text| xxh3_64(text.as_bytes()) == file.record.hash);
        let text: Option<Rc<str>> = text.map(Into::into);
        self.texts.borrow_mut().insert(id, text.clone());
        text
    }

    /// Returns a line of a file without surrounding whitespace, truncated if it is long.
    pub(crate) fn line(&self, id: FileId, line: u32) -> String {
        let span = self.file(id).and_then(|file| file.record.line_span(line));
        let text = span.zip(self.text(id)).map(|(span, text)| span.of(&text).trim().to_owned());
        text.unwrap_or_default().chars().take(limits::LINE_CHARACTERS_MAX).collect()
    }
}
