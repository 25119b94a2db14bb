//! The surface of a thread: the program that it originated in.

use std::str::FromStr;

use codex::protocol::Thread;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The program in which a thread originated, as its user sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Surface {
    /// The Codex desktop app.
    MacApp,
    /// A terminal: the interactive program or `codex exec`.
    Cli,
    /// An editor, or a client of the app-server whose threads the panel of the editor lists.
    Vscode,
    /// Unknown: Codex does not report it, or reports a program that the bridge does not know.
    #[default]
    Unknown,
}

/// The surface in which a lane's conversation should originate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PreferredSurface {
    /// The Codex desktop app.
    MacApp,
    /// A terminal.
    Cli,
    /// An editor.
    Vscode,
    /// Any surface.
    #[default]
    Any,
}

impl Surface {
    /// Returns the surface that a thread originated in.
    #[must_use]
    pub fn of_thread(thread: &Thread) -> Self {
        Self::of(&thread.source_name(), thread.originator.as_deref())
    }

    /// Reports whether the surface satisfies a preference.
    #[must_use]
    pub fn suits(self, preferred: PreferredSurface) -> bool {
        match preferred {
            PreferredSurface::Any => true,
            PreferredSurface::MacApp => self == Self::MacApp,
            PreferredSurface::Cli => self == Self::Cli,
            PreferredSurface::Vscode => self == Self::Vscode,
        }
    }

    /// Returns the surface for the source and originator that Codex reports for a thread. The originator,
    /// which names the program, takes precedence: the source is also `vscode` for threads of the desktop app
    /// and of other clients of an app-server.
    ///
    /// Originators that were observed or occur in Codex's source code: `Codex Desktop`,
    /// `codex_chatgpt_desktop`, `codex_vscode`, `codex_cli_rs`, `codex-tui`, `codex_exec`.
    #[must_use]
    pub fn of(source_name: &str, originator: Option<&str>) -> Self {
        let originator = originator.unwrap_or_default().to_ascii_lowercase();
        let is_named = |names: &[&str]| names.iter().any(|name| originator.contains(name));
        if is_named(&["desktop", "mac-app", "mac app"]) {
            return Self::MacApp;
        }
        if is_named(&["vscode", "vs code", "cursor", "windsurf"]) {
            return Self::Vscode;
        }
        if is_named(&["codex_cli", "codex-cli", "codex-tui", "codex_tui", "codex_exec", "codex-exec"]) {
            return Self::Cli;
        }
        match source_name {
            "cli" | "exec" => Self::Cli,
            "vscode" => Self::Vscode,
            _ => Self::Unknown,
        }
    }

    /// Returns the name on the wire.
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
    /// Returns the name on the wire.
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
    fn the_originator_or_else_the_source_determines_the_surface() {
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
    fn a_surface_is_parsed_from_its_name() {
        for surface in [Surface::MacApp, Surface::Cli, Surface::Vscode, Surface::Unknown] {
            assert_eq!(surface.name().parse(), Ok(surface));
        }
        assert!("any".parse::<Surface>().is_err());
    }
}
