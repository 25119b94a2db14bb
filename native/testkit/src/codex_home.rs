//! A separate `CODEX_HOME` for each test, so that no real one is touched.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;

/// The name under which Codex knows the scripted model and its provider.
const MODEL: &str = "scripted";

/// The maximum number of attempts to delete a Codex home. A Codex that was asked to exit does so within a
/// second, or within a few seconds on a busy machine.
const DELETE_ATTEMPTS_MAX: usize = 50;
/// The time between two attempts.
const DELETE_RETRY_DELAY: Duration = Duration::from_millis(50);

/// A temporary Codex home whose only model is a scripted one. Dropping it deletes the directory.
#[derive(Debug)]
pub struct CodexHome {
    directory: TempDir,
}

impl CodexHome {
    /// Creates a home for the model that listens at this URL (see [`crate::ScriptedModel::url`]).
    ///
    /// # Panics
    /// When the directory cannot be written.
    #[must_use]
    pub fn for_model(model_url: &str) -> Self {
        let directory = TempDir::with_prefix("codex-home-").expect("a temporary directory for a Codex home");
        Self::write(directory.path(), model_url).expect("the configuration of a Codex home");
        Self { directory }
    }

    /// Writes the same configuration into a directory that the caller owns.
    ///
    /// # Errors
    /// The error of the file system when the directory cannot be written.
    pub fn write(directory: &Path, model_url: &str) -> io::Result<()> {
        let catalog = directory.join("models.json");
        fs::write(&catalog, models().to_string())?;
        fs::write(directory.join("config.toml"), config(model_url, &catalog))
    }

    /// Returns the directory, which is the value for `CODEX_HOME`.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Adds tables to `config.toml`, for tests of their effect on Codex.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn add_config(&self, tables: &str) {
        let file: PathBuf = self.path().join("config.toml");
        let config = fs::read_to_string(&file).expect("the configuration that was written before");
        fs::write(file, format!("{config}\n{tables}\n")).expect("the longer configuration");
    }
}

impl Drop for CodexHome {
    fn drop(&mut self) {
        // A Codex that is exiting may write into the directory while it is being deleted. `TempDir` would
        // then leave files behind, so the deletion is repeated.
        for _ in 0..DELETE_ATTEMPTS_MAX {
            let deleted = fs::remove_dir_all(self.path());
            if deleted.is_ok() || !self.path().exists() {
                return;
            }
            std::thread::sleep(DELETE_RETRY_DELAY);
        }
    }
}

fn config(model_url: &str, catalog: &Path) -> String {
    // A JSON string is also a valid TOML string.
    let quoted = |text: &str| json!(text).to_string();
    let base_url = quoted(&format!("{model_url}/v1"));
    let catalog = quoted(&catalog.to_string_lossy());
    format!(
        r#"model = "{MODEL}"
model_provider = "{MODEL}"
model_catalog_json = {catalog}
check_for_update_on_startup = false

[model_providers.{MODEL}]
name = "{MODEL}"
base_url = {base_url}
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0

[analytics]
enabled = false

[tools.update_plan]
enabled = true
"#
    )
}

/// Returns a model catalog. Codex warns about an unknown model and offers it fewer tools, so this one is
/// declared.
fn models() -> serde_json::Value {
    json!({ "models": [{
        "slug": MODEL,
        "display_name": "Scripted model",
        "description": "Does what the script in the message says.",
        "base_instructions": "Follow the script in the user's message.",
        "apply_patch_tool_type": "freeform",
        "shell_type": "unified_exec",
        "context_window": 200_000,
        "truncation_policy": { "mode": "bytes", "limit": 10_000 },
        "supported_reasoning_levels": [],
        // Versions before 0.155 require this field.
        "supports_reasoning_summaries": false,
        "supports_parallel_tool_calls": false,
        "experimental_supported_tools": [],
        "support_verbosity": false,
        "supported_in_api": true,
        "visibility": "list",
        "priority": 1,
    }] })
}
