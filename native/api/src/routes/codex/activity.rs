//! `/codex/active` and `/codex/running`: the threads and Codex processes in use on this machine.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use bridge::threads::Surface;
use bridge::threads::active::{ActiveQuery, ActiveThread};
use codex::processes::CodexProcess;
use model::clock::Timestamp;
use model::ids::ThreadId;
use model::limits;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::split_list;
use super::view::{Relations, ThreadView};
use crate::App;
use crate::extract::QueryOf;
use crate::request_error::RequestError;

/// Query of `GET /codex/active`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ActiveThreadsQuery {
    /// Only threads that changed within this many seconds, at most 2592000 (30 days). Default: 900.
    window_sec: Option<u64>,
    /// Only threads with this source, for example `vscode`, `cli` or `exec`.
    source: Option<String>,
    /// Only threads of these kinds, for example `vscode,cli,exec,appServer,subAgent`. Default: the kinds that
    /// people start.
    source_kinds: Option<String>,
    /// Only threads of this surface: `mac-app`, `cli`, `vscode` or `unknown`.
    surface: Option<String>,
    /// Only threads that this program started, for example `Codex Desktop`.
    originator: Option<String>,
    /// Lists threads that this program started first.
    prefer_originator: Option<String>,
    /// Lists threads of this surface first: `mac-app`, `vscode`, `cli` or `any`.
    preferred_surface: Option<String>,
}

/// Query of `GET /codex/running`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct RunningQuery {
    /// If the mode is `inferred`: only threads that changed within this many seconds. Default: 900.
    window_sec: Option<u64>,
}

/// Reply of `GET /codex/active`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActiveThreadsView {
    /// Always `true`.
    ok: bool,
    window_sec: u64,
    /// Preferred threads first, then the most recently changed.
    threads: Vec<ActiveThreadView>,
}

/// A thread in use.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ActiveThreadView {
    #[serde(flatten)]
    thread: ThreadView,
    /// Why the thread counts as active: `recent` (it changed within the window), `owner` (a process has it
    /// loaded), `turn` (this bridge runs a turn on it).
    active_because: Vec<&'static str>,
    /// Whether the thread meets every preference of the query.
    preferred: bool,
}

/// Reply of `GET /codex/running`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunningView {
    /// Always `true`.
    ok: bool,
    /// `processes`: the process and lock tables of the operating system are complete. `inferred`: some or all
    /// processes are hidden (not on Linux, or in another container), so `threads` lists recently changed
    /// threads.
    mode: &'static str,
    /// The visible Codex processes of this user.
    processes: Vec<ProcessView>,
    /// The threads that are probably in use; only if the mode is `inferred`.
    threads: Vec<ActiveThreadView>,
}

/// A Codex process.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProcessView {
    pid: u32,
    /// The program with its subcommand, for example `codex app-server`.
    program: String,
    /// `app-server`, `cli` (the terminal program), `exec`, `mcp-server` or `other`.
    kind: &'static str,
    /// The process that started it.
    parent: Option<ParentView>,
    cwd: Option<String>,
    /// The Codex home directory, which holds its threads.
    codex_home: Option<String>,
    started_at: Option<Timestamp>,
    /// Whether this is an app-server of this bridge.
    own: bool,
    /// The threads that the process has loaded. No other process can write them.
    thread_ids: Vec<ThreadId>,
}

/// The parent of a Codex process.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ParentView {
    pid: u32,
    program: String,
}

/// Lists the recently changed threads with their owners.
#[utoipa::path(get, path = "/codex/active", tag = "codex", params(ActiveThreadsQuery), responses(
    (status = OK, description = "The threads", body = ActiveThreadsView),
))]
pub(crate) async fn list_active_threads(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<ActiveThreadsQuery>,
) -> Result<Json<ActiveThreadsView>, RequestError> {
    let window = parse_window(query.window_sec)?;
    let query = ActiveQuery {
        window,
        source: query.source.filter(|source| !source.is_empty()),
        source_kinds: split_list(query.source_kinds.as_deref()),
        surface: parse_surface("surface", query.surface.as_deref())?,
        originator: query.originator,
        prefer_originator: query.prefer_originator,
        preferred_surface: match query.preferred_surface.as_deref() {
            Some("any") => None,
            name => parse_surface("preferredSurface", name)?,
        },
    };
    let threads = views(&app, app.threads.active(&query).await?).await?;
    Ok(Json(ActiveThreadsView { ok: true, window_sec: window.as_secs(), threads }))
}

/// Lists the Codex processes of this user and the threads that each has loaded.
#[utoipa::path(get, path = "/codex/running", tag = "codex", params(RunningQuery), responses(
    (status = OK, description = "The processes", body = RunningView),
))]
pub(crate) async fn list_running(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<RunningQuery>,
) -> Result<Json<RunningView>, RequestError> {
    let running = app.threads.running(parse_window(query.window_sec)?).await?;
    let mode = if running.inferred.is_some() { "inferred" } else { "processes" };
    let processes = running.processes.unwrap_or_default().into_iter();
    let processes = processes.map(|process| view(process, &running.own_pids)).collect();
    let threads = views(&app, running.inferred.unwrap_or_default()).await?;
    Ok(Json(RunningView { ok: true, mode, processes, threads }))
}

async fn views(app: &App, active: Vec<ActiveThread>) -> Result<Vec<ActiveThreadView>, RequestError> {
    let of_page = active.iter().map(|active| &active.conversation.thread);
    let mut relations = Relations::of_page(app, of_page).await?;
    let view = |ActiveThread { conversation, because, preferred }: ActiveThread| {
        let thread = ThreadView::of(conversation, &mut relations);
        ActiveThreadView { thread, active_because: because, preferred }
    };
    Ok(active.into_iter().map(view).collect())
}

fn view(process: CodexProcess, own_pids: &[u32]) -> ProcessView {
    ProcessView {
        pid: process.pid,
        own: own_pids.contains(&process.pid),
        program: process.program,
        kind: process.kind.name(),
        parent: process.parent.map(|parent| ParentView { pid: parent.pid, program: parent.program }),
        cwd: process.cwd.map(|cwd| cwd.display().to_string()),
        codex_home: process.codex_home.map(|home| home.display().to_string()),
        started_at: process.started_at_ms.map(Timestamp::from_millis),
        thread_ids: process.thread_ids.into_iter().collect(),
    }
}

fn parse_window(seconds: Option<u64>) -> Result<Duration, RequestError> {
    match seconds {
        None => Ok(limits::ACTIVE_WINDOW),
        Some(seconds @ 1..=limits::ACTIVE_WINDOW_SECONDS_MAX) => Ok(Duration::from_secs(seconds)),
        Some(_) => Err(RequestError::invalid(
            "windowSec",
            format!("must be between 1 and {} (seconds)", limits::ACTIVE_WINDOW_SECONDS_MAX),
        )),
    }
}

fn parse_surface(field: &str, name: Option<&str>) -> Result<Option<Surface>, RequestError> {
    let surface = name.filter(|name| !name.is_empty()).map(str::parse).transpose();
    surface.map_err(|problem: String| RequestError::invalid(field, problem))
}
