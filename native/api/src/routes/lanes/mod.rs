//! `/lanes…`: lanes and what is asked of them. Their sessions are in [`sessions`], their approvals in [`approvals`].

pub(super) mod approvals;
pub(super) mod sessions;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use bridge::conversations::message::{ApprovalPolicyName, SandboxName};
use bridge::events::{EventView, Filter, Start};
use bridge::lanes::{Cleanup, NewLane};
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
use crate::event_page::{self, EventPageView, WantsPage};
use crate::extract::{JsonBody, NewJobId, PathParameter, QueryOf, page_limit};
use crate::request_error::RequestError;
use crate::sse::{self, LastEventId};

/// Body of `POST /lanes`. Also what the bodies of `/lanes/attach` and `/codex/workflows/start-visible` have in common with it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LaneBody {
    /// 1 to 128 letters, digits, `.`, `_` and `-`. Default: a UUID.
    #[schema(example = "lane-new")]
    lane_id: Option<LaneId>,
    /// What it belongs to, in your words.
    project_id: Option<String>,
    /// Absolute folder that it works in.
    #[schema(value_type = Option<String>)]
    repo_root: Option<PathBuf>,
    /// Whether it gets a git worktree of its own, made from `repoRoot`. It is removed with the lane, unless it holds work.
    worktree: bool,
    /// Branch of that worktree. Default: `lane/<laneId>`.
    branch: Option<String>,
    /// A thread that exists.
    thread_id: Option<ThreadId>,
    /// What it is called.
    title: Option<String>,
    /// What happens when that thread cannot be loaded yet.
    readiness_mode: ReadinessMode,
    /// Where its thread should be.
    preferred_surface: PreferredSurface,
    /// Whether it must be there.
    require_preferred_surface: bool,
    /// In which process its turns run. Default: a setting.
    session_isolation: Option<SessionIsolation>,
    /// Model id.
    model: Option<String>,
    /// What its commands may touch. Default: `workspace-write`.
    sandbox: Option<SandboxName>,
    /// When Codex asks. Default: Codex's own configuration.
    approval_policy: Option<ApprovalPolicyName>,
    /// When its work is good, in words; part of each instruction.
    acceptance_criteria: Vec<String>,
    /// Shell commands that must exit with 0 after each turn.
    verification_commands: Vec<String>,
    /// Made by a test; cleanups can be limited to such lanes.
    synthetic: bool,
}

