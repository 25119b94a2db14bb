//! `explain_file`: what a file defines and imports, and which files depend on it.

use serde_json::{Value, json};

use super::budget::Budget;
use super::symbols::{Body, short_description, symbol_details};
use super::{Answer, Request, dependencies, language_servers, members};
use crate::protocol::Arguments;
use crate::record::{FileRecord, Understanding, Visibility};
use crate::resolve::SymbolRef;

/// Answers `explain_file`.
pub(crate) fn explain_file(request: &Request<'_>, arguments: &Arguments<'_>) -> Answer {
    let (id, file) = request.file_at(arguments.string("file_path"))?;
    let resolver = request.resolver();
    let record = &*file.record;
    let mut budget = Budget::new(arguments.size("max_tokens"));
    // Public symbols come first. Symbols local to a function are not relevant here.
    let mut symbol_refs: Vec<SymbolRef> = record
        .symbols_with_ids()
        .filter(|(_, symbol)| !is_local(record, symbol.parent))
        .map(|(symbol, _)| SymbolRef { file: id, symbol })
        .collect();
    symbol_refs.sort_by_key(|symbol_ref| {
        record.symbol(symbol_ref.symbol).is_none_or(|symbol| symbol.visibility != Visibility::Public)
    });
    let body = Body::requested(arguments);
    let known = symbol_refs.iter().map(|symbol_ref| symbol_details(request, *symbol_ref, body));
    let symbols = budget.list("symbols", 0.6, known.chain(language_servers::outline(request, id)));
    let diagnostics = language_servers::diagnostics(request, Some(id));
    let diagnostic_count = diagnostics.len();
    let diagnostics = budget.list("diagnostics", 0.3, diagnostics);
    let outer = symbol_refs
        .iter()
        .filter(|symbol_ref| record.symbol(symbol_ref.symbol).is_some_and(|symbol| symbol.parent.is_none()));
    let explanations = outer.map(|symbol_ref| {
        let symbol = record.symbol(symbol_ref.symbol);
        json!({
            "symbol_name": symbol.map(|symbol| record.name(symbol.name)),
            "symbol_kind": symbol.map(|symbol| symbol.kind.word()),
            "summary": short_description(request, *symbol_ref),
        })
    });
    let explanations = budget.list("explanations", 0.4, explanations);
    let imports = budget.list("dependencies", 0.6, dependencies::imports(request, &resolver, id));
    let dependents = budget.list("dependents", 1.0, dependencies::dependents(request, &resolver, id));
    let path = request.path(file);
    let lines = record.lines;
    let mut answer = members(json!({
        "file_path": path,
        "language": record.language.language().name,
        "lines": {
            "total": lines.total(),
            "code": lines.code,
            "comment": lines.comment,
            "blank": lines.blank,
        },
        "understood": understanding(record.understanding),
        "symbol_count": record.symbols.len(),
        "symbols": symbols,
        "explanations": explanations,
        "dependencies": { path: imports },
        "dependents": dependents,
        "source": language_servers::source(request, resolver.source()),
    }));
    if diagnostic_count > 0 {
        answer.extend(members(json!({ "diagnostic_count": diagnostic_count, "diagnostics": diagnostics })));
    }
    for (mark, holds) in
        [("is_test", file.is_test), ("is_vendored", file.is_vendored), ("is_generated", record.generated)]
    {
        if holds {
            answer.insert(mark.to_owned(), Value::Bool(true));
        }
    }
    budget.finish(&mut answer);
    Ok(answer)
}

fn is_local(record: &FileRecord, parent: Option<crate::record::SymbolId>) -> bool {
    let mut next = parent;
    while let Some(symbol) = next.and_then(|id| record.symbol(id)) {
        if symbol.kind.is_callable() {
            return true;
        }
        next = symbol.parent;
    }
    false
}

fn understanding(understanding: Understanding) -> &'static str {
    match understanding {
        Understanding::Text => "text only: no grammar for its language",
        Understanding::Parsed { has_errors: false } => "parsed",
        Understanding::Parsed { has_errors: true } => "parsed, with syntax errors",
        Understanding::GaveUp => "text only: parsing takes too long",
    }
}
