//! `get_quality_score` and `find_duplicates`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::budget::Budget;
use super::{Answer, Asking, language_servers, members};
use crate::index::{FileId, IndexedFile};
use crate::limits;
use crate::protocol::{Arguments, Code, Refusal};
use crate::quality::{Duplicate, FileQuality, Measured, Shingles, duplicates};
use crate::record::{SymbolKind, Visibility};
use crate::resolve::{Place, Resolver};

/// From which similarity on two functions count as copies for the score.
const COPY_SIMILARITY: f64 = 0.75;

/// The quality of a file, or of the workspace without its tests and what is not its own, with the numbers behind the score.
pub(crate) fn get_quality_score(asking: &Asking<'_>, arguments: &Arguments<'_>) -> Answer {
    let files = files(asking, arguments)?;
    let resolver = asking.resolver();
    let qualities = qualities(asking, &files)?;
    let mut measured: Vec<(FileId, Measured)> = Vec::new();
    let (mut safety, mut errors) = (Vec::new(), 0_usize);
    for (id, quality) in &qualities {
        measured.extend(quality.functions.iter().map(|found| (*id, *found)));
        for issue in &quality.issues {
            if issue.severity == "error" {
                errors += 1;
            } else {
                safety.push((*id, issue));
            }
        }
    }
    measured.sort_by_key(|(id, found)| (std::cmp::Reverse(found.complexity), *id, found.symbol));
    let complex = measured.iter().filter(|(_, found)| found.complexity > limits::COMPLEXITY_GOOD).count();
    let long = measured.iter().filter(|(_, found)| found.lines > limits::FUNCTION_LINES_GOOD).count();
    let deep = measured.iter().filter(|(_, found)| found.nesting > limits::NESTING_GOOD).count();
    let unused = unused(asking, &resolver, &files)?;
    let copies = copies(asking, &qualities, COPY_SIMILARITY);
    let functions = measured.len().max(1);
    let share = |count: usize| {
        f64::from(u32::try_from(count).unwrap_or(u32::MAX))
            / f64::from(u32::try_from(functions).unwrap_or(u32::MAX))
    };
    // Each share of functions with a fault takes its weight from 100.
    let weights = [
        ("complex", complex, 120.0),
        ("long", long, 60.0),
        ("deep", deep, 60.0),
        ("duplicated", copies.len(), 80.0),
        ("unused", unused.len(), 60.0),
        ("dangerous", safety.len(), 60.0),
    ];
    let score = weights
        .iter()
        .fold(100.0, |score, (_, count, weight)| score - (share(*count) * weight).min(30.0))
        .max(0.0);
    let mut budget = Budget::new(arguments.size("max_tokens"));
    let diagnostics = language_servers::diagnostics(
        asking,
        arguments.optional_text("file_path").and(files.first().copied()),
    );
    let diagnostic_count = diagnostics.len();
    let diagnostics = budget.list("diagnostics", 0.3, diagnostics);
    let high = measured.iter().filter(|(_, found)| found.complexity > limits::COMPLEXITY_GOOD).take(10);
    let high = budget.list("high_complexity", 0.4, high.map(|(id, found)| shown_measure(asking, *id, found)));
    let safety_shown = safety.iter().map(|(id, issue)| json!({
        "file_path": asking.file(*id).map(|file| asking.path(file)),
        "line": issue.at.line, "column": issue.at.column, "pattern": issue.pattern, "severity": issue.severity,
    }));
    let safety_shown = budget.list("safety", 0.4, safety_shown);
    let unused_shown =
        budget.list("unused", 0.5, unused.iter().map(|place| super::symbols::mentioned(asking, *place)));
    let copies_shown =
        budget.list("duplicate_pairs", 1.0, copies.iter().take(20).map(|copy| shown_duplicate(asking, copy)));
    let mut answer = members(json!({
        "maintainability_index": (score * 10.0).round() / 10.0,
        "complexity_issues": complex,
        "dead_code": unused.len(),
        "duplicates": copies.len(),
        "safety_issues": safety.len(),
        "syntax_errors": errors,
        "numbers": {
            "files": files.len(), "functions": measured.len(), "long_functions": long, "deeply_nested_functions": deep,
            "penalties": weights.iter().map(|(name, count, weight)| (*name, (share(*count) * weight).min(30.0).round())).collect::<std::collections::BTreeMap<_, _>>(),
            "thresholds": { "complexity": limits::COMPLEXITY_GOOD, "lines": limits::FUNCTION_LINES_GOOD, "nesting": limits::NESTING_GOOD },
        },
        "high_complexity": high,
        "safety": safety_shown,
        "unused": unused_shown,
        "duplicate_pairs": copies_shown,
        "source": language_servers::source(asking, resolver.source()),
    }));
    if diagnostic_count > 0 {
        answer.extend(members(json!({ "diagnostic_count": diagnostic_count, "diagnostics": diagnostics })));
    }
    budget.finish(&mut answer);
    Ok(answer)
}

/// Functions that are alike.
pub(crate) fn find_duplicates(asking: &Asking<'_>, arguments: &Arguments<'_>) -> Answer {
    let files = files(asking, arguments)?;
    let found = copies(asking, &qualities(asking, &files)?, arguments.number("threshold"));
    let mut budget = Budget::new(arguments.size("max_tokens"));
    budget.leave_out("duplicates", found.len().saturating_sub(20));
    let listed =
        budget.list("duplicates", 1.0, found.iter().take(20).map(|copy| shown_duplicate(asking, copy)));
    let mut answer = members(json!({ "duplicate_count": found.len(), "duplicates": listed }));
    budget.finish(&mut answer);
    Ok(answer)
}

