//! Checks that the rooms of the house keep their boundaries: which crate may depend on which, which crate
//! alone may use a library, and what may never be written in some sources.
//!
//! Cargo refuses what a crate does not name in its manifest. This check refuses the manifest.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{Failure, checkout, run::Program};

/// The crates of the product from the bottom to the top, and the crates that each of them may depend on.
/// A new dependency between rooms is a decision: add it here, and say why in the commit.
const DIRECTION: &[(&str, &[&str])] = &[
    ("workspace-hack", &[]),
    ("context", &["workspace-hack"]),
    ("codex", &["workspace-hack"]),
    ("model", &["codex"]),
    ("store", &["model"]),
    ("bridge", &["codex", "context", "model", "store"]),
    ("nats", &["bridge", "model", "store"]),
    ("api", &["bridge", "codex", "context", "model", "store"]),
    ("server", &["api", "bridge", "codex", "context", "model", "nats", "store"]),
    ("addon", &["api", "bridge", "codex", "context", "model", "nats", "server"]),
    ("cli", &["api", "bridge", "codex", "context", "model", "nats", "server"]),
    ("testkit", &["workspace-hack"]),
    ("xtask", &["testkit"]),
];

/// Libraries that one room alone may use, apart from tests and benchmarks.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    ("async-nats", &["nats"]),
    ("axum", &["api", "testkit"]),
    ("utoipa-axum", &["api"]),
    ("rust-embed", &["api"]),
    ("napi", &["addon"]),
    ("napi-derive", &["addon"]),
    ("clap", &["cli"]),
    ("process-wrap", &["codex"]),
    ("procfs", &["codex"]),
    ("tree-sitter", &["context"]),
    ("hyper-rustls", &["bridge"]),
];

/// Code that may not occur below a directory, with the reason. A test module at the end of a file is exempt.
const FORBIDDEN_CODE: &[ForbiddenCode] = &[
    ForbiddenCode { directory: "native/model/src", code: "tokio::", except: &[], reason: IS_PURE },
    ForbiddenCode { directory: "native/model/src", code: "std::fs", except: &[], reason: IS_PURE },
    ForbiddenCode { directory: "native/model/src", code: "std::net", except: &[], reason: IS_PURE },
    ForbiddenCode { directory: "native/model/src", code: "Uuid::new", except: &[], reason: IS_PURE },
    ForbiddenCode {
        directory: "native/model/src",
        code: "::now()",
        except: &["clock.rs"],
        reason: "time comes in as an argument",
    },
    ForbiddenCode {
        directory: "native/context/src",
        code: "std::net",
        except: &[],
        reason: "the code index knows no network",
    },
];

const IS_PURE: &str = "crate model has no input, no output and no randomness";

struct ForbiddenCode {
    directory: &'static str,
    code: &'static str,
    except: &'static [&'static str],
    reason: &'static str,
}

/// The crates whose top-level modules are rooms of their own: their imports may not form a circle.
const CRATES_OF_ROOMS: [&str; 6] = ["api", "bridge", "model", "nats", "server", "store"];

/// Fails with a list of the boundaries that are crossed.
pub(crate) fn check() -> Result<(), Failure> {
    let metadata = Program::cargo().args(["metadata", "--no-deps", "--format-version", "1"]).stdout()?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata is unreadable: {error}"))?;
    let mut violations = crossed_by_manifests(&dependencies(&metadata));
    for forbidden in FORBIDDEN_CODE {
        for file in rust_files(&checkout::root().join(forbidden.directory)) {
            violations.extend(forbidden.found_in(&file, &read(&file)?));
        }
    }
    for name in CRATES_OF_ROOMS {
        let imports = imports_of_modules(&checkout::root().join("native").join(name).join("src"))?;
        violations.extend(circle(&imports).map(|path| format!("{name}: circular imports: {path}")));
    }
    if violations.is_empty() {
        return Ok(());
    }
    Err(format!("{}\nARCHITECTURE.md says which room knows what.", violations.join("\n")))
}

/// Returns the normal and build dependencies of each workspace member.
fn dependencies(metadata: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let array = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let used = |dependency: &Value| dependency["kind"].as_str() != Some("dev");
    array(&metadata["packages"])
        .iter()
        .map(|package| {
            let dependencies = array(&package["dependencies"]);
            (name(package), dependencies.iter().filter(|dependency| used(dependency)).map(name).collect())
        })
        .collect()
}

fn crossed_by_manifests(dependencies: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut violations = Vec::new();
    for (room, used) in dependencies {
        let Some((_, allowed)) = DIRECTION.iter().find(|(name, _)| name == room) else {
            violations.push(format!("{room}: this crate is missing from DIRECTION in xtask/src/rooms.rs"));
            continue;
        };
        let members = used.iter().filter(|name| dependencies.contains_key(*name));
        violations.extend(
            members
                .filter(|name| !allowed.contains(&name.as_str()))
                .map(|name| format!("{room}: may not depend on {name}")),
        );
        for (library, rooms) in LIBRARIES {
            if used.contains(*library) && !rooms.contains(&room.as_str()) {
                violations.push(format!("{room}: only {} may use {library}", rooms.join(" and ")));
            }
        }
    }
    violations
}

