//! The commands to build, test and run a workspace, according to its manifests.

use serde_json::Value;

use crate::index::{FileId, Index, IndexedFile, Snapshot};
use crate::workspace::RootIndex;

/// The maximum number of scripts and targets of one manifest that are listed.
const COMMANDS_PER_MANIFEST_MAX: usize = 30;

/// The purpose of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// It builds the product.
    Build,
    /// It runs tests.
    Test,
    /// It runs the program.
    Run,
    /// It finds problems without running the program.
    Lint,
    /// It formats the code.
    Format,
    /// It has another purpose.
    Other,
}

impl Purpose {
    /// Returns the purpose as it appears in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Test => "test",
            Self::Run => "run",
            Self::Lint => "lint",
            Self::Format => "format",
            Self::Other => "other",
        }
    }

    /// Derives the purpose of a script or target from its name: `test:unit` is a test.
    fn from_name(name: &str) -> Self {
        match name.split([':', '-', '_', '.', '/']).next().unwrap_or(name) {
            "build" | "compile" | "bundle" | "package" | "dist" | "all" | "make" => Self::Build,
            "test" | "tests" | "spec" | "e2e" | "unit" | "integration" | "coverage" => Self::Test,
            "start" | "run" | "dev" | "serve" | "demo" | "watch" => Self::Run,
            "lint" | "check" | "typecheck" | "clippy" | "vet" => Self::Lint,
            "fmt" | "format" | "prettier" => Self::Format,
            _ => Self::Other,
        }
    }
}

/// A command that people run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The purpose of the command.
    pub purpose: Purpose,
    /// The command line.
    pub line: String,
    /// The directory to run it in, relative to its root.
    pub directory: String,
    /// The manifest that declares the command.
    pub manifest: FileId,
}

/// A manifest with its content.
pub(super) struct Manifest<'a> {
    id: FileId,
    root: RootIndex,
    directory: &'a str,
    name: &'a str,
    text: String,
    /// True if no enclosing directory contains a manifest of the same name. A nested manifest is built
    /// together with the outermost one.
    is_outermost: bool,
}

type Fixed = &'static [(Purpose, &'static str)];

/// The commands of tools that have the same commands everywhere, by the file that shows that a directory uses
/// the tool.
const FIXED_COMMANDS: &[(&str, Fixed)] = &[
    ("go.mod", &[(Purpose::Build, "go build ./..."), (Purpose::Test, "go test ./...")]),
    ("mix.exs", &[(Purpose::Build, "mix compile"), (Purpose::Test, "mix test")]),
    ("Package.swift", &[(Purpose::Build, "swift build"), (Purpose::Test, "swift test")]),
    ("build.zig", &[(Purpose::Build, "zig build"), (Purpose::Test, "zig build test")]),
    ("stack.yaml", &[(Purpose::Build, "stack build"), (Purpose::Test, "stack test")]),
    ("cabal.project", &[(Purpose::Build, "cabal build all"), (Purpose::Test, "cabal test all")]),
    ("build.sbt", &[(Purpose::Build, "sbt compile"), (Purpose::Test, "sbt test")]),
    (
        "meson.build",
        &[
            (Purpose::Build, "meson setup build && meson compile -C build"),
            (Purpose::Test, "meson test -C build"),
        ],
    ),
    ("Rakefile", &[(Purpose::Build, "bundle exec rake")]),
    (".rspec", &[(Purpose::Test, "bundle exec rspec")]),
    ("tox.ini", &[(Purpose::Test, "tox")]),
    ("noxfile.py", &[(Purpose::Test, "nox")]),
    ("manage.py", &[(Purpose::Run, "python manage.py runserver"), (Purpose::Test, "python manage.py test")]),
    ("phpunit.xml", &[(Purpose::Test, "vendor/bin/phpunit")]),
    ("phpunit.xml.dist", &[(Purpose::Test, "vendor/bin/phpunit")]),
];

/// Manifests whose content determines the commands.
const PARSED_MANIFESTS: &[&str] = &[
    "package.json",
    "Cargo.toml",
    "pyproject.toml",
    "setup.py",
    "Makefile",
    "makefile",
    "GNUmakefile",
    "justfile",
    "Justfile",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "settings.gradle",
    "settings.gradle.kts",
    "CMakeLists.txt",
    "composer.json",
    "deno.json",
];

