//! `semantic_search`: the chunks of the workspace that match a query.

use serde_json::{Value, json};

use super::budget::Budget;
use super::{Answer, Request, members, summary};
use crate::languages::LanguageId;
use crate::protocol::{Arguments, Refusal};
use crate::record::SymbolKind;
use crate::search::{Filter, Hit, Paths, Query, Reasons};

/// Answers `semantic_search`, the best results first.
pub(crate) fn semantic_search(request: &Request<'_>, arguments: &Arguments<'_>) -> Answer {
    let query = Query {
        text: arguments.string("query").to_owned(),
        top: arguments.size("top_k"),
        threshold: 0.0,
        filter: filter(arguments)?,
    };
    let mut hits = request.search.query(&request.snapshot, &query);
    // The absolute score of even the best result is small for a question. Callers mean "not much worse than
    // the best result".
    let best = hits.first().map_or(0.0, |hit| f64::from(hit.score));
    hits.retain(|hit| f64::from(hit.score) >= arguments.number("threshold") * best);
    let mut budget = Budget::new(arguments.size("max_tokens"));
    let mut answer = members(json!({ "query": arguments.string("query"), "source": "index" }));
    if arguments.boolean("include_repo_summary") {
        let summary = Value::Object(summary::summary(request, &mut Budget::new(budget.remaining() / 3))?);
        budget.spend(&summary);
        answer.insert("repo_summary".to_owned(), summary);
    }
    let snippets = budget.list("snippets", 1.0, hits.iter().filter_map(|hit| snippet(request, hit)));
    answer.insert("snippet_count".to_owned(), json!(snippets.len()));
    answer.insert("snippets".to_owned(), json!(snippets));
    budget.finish(&mut answer);
    Ok(answer)
}

fn snippet(request: &Request<'_>, hit: &Hit) -> Option<Value> {
    let file = request.file(hit.file)?;
    let chunk = file.record.chunks.get(hit.chunk)?;
    let text = request.text(hit.file)?;
    let mut value = json!({
        "file_path": request.path(file),
        "start_line": hit.start_line,
        "end_line": hit.end_line,
        "language": file.record.language.language().name,
        "content": chunk.span.of(&text),
        "score": (f64::from(hit.score) * 1e4).round() / 1e4,
        "chunk_index": hit.chunk,
        "why": reason(&hit.reasons),
    });
    if let Some((id, symbol)) = hit.symbol.and_then(|id| Some((id, file.record.symbol(id)?))) {
        value["symbol"] = json!({
            "name": file.record.qualified_name(id),
            "kind": symbol.kind.word(),
            "signature": symbol.signature,
        });
    }
    Some(value)
}

/// Explains in a few words why a result was found.
fn reason(reasons: &Reasons) -> String {
    let mut parts = Vec::new();
    if !reasons.defines.is_empty() {
        parts.push(format!("defines {}", reasons.defines.join(", ")));
    }
    if reasons.file_name {
        parts.push("the file name matches".to_owned());
    }
    if !reasons.words.is_empty() {
        parts.push(format!("contains {}", reasons.words.join(", ")));
    }
    parts.join("; ")
}

fn filter(arguments: &Arguments<'_>) -> Result<Filter, Refusal> {
    let languages = arguments.strings("languages").into_iter().map(|name| {
        LanguageId::from_name(name)
            .ok_or_else(|| Refusal::invalid(format!("`languages`: {name} is not a known language")))
    });
    let kinds = arguments.strings("kinds").into_iter().map(|word| {
        let known = || SymbolKind::ALL.iter().map(|(_, word)| *word).collect::<Vec<_>>().join(", ");
        SymbolKind::from_word(word)
            .ok_or_else(|| Refusal::invalid(format!("`kinds`: {word} is not one of {}", known())))
    });
    Ok(Filter {
        paths: Paths::new(arguments.strings("path"))
            .map_err(|error| Refusal::invalid(format!("`path`: {error}")))?,
        languages: languages.collect::<Result<_, _>>()?,
        kinds: kinds.collect::<Result<_, _>>()?,
        exclude_tests: arguments.boolean("exclude_tests"),
    })
}
