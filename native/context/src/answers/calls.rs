//! `get_call_graph`: the callers and callees of a symbol.

use serde_json::{Value, json};

use super::budget::Budget;
use super::language_servers;
use super::symbols::{find_symbols, not_found, record_and_symbol, symbol_summary};
use super::{Answer, Request, members};
use crate::index::FileId;
use crate::limits;
use crate::protocol::{Arguments, Refusal};
use crate::record::Role;
use crate::resolve::{
    Meaning, NAME_ONLY_CONFIDENCE_MAX, Reference, Resolver, Source, SymbolRef, rounded_confidence,
};

/// A call: its location, its caller and its callee.
pub(crate) struct Call {
    /// The file that contains the call.
    file: FileId,
    /// The offset of the name that is called.
    offset: u32,
    /// The symbol that contains the call; `None` at the top level of a file.
    pub(crate) caller: Option<SymbolRef>,
    callee_name: String,
    /// The callee; `None` if it is not in the workspace.
    pub(crate) callee: Option<SymbolRef>,
    confidence: f32,
    source: Source,
}

impl Call {
    /// Returns whether a test makes the call.
    pub(crate) fn is_test(&self, request: &Request<'_>) -> bool {
        let in_test =
            |symbol_ref| record_and_symbol(request, symbol_ref).is_some_and(|(_, symbol)| symbol.is_test);
        request.file(self.file).is_some_and(|file| file.is_test) || self.caller.is_some_and(in_test)
    }

    /// Returns the call as it appears in answers.
    pub(crate) fn edge(&self, request: &Request<'_>) -> Value {
        let Some(file) = request.file(self.file) else { return Value::Null };
        let at = file.record.position(self.offset);
        let path = request.path(file);
        let caller = self.caller.map_or_else(
            || "<module>".to_owned(),
            |symbol_ref| file.record.qualified_name(symbol_ref.symbol),
        );
        let mut edge = json!({
            "caller": format!("{path}:{caller}"),
            "callee": self.callee_name,
            "file_path": path,
            "line": at.line,
            "column": at.column,
            "text": request.line(self.file, at.line),
            "confidence": rounded_confidence(self.confidence),
            "source": self.source.as_str(),
        });
        if let Some((callee, (record, symbol))) = self.callee.and_then(|symbol_ref| {
            Some((request.file(symbol_ref.file)?, record_and_symbol(request, symbol_ref)?))
        }) {
            edge["callee_definition"] =
                json!(format!("{}:{}", request.path(callee), record.line(symbol.name_span.start)));
        } else {
            edge["external"] = json!(true);
        }
        edge
    }
}

/// Answers `get_call_graph`.
pub(crate) fn get_call_graph(request: &Request<'_>, arguments: &Arguments<'_>) -> Answer {
    let resolver = request.resolver();
    let symbol_refs = find_symbols(request, &resolver, arguments)?;
    if symbol_refs.is_empty() {
        let mut answer = not_found(&resolver, arguments);
        answer.extend(members(json!({ "callers": [], "callees": [], "edges": [] })));
        return Ok(answer);
    }
    let mut budget = Budget::new(arguments.size("max_tokens"));
    // With many symbols of the same name, the calls of all of them would be useless.
    let most_likely = &symbol_refs[..symbol_refs.len().min(limits::EXPLAINED_MAX)];
    budget.leave_out("symbols", symbol_refs.len() - most_likely.len());
    let callers = callers(request, &resolver, most_likely)?;
    let callees = callees(request, &resolver, most_likely)?;
    budget.leave_out("files", resolver.skipped_file_count());
    let name = |call: &Call| {
        let symbol_ref = call.caller?;
        Some(json!(request.file(symbol_ref.file)?.record.qualified_name(symbol_ref.symbol)))
    };
    let mut caller_names: Vec<Value> = callers.iter().filter_map(name).collect();
    let mut callee_names: Vec<Value> = callees.iter().map(|call| json!(call.callee_name)).collect();
    for names in [&mut caller_names, &mut callee_names] {
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.to_string()));
    }
    let definitions = budget.list(
        "definitions",
        0.2,
        symbol_refs.iter().map(|symbol_ref| symbol_summary(request, *symbol_ref)),
    );
    let caller_names = budget.list("callers", 0.15, caller_names);
    let callee_names = budget.list("callees", 0.15, callee_names);
    let incoming = budget.list("edges", 0.6, callers.iter().map(|call| call.edge(request)));
    let outgoing = budget.list("edges", 1.0, callees.iter().map(|call| call.edge(request)));
    let mut answer = members(json!({
        "symbol_name": arguments.string("symbol_name"),
        "found": true,
        "definitions": definitions,
        "callers": caller_names,
        "callees": callee_names,
        "edges": incoming.into_iter().chain(outgoing).collect::<Vec<_>>(),
        "source": language_servers::source(request, resolver.source()),
    }));
    budget.finish(&mut answer);
    Ok(answer)
}