/// The file that is named, or else the workspace's own code.
fn files(asking: &Asking<'_>, arguments: &Arguments<'_>) -> Result<Vec<FileId>, Refusal> {
    if let Some(path) = arguments.optional_text("file_path") {
        return Ok(vec![asking.file_at(path)?.0]);
    }
    let own = asking
        .snapshot
        .files()
        .filter(|(_, file)| !file.is_test && !file.is_vendored && !file.record.generated);
    Ok(own.filter(|(_, file)| file.record.language.language().syntax.is_some()).map(|(id, _)| id).collect())
}

/// What is known of the texts of some files.
fn qualities(asking: &Asking<'_>, files: &[FileId]) -> Result<Vec<(FileId, Arc<FileQuality>)>, Refusal> {
    let indexed: Vec<(FileId, &IndexedFile)> =
        files.iter().filter_map(|id| Some((*id, &**asking.file(*id)?))).collect();
    let values: Vec<&IndexedFile> = indexed.iter().map(|(_, file)| *file).collect();
    let Some(found) = asking.qualities.get(asking.index, &values, asking.deadline()) else {
        let message = "measuring the whole workspace takes longer than an answer may; ask again, what is measured is kept";
        return Err(Refusal::new(Code::Timeout, message));
    };
    let known = indexed.iter().zip(found).filter_map(|((id, _), quality)| {
        if quality.is_none() || files.len() == 1 {
            // It notes those that are not what was indexed.
            let _ = asking.text(*id);
        }
        Some((*id, quality?))
    });
    Ok(known.collect())
}

fn copies(asking: &Asking<'_>, qualities: &[(FileId, Arc<FileQuality>)], threshold: f64) -> Vec<Duplicate> {
    let mut found: Vec<(Place, &Shingles)> = Vec::new();
    for (file, quality) in qualities {
        let of_symbols = quality.shingles.iter();
        found.extend(of_symbols.map(|(symbol, shingles)| (Place { file: *file, symbol: *symbol }, shingles)));
    }
    let snapshot = &*asking.snapshot;
    duplicates(&found, threshold, |outer, inner| {
        let Some(record) = snapshot.file(outer.file).map(|file| &file.record) else { return false };
        let spans = record.symbol(outer.symbol).zip(record.symbol(inner));
        spans.is_some_and(|(outer, inner)| outer.span.contains(inner.span))
    })
}

/// Private functions and types that nothing refers to.
fn unused(asking: &Asking<'_>, resolver: &Resolver<'_>, files: &[FileId]) -> Result<Vec<Place>, Refusal> {
    let mut found = Vec::new();
    for id in files {
        let Some(file) = asking.file(*id) else { continue };
        let record = &*file.record;
        let mut uses = vec![0_u32; record.names.len()];
        record.occurrences.iter().for_each(|occurrence| uses[occurrence.name().0 as usize] += 1);
        for (symbol, of) in record.symbols_with_ids() {
            let name = record.name(of.name);
            let by_the_language = name.starts_with("__")
                || matches!(name, "main" | "init")
                || of.is_test
                || !of.decorators.is_empty();
            let is_candidate = of.visibility == Visibility::Private
                && (of.kind.is_callable() || of.kind.is_type())
                && of.kind != SymbolKind::Implementation
                && !by_the_language
                && !is_in_implementation(record, of);
            // A name that occurs once in its file, where it is defined, is used nowhere there; and private names are not used elsewhere.
            if is_candidate && uses[of.name.0 as usize] <= 1 {
                asking.check_time()?;
                let place = Place { file: *id, symbol };
                if resolver.references(&[place], &|| asking.check_time())?.is_empty() {
                    found.push(place);
                }
            }
        }
    }
    Ok(found)
}

/// What implements something is called through that.
fn is_in_implementation(record: &crate::record::FileRecord, symbol: &crate::record::Symbol) -> bool {
    let parent = symbol.parent.and_then(|parent| record.symbol(parent));
    parent
        .is_some_and(|parent| parent.kind == SymbolKind::Implementation && parent.signature.contains(" for "))
}

fn shown_measure(asking: &Asking<'_>, id: FileId, found: &Measured) -> Value {
    let place = Place { file: id, symbol: found.symbol };
    let mut value = super::symbols::mentioned(asking, place);
    value["complexity"] = json!(found.complexity);
    value["nesting"] = json!(found.nesting);
    value["lines"] = json!(found.lines);
    value
}

fn shown_duplicate(asking: &Asking<'_>, copy: &Duplicate) -> Value {
    let side = |place: Place| {
        let file = asking.file(place.file);
        let (path, record) = (file.map(|file| asking.path(file)), file.map(|file| &file.record));
        let name = record.map(|record| record.qualified_name(place.symbol));
        let line = record.and_then(|record| Some(record.line(record.symbol(place.symbol)?.span.start)));
        (name, path, line)
    };
    let ((a, file_a, line_a), (b, file_b, line_b)) = (side(copy.a), side(copy.b));
    json!({
        "symbol_a": a, "file_a": file_a, "line_a": line_a,
        "symbol_b": b, "file_b": file_b, "line_b": line_b,
        "similarity": (copy.similarity * 100.0).round() / 100.0,
    })
}
