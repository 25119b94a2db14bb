//! `get_quality_score` and `find_duplicates`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::budget::Budget;
use super::{Answer, Request, language_servers, members};
use crate::index::FileId;
use crate::limits;
use crate::protocol::{Arguments, Code, Refusal};
use crate::quality::{Duplicate, FunctionMetrics, QualityCache, Survey};
use crate::resolve::{Resolver, SymbolRef};

/// The minimum similarity of two functions that the score counts as duplicates.
const COPY_SIMILARITY: f64 = 0.75;

/// The maximum number of duplicates in an answer.
const SHOWN_COPIES: usize = 20;

/// Answers `get_quality_score` for a file, or for the workspace without tests, vendored and generated code,
/// with the metrics behind the score.
pub(crate) fn get_quality_score(request: &Request<'_>, arguments: &Arguments<'_>) -> Answer {
    let file = requested_file(request, arguments)?;
    let resolver = request.resolver();
    let survey = survey(request, file)?;
    let (mut functions, mut long, mut deep) = (0_usize, 0_usize, 0_usize);
    let mut complex: Vec<(FileId, FunctionMetrics)> = Vec::new();
    let (mut safety, mut errors) = (Vec::new(), 0_usize);
    for (id, quality) in &survey.files {
        for found in &quality.functions {
            functions += 1;
            long += usize::from(found.lines > limits::FUNCTION_LINES_THRESHOLD);
            deep += usize::from(found.nesting > limits::NESTING_THRESHOLD);
            if found.complexity > limits::COMPLEXITY_THRESHOLD {
                complex.push((*id, *found));
            }
        }
        for issue in &quality.issues {
            if issue.severity == "error" {
                errors += 1;
            } else {
                safety.push((*id, issue));
            }
        }
    }
    complex.sort_by_key(|(id, found)| (std::cmp::Reverse(found.complexity), *id, found.symbol));
    let unused = unused(request, &resolver, &survey)?;
    let (copies, copy_count) = copies(request, file, COPY_SIMILARITY);
    let share = |count: usize| {
        f64::from(u32::try_from(count).unwrap_or(u32::MAX))
            / f64::from(u32::try_from(functions.max(1)).unwrap_or(u32::MAX))
    };
    // Each share of functions with an issue subtracts its weight from 100, but at most 30.
    let penalties = [
        ("complex", complex.len(), 120.0),
        ("long", long, 60.0),
        ("deep", deep, 60.0),
        ("duplicated", copy_count, 80.0),
        ("unused", unused.len(), 60.0),
        ("dangerous", safety.len(), 60.0),
    ]
    .map(|(name, count, weight)| (name, (share(count) * weight).min(30.0)));
    let score = penalties.iter().fold(100.0, |score, (_, penalty)| score - penalty).max(0.0);
    let penalties: BTreeMap<&str, f64> =
        penalties.into_iter().map(|(name, penalty)| (name, penalty.round())).collect();
    let mut budget = Budget::new(arguments.size("max_tokens"));
    let diagnostics = language_servers::diagnostics(request, file);
    let diagnostic_count = diagnostics.len();
    let diagnostics = budget.list("diagnostics", 0.3, diagnostics);
    let high = complex.iter().take(10);
    let high =
        budget.list("high_complexity", 0.4, high.map(|(id, found)| function_entry(request, *id, found)));
    let safety_shown = safety.iter().map(|(id, issue)| {
        json!({
            "file_path": request.file(*id).map(|file| request.path(file)),
            "line": issue.at.line,
            "column": issue.at.column,
            "pattern": issue.pattern,
            "severity": issue.severity,
        })
    });
    let safety_shown = budget.list("safety", 0.4, safety_shown);
    let unused_shown = budget.list(
        "unused",
        0.5,
        unused.iter().map(|symbol_ref| super::symbols::symbol_summary(request, *symbol_ref)),
    );
    let copies_shown = budget.list("duplicate_pairs", 1.0, duplicate_entries(request, &copies[..copy_count]));
    let mut answer = members(json!({
        "maintainability_index": (score * 10.0).round() / 10.0,
        "complexity_issues": complex.len(),
        "dead_code": unused.len(),
        "duplicates": copy_count,
        "safety_issues": safety.len(),
        "syntax_errors": errors,
        "numbers": {
            "files": survey.files.len() + survey.stale.len(),
            "functions": functions,
            "long_functions": long,
            "deeply_nested_functions": deep,
            "penalties": penalties,
            "thresholds": {
                "complexity": limits::COMPLEXITY_THRESHOLD,
                "lines": limits::FUNCTION_LINES_THRESHOLD,
                "nesting": limits::NESTING_THRESHOLD,
            },
        },
        "high_complexity": high,
        "safety": safety_shown,
        "unused": unused_shown,
        "duplicate_pairs": copies_shown,
        "source": language_servers::source(request, resolver.source()),
    }));
    if diagnostic_count > 0 {
        answer.extend(members(json!({ "diagnostic_count": diagnostic_count, "diagnostics": diagnostics })));
    }
    budget.finish(&mut answer);
    Ok(answer)
}

