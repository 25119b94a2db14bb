//! Resolves imports of JavaScript and TypeScript.

use super::super::families::Family;
use super::super::lookup::{directory, join_path};
use super::super::manifests::is_below;
use super::{ResolvedImport, Resolver};
use crate::index::{FileId, IndexedFile};
use crate::workspace::RootIndex;

/// The extensions that an import may have although the source file has another one: the import names the
/// compiler's output.
const COMPILED_EXTENSIONS: &[(&str, &[&str])] =
    &[(".js", &[".ts", ".tsx", ".d.ts"]), (".jsx", &[".tsx"]), (".mjs", &[".mts"]), (".cjs", &[".cts"])];

impl Resolver<'_> {
    pub(super) fn script_import(&self, from: &IndexedFile, path: &str) -> ResolvedImport {
        let found = if path.starts_with('.') {
            join_path(directory(&from.path), path).and_then(|path| self.script_file(from.root, &path))
        } else {
            self.by_alias(from, path).or_else(|| self.by_package(path))
        };
        ResolvedImport { files: found.into_iter().collect(), ..ResolvedImport::default() }
    }

    /// Returns a file by its path, with or without extension, or by its directory.
    fn script_file(&self, root: RootIndex, path: &str) -> Option<FileId> {
        if let Some(file) = self.snapshot.find(root, path) {
            return Some(file);
        }
        for (compiled, sources) in COMPILED_EXTENSIONS {
            if let Some(stem) = path.strip_suffix(compiled) {
                let found =
                    sources.iter().find_map(|source| self.snapshot.find(root, &format!("{stem}{source}")));
                if found.is_some() {
                    return found;
                }
            }
        }
        self.file_with_suffix(root, path, Family::Script)
    }

    /// Resolves a path by the innermost enclosing tsconfig.json that defines an alias for it.
    fn by_alias(&self, from: &IndexedFile, path: &str) -> Option<FileId> {
        let configs = &self.manifests.aliases;
        let mut enclosing: Vec<_> = configs
            .iter()
            .filter(|config| config.root == from.root && is_below(&from.path, &config.directory))
            .collect();
        enclosing.sort_by_key(|config| std::cmp::Reverse(config.directory.len()));
        enclosing.into_iter().find_map(|config| {
            let by_pattern = config.paths.iter().find_map(|(pattern, targets)| {
                let middle = wildcard_match(pattern, path)?;
                targets
                    .iter()
                    .find_map(|target| self.script_file(config.root, &target.replacen('*', middle, 1)))
            });
            by_pattern.or_else(|| {
                let path = join_path(config.base.as_deref()?, path)?;
                self.script_file(config.root, &path)
            })
        })
    }

    /// Resolves a path by the name of a package of the workspace: to its entry, or to one of its files.
    fn by_package(&self, path: &str) -> Option<FileId> {
        let named = self.manifests.node.iter().filter_map(|package| {
            let rest = path.strip_prefix(package.name.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then_some((package, rest.trim_start_matches('/')))
        });
        let (package, inner) = named.max_by_key(|(package, _)| package.name.len())?;
        let file = |path: &str| self.script_file(package.root, &join_path(&package.directory, path)?);
        if inner.is_empty() {
            return package.entries.iter().find_map(|entry| file(entry));
        }
        file(inner).or_else(|| file(&format!("src/{inner}")))
    }
}

/// Returns the part of a path that the `*` of a pattern matches; empty if the pattern equals the path.
fn wildcard_match<'path>(pattern: &str, path: &'path str) -> Option<&'path str> {
    let Some((before, after)) = pattern.split_once('*') else { return (pattern == path).then_some("") };
    path.strip_prefix(before)?.strip_suffix(after)
}