impl<'a> Manifest<'a> {
    /// Returns all manifests, those near the roots first.
    pub(super) fn all(index: &Index, snapshot: &'a Snapshot) -> Vec<Self> {
        let manifests = snapshot.files().filter(|(_, file)| file.is_own() && is_manifest(split_path(file).1));
        let mut found: Vec<(FileId, &'a IndexedFile)> = manifests.map(|(id, file)| (id, &**file)).collect();
        found.sort_by_key(|(_, file)| (file.root, file.path.matches('/').count(), &file.path));
        let mut all: Vec<Self> = Vec::with_capacity(found.len());
        for (id, file) in found {
            let (directory, name) = split_path(file);
            let is_enclosing = |other: &Self| {
                let rest = directory.strip_prefix(other.directory);
                other.root == file.root
                    && other.name == name
                    && (other.directory.is_empty() || rest.is_some_and(|rest| rest.starts_with('/')))
            };
            let is_outermost = !all.iter().any(is_enclosing);
            let text = index.text(file).unwrap_or_default();
            all.push(Self { id, root: file.root, directory, name, text, is_outermost });
        }
        all
    }

    /// Returns the file at a path relative to the manifest's directory, if it is in the workspace.
    pub(super) fn resolve(&self, snapshot: &Snapshot, path: &str) -> Option<FileId> {
        let path = path.trim_start_matches("./");
        let joined =
            if self.directory.is_empty() { path.to_owned() } else { format!("{}/{path}", self.directory) };
        snapshot.find(self.root, &joined)
    }

    /// Returns the entry points that the manifest names: kind, name, and file relative to its directory. The
    /// file need not exist.
    pub(super) fn entries(&self) -> Vec<(&'static str, String, String)> {
        match self.name {
            "package.json" => node_entries(&self.text),
            "Cargo.toml" => cargo_entries(&self.text),
            "pyproject.toml" => python_entries(&self.text),
            _ => Vec::new(),
        }
    }

    fn commands(&self, snapshot: &Snapshot) -> Vec<(Purpose, String)> {
        if let Some((_, fixed)) = FIXED_COMMANDS.iter().find(|(name, _)| *name == self.name) {
            return fixed.iter().map(|(purpose, line)| (*purpose, (*line).to_owned())).collect();
        }
        let has = |path: &str| self.resolve(snapshot, path).is_some();
        let plain = |lines: &[(Purpose, &str)]| {
            lines.iter().map(|(purpose, line)| (*purpose, (*line).to_owned())).collect()
        };
        match self.name {
            "package.json" => scripts(&self.text, "scripts", node_runner(&self.text, has)),
            "composer.json" => scripts(&self.text, "scripts", "composer run"),
            "deno.json" => scripts(&self.text, "tasks", "deno task"),
            "Cargo.toml" => cargo(&self.text),
            "pyproject.toml" => python(&self.text, has),
            "setup.py" if !has("pyproject.toml") => plain(&[(Purpose::Build, "pip install -e .")]),
            "Makefile" | "makefile" | "GNUmakefile" => targets(&self.text, "make"),
            "justfile" | "Justfile" => targets(&self.text, "just"),
            "pom.xml" => build_and_test(if has("mvnw") { "./mvnw" } else { "mvn" }, "package"),
            "build.gradle" | "build.gradle.kts" | "settings.gradle" | "settings.gradle.kts" => {
                build_and_test(if has("gradlew") { "./gradlew" } else { "gradle" }, "build")
            }
            "CMakeLists.txt" => cmake(&self.text),
            _ if is_dotnet(self.name) => {
                plain(&[(Purpose::Build, "dotnet build"), (Purpose::Test, "dotnet test")])
            }
            _ => Vec::new(),
        }
    }
}

/// Returns the commands that the manifests declare: those nearest to a root first, and builds before tests
/// before runs.
pub(super) fn commands(snapshot: &Snapshot, manifests: &[Manifest<'_>]) -> Vec<Command> {
    let mut found = Vec::new();
    for manifest in manifests.iter().filter(|manifest| manifest.is_outermost) {
        found.extend(manifest.commands(snapshot).into_iter().map(|(purpose, line)| Command {
            purpose,
            line,
            directory: manifest.directory.to_owned(),
            manifest: manifest.id,
        }));
    }
    let depth = |command: &Command| {
        if command.directory.is_empty() { 0 } else { 1 + command.directory.matches('/').count() }
    };
    found.sort_by_key(|command| (depth(command), command.purpose));
    // Two Gradle files declare the same commands: the build file and the settings file.
    let mut seen = std::collections::HashSet::new();
    found.retain(|command| seen.insert((command.directory.clone(), command.line.clone())));
    found
}

fn split_path(file: &IndexedFile) -> (&str, &str) {
    file.path.rsplit_once('/').unwrap_or(("", &file.path))
}

fn is_manifest(name: &str) -> bool {
    PARSED_MANIFESTS.contains(&name)
        || FIXED_COMMANDS.iter().any(|(fixed, _)| *fixed == name)
        || is_dotnet(name)
}

fn is_dotnet(name: &str) -> bool {
    [".sln", ".slnx", ".csproj"].iter().any(|ending| name.ends_with(ending))
}

/// Returns the program that runs the scripts of a package.json.
fn node_runner(text: &str, has: impl Fn(&str) -> bool) -> &'static str {
    let manifest: Value = serde_json::from_str(text).unwrap_or_default();
    let declared = manifest["packageManager"].as_str().unwrap_or_default();
    let by = |name: &str, lock: &str| declared.starts_with(name) || (declared.is_empty() && has(lock));
    if by("pnpm", "pnpm-lock.yaml") {
        "pnpm run"
    } else if by("yarn", "yarn.lock") {
        "yarn run"
    } else if by("bun", "bun.lock") {
        "bun run"
    } else {
        "npm run"
    }
}

fn scripts(text: &str, key: &str, runner: &str) -> Vec<(Purpose, String)> {
    let manifest: Value = serde_json::from_str(text).unwrap_or_default();
    let names = manifest[key].as_object().into_iter().flatten().map(|(name, _)| name);
    // Hooks that run before or after another script are not run by people.
    let is_hook = |name: &&String| {
        name.strip_prefix("pre")
            .or(name.strip_prefix("post"))
            .is_some_and(|of| manifest[key].get(of).is_some())
    };
    let typed = names.filter(|name| !is_hook(name)).take(COMMANDS_PER_MANIFEST_MAX);
    typed
        .map(|name| {
            let line = if runner == "npm run" && matches!(name.as_str(), "test" | "start") {
                format!("npm {name}")
            } else {
                format!("{runner} {name}")
            };
            (Purpose::from_name(name), line)
        })
        .collect()
}

fn node_entries(text: &str) -> Vec<(&'static str, String, String)> {
    let manifest: Value = serde_json::from_str(text).unwrap_or_default();
    let name = manifest["name"].as_str().unwrap_or_default();
    let mut found = Vec::new();
    match &manifest["bin"] {
        Value::String(path) => found.push(("program", name.to_owned(), path.clone())),
        Value::Object(programs) => found.extend(
            programs
                .iter()
                .filter_map(|(name, path)| Some(("program", name.clone(), path.as_str()?.to_owned()))),
        ),
        _ => {}
    }
    for key in ["source", "module", "main"] {
        found.extend(manifest[key].as_str().map(|path| ("library", name.to_owned(), path.to_owned())));
    }
    // The file that `main` is compiled from is usually one of these.
    found.extend(
        ["src/index.ts", "src/index.tsx", "index.ts", "index.js"]
            .map(|path| ("library", name.to_owned(), path.to_owned())),
    );
    found
}

fn cargo(text: &str) -> Vec<(Purpose, String)> {
    let manifest: toml::Table = text.parse().unwrap_or_default();
    let all = if manifest.contains_key("workspace") { " --workspace" } else { "" };
    vec![(Purpose::Build, format!("cargo build{all}")), (Purpose::Test, format!("cargo test{all}"))]
}

fn cargo_entries(text: &str) -> Vec<(&'static str, String, String)> {
    let manifest: toml::Table = text.parse().unwrap_or_default();
    let Some(package) =
        manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str)
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for program in manifest.get("bin").and_then(toml::Value::as_array).into_iter().flatten() {
        let name = program.get("name").and_then(toml::Value::as_str).unwrap_or(package);
        let path = program
            .get("path")
            .and_then(toml::Value::as_str)
            .map_or_else(|| format!("src/bin/{name}.rs"), str::to_owned);
        found.push(("program", name.to_owned(), path));
    }
    found.push(("program", package.to_owned(), "src/main.rs".to_owned()));
    let library = manifest.get("lib").and_then(|library| library.get("path")).and_then(toml::Value::as_str);
    found.push(("library", package.to_owned(), library.unwrap_or("src/lib.rs").to_owned()));
    found
}

