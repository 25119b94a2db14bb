//! Runs other programs, in the checkout's root folder unless told otherwise.

use std::{
    ffi::OsStr,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Failure, checkout};

/// A program to run, and how to get it if it is not there.
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
        Self::new(cargo, "Install Rust: https://rustup.rs")
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

    pub(crate) fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn environment(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end. What it prints is seen.
    pub(crate) fn run(mut self) -> Result<(), Failure> {
        let line = self.line();
        match self.command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("`{line}` failed ({status}).")),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(format!("`{}` was not found. {}", self.name().display(), self.advice))
            }
            Err(error) => Err(format!("`{line}` could not be started: {error}")),
        }
    }

    fn name(&self) -> PathBuf {
        PathBuf::from(self.command.get_program())
    }

    /// The command line as a person would type it.
    fn line(&self) -> String {
        let name = self.name();
        let name = name.file_stem().unwrap_or(name.as_os_str()).to_string_lossy().into_owned();
        let arguments = self.command.get_args().map(|argument| argument.to_string_lossy().into_owned());
        std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
    }
}

const NODE_ADVICE: &str = "Install Node.js 20 or newer, which brings npm: https://nodejs.org";

/// Says what comes next.
pub(crate) fn heading(text: &str) {
    println!("\n━━ {text}");
}
