//! `find_references`: every place where a symbol is used.

use serde_json::{Value, json};

use super::budget::Budget;
use super::calls::Call;
use super::symbols::{chosen, mentioned, not_found, record_and_symbol};
use super::{Answer, Asking, members};
use crate::limits;
use crate::protocol::{Arguments, Refusal};
use crate::record::Role;
use crate::resolve::{Place, Reference, Resolver, certainty};

/// Every place where a symbol is used, the surest first.
pub(crate) fn find_references(asking: &Asking<'_>, arguments: &Arguments<'_>) -> Answer {
    let resolver = asking.resolver();
    let places = chosen(asking, &resolver, arguments)?;
    if places.is_empty() {
        let mut answer = not_found(&resolver, arguments);
        answer.extend(members(json!({ "reference_count": 0, "references": [] })));
        return Ok(answer);
    }
    let mut budget = Budget::new(arguments.size("max_tokens"));
    let likeliest = &places[..places.len().min(limits::NAMESAKES_MAX)];
    budget.leave_out("symbols", places.len() - likeliest.len());
    let mut references = resolver.references(likeliest, &|| asking.check_time())?;
    sort(&mut references);
    let definitions = budget.list("definitions", 0.25, places.iter().map(|place| mentioned(asking, *place)));
    let most = arguments.size("max_results");
    budget.leave_out("references", references.len().saturating_sub(most));
    let shown = references.iter().take(most).map(|reference| shown(asking, reference, &places));
    let listed = budget.list("references", 1.0, shown);
    let mut files: Vec<_> = references.iter().map(|reference| reference.file).collect();
    files.sort_unstable();
    files.dedup();
    let mut answer = members(json!({
        "symbol_name": arguments.text("symbol_name"),
        "found": true,
        "reference_count": references.len(),
        "file_count": files.len(),
        "definitions": definitions,
        "references": listed,
        "source": resolver.source().word(),
    }));
    budget.finish(&mut answer);
    Ok(answer)
}

/// The surest first, and those as sure in the order of files and text.
fn sort(references: &mut [Reference]) {
    let order = |reference: &Reference| (reference.file, reference.occurrence.start);
    references.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then_with(|| order(a).cmp(&order(b))));
}

fn shown(asking: &Asking<'_>, reference: &Reference, places: &[Place]) -> Value {
    let Some(file) = asking.file(reference.file) else { return Value::Null };
    let record = &file.record;
    let at = record.position(reference.occurrence.start);
    let enclosing = record.enclosing_symbol(reference.occurrence.start);
    let mut value = json!({
        "file_path": asking.path(file),
        "line": at.line,
        "column": at.column,
        "role": role_word(reference.occurrence.role()),
        "enclosing_symbol": enclosing.map(|id| record.qualified_name(id)),
        "text": asking.line(reference.file, at.line),
        "confidence": certainty(reference.confidence),
        "source": reference.source.word(),
    });
    if places.len() > 1 {
        value["definition"] = json!(places.iter().position(|place| *place == reference.place));
    }
    value
}

fn role_word(role: Role) -> &'static str {
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

/// The tests that touch a symbol: those that call it, then those that mention it.
pub(crate) fn tests_of(
    asking: &Asking<'_>,
    resolver: &Resolver<'_>,
    place: Place,
    calls: &[Call],
) -> Result<Vec<Place>, Refusal> {
    let mut tests: Vec<Place> = calls.iter().filter_map(|call| call.caller).collect();
    let mut references =
        resolver.references_within(&[place], limits::CALLER_FILES_MAX, &|| asking.check_time())?;
    sort(&mut references);
    for reference in references {
        let Some(file) = asking.file(reference.file) else { continue };
        let Some(symbol) = file.record.enclosing_symbol(reference.occurrence.start) else { continue };
        let around = Place { file: reference.file, symbol };
        let is_test =
            file.is_test || record_and_symbol(asking, around).is_some_and(|(_, symbol)| symbol.is_test);
        if is_test {
            tests.push(around);
        }
    }
    let mut seen = std::collections::HashSet::new();
    tests.retain(|test| *test != place && seen.insert(*test));
    Ok(tests)
}
