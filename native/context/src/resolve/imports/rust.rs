//! `use` and `mod` of Rust.

use super::super::families::Family;
use super::super::lookup::{folder, joined};
use super::super::manifests::around;
use super::{ResolvedImport, Resolver};
use crate::index::{FileId, IndexedFile};
use crate::record::{Import, SymbolKind};
use crate::workspace::RootIndex;

/// A module of a crate: the folder its own modules are in, and the file it is written in.
#[derive(Debug, Clone)]
struct Module {
    root: RootIndex,
    folder: String,
    file: Option<FileId>,
}

impl Resolver<'_> {
    pub(super) fn rust_import(&self, from: &IndexedFile, import: &Import) -> ResolvedImport {
        let mut resolved = ResolvedImport::default();
        let parts: Vec<&str> =
            import.path.split("::").map(str::trim).filter(|part| !part.is_empty()).collect();
        let Some((mut module, rest)) = self.rust_start(from, &parts) else { return resolved };
        let mut rest = rest;
        while let Some((first, behind)) = rest.split_first() {
            let Some(next) = self.rust_child(&module, first) else { break };
            (module, rest) = (next, behind);
        }
        resolved.files.extend(module.file);
        // `use a::b` where `b` is a module, `mod b;`.
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

    /// The file that the first word of a path in an expression means: `crate`, `super`, or the name of a crate of the workspace.
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

    /// The module that a path starts from, and what is left of the path.
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
                // In an inline module, such as `mod tests`, `super` is the file itself: the nearest guess that is right most often.
                let inline = from
                    .record
                    .symbols
                    .iter()
                    .any(|symbol| symbol.kind == SymbolKind::Module && symbol.body.is_some());
                let mut module = if inline { here } else { self.rust_parent(&here)? };
                let mut rest = rest;
                while let Some(("super", behind)) = rest.split_first().map(|(first, behind)| (*first, behind))
                {
                    (module, rest) = (self.rust_parent(&module)?, behind);
                }
                Some((module, rest))
            }
            name => {
                if let Some(child) = self.rust_child(&here, name) {
                    return Some((child, rest));
                }
                let package = self.manifests.rust.iter().find(|package| package.name == name)?;
                let (file, entry) = package.entries.iter().find_map(|entry| {
                    let path = joined(&package.folder, entry)?;
                    Some((self.snapshot.find(package.root, &path)?, path))
                })?;
                let module =
                    Module { root: package.root, folder: folder(&entry).to_owned(), file: Some(file) };
                Some((module, rest))
            }
        }
    }

    /// The module that a file is.
    fn rust_module(&self, file: &IndexedFile) -> Module {
        let own = folder(&file.path);
        let name = file.path[own.len()..].trim_start_matches('/').trim_end_matches(".rs");
        let is_root = matches!(name, "lib" | "main" | "mod" | "build") || self.is_rust_target(file);
        let folder =
            if is_root { own.to_owned() } else { format!("{own}/{name}").trim_start_matches('/').to_owned() };
        Module { root: file.root, folder, file: self.snapshot.find(file.root, &file.path) }
    }

    /// Whether a file is a program, a test or an example of its own.
    fn is_rust_target(&self, file: &IndexedFile) -> bool {
        let package = around(&self.manifests.rust, file).map_or("", |package| package.folder.as_str());
        let own = folder(&file.path);
        ["tests", "benches", "examples", "src/bin"]
            .iter()
            .any(|target| joined(package, target).as_deref() == Some(own))
    }

    fn rust_crate_root(&self, from: &IndexedFile) -> Option<Module> {
        let mut module = self.rust_module(from);
        while let Some(parent) = self.rust_parent(&module).filter(|parent| parent.file.is_some()) {
            module = parent;
        }
        Some(module)
    }

    /// The module around one: the one of the folder above, unless this one is the root of its crate.
    fn rust_parent(&self, module: &Module) -> Option<Module> {
        let path = module.file.and_then(|file| self.snapshot.file(file)).map(|file| &*file.path);
        let is_root = path.is_some_and(|path| {
            path.ends_with("/lib.rs") || path.ends_with("/main.rs") || matches!(path, "lib.rs" | "main.rs")
        }) || module
            .file
            .and_then(|file| self.snapshot.file(file))
            .is_some_and(|file| self.is_rust_target(file));
        if is_root || module.folder.is_empty() {
            return None;
        }
        let above = folder(&module.folder).to_owned();
        let candidates = [
            format!("{above}/lib.rs"),
            format!("{above}/main.rs"),
            format!("{above}.rs"),
            format!("{above}/mod.rs"),
        ];
        let file =
            candidates.iter().find_map(|path| self.snapshot.find(module.root, path.trim_start_matches('/')));
        Some(Module { root: module.root, folder: above, file })
    }

    fn rust_child(&self, module: &Module, name: &str) -> Option<Module> {
        let folder = format!("{}/{name}", module.folder).trim_start_matches('/').to_owned();
        let files = [format!("{folder}.rs"), format!("{folder}/mod.rs")];
        let file = files.iter().find_map(|path| self.snapshot.find(module.root, path))?;
        Some(Module { root: module.root, folder, file: Some(file) })
    }
}
