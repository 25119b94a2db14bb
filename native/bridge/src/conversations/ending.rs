//! The ends of jobs. A job's end is decided by the end of its turn, and recorded once the thread is released.

use std::path::Path;

use codex::turn::TurnEnd;
use model::clock::Timestamp;
use model::job::{Failure, FailureCode, Job, JobEvent, JobResult, Refusal};
use model::limits;
use store::StoreError;

use crate::error::Error;
use crate::jobs::LiveJob;

/// The end of a job. It is decided first, and recorded after the thread is released.
#[derive(Debug)]
pub(super) enum JobEnd {
    Completed {
        result: JobResult,
        warnings: Vec<String>,
    },
    Failed(Failure),
    /// The job's turn was not started. The sender is notified of the reason once it is recorded.
    NotStarted(Error),
    /// The job moved to another conversation, whose task continues it.
    Moved,
    /// The job is still waiting, or another process still runs it. The next start of the bridge continues it.
    LeftToNextStart,
}

impl JobEnd {
    /// Returns the end of a job whose message joined the turn of the job that has this end.
    fn for_joined(&self) -> Option<Self> {
        match self {
            Self::Completed { result, .. } => {
                Some(Self::Completed { result: result.clone(), warnings: Vec::new() })
            }
            Self::Failed(failure) => Some(Self::Failed(failure.clone())),
            Self::NotStarted(_) | Self::Moved | Self::LeftToNextStart => None,
        }
    }
}

/// Returns the end of a job from the end of its turn. `interrupted` is the failure code of an interrupted
/// turn, unless the job was cancelled.
pub(super) async fn job_end(
    job: &LiveJob,
    end: TurnEnd,
    output: Option<&Path>,
    interrupted: FailureCode,
) -> JobEnd {
    match end {
        TurnEnd::Completed => {
            let result = JobResult::completed(&job.record());
            let mut warnings = Vec::new();
            if let Some(path) = output
                && let Err(reason) = write_answer(path, &result.text).await
            {
                warnings
                    .push(format!("outputLastMessagePath: could not write {} ({reason})", path.display()));
            }
            JobEnd::Completed { result, warnings }
        }
        TurnEnd::Interrupted => JobEnd::Failed(failure(job.cancel_reason().unwrap_or(interrupted))),
        TurnEnd::Failed(error) => JobEnd::Failed(Failure::of_turn(error)),
    }
}

/// Writes the answer to a file, with a time limit because a network disk may never answer.
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
        FailureCode::CodexExited => "The Codex process that ran the turn exited.",
        FailureCode::BridgeStopped => "The bridge was stopped while the job ran.",
        FailureCode::InterruptedByRestart => "The bridge exited while the job ran, which ended the turn.",
        _ => "The turn could not be run.",
    };
    Failure::new(code, message)
}

/// Records the end of a job, and of the jobs whose messages joined its turn. Returns the reason if the turn
/// was not started, for the sender of the message.
pub(super) async fn end_job(job: &LiveJob, end: JobEnd) -> Option<Error> {
    if matches!(end, JobEnd::Moved | JobEnd::LeftToNextStart) {
        return None;
    }
    for joined in job.take_joined().await {
        if let Some(end) = end.for_joined() {
            joined.record().clone_from(&job.record());
            record_end(&joined, end).await;
        }
    }
    record_end(job, end).await
}

async fn record_end(job: &LiveJob, end: JobEnd) -> Option<Error> {
    match end {
        JobEnd::Completed { result, warnings } => {
            finish(job, |job, now| {
                job.warnings.extend(warnings.iter().cloned());
                job.complete(result.clone(), now)
            })
            .await;
        }
        JobEnd::Failed(failure) => fail_job(job, failure).await,
        JobEnd::NotStarted(error) => {
            fail_job(job, error.as_failure()).await;
            return Some(error);
        }
        JobEnd::Moved | JobEnd::LeftToNextStart => {}
    }
    None
}

/// Records that a job failed.
pub(super) async fn fail_job(job: &LiveJob, failure: Failure) {
    finish(job, |job, now| job.fail(failure.clone(), now)).await;
}

/// Records the failure of a job that had no conversation yet when its bridge process exited.
pub(super) async fn fail_interrupted_by_restart(job: &LiveJob) {
    fail_job(job, failure(FailureCode::InterruptedByRestart)).await;
}

/// Records the end of a job, with retries. The database may be busy or its disk full for a while, and a job
/// whose end was lost would look as if it ran forever.
async fn finish(job: &LiveJob, step: impl Fn(&mut Job, Timestamp) -> Result<JobEvent, Refusal>) {
    for _ in 0..limits::END_ATTEMPTS_MAX {
        match job.step(&step).await {
            Ok(Ok(_)) | Err(StoreError::NotOurs) => return,
            Ok(Err(refusal)) => {
                return tracing::debug!(job_id = %job.job_id, %refusal, "the job has already ended");
            }
            Err(error) => tracing::error!(job_id = %job.job_id, %error, "cannot record the job's end"),
        }
        tokio::time::sleep(limits::END_RETRY_INTERVAL).await;
    }
    // The job stays unfinished in the database, so the next start of the bridge ends it.
}

/// Returns the name of a signal that ends processes in practice, or its number. Source: signal(7).
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
