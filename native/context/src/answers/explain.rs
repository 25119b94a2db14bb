//! `explain_symbol` and `get_context`.

use serde_json::{Value, json};

use super::budget::Budget;
use super::calls::{callees, callers};
use super::symbols::{
    Body, find_symbols, not_found, parent, record_and_symbol, short_description, source_text, symbol_details,
    symbol_summary, unknown_symbol_error,
};
use super::{Answer, Request, dependencies, language_servers, members, references};
use crate::limits;
use crate::protocol::Arguments;
use crate::record::Role;
use crate::resolve::{Resolver, SymbolRef};

/// Answers `explain_symbol`: all symbols with the name, up to `limits::EXPLAINED_MAX` of them in full.
pub(crate) fn explain_symbol(request: &Request<'_>, arguments: &Arguments<'_>) -> Answer {
    let resolver = request.resolver();
    let symbol_refs = find_symbols(request, &resolver, arguments)?;
    if symbol_refs.is_empty() {
        return Ok(not_found(&resolver, arguments));
    }
    let mut budget = Budget::new(arguments.size("max_tokens"));
    let explained = &symbol_refs[..symbol_refs.len().min(limits::EXPLAINED_MAX)];
    let explanations = budget.list(
        "explanations",
        0.4,
        explained.iter().map(|symbol_ref| explanation(request, *symbol_ref, arguments)),
    );
    let windows = budget.list(
        "context_windows",
        0.4,
        explained.iter().map(|symbol_ref| window(request, &resolver, *symbol_ref)),
    );
    let others = symbol_refs[explained.len()..].iter().map(|symbol_ref| symbol_summary(request, *symbol_ref));
    let others = budget.list("other_matches", 0.2, others);
    let mut answer = members(json!({
        "symbol_name": arguments.string("symbol_name"),
        "found": true,
        "match_count": symbol_refs.len(),
        "explanations": explanations,
        "context_windows": windows,
        "other_matches": others,
    }));
    if arguments.boolean("include_call_graph") {
        let callers = callers(request, &resolver, explained)?;
        let callees = callees(request, &resolver, explained)?;
        let callers = budget.list("callers", 0.4, callers.iter().map(|call| call.edge(request)));
        let callees = budget.list("callees", 0.6, callees.iter().map(|call| call.edge(request)));
        answer.insert("call_graph".to_owned(), json!({ "callers": callers, "callees": callees }));
    }
    if arguments.boolean("include_dependencies") {
        let mut files: Vec<_> = explained.iter().map(|symbol_ref| symbol_ref.file).collect();
        files.dedup();
        answer.insert(
            "dependencies".to_owned(),
            dependencies::by_file(request, &resolver, &files, &mut budget),
        );
    }
    answer.insert("source".to_owned(), json!(language_servers::source(request, resolver.source())));
    budget.leave_out("files", resolver.skipped_file_count());
    budget.finish(&mut answer);
    Ok(answer)
}

/// Answers `get_context`: everything needed to work on a symbol, in reading order: the definition, its users,
/// what it uses, and its tests.
pub(crate) fn get_context(request: &Request<'_>, arguments: &Arguments<'_>) -> Answer {
    let resolver = request.resolver();
    let symbol_refs = find_symbols(request, &resolver, arguments)?;
    let Some(symbol_ref) = symbol_refs.first().copied() else { return Ok(not_found(&resolver, arguments)) };
    let mut budget = Budget::new(arguments.size("max_tokens"));

    let definition = symbol_details(request, symbol_ref, Body::Omitted);
    budget.spend(&definition);
    let source = record_and_symbol(request, symbol_ref)
        .map(|(_, symbol)| source_text(request, symbol_ref, symbol.span));
    let source = source.unwrap_or_default();
    // The definition is the subject of the question, so a small one is included even if it was not requested.
    let share = if arguments.boolean("include_body") { 0.7 } else { 0.25 };
    let source = budget.text("source_lines", share, &source).to_owned();

    let (used_by_tests, callers): (Vec<_>, Vec<_>) =
        callers(request, &resolver, &[symbol_ref])?.into_iter().partition(|call| call.is_test(request));
    let callees = callees(request, &resolver, &[symbol_ref])?;
    let types = types_used(request, &resolver, symbol_ref);
    let tests = references::tests_of(request, &resolver, symbol_ref, &used_by_tests)?;
    let callers = budget.list("callers", 0.3, callers.iter().map(|call| call.edge(request)));
    let callees = budget.list("callees", 0.35, callees.iter().map(|call| call.edge(request)));
    let types =
        budget.list("types", 0.4, types.iter().map(|symbol_ref| symbol_summary(request, *symbol_ref)));
    let tests =
        budget.list("tests", 0.4, tests.iter().map(|symbol_ref| symbol_summary(request, *symbol_ref)));
    let explanations = budget.list("explanations", 0.5, [explanation(request, symbol_ref, arguments)]);
    let imports = dependencies::by_file(request, &resolver, &[symbol_ref.file], &mut budget);
    let windows = budget.list("context_windows", 0.6, [window(request, &resolver, symbol_ref)]);
    let others = symbol_refs[1..].iter().map(|symbol_ref| symbol_summary(request, *symbol_ref));
    let others = budget.list("other_matches", 1.0, others);
    let mut answer = members(json!({
        "symbol_name": arguments.string("symbol_name"),
        "found": true,
        "match_count": symbol_refs.len(),
        "definition": definition,
        "definition_source": source,
        "call_graph": { "callers": callers, "callees": callees },
        "types": types,
        "tests": tests,
        "explanations": explanations,
        "context_windows": windows,
        "dependencies": imports,
        "other_matches": others,
        "source": language_servers::source(request, resolver.source()),
    }));
    budget.leave_out("files", resolver.skipped_file_count());
    budget.finish(&mut answer);
    Ok(answer)
}

