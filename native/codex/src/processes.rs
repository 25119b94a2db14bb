//! The Codex processes of this user, and the threads that each has.
//!
//! Only looked at: no process is signalled here, and no lock taken. Linux tells all of it; elsewhere the operating system
//! is not asked, and who needs an answer infers it from the threads that changed lately.

#[cfg(target_os = "linux")]
mod linux;

use std::path::{Path, PathBuf};

/// What a Codex process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessKind {
    /// `codex app-server`: behind an editor, the desktop app, a bridge.
    AppServer,
    /// The terminal program.
    Cli,
    /// `codex exec`, `codex review`.
    Exec,
    /// `codex mcp-server`.
    McpServer,
    /// Another subcommand.
    Other,
}

impl ProcessKind {
    /// As the API spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AppServer => "app-server",
            Self::Cli => "cli",
            Self::Exec => "exec",
            Self::McpServer => "mcp-server",
            Self::Other => "other",
        }
    }

    /// By the command line, program first.
    #[must_use]
    pub fn of(arguments: &[String]) -> Self {
        let subcommand = arguments.iter().skip(1).find_map(|argument| {
            SUBCOMMANDS.iter().find(|(name, _)| name == argument).map(|(_, kind)| *kind)
        });
        subcommand.unwrap_or(Self::Cli)
    }
}

/// Codex's subcommands (`codex --help` of 0.169.0). Without one it is the terminal program.
const SUBCOMMANDS: [(&str, ProcessKind); 16] = [
    ("app-server", ProcessKind::AppServer),
    ("exec", ProcessKind::Exec),
    ("review", ProcessKind::Exec),
    ("mcp-server", ProcessKind::McpServer),
    ("resume", ProcessKind::Cli),
    ("fork", ProcessKind::Cli),
    ("login", ProcessKind::Other),
    ("logout", ProcessKind::Other),
    ("mcp", ProcessKind::Other),
    ("cloud", ProcessKind::Other),
    ("sandbox", ProcessKind::Other),
    ("debug", ProcessKind::Other),
    ("apply", ProcessKind::Other),
    ("remote-control", ProcessKind::Other),
    ("agents", ProcessKind::Other),
    ("exec-server", ProcessKind::Other),
];

/// A Codex process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodexProcess {
    /// Its process id.
    pub pid: u32,
    /// What it is.
    pub kind: ProcessKind,
    /// What it is, for a person: for example `codex app-server`.
    pub program: String,
    /// Who started it; the Node.js script of an npm installation is passed over.
    pub parent: Option<Parent>,
    /// Its working folder.
    pub cwd: Option<PathBuf>,
    /// Where it keeps its threads.
    pub codex_home: Option<PathBuf>,
    /// Milliseconds since the Unix epoch, exact to 10 ms.
    pub started_at_ms: Option<i64>,
    /// The threads whose writer it holds, in order.
    pub thread_ids: Vec<String>,
}

/// The process that started another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Its process id.
    pub pid: u32,
    /// What it is, for a person: for example `Visual Studio Code`, `bash`.
    pub program: String,
}

/// What runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Running {
    /// The processes, by id.
    pub processes: Vec<CodexProcess>,
    /// Threads that some process has which the operating system does not show: one of another container.
    pub hidden_thread_ids: Vec<String>,
}

/// The Codex processes of this user, whatever their Codex home. `None` where the operating system hides them.
#[must_use]
pub fn running(codex_home: &Path) -> Option<Running> {
    platform::running(codex_home)
}

#[cfg(target_os = "linux")]
use linux as platform;

#[cfg(not(target_os = "linux"))]
mod platform {
    use std::path::Path;

    use super::Running;

    pub(super) fn running(_: &Path) -> Option<Running> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_by_its_subcommand() {
        let cases = [
            (&["codex", "-c", "a=1", "app-server"][..], ProcessKind::AppServer),
            (&["codex", "-s", "read-only", "exec", "resume", "id"], ProcessKind::Exec),
            (&["codex", "mcp-server"], ProcessKind::McpServer),
            (&["codex", "resume", "id"], ProcessKind::Cli),
            (&["codex", "please run app-server"], ProcessKind::Cli),
            (&["codex"], ProcessKind::Cli),
            (&["codex", "login"], ProcessKind::Other),
        ];
        for (arguments, expected) in cases {
            let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
            assert_eq!(ProcessKind::of(&arguments), expected, "{arguments:?}");
        }
    }
}
