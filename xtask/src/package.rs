//! Makes what people install: the extension as a VSIX, and the command line program as an archive.
//!
//! For this machine the extension's library is built with napi-rs' own command, which also writes the library's types for
//! TypeScript. For another machine, or an older glibc, library and program are built by cargo in one and the same way.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::{
    Failure, checkout,
    run::{Program, heading},
};

/// A kind of machine.
#[derive(Debug)]
struct Target {
    /// Its name at the Marketplace.
    name: &'static str,
    /// Its name in Rust.
    triple: &'static str,
    /// Its name in the file name of a native Node module, as napi-rs has it.
    node: &'static str,
    /// The file that cargo builds from a library crate `addon`.
    library: &'static str,
    program: &'static str,
}

const TARGETS: [Target; 6] = [
    Target::linux("linux-x64", "x86_64-unknown-linux-gnu", "linux-x64-gnu"),
    Target::linux("linux-arm64", "aarch64-unknown-linux-gnu", "linux-arm64-gnu"),
    Target::macos("darwin-x64", "x86_64-apple-darwin"),
    Target::macos("darwin-arm64", "aarch64-apple-darwin"),
    Target::windows("win32-x64", "x86_64-pc-windows-msvc", "win32-x64-msvc"),
    Target::windows("win32-arm64", "aarch64-pc-windows-msvc", "win32-arm64-msvc"),
];

impl Target {
    const fn linux(name: &'static str, triple: &'static str, node: &'static str) -> Self {
        Self { name, triple, node, library: "libaddon.so", program: "codex-bridge" }
    }

    const fn macos(name: &'static str, triple: &'static str) -> Self {
        Self { name, triple, node: name, library: "libaddon.dylib", program: "codex-bridge" }
    }

    const fn windows(name: &'static str, triple: &'static str, node: &'static str) -> Self {
        Self { name, triple, node, library: "addon.dll", program: "codex-bridge.exe" }
    }

    fn named(name: &str) -> Result<&'static Self, Failure> {
        TARGETS.iter().find(|target| target.name == name).ok_or_else(|| {
            let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            format!("There is no target {name:?}; the targets are {}.", names.join(", "))
        })
    }

    fn of_this_machine() -> Result<&'static Self, Failure> {
        let os = match env::consts::OS {
            "macos" => "darwin",
            "windows" => "win32",
            os => os,
        };
        let arch = match env::consts::ARCH {
            "x86_64" => "x64",
            "aarch64" => "arm64",
            arch => arch,
        };
        Self::named(&format!("{os}-{arch}"))
    }
}

/// What to package, and how.
#[derive(Debug)]
pub(crate) struct Options {
    target: &'static Target,
    /// Set when the target was named: cargo then builds into a folder of the target's own.
    is_named: bool,
    glibc: Option<String>,
    with_cli: bool,
    /// Without the release's optimizations, which take minutes.
    is_quick: bool,
}

impl Options {
    pub(crate) fn for_this_machine() -> Result<Self, Failure> {
        let target = Target::of_this_machine()?;
        Ok(Self { target, is_named: false, glibc: None, with_cli: false, is_quick: false })
    }

    /// The package of this machine, for tests.
    pub(crate) fn quick() -> Result<Self, Failure> {
        Ok(Self { is_quick: true, ..Self::for_this_machine()? })
    }

    pub(crate) fn parse(arguments: &[&str]) -> Result<Self, Failure> {
        let mut options = Self::for_this_machine()?;
        let mut arguments = arguments.iter();
        while let Some(&argument) = arguments.next() {
            let mut value = || arguments.next().copied().ok_or_else(|| format!("{argument} needs a value."));
            match argument {
                "--target" => {
                    options.target = Target::named(value()?)?;
                    options.is_named = true;
                }
                "--glibc" => options.glibc = Some(value()?.to_owned()),
                "--cli" => options.with_cli = true,
                "--quick" => options.is_quick = true,
                _ => return Err(format!("`package` knows no {argument}.\n\n{}", crate::USAGE)),
            }
        }
        if options.glibc.is_some() && !options.target.triple.ends_with("linux-gnu") {
            return Err(format!("--glibc is for Linux; {} has none.", options.target.name));
        }
        if options.is_quick && (options.with_cli || !options.is_plain()) {
            return Err("--quick makes the extension's package for this machine only.".into());
        }
        Ok(options)
    }

    /// Builds what cargo has to build for these options, and returns the folder it ends up in.
    fn build(&self) -> Result<PathBuf, Failure> {
        let mut arguments: Vec<String> = match self.glibc {
            // The linker that comes with zig can link against older versions of glibc than this machine's.
            Some(_) => vec!["zigbuild".into()],
            None => vec!["build".into()],
        };
        arguments.push("--release".into());
        for package in self.packages() {
            arguments.extend(["--package".into(), (*package).into()]);
        }
        let mut folder = checkout::target_folder()?;
        if !self.is_plain() {
            let version = self.glibc.as_ref().map(|version| format!(".{version}")).unwrap_or_default();
            arguments.extend(["--target".into(), format!("{}{version}", self.target.triple)]);
            folder.push(self.target.triple);
        }
        Program::cargo().args(arguments).run()?;
        Ok(folder.join("release"))
    }

