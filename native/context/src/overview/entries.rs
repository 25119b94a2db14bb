//! The entry points of the programs and libraries of a workspace.

use super::commands::Manifest;
use crate::index::{FileId, IndexedFile, Snapshot};
use crate::languages::LanguageId;
use crate::record::{FileRecord, Role, Symbol, SymbolId};
use crate::resolve::SymbolRef;

/// An entry point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// The kind: `program`, `library`, or `script` for a file that does something when it is run.
    pub kind: &'static str,
    /// The name in a manifest.
    pub name: Option<String>,
    /// The file.
    pub file: FileId,
    /// The function that is called, if known.
    pub symbol: Option<SymbolId>,
}

impl EntryPoint {
    /// Returns the function that is called, if known.
    #[must_use]
    pub fn symbol_ref(&self) -> Option<SymbolRef> {
        Some(SymbolRef { file: self.file, symbol: self.symbol? })
    }
}

/// Returns the entry points: those that manifests name and those found in the code, programs before libraries
/// and those near a root first.
pub(super) fn entries(snapshot: &Snapshot, manifests: &[Manifest<'_>]) -> Vec<EntryPoint> {
    let mut found: Vec<EntryPoint> = Vec::new();
    for manifest in manifests {
        for (kind, name, path) in manifest.entries() {
            if let Some(file) = manifest.resolve(snapshot, &path) {
                let symbol = snapshot.file(file).and_then(|file| main_function(&file.record));
                found.push(EntryPoint { kind, name: Some(name), file, symbol });
            }
        }
    }
    for (file, indexed) in snapshot.files().filter(|(_, file)| file.is_own()) {
        let record = &*indexed.record;
        if found.iter().any(|entry| entry.file == file) || is_auxiliary(&indexed.path) {
            continue;
        }
        if let Some(symbol) = main_function(record) {
            found.push(EntryPoint { kind: "program", name: None, file, symbol: Some(symbol) });
        } else if is_script(indexed) {
            found.push(EntryPoint { kind: "script", name: None, file, symbol: None });
        }
    }
    let depth = |entry: &EntryPoint| snapshot.file(entry.file).map(|file| file.path.matches('/').count());
    found.sort_by_cached_key(|entry| (entry.kind != "program", entry.name.is_none(), depth(entry)));
    let mut seen = std::collections::HashSet::new();
    found.retain(|entry| seen.insert((entry.file, entry.name.clone())));
    found
}

/// Returns whether a file is run only to measure or to build something, and not by users of the product.
fn is_auxiliary(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "benches" | "benchmarks" | "build.rs"))
}

/// Returns the function in which programs of the language start.
fn main_function(record: &FileRecord) -> Option<SymbolId> {
    let starts = |symbol: &Symbol| match record.language.language().name {
        "rust" | "go" | "c" | "cpp" | "zig" | "haskell" | "kotlin" | "swift" => {
            symbol.parent.is_none() && symbol.owner.is_none()
        }
        "java" | "csharp" => symbol.signature.contains("static"),
        "scala" => true,
        _ => false,
    };
    let named = |name: &str| matches!(name, "main" | "Main");
    let main = record
        .symbols_with_ids()
        .find(|(_, symbol)| symbol.kind.is_callable() && named(record.name(symbol.name)) && starts(symbol));
    main.map(|(id, _)| id)
}

/// The column after `if ` at the start of a line.
const COLUMN_AFTER_IF: u32 = 4;

/// Returns whether a Python file does something when it is run: it contains `if __name__ == "__main__"` at
/// the top level, or is named `__main__.py`.
fn is_script(file: &IndexedFile) -> bool {
    let record = &*file.record;
    if !is(record.language, "python") {
        return false;
    }
    if file.path.rsplit('/').next() == Some("__main__.py") {
        return true;
    }
    let Some(name) = record.names.find("__name__") else { return false };
    record.occurrences.iter().any(|occurrence| {
        occurrence.name() == name
            && occurrence.role() == Role::Mention
            && record.position(occurrence.start).column == COLUMN_AFTER_IF
            && record.enclosing_symbol(occurrence.start).is_none()
    })
}

fn is(language: LanguageId, name: &str) -> bool {
    language.language().name == name
}
