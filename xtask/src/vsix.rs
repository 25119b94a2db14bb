//! Makes the VSIX: collects what runs in VS Code and what a person reads, and nothing else of the repository.
//!
//! `vsce` gets a directory with exactly these files. In the checkout it would compare every file below
//! `node_modules` and `target` with its list of exceptions, which takes half a minute.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    Failure, checkout,
    files::{copy, create_directory, remove_directory},
    run::{Program, heading},
};

/// The content of the package besides `package.json`: directories, each with the beginning and the end of the
/// names of its files.
const CONTENT: [(&str, &str, &str); 14] = [
    ("", "package.nls", ".json"),
    ("", "README", ".md"),
    ("", "CHANGELOG", ".md"),
    ("", "LICENSE", ""),
    ("docs/images", "", ".png"),
    ("extension/dist", "extension", ".js"),
    ("extension/api", "", ".d.ts"),
    ("extension/media", "", ".svg"),
    ("extension/walkthrough", "", ".md"),
    ("extension/native", "", ".node"),
    ("skills/codex-bridge-api", "SKILL", ".md"),
    ("skills/codex-bridge-api/agents", "", ".yaml"),
    ("skills/codex-bridge-api/references", "", ".md"),
    ("skills/codex-bridge-api/scripts", "", ".py"),
];

/// The members of `package.json` that are for developers only.
const FOR_DEVELOPERS: [&str; 3] = ["scripts", "devDependencies", "overrides"];

/// Makes the VSIX for a platform, named as at the Marketplace, whose addon is in `extension/native`.
pub(crate) fn make(platform: &str, dist: &Path) -> Result<PathBuf, Failure> {
    Program::npm().args(["run", "build:extension"]).run()?;
    let content = checkout::target_directory()?.join("vsix");
    remove_directory(&content)?;
    stage(checkout::root(), &content)?;
    let vsix = dist.join(format!("codex-bridge-{platform}.vsix"));
    heading(&format!("vsce package --target {platform}"));
    Program::node()
        .in_directory(&content)
        .args([checkout::root().join("node_modules/@vscode/vsce/vsce")])
        .args([
            "package",
            "--no-dependencies",
            "--allow-missing-repository",
            "--no-rewrite-relative-links",
            "--target",
            platform,
            "--out",
        ])
        .args([&vsix])
        .run()?;
    Ok(vsix)
}

/// Copies the content of the package from the checkout.
fn stage(root: &Path, content: &Path) -> Result<(), Failure> {
    for (directory, beginning, end) in CONTENT {
        create_directory(&content.join(directory))?;
        let mut is_empty = true;
        for name in names(&root.join(directory))? {
            let is_listed = name.strip_prefix(beginning).is_some_and(|rest| rest.ends_with(end));
            if is_listed && (!end.is_empty() || name == beginning) {
                copy(&root.join(directory).join(&name), &content.join(directory).join(&name))?;
                is_empty = false;
            }
        }
        if is_empty {
            return Err(format!("The package needs {directory}/{beginning}*{end}, which does not exist."));
        }
    }
    let manifest = root.join("package.json");
    let text = fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
    let package = for_users(&text).map_err(|error| format!("{}: {error}", manifest.display()))?;
    fs::write(content.join("package.json"), package)
        .map_err(|error| format!("Cannot write package.json: {error}"))
}

/// Returns the names of the files in a directory.
fn names(directory: &Path) -> Result<Vec<String>, Failure> {
    let read = || -> std::io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.extend(entry.file_name().into_string());
            }
        }
        Ok(names)
    };
    read().map_err(|error| format!("Cannot read {}: {error}", directory.display()))
}

/// Returns `package.json` without what is for developers only.
fn for_users(package: &str) -> serde_json::Result<String> {
    let mut package: Value = serde_json::from_str(package)?;
    if let Some(members) = package.as_object_mut() {
        members.retain(|name, _| !FOR_DEVELOPERS.contains(&name.as_str()));
    }
    serde_json::to_string_pretty(&package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_files_are_staged() {
        let root = tempfile::tempdir().unwrap();
        let content = tempfile::tempdir().unwrap();
        let write = |path: String| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        for (directory, beginning, end) in CONTENT {
            write(format!("{directory}/{beginning}{end}").trim_start_matches('/').to_owned());
        }
        for other in
            ["LICENSE-OTHER", "secret.env", "docs/images/source.svg", "extension/dist/extension.js.map"]
        {
            write(other.to_owned());
        }
        let package =
            r#"{ "name": "a", "scripts": {}, "devDependencies": {}, "overrides": {}, "main": "b" }"#;
        fs::write(root.path().join("package.json"), package).unwrap();
        stage(root.path(), content.path()).unwrap();
        for other in
            ["LICENSE-OTHER", "secret.env", "docs/images/source.svg", "extension/dist/extension.js.map"]
        {
            assert!(!content.path().join(other).exists(), "{other}");
        }
        for (directory, beginning, end) in CONTENT {
            assert!(content.path().join(directory).join(format!("{beginning}{end}")).exists(), "{directory}");
        }
        let staged: Value =
            serde_json::from_str(&fs::read_to_string(content.path().join("package.json")).unwrap()).unwrap();
        assert_eq!(staged, serde_json::json!({ "name": "a", "main": "b" }));
        fs::remove_file(root.path().join("LICENSE")).unwrap();
        assert!(stage(root.path(), content.path()).unwrap_err().contains("LICENSE"));
    }
}