impl LaneBody {
    /// Checks it. Looks at folders.
    pub(crate) fn checked(self) -> Result<NewLane, RequestError> {
        if let Some(lane_id) = &self.lane_id {
            let is_allowed = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
            let is_id = !lane_id.is_empty()
                && lane_id.len() <= limits::CHOSEN_ID_MAX
                && !lane_id.starts_with('.')
                && lane_id.chars().all(is_allowed);
            if !is_id || ["sessions", "attach", "cleanup"].contains(&lane_id.as_str()) {
                let problem = format!(
                    "must be 1 to {} letters, digits, `.`, `_` and `-`, not begin with a dot, and not be a word of the API",
                    limits::CHOSEN_ID_MAX
                );
                return Err(RequestError::invalid("laneId", problem));
            }
        }
        if let Some(folder) = &self.repo_root
            && !(folder.is_absolute() && folder.is_dir())
        {
            return Err(RequestError::invalid(
                "repoRoot",
                format!("{} is no absolute folder that exists", folder.display()),
            ));
        }
        if self.worktree && self.repo_root.is_none() {
            return Err(RequestError::invalid("repoRoot", "is missing; the worktree is made from it"));
        }
        if self.branch.is_some() && !self.worktree {
            return Err(RequestError::invalid("branch", "is that of a worktree; set worktree to true"));
        }
        if self.require_preferred_surface && self.thread_id.is_none() {
            let problem =
                "can only be required of a thread that exists: nobody can say where a new one is born";
            return Err(RequestError::invalid("requirePreferredSurface", problem));
        }
        for (field, texts) in [
            ("acceptanceCriteria", &self.acceptance_criteria),
            ("verificationCommands", &self.verification_commands),
        ] {
            if texts.len() > limits::VERIFICATION_COMMANDS_MAX {
                let problem = format!("has more than {} entries", limits::VERIFICATION_COMMANDS_MAX);
                return Err(RequestError::invalid(field, problem));
            }
            if let Some(index) = texts.iter().position(|text| text.trim().is_empty()) {
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
    /// Only lanes that stand so.
    status: Option<LaneStatus>,
    /// Only lanes of this project.
    project_id: Option<String>,
    /// Only the lane of this thread.
    thread_id: Option<ThreadId>,
    /// At most so many, 1 to 1000. Default: 1000.
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
    pub(crate) ok: bool,
    pub(crate) lane: Lane,
}

/// Body of `prompt` and `steer`.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct InputBody {
    /// What Codex shall do, or hear.
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
    /// The turn, as a job.
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
    /// What was left behind, for example a worktree that holds changes.
    left: Vec<String>,
}

/// Body of `POST /lanes/cleanup`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CleanupBody {
    /// Lanes that stand at one of these. One that works on something is never deleted. Default: blocked, done, failed and
    /// interrupted.
    statuses: Vec<LaneStatus>,
    /// That did not change for so long. Default: 24.
    older_than_hours: f64,
    /// Only those that a test made.
    synthetic_only: bool,
    /// At most so many. Default: 100.
    limit: Option<u32>,
    /// Only tells which they are.
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
    /// Lanes that match.
    matched: Vec<LaneId>,
    /// Of these, deleted.
    deleted: Vec<LaneId>,
    /// What was left behind of them.
    left: Vec<String>,
}

/// Query of `GET /lanes/{laneId}/events`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct LaneEventsQuery {
    /// Only what came after this `eventId`. Default: 0, everything. The header `Last-Event-ID` goes first.
    after: Option<i64>,
    /// Only these types: a list with commas, `*` standing for anything.
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

/// Makes a lane. Nothing of Codex is started by that.
#[utoipa::path(post, path = "/lanes", tag = "lanes", request_body = LaneBody, responses(
    (status = OK, description = "The lane", body = LaneView),
))]
pub(crate) async fn create_lane(
    State(app): State<Arc<App>>,
    body: JsonBody<LaneBody>,
) -> Result<Json<LaneView>, RequestError> {
    let body = body.known()?;
    let new = super::checked(move || body.checked()).await?;
    Ok(Json(LaneView { ok: true, lane: app.lanes.create(new).await? }))
}

/// Makes a lane for a thread that exists.
#[utoipa::path(post, path = "/lanes/attach", tag = "lanes", request_body = LaneBody, responses(
    (status = OK, description = "The lane", body = LaneView),
))]
pub(crate) async fn attach_lane(
    State(app): State<Arc<App>>,
    body: JsonBody<LaneBody>,
) -> Result<Json<LaneView>, RequestError> {
    let body = body.known()?;
    if body.thread_id.is_none() {
        return Err(RequestError::invalid("threadId", "is missing; name the thread"));
    }
    let new = super::checked(move || body.checked()).await?;
    Ok(Json(LaneView { ok: true, lane: app.lanes.create(new).await? }))
}

/// One lane.
#[utoipa::path(get, path = "/lanes/{laneId}", tag = "lanes", params(("laneId" = String, Path)), responses(
    (status = OK, description = "The lane", body = LaneView),
))]
pub(crate) async fn get_lane(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
) -> Result<Json<LaneView>, RequestError> {
    Ok(Json(LaneView { ok: true, lane: app.lanes.get(&lane_id).await? }))
}

/// Forgets a lane: ends its session, and removes its worktree unless that holds work. Its thread stays with Codex.
#[utoipa::path(delete, path = "/lanes/{laneId}", tag = "lanes", params(("laneId" = String, Path)), responses(
    (status = OK, description = "It is forgotten", body = DeletedView),
))]
pub(crate) async fn delete_lane(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
) -> Result<Json<DeletedView>, RequestError> {
    let left = app.lanes.delete(&lane_id).await?;
    Ok(Json(DeletedView { ok: true, lane_id, deleted: true, left }))
}