/// Answers `get_context` like [`get_context`], but refuses an unknown name.
pub(crate) fn get_context_or_fail(request: &Request<'_>, arguments: &Arguments<'_>) -> Answer {
    let answer = get_context(request, arguments)?;
    if answer["found"] == json!(false) { unknown_symbol_error(&answer) } else { Ok(answer) }
}

fn explanation(request: &Request<'_>, symbol_ref: SymbolRef, arguments: &Arguments<'_>) -> Value {
    let Some((file, (record, symbol))) =
        request.file(symbol_ref.file).zip(record_and_symbol(request, symbol_ref))
    else {
        return Value::Null;
    };
    let (first, last) = record.line_range(symbol.span);
    let mut details = json!({
        "lines": format!("{first}-{last}"),
        "signature": symbol.signature,
        "qualified_name": record.qualified_name(symbol_ref.symbol),
        "visibility": symbol.visibility,
    });
    if !symbol.parameters.is_empty() {
        details["parameters"] = json!(symbol.parameters);
    }
    if let Some(parent) = parent(record, symbol) {
        details["parent_class"] = json!(parent);
    }
    if !symbol.decorators.is_empty() {
        details["decorators"] = json!(symbol.decorators);
    }
    if arguments.boolean("include_body") {
        details["body"] = json!(source_text(request, symbol_ref, symbol.span));
    }
    json!({
        "symbol_name": record.name(symbol.name),
        "symbol_kind": symbol.kind.word(),
        "file_path": request.path(file),
        "summary": short_description(request, symbol_ref),
        "details": details,
    })
}

/// Returns a symbol with its siblings and children.
fn window(request: &Request<'_>, resolver: &Resolver<'_>, symbol_ref: SymbolRef) -> Value {
    let Some((record, symbol)) = record_and_symbol(request, symbol_ref) else { return Value::Null };
    let related = record.symbols_with_ids().filter(|(id, other)| {
        *id != symbol_ref.symbol
            && (other.parent == Some(symbol_ref.symbol)
                || (symbol.parent.is_some() && other.parent == symbol.parent))
    });
    let related: Vec<Value> = related
        .take(limits::RELATED_MAX)
        .map(|(id, other)| {
            json!({
                "name": record.qualified_name(id),
                "kind": other.kind.word(),
                "line": record.line(other.name_span.start),
                "signature": other.signature,
            })
        })
        .collect();
    let imports: Vec<Value> = resolver
        .imports(symbol_ref.file)
        .iter()
        .map(|import| json!(import.path))
        .take(limits::RELATED_MAX)
        .collect();
    json!({
        "focal_symbol": record.qualified_name(symbol_ref.symbol),
        "related_symbols": related,
        "imports": imports,
    })
}

/// Returns the types of the workspace that a symbol mentions, in text order.
fn types_used(request: &Request<'_>, resolver: &Resolver<'_>, symbol_ref: SymbolRef) -> Vec<SymbolRef> {
    let Some((record, symbol)) = record_and_symbol(request, symbol_ref) else { return Vec::new() };
    let mut found: Vec<SymbolRef> = Vec::new();
    for index in resolver.occurrences_in(symbol_ref.file, symbol.span) {
        if !matches!(record.occurrences[index].role(), Role::Type | Role::Extends | Role::Call) {
            continue;
        }
        for meaning in resolver.meanings(symbol_ref.file, index) {
            let is_type = record_and_symbol(request, meaning.symbol_ref)
                .is_some_and(|(_, symbol)| symbol.kind.is_type());
            if is_type
                && meaning.symbol_ref != symbol_ref
                && meaning.confidence >= 0.5
                && !found.contains(&meaning.symbol_ref)
            {
                found.push(meaning.symbol_ref);
            }
        }
    }
    found
}
