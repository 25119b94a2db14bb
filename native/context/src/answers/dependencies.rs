//! `get_dependencies`: the imports of a file, and the files that import it.

use serde_json::{Map, Value, json};

use super::budget::Budget;
use super::{Answer, Request, members};
use crate::index::FileId;
use crate::protocol::Arguments;
use crate::resolve::Resolver;

/// Answers `get_dependencies`.
pub(crate) fn get_dependencies(request: &Request<'_>, arguments: &Arguments<'_>) -> Answer {
    let (id, file) = request.file_at(arguments.string("file_path"))?;
    let resolver = request.resolver();
    let mut budget = Budget::new(arguments.size("max_tokens"));
    let imports = budget.list("dependencies", 0.6, imports(request, &resolver, id));
    let dependents = budget.list("dependents", 1.0, dependents(request, &resolver, id));
    let path = request.path(file);
    let mut answer = members(json!({
        "file_path": path,
        "dependencies": { path: imports },
        "dependents": dependents,
        "source": "index",
    }));
    budget.finish(&mut answer);
    Ok(answer)
}

/// Returns the imports of some files by file path.
pub(crate) fn by_file(
    request: &Request<'_>,
    resolver: &Resolver<'_>,
    files: &[FileId],
    budget: &mut Budget,
) -> Value {
    let mut by_file = Map::new();
    for id in files {
        let Some(file) = request.file(*id) else { continue };
        let listed = budget.list("dependencies", 0.7, imports(request, resolver, *id));
        by_file.insert(request.path(file), Value::Array(listed));
    }
    Value::Object(by_file)
}

/// Returns the imports of a file: each with its source text and the files or the package it resolves to.
pub(crate) fn imports(request: &Request<'_>, resolver: &Resolver<'_>, id: FileId) -> Vec<Value> {
    let Some(file) = request.file(id) else { return Vec::new() };
    let text = request.text(id).unwrap_or_default();
    let path = request.path(file);
    let resolved = resolver.imports(id);
    let imports = file.record.imports.iter().zip(resolved.iter());
    imports
        .map(|(import, resolved)| {
            let written = import.span.of(&text).split_whitespace().collect::<Vec<_>>().join(" ");
            let files: Vec<String> = resolved
                .files
                .iter()
                .filter_map(|id| request.file(*id))
                .map(|file| request.path(file))
                .collect();
            let mut value = json!({
                "source_file": path,
                "import_text": written.chars().take(crate::limits::LINE_CHARACTERS_MAX).collect::<String>(),
                "line": file.record.line(import.span.start),
                "module": import.path,
                "files": files,
            });
            if let Some(package) = &resolved.package {
                value["package"] = json!(package);
            }
            value
        })
        .collect()
}

/// Returns the files that import a file, with the lines of the imports.
pub(crate) fn dependents(request: &Request<'_>, resolver: &Resolver<'_>, id: FileId) -> Vec<Value> {
    let shown = resolver.dependents(id).into_iter().filter_map(|(dependent, import)| {
        let file = request.file(dependent)?;
        let import = file.record.imports.get(import)?;
        Some(json!({
            "file_path": request.path(file),
            "line": file.record.line(import.span.start),
            "module": import.path,
        }))
    });
    shown.collect()
}
