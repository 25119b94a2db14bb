//! `find_references`: all uses of a symbol.

use serde_json::{Value, json};

use super::budget::Budget;
use super::calls::Call;
use super::language_servers;
use super::symbols::{find_symbols, not_found, record_and_symbol, symbol_summary};
use super::{Answer, Request, members};
use crate::index::FileId;
use crate::limits;
use crate::protocol::{Arguments, Refusal};
use crate::record::{Occurrence, Role};
use crate::resolve::{Reference, Resolver, Source, SymbolRef, rounded_confidence};

/// Answers `find_references`, the most certain references first.
pub(crate) fn find_references(request: &Request<'_>, arguments: &Arguments<'_>) -> Answer {
    let resolver = request.resolver();
    let symbol_refs = find_symbols(request, &resolver, arguments)?;
    if symbol_refs.is_empty() {
        let mut answer = not_found(&resolver, arguments);
        answer.extend(members(json!({ "reference_count": 0, "references": [] })));
        return Ok(answer);
    }
    let mut budget = Budget::new(arguments.size("max_tokens"));
    let most_likely = &symbol_refs[..symbol_refs.len().min(limits::NAMESAKES_MAX)];
    budget.leave_out("symbols", symbol_refs.len() - most_likely.len());
    let uses = uses(request, &resolver, most_likely)?;
    let definitions = budget.list(
        "definitions",
        0.25,
        symbol_refs.iter().map(|symbol_ref| symbol_summary(request, *symbol_ref)),
    );
    let max_results = arguments.size("max_results");
    budget.leave_out("references", uses.len().saturating_sub(max_results));
    let shown = uses.iter().take(max_results).map(|used| reference_entry(request, used, &symbol_refs));
    let listed = budget.list("references", 1.0, shown);
    let mut files: Vec<_> = uses.iter().map(|used| used.file).collect();
    files.sort_unstable();
    files.dedup();
    let mut answer = members(json!({
        "symbol_name": arguments.string("symbol_name"),
        "found": true,
        "reference_count": uses.len(),
        "file_count": files.len(),
        "definitions": definitions,
        "references": listed,
        "source": language_servers::source(request, resolver.source()),
    }));
    budget.finish(&mut answer);
    Ok(answer)
}

/// A use of a symbol.
struct Use {
    file: FileId,
    offset: u32,
    role: Role,
    symbol_ref: SymbolRef,
    confidence: f32,
    source: Source,
}

/// Returns the uses of some symbols, the most certain first: those that language servers report, and those
/// that only the index finds.
fn uses(
    request: &Request<'_>,
    resolver: &Resolver<'_>,
    symbol_refs: &[SymbolRef],
) -> Result<Vec<Use>, Refusal> {
    let mut uses = Vec::new();
    let mut by_servers = Vec::new();
    for symbol_ref in symbol_refs.iter().take(limits::LANGUAGE_SERVER_SYMBOLS_MAX) {
        let Some(known) = language_servers::references(request, *symbol_ref) else { continue };
        uses.extend(known.uses.iter().filter_map(|(file, offset)| {
            let occurrence = request.file(*file)?.record.occurrence_at(*offset);
            let role = occurrence.map_or(Role::Mention, Occurrence::role);
            let (file, offset, symbol_ref) = (*file, *offset, *symbol_ref);
            let used =
                Use { file, offset, role, symbol_ref, confidence: 1.0, source: Source::LanguageServer };
            (role != Role::Definition).then_some(used)
        }));
        by_servers.push((*symbol_ref, known));
    }
    for reference in resolver.references(symbol_refs, &|| request.check_time())? {
        let Reference { file, occurrence, symbol_ref, confidence, source } = reference;
        let known = by_servers.iter().find(|(known, _)| *known == symbol_ref);
        if known.is_none_or(|(_, known)| known.keeps(file, confidence)) {
            let (offset, role) = (occurrence.start, occurrence.role());
            uses.push(Use { file, offset, role, symbol_ref, confidence, source });
        }
    }
    uses.sort_by(|a, b| {
        b.confidence.total_cmp(&a.confidence).then((a.file, a.offset).cmp(&(b.file, b.offset)))
    });
    let mut seen = std::collections::HashSet::new();
    uses.retain(|used| seen.insert((used.file, used.offset)));
    Ok(uses)
}

/// Sorts by descending certainty, then by file and offset.
fn sort(references: &mut [Reference]) {
    let order = |reference: &Reference| (reference.file, reference.occurrence.start);
    references.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then_with(|| order(a).cmp(&order(b))));
}

fn reference_entry(request: &Request<'_>, used: &Use, symbol_refs: &[SymbolRef]) -> Value {
    let Some(file) = request.file(used.file) else { return Value::Null };
    let record = &file.record;
    let at = record.position(used.offset);
    let enclosing = record.enclosing_symbol(used.offset);
    let mut value = json!({
        "file_path": request.path(file),
        "line": at.line,
        "column": at.column,
        "role": role_name(used.role),
        "enclosing_symbol": enclosing.map(|id| record.qualified_name(id)),
        "text": request.line(used.file, at.line),
        "confidence": rounded_confidence(used.confidence),
        "source": used.source.as_str(),
    });
    if symbol_refs.len() > 1 {
        value["definition"] = json!(symbol_refs.iter().position(|symbol_ref| *symbol_ref == used.symbol_ref));
    }
    value
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Mention => "mention",
        Role::Type => "type",
        Role::Call => "call",
        Role::Extends => "extends",
        Role::Import => "import",
        Role::Local => "local",
        Role::Definition => "definition",
    }
}

/// Returns the tests that use a symbol: first those that call it, then those that mention it.
pub(crate) fn tests_of(
    request: &Request<'_>,
    resolver: &Resolver<'_>,
    symbol_ref: SymbolRef,
    calls: &[Call],
) -> Result<Vec<SymbolRef>, Refusal> {
    let mut tests: Vec<SymbolRef> = calls.iter().filter_map(|call| call.caller).collect();
    let mut references =
        resolver.references_within(&[symbol_ref], limits::CALLER_FILES_MAX, &|| request.check_time())?;
    sort(&mut references);
    for reference in references {
        let Some(file) = request.file(reference.file) else { continue };
        let Some(symbol) = file.record.enclosing_symbol(reference.occurrence.start) else { continue };
        let around = SymbolRef { file: reference.file, symbol };
        let is_test =
            file.is_test || record_and_symbol(request, around).is_some_and(|(_, symbol)| symbol.is_test);
        if is_test {
            tests.push(around);
        }
    }
    let mut seen = std::collections::HashSet::new();
    tests.retain(|test| *test != symbol_ref && seen.insert(*test));
    Ok(tests)
}
