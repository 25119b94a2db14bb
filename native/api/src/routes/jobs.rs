//! `/jobs…`

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bridge::conversations::message::steering_input;
use bridge::events::{EventView, Filter, JobEnd, Start};
use http::StatusCode;
use model::clock::Timestamp;
use model::event::EventSubject;
use model::ids::{JobId, LaneId, ThreadId, TurnId};
use model::job::{Job, JobStatus, Outcome};
use model::limits;
use serde::{Deserialize, Serialize};
use store::{ApprovalPage, ApprovalQuery, JobDocument, JobPage, JobPeriod, JobQuery};
use utoipa::{IntoParams, ToSchema};

use super::approvals::ApprovalsView;
use crate::App;
use crate::extract::{JsonBody, PathParameter, QueryOf, page_limit};
use crate::request_error::RequestError;
use crate::sse::{self, LastEventId};

/// Query of `GET /jobs`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct ListJobsQuery {
    /// Only jobs with this status.
    status: Option<JobStatus>,
    /// Only jobs that ended like this.
    outcome: Option<Outcome>,
    /// Only jobs of this conversation.
    conversation_id: Option<ThreadId>,
    /// Only jobs of this lane.
    lane_id: Option<LaneId>,
    /// Only jobs whose message, directory or one of whose ids contains this string. The case of ASCII letters
    /// is ignored.
    search: Option<String>,
    /// Only jobs older than this one: the last `jobId` of the previous page.
    before: Option<JobId>,
    /// The maximum number of jobs, 1 to 1000. Default: 1000.
    limit: Option<u32>,
}

/// Query of `GET /jobs/{jobId}`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct GetJobQuery {
    /// Waits for the job to end before replying, for at most this many milliseconds, up to 55000.
    wait_ms: Option<u64>,
}

/// Reply of `GET /jobs`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobsView {
    /// Always `true`.
    ok: bool,
    /// Newest first.
    #[schema(value_type = Vec<Job>)]
    jobs: Vec<JobDocument>,
    /// Whether there are older jobs. Get them with `before`.
    more: bool,
}

/// Reply of `GET /jobs/{jobId}`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobView {
    /// Always `true`.
    ok: bool,
    job: Job,
}

/// Lists jobs, newest first.
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(ListJobsQuery), responses(
    (status = OK, description = "Jobs", body = JobsView),
))]
pub(super) async fn list_jobs(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<ListJobsQuery>,
) -> Result<Json<JobsView>, RequestError> {
    let limit = page_limit(query.limit, limits::JOBS_PAGE_MAX, limits::JOBS_PAGE_MAX)?;
    if let Some(before) = &query.before {
        app.jobs.get(before).await?;
    }
    let ListJobsQuery { status, outcome, conversation_id, lane_id, search, before, .. } = query;
    let search = search.filter(|search| !search.trim().is_empty());
    let query = JobQuery { status, outcome, conversation_id, lane_id, search, before, limit };
    let JobPage { jobs, more } = app.jobs.list(query).await?;
    Ok(Json(JobsView { ok: true, jobs, more }))
}

/// Query of `GET /jobs/statistics`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct JobStatisticsQuery {
    /// The time span in hours, ending now, 1 to 720. Default: 24.
    hours: Option<u32>,
}

/// Reply of `GET /jobs/statistics`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobStatisticsView {
    /// Always `true`.
    ok: bool,
    /// The length of a period in milliseconds.
    period_ms: i64,
    /// The periods without gaps, oldest first. The last one is still in progress.
    periods: Vec<JobPeriod>,
}

/// Returns the number of jobs in each of 48 periods, and the tokens that their turns used.
#[utoipa::path(get, path = "/jobs/statistics", tag = "jobs", params(JobStatisticsQuery), responses(
    (status = OK, description = "The periods", body = JobStatisticsView),
))]
pub(super) async fn get_job_statistics(
    State(app): State<Arc<App>>,
    QueryOf(query): QueryOf<JobStatisticsQuery>,
) -> Result<Json<JobStatisticsView>, RequestError> {
    let hours = query.hours.unwrap_or(24);
    if !(1..=limits::STATISTICS_HOURS_MAX).contains(&hours) {
        return Err(RequestError::invalid(
            "hours",
            format!("must be between 1 and {}", limits::STATISTICS_HOURS_MAX),
        ));
    }
    let period_ms = i64::from(hours) * 60 * 60 * 1000 / i64::from(limits::STATISTICS_PERIODS);
    let periods = app.store.job_periods(Timestamp::now(), period_ms, limits::STATISTICS_PERIODS).await?;
    Ok(Json(JobStatisticsView { ok: true, period_ms, periods }))
}

/// Returns a job; with `waitMs`, as soon as it has ended.
#[utoipa::path(get, path = "/jobs/{jobId}", tag = "jobs",
    params(("jobId" = String, Path), GetJobQuery), responses(
    (status = OK, description = "The job", body = JobView),
))]
pub(super) async fn get_job(
    State(app): State<Arc<App>>,
    PathParameter(job_id): PathParameter<JobId>,
    QueryOf(query): QueryOf<GetJobQuery>,
) -> Result<Json<JobView>, RequestError> {
    let job = match query.wait_ms {
        None => app.jobs.get(&job_id).await?,
        Some(wait_ms) if wait_ms <= limits::WAIT_MS_MAX => {
            let wait = app.jobs.wait(&job_id, Duration::from_millis(wait_ms));
            tokio::select! {
                job = wait => job?,
                () = app.stopping.cancelled() => app.jobs.get(&job_id).await?,
            }
        }
        Some(_) => {
            return Err(RequestError::invalid("waitMs", format!("must be at most {}", limits::WAIT_MS_MAX)));
        }
    };
    Ok(Json(JobView { ok: true, job }))
}

