//! Tests the order of the search on directories that imitate whole machines.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{LocateOptions, LocateSource, Located, NotFound, Platform, locate, real_path::real_path};

const LINUX: Platform = Platform { os: "linux", arch: "x86_64" };
const MAC: Platform = Platform { os: "macos", arch: "aarch64" };
const WINDOWS: Platform = Platform { os: "windows", arch: "x86_64" };

/// The contents of a native program in a test machine.
const PROGRAM: &str = "\u{7f}ELF";
#[cfg(unix)]
const NODE_SCRIPT: &str = "#!/usr/bin/env node\nimport 'x'";

const EXTENSION: &str = "home/.vscode/extensions/openai.chatgpt-1.0.0-linux-x64/bin/linux-x86_64/codex";
const NPM_PROGRAM: &str = "usr/lib/node_modules/@openai/codex/node_modules/@openai/codex-linux-x64/vendor/\
                           x86_64-unknown-linux-musl/bin/codex";
#[cfg(unix)]
const NPM_ENTRY: &str = "usr/lib/node_modules/@openai/codex/bin/codex.js";

/// A directory that imitates a whole machine.
struct Machine {
    root: TempDir,
    platform: Platform,
}

impl Machine {
    fn new(platform: Platform) -> Self {
        // The root is a real path, because programs behind links are also found by their real paths.
        let root = TempDir::new_in(real_path(&env::temp_dir()).unwrap()).unwrap();
        Self { root, platform }
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.root.path().join(relative)
    }

    fn file(&self, relative: &str, content: &str) -> &Self {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        make_executable(&path, true);
        self
    }

    fn program(&self, relative: &str) -> &Self {
        self.file(relative, PROGRAM)
    }

    #[cfg(unix)]
    fn link(&self, relative: &str, target: &str) -> &Self {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(self.path(target), path).unwrap();
        self
    }

    /// Returns options with a home directory and a `PATH` of `usr/bin`, and nothing from the real machine.
    fn options(&self) -> LocateOptions {
        LocateOptions {
            home: Some(self.path("home")),
            path_variable: Some(env::join_paths([self.path("usr/bin")]).unwrap()),
            platform: self.platform,
            ..LocateOptions::default()
        }
    }

    fn locate(&self) -> Result<Located, NotFound> {
        locate(&self.options())
    }

    #[track_caller]
    fn expect(&self, options: &LocateOptions, source: LocateSource, relative: &str) {
        let expected = Located { path: self.path(relative), source };
        assert_eq!(
            locate(options),
            Ok(expected),
            "{:#?}",
            locate(options).err().map(|error| error.to_string())
        );
    }

    /// Returns the problem that the search reports for a path.
    fn reason(&self, relative: &str) -> String {
        let error = self.locate().unwrap_err();
        let searched =
            error.looked.into_iter().find(|searched| Path::new(&searched.place) == self.path(relative));
        searched.unwrap_or_else(|| panic!("{relative} was not searched")).reason
    }
}

#[cfg(unix)]
fn make_executable(path: &Path, is_executable: bool) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(if is_executable { 0o755 } else { 0o644 })).unwrap();
}

#[cfg(not(unix))]
fn make_executable(_: &Path, _: bool) {}

#[test]
fn sources_are_tried_in_order_of_precedence() {
    let machine = Machine::new(LINUX);
    machine
        .program("chosen/codex")
        .program("chosen-for-chatgpt/codex")
        .program("given/bin/linux-x86_64/codex");
    machine.program(EXTENSION).program(NPM_PROGRAM).program("usr/bin/codex");
    let mut options = LocateOptions {
        explicit: Some(machine.path("chosen/codex")),
        chatgpt_cli_executable: Some(machine.path("chosen-for-chatgpt/codex")),
        chatgpt_extension_directory: Some(machine.path("given")),
        ..machine.options()
    };
    machine.expect(&options, LocateSource::Setting, "chosen/codex");
    options.explicit = None;
    machine.expect(&options, LocateSource::ChatgptSetting, "chosen-for-chatgpt/codex");
    options.chatgpt_cli_executable = None;
    machine.expect(&options, LocateSource::ChatgptExtension, "given/bin/linux-x86_64/codex");
    options.chatgpt_extension_directory = None;
    machine.expect(&options, LocateSource::ChatgptExtension, EXTENSION);
    options.home = None;
    machine.expect(&options, LocateSource::Npm, NPM_PROGRAM);
    fs::remove_file(machine.path(NPM_PROGRAM)).unwrap();
    machine.expect(&options, LocateSource::Path, "usr/bin/codex");
}

