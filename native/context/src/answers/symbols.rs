//! Finds the symbols that a question names, and formats symbols for answers.

use serde_json::{Map, Value, json};

use super::{Answer, Request, language_servers, members};
use crate::index::FileId;
use crate::limits;
use crate::protocol::{Arguments, Refusal};
use crate::record::{FileRecord, Span, Symbol};
use crate::resolve::{Place, Resolver};

/// Returns the symbols that a question names, the most likely first; empty if there are none. A file and a
/// line select the symbol that is defined there, or else the one that is used there.
pub(crate) fn find_symbols(
    request: &Request<'_>,
    resolver: &Resolver<'_>,
    arguments: &Arguments<'_>,
) -> Result<Vec<Place>, Refusal> {
    let mut found = resolver.find_symbols(arguments.string("symbol_name"));
    let file = arguments.optional_string("file_path").map(|path| request.file_at(path)).transpose()?;
    if let Some((file, _)) = file {
        found.retain(|place| place.file == file);
    }
    let line = arguments.optional_size("line");
    if let Some(line) = line {
        let at_line = |place: &Place| {
            let Some((record, symbol)) = record_and_symbol(request, *place) else { return false };
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
) -> Result<Vec<Place>, Refusal> {
    let Some(record) = request.file(file).map(|file| &file.record) else { return Ok(Vec::new()) };
    let name = name.trim().trim_end_matches("()").rsplit(['.', ':', '#', '/', '\\', '>']).next();
    let Some(name) = name.and_then(|name| record.names.find(name)) else { return Ok(Vec::new()) };
    let is_there = |offset| line.is_none_or(|line| record.line(offset) as usize == line);
    let uses = record.occurrences.iter().enumerate();
    let uses = uses.filter(|(_, used)| used.name() == name && is_there(used.start));
    let mut found = Vec::new();
    for (index, used) in uses.take(limits::USES_MAX) {
        request.check_time()?;
        let mut places = language_servers::definitions(request, file, used.start);
        if places.is_empty() {
            places.extend(resolver.meanings(file, index).iter().map(|meaning| meaning.place));
        }
        for place in places {
            if !found.contains(&place) {
                found.push(place);
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
    place: Place,
) -> Option<(&'a FileRecord, &'a Symbol)> {
    let record = &*request.file(place.file)?.record;
    Some((record, record.symbol(place.symbol)?))
}

/// Returns all details of a symbol. The body is empty unless requested.
pub(crate) fn symbol_details(request: &Request<'_>, place: Place, include_body: bool) -> Value {
    let Some((file, (record, symbol))) = request.file(place.file).zip(record_and_symbol(request, place))
    else {
        return Value::Null;
    };
    let (start_line, end_line) = record.line_range(symbol.span);
    let at = record.position(symbol.name_span.start);
    let body = if include_body { source_text(request, place, symbol.span) } else { String::new() };
    let mut value = json!({
        "name": record.name(symbol.name),
        "qualified_name": record.qualified_name(place.symbol),
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
    let doc = doc(request, place);
    if !doc.is_empty() {
        value["doc"] = json!(doc);
    }
    if symbol.is_test || file.is_test {
        value["is_test"] = json!(true);
    }
    value
}

/// Returns a short description of a symbol, for lists of related symbols.
pub(crate) fn symbol_summary(request: &Request<'_>, place: Place) -> Value {
    let Some((file, (record, symbol))) = request.file(place.file).zip(record_and_symbol(request, place))
    else {
        return Value::Null;
    };
    let (start_line, end_line) = record.line_range(symbol.span);
    json!({
        "name": record.qualified_name(place.symbol),
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
pub(crate) fn source_text(request: &Request<'_>, place: Place, span: Span) -> String {
    request.text(place.file).map_or_else(String::new, |text| span.of(&text).to_owned())
}

/// Returns the doc comment of a symbol without comment markers.
pub(crate) fn doc(request: &Request<'_>, place: Place) -> String {
    let Some(doc) = record_and_symbol(request, place).and_then(|(_, symbol)| symbol.doc) else {
        return String::new();
    };
    let text = source_text(request, place, doc);
    let lines = text.lines().map(|line| {
        let line = line.trim().trim_start_matches(['/', '*', '#', '!', '-', ';', '"', '\'']);
        line.trim_end_matches(['/', '*', '"', '\'']).trim()
    });
    let plain = lines.collect::<Vec<_>>().join("\n");
    plain.trim().chars().take(limits::DOC_CHARACTERS_MAX).collect()
}

/// Returns the first paragraph of a symbol's doc comment, or else its signature.
pub(crate) fn short_description(request: &Request<'_>, place: Place) -> String {
    let doc = doc(request, place);
    let first = doc.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    if !first.is_empty() {
        return first;
    }
    record_and_symbol(request, place).map_or_else(String::new, |(_, symbol)| symbol.signature.to_string())
}