/// Answers `find_duplicates`.
pub(crate) fn find_duplicates(request: &Request<'_>, arguments: &Arguments<'_>) -> Answer {
    let file = requested_file(request, arguments)?;
    let (found, count) = copies(request, file, arguments.number("threshold"));
    let mut budget = Budget::new(arguments.size("max_tokens"));
    budget.leave_out("duplicates", count.saturating_sub(SHOWN_COPIES));
    let listed = budget.list("duplicates", 1.0, duplicate_entries(request, &found[..count]));
    let mut answer = members(json!({ "duplicate_count": count, "duplicates": listed }));
    budget.finish(&mut answer);
    Ok(answer)
}

fn requested_file(request: &Request<'_>, arguments: &Arguments<'_>) -> Result<Option<FileId>, Refusal> {
    arguments.optional_string("file_path").map(|path| Ok(request.file_at(path)?.0)).transpose()
}

/// Returns the quality of the given file, or else of the workspace's own code.
fn survey(request: &Request<'_>, file: Option<FileId>) -> Result<Arc<Survey>, Refusal> {
    let (index, qualities) = (request.index, request.qualities);
    let survey = match file.and_then(|id| Some((id, request.file(id)?))) {
        Some((id, file)) => Some(Arc::new(qualities.of_file(index, id, file))),
        None => qualities.of_workspace(index, &request.snapshot, request.deadline()),
    };
    let survey = survey.ok_or_else(|| {
        let message = "measuring the whole workspace takes longer than allowed; \
                       ask again to continue from what has been measured";
        Refusal::new(Code::Timeout, message)
    })?;
    // Reading the content marks the files that have changed since they were indexed.
    survey.stale.iter().chain(&file).for_each(|id| drop(request.text(*id)));
    Ok(survey)
}

/// Returns the pairs of similar functions in the given file, or else in the workspace's own code, the most
/// similar first, and the number of pairs with at least the given similarity.
fn copies(request: &Request<'_>, file: Option<FileId>, threshold: f64) -> (Arc<[Duplicate]>, usize) {
    let copies = match file.and_then(|id| Some((id, request.file(id)?))) {
        Some((id, file)) => {
            let _ = request.text(id);
            QualityCache::copies_in_file(id, file)
        }
        None => request.qualities.copies_in_workspace(&request.snapshot),
    };
    let count = copies.partition_point(|copy| copy.similarity >= threshold);
    (copies, count)
}

/// Returns the private functions and types without references.
fn unused(
    request: &Request<'_>,
    resolver: &Resolver<'_>,
    survey: &Survey,
) -> Result<Vec<SymbolRef>, Refusal> {
    let mut found = Vec::new();
    for (file, quality) in &survey.files {
        for symbol in &quality.unreferenced {
            request.check_time()?;
            let symbol_ref = SymbolRef { file: *file, symbol: *symbol };
            // In some languages, other files of the package or subclasses may use the symbol nevertheless.
            if resolver.references(&[symbol_ref], &|| request.check_time())?.is_empty() {
                found.push(symbol_ref);
            }
        }
    }
    Ok(found)
}

fn function_entry(request: &Request<'_>, id: FileId, found: &FunctionMetrics) -> Value {
    let symbol_ref = SymbolRef { file: id, symbol: found.symbol };
    let mut value = super::symbols::symbol_summary(request, symbol_ref);
    value["complexity"] = json!(found.complexity);
    value["nesting"] = json!(found.nesting);
    value["lines"] = json!(found.lines);
    value
}

fn duplicate_entries(request: &Request<'_>, copies: &[Duplicate]) -> impl Iterator<Item = Value> {
    copies.iter().take(SHOWN_COPIES).map(|copy| duplicate_entry(request, copy))
}

fn duplicate_entry(request: &Request<'_>, copy: &Duplicate) -> Value {
    let side = |symbol_ref: SymbolRef| {
        // Reading the content marks a file that has changed since it was indexed.
        let _ = request.text(symbol_ref.file);
        let file = request.file(symbol_ref.file);
        let (path, record) = (file.map(|file| request.path(file)), file.map(|file| &file.record));
        let name = record.map(|record| record.qualified_name(symbol_ref.symbol));
        let line = record.and_then(|record| Some(record.line(record.symbol(symbol_ref.symbol)?.span.start)));
        (name, path, line)
    };
    let ((a, file_a, line_a), (b, file_b, line_b)) = (side(copy.a), side(copy.b));
    json!({
        "symbol_a": a, "file_a": file_a, "line_a": line_a,
        "symbol_b": b, "file_b": file_b, "line_b": line_b,
        "similarity": (copy.similarity * 100.0).round() / 100.0,
    })
}