#[test]
fn a_configured_path_is_used_or_rejected_but_never_replaced() {
    let machine = Machine::new(LINUX);
    machine.program("usr/bin/codex").file("script.js", "x").file("plain", "x");
    make_executable(&machine.path("plain"), false);
    fs::create_dir(machine.path("directory")).unwrap();
    let mut cases =
        vec![("nowhere", "does not exist"), ("directory", "is a directory"), ("script.js", "is a script")];
    if cfg!(unix) {
        cases.push(("plain", "is not executable"));
    }
    for (named, reason) in cases {
        let path = machine.path(named);
        for (options, setting) in [
            (
                LocateOptions { explicit: Some(path.clone()), ..machine.options() },
                "the setting for the Codex executable",
            ),
            (
                LocateOptions { chatgpt_cli_executable: Some(path.clone()), ..machine.options() },
                "chatgpt.cliExecutable",
            ),
        ] {
            let error = locate(&options).unwrap_err();
            assert_eq!(error.looked.len(), 1);
            let message = error.to_string();
            for part in [setting, &path.display().to_string(), reason] {
                assert!(message.contains(part), "{message:?} lacks {part:?}");
            }
        }
    }
}

#[test]
fn a_configured_path_may_be_relative_or_start_with_a_tilde() {
    let machine = Machine::new(LINUX);
    machine.program("home/tools/codex").program("usr/bin/codex");
    let named = |path: &str| LocateOptions {
        explicit: Some(path.into()),
        working_directory: Some(machine.path("home/tools")),
        ..machine.options()
    };
    machine.expect(&named("~/tools/codex"), LocateSource::Setting, "home/tools/codex");
    machine.expect(&named("codex"), LocateSource::Setting, "home/tools/codex");
    machine.expect(&named(""), LocateSource::Path, "usr/bin/codex");
}

#[test]
fn the_newest_working_extension_is_used() {
    let machine = Machine::new(LINUX);
    let in_root =
        |root: &str, directory: &str| format!("home/{root}/extensions/{directory}/bin/linux-x86_64/codex");
    let older = in_root(".vscode", "openai.chatgpt-0.9.9");
    let newer = in_root(".cursor", "openai.chatgpt-0.10.0-linux-x64");
    machine.program(&older);
    machine.expect(&machine.options(), LocateSource::ChatgptExtension, &older);
    machine.program(&newer).program(&in_root(".vscode", "openai.chatgpt-0.10.0-rc.1"));
    machine.expect(&machine.options(), LocateSource::ChatgptExtension, &newer);
    // These are newer still, but for other platforms, broken, or about to be removed.
    machine.program("home/.vscode/extensions/openai.chatgpt-3.0.0-darwin-arm64/bin/macos-aarch64/codex");
    machine.file("home/.vscode/extensions/openai.chatgpt-4.0.0/package.json", "{}");
    machine.program(&in_root(".vscode", "openai.chatgpt-5.0.0-linux-x64"));
    machine.file(
        "home/.vscode/extensions/.obsolete",
        r#"{"openai.chatgpt-5.0.0-linux-x64":true,"other-1.0.0":true}"#,
    );
    machine.expect(&machine.options(), LocateSource::ChatgptExtension, &newer);
}

#[test]
fn extensions_of_every_similar_editor_are_found() {
    for root in [
        "home/.vscode/extensions",
        "home/.vscode-insiders/extensions",
        "home/.vscode-server/extensions",
        "home/.vscode-server-insiders/extensions",
        "home/.vscode-oss/extensions",
        "home/.cursor-server/extensions",
        "home/.windsurf/extensions",
        "home/.windsurf-server/extensions",
        "home/.local/share/code-server/extensions",
        "elsewhere",
    ] {
        let machine = Machine::new(LINUX);
        let program = format!("{root}/openai.chatgpt-1.2.3/bin/linux-x86_64/codex");
        machine.program(&program);
        let options = LocateOptions { extension_roots: vec![machine.path("elsewhere")], ..machine.options() };
        machine.expect(&options, LocateSource::ChatgptExtension, &program);
    }
}

#[test]
fn a_universal_extension_contains_a_program_for_each_platform() {
    for (platform, program) in
        [(LINUX, "linux-x86_64/codex"), (MAC, "macos-aarch64/codex"), (WINDOWS, "windows-x86_64/codex.exe")]
    {
        let machine = Machine::new(platform);
        let bin = "home/.vscode/extensions/openai.chatgpt-1.2.3-universal/bin";
        for each in ["linux-x86_64/codex", "macos-aarch64/codex", "windows-x86_64/codex.exe"] {
            machine.program(&format!("{bin}/{each}"));
        }
        machine.expect(&machine.options(), LocateSource::ChatgptExtension, &format!("{bin}/{program}"));
    }
}