/// Returns the calls of some symbols, the most certain first. For a name that occurs in very many files, only
/// the nearest files are searched.
pub(crate) fn callers(
    request: &Request<'_>,
    resolver: &Resolver<'_>,
    symbol_refs: &[SymbolRef],
) -> Result<Vec<Call>, Refusal> {
    let mut by_servers = Vec::new();
    let mut calls = Vec::new();
    let called = |file, offset, callee: SymbolRef, confidence, source| {
        let record = &request.file(file)?.record;
        let caller = record.enclosing_symbol(offset);
        let name = record.occurrence_at(offset).map(|occurrence| record.name(occurrence.name()));
        let own_name = || record_and_symbol(request, callee).map(|(record, symbol)| record.name(symbol.name));
        Some(Call {
            file,
            offset,
            caller: caller.map(|symbol| SymbolRef { file, symbol }),
            callee_name: name.or_else(own_name)?.to_owned(),
            callee: Some(callee),
            confidence,
            source,
        })
    };
    for symbol_ref in symbol_refs.iter().take(limits::LANGUAGE_SERVER_SYMBOLS_MAX) {
        let Some(known) = language_servers::callers(request, *symbol_ref) else { continue };
        let uses = known.uses.iter();
        calls.extend(
            uses.filter_map(|(file, offset)| {
                called(*file, *offset, *symbol_ref, 1.0, Source::LanguageServer)
            }),
        );
        by_servers.push((*symbol_ref, known));
    }
    let references =
        resolver.references_within(symbol_refs, limits::CALLER_FILES_MAX, &|| request.check_time())?;
    let found = references.into_iter().filter(|reference| {
        let known = by_servers.iter().find(|(known, _)| *known == reference.symbol_ref);
        reference.occurrence.role() == Role::Call
            && known.is_none_or(|(_, known)| known.keeps(reference.file, reference.confidence))
    });
    calls.extend(found.filter_map(|Reference { file, occurrence, symbol_ref, confidence, source }| {
        called(file, occurrence.start, symbol_ref, confidence, source)
    }));
    calls.sort_by(|a, b| {
        b.confidence.total_cmp(&a.confidence).then(a.file.cmp(&b.file)).then(a.offset.cmp(&b.offset))
    });
    // A language server may report one call once for each of several declarations of a function.
    let mut seen = std::collections::HashSet::new();
    calls.retain(|call| seen.insert((call.file, call.offset)));
    Ok(calls)
}

/// Returns the calls that some symbols make, in text order: first the resolved ones, then those guessed by
/// name, then those that lead out of the workspace.
pub(crate) fn callees(
    request: &Request<'_>,
    resolver: &Resolver<'_>,
    symbol_refs: &[SymbolRef],
) -> Result<Vec<Call>, Refusal> {
    let mut calls = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (index, symbol_ref) in symbol_refs.iter().enumerate() {
        let Some((record, symbol)) = record_and_symbol(request, *symbol_ref) else { continue };
        let may_ask = index < limits::LANGUAGE_SERVER_SYMBOLS_MAX;
        let reported = may_ask.then(|| language_servers::callees(request, *symbol_ref)).flatten();
        let is_reported = reported.is_some();
        for callee in reported.into_iter().flatten() {
            seen.insert((symbol_ref.file, callee.offset));
            let caller = record.enclosing_symbol(callee.offset);
            calls.push(Call {
                file: symbol_ref.file,
                offset: callee.offset,
                caller: caller.map(|symbol| SymbolRef { file: symbol_ref.file, symbol }),
                callee_name: callee.name,
                callee: callee.symbol_ref,
                confidence: 1.0,
                source: Source::LanguageServer,
            });
        }
        for index in resolver.occurrences_in(symbol_ref.file, symbol.span) {
            let occurrence = record.occurrences[index];
            if occurrence.role() != Role::Call || !seen.insert((symbol_ref.file, occurrence.start)) {
                continue;
            }
            request.check_time()?;
            let caller = record
                .enclosing_symbol(occurrence.start)
                .map(|symbol| SymbolRef { file: symbol_ref.file, symbol });
            let call = |callee, confidence, source| Call {
                file: symbol_ref.file,
                offset: occurrence.start,
                caller,
                callee_name: record.name(occurrence.name()).to_owned(),
                callee,
                confidence,
                source,
            };
            let meanings = resolver.meanings(symbol_ref.file, index);
            if meanings.is_empty() {
                calls.push(call(None, 1.0, Source::Index));
            }
            // If a language server does not report the call, the definitions that merely have the same name
            // are not its target.
            let is_likely =
                |meaning: &&Meaning| !is_reported || meaning.confidence > NAME_ONLY_CONFIDENCE_MAX;
            let likely = meanings.iter().take(limits::CANDIDATES_MAX).filter(is_likely);
            calls.extend(
                likely.map(|meaning| call(Some(meaning.symbol_ref), meaning.confidence, meaning.source)),
            );
        }
    }
    calls.sort_by_key(|call| (call.callee.is_none(), call.confidence <= NAME_ONLY_CONFIDENCE_MAX));
    Ok(calls)
}
