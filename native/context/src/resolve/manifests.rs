//! The content of the workspace's manifests: names of packages and modules, and path aliases.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;
use xxhash_rust::xxh3::Xxh3;

use super::lookup::{directory, join_path};
use crate::index::{Index, IndexedFile, Snapshot};
use crate::workspace::RootIndex;

/// A package, crate or module that a manifest declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The root that contains it.
    pub root: RootIndex,
    /// Its directory.
    pub directory: String,
    /// The name by which it is imported.
    pub name: String,
    /// The files that stand for the package itself, relative to its directory, the most likely first. They
    /// need not exist.
    pub entries: Vec<String>,
}

/// The path aliases of a `tsconfig.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aliases {
    /// The root that contains the file.
    pub root: RootIndex,
    /// The directory that the aliases apply to.
    pub directory: String,
    /// The directory in which names without an alias are looked up as well.
    pub base: Option<String>,
    /// The patterns, each with at most one `*`, and their targets relative to the root.
    pub paths: Vec<(String, Vec<String>)>,
}

/// The content of all manifests.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Manifests {
    /// The packages of package.json files.
    pub node: Vec<Package>,
    /// The crates of Cargo.toml files.
    pub rust: Vec<Package>,
    /// The modules of go.mod files.
    pub go: Vec<Package>,
    /// The aliases of tsconfig.json and jsconfig.json files.
    pub aliases: Vec<Aliases>,
}

/// A cache of the manifests. They are read again when one of them has changed.
#[derive(Debug, Default)]
pub struct ManifestCache {
    last: Mutex<Option<(u64, Arc<Manifests>)>>,
}

impl ManifestCache {
    /// Returns the content of the manifests of a snapshot.
    #[must_use]
    pub fn get(&self, index: &Index, snapshot: &Snapshot) -> Arc<Manifests> {
        let files = manifest_files(snapshot);
        let mut hash = Xxh3::new();
        for file in &files {
            hash.update(&file.root.to_le_bytes());
            hash.update(file.path.as_bytes());
            hash.update(&file.record.hash.to_le_bytes());
        }
        let key = hash.digest();
        let mut last = self.last.lock();
        if let Some((known, manifests)) = &*last
            && *known == key
        {
            return Arc::clone(manifests);
        }
        let mut manifests = Manifests::default();
        for file in files {
            if let Some(text) = index.text(file) {
                manifests.add(file, &text);
            }
        }
        let manifests = Arc::new(manifests);
        *last = Some((key, Arc::clone(&manifests)));
        manifests
    }
}

fn manifest_files(snapshot: &Snapshot) -> Vec<&IndexedFile> {
    const WORDS: &[(&str, &str)] = &[
        ("package", "package.json"),
        ("Cargo", "Cargo.toml"),
        ("mod", "go.mod"),
        ("tsconfig", "tsconfig.json"),
        ("jsconfig", "jsconfig.json"),
    ];
    let named = WORDS.iter().flat_map(|(word, name)| {
        let files = snapshot.files_named(word);
        files.filter(move |(_, file)| file.path.rsplit('/').next() == Some(name)).map(|(_, file)| &**file)
    });
    let mut files: Vec<&IndexedFile> = named.collect();
    files.sort_by_key(|file| file.key());
    files
}

impl Manifests {
    /// Adds the content of one manifest. An invalid manifest is ignored.
    pub fn add(&mut self, file: &IndexedFile, text: &str) {
        let directory = (file.root, directory(&file.path));
        match file.path.rsplit('/').next().unwrap_or_default() {
            "package.json" => self.node.extend(node_package(directory, text)),
            "Cargo.toml" => self.rust.extend(rust_package(directory, text)),
            "go.mod" => self.go.extend(go_module(directory, text)),
            _ => self.aliases.extend(aliases(directory, text)),
        }
    }
}

/// Returns the package whose directory contains a file: the innermost one.
pub(super) fn enclosing_package<'a>(packages: &'a [Package], file: &IndexedFile) -> Option<&'a Package> {
    let enclosing = packages
        .iter()
        .filter(|package| package.root == file.root && is_below(&file.path, &package.directory));
    enclosing.max_by_key(|package| package.directory.len())
}