#[test]
fn every_layout_of_an_npm_package_is_supported() {
    let linux = "vendor/x86_64-unknown-linux-musl";
    let below = "usr/lib/node_modules/@openai";
    for (platform, program) in [
        (LINUX, format!("{below}/codex/node_modules/@openai/codex-linux-x64/{linux}/bin/codex")),
        (LINUX, format!("{below}/codex-linux-x64/{linux}/bin/codex")),
        (LINUX, format!("{below}/codex-linux-x64/{linux}/codex/codex")),
        (LINUX, format!("{below}/codex/{linux}/codex/codex")),
        (LINUX, format!("home/.nvm/versions/node/v20.1.0/lib/node_modules/@openai/codex/{linux}/bin/codex")),
        (LINUX, format!("home/.bun/install/global/node_modules/@openai/codex-linux-x64/{linux}/bin/codex")),
        (LINUX, format!("opt/lib/node_modules/@openai/codex-linux-x64/{linux}/bin/codex")),
        (LINUX, format!("work/node_modules/@openai/codex-linux-x64/{linux}/bin/codex")),
        (MAC, format!("{below}/codex-darwin-arm64/vendor/aarch64-apple-darwin/bin/codex")),
        (
            WINDOWS,
            "usr/bin/node_modules/@openai/codex-win32-x64/vendor/x86_64-pc-windows-msvc/bin/codex.exe"
                .to_owned(),
        ),
    ] {
        let machine = Machine::new(platform);
        machine.program(&program);
        let options = LocateOptions {
            install_prefixes: vec![machine.path("opt")],
            working_directory: Some(machine.path("work/project/src")),
            ..machine.options()
        };
        machine.expect(&options, LocateSource::Npm, &program);
    }
}

#[test]
fn the_newest_version_of_node_is_used() {
    let machine = Machine::new(LINUX);
    let of_node = |version: &str| {
        format!(
            "home/.nvm/versions/node/{version}/lib/node_modules/@openai/codex-linux-x64/vendor/\
             x86_64-unknown-linux-musl/bin/codex"
        )
    };
    machine.program(&of_node("v9.0.0")).program(&of_node("v22.1.0")).program(&of_node("v20.5.0"));
    machine.expect(&machine.options(), LocateSource::Npm, &of_node("v22.1.0"));
}

#[cfg(unix)]
#[test]
fn the_native_program_behind_a_start_script_is_found() {
    // npm: a link to the script itself.
    let machine = Machine::new(LINUX);
    machine.program(NPM_PROGRAM).file(NPM_ENTRY, NODE_SCRIPT).link("elsewhere/codex", NPM_ENTRY);
    let named = LocateOptions { explicit: Some(machine.path("elsewhere/codex")), ..machine.options() };
    machine.expect(&named, LocateSource::Setting, NPM_PROGRAM);

    // pnpm: a shell script, and packages in a store of links.
    let machine = Machine::new(LINUX);
    let store = "pnpm/store/codex/node_modules/@openai";
    let program = format!("{store}/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex");
    machine.program(&program).file(&format!("{store}/codex/bin/codex.js"), NODE_SCRIPT);
    machine.link("pnpm/global/node_modules/@openai/codex", &format!("{store}/codex"));
    let shell = "#!/bin/sh\nbasedir=$(dirname \"$0\")\n\
                 exec node  \"$basedir/../global/node_modules/@openai/codex/bin/codex.js\" \"$@\"\n";
    machine.file("pnpm/bin/codex", shell);
    let path_variable = Some(env::join_paths([machine.path("pnpm/bin")]).unwrap());
    let options = LocateOptions { path_variable, ..machine.options() };
    machine.expect(&options, LocateSource::Path, &program);
}

#[test]
fn windows_command_files_are_never_returned() {
    let machine = Machine::new(WINDOWS);
    machine
        .file("usr/bin/codex.cmd", "@node \"%~dp0\\lib\\codex.js\" %*")
        .file("usr/bin/codex.ps1", "& node");
    machine.file("usr/bin/codex", "#!/bin/sh\nexec node codex.js");
    assert_eq!(
        machine.reason("usr/bin/codex.cmd"),
        "is a script, and the native program that it starts was not found"
    );

    let package = "usr/bin/node_modules/@openai/codex";
    let program = format!("{package}/vendor/x86_64-pc-windows-msvc/codex/codex.exe");
    machine.program(&program);
    let named = LocateOptions { explicit: Some(machine.path("usr/bin/codex.cmd")), ..machine.options() };
    machine.expect(&named, LocateSource::Setting, &program);

    machine.file("other/bin/codex.bat", "codex.js").program("bin2/codex");
    for (named, reason) in [("other/bin/codex.bat", "is a script"), ("bin2/codex", "is not an .exe")] {
        let options = LocateOptions { explicit: Some(machine.path(named)), ..machine.options() };
        let message = locate(&options).unwrap_err().to_string();
        assert!(message.contains(reason), "{message:?} lacks {reason:?}");
    }
}

