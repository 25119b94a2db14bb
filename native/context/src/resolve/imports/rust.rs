//! Resolves `use` and `mod` of Rust.

use super::super::families::Family;
use super::super::lookup::{directory, join_path};
use super::super::manifests::enclosing_package;
use super::{ResolvedImport, Resolver};
use crate::index::{FileId, IndexedFile};
use crate::record::{Import, SymbolKind};
use crate::workspace::RootIndex;

/// A module of a crate: the directory of its submodules, and the file that contains it.
#[derive(Debug, Clone)]
struct Module {
    root: RootIndex,
    directory: String,
    file: Option<FileId>,
}

impl Resolver<'_> {
    pub(super) fn rust_import(&self, from: &IndexedFile, import: &Import) -> ResolvedImport {
        let mut resolved = ResolvedImport::default();
        let parts: Vec<&str> =
            import.path.split("::").map(str::trim).filter(|part| !part.is_empty()).collect();
        let Some((mut module, rest)) = self.rust_start(from, &parts) else { return resolved };
        let mut rest = rest;
        while let Some((first, after)) = rest.split_first() {
            let Some(next) = self.rust_child(&module, first) else { break };
            (module, rest) = (next, after);
        }
        resolved.files.extend(module.file);
        // The path names a module, as in `use a::b` or `mod b;`.
        if rest.is_empty()
            && !import.everything
            && let Some(file) = module.file
        {
            if let Some(name) = import.names.first() {
                resolved.modules.push((name.name, file));
            }
            if let Some(alias) = import.alias {
                resolved.modules.push((alias, file));
            }
        }
        resolved
    }

    /// Returns the file that the first word of a path in an expression refers to: `crate`, `super`, or the
    /// name of a crate of the workspace.
    pub(in super::super) fn rust_path_start(&self, file: FileId, word: &str) -> Option<FileId> {
        let from = self.snapshot.file(file)?;
        if Family::of(from.record.language) != Family::Rust {
            return None;
        }
        let is_start = matches!(word, "crate" | "super")
            || self.manifests.rust.iter().any(|package| package.name == word);
        let path = [word];
        let (module, rest) = self.rust_start(from, &path).filter(|_| is_start)?;
        module.file.filter(|_| rest.is_empty())
    }

    /// Returns the module in which a path starts, and the remainder of the path.
    fn rust_start<'p, 'q>(
        &self,
        from: &IndexedFile,
        parts: &'q [&'p str],
    ) -> Option<(Module, &'q [&'p str])> {
        let here = self.rust_module(from);
        let (first, rest) = parts.split_first()?;
        match *first {
            "crate" => Some((self.rust_crate_root(from)?, rest)),
            "self" => Some((here, rest)),
            "super" => {
                // In an inline module, such as `mod tests`, `super` is the file itself. A file with an inline
                // module is assumed to use `super` there, which is right most often.
                let inline = from
                    .record
                    .symbols
                    .iter()
                    .any(|symbol| symbol.kind == SymbolKind::Module && symbol.body.is_some());
                let mut module = if inline { here } else { self.rust_parent(&here)? };
                let mut rest = rest;
                while let Some(("super", after)) = rest.split_first().map(|(first, after)| (*first, after)) {
                    (module, rest) = (self.rust_parent(&module)?, after);
                }
                Some((module, rest))
            }
            name => {
                if let Some(child) = self.rust_child(&here, name) {
                    return Some((child, rest));
                }
                let package = self.manifests.rust.iter().find(|package| package.name == name)?;
                let (file, entry) = package.entries.iter().find_map(|entry| {
                    let path = join_path(&package.directory, entry)?;
                    Some((self.snapshot.find(package.root, &path)?, path))
                })?;
                let module =
                    Module { root: package.root, directory: directory(&entry).to_owned(), file: Some(file) };
                Some((module, rest))
            }
        }
    }

    /// Returns the module that a file contains.
    fn rust_module(&self, file: &IndexedFile) -> Module {
        let own = directory(&file.path);
        let name = file.path[own.len()..].trim_start_matches('/').trim_end_matches(".rs");
        let is_root = matches!(name, "lib" | "main" | "mod" | "build") || self.is_rust_target(file);
        let directory =
            if is_root { own.to_owned() } else { format!("{own}/{name}").trim_start_matches('/').to_owned() };
        Module { root: file.root, directory, file: self.snapshot.find(file.root, &file.path) }
    }

    /// Returns whether a file is a program, a test or an example with a crate of its own.
    fn is_rust_target(&self, file: &IndexedFile) -> bool {
        let package =
            enclosing_package(&self.manifests.rust, file).map_or("", |package| package.directory.as_str());
        let own = directory(&file.path);
        ["tests", "benches", "examples", "src/bin"]
            .iter()
            .any(|target| join_path(package, target).as_deref() == Some(own))
    }

    fn rust_crate_root(&self, from: &IndexedFile) -> Option<Module> {
        let mut module = self.rust_module(from);
        while let Some(parent) = self.rust_parent(&module).filter(|parent| parent.file.is_some()) {
            module = parent;
        }
        Some(module)
    }

    /// Returns the parent of a module: the module of the parent directory, unless this one is the root of its
    /// crate.
    fn rust_parent(&self, module: &Module) -> Option<Module> {
        let path = module.file.and_then(|file| self.snapshot.file(file)).map(|file| &*file.path);
        let is_root = path.is_some_and(|path| {
            path.ends_with("/lib.rs") || path.ends_with("/main.rs") || matches!(path, "lib.rs" | "main.rs")
        }) || module
            .file
            .and_then(|file| self.snapshot.file(file))
            .is_some_and(|file| self.is_rust_target(file));
        if is_root || module.directory.is_empty() {
            return None;
        }
        let above = directory(&module.directory).to_owned();
        let candidates = [
            format!("{above}/lib.rs"),
            format!("{above}/main.rs"),
            format!("{above}.rs"),
            format!("{above}/mod.rs"),
        ];
        let file =
            candidates.iter().find_map(|path| self.snapshot.find(module.root, path.trim_start_matches('/')));
        Some(Module { root: module.root, directory: above, file })
    }

    fn rust_child(&self, module: &Module, name: &str) -> Option<Module> {
        let directory = format!("{}/{name}", module.directory).trim_start_matches('/').to_owned();
        let files = [format!("{directory}.rs"), format!("{directory}/mod.rs")];
        let file = files.iter().find_map(|path| self.snapshot.find(module.root, path))?;
        Some(Module { root: module.root, directory, file: Some(file) })
    }
}
