//! The methods and fields of the app-server that the bridge interprets, read leniently.
//!
//! Field names are Codex's own. Source: `codex app-server generate-ts --experimental` of 0.171.0, directory
//! `v2`. Each item names its type there. Everything that is not listed here is passed on unchanged or
//! ignored.
//!
//! Some calls need the thread to be loaded in the called process, which then holds the thread's writer lock.
//! Each call says whether it does, as tested with 0.169.0. Where the thread is not loaded, such a call
//! answers "thread not found", even if the thread exists.

mod account;
mod commands;
mod configuration;
mod history;
mod queue;
mod review;
mod threads;
mod turn_pages;
mod turns;

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use account::{Account, Login};
pub use commands::CommandOutcome;
pub use configuration::{ConfigurationProblem, Position};
pub use history::{ForkPoint, RollBack, RollBackError, ThreadListQuery, ThreadPage, TurnPage};
pub use queue::QueuedSubmission;
pub use review::{CodeLocation, Finding, LineRange, ReviewOutput, ReviewTarget, last_review};
pub use threads::{ApprovalPolicy, SandboxMode, Thread, ThreadOptions, ThreadStatus};
pub use turn_pages::TurnQuery;
pub use turns::{Turn, TurnError, TurnOptions, TurnStatus, UserInput};

use crate::connection::CallError;

/// The time limit of `thread/start`, which loads a rollout directory and MCP servers, and of `thread/resume`,
/// which reads a whole history.
const THREAD_LIMIT: Duration = Duration::from_secs(60);
/// The time limit of calls that only touch memory or one file.
const CALL_LIMIT: Duration = Duration::from_secs(30);

fn to_value(method: &str, params: &impl Serialize) -> Result<Value, CallError> {
    serde_json::to_value(params).map_err(|error| unexpected(method, &error))
}

pub(crate) fn read<T: DeserializeOwned>(method: &str, result: Value) -> Result<T, CallError> {
    serde_json::from_value(result).map_err(|error| unexpected(method, &error))
}

fn unexpected(method: &str, error: &serde_json::Error) -> CallError {
    CallError::Unexpected { method: method.to_owned(), reason: error.to_string() }
}
