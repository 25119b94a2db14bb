//! `summarize_repo`: what a newcomer to the workspace needs to know.

use serde_json::{Map, Value, json};

use super::budget::Budget;
use super::symbols::symbol_summary;
use super::{Answer, Request, members};
use crate::overview::{Command, Counts, Dependencies, EntryPoint, Module, Overview};
use crate::protocol::{Arguments, Refusal};
use crate::resolve::SymbolRef;
use crate::workspace::RootIndex;

/// Answers `summarize_repo`.
pub(crate) fn summarize_repo(request: &Request<'_>, arguments: &Arguments<'_>) -> Answer {
    summary(request, &mut Budget::new(arguments.size("max_tokens")))
}

pub(crate) fn summary(request: &Request<'_>, budget: &mut Budget) -> Result<Map<String, Value>, Refusal> {
    let overview = request.overview()?;
    let total =
        |count: fn(&Counts) -> u64| overview.languages.iter().map(|(_, counts)| count(counts)).sum::<u64>();
    let mut answer = members(json!({
        "total_files": total(|counts| counts.files),
        "total_lines": total(|counts| counts.lines),
        "total_symbols": total(|counts| counts.symbols),
        "total_functions": total(|counts| counts.functions),
        "total_classes": total(|counts| counts.classes),
        "total_methods": total(|counts| counts.methods),
        "total_imports": total(|counts| counts.imports),
        "source": "index",
    }));
    for (name, share, items) in lists(request, &overview) {
        answer.insert(name.to_owned(), json!(budget.list(name, share, items)));
    }
    std::mem::replace(budget, Budget::new(0)).finish(&mut answer);
    Ok(answer)
}

/// Returns the lists of the summary, the most important first. Each has the share of the remaining budget
/// that it may use.
fn lists<'a>(
    request: &'a Request<'_>,
    overview: &'a Overview,
) -> Vec<(&'static str, f64, Box<dyn Iterator<Item = Value> + 'a>)> {
    let used = move |symbols: &'a [(SymbolRef, usize)]| -> Box<dyn Iterator<Item = Value> + 'a> {
        Box::new(symbols.iter().map(|(symbol_ref, files)| {
            let mut value = symbol_summary(request, *symbol_ref);
            value["used_in_files"] = json!(files);
            value
        }))
    };
    let Dependencies { modules, files, packages } = &overview.dependencies;
    let languages = overview.languages.iter().map(|(id, counts)| language(id.language().name, counts));
    let commands = overview.commands.iter().map(|found| command(request, found));
    let entry_points = overview.entries.iter().map(|found| entry_point(request, found));
    let imported_files = files.iter().map(|(file, files)| {
        let path = request.file(*file).map(|file| request.path(file));
        json!({ "file_path": path, "imported_by_files": files })
    });
    let packages =
        packages.iter().map(|(name, files)| json!({ "package": name, "imported_by_files": files }));
    vec![
        ("languages", 0.25, Box::new(languages)),
        ("commands", 0.25, Box::new(commands)),
        ("entry_points", 0.25, Box::new(entry_points)),
        ("modules", 0.4, Box::new(modules.iter().map(|found| module(request, found, modules)))),
        ("most_imported_files", 0.3, Box::new(imported_files)),
        ("top_classes", 0.5, used(&overview.types)),
        ("top_functions", 0.7, used(&overview.functions)),
        ("external_packages", 1.0, Box::new(packages)),
    ]
}

fn language(name: &str, counts: &Counts) -> Value {
    json!({
        "language": name,
        "file_count": counts.files,
        "function_count": counts.functions,
        "class_count": counts.classes,
        "method_count": counts.methods,
        "import_count": counts.imports,
        "total_lines": counts.lines,
        "code_lines": counts.code,
    })
}

fn command(request: &Request<'_>, command: &Command) -> Value {
    let manifest = request.file(command.manifest);
    json!({
        "purpose": command.purpose.as_str(),
        "command": command.line,
        "folder": manifest.map(|file| directory(request, file.root, &command.directory)),
        "said_by": manifest.map(|file| request.path(file)),
    })
}

fn entry_point(request: &Request<'_>, entry: &EntryPoint) -> Value {
    let file = request.file(entry.file);
    let mut value = json!({ "kind": entry.kind, "file_path": file.map(|file| request.path(file)) });
    if let Some(name) = &entry.name {
        value["name"] = json!(name);
    }
    let symbol = entry
        .symbol_ref()
        .zip(file)
        .and_then(|(symbol_ref, file)| Some((file, file.record.symbol(symbol_ref.symbol)?)));
    if let Some((file, symbol)) = symbol {
        value["line"] = json!(file.record.line(symbol.name_span.start));
    }
    value
}

fn module(request: &Request<'_>, module: &Module, all: &[Module]) -> Value {
    let depends_on = module.depends_on.iter().filter_map(|(other, imports)| {
        let other = all.get(*other)?;
        Some(json!({ "folder": directory(request, other.root, &other.directory), "imports": imports }))
    });
    json!({
        "folder": directory(request, module.root, &module.directory),
        "file_count": module.files,
        "code_lines": module.code_lines,
        "depends_on": depends_on.collect::<Vec<_>>(),
    })
}

/// Returns a directory relative to its root, or as an absolute path if there are several roots.
fn directory(request: &Request<'_>, root: RootIndex, directory: &str) -> String {
    let workspace = request.index.workspace();
    if workspace.roots().len() > 1 {
        return workspace.absolute(root, directory).to_string_lossy().into_owned();
    }
    if directory.is_empty() { ".".to_owned() } else { directory.to_owned() }
}
