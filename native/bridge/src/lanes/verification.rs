//! Verification: shell commands that must exit with 0 after each turn of a lane. Codex runs them in its
//! sandbox, in the directory of the lane.

use std::time::Instant;

use codex::connection::CallError;
use codex::protocol::CommandOutcome;
use codex::rpc::Refusal;
use model::lane::{Lane, LaneEvent, VerificationResult};
use model::limits;
use serde_json::json;

use super::Lanes;
use crate::error::Error;

impl Lanes {
    /// Runs the lane's verification commands, up to the first that fails.
    pub(super) async fn verify(&self, lane: &Lane) -> Result<Vec<VerificationResult>, Error> {
        let directory = self.directory(lane).await?;
        let supervisor = self.inner.sessions.supervisor_of(&lane.lane_id);
        let supervisor = supervisor.unwrap_or_else(|| self.inner.router.shared().clone());
        let mut results = Vec::new();
        for command in &lane.verification_commands {
            let server = supervisor.ready().await?;
            let started = Instant::now();
            let outcome = server
                .connection
                .command_exec(&shell(command), &directory, lane.sandbox, limits::VERIFICATION_TIMEOUT)
                .await;
            let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let result = result_of(command.clone(), outcome, duration_ms)?;
            let payload = json!({"result": result, "jobId": lane.active_job_id});
            self.record_event(lane, LaneEvent { event_type: "lane.verification.result", payload }).await;
            let passed = result.passed;
            results.push(result);
            if !passed {
                break;
            }
        }
        Ok(results)
    }
}

#[cfg(unix)]
fn shell(command: &str) -> Vec<String> {
    ["/bin/sh", "-c", command].map(str::to_owned).to_vec()
}

#[cfg(windows)]
fn shell(command: &str) -> Vec<String> {
    ["cmd.exe", "/D", "/S", "/C", command].map(str::to_owned).to_vec()
}

fn result_of(
    command: String,
    outcome: Result<CommandOutcome, CallError>,
    duration_ms: u64,
) -> Result<VerificationResult, Error> {
    match outcome {
        Ok(CommandOutcome { exit_code, stdout, stderr }) => Ok(VerificationResult {
            command,
            passed: exit_code == 0,
            exit_code: Some(exit_code),
            output: end_of(&format!("{stdout}{stderr}")),
            duration_ms,
        }),
        Err(error) if error.refusal() == Some(Refusal::MethodUnknown) => {
            Err(Error::UnsupportedByCodex("run verification commands"))
        }
        // A command that was refused or timed out did not pass.
        Err(error @ (CallError::Refused { .. } | CallError::TimedOut { .. })) => Ok(VerificationResult {
            command,
            passed: false,
            exit_code: None,
            output: error.to_string(),
            duration_ms,
        }),
        Err(error) => Err(error.into()),
    }
}

fn end_of(output: &str) -> String {
    let skipped = output.chars().count().saturating_sub(limits::VERIFICATION_OUTPUT_CHARS_MAX);
    output.chars().skip(skipped).collect()
}