/// Brings a lane up to date with its thread.
#[utoipa::path(post, path = "/lanes/{laneId}/sync-from-codex", tag = "lanes", params(("laneId" = String, Path)), responses(
    (status = OK, description = "The lane", body = LaneView),
))]
pub(crate) async fn sync_lane(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
) -> Result<Json<LaneView>, RequestError> {
    Ok(Json(LaneView { ok: true, lane: app.lanes.sync_from_codex(&lane_id).await? }))
}

/// Sends an instruction to a lane, as a turn of its own. Starts its session, and makes its thread, where there is none.
#[utoipa::path(post, path = "/lanes/{laneId}/prompt", tag = "lanes", params(("laneId" = String, Path)),
    request_body = InputBody, responses(
    (status = OK, description = "The turn has begun", body = PromptedView),
))]
pub(crate) async fn prompt_lane(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
    NewJobId(job_id): NewJobId,
    body: JsonBody<InputBody>,
) -> Result<Json<PromptedView>, RequestError> {
    let input = checked_input(body)?;
    let (lane, job) = app.lanes.prompt(&lane_id, &input, job_id).await?;
    let turn_id = job.turn_id.clone();
    Ok(Json(PromptedView { ok: true, lane, job, turn_id }))
}

/// Adds words to a lane's running turn.
#[utoipa::path(post, path = "/lanes/{laneId}/steer", tag = "lanes", params(("laneId" = String, Path)),
    request_body = InputBody, responses(
    (status = OK, description = "The turn has them", body = LaneSteeredView),
))]
pub(crate) async fn steer_lane(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
    body: JsonBody<InputBody>,
) -> Result<Json<LaneSteeredView>, RequestError> {
    let input = checked_input(body)?;
    let (lane, turn_id) = app.lanes.steer(&lane_id, &input).await?;
    Ok(Json(LaneSteeredView { ok: true, lane, turn_id }))
}

/// Interrupts a lane's turn.
#[utoipa::path(post, path = "/lanes/{laneId}/interrupt", tag = "lanes", params(("laneId" = String, Path)), responses(
    (status = OK, description = "The lane", body = LaneView),
))]
pub(crate) async fn interrupt_lane(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
) -> Result<Json<LaneView>, RequestError> {
    Ok(Json(LaneView { ok: true, lane: app.lanes.interrupt(&lane_id).await? }))
}

/// A lane's events from its beginning, and then as they happen.
///
/// With `Accept: application/json` a page of those that are recorded.
#[utoipa::path(get, path = "/lanes/{laneId}/events", tag = "lanes",
    params(("laneId" = String, Path), LaneEventsQuery, LastEventId), responses(
    (status = OK, description = "Events; see GET /events", content(
        (EventView = "text/event-stream"), (EventPageView = "application/json"),
    )),
))]
pub(crate) async fn stream_lane_events(
    State(app): State<Arc<App>>,
    PathParameter(lane_id): PathParameter<LaneId>,
    QueryOf(query): QueryOf<LaneEventsQuery>,
    last_event_id: LastEventId,
    WantsPage(wants_page): WantsPage,
) -> Result<Response, RequestError> {
    app.lanes.get(&lane_id).await?;
    let after = sse::after(&app.events, query.after, last_event_id).await?;
    let subject = EventSubject { lane_id: Some(lane_id), ..EventSubject::default() };
    let filter = Filter { subject, types: sse::types(query.r#type.as_deref())? };
    if wants_page {
        return event_page::reply(&app.events, &filter, after.unwrap_or(0)).await;
    }
    let subscription = app.events.subscribe(filter, Start::After(after.unwrap_or(0))).await?;
    Ok(sse::reply(None, subscription, app.stopping.clone()))
}

/// Deletes many lanes at once.
#[utoipa::path(post, path = "/lanes/cleanup", tag = "lanes", request_body = CleanupBody, responses(
    (status = OK, description = "What was deleted", body = CleanedUpView),
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

fn checked_input(body: JsonBody<InputBody>) -> Result<String, RequestError> {
    let InputBody { input } = body.known()?;
    if input.trim().is_empty() {
        return Err(RequestError::invalid("input", "must not be blank"));
    }
    Ok(input)
}
