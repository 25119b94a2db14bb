//! Lists the Codex processes of this user and the threads that each of them owns.
//!
//! This module only reads: it signals no process and takes no lock. Only Linux is supported. On other systems
//! callers infer activity from the threads that changed recently.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

use std::path::{Path, PathBuf};

use crate::ThreadId;

#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(not(target_os = "linux"))]
use other as platform;

/// The kind of a Codex process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessKind {
    /// `codex app-server`: serves an editor, the desktop app or a bridge.
    AppServer,
    /// The interactive terminal program.
    Cli,
    /// `codex exec` or `codex review`.
    Exec,
    /// `codex mcp-server`.
    McpServer,
    /// Any other subcommand.
    Other,
}

impl ProcessKind {
    /// Returns the name of this kind in the API.
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

    /// Returns the kind of the process with this command line, program first.
    #[must_use]
    pub fn of(arguments: &[String]) -> Self {
        let subcommand = arguments.iter().skip(1).find_map(|argument| {
            SUBCOMMANDS.iter().find(|(name, _)| name == argument).map(|(_, kind)| *kind)
        });
        subcommand.unwrap_or(Self::Cli)
    }
}

/// The subcommands of Codex (`codex --help` of 0.169.0). Without one, Codex is the terminal program.
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
    /// The process id.
    pub pid: u32,
    /// The kind of process.
    pub kind: ProcessKind,
    /// The program, for a person: for example `codex app-server`.
    pub program: String,
    /// The process that started it. The Node.js script of an npm installation is skipped.
    pub parent: Option<Parent>,
    /// The working directory.
    pub cwd: Option<PathBuf>,
    /// The Codex home, where the process stores its threads.
    pub codex_home: Option<PathBuf>,
    /// The start time in milliseconds since the Unix epoch, exact to 10 ms.
    pub started_at_ms: Option<i64>,
    /// The threads whose writer lock the process holds, sorted.
    pub thread_ids: Vec<ThreadId>,
}

/// The process that started a Codex process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// The process id.
    pub pid: u32,
    /// The program, for a person: for example `Visual Studio Code` or `bash`.
    pub program: String,
}

/// The Codex processes that run on this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Running {
    /// The processes, sorted by process id.
    pub processes: Vec<CodexProcess>,
    /// The threads whose owner the operating system does not show, because it belongs to another container.
    pub hidden_thread_ids: Vec<ThreadId>,
}

/// Returns the Codex processes of this user, whatever their Codex home. `None` where the operating system
/// hides them.
#[must_use]
pub fn running(codex_home: &Path) -> Option<Running> {
    platform::running(codex_home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subcommand_decides_the_kind_of_a_process() {
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
