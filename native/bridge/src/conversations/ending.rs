//! How jobs end: decided from how their turns ended, recorded when the thread is released.

use std::path::Path;

use codex::turn::{TurnEnd, TurnRecord};
use tokio::sync::oneshot;

use super::Begun;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::jobs::LiveJob;
use crate::limits;
use crate::model::job::{Failure, FailureCode, Job, JobEvent, JobResult, Refusal};
use crate::store::StoreError;

/// How a job ends. Decided first, shown after the thread is released.
pub(super) enum JobEnd {
    Completed {
        result: JobResult,
        warnings: Vec<String>,
    },
    Failed(Failure),
    /// Its sender is told why, once that is recorded.
    NotBegun {
        error: Error,
        begun: oneshot::Sender<Result<Begun, Error>>,
    },
    /// Another process still runs it; the next start of the bridge follows it again.
    LeftToItsOwner,
}

/// How a job ends whose turn ended so. `interrupted` says what an interruption means here.
pub(super) async fn job_end(
    end: TurnEnd,
    record: TurnRecord,
    output: Option<&Path>,
    interrupted: FailureCode,
) -> JobEnd {
    match end {
        TurnEnd::Completed => {
            let TurnRecord { answer, usage, diff, plan, duration_ms, .. } = record;
            let text = answer.unwrap_or_default();
            let mut warnings = Vec::new();
            if let Some(path) = output
                && let Err(reason) = write_answer(path, &text).await
            {
                warnings
                    .push(format!("outputLastMessagePath: {} was not written ({reason})", path.display()));
            }
            let result = JobResult { text, token_usage: usage, duration_ms, diff, plan };
            JobEnd::Completed { result, warnings }
        }
        TurnEnd::Interrupted => JobEnd::Failed(failure(interrupted)),
        TurnEnd::Failed(message) => JobEnd::Failed(Failure { code: FailureCode::TurnFailed, message }),
    }
}

/// A disk on the network may never answer.
async fn write_answer(path: &Path, text: &str) -> Result<(), String> {
    match tokio::time::timeout(limits::OUTPUT_FILE_TIMEOUT, tokio::fs::write(path, text)).await {
        Ok(written) => written.map_err(|error| error.to_string()),
        Err(_) => Err("the disk did not answer in time".to_owned()),
    }
}

pub(super) fn failure(code: FailureCode) -> Failure {
    let message = match code {
        FailureCode::Interrupted => "The turn was interrupted.",
        FailureCode::CodexExited => "The Codex process that ran the turn ended.",
        FailureCode::BridgeStopped => "The bridge was stopped while the job ran.",
        FailureCode::InterruptedByRestart => "The bridge ended while the job ran, and its turn with it.",
        _ => "The turn could not be run.",
    };
    Failure { code, message: message.to_owned() }
}

pub(super) async fn end_job(job: &LiveJob, end: JobEnd) {
    match end {
        JobEnd::Completed { result, warnings } => {
            finish(job, |job, now| {
                job.warnings.extend(warnings);
                job.complete(result, now)
            })
            .await;
        }
        JobEnd::Failed(failure) => end_failed(job, failure).await,
        JobEnd::NotBegun { error, begun } => {
            end_failed(job, error.as_failure()).await;
            tell(begun, Err(error));
        }
        JobEnd::LeftToItsOwner => {}
    }
}

/// Ends a job that cannot go on.
pub(super) async fn end_failed(job: &LiveJob, failure: Failure) {
    finish(job, |job, now| job.fail(failure, now)).await;
}

/// Ends a job that had no conversation yet when its bridge process ended.
pub(super) async fn end_interrupted_by_restart(job: &LiveJob) {
    end_failed(job, failure(FailureCode::InterruptedByRestart)).await;
}

async fn finish(job: &LiveJob, step: impl FnOnce(&mut Job, Timestamp) -> Result<JobEvent, Refusal>) {
    match job.step(step).await {
        Ok(Ok(_)) | Err(StoreError::NotOurs) => {}
        Ok(Err(refusal)) => tracing::debug!(job_id = job.job_id, %refusal, "nothing left to end"),
        // Unfinished in the database, so the next start finds it and ends it.
        Err(error) => tracing::error!(job_id = job.job_id, %error, "cannot record the job's end"),
    }
}

pub(super) fn tell(begun: oneshot::Sender<Result<Begun, Error>>, outcome: Result<Begun, Error>) {
    if begun.send(outcome).is_err() {
        tracing::debug!("nobody waits for the turn to begin");
    }
}

/// Names of the signals that end processes in practice; the others by number. Source: signal(7).
pub(super) fn signal_name(number: i32) -> String {
    match number {
        1 => "SIGHUP".to_owned(),
        2 => "SIGINT".to_owned(),
        6 => "SIGABRT".to_owned(),
        9 => "SIGKILL".to_owned(),
        11 => "SIGSEGV".to_owned(),
        15 => "SIGTERM".to_owned(),
        other => format!("signal {other}"),
    }
}