impl ForbiddenCode {
    fn found_in(&self, file: &Path, source: &str) -> Option<String> {
        let name = file.file_name()?.to_str()?;
        let is_test = name == "tests.rs" || file.components().any(|part| part.as_os_str() == "tests");
        if is_test || self.except.contains(&name) {
            return None;
        }
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        let found = code.lines().filter(is_code).any(|line| line.contains(self.code));
        found.then(|| format!("{}: may not contain `{}`: {}", file.display(), self.code, self.reason))
    }
}

/// Returns the top-level modules of a crate with the top-level modules that they import.
fn imports_of_modules(source: &Path) -> Result<BTreeMap<String, BTreeSet<String>>, Failure> {
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in rust_files(source) {
        let Ok(relative) = file.strip_prefix(source) else { continue };
        let Some(first) = relative.iter().next().and_then(|part| part.to_str()) else { continue };
        let module = first.trim_end_matches(".rs");
        // The root of the crate re-exports everything, which is no import.
        if module == "lib" {
            continue;
        }
        let text = read(&file)?;
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        imports.entry(module.to_owned()).or_default().extend(imported_modules(code));
    }
    Ok(imports)
}

/// Returns the first path segments after `crate::` in the code, comments left out.
fn imported_modules(code: &str) -> BTreeSet<String> {
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let code: String = code.lines().filter(is_code).collect::<Vec<_>>().join("\n");
    let segment = |rest: &str| -> String {
        rest.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
    };
    let mut modules = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => modules.extend(first_segments(group)),
            None => drop(modules.insert(segment(rest))),
        }
    }
    modules
}

/// Returns the first segments of a group such as `{a::B, c::{D, E}}`, without its opening brace.
fn first_segments(group: &str) -> Vec<String> {
    let (mut segments, mut current, mut depth) = (Vec::new(), String::new(), 0_usize);
    let mut is_first = true;
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                segments.push(std::mem::take(&mut current));
                is_first = true;
            }
            ':' => is_first = false,
            _ if depth == 0 && is_first && !character.is_whitespace() => current.push(character),
            _ => {}
        }
    }
    segments.push(current);
    segments.into_iter().filter(|segment| !segment.is_empty()).collect()
}

/// Returns a circle of imports, for example `a -> b -> a`, if there is one.
fn circle(imports: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    fn visit<'a>(
        module: &'a str,
        imports: &'a BTreeMap<String, BTreeSet<String>>,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<String> {
        if let Some(start) = path.iter().position(|visited| *visited == module) {
            return Some([&path[start..], &[module]].concat().join(" -> "));
        }
        if done.contains(module) {
            return None;
        }
        path.push(module);
        let next = imports.get(module).into_iter().flatten();
        let next = next.filter(|name| *name != module && imports.contains_key(*name));
        for name in next {
            if let Some(found) = visit(name, imports, path, done) {
                return Some(found);
            }
        }
        path.pop();
        done.insert(module);
        None
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|module| visit(module, imports, &mut Vec::new(), &mut done))
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut files = Vec::new();
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| format!("Cannot read {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
        edges
            .iter()
            .map(|(from, to)| ((*from).to_owned(), to.iter().map(|name| (*name).to_owned()).collect()))
            .collect()
    }

    #[test]
    fn the_rooms_keep_their_boundaries() {
        check().unwrap();
    }

    #[test]
    fn a_dependency_against_the_direction_is_a_violation() {
        let crossed =
            crossed_by_manifests(&graph(&[("store", &["model", "bridge"]), ("model", &[]), ("bridge", &[])]));
        assert_eq!(crossed, ["store: may not depend on bridge"]);
    }

    #[test]
    fn a_library_belongs_to_its_room() {
        let crossed = crossed_by_manifests(&graph(&[("bridge", &["rusqlite"]), ("store", &["rusqlite"])]));
        assert_eq!(crossed, ["bridge: only store may use rusqlite"]);
    }

    #[test]
    fn an_unknown_crate_must_say_where_it_stands() {
        assert_eq!(crossed_by_manifests(&graph(&[("new", &[])])).len(), 1);
    }

    #[test]
    fn forbidden_code_is_found_outside_comments_and_tests() {
        let forbidden = &FORBIDDEN_CODE[0];
        let found = |source: &str| forbidden.found_in(Path::new("native/model/src/job.rs"), source).is_some();
        assert!(found("use tokio::sync::Mutex;"));
        assert!(!found("// tokio::sync is not used here\n#[cfg(test)]\nmod tests { use tokio::test; }"));
    }

    #[test]
    fn imports_are_read_from_paths_and_groups() {
        let code = "use crate::{jobs::{A, B}, lanes, self::C};\ncrate::events::run(); // crate::nothing\n";
        let modules = imported_modules(code);
        for module in ["jobs", "lanes", "events"] {
            assert!(modules.contains(module), "{modules:?}");
        }
    }

    #[test]
    fn a_circle_is_found_and_a_diamond_is_none() {
        assert_eq!(
            circle(&graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"])])).as_deref(),
            Some("a -> b -> c -> a")
        );
        assert_eq!(circle(&graph(&[("a", &["b", "c"]), ("b", &["d"]), ("c", &["d"]), ("d", &[])])), None);
    }
}
