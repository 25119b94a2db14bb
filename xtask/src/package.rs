//! Makes what people install: the extension as a VSIX, and the command line program as an archive.
//!
//! Cargo builds the addon and the command line program. napi-rs' own command would pass `--target` to Cargo
//! for this machine, too, so that every crate would be compiled a second time into another directory.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::{
    Failure, checkout, dashboard,
    files::{copy, create_directory, remove_directory},
    run::Program,
    vsix,
};

/// The Cargo profile of packages. See Cargo.toml.
const PROFILE: &str = "dist";

/// A platform that packages are made for.
#[derive(Debug)]
struct Target {
    /// The name at the Marketplace.
    name: &'static str,
    /// The target triple in Rust.
    triple: &'static str,
    /// The platform in the file name of a native Node module, as napi-rs writes it.
    node: &'static str,
    /// The file that Cargo builds from crate `addon`.
    library: &'static str,
    /// The file that Cargo builds from crate `cli`.
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
            format!("Unknown target {name:?}. The targets are {}.", names.join(", "))
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

/// The options of `cargo xtask package`.
#[derive(Debug)]
pub(crate) struct Options {
    target: &'static Target,
    /// Set if a target was named: Cargo then builds into a directory of that target.
    is_named: bool,
    glibc: Option<String>,
    with_cli: bool,
    /// Builds with the dev profile, as the tests do, instead of the dist profile.
    is_quick: bool,
}

impl Options {
    pub(crate) fn for_this_machine() -> Result<Self, Failure> {
        let target = Target::of_this_machine()?;
        Ok(Self { target, is_named: false, glibc: None, with_cli: false, is_quick: false })
    }

    /// Returns the options for the package that the smoke test installs.
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
                _ => return Err(format!("Unknown option {argument} of `package`.\n\n{}", crate::USAGE)),
            }
        }
        if options.glibc.is_some() && !options.target.triple.ends_with("linux-gnu") {
            return Err(format!("--glibc is for Linux targets only, not for {}.", options.target.name));
        }
        if options.is_quick && (options.with_cli || !options.is_plain()) {
            return Err("--quick cannot be combined with --cli, --target or --glibc.".into());
        }
        Ok(options)
    }

    /// Builds the crates that these options need with Cargo, and returns the directory of the results.
    fn build(&self) -> Result<PathBuf, Failure> {
        let mut arguments: Vec<String> = match self.glibc {
            // Zig's linker can link against versions of glibc that are older than this machine's.
            Some(_) => vec!["zigbuild".into()],
            None => vec!["build".into()],
        };
        let profile = if self.is_quick { "dev" } else { PROFILE };
        arguments.extend(["--profile".into(), profile.into()]);
        for package in self.packages() {
            arguments.extend(["--package".into(), (*package).into()]);
        }
        let mut directory = checkout::target_directory()?;
        if !self.is_plain() {
            let version = self.glibc.as_ref().map(|version| format!(".{version}")).unwrap_or_default();
            arguments.extend(["--target".into(), format!("{}{version}", self.target.triple)]);
            directory.push(self.target.triple);
        }
        Program::cargo().args(arguments).run()?;
        // Cargo puts the results of profile `dev` into a directory with another name.
        Ok(directory.join(if self.is_quick { "debug" } else { PROFILE }))
    }

    /// Returns the crates to build. They are built by one command, so that Cargo compiles shared dependencies
    /// once.
    fn packages(&self) -> &'static [&'static str] {
        if self.with_cli { &["addon", "cli"] } else { &["addon"] }
    }

    /// Reports whether the package is for this machine and its own glibc.
    fn is_plain(&self) -> bool {
        !self.is_named && self.glibc.is_none()
    }
}

/// Makes the packages in `dist`.
pub(crate) fn package(options: &Options) -> Result<(), Failure> {
    checkout::npm_packages()?;
    let dist = checkout::root().join("dist");
    create_directory(&dist)?;
    // The bridge embeds the dashboard.
    dashboard::build()?;
    build_addon(options)?;
    let vsix = vsix::make(options.target.name, &dist)?;
    println!("Made {}", vsix.display());
    if options.with_cli {
        let archive = make_archive(options.target, &options.build()?, &dist)?;
        println!("Made {}", archive.display());
    }
    Ok(())
}

/// Builds the addon with the profile of the tests, for working on the extension.
pub(crate) fn addon() -> Result<(), Failure> {
    checkout::npm_packages()?;
    build_addon(&Options::quick()?)
}

/// Builds the addon and puts it where the extension loads it from.
fn build_addon(options: &Options) -> Result<(), Failure> {
    // A package holds the addon of one platform, so addons of other targets must not be here when it is made.
    let native = checkout::root().join("extension/native");
    remove_directory(&native)?;
    create_directory(&native)?;
    let addon = native.join(format!("codex-bridge.{}.node", options.target.node));
    copy(&options.build()?.join(options.target.library), &addon)?;
    if options.is_plain() {
        addon_types()?;
    }
    if options.is_quick { strip(&addon) } else { Ok(()) }
}

/// Writes the addon's types for TypeScript from what napi-rs' macros left while the addon was compiled.
fn addon_types() -> Result<(), Failure> {
    Program::node().args(["xtask/addon-types.mjs"]).run()
}

/// Removes debug information, which makes most of the size of a library that is not optimized.
fn strip(library: &Path) -> Result<(), Failure> {
    if cfg!(windows) {
        // MSVC writes debug information into files of its own.
        return Ok(());
    }
    let option = if cfg!(target_os = "macos") { "-S" } else { "--strip-debug" };
    Program::new("strip", "It is part of the C compiler's tools that Rust needs as well.")
        .args([option])
        .args([library])
        .run()
}

fn make_archive(target: &Target, built: &Path, dist: &Path) -> Result<PathBuf, Failure> {
    let name = format!("codex-bridge-cli-{}", target.name);
    let content = dist.join(&name);
    remove_directory(&content)?;
    create_directory(&content)?;
    copy(&built.join(target.program), &content.join(target.program))?;
    for file in ["README.md", "LICENSE"] {
        copy(&checkout::root().join(file), &content.join(file))?;
    }
    let archive =
        dist.join(format!("{name}.{}", if target.name.starts_with("win32") { "zip" } else { "tar.gz" }));
    // Windows includes a tar, which can make zip files.
    Program::new("tar", "Install tar.")
        .in_directory(dist)
        .args(["-a", "-c", "-f"])
        .args([&archive])
        .args([&name])
        .run()?;
    remove_directory(&content)?;
    Ok(archive)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use serde_json::Value;

    use super::*;

    /// VS Code would show a key without a text to the user.
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

    /// Collects the names between two percent signs.
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
