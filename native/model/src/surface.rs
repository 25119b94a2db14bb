//! Where a person sees a thread: the one place that tells.

use std::str::FromStr;

use codex::protocol::Thread;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The program in which a thread began, as far as its person is concerned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Surface {
    /// The desktop app.
    MacApp,
    /// The terminal: the interactive program and `codex exec`.
    Cli,
    /// An editor's panel, or a client of the app-server whose threads that panel lists.
    Vscode,
    /// Codex does not tell, or something that this program does not know.
    #[default]
    Unknown,
}

/// Where a lane's conversation should be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PreferredSurface {
    /// The Codex application.
    MacApp,
    /// A terminal.
    Cli,
    /// An editor.
    Vscode,
    /// Anywhere.
    #[default]
    Any,
}

impl Surface {
    /// Returns the surface on which a thread originated.
    #[must_use]
    pub fn of_thread(thread: &Thread) -> Self {
        Self::of(&thread.source_name(), thread.originator.as_deref())
    }

    /// Whether it is where it should be.
    #[must_use]
    pub fn suits(self, preferred: PreferredSurface) -> bool {
        match preferred {
            PreferredSurface::Any => true,
            PreferredSurface::MacApp => self == Self::MacApp,
            PreferredSurface::Cli => self == Self::Cli,
            PreferredSurface::Vscode => self == Self::Vscode,
        }
    }

    /// From what Codex tells of a thread. The originator, which names the program, goes before the source, which is `vscode`
    /// also for threads of the desktop app and of other clients of an app-server.
    ///
    /// Originators seen or named in Codex's sources: `Codex Desktop`, `codex_chatgpt_desktop`, `codex_vscode`, `codex_cli_rs`,
    /// `codex-tui`, `codex_exec`.
    #[must_use]
    pub fn of(source_name: &str, originator: Option<&str>) -> Self {
        let originator = originator.unwrap_or_default().to_ascii_lowercase();
        let is_called = |names: &[&str]| names.iter().any(|name| originator.contains(name));
        if is_called(&["desktop", "mac-app", "mac app"]) {
            return Self::MacApp;
        }
        if is_called(&["vscode", "vs code", "cursor", "windsurf"]) {
            return Self::Vscode;
        }
        if is_called(&["codex_cli", "codex-cli", "codex-tui", "codex_tui", "codex_exec", "codex-exec"]) {
            return Self::Cli;
        }
        match source_name {
            "cli" | "exec" => Self::Cli,
            "vscode" => Self::Vscode,
            _ => Self::Unknown,
        }
    }

    /// As the API spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MacApp => "mac-app",
            Self::Cli => "cli",
            Self::Vscode => "vscode",
            Self::Unknown => "unknown",
        }
    }
}

impl PreferredSurface {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MacApp => "mac-app",
            Self::Cli => "cli",
            Self::Vscode => "vscode",
            Self::Any => "any",
        }
    }
}

impl FromStr for Surface {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        [Self::MacApp, Self::Cli, Self::Vscode, Self::Unknown]
            .into_iter()
            .find(|surface| surface.name() == name)
            .ok_or_else(|| "must be mac-app, cli, vscode or unknown".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_seen_where_its_originator_or_else_its_source_says() {
        let cases = [
            ("vscode", Some("Codex Desktop"), Surface::MacApp),
            ("vscode", Some("codex_chatgpt_desktop"), Surface::MacApp),
            ("vscode", Some("codex_vscode"), Surface::Vscode),
            ("vscode", Some("codex-bridge"), Surface::Vscode),
            ("vscode", None, Surface::Vscode),
            ("cli", Some("codex_cli_rs"), Surface::Cli),
            ("cli", Some("codex-tui"), Surface::Cli),
            ("cli", None, Surface::Cli),
            ("exec", Some("codex_exec"), Surface::Cli),
            ("exec", None, Surface::Cli),
            ("subAgent", Some("Codex Desktop"), Surface::MacApp),
            ("subAgent", Some("codex_cli_rs"), Surface::Cli),
            ("subAgent", None, Surface::Unknown),
            ("appServer", Some("my tool"), Surface::Unknown),
            ("my-client", None, Surface::Unknown),
            ("unknown", Some(""), Surface::Unknown),
        ];
        for (source, originator, expected) in cases {
            assert_eq!(Surface::of(source, originator), expected, "{source} {originator:?}");
        }
    }

    #[test]
    fn a_surface_is_read_as_it_is_written() {
        for surface in [Surface::MacApp, Surface::Cli, Surface::Vscode, Surface::Unknown] {
            assert_eq!(surface.name().parse(), Ok(surface));
        }
        assert!("any".parse::<Surface>().is_err());
    }
}