#[cfg(unix)]
#[test]
fn an_unusable_file_in_path_is_skipped_with_a_reason() {
    let machine = Machine::new(LINUX);
    machine.program("one/codex").file("two/codex", NODE_SCRIPT).program("four/codex");
    make_executable(&machine.path("one/codex"), false);
    fs::create_dir_all(machine.path("three/codex")).unwrap();
    let directories = ["one", "two", "three"].map(|directory| machine.path(directory));
    let options =
        LocateOptions { path_variable: Some(env::join_paths(&directories).unwrap()), ..machine.options() };
    let message = locate(&options).unwrap_err().to_string();
    for (path, reason) in [
        ("one/codex", "is not executable"),
        ("two/codex", "is a script, and the native program"),
        ("three/codex", "is a directory, not a program"),
    ] {
        let line = format!("{} {reason}", machine.path(path).display());
        assert!(message.contains(&line), "{message} lacks {line}");
    }

    let directories = directories.into_iter().chain([machine.path("four")]);
    let options =
        LocateOptions { path_variable: Some(env::join_paths(directories).unwrap()), ..machine.options() };
    machine.expect(&options, LocateSource::Path, "four/codex");
}

#[test]
fn a_relative_directory_in_path_is_not_searched() {
    let machine = Machine::new(LINUX);
    let options = LocateOptions { path_variable: Some("relative-bin".into()), ..machine.options() };
    let error = locate(&options).unwrap_err();
    assert!(error.looked.iter().all(|searched| !searched.place.contains("relative-bin")), "{error}");
}

#[test]
fn a_failed_search_reports_what_to_do_and_every_searched_path() {
    let machine = Machine::new(LINUX);
    machine.file("home/.vscode/extensions/other.extension-1.0.0/package.json", "{}");
    machine.file("usr/lib/node_modules/@openai/codex/package.json", "{}");
    assert_eq!(machine.reason("home/.vscode/extensions"), "does not contain the ChatGPT extension");
    assert_eq!(machine.reason("home/.cursor/extensions"), "does not exist");
    assert_eq!(machine.reason("usr/lib/node_modules"), "does not contain @openai/codex-linux-x64");
    assert_eq!(machine.reason("usr/bin/codex"), "does not exist");

    let error = machine.locate().unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("Codex was not found. Install the ChatGPT extension for VS Code or run"),
        "{message}"
    );
    for searched in &error.looked {
        assert!(message.contains(&searched.place), "{message} lacks {}", searched.place);
    }
    let on_the_wire = serde_json::to_value(&error).unwrap();
    assert_eq!(on_the_wire["looked"][0]["reason"], "does not contain the ChatGPT extension");
}

/// The layouts above are assumptions about npm. This test uses a real installation.
#[test]
fn the_package_that_npm_installed_in_this_checkout_is_found() {
    let options = LocateOptions {
        working_directory: Some(env!("CARGO_MANIFEST_DIR").into()),
        ..LocateOptions::default()
    };
    let located = locate(&options).unwrap_or_else(|error| panic!("{error}\nRun `npm ci` first."));
    assert_eq!(located.source, LocateSource::Npm);
    let package = Path::new("node_modules/@openai").join(options.platform.npm_package());
    let mut parents = located.path.ancestors();
    assert!(parents.any(|parent| parent.ends_with(&package)), "{}", located.path.display());
}

#[test]
fn sources_have_wire_names() {
    let path = PathBuf::from("codex");
    for (source, name) in [
        (LocateSource::Setting, "setting"),
        (LocateSource::ChatgptSetting, "chatgptSetting"),
        (LocateSource::ChatgptExtension, "chatgptExtension"),
        (LocateSource::Npm, "npm"),
        (LocateSource::Path, "path"),
    ] {
        let located = Located { path: path.clone(), source };
        assert_eq!(
            serde_json::to_value(&located).unwrap(),
            serde_json::json!({ "path": "codex", "source": name })
        );
    }
}
