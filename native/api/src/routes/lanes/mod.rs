//! `/lanes…`: lanes and the operations on them. Sessions are in [`sessions`], approvals in [`approvals`],
//! and the worktrees of deleted lanes in [`worktrees`].

pub(super) mod approvals;
pub(super) mod sessions;
pub(super) mod worktrees;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use bridge::conversations::message::{ApprovalPolicyName, SandboxName, check_text};
use bridge::events::{EventView, Filter, Start};
use bridge::lanes::{Cleanup, Instruction, LocalFiles, NewLane};
use model::activity::ConversationActivity;
use model::event::EventSubject;
use model::ids::{LaneId, ThreadId, TurnId};
use model::job::Job;
use model::lane::{Lane, LaneStatus, ReadinessMode, SessionIsolation};
use model::limits;
use model::surface::PreferredSurface;
use serde::{Deserialize, Serialize};
use store::LaneQuery;
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::event_page::{self, EventForm, EventPageView};
use crate::extract::{JsonBody, NewJobId, PathParameter, QueryOf, page_limit};
use crate::request_error::RequestError;
use crate::sse::{self, LastEventId};

/// The ids that a lane cannot have, because they are segments of other routes.
const RESERVED_IDS: [&str; 4] = ["sessions", "attach", "cleanup", "worktrees"];

/// Body of `POST /lanes` and `POST /lanes/attach`, and part of the body of `POST
/// /codex/workflows/start-visible`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LaneBody {
    /// 1 to 128 letters, digits, `.`, `_` and `-`, not starting with a dot. Default: a UUID.
    #[schema(example = "lane-new")]
    lane_id: Option<LaneId>,
    /// The name of the project, which you choose.
    project_id: Option<String>,
    /// The absolute path of the directory in which the lane works.
    #[schema(value_type = Option<String>)]
    repo_root: Option<PathBuf>,
    /// Whether to create a git worktree of `repoRoot` for the lane. It is removed with the lane unless it
    /// contains changes.
    worktree: bool,
    /// The branch of the worktree. Default: `lane/<laneId>`.
    branch: Option<String>,
    /// The id of an existing thread.
    thread_id: Option<ThreadId>,
    /// The title of the lane.
    title: Option<String>,
    /// What happens if the existing thread cannot be loaded yet.
    readiness_mode: ReadinessMode,
    /// The preferred surface of the thread.
    preferred_surface: PreferredSurface,
    /// Whether to refuse a thread that originated on another surface.
    require_preferred_surface: bool,
    /// The process that runs the turns of the lane. Default: the setting `lanes.sessionIsolation`.
    session_isolation: Option<SessionIsolation>,
    /// Model id.
    model: Option<String>,
    /// What commands may access. Default: `workspace-write`.
    sandbox: Option<SandboxName>,
    /// When Codex asks for approval. Default: Codex's own configuration.
    approval_policy: Option<ApprovalPolicyName>,
    /// The acceptance criteria for the work, which are part of each instruction.
    acceptance_criteria: Vec<String>,
    /// Shell commands that must exit with status 0 after each turn.
    verification_commands: Vec<String>,
    /// Whether the lane was created by a test. A cleanup can be limited to such lanes.
    synthetic: bool,
}

