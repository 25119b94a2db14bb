//! How jobs end: decided from how their turns ended, recorded when the thread is released.

use std::path::Path;

use codex::turn::{TurnEnd, TurnRecord};
use model::clock::Timestamp;
use model::job::{Failure, FailureCode, Job, JobEvent, JobResult, Refusal};
use model::limits;
use store::StoreError;
use tokio::sync::oneshot;

use super::Begun;
use crate::error::Error;
use crate::jobs::LiveJob;

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
    /// It goes on in another conversation, which answers for it from here on.
    Moved,
    /// Another process still runs it, or nobody yet; the next start of the bridge goes on with it.
    LeftToNextStart,
}

impl JobEnd {
    /// How a job ends that joined the turn of the job which ends so.
    fn of_joined(&self) -> Option<Self> {
        match self {
            Self::Completed { result, .. } => {
                Some(Self::Completed { result: result.clone(), warnings: Vec::new() })
            }
            Self::Failed(failure) => Some(Self::Failed(failure.clone())),
            Self::NotBegun { .. } | Self::Moved | Self::LeftToNextStart => None,
        }
    }
}

/// How a job ends whose turn ended so. `interrupted` says what an interruption means here, unless the job was
/// called off.
pub(super) async fn job_end(
    job: &LiveJob,
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
        TurnEnd::Interrupted => JobEnd::Failed(failure(job.cancel_reason().unwrap_or(interrupted))),
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
        FailureCode::Cancelled => "The job was cancelled.",
        FailureCode::TurnTimeout => "The turn took longer than turnTimeoutMs.",
        FailureCode::CodexExited => "The Codex process that ran the turn ended.",
        FailureCode::BridgeStopped => "The bridge was stopped while the job ran.",
        FailureCode::InterruptedByRestart => "The bridge ended while the job ran, and its turn with it.",
        _ => "The turn could not be run.",
    };
    Failure { code, message: message.to_owned() }
}

pub(super) async fn end_job(job: &LiveJob, end: JobEnd) {
    if matches!(end, JobEnd::Moved | JobEnd::LeftToNextStart) {
        return;
    }
    for joined in job.take_joined().await {
        if let Some(end) = end.of_joined() {
            Box::pin(end_job(&joined, end)).await;
        }
    }
    match end {
        JobEnd::Completed { result, warnings } => {
            finish(job, |job, now| {
                job.warnings.extend(warnings.iter().cloned());
                job.complete(result.clone(), now)
            })
            .await;
        }
        JobEnd::Failed(failure) => end_failed(job, failure).await,
        JobEnd::NotBegun { error, begun } => {
            end_failed(job, error.as_failure()).await;
            tell(begun, Err(error));
        }
        JobEnd::Moved | JobEnd::LeftToNextStart => {}
    }
}

/// Ends a job that cannot go on.
pub(super) async fn end_failed(job: &LiveJob, failure: Failure) {
    finish(job, |job, now| job.fail(failure.clone(), now)).await;
}

/// Ends a job that had no conversation yet when its bridge process ended.
pub(super) async fn end_interrupted_by_restart(job: &LiveJob) {
    end_failed(job, failure(FailureCode::InterruptedByRestart)).await;
}

/// Another process may keep the database busy, or its disk be full for a while: a job whose end was lost
/// would look as if it ran for ever.
async fn finish(job: &LiveJob, step: impl Fn(&mut Job, Timestamp) -> Result<JobEvent, Refusal>) {
    for _ in 0..limits::END_ATTEMPTS_MAX {
        match job.step(&step).await {
            Ok(Ok(_)) | Err(StoreError::NotOurs) => return,
            Ok(Err(refusal)) => return tracing::debug!(job_id = %job.job_id, %refusal, "nothing left to end"),
            Err(error) => tracing::error!(job_id = %job.job_id, %error, "cannot record the job's end"),
        }
        tokio::time::sleep(limits::END_RETRY_INTERVAL).await;
    }
    // Unfinished in the database, so the next start finds it and ends it.
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
