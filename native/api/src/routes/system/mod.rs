//! `/system…`: diagnostics, settings and the log.

mod checks;
mod memory;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use model::clock::Timestamp;
use model::limits;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::extract::{QueryOf, page_limit};
use crate::log_tail::{self, LogLine};
use crate::request_error::RequestError;
use crate::setting::SettingView;
use checks::{Check, checks};
use memory::{ProcessMemory, memory_of};

/// Reply of `GET /system`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SystemView {
    /// Always `true`.
    ok: bool,
    /// The version of Codex Bridge.
    version: String,
    /// The operating system and the architecture, for example `linux-x86_64`.
    platform: String,
    started_at: Timestamp,
    /// The directory of the database, which several bridges may share.
    #[serde(rename = "dataFolder")]
    data_directory: String,
    /// The results of the checks, with advice.
    checks: Vec<Check>,
    /// The bridge, then the app-servers that it started.
    processes: Vec<ProcessMemory>,
    /// The effective settings. For a secret, only whether it is set.
    settings: Vec<SettingView>,
}

/// Returns diagnostics, the processes of the bridge, and the effective settings.
#[utoipa::path(get, path = "/system", tag = "bridge", responses(
    (status = OK, description = "The diagnostics", body = SystemView),
))]
pub(super) async fn get_system(State(app): State<Arc<App>>) -> Result<Json<SystemView>, RequestError> {
    let checks = checks(&app).await?;
    Ok(Json(SystemView {
        ok: true,
        version: app.version.clone(),
        platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
        started_at: app.started_at,
        data_directory: app.data_directory.display().to_string(),
        checks,
        processes: memory_of(app.threads.own_pids()).await?,
        settings: app.settings.clone(),
    }))
}

/// Query of `GET /system/log`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct LogQuery {
    /// Only lines after the line with this number.
    after: Option<u64>,
    /// The maximum number of lines, 1 to 1000. The newest lines are returned. Default: 200.
    limit: Option<u32>,
}

/// Reply of `GET /system/log`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogView {
    /// Always `true`.
    ok: bool,
    /// Oldest first.
    lines: Vec<LogLine>,
}

/// Returns the last log lines of this process.
#[utoipa::path(get, path = "/system/log", tag = "bridge", params(LogQuery), responses(
    (status = OK, description = "The lines", body = LogView),
))]
pub(super) async fn get_log(QueryOf(query): QueryOf<LogQuery>) -> Result<Json<LogView>, RequestError> {
    let max = u32::try_from(limits::LOG_LINES_KEPT).unwrap_or(u32::MAX);
    let limit = page_limit(query.limit, 200, max)?;
    let lines = log_tail::tail(query.after.unwrap_or(0), usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(Json(LogView { ok: true, lines }))
}