impl LaneBody {
    /// Validates the body. Reads the file system.
    pub(crate) fn validate(self) -> Result<NewLane, RequestError> {
        if let Some(lane_id) = &self.lane_id {
            let is_allowed = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
            let is_id = !lane_id.is_empty()
                && lane_id.len() <= limits::CHOSEN_ID_MAX
                && !lane_id.starts_with('.')
                && lane_id.chars().all(is_allowed);
            if !is_id || RESERVED_IDS.contains(&lane_id.as_str()) {
                let problem = format!(
                    "must be 1 to {} letters, digits, `.`, `_` and `-`, must not start with a dot, and \
                     must not be one of {}",
                    limits::CHOSEN_ID_MAX,
                    RESERVED_IDS.join(", ")
                );
                return Err(RequestError::invalid("laneId", problem));
            }
        }
        if let Some(directory) = &self.repo_root
            && !(directory.is_absolute() && directory.is_dir())
        {
            return Err(RequestError::invalid(
                "repoRoot",
                format!("{} is not the absolute path of an existing directory", directory.display()),
            ));
        }
        if self.worktree && self.repo_root.is_none() {
            return Err(RequestError::invalid("repoRoot", "is required if worktree is true"));
        }
        if self.branch.is_some() && !self.worktree {
            return Err(RequestError::invalid("branch", "requires worktree to be true"));
        }
        if self.require_preferred_surface && self.thread_id.is_none() {
            return Err(RequestError::invalid("requirePreferredSurface", "requires threadId"));
        }
        for (field, entries) in [
            ("acceptanceCriteria", &self.acceptance_criteria),
            ("verificationCommands", &self.verification_commands),
        ] {
            if entries.len() > limits::VERIFICATION_COMMANDS_MAX {
                let problem = format!("has more than {} entries", limits::VERIFICATION_COMMANDS_MAX);
                return Err(RequestError::invalid(field, problem));
            }
            if let Some(index) = entries.iter().position(|entry| entry.trim().is_empty()) {
                return Err(RequestError::invalid(format!("{field}[{index}]"), "must not be blank"));
            }
        }
        Ok(NewLane {
            lane_id: self.lane_id,
            project_id: self.project_id,
            repo_root: self.repo_root,
            worktree: self.worktree,
            branch: self.branch,
            thread_id: self.thread_id,
            title: self.title.filter(|title| !title.trim().is_empty()),
            readiness_mode: self.readiness_mode,
            preferred_surface: self.preferred_surface,
            require_preferred_surface: self.require_preferred_surface,
            session_isolation: self.session_isolation,
            model: self.model,
            sandbox: self.sandbox.map(SandboxName::mode),
            approval_policy: self.approval_policy.map(ApprovalPolicyName::policy),
            acceptance_criteria: self.acceptance_criteria,
            verification_commands: self.verification_commands,
            synthetic: self.synthetic,
        })
    }
}

/// Query of `GET /lanes`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ListLanesQuery {
    /// Only lanes with this status.
    status: Option<LaneStatus>,
    /// Only lanes of this project.
    project_id: Option<String>,
    /// Only the lane of this thread.
    thread_id: Option<ThreadId>,
    /// The maximum number of lanes, 1 to 1000. Default: 1000.
    limit: Option<u32>,
}

/// Reply of `GET /lanes`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LanesView {
    /// Always `true`.
    ok: bool,
    /// Newest first.
    lanes: Vec<Lane>,
}

/// Reply of the routes of one lane.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LaneView {
    /// Always `true`.
    ok: bool,
    lane: Lane,
    /// The turn that runs in the lane's session, whoever started it. `null` while the session is idle.
    activity: Option<ConversationActivity>,
}

impl LaneView {
    pub(crate) fn of(app: &App, lane: Lane) -> Self {
        let thread_id = lane.thread_id.as_ref();
        let activity = thread_id.and_then(|thread_id| app.conversations.state(thread_id).activity);
        Self { ok: true, lane, activity }
    }
}

/// Query of `DELETE /lanes/{laneId}`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeleteLaneQuery {
    /// Deletes the worktree even if it contains files that git does not have. Default: `false`.
    force: Option<bool>,
}

impl DeleteLaneQuery {
    fn files(&self) -> LocalFiles {
        if self.force.unwrap_or(false) { LocalFiles::Delete } else { LocalFiles::Keep }
    }
}

/// Body of the routes `prompt` and `steer`.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct InputBody {
    /// The instruction for Codex.
    #[schema(example = "continue execution")]
    input: String,
}

/// Reply of `POST /lanes/{laneId}/prompt`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PromptedView {
    /// Always `true`.
    ok: bool,
    lane: Lane,
    /// The job of the turn.
    job: Job,
    turn_id: Option<TurnId>,
}

/// Reply of `POST /lanes/{laneId}/steer`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LaneSteeredView {
    /// Always `true`.
    ok: bool,
    lane: Lane,
    turn_id: TurnId,
}

/// Reply of `DELETE /lanes/{laneId}`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletedView {
    /// Always `true`.
    ok: bool,
    lane_id: LaneId,
    /// Always `true`.
    deleted: bool,
    /// Descriptions of what was not removed, for example a worktree that contains changes.
    left: Vec<String>,
}

/// Body of `POST /lanes/cleanup`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CleanupBody {
    /// Only lanes with one of these statuses. Active lanes are never deleted. Default: `blocked`, `done`,
    /// `failed` and `interrupted`.
    statuses: Vec<LaneStatus>,
    /// Only lanes that have not changed for this many hours. Default: 24.
    older_than_hours: f64,
    /// Only lanes that were created by tests.
    synthetic_only: bool,
    /// The maximum number of lanes. Default: 100.
    limit: Option<u32>,
    /// Whether to list the matching lanes without deleting them.
    dry_run: bool,
}

impl Default for CleanupBody {
    fn default() -> Self {
        use LaneStatus::{Blocked, Done, Failed, Interrupted};
        Self {
            statuses: vec![Blocked, Done, Failed, Interrupted],
            older_than_hours: 24.0,
            synthetic_only: false,
            limit: None,
            dry_run: false,
        }
    }
}

