//! Formats answers of the protocol for people.

use serde_json::Value;

use super::super::questions::{Filter, Question};
use super::super::terminal::{Page, sanitized};

/// Writes an answer to a page.
pub(super) fn show(page: &mut Page, question: &Question, answer: &Value) {
    match question {
        Question::Ask { filter, .. } => {
            results(page, answer, filter);
            if answer["context"]["found"] == Value::Bool(true) {
                bundle(page, &answer["context"]);
            }
        }
        Question::Search { filter, .. } => results(page, answer, filter),
        Question::Symbol { .. } => explanations(page, answer),
        Question::Refs { .. } => references(page, answer),
        Question::Calls { .. } => {
            explanations(page, answer);
            calls(page, &answer["call_graph"]);
        }
        Question::Deps { .. } => dependencies(page, answer),
        Question::Summary => summary(page, answer),
    }
    omitted_counts(page, answer);
}

fn results(page: &mut Page, answer: &Value, filter: &Filter) {
    let snippets = items(&answer["snippets"]);
    if snippets.is_empty() {
        page.line("No results. Try other words or fewer filters.");
    }
    for (nth, snippet) in snippets.iter().enumerate() {
        if nth > 0 {
            page.line("");
        }
        let symbol = &snippet["symbol"];
        let what = format!("{} {}", page.kind(text(&symbol["kind"])), page.name(text(&symbol["name"])));
        let location = page.location(text(&snippet["file_path"]), snippet["start_line"].as_u64());
        let why = page.aside(text(&snippet["why"]));
        page.line(format!("{location}  {what}  {why}"));
        let first = snippet["start_line"].as_u64().unwrap_or(1);
        source(page, text(&snippet["content"]), first, filter.lines);
    }
}

/// Writes the first `max_lines` lines of the code with their numbers, and the number of further lines.
fn source(page: &mut Page, code: &str, first: u64, max_lines: usize) {
    let lines: Vec<&str> = code.lines().collect();
    for (number, line) in (first..).zip(lines.iter().take(max_lines)) {
        let number = page.aside(&format!("{number:>6} │ "));
        // Tabs are replaced by the width that they have in most code.
        page.line(format!("{number}{}", sanitized(&line.replace('\t', "    "))));
    }
    if lines.len() > max_lines {
        page.line(page.aside(&format!("       … {} more lines", lines.len() - max_lines)));
    }
}

fn bundle(page: &mut Page, context: &Value) {
    let definition = &context["definition"];
    page.line("");
    let location = page.location(text(&definition["file_path"]), definition["line"].as_u64());
    page.line(format!("{}  {location}", page.name(text(&definition["signature"]))));
    page.line(first_paragraph(text(&definition["doc"])));
    calls(page, &context["call_graph"]);
    symbols(page, "Types", &context["types"]);
    symbols(page, "Tests", &context["tests"]);
}

fn explanations(page: &mut Page, answer: &Value) {
    if answer["found"] != Value::Bool(true) {
        let similar: Vec<&str> = items(&answer["did_you_mean"]).iter().map(text).collect();
        let hint =
            if similar.is_empty() { String::new() } else { format!(" Did you mean {}?", similar.join(", ")) };
        page.line(format!(
            "No symbol is named {}.{}",
            sanitized(text(&answer["symbol_name"])),
            sanitized(&hint)
        ));
        return;
    }
    for (nth, explanation) in items(&answer["explanations"]).iter().enumerate() {
        if nth > 0 {
            page.line("");
        }
        let details = &explanation["details"];
        let first = text(&details["lines"]).split('-').next().and_then(|line| line.parse().ok());
        let location = page.location(text(&explanation["file_path"]), first);
        let name = page.name(text(&details["qualified_name"]));
        page.line(format!("{} {name}  {location}", page.kind(text(&explanation["symbol_kind"]))));
        page.line(format!("    {}", sanitized(text(&details["signature"]))));
        let summary = text(&explanation["summary"]);
        if summary != text(&details["signature"]) {
            page.line(format!("    {}", first_paragraph(summary)));
        }
        source(page, text(&details["body"]), first.unwrap_or(1), usize::MAX);
    }
    symbols(page, "Other symbols with this name", &answer["other_matches"]);
}

fn symbols(page: &mut Page, title: &str, list: &Value) {
    let list = items(list);
    if list.is_empty() {
        return;
    }
    page.heading(title, list.len());
    for symbol in list {
        let location = page.location(text(&symbol["file_path"]), symbol["start_line"].as_u64());
        page.line(format!(
            "  {} {}  {location}",
            page.kind(text(&symbol["kind"])),
            page.name(text(&symbol["name"]))
        ));
    }
}

fn references(page: &mut Page, answer: &Value) {
    if answer["found"] != Value::Bool(true) {
        return explanations(page, answer);
    }
    symbols(page, "Definitions", &answer["definitions"]);
    let references = items(&answer["references"]);
    let count = answer["reference_count"].as_u64().and_then(|count| usize::try_from(count).ok());
    page.heading("References", count.unwrap_or(references.len()));
    for reference in references {
        let location = page.location(text(&reference["file_path"]), reference["line"].as_u64());
        let enclosing =
            reference["enclosing_symbol"].as_str().map(|name| format!("in {name}")).unwrap_or_default();
        let aside = page.aside(&format!("{enclosing}{}", confidence_note(reference)));
        page.line(format!("  {location}  {}  {aside}", sanitized(text(&reference["text"]))));
    }
}

