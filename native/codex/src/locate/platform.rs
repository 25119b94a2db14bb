//! The names of a platform in the different packaging systems.

use std::env::consts;

/// An operating system and a processor architecture, as in [`std::env::consts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform {
    /// The operating system: `linux`, `macos` or `windows`.
    pub os: &'static str,
    /// The architecture: `x86_64` or `aarch64`.
    pub arch: &'static str,
}

impl Default for Platform {
    /// Returns the platform that this program runs on.
    fn default() -> Self {
        Self { os: consts::OS, arch: consts::ARCH }
    }
}

impl Platform {
    pub(super) fn is_windows(self) -> bool {
        self.os == "windows"
    }

    /// Returns the file name of the executable.
    pub(super) fn program(self) -> &'static str {
        if self.is_windows() { "codex.exe" } else { "codex" }
    }

    /// Returns the name of the platform's directory in the ChatGPT extension's `bin`, such as `linux-x86_64`.
    pub(super) fn extension_directory(self) -> String {
        format!("{}-{}", self.os, self.arch)
    }

    /// Returns the name of the platform's npm package, such as `codex-linux-x64`.
    pub(super) fn npm_package(self) -> String {
        let os = match self.os {
            "macos" => "darwin",
            "windows" => "win32",
            os => os,
        };
        let arch = match self.arch {
            "x86_64" => "x64",
            "aarch64" => "arm64",
            arch => arch,
        };
        format!("codex-{os}-{arch}")
    }

    /// Returns the name of the platform's directory in the npm package's `vendor`, such as
    /// `x86_64-unknown-linux-musl`.
    pub(super) fn triple(self) -> String {
        let system = match self.os {
            "linux" => "unknown-linux-musl",
            "macos" => "apple-darwin",
            "windows" => "pc-windows-msvc",
            os => os,
        };
        format!("{}-{system}", self.arch)
    }
}
