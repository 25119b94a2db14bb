//! `/codex/workflows/…`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::conversations::message::check_text;
use bridge::lanes::Started;
use bridge::lanes::sessions::SessionView;
use model::ids::{ThreadId, TurnId};
use model::job::Job;
use model::lane::Lane;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::lanes::LaneBody;
use crate::App;
use crate::extract::JsonBody;
use crate::request_error::RequestError;

/// Body of `POST /codex/workflows/start-visible`: a lane and its first instruction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartVisibleBody {
    #[serde(flatten)]
    lane: LaneBody,
    /// The first instruction.
    #[serde(default)]
    kickoff_prompt: Option<String>,
}

/// Reply of `POST /codex/workflows/start-visible`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartedView {
    /// Always `true`.
    ok: bool,
    lane: Lane,
    session: SessionView,
    /// The thread of the lane.
    thread_id: Option<ThreadId>,
    /// The turn of the first instruction.
    turn_id: Option<TurnId>,
    /// The job of that turn.
    job: Option<Job>,
    /// Whether the first instruction was skipped because the thread cannot be loaded yet.
    kickoff_skipped: bool,
    /// Whether the lane already existed. Completed steps were not repeated.
    existed: bool,
}

/// Creates a lane, starts its session, creates its thread, and sends the first instruction.
///
/// If a lane with this `laneId` exists, only the remaining steps are carried out.
#[utoipa::path(post, path = "/codex/workflows/start-visible", tag = "lanes",
    request_body = StartVisibleBody, responses(
    (status = OK, description = "The lane, its session and its first turn", body = StartedView),
))]
pub(crate) async fn start_visible(
    State(app): State<Arc<App>>,
    JsonBody { body, .. }: JsonBody<StartVisibleBody>,
) -> Result<Json<StartedView>, RequestError> {
    let StartVisibleBody { lane, kickoff_prompt } = body;
    let kickoff_prompt = kickoff_prompt.filter(|prompt| !prompt.trim().is_empty());
    if let Some(prompt) = &kickoff_prompt {
        check_text("kickoffPrompt", prompt)?;
    }
    let new = super::validate_blocking(move || lane.validate()).await?;
    let Started { lane, session, job, kickoff_skipped, existed } =
        app.lanes.start_visible(new, kickoff_prompt).await?;
    let turn_id = job.as_ref().and_then(|job| job.turn_id.clone());
    let thread_id = lane.thread_id.clone();
    Ok(Json(StartedView { ok: true, lane, session, thread_id, turn_id, job, kickoff_skipped, existed }))
}
