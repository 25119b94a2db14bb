//! A `CODEX_HOME` of its own for each test, so that nobody's real one is touched.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;

/// The name under which Codex knows the scripted model and its provider.
const MODEL: &str = "scripted";

/// A Codex that was told to end has done so within a second, on a busy machine within some.
const DELETIONS_MAX: usize = 50;
const DELETE_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// A throwaway Codex home whose only model is a scripted one. Dropping it deletes the folder.
#[derive(Debug)]
pub struct CodexHome {
    folder: TempDir,
}

impl CodexHome {
    /// Makes a home for the model that listens at this URL (see [`crate::ScriptedModel::url`]).
    ///
    /// # Panics
    /// When the folder cannot be written.
    #[must_use]
    pub fn for_model(model_url: &str) -> Self {
        let folder = TempDir::with_prefix("codex-home-").expect("a temporary folder for a Codex home");
        Self::write(folder.path(), model_url).expect("the configuration of a Codex home");
        Self { folder }
    }

    /// Writes the same configuration into a folder that someone else looks after.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(folder: &Path, model_url: &str) -> io::Result<()> {
        let catalog = folder.join("models.json");
        fs::write(&catalog, models().to_string())?;
        fs::write(folder.join("config.toml"), config(model_url, &catalog))
    }

    /// The folder: the value for `CODEX_HOME`.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Adds tables to `config.toml`, for a test of what Codex does with them.
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
        // A Codex that is just ending may write into the folder while it is deleted. What is left then, nobody deletes.
        for _ in 0..DELETIONS_MAX {
            let deleted = fs::remove_dir_all(self.path());
            if deleted.is_ok() || !self.path().exists() {
                return;
            }
            std::thread::sleep(DELETE_AGAIN_AFTER);
        }
    }
}

fn config(model_url: &str, catalog: &Path) -> String {
    // A JSON string is a TOML string too, with its backslashes escaped.
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

/// Codex warns about a model that it does not know and offers it fewer tools, so it is told about this one.
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
        // Wanted by versions before 0.155.
        "supports_reasoning_summaries": false,
        "supports_parallel_tool_calls": false,
        "experimental_supported_tools": [],
        "support_verbosity": false,
        "supported_in_api": true,
        "visibility": "list",
        "priority": 1,
    }] })
}