/// Reply of `POST /lanes/cleanup`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CleanedUpView {
    /// Always `true`.
    ok: bool,
    dry_run: bool,
    /// The lanes that match.
    matched: Vec<LaneId>,
    /// The matching lanes that were deleted.
    deleted: Vec<LaneId>,
    /// Descriptions of what was not removed, for example a worktree that contains changes.
    left: Vec<String>,
}

/// Query of `GET /lanes/{laneId}/events`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct LaneEventsQuery {
    /// Only events after this `eventId`. Default: 0, all events. The header `Last-Event-ID` takes precedence.
    after: Option<i64>,
    /// Only events of these types: comma-separated patterns in which `*` matches any characters.
    r#type: Option<String>,
}

/// Lists lanes, newest first.
#[utoipa::path(get, path = "/lanes", tag = "lanes", params(ListLanesQuery), responses(
    (status = OK, description = "Lanes", body = LanesView),
))]
pub(crate) async fn list_lanes(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<ListLanesQuery>,
) -> Result<Json<LanesView>, RequestError> {
    let query = LaneQuery {
        statuses: query.status.into_iter().collect(),
        project_id: query.project_id,
        thread_id: query.thread_id,
        limit: page_limit(query.limit, limits::LANES_PAGE_MAX, limits::LANES_PAGE_MAX)?,
        ..LaneQuery::default()
    };
    Ok(Json(LanesView { ok: true, lanes: app.lanes.list(query).await? }))
}

/// Creates a lane. Starts no process of Codex.
#[utoipa::path(post, path = "/lanes", tag = "lanes", request_body = LaneBody, responses(
    (status = OK, description = "The lane", body = LaneView),
))]
pub(crate) async fn create_lane(
    State(app): State<Arc<App>>,
    body: JsonBody<LaneBody>,
) -> Result<Json<LaneView>, RequestError> {
    let body = body.known()?;
    let new = super::validate_blocking(move || body.validate()).await?;
    Ok(Json(LaneView::of(&app, app.lanes.create(new).await?)))
}

/// Creates a lane for an existing thread.
#[utoipa::path(post, path = "/lanes/attach", tag = "lanes", request_body = LaneBody, responses(
    (status = OK, description = "The lane", body = LaneView),
))]
pub(crate) async fn attach_lane(
    State(app): State<Arc<App>>,
    body: JsonBody<LaneBody>,
) -> Result<Json<LaneView>, RequestError> {
    let body = body.known()?;
    if body.thread_id.is_none() {
        return Err(RequestError::invalid("threadId", "is required"));
    }
    let new = super::validate_blocking(move || body.validate()).await?;
    Ok(Json(LaneView::of(&app, app.lanes.create(new).await?)))
}

/// Returns a lane.
#[utoipa::path(get, path = "/lanes/{laneId}", tag = "lanes", params(("laneId" = String, Path)), responses(
    (status = OK, description = "The lane", body = LaneView),
))]
pub(crate) async fn get_lane(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
) -> Result<Json<LaneView>, RequestError> {
    Ok(Json(LaneView::of(&app, app.lanes.get(&lane_id).await?)))
}

/// Deletes a lane and ends its session. Its thread remains.
///
/// The lane's worktree is removed, unless it contains files that git does not have: changed, untracked or
/// ignored ones. `left` names it then. With `force`, these files are deleted with it.
#[utoipa::path(delete, path = "/lanes/{laneId}", tag = "lanes",
    params(("laneId" = String, Path), DeleteLaneQuery), responses(
    (status = OK, description = "The lane is deleted", body = DeletedView),
))]
pub(crate) async fn delete_lane(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
    QueryOf(query): QueryOf<DeleteLaneQuery>,
) -> Result<Json<DeletedView>, RequestError> {
    let left = app.lanes.delete(&lane_id, query.files()).await?;
    Ok(Json(DeletedView { ok: true, lane_id, deleted: true, left }))
}

/// Updates a lane's surface and title from its thread, and its directory if it has none.
#[utoipa::path(post, path = "/lanes/{laneId}/sync-from-codex", tag = "lanes",
    params(("laneId" = String, Path)), responses(
    (status = OK, description = "The lane", body = LaneView),
))]
pub(crate) async fn sync_lane(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
) -> Result<Json<LaneView>, RequestError> {
    Ok(Json(LaneView::of(&app, app.lanes.sync_from_codex(&lane_id).await?)))
}

