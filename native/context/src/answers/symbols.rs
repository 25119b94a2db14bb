//! Finds the symbols that a question names, and formats symbols for answers.

use serde_json::{Map, Value, json};

use super::{Answer, Request, language_servers, members};
use crate::index::FileId;
use crate::limits;
use crate::protocol::{Arguments, Refusal};
use crate::record::{FileRecord, Span, Symbol};
use crate::resolve::{Resolver, SymbolRef};

/// Returns the symbols that a question names, the most likely first; empty if there are none. A file and a
/// line select the symbol that is defined there, or else the one that is used there.
pub(crate) fn find_symbols(
    request: &Request<'_>,
    resolver: &Resolver<'_>,
    arguments: &Arguments<'_>,
) -> Result<Vec<SymbolRef>, Refusal> {
    let mut found = resolver.find_symbols(arguments.string("symbol_name"));
    let file = arguments.optional_string("file_path").map(|path| request.file_at(path)).transpose()?;
    if let Some((file, _)) = file {
        found.retain(|symbol_ref| symbol_ref.file == file);
    }
    let line = arguments.optional_size("line");
    if let Some(line) = line {
        let at_line = |symbol_ref: &SymbolRef| {
            let Some((record, symbol)) = record_and_symbol(request, *symbol_ref) else { return false };
            let (first, last) = record.line_range(symbol.span);
            (first as usize..=last as usize).contains(&line)
        };
        found.retain(at_line);
    }
    match file {
        Some((file, _)) if found.is_empty() => {
            symbols_meant_in(request, resolver, file, line, arguments.string("symbol_name"))
        }
        _ => Ok(found),
    }
}

/// Returns the symbols that a name refers to where a file uses it, on one line or on any line.
fn symbols_meant_in(
    request: &Request<'_>,
    resolver: &Resolver<'_>,
    file: FileId,
    line: Option<usize>,
    name: &str,
) -> Result<Vec<SymbolRef>, Refusal> {
    let Some(record) = request.file(file).map(|file| &file.record) else { return Ok(Vec::new()) };
    let name = name.trim().trim_end_matches("()").rsplit(['.', ':', '#', '/', '\\', '>']).next();
    let Some(name) = name.and_then(|name| record.names.find(name)) else { return Ok(Vec::new()) };
    let is_there = |offset| line.is_none_or(|line| record.line(offset) as usize == line);
    let uses = record.occurrences.iter().enumerate();
    let uses = uses.filter(|(_, used)| used.name() == name && is_there(used.start));
    let mut found = Vec::new();
    for (index, used) in uses.take(limits::USES_MAX) {
        request.check_time()?;
        let mut symbol_refs = language_servers::definitions(request, file, used.start);
        if symbol_refs.is_empty() {
            symbol_refs.extend(resolver.meanings(file, index).iter().map(|meaning| meaning.symbol_ref));
        }
        for symbol_ref in symbol_refs {
            if !found.contains(&symbol_ref) {
                found.push(symbol_ref);
            }
        }
    }
    Ok(found)
}

/// Returns the answer for an unknown name. It is not a refusal, since the caller may only want to know
/// whether the symbol exists.
pub(crate) fn not_found(resolver: &Resolver<'_>, arguments: &Arguments<'_>) -> Map<String, Value> {
    let name = arguments.string("symbol_name");
    members(json!({
        "symbol_name": name,
        "found": false,
        "did_you_mean": resolver.similar_names(name, limits::SUGGESTIONS_MAX),
    }))
}

/// Returns the refusal of those tools that cannot answer for an unknown name.
pub(crate) fn unknown_symbol_error(answer: &Map<String, Value>) -> Answer {
    let name = answer["symbol_name"].as_str().unwrap_or_default();
    let similar: Vec<&str> =
        answer["did_you_mean"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let hint =
        if similar.is_empty() { String::new() } else { format!("; did you mean {}?", similar.join(", ")) };
    Err(Refusal::failed(format!("Symbol not found: {name}{hint}")))
}

pub(crate) fn record_and_symbol<'a>(
    request: &'a Request<'_>,
    symbol_ref: SymbolRef,
) -> Option<(&'a FileRecord, &'a Symbol)> {
    let record = &*request.file(symbol_ref.file)?.record;
    Some((record, record.symbol(symbol_ref.symbol)?))
}