pub(super) fn is_below(path: &str, directory: &str) -> bool {
    directory.is_empty() || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

fn node_package((root, directory): (RootIndex, &str), text: &str) -> Option<Package> {
    let manifest: Value = serde_json::from_str(text).ok()?;
    let name = manifest.get("name")?.as_str()?.to_owned();
    let mut entries = Vec::new();
    for key in ["source", "types", "typings", "module", "main"] {
        entries.extend(manifest.get(key).and_then(Value::as_str).map(str::to_owned));
    }
    let exports = manifest.get("exports");
    collect_strings(exports.and_then(|exports| exports.get(".")).or(exports), &mut entries);
    entries.extend(["src/index", "index", "lib/index", "src/main"].map(str::to_owned));
    Some(Package { root, directory: directory.to_owned(), name, entries })
}

/// Collects the strings of `"./a.js"` or `{"import": "./a.mjs", "require": {…}}`.
fn collect_strings(value: Option<&Value>, into: &mut Vec<String>) {
    match value {
        Some(Value::String(text)) => into.push(text.clone()),
        Some(Value::Object(conditions)) => {
            // Keys that start with a dot are other entries of the package.
            for (_, value) in conditions.iter().filter(|(key, _)| !key.starts_with('.')) {
                if value.is_string() || value.is_object() {
                    collect_strings(Some(value), into);
                }
            }
        }
        _ => {}
    }
}

fn rust_package((root, directory): (RootIndex, &str), text: &str) -> Option<Package> {
    let manifest: toml::Table = text.parse().ok()?;
    let name = manifest.get("package")?.get("name")?.as_str()?;
    let library = manifest.get("lib");
    let given = |key: &str| library.and_then(|library| library.get(key)).and_then(toml::Value::as_str);
    let name = given("name").unwrap_or(name).replace('-', "_");
    let entries = [given("path").unwrap_or("src/lib.rs"), "src/main.rs"].map(str::to_owned).to_vec();
    Some(Package { root, directory: directory.to_owned(), name, entries })
}

fn go_module((root, directory): (RootIndex, &str), text: &str) -> Option<Package> {
    let name = text.lines().find_map(|line| line.trim().strip_prefix("module "))?.trim().trim_matches('"');
    Some(Package { root, directory: directory.to_owned(), name: name.to_owned(), entries: Vec::new() })
}

fn aliases((root, directory): (RootIndex, &str), text: &str) -> Option<Aliases> {
    let config: Value = serde_json::from_str(&without_comments(text)).ok()?;
    let options = config.get("compilerOptions")?;
    let base = options.get("baseUrl").and_then(Value::as_str).and_then(|base| join_path(directory, base));
    let from = base.as_deref().unwrap_or(directory).to_owned();
    let mut paths = Vec::new();
    for (pattern, targets) in options.get("paths").and_then(Value::as_object).into_iter().flatten() {
        let targets = targets.as_array().into_iter().flatten().filter_map(Value::as_str);
        paths.push((pattern.clone(), targets.filter_map(|target| join_path(&from, target)).collect()));
    }
    Some(Aliases { root, directory: directory.to_owned(), base, paths })
}

/// Removes the comments and trailing commas that TypeScript configuration files may contain.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if character == '"' {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, character)| {
                let ends = *character == '"' && !escaped;
                escaped = *character == '\\' && !escaped;
                ends
            });
            let end = end.map_or(rest.len(), |(index, _)| index + 1);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
        } else {
            if matches!(character, '}' | ']') && out.trim_end().ends_with(',') {
                out.truncate(out.trim_end().len() - 1);
            }
            out.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_may_have_comments_and_trailing_commas() {
        let text = r#"{ // aliases
            "compilerOptions": { "baseUrl": "./src", /* all */ "paths": { "@/*": ["*", "../lib/*",], "x": ["y//z"] }, },
        }"#;
        let aliases = aliases((0, "web"), text).unwrap();
        assert_eq!(aliases.base.as_deref(), Some("web/src"));
        assert_eq!(
            aliases.paths[0],
            ("@/*".to_owned(), vec!["web/src/*".to_owned(), "web/lib/*".to_owned()])
        );
        assert_eq!(aliases.paths[1].1, ["web/src/y/z"]);
    }

    #[test]
    fn packages_are_named_as_they_are_imported() {
        let node = node_package(
            (0, "packages/ui"),
            r#"{"name":"@a/ui","exports":{".":{"import":"./dist/i.mjs"},"./x":"./x.js"}}"#,
        );
        let node = node.unwrap();
        assert_eq!((node.name.as_str(), node.entries[0].as_str()), ("@a/ui", "./dist/i.mjs"));
        let rust = rust_package((0, ""), "[package]\nname = \"my-lib\"\n").unwrap();
        assert_eq!((rust.name.as_str(), rust.entries[0].as_str()), ("my_lib", "src/lib.rs"));
        assert_eq!(
            go_module((0, ""), "// x\nmodule example.com/a\n\ngo 1.22\n").unwrap().name,
            "example.com/a"
        );
    }
}
