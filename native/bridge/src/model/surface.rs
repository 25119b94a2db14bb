//! Surfaces: where a person sees a conversation.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a conversation was born.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Surface {
    /// The Codex application.
    MacApp,
    /// A terminal.
    Cli,
    /// An editor, which is also what the bridge's own conversations count as.
    Vscode,
    /// Something else, or nothing that is known.
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
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MacApp => "mac-app",
            Self::Cli => "cli",
            Self::Vscode => "vscode",
            Self::Unknown => "unknown",
        }
    }

    /// From a thread's source (`vscode`, `cli`, `exec`, …) and the program that began it.
    #[must_use]
    pub fn of(source: &str, originator: Option<&str>) -> Self {
        let originator = originator.unwrap_or_default().to_ascii_lowercase();
        if originator.contains("desktop") {
            return Self::MacApp;
        }
        match source {
            "vscode" => Self::Vscode,
            "cli" | "exec" => Self::Cli,
            _ if originator.contains("vscode") => Self::Vscode,
            _ if originator.contains("cli") || originator.contains("tui") => Self::Cli,
            _ => Self::Unknown,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surface_is_told_by_source_and_originator() {
        let cases = [
            ("vscode", None, Surface::Vscode),
            ("vscode", Some("Codex Desktop"), Surface::MacApp),
            ("cli", Some("codex_cli_rs"), Surface::Cli),
            ("exec", None, Surface::Cli),
            ("appServer", Some("codex_vscode"), Surface::Vscode),
            ("appServer", None, Surface::Unknown),
            ("", None, Surface::Unknown),
        ];
        for (source, originator, expected) in cases {
            assert_eq!(Surface::of(source, originator), expected, "{source} {originator:?}");
        }
    }
}
