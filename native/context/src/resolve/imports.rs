//! Resolves imports to files, and files to their importers.

use std::collections::HashSet;
use std::rc::Rc;

use super::families::Family;
use super::lookup::{directory, join_path};
use super::{Resolver, SymbolRef, manifests};
use crate::index::{CURRENT_DIRECTORY, FileId, IndexedFile, path_words};
use crate::record::{Import, NameId, SymbolKind};

mod rust;
mod script;

/// The target of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResolvedImport {
    /// The module path as written.
    pub path: Box<str>,
    /// The files of the workspace that the import refers to. There are several if the module is a directory
    /// or a namespace.
    pub files: Vec<FileId>,
    /// The imported names that are modules themselves, with their files.
    pub modules: Vec<(NameId, FileId)>,
    /// The external package that the import refers to.
    pub package: Option<String>,
}

impl Resolver<'_> {
    /// Returns the targets of the imports of a file, in the order of its record.
    #[must_use]
    pub fn imports(&self, file: FileId) -> Rc<Vec<ResolvedImport>> {
        if let Some(known) = self.imports.borrow().get(&file) {
            return Rc::clone(known);
        }
        let indexed = self.snapshot.file(file);
        let resolve = |indexed: &std::sync::Arc<IndexedFile>| {
            indexed.record.imports.iter().map(|import| self.resolve_import(indexed, import)).collect()
        };
        let resolved: Rc<Vec<ResolvedImport>> = Rc::new(indexed.map(resolve).unwrap_or_default());
        self.imports.borrow_mut().insert(file, Rc::clone(&resolved));
        resolved
    }

    /// Returns the files that import a file, each with the index of its import.
    #[must_use]
    pub fn dependents(&self, file: FileId) -> Vec<(FileId, usize)> {
        let Some(indexed) = self.snapshot.file(file) else { return Vec::new() };
        let words = self.importer_words(indexed);
        let candidates: HashSet<FileId> =
            words.iter().flat_map(|word| self.snapshot.importers(word)).filter(|id| *id != file).collect();
        let mut found = Vec::new();
        for candidate in candidates {
            let Some(other) = self.snapshot.file(candidate) else { continue };
            let record = &other.record;
            for (index, import) in record.imports.iter().enumerate() {
                let mut written =
                    path_words(&import.path).chain(import.names.iter().map(|name| record.name(name.name)));
                let likely =
                    written.any(|word| words.contains(word)) || path_words(&import.path).next().is_none();
                if likely {
                    let resolved = self.resolve_import(other, import);
                    if resolved.files.contains(&file)
                        || resolved.modules.iter().any(|(_, module)| *module == file)
                    {
                        found.push((candidate, index));
                    }
                }
            }
        }
        let key = |(id, index): &(FileId, usize)| {
            (self.snapshot.file(*id).map(|file| (file.root, file.path.clone())), *index)
        };
        found.sort_by_cached_key(key);
        found
    }

    /// Returns words such that every import that resolves to a file contains at least one of them.
    fn importer_words(&self, file: &IndexedFile) -> HashSet<String> {
        let parts: Vec<&str> = file.path.rsplit('/').take(2).collect();
        let mut words: HashSet<String> =
            parts.iter().flat_map(|part| path_words(part)).map(str::to_owned).collect();
        words.insert(CURRENT_DIRECTORY.to_owned());
        // A package or namespace is imported by its own name.
        for packages in [&self.manifests.node, &self.manifests.rust, &self.manifests.go] {
            if let Some(package) = manifests::enclosing_package(packages, file) {
                words.extend(path_words(&package.name).map(str::to_owned));
            }
        }
        let modules = file.record.symbols.iter().filter(|symbol| symbol.kind == SymbolKind::Module);
        for module in modules {
            words.extend(path_words(file.record.name(module.name)).map(str::to_owned));
        }
        words
    }

    fn resolve_import(&self, from: &IndexedFile, import: &Import) -> ResolvedImport {
        let mut resolved = match Family::of(from.record.language) {
            Family::Python => self.python_import(from, import),
            Family::Script => self.script_import(from, &import.path),
            Family::Rust => self.rust_import(from, import),
            Family::Go => self.go_import(from, &import.path),
            family => self.other_import(from, import, family),
        };
        resolved.path = import.path.clone();
        if resolved.files.is_empty() && resolved.modules.is_empty() && resolved.package.is_none() {
            resolved.package = package(Family::of(from.record.language), &import.path);
        }
        resolved
    }

    /// Resolves a Python import: `a.b`, `.`, `..a`. An imported name may be a module of the package.
    fn python_import(&self, from: &IndexedFile, import: &Import) -> ResolvedImport {
        let dots = import.path.len() - import.path.trim_start_matches('.').len();
        let rest = import.path.trim_start_matches('.').replace('.', "/");
        let module = |path: &str| -> Vec<FileId> {
            if dots > 0 {
                let climb = "../".repeat(dots - 1);
                let path = join_path(directory(&from.path), &format!("{climb}{path}"));
                return path
                    .and_then(|path| self.file_with_suffix(from.root, &path, Family::Python))
                    .into_iter()
                    .collect();
            }
            let parts: Vec<&str> = path.split('/').collect();
            let mut found = self.files_ending_with(from, &parts, Family::Python);
            // A module inside a package cannot be imported by its bare name: `json` does not mean
            // `mine/json.py`.
            found
                .retain(|id| self.snapshot.file(*id).is_some_and(|file| !self.is_inside_package(file, path)));
            found.truncate(1);
            found
        };
        let mut resolved = ResolvedImport { files: module(&rest), ..ResolvedImport::default() };
        for imported in &import.names {
            let name = from.record.name(imported.name);
            let path = if rest.is_empty() { name.to_owned() } else { format!("{rest}/{name}") };
            let defined = resolved.files.iter().any(|file| !self.top_level(*file, name).is_empty());
            if !defined && let Some(file) = module(&path).first() {
                resolved.modules.push((imported.name, *file));
            }
        }
        // The package itself is not a target of `from . import a`.
        if !import.names.is_empty() && resolved.modules.len() == import.names.len() {
            resolved.files.clear();
        }
        resolved
    }

    /// Returns whether the directory in which an absolute import would start is a package itself.
    fn is_inside_package(&self, file: &IndexedFile, module: &str) -> bool {
        let end = file.path.rfind(module).unwrap_or(0);
        let start = file.path[..end].trim_end_matches('/');
        !start.is_empty() && self.snapshot.find(file.root, &format!("{start}/__init__.py")).is_some()
    }

    /// Resolves a Go import to the files of a package directory in a module of the workspace.
    fn go_import(&self, from: &IndexedFile, path: &str) -> ResolvedImport {
        let owner = self.manifests.go.iter().filter(|module| {
            path == module.name
                || path.strip_prefix(module.name.as_str()).is_some_and(|rest| rest.starts_with('/'))
        });
        let Some(module) = owner.max_by_key(|module| module.name.len()) else {
            return ResolvedImport::default();
        };
        let inner = path[module.name.len()..].trim_start_matches('/');
        let package_directory = join_path(&module.directory, inner).unwrap_or_default();
        let is_part = |file: &IndexedFile| {
            directory(&file.path) == package_directory
                && file.path.ends_with(".go")
                && !file.path.ends_with("_test.go")
        };
        let files = self.snapshot.files_under(module.root, &package_directory);
        let files =
            files.filter(|(_, file)| is_part(file) && file.key() != from.key()).map(|(id, _)| id).collect();
        ResolvedImport { files, ..ResolvedImport::default() }
    }

    /// Resolves an import in the other languages, in which it is a relative path, the end of a file path, or
    /// the name of a namespace.
    fn other_import(&self, from: &IndexedFile, import: &Import, family: Family) -> ResolvedImport {
        let path = import.path.trim_start_matches('\\');
        let mut resolved = ResolvedImport::default();
        let relative = join_path(directory(&from.path), path)
            .and_then(|path| self.file_with_suffix(from.root, &path, family));
        if let Some(file) = relative.filter(|_| {
            matches!(family, Family::C | Family::Ruby | Family::Shell | Family::Zig | Family::Php)
        }) {
            resolved.files.push(file);
            return resolved;
        }
        if matches!(family, Family::CSharp | Family::Elixir | Family::Php | Family::Jvm | Family::Haskell) {
            resolved.files = self.files_of_namespace(path);
            if !resolved.files.is_empty() && (family != Family::Jvm || import.everything) {
                return resolved;
            }
            resolved.files.clear();
        }
        if family == Family::Swift {
            let in_module = self.snapshot.files().filter(|(_, file)| {
                file.path.ends_with(".swift") && file.path.split('/').any(|part| part == path)
            });
            resolved.files = in_module.map(|(id, _)| id).collect();
            return resolved;
        }
        let parts: Vec<&str> = match family {
            Family::C | Family::Ruby | Family::Shell | Family::Zig => {
                path.split('/').filter(|part| *part != "." && *part != "..").collect()
            }
            Family::Php => path.split(['\\', '/']).collect(),
            _ => path.split('.').collect(),
        };
        let nearest = |parts: &[&str]| {
            self.files_ending_with(from, parts, family).into_iter().take(1).collect::<Vec<_>>()
        };
        resolved.files = nearest(&parts);
        // The path may be `a.b.Class.member`.
        if resolved.files.is_empty() && matches!(family, Family::Jvm) && parts.len() > 2 {
            resolved.files = nearest(&parts[..parts.len() - 1]);
        }
        // Kotlin directories may omit the common prefix of all packages.
        if resolved.files.is_empty() && matches!(family, Family::Jvm) {
            resolved.files = self.files_of_namespace(path);
        }
        // The first part of a namespace may stand for a directory of another name (`App\` for `src/`).
        if resolved.files.is_empty() && matches!(family, Family::Php) && parts.len() > 1 {
            resolved.files = nearest(&parts[1..]);
        }
        resolved
    }

    /// Returns the files that declare a namespace or module, or that define a qualified name.
    fn files_of_namespace(&self, name: &str) -> Vec<FileId> {
        let named = |name: &str| {
            let modules =
                self.snapshot.symbols_named(name).filter(|(.., symbol)| symbol.kind == SymbolKind::Module);
            modules.map(|(file, ..)| file).collect::<Vec<_>>()
        };
        let mut files = named(name);
        if files.is_empty()
            && let Some((outer, last)) = name.rsplit_once(['.', '\\'])
        {
            files = named(outer);
            files.retain(|file| !self.top_level(*file, last).is_empty());
        }
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Returns the symbols with a name that a file defines at its top level or in its namespaces.
    pub(super) fn top_level(&self, file: FileId, name: &str) -> Vec<SymbolRef> {
        let Some(record) = self.record(file) else { return Vec::new() };
        let Some(id) = record.names.find(name) else { return Vec::new() };
        let is_outer = |parent: Option<crate::record::SymbolId>| {
            let mut next = parent;
            while let Some(symbol) = next.and_then(|parent| record.symbol(parent)) {
                if symbol.kind != SymbolKind::Module {
                    return false;
                }
                next = symbol.parent;
            }
            true
        };
        let symbols = record.symbols_with_ids().filter(|(_, symbol)| {
            symbol.name == id
                && symbol.kind != SymbolKind::Implementation
                && is_outer(symbol.parent)
                && (symbol.parent.is_some() || !symbol.kind.is_callable() || symbol.owner.is_none())
        });
        symbols.map(|(symbol, _)| SymbolRef { file, symbol }).collect()
    }
}

/// Returns the external package that an import names.
fn package(family: Family, path: &str) -> Option<String> {
    let first = match family {
        Family::Script => {
            let mut parts = path.split('/');
            match parts.next()? {
                "" | "." | ".." => return None,
                scope if scope.starts_with('@') => return Some(format!("{scope}/{}", parts.next()?)),
                name => name,
            }
        }
        Family::Rust => {
            path.split("::").next().filter(|first| !matches!(*first, "self" | "super" | "crate"))?
        }
        Family::Python => path.split('.').next()?,
        Family::Go | Family::Jvm | Family::CSharp | Family::Php | Family::C => path,
        _ => path.split(['/', '.']).next()?,
    };
    (!first.is_empty()).then(|| first.to_owned())
}
