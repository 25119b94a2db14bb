//! Settings, from a file and from the environment.

use std::path::Path;

/// What the program is told from outside.
#[derive(Debug, Clone)]
pub struct Settings {
    pub database_url: String,
    pub port: u16,
}

impl Settings {
    /// Reads settings from a TOML file; variables of the environment go before it.
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path).map_err(|_| SettingsError::Missing)?;
        let port = std::env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(8080);
        Ok(Self { database_url: text, port })
    }
}

/// Why settings cannot be read.
#[derive(Debug)]
pub enum SettingsError {
    Missing,
    Malformed(String),
}
