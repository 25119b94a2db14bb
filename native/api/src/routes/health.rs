//! `/health`

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bridge::editor::ConversationTab;
use bridge::nats_status::NatsView;
use bridge::supervisor::CodexView;
use model::clock::Timestamp;
use model::ids::{InstanceId, JobId, ThreadId};
use model::limits;
use serde::Serialize;
use store::JobCounts;
use utoipa::ToSchema;

use crate::App;
use crate::request_error::RequestError;

/// Reply of `GET /health`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthView<'a> {
    /// Always `true`.
    ok: bool,
    status: StatusView<'a>,
    /// The open conversation tabs.
    open_conversations: Vec<ConversationTab>,
    editor: EditorView,
    codex: CodexView,
    /// The state of publishing to NATS, if a server is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    nats: Option<NatsView>,
    /// The version of Codex Bridge.
    version: &'a str,
    /// The UUID of this bridge process.
    instance_id: &'a InstanceId,
    /// The process id of the bridge.
    pid: u32,
    started_at: Timestamp,
}

/// The state of the bridge, with job counts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StatusView<'a> {
    running: bool,
    url: &'a str,
    /// The conversation in the focused tab.
    current_conversation_id: Option<ThreadId>,
    jobs: JobCountsView,
}

/// The number of stored jobs in the data directory, by state.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct JobCountsView {
    total: u64,
    starting: u64,
    running: u64,
    completed: u64,
    /// Including the cancelled ones.
    failed: u64,
    cancelled: u64,
    latest_job_id: Option<JobId>,
}

/// The availability of conversation tabs.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EditorView {
    /// Whether the bridge runs inside VS Code.
    available: bool,
    /// Why the tabs cannot be listed; `null` if they can.
    problem: Option<Cow<'static, str>>,
}

impl EditorView {
    pub(super) fn available() -> Self {
        Self { available: true, problem: None }
    }

    pub(super) fn unavailable() -> Self {
        let problem = "This bridge runs without VS Code, so there are no conversation tabs.";
        Self { available: false, problem: Some(problem.into()) }
    }
}

/// Returns the state of the bridge, the editor, Codex and NATS, and the number of jobs by state.
#[utoipa::path(get, path = "/health", tag = "bridge", responses(
    (status = OK, description = "The bridge is running", body = HealthView),
))]
pub(super) async fn get_health(State(app): State<Arc<App>>) -> Result<Response, RequestError> {
    Ok(Json(health(&app).await?).into_response())
}

/// Returns the reply of `GET /health`.
///
/// # Errors
/// An internal error if the database cannot be read.
pub async fn health(app: &App) -> Result<HealthView<'_>, RequestError> {
    let (open_conversations, current, editor) = tabs(app).await;
    let JobCounts { starting, running, completed, failed, cancelled, latest_job_id } =
        app.jobs.counts().await?;
    let nats = match &app.nats {
        Some(nats) => Some(nats.view().await?),
        None => None,
    };
    Ok(HealthView {
        ok: true,
        status: StatusView {
            running: !app.stopping.is_cancelled(),
            url: &app.url,
            current_conversation_id: current.map(Into::into),
            jobs: JobCountsView {
                total: starting + running + completed + failed,
                starting,
                running,
                completed,
                failed,
                cancelled,
                latest_job_id,
            },
        },
        open_conversations,
        editor,
        codex: app.supervisor.health().await,
        nats,
        version: &app.version,
        instance_id: &app.instance_id,
        pid: std::process::id(),
        started_at: app.started_at,
    })
}

/// Reads the tabs with a time limit, so that an unresponsive editor does not make the bridge look dead.
async fn tabs(app: &App) -> (Vec<ConversationTab>, Option<String>, EditorView) {
    if !app.conversations.has_editor() {
        return (Vec::new(), None, EditorView::unavailable());
    }
    let tabs = async { tokio::try_join!(app.conversations.open_tabs(), app.conversations.current_tab()) };
    let problem = match tokio::time::timeout(limits::HEALTH_EDITOR_TIMEOUT, tabs).await {
        Ok(Ok((open, current))) => {
            let current = current.map(|tab| tab.conversation_id);
            return (open.unwrap_or_default(), current.map(Into::into), EditorView::available());
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("VS Code did not answer within {} ms", limits::HEALTH_EDITOR_TIMEOUT.as_millis()),
    };
    (Vec::new(), None, EditorView { available: true, problem: Some(problem.into()) })
}