fn python(text: &str, has: impl Fn(&str) -> bool) -> Vec<(Purpose, String)> {
    let manifest: toml::Table = text.parse().unwrap_or_default();
    let tool = |name: &str| manifest.get("tool").and_then(|tools| tools.get(name));
    let (build, run) = if tool("poetry").is_some() {
        ("poetry build", "poetry run ")
    } else if tool("uv").is_some() || has("uv.lock") {
        ("uv build", "uv run ")
    } else if tool("hatch").is_some() {
        ("hatch build", "")
    } else {
        ("python -m build", "")
    };
    let mut found = Vec::new();
    if manifest.contains_key("build-system") || manifest.contains_key("project") {
        found.push((Purpose::Build, build.to_owned()));
    }
    if tool("pytest").is_some() || text.contains("pytest") {
        found.push((Purpose::Test, format!("{run}pytest")));
    }
    if tool("ruff").is_some() {
        found.push((Purpose::Lint, format!("{run}ruff check")));
    }
    if tool("mypy").is_some() {
        found.push((Purpose::Lint, format!("{run}mypy .")));
    }
    found
}

/// Reads entries of the form `name = "package.module:function"`, relative to the directory or its `src`.
fn python_entries(text: &str) -> Vec<(&'static str, String, String)> {
    let manifest: toml::Table = text.parse().unwrap_or_default();
    let project = manifest.get("project").and_then(|project| project.get("scripts"));
    let poetry =
        manifest.get("tool").and_then(|tools| tools.get("poetry")).and_then(|poetry| poetry.get("scripts"));
    let mut found = Vec::new();
    for (name, target) in [project, poetry].into_iter().flatten().filter_map(toml::Value::as_table).flatten()
    {
        let module =
            target.as_str().and_then(|target| target.split(':').next()).unwrap_or_default().replace('.', "/");
        for path in [
            format!("{module}.py"),
            format!("{module}/__init__.py"),
            format!("src/{module}.py"),
            format!("src/{module}/__init__.py"),
        ] {
            found.push(("program", name.clone(), path));
        }
    }
    found
}

