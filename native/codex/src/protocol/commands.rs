//! Commands that no turn runs.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{SandboxMode, read};
use crate::connection::{CallError, Connection};

/// How a command went (`CommandExecResponse`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandOutcome {
    /// Exit code; other than 0 also when its time was up.
    pub exit_code: i32,
    /// What it wrote, as far as it was kept.
    #[serde(default)]
    pub stdout: String,
    /// What it wrote to its standard error, as far as it was kept.
    #[serde(default)]
    pub stderr: String,
}

/// What is kept of each of a command's outputs.
const OUTPUT_BYTES_MAX: usize = 64 * 1024;
/// Beyond the command's own limit, for Codex to end it and to answer.
const ANSWER_GRACE: Duration = Duration::from_secs(10);

impl Connection {
    /// `command/exec`: runs a command in Codex's sandbox, at most for `limit`.
    ///
    /// # Errors
    /// [`CallError`]; [`crate::rpc::Refusal::MethodUnknown`] from binaries that do not have it.
    pub async fn command_exec(
        &self,
        command: &[String],
        folder: &Path,
        sandbox: SandboxMode,
        limit: Duration,
    ) -> Result<CommandOutcome, CallError> {
        let method = "command/exec";
        let params = json!({
            "command": command,
            "cwd": folder,
            "sandboxPolicy": policy(sandbox, folder),
            "timeoutMs": u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
            "outputBytesCap": OUTPUT_BYTES_MAX,
        });
        read(method, self.call(method, params, limit + ANSWER_GRACE).await?)
    }
}

fn policy(sandbox: SandboxMode, folder: &Path) -> Value {
    match sandbox {
        SandboxMode::ReadOnly => json!({"type": "readOnly", "networkAccess": false}),
        SandboxMode::WorkspaceWrite => json!({
            "type": "workspaceWrite", "writableRoots": [folder], "networkAccess": false,
            "excludeTmpdirEnvVar": false, "excludeSlashTmp": false,
        }),
        SandboxMode::DangerFullAccess => json!({"type": "dangerFullAccess"}),
    }
}
