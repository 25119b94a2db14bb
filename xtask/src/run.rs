//! Runs other programs, in the root directory of the checkout unless another one is named.

use std::{
    ffi::OsStr,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use crate::{Failure, checkout};

/// A program to run, and how to install it where it is missing.
pub(crate) struct Program {
    command: Command,
    advice: &'static str,
}

impl Program {
    pub(crate) fn new(program: impl AsRef<OsStr>, advice: &'static str) -> Self {
        let mut command = Command::new(program);
        command.current_dir(checkout::root());
        Self { command, advice }
    }

    pub(crate) fn cargo() -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut program = Self::new(cargo, "Install Rust: https://rustup.rs");
        // `cargo run` describes this program's crate in these variables. Some build scripts (of ring, for
        // example) would run again because they differ from those of a Cargo that a person started.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
                program.command.env_remove(name);
            }
        }
        program
    }

    pub(crate) fn npm() -> Self {
        Self::new(if cfg!(windows) { "npm.cmd" } else { "npm" }, NODE_ADVICE)
    }

    pub(crate) fn node() -> Self {
        Self::new("node", NODE_ADVICE)
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn in_directory(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    pub(crate) fn environment(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs the program to its end. Its output goes to the terminal.
    pub(crate) fn run(mut self) -> Result<(), Failure> {
        let status = self.command.status();
        self.check(status)
    }

    /// Runs the program to its end and returns its standard output. Its standard error goes to the terminal.
    pub(crate) fn stdout(mut self) -> Result<String, Failure> {
        let output = self.command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
        let stdout = output.as_ref().map(|output| output.stdout.clone()).unwrap_or_default();
        self.check(output.map(|output| output.status))?;
        String::from_utf8(stdout).map_err(|_| format!("The output of `{}` is not UTF-8.", self.line()))
    }

    /// Runs the program to its end without showing its output, which becomes part of a failure.
    pub(crate) fn run_quietly(mut self) -> Result<(), Failure> {
        let output = self.command.stdin(Stdio::null()).output();
        let printed = output.as_ref().map(|output| [&output.stdout[..], &output.stderr[..]].concat());
        let printed = String::from_utf8_lossy(&printed.unwrap_or_default()).into_owned();
        self.check(output.map(|output| output.status)).map_err(|failure| format!("{printed}\n{failure}"))
    }

    /// Reports whether the program can be run and succeeds. Its output is discarded.
    pub(crate) fn succeeds(mut self) -> bool {
        let status = self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    fn check(&self, status: io::Result<ExitStatus>) -> Result<(), Failure> {
        let line = self.line();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("`{line}` failed ({status}).")),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(format!("`{}` was not found. {}", self.name().display(), self.advice))
            }
            Err(error) => Err(format!("Cannot start `{line}`: {error}")),
        }
    }

    fn name(&self) -> PathBuf {
        PathBuf::from(self.command.get_program())
    }

    /// Returns the command line as a person would type it.
    fn line(&self) -> String {
        let name = self.name();
        let name = name.file_stem().unwrap_or(name.as_os_str()).to_string_lossy().into_owned();
        let arguments = self.command.get_args().map(|argument| argument.to_string_lossy().into_owned());
        std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
    }
}

const NODE_ADVICE: &str = "Install Node.js 20.19 or newer, which includes npm: https://nodejs.org";

/// Prints the name of the next step.
pub(crate) fn heading(text: &str) {
    println!("\n━━ {text}");
}