/// Says if an answer contains the body of a symbol.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Body {
    Included,
    Omitted,
}

impl Body {
    /// Returns what the argument `include_body` of a question requests.
    pub(crate) fn requested(arguments: &Arguments<'_>) -> Self {
        if arguments.boolean("include_body") { Self::Included } else { Self::Omitted }
    }
}

/// Returns all details of a symbol. The body is empty if it is omitted.
pub(crate) fn symbol_details(request: &Request<'_>, symbol_ref: SymbolRef, body: Body) -> Value {
    let Some((file, (record, symbol))) =
        request.file(symbol_ref.file).zip(record_and_symbol(request, symbol_ref))
    else {
        return Value::Null;
    };
    let (start_line, end_line) = record.line_range(symbol.span);
    let at = record.position(symbol.name_span.start);
    let body = match body {
        Body::Included => source_text(request, symbol_ref, symbol.span),
        Body::Omitted => String::new(),
    };
    let mut value = json!({
        "name": record.name(symbol.name),
        "qualified_name": record.qualified_name(symbol_ref.symbol),
        "kind": symbol.kind.word(),
        "file_path": request.path(file),
        "start_line": start_line,
        "end_line": end_line,
        "line": at.line,
        "column": at.column,
        "signature": symbol.signature,
        "visibility": symbol.visibility,
        "parent": parent(record, symbol),
        "parameters": symbol.parameters,
        "decorators": symbol.decorators,
        "body": body,
    });
    let doc = doc(request, symbol_ref);
    if !doc.is_empty() {
        value["doc"] = json!(doc);
    }
    if symbol.is_test || file.is_test {
        value["is_test"] = json!(true);
    }
    value
}

/// Returns a short description of a symbol, for lists of related symbols.
pub(crate) fn symbol_summary(request: &Request<'_>, symbol_ref: SymbolRef) -> Value {
    let Some((file, (record, symbol))) =
        request.file(symbol_ref.file).zip(record_and_symbol(request, symbol_ref))
    else {
        return Value::Null;
    };
    let (start_line, end_line) = record.line_range(symbol.span);
    json!({
        "name": record.qualified_name(symbol_ref.symbol),
        "kind": symbol.kind.word(),
        "file_path": request.path(file),
        "start_line": start_line,
        "end_line": end_line,
        "signature": symbol.signature,
    })
}

/// Returns the name of the symbol or type that contains a symbol.
pub(crate) fn parent<'a>(record: &'a FileRecord, symbol: &Symbol) -> Option<&'a str> {
    let around = symbol.parent.and_then(|parent| record.symbol(parent)).map(|parent| parent.name);
    symbol.owner.or(around).map(|name| record.name(name))
}

/// Returns the source text of a part of a symbol.
pub(crate) fn source_text(request: &Request<'_>, symbol_ref: SymbolRef, span: Span) -> String {
    request.text(symbol_ref.file).map_or_else(String::new, |text| span.of(&text).to_owned())
}

/// Returns the doc comment of a symbol without comment markers.
pub(crate) fn doc(request: &Request<'_>, symbol_ref: SymbolRef) -> String {
    let Some(doc) = record_and_symbol(request, symbol_ref).and_then(|(_, symbol)| symbol.doc) else {
        return String::new();
    };
    let text = source_text(request, symbol_ref, doc);
    let lines = text.lines().map(|line| {
        let line = line.trim().trim_start_matches(['/', '*', '#', '!', '-', ';', '"', '\'']);
        line.trim_end_matches(['/', '*', '"', '\'']).trim()
    });
    let plain = lines.collect::<Vec<_>>().join("\n");
    plain.trim().chars().take(limits::DOC_CHARACTERS_MAX).collect()
}

/// Returns the first paragraph of a symbol's doc comment, or else its signature.
pub(crate) fn short_description(request: &Request<'_>, symbol_ref: SymbolRef) -> String {
    let doc = doc(request, symbol_ref);
    let first = doc.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    if !first.is_empty() {
        return first;
    }
    record_and_symbol(request, symbol_ref)
        .map_or_else(String::new, |(_, symbol)| symbol.signature.to_string())
}