/// Body of `POST /jobs/{jobId}/steer`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SteerBody {
    /// The message to add to the running turn.
    #[schema(example = "Do not touch the tests")]
    message: String,
    /// Images, as in `images` of a message.
    #[serde(default)]
    images: Vec<String>,
}

/// Reply of `POST /jobs/{jobId}/steer`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SteeredView {
    /// Always `true`.
    ok: bool,
    /// The turn that received the message.
    turn_id: TurnId,
    job: Job,
}

/// Cancels a job: removes it from its queue or interrupts its turn. The job fails with the code `cancelled`.
///
/// A job that was already cancelled is returned unchanged. Cancelling a job whose message joined the turn of
/// another job (`delivery: steered`) ends that turn, and so both jobs.
#[utoipa::path(post, path = "/jobs/{jobId}/cancel", tag = "jobs", params(("jobId" = String, Path)), responses(
    (status = OK, description = "The job; it has ended unless Codex takes long to stop", body = JobView),
))]
pub(super) async fn cancel_job(
    State(app): State<Arc<App>>,
    PathParameter(job_id): PathParameter<JobId>,
) -> Result<Json<JobView>, RequestError> {
    let job = app.conversations.cancel(&job_id).await?;
    Ok(Json(JobView { ok: true, job }))
}

/// Adds a message to the running turn of a job.
#[utoipa::path(post, path = "/jobs/{jobId}/steer", tag = "jobs", params(("jobId" = String, Path)),
    request_body = SteerBody, responses(
    (status = OK, description = "The turn received the message", body = SteeredView),
))]
pub(super) async fn steer_job(
    State(app): State<Arc<App>>,
    PathParameter(job_id): PathParameter<JobId>,
    body: JsonBody<SteerBody>,
) -> Result<Json<SteeredView>, RequestError> {
    let SteerBody { message, images } = body.known()?;
    let defaults = app.defaults.clone();
    let input = super::validate_blocking(move || steering_input(message, &images, &defaults)).await?;
    let (turn_id, job) = app.conversations.steer(&job_id, &input).await?;
    Ok(Json(SteeredView { ok: true, turn_id, job }))
}

/// Lists the approvals of a job, newest first.
#[utoipa::path(get, path = "/jobs/{jobId}/approvals", tag = "approvals",
    params(("jobId" = String, Path)), responses(
    (status = OK, description = "Approvals", body = ApprovalsView),
))]
pub(super) async fn list_job_approvals(
    State(app): State<Arc<App>>,
    PathParameter(job_id): PathParameter<JobId>,
) -> Result<Json<ApprovalsView>, RequestError> {
    app.jobs.get(&job_id).await?;
    let query =
        ApprovalQuery { job_id: Some(job_id), limit: limits::APPROVALS_PAGE_MAX, ..ApprovalQuery::default() };
    let ApprovalPage { approvals, more } = app.approvals.list(query).await?;
    Ok(Json(ApprovalsView { ok: true, approvals, more }))
}

/// Query of `GET /jobs/{jobId}/events`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct JobEventsQuery {
    /// Only events after this `eventId`. Default: 0, all events. The header `Last-Event-ID` takes precedence.
    after: Option<i64>,
    /// Only events of these types: comma-separated patterns in which `*` matches any characters, for example
    /// `job.*,item.completed`.
    r#type: Option<String>,
}

/// Streams the events of a job: the recorded ones, then new ones as they happen.
///
/// The stream ends after the job's last event (`job.completed` or `job.failed`). A client that reconnects
/// after that event gets status 204, which also stops a browser's `EventSource`.
#[utoipa::path(get, path = "/jobs/{jobId}/events", tag = "events",
    params(("jobId" = String, Path), JobEventsQuery, LastEventId), responses(
    (status = OK, description = "The events, as in `GET /events`", body = EventView,
        content_type = "text/event-stream"),
    (status = NO_CONTENT, description = "The job has ended, and there are no more events"),
))]
pub(super) async fn stream_job_events(
    State(app): State<Arc<App>>,
    PathParameter(job_id): PathParameter<JobId>,
    QueryOf(query): QueryOf<JobEventsQuery>,
    last_event_id: LastEventId,
) -> Result<Response, RequestError> {
    let after = sse::after(&app.events, query.after, last_event_id).await?;
    let types = sse::types(query.r#type.as_deref())?;
    let filter =
        Filter { subject: EventSubject { job_id: Some(job_id.clone()), ..EventSubject::default() }, types };
    let subscription = app.events.subscribe(filter, Start::After(after.unwrap_or(0))).await?;
    // The status is read after subscribing, so an end that comes later reaches the subscription.
    let has_ended = app.jobs.get(&job_id).await?.status.is_end();
    let job_end = if has_ended { JobEnd::Recorded } else { JobEnd::Ahead };
    let mut subscription = subscription.until_end_of(job_id, job_end);
    let mut first = None;
    if has_ended {
        first = subscription.next().await?;
        if first.is_none() {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
    }
    Ok(sse::reply(first, subscription, app.stopping.clone()))
}
