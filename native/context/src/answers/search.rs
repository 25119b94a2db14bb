//! `semantic_search`: places of the workspace that are about something.
//!
//! [`ranked`] is the seam: it says which chunks fit how well; everything else here is filtering and showing.

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde_json::{Value, json};

use super::budget::Budget;
use super::{Answer, Asking, members, summary};
use crate::index::{FileId, IndexedFile};
use crate::languages::LanguageId;
use crate::protocol::{Arguments, Refusal};
use crate::record::{Chunk, SymbolKind};

mod ranked;

use ranked::ranked;

/// A chunk that fits.
#[derive(Debug)]
pub(super) struct Hit {
    /// Its file.
    pub(super) file: FileId,
    /// Its place among the chunks of the file.
    pub(super) chunk: usize,
    /// How well it fits; the best has 1.
    pub(super) score: f32,
    /// Why it fits, in a few words.
    pub(super) why: String,
}

/// What may be found.
pub(super) struct Filter {
    paths: Option<GlobSet>,
    languages: Vec<LanguageId>,
    kinds: Vec<SymbolKind>,
    exclude_tests: bool,
}

/// The places that are about something, the best first.
pub(crate) fn semantic_search(asking: &Asking<'_>, arguments: &Arguments<'_>) -> Answer {
    let filter = Filter::of(arguments)?;
    let mut hits = ranked(asking, arguments.text("query"), &filter, arguments.size("top_k"))?;
    let threshold = arguments.number("threshold");
    hits.retain(|hit| f64::from(hit.score) >= threshold);
    let mut budget = Budget::new(arguments.size("max_tokens"));
    let mut answer = members(json!({ "query": arguments.text("query"), "source": "index" }));
    if arguments.flag("include_repo_summary") {
        let summary = Value::Object(summary::summary(asking, &mut Budget::new(budget.left() / 3))?);
        budget.spend(&summary);
        answer.insert("repo_summary".to_owned(), summary);
    }
    let snippets = budget.list("snippets", 1.0, hits.iter().filter_map(|hit| snippet(asking, hit)));
    answer.insert("snippet_count".to_owned(), json!(snippets.len()));
    answer.insert("snippets".to_owned(), json!(snippets));
    budget.finish(&mut answer);
    Ok(answer)
}

fn snippet(asking: &Asking<'_>, hit: &Hit) -> Option<Value> {
    let file = asking.file(hit.file)?;
    let chunk = file.record.chunks.get(hit.chunk)?;
    let text = asking.text(hit.file)?;
    let mut value = json!({
        "file_path": asking.path(file),
        "start_line": chunk.start_line,
        "end_line": chunk.end_line,
        "language": file.record.language.language().name,
        "content": chunk.span.of(&text),
        "score": (f64::from(hit.score) * 1e4).round() / 1e4,
        "chunk_index": hit.chunk,
        "why": hit.why,
    });
    if let Some((id, symbol)) = chunk.symbol.and_then(|id| Some((id, file.record.symbol(id)?))) {
        value["symbol"] = json!({
            "name": file.record.qualified_name(id),
            "kind": symbol.kind.word(),
            "signature": symbol.signature,
        });
    }
    Some(value)
}

impl Filter {
    fn of(arguments: &Arguments<'_>) -> Result<Self, Refusal> {
        let languages = arguments.texts("languages").into_iter().map(|name| {
            LanguageId::from_name(name)
                .ok_or_else(|| Refusal::invalid(format!("`languages`: {name} is not known")))
        });
        let kinds = arguments.texts("kinds").into_iter().map(|word| {
            let known = || SymbolKind::ALL.iter().map(|(_, word)| *word).collect::<Vec<_>>().join(", ");
            SymbolKind::from_word(word)
                .ok_or_else(|| Refusal::invalid(format!("`kinds`: {word} is not one of {}", known())))
        });
        Ok(Self {
            paths: globs("path", &arguments.texts("path"))?,
            languages: languages.collect::<Result<_, _>>()?,
            kinds: kinds.collect::<Result<_, _>>()?,
            exclude_tests: arguments.flag("exclude_tests"),
        })
    }

    /// Whether anything of a file may be found.
    pub(super) fn allows_file(&self, file: &IndexedFile) -> bool {
        self.paths.as_ref().is_none_or(|paths| paths.is_match(&*file.path))
            && (self.languages.is_empty() || self.languages.contains(&file.record.language))
            && !(self.exclude_tests && file.is_test)
    }

    /// Whether a chunk of such a file may be found.
    pub(super) fn allows_chunk(&self, file: &IndexedFile, chunk: &Chunk) -> bool {
        if self.kinds.is_empty() && !self.exclude_tests {
            return true;
        }
        let symbol = chunk.symbol.and_then(|id| file.record.symbol(id));
        let kind = symbol.is_some_and(|symbol| self.kinds.contains(&symbol.kind));
        (self.kinds.is_empty() || kind)
            && !(self.exclude_tests && symbol.is_some_and(|symbol| symbol.is_test))
    }
}

/// Globs that files must match; `None` where there are none.
pub(super) fn globs(parameter: &str, patterns: &[&str]) -> Result<Option<GlobSet>, Refusal> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let refused = |error: globset::Error| Refusal::invalid(format!("`{parameter}`: {error}"));
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).map_err(refused)?);
    }
    set.build().map(Some).map_err(refused)
}
