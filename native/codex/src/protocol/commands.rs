//! Runs commands outside of turns.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{SandboxMode, read};
use crate::connection::{CallError, Connection};

/// The result of a command (`CommandExecResponse`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandOutcome {
    /// The exit code. It is also nonzero when the command exceeded its time limit.
    pub exit_code: i32,
    /// The standard output, up to the limit.
    #[serde(default)]
    pub stdout: String,
    /// The standard error, up to the limit.
    #[serde(default)]
    pub stderr: String,
}

/// The maximum length of each output stream of a command. The rest is dropped.
const OUTPUT_BYTES_MAX: usize = 64 * 1024;
/// The time that Codex gets, beyond the command's own limit, to end the command and to answer.
const ANSWER_GRACE: Duration = Duration::from_secs(10);

impl Connection {
    /// `command/exec`: runs a command in Codex's sandbox for at most `limit`.
    ///
    /// # Errors
    /// [`CallError`] when the call fails, with [`crate::rpc::Refusal::MethodUnknown`] from binaries without
    /// this method.
    pub async fn command_exec(
        &self,
        command: &[String],
        directory: &Path,
        sandbox: SandboxMode,
        limit: Duration,
    ) -> Result<CommandOutcome, CallError> {
        let method = "command/exec";
        let params = json!({
            "command": command,
            "cwd": directory,
            "sandboxPolicy": policy(sandbox, directory),
            "timeoutMs": u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
            "outputBytesCap": OUTPUT_BYTES_MAX,
        });
        read(method, self.call(method, params, limit + ANSWER_GRACE).await?)
    }
}

fn policy(sandbox: SandboxMode, directory: &Path) -> Value {
    match sandbox {
        SandboxMode::ReadOnly => json!({"type": "readOnly", "networkAccess": false}),
        SandboxMode::WorkspaceWrite => json!({
            "type": "workspaceWrite", "writableRoots": [directory], "networkAccess": false,
            "excludeTmpdirEnvVar": false, "excludeSlashTmp": false,
        }),
        SandboxMode::DangerFullAccess => json!({"type": "dangerFullAccess"}),
    }
}