/// Sends an instruction to a lane as a new turn. Starts its session and creates its thread if necessary.
#[utoipa::path(post, path = "/lanes/{laneId}/prompt", tag = "lanes", params(("laneId" = String, Path)),
    request_body = InputBody, responses(
    (status = OK, description = "The turn has started", body = PromptedView),
))]
pub(crate) async fn prompt_lane(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
    NewJobId(job_id): NewJobId,
    body: JsonBody<InputBody>,
) -> Result<Json<PromptedView>, RequestError> {
    let input = validate_input(body)?;
    let (lane, job) = app.lanes.prompt(&lane_id, Instruction::Text(input), job_id).await?;
    let turn_id = job.turn_id.clone();
    Ok(Json(PromptedView { ok: true, lane, job, turn_id }))
}

/// Adds input to the running turn of a lane.
#[utoipa::path(post, path = "/lanes/{laneId}/steer", tag = "lanes", params(("laneId" = String, Path)),
    request_body = InputBody, responses(
    (status = OK, description = "The turn received the input", body = LaneSteeredView),
))]
pub(crate) async fn steer_lane(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
    body: JsonBody<InputBody>,
) -> Result<Json<LaneSteeredView>, RequestError> {
    let input = validate_input(body)?;
    let (lane, turn_id) = app.lanes.steer(&lane_id, &input).await?;
    Ok(Json(LaneSteeredView { ok: true, lane, turn_id }))
}

/// Interrupts the turn of a lane.
#[utoipa::path(post, path = "/lanes/{laneId}/interrupt", tag = "lanes",
    params(("laneId" = String, Path)), responses(
    (status = OK, description = "The lane", body = LaneView),
))]
pub(crate) async fn interrupt_lane(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
) -> Result<Json<LaneView>, RequestError> {
    Ok(Json(LaneView::of(&app, app.lanes.interrupt(&lane_id).await?)))
}

/// Returns a page of the recorded events of a lane.
///
/// With `Accept: text/event-stream`, streams the events: the recorded ones, then new ones as they happen.
#[utoipa::path(get, path = "/lanes/{laneId}/events", tag = "lanes",
    params(("laneId" = String, Path), LaneEventsQuery, LastEventId), responses(
    (status = OK, description = "The events, as in `GET /events`", content(
        (EventView = "text/event-stream"), (EventPageView = "application/json"),
    )),
))]
pub(crate) async fn stream_lane_events(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
    QueryOf(query): QueryOf<LaneEventsQuery>,
    last_event_id: LastEventId,
    form: EventForm,
) -> Result<Response, RequestError> {
    app.lanes.get(&lane_id).await?;
    let after = sse::after(&app.events, query.after, last_event_id).await?;
    let subject = EventSubject { lane_id: Some(lane_id), ..EventSubject::default() };
    let filter = Filter { subject, types: sse::types(query.r#type.as_deref())? };
    if form == EventForm::Page {
        return event_page::reply(&app.events, &filter, after.unwrap_or(0)).await;
    }
    let subscription = app.events.subscribe(filter, Start::After(after.unwrap_or(0))).await?;
    Ok(sse::reply(None, subscription, app.stopping.clone()))
}

/// Deletes the lanes that match.
#[utoipa::path(post, path = "/lanes/cleanup", tag = "lanes", request_body = CleanupBody, responses(
    (status = OK, description = "The matching and the deleted lanes", body = CleanedUpView),
))]
pub(crate) async fn clean_up_lanes(
    State(app): State<Arc<App>>,
    body: JsonBody<CleanupBody>,
) -> Result<Json<CleanedUpView>, RequestError> {
    let CleanupBody { statuses, older_than_hours, synthetic_only, limit, dry_run } = body.known()?;
    let hours_max = 24.0 * 3650.0;
    if !(0.0..=hours_max).contains(&older_than_hours) {
        return Err(RequestError::invalid("olderThanHours", format!("must be between 0 and {hours_max}")));
    }
    let cleanup = Cleanup {
        statuses,
        older_than: Duration::from_secs_f64(older_than_hours * 3600.0),
        synthetic_only,
        limit: page_limit(limit, 100, limits::LANES_PAGE_MAX)?,
        dry_run,
    };
    let cleaned = app.lanes.clean_up(cleanup).await?;
    let (matched, deleted, left) = (cleaned.matched, cleaned.deleted, cleaned.left);
    Ok(Json(CleanedUpView { ok: true, dry_run, matched, deleted, left }))
}

fn validate_input(body: JsonBody<InputBody>) -> Result<String, RequestError> {
    let InputBody { input } = body.known()?;
    check_text("input", &input)?;
    Ok(input)
}
