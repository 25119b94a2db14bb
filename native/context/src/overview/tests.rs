use std::fmt::Write as _;

use super::*;
use crate::resolve::ManifestCache;
use crate::workspace::Workspace;

/// Returns the overview of some files as text, in reading order.
fn overview(files: &[(&str, &str)]) -> String {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let index = Index::new(Workspace::new([directory.path()]).unwrap());
    let snapshot = index.build(None, Some(1), &|_| {});
    let manifests = ManifestCache::default().get(&index, &snapshot);
    let resolver = Resolver::new(&snapshot, manifests, Arc::default());
    let cache = OverviewCache::default();
    let overview = cache.get::<()>(&index, &snapshot, &resolver, &|| Ok(())).unwrap();
    let again = cache.get::<()>(&index, &snapshot, &resolver, &|| Err(())).unwrap();
    assert!(Arc::ptr_eq(&overview, &again), "the overview is computed once");
    let path = |file| &*snapshot.file(file).unwrap().path;
    let mut out = String::new();
    for entry in &overview.entries {
        writeln!(out, "{} {} {}", entry.kind, entry.name.as_deref().unwrap_or("-"), path(entry.file))
            .unwrap();
    }
    for command in &overview.commands {
        writeln!(out, "{} {}: {}", command.purpose.as_str(), command.directory, command.line).unwrap();
    }
    for module in &overview.dependencies.modules {
        let uses = module
            .depends_on
            .iter()
            .map(|(other, imports)| format!("{} {imports}", overview.dependencies.modules[*other].directory));
        writeln!(out, "[{}] {} → {}", module.directory, module.files, uses.collect::<Vec<_>>().join(", "))
            .unwrap();
    }
    for (file, dependents) in &overview.dependencies.files {
        writeln!(out, "{} × {dependents}", path(*file)).unwrap();
    }
    for (package, files) in &overview.dependencies.packages {
        writeln!(out, "package {package} × {files}").unwrap();
    }
    out
}

#[test]
fn a_workspace_with_several_tools_lists_commands_and_entry_points() {
    let found = overview(&[
        (
            "package.json",
            r#"{"name": "shop", "bin": {"shop": "./cli.js"}, "scripts": {"pretest": "x", "test": "x", "build:web": "x", "odd": "x"}}"#,
        ),
        ("cli.js", "import { open } from './web/store.js';\nopen();\n"),
        ("web/package.json", r#"{"name": "web", "main": "store.js", "scripts": {"inner": "x"}}"#),
        ("web/store.js", "import React from 'react';\nexport function open() {}\n"),
        ("core/Cargo.toml", "[package]\nname = \"core\"\n"),
        ("core/src/main.rs", "mod util;\nuse util::now;\nfn main() { now() }\n"),
        ("core/src/util.rs", "pub fn now() {}\n"),
        ("core/build.rs", "fn main() {}\n"),
        (
            "tools/pyproject.toml",
            "[project.scripts]\nship = \"tools.ship:main\"\n[tool.pytest.ini_options]\n",
        ),
        ("tools/src/tools/ship.py", "import tools.rates\n\ndef main(): pass\n"),
        ("tools/src/tools/rates.py", "if __name__ == '__main__':\n    pass\n"),
        ("tests/test_ship.py", "import tools.ship\nif __name__ == '__main__':\n    pass\n"),
        ("Makefile", "VERSION := 1\n.PHONY: all clean\nall: build/x\nclean lint:\n\trm x\n%.o: %.c\n\tcc\n"),
    ]);
    assert_eq!(
        found,
        "program shop cli.js\n\
         program core core/src/main.rs\n\
         program ship tools/src/tools/ship.py\n\
         library web web/store.js\n\
         script - tools/src/tools/rates.py\n\
         build : make all\n\
         build : npm run build:web\n\
         test : npm test\n\
         lint : make lint\n\
         other : make clean\n\
         other : npm run odd\n\
         build core: cargo build\n\
         build tools: python -m build\n\
         test core: cargo test\n\
         test tools: pytest\n\
         [] 1 → web 1\n\
         [core] 1 → \n\
         [core/src] 2 → \n\
         [tools/src/tools] 2 → \n\
         [web] 1 → \n\
         core/src/util.rs × 1\n\
         tools/src/tools/rates.py × 1\n\
         web/store.js × 1\n\
         package react × 1\n"
    );
}

#[test]
fn every_kind_of_manifest_declares_its_commands() {
    let found = overview(&[
        ("a/pom.xml", "<project/>"),
        ("b/gradlew", "#!/bin/sh\n"),
        ("b/settings.gradle.kts", ""),
        ("b/build.gradle.kts", ""),
        ("c/CMakeLists.txt", "include(CTest)\n"),
        ("d/package.json", r#"{"packageManager": "pnpm@9", "scripts": {"dev": "vite"}}"#),
        ("e/Cargo.toml", "[workspace]\nmembers = []\n"),
        ("f/go.mod", "module f\n"),
        ("g/justfile", "x := '1'\nserve port='1':\n  run\n"),
        ("h/App.sln", ""),
    ]);
    assert_eq!(
        found,
        "build a: mvn package\n\
         build b: ./gradlew build\n\
         build c: cmake -B build && cmake --build build\n\
         build e: cargo build --workspace\n\
         build f: go build ./...\n\
         build h: dotnet build\n\
         test a: mvn test\n\
         test b: ./gradlew test\n\
         test c: ctest --test-dir build\n\
         test e: cargo test --workspace\n\
         test f: go test ./...\n\
         test h: dotnet test\n\
         run d: pnpm run dev\n\
         run g: just serve\n\
         [b] 3 → \n"
    );
}