fn calls(page: &mut Page, graph: &Value) {
    for (title, list, who) in
        [("Called by", &graph["callers"], "caller"), ("Calls", &graph["callees"], "callee")]
    {
        let list = items(list);
        if list.is_empty() {
            continue;
        }
        page.heading(title, list.len());
        for edge in list {
            let name = text(&edge[who]);
            // A caller consists of its file and its name.
            let name =
                name.strip_prefix(text(&edge["file_path"])).map_or(name, |name| name.trim_start_matches(':'));
            let location = page.location(text(&edge["file_path"]), edge["line"].as_u64());
            let aside = if edge["external"] == Value::Bool(true) {
                "  external".to_owned()
            } else {
                confidence_note(edge)
            };
            page.line(format!("  {}  {location}{}", page.name(name), page.aside(&aside)));
        }
    }
}

/// Returns a note about the confidence of a result if it is low.
fn confidence_note(found: &Value) -> String {
    match found["confidence"].as_f64() {
        Some(confidence) if confidence < 0.7 => format!("  uncertain ({:.0}%)", confidence * 100.0),
        _ => String::new(),
    }
}

fn dependencies(page: &mut Page, answer: &Value) {
    let imports = answer["dependencies"].as_object().into_iter().flat_map(serde_json::Map::values);
    let imports: Vec<&Value> = imports.flat_map(items).collect();
    page.heading("Imports", imports.len());
    for import in imports {
        let targets: Vec<String> =
            items(&import["files"]).iter().map(|file| page.location(text(file), None)).collect();
        let target = if targets.is_empty() {
            page.aside(
                &import["package"].as_str().map_or("?".to_owned(), |package| format!("package {package}")),
            )
        } else {
            targets.join(", ")
        };
        let location = page.location(text(&import["source_file"]), import["line"].as_u64());
        page.line(format!("  {location}  {} → {target}", page.name(text(&import["module"]))));
    }
    let dependents = items(&answer["dependents"]);
    page.heading("Imported by", dependents.len());
    for dependent in dependents {
        page.line(format!("  {}", page.location(text(&dependent["file_path"]), dependent["line"].as_u64())));
    }
}

fn summary(page: &mut Page, answer: &Value) {
    let number = |name: &str| answer[name].as_u64().unwrap_or(0);
    let (files, lines) = (number("total_files"), number("total_lines"));
    page.line(page.name(&format!("{files} files, {lines} lines, {} symbols", number("total_symbols"))));
    list(page, "Languages", &answer["languages"], |page, language| {
        let name = page.name(text(&language["language"]));
        format!("{name}  {} files, {} lines of code", language["file_count"], language["code_lines"])
    });
    list(page, "Commands", &answer["commands"], |page, command| {
        let directory = match text(&command["folder"]) {
            "." => String::new(),
            directory => format!("  in {directory}"),
        };
        let purpose = page.kind(&format!("{:<7}", text(&command["purpose"])));
        format!("{purpose}{}{}", page.name(text(&command["command"])), page.aside(&directory))
    });
    list(page, "Entry points", &answer["entry_points"], |page, entry| {
        let location = page.location(text(&entry["file_path"]), entry["line"].as_u64());
        format!("{} {}  {location}", page.kind(text(&entry["kind"])), page.name(text(&entry["name"])))
    });
    list(page, "Modules", &answer["modules"], |page, module| {
        let uses: Vec<&str> =
            items(&module["depends_on"]).iter().map(|other| text(&other["folder"])).collect();
        let uses = if uses.is_empty() { String::new() } else { format!("  → {}", uses.join(", ")) };
        let size = format!("  {} files, {} lines of code", module["file_count"], module["code_lines"]);
        format!("{}{}{}", page.name(text(&module["folder"])), page.aside(&size), sanitized(&uses))
    });
    list(page, "Most imported files", &answer["most_imported_files"], |page, file| {
        format!("{}  by {}", page.location(text(&file["file_path"]), None), file["imported_by_files"])
    });
    for (title, name) in [("Most used types", "top_classes"), ("Most used functions", "top_functions")] {
        list(page, title, &answer[name], |page, symbol| {
            let location = page.location(text(&symbol["file_path"]), symbol["start_line"].as_u64());
            format!("{}  {location}  in {} files", page.name(text(&symbol["name"])), symbol["used_in_files"])
        });
    }
    list(page, "External packages", &answer["external_packages"], |page, package| {
        format!("{}  in {} files", page.name(text(&package["package"])), package["imported_by_files"])
    });
}

fn list(page: &mut Page, title: &str, list: &Value, format_item: impl Fn(&Page, &Value) -> String) {
    let list = items(list);
    if list.is_empty() {
        return;
    }
    page.heading(title, list.len());
    for item in list {
        let line = format_item(page, item);
        page.line(format!("  {line}"));
    }
}

fn omitted_counts(page: &mut Page, answer: &Value) {
    for (name, count) in answer["left_out"].as_object().into_iter().flatten() {
        let name = name.replace('_', " ");
        page.line(page.aside(&format!("… {count} more {name}; raise --max-tokens to show more")));
    }
}

fn first_paragraph(text: &str) -> String {
    sanitized(&text.split("\n\n").next().unwrap_or_default().replace('\n', " "))
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
