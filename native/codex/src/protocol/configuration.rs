//! The state of Codex's configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::app_server::Methods;
use crate::connection::{CallError, Connection};
use crate::rpc::RpcError;

/// The time limit of the calls. A person waits for the answer, which Codex reads from a few files.
const CONFIGURATION_LIMIT: Duration = Duration::from_secs(5);

/// The reason why Codex cannot load its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationProblem {
    /// The position of the problem, if Codex reports it.
    pub position: Option<Position>,
    /// The problem in Codex's words.
    pub reason: String,
}

/// A position in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl Connection {
    /// Returns the reason why Codex cannot load its configuration in a directory. `None` if it can, or if the
    /// binary cannot tell. Codex reads the files for each call, so the answer is current.
    ///
    /// # Errors
    /// [`CallError`] when the app-server does not answer.
    pub async fn configuration_problem(
        &self,
        methods: &Methods,
        cwd: &Path,
    ) -> Result<Option<ConfigurationProblem>, CallError> {
        let mut problem = None;
        // `config/read` names the position of a syntax error, but only the field of an invalid value. The
        // other method names the position of both, but not every binary has it.
        for (method, params) in
            [("config/read", json!({"cwd": cwd})), ("experimentalFeature/list", json!({"limit": 1}))]
        {
            if !methods.has(method) {
                continue;
            }
            match self.call(method, params, CONFIGURATION_LIMIT).await {
                Err(CallError::Refused { error, .. }) => {
                    let found = ConfigurationProblem::of(&error);
                    if found.position.is_some() {
                        return Ok(Some(found));
                    }
                    problem.get_or_insert(found);
                }
                Ok(_) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(problem)
    }
}

impl ConfigurationProblem {
    /// Reads a message such as `failed to load configuration: /home/me/.codex/config.toml:15:9: extra `=``.
    fn of(error: &RpcError) -> Self {
        let message = error.message.trim();
        Self::with_position(message).unwrap_or_else(|| Self { position: None, reason: message.to_owned() })
    }

    fn with_position(message: &str) -> Option<Self> {
        message.match_indices(": ").find_map(|(end, separator)| {
            let (place, reason) = (&message[..end], &message[end + separator.len()..]);
            let (place, column) = place.rsplit_once(':')?;
            let (place, line) = place.rsplit_once(':')?;
            let (line, column) = (line.parse().ok()?, column.parse().ok()?);
            let file = place.rsplit_once(": ").map_or(place, |(_, file)| file);
            let position = Position { file: file.into(), line, column };
            Some(Self { position: Some(position), reason: reason.to_owned() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(message: &str) -> (Option<(String, u32, u32)>, String) {
        let error = RpcError { code: -32603, message: message.to_owned() };
        let ConfigurationProblem { position, reason } = ConfigurationProblem::of(&error);
        let position =
            position.map(|position| (position.file.display().to_string(), position.line, position.column));
        (position, reason)
    }

    #[test]
    fn the_position_is_read_from_the_message() {
        for (file, message) in [
            ("/c/config.toml", "failed to read configuration layers: /c/config.toml:15:9: extra `=`: really"),
            ("/c/config.toml", "failed to a: failed to b: /c/config.toml:15:9: extra `=`: really"),
            ("/c/config.toml", "/c/config.toml:15:9: extra `=`: really"),
            (r"C:\c\config.toml", r"error deriving config: C:\c\config.toml:15:9: extra `=`: really"),
        ] {
            assert_eq!(problem(message), (Some((file.to_owned(), 15, 9)), "extra `=`: really".to_owned()));
        }
        for message in ["failed to load: Model provider `x` not found", "invalid: a:b: c", ""] {
            assert_eq!(problem(message), (None, message.to_owned()));
        }
    }
}