/// Returns the targets of a makefile or justfile that people run.
fn targets(text: &str, runner: &str) -> Vec<(Purpose, String)> {
    let mut names: Vec<&str> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with([' ', '\t', '#', '.', '@'])) {
        let Some((before, after)) = line.split_once(':') else { continue };
        // A recipe of `just` may have parameters after its name.
        let written: Vec<&str> =
            before.split_whitespace().take(if runner == "just" { 1 } else { usize::MAX }).collect();
        let is_assignment = after.starts_with('=');
        if is_assignment || written.iter().any(|word| word.contains(['=', '$', '%', '/', '"'])) {
            continue;
        }
        for name in written {
            if !name.contains('.') && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names.truncate(COMMANDS_PER_MANIFEST_MAX);
    names.into_iter().map(|name| (Purpose::from_name(name), format!("{runner} {name}"))).collect()
}

fn build_and_test(runner: &str, build: &str) -> Vec<(Purpose, String)> {
    vec![(Purpose::Build, format!("{runner} {build}")), (Purpose::Test, format!("{runner} test"))]
}

fn cmake(text: &str) -> Vec<(Purpose, String)> {
    let mut found = vec![(Purpose::Build, "cmake -B build && cmake --build build".to_owned())];
    let text = text.to_lowercase();
    if text.contains("enable_testing") || text.contains("include(ctest)") {
        found.push((Purpose::Test, "ctest --test-dir build".to_owned()));
    }
    found
}