    /// Always the same ones, in one go: for another selection cargo would compile what they share anew.
    fn packages(&self) -> &'static [&'static str] {
        match (self.is_plain(), self.with_cli) {
            (true, _) => &["cli"],
            (false, true) => &["addon", "cli"],
            (false, false) => &["addon"],
        }
    }

    /// Nothing is asked for that this machine's own compiler and linker do not do anyway.
    fn is_plain(&self) -> bool {
        !self.is_named && self.glibc.is_none()
    }
}

/// Makes the packages in `dist`.
pub(crate) fn package(options: &Options) -> Result<(), Failure> {
    checkout::npm_packages()?;
    let dist = checkout::root().join("dist");
    create_folder(&dist)?;
    build_addon(options)?;
    let vsix = make_vsix(options.target, &dist)?;
    println!("Made {}", vsix.display());
    if options.with_cli {
        let archive = make_archive(options.target, &options.build()?, &dist)?;
        println!("Made {}", archive.display());
    }
    Ok(())
}

/// Puts the native library where the extension loads it from.
fn build_addon(options: &Options) -> Result<(), Failure> {
    // A package holds one machine's library, so those of other targets must not lie here when it is made.
    let native = checkout::root().join("extension/native");
    remove_folder(&native)?;
    create_folder(&native)?;
    if options.is_plain() {
        // With its symbols, a library without optimizations has hundreds of megabytes.
        let profile = if options.is_quick { "--strip" } else { "--release" };
        return Program::npm().args(["run", "build:addon", "--", profile]).run();
    }
    let Target { library, node, .. } = options.target;
    copy(&options.build()?.join(library), &native.join(format!("codex-bridge.{node}.node")))
}

fn make_vsix(target: &Target, dist: &Path) -> Result<PathBuf, Failure> {
    let vsix = dist.join(format!("codex-bridge-{}.vsix", target.name));
    heading(&format!("vsce package --target {}", target.name));
    Program::node()
        .args([
            "node_modules/@vscode/vsce/vsce",
            "package",
            "--no-dependencies",
            "--allow-missing-repository",
            "--no-rewrite-relative-links",
        ])
        .args(["--target", target.name, "--out"])
        .args([&vsix])
        .run()?;
    Ok(vsix)
}

fn make_archive(target: &Target, built: &Path, dist: &Path) -> Result<PathBuf, Failure> {
    let name = format!("codex-bridge-cli-{}", target.name);
    let content = dist.join(&name);
    remove_folder(&content)?;
    create_folder(&content)?;
    copy(&built.join(target.program), &content.join(target.program))?;
    for file in ["README.md", "LICENSE"] {
        copy(&checkout::root().join(file), &content.join(file))?;
    }
    let archive =
        dist.join(format!("{name}.{}", if target.name.starts_with("win32") { "zip" } else { "tar.gz" }));
    // Windows has tar too, and its tar makes zip files.
    Program::new("tar", "It is part of every system that this can be built on.")
        .in_folder(dist)
        .args(["-a", "-c", "-f"])
        .args([&archive])
        .args([&name])
        .run()?;
    remove_folder(&content)?;
    Ok(archive)
}

fn create_folder(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)
        .map_err(|error| format!("Cannot make the folder {}: {error}", folder.display()))
}

fn remove_folder(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("Cannot remove the folder {}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let copied = fs::copy(from, to);
    copied.map(|_| ()).map_err(|error| format!("Cannot copy {} to {}: {error}", from.display(), to.display()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// VS Code shows a key that has no text as it is.
    #[test]
    fn every_text_of_the_package_has_its_key_and_every_key_is_used() {
        let read = |file: &str| -> Value {
            serde_json::from_str(&fs::read_to_string(checkout::root().join(file)).unwrap()).unwrap()
        };
        let mut used = BTreeSet::new();
        collect_keys(&read("package.json"), &mut used);
        let texts = read("package.nls.json");
        let known: BTreeSet<String> = texts.as_object().unwrap().keys().cloned().collect();
        assert_eq!(used, known);
    }

    /// The names between two percent signs.
    fn collect_keys(value: &Value, keys: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => {
                let key = text.strip_prefix('%').and_then(|text| text.strip_suffix('%'));
                keys.extend(key.map(str::to_owned));
            }
            Value::Array(items) => items.iter().for_each(|item| collect_keys(item, keys)),
            Value::Object(members) => members.values().for_each(|member| collect_keys(member, keys)),
            _ => {}
        }
    }
}
