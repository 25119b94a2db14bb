//! `/codex/threads/{threadId}/turns/…`: turns of a thread, each a job as any other.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::conversations::message::{
    ApprovalPolicyName, ConfigOverrides, DeliveryMode, MessageBody, SandboxName,
};
use codex::protocol::UserInput;
use model::ids::{JobId, ThreadId, TurnId};
use model::job::Job;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::App;
use crate::extract::{JsonBody, NewJobId, PathParameter};
use crate::request_error::RequestError;
use crate::routes::checked;
use crate::sent_view::SentView;

/// What a turn is given.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged, expecting = "must be a text, or an array of pieces as Codex takes them")]
pub(crate) enum Input {
    /// A text.
    Text(String),
    /// Codex's own array of pieces, for example `{"type": "text", "text": "…"}`, `{"type": "localImage",
    /// "path": "…"}` or `{"type": "skill", "name": "…", "path": "…"}`, passed on as they are.
    #[schema(value_type = Vec<Object>)]
    Pieces(Vec<Map<String, Value>>),
}

/// Body of `POST /codex/threads/{threadId}/turns/start`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartTurnBody {
    /// What Codex shall do.
    input: Input,
    /// Only if this turn runs or, where none does, is the thread's newest: otherwise 409 `turn_conflict`,
    /// with how it is in `details`.
    expected_turn_id: Option<TurnId>,
    /// How it shall reach the thread.
    #[serde(default)]
    delivery: DeliveryMode,
    /// Absolute working folder. Default: the thread's.
    #[schema(value_type = Option<String>)]
    cwd: Option<PathBuf>,
    /// Model id.
    model: Option<String>,
    /// When Codex asks for approval.
    approval_policy: Option<ApprovalPolicyName>,
    /// What commands may touch.
    sandbox: Option<SandboxName>,
    /// Service tier id.
    service_tier: Option<String>,
    /// Added as the developer's instructions.
    developer_instructions: Option<String>,
    /// Overrides of Codex's `config.toml`.
    config: Option<ConfigOverrides>,
    /// Milliseconds until the turn must have begun. Default: setting `requestTimeoutMs`.
    send_timeout_ms: Option<u64>,
    /// Milliseconds that the turn may take; it is interrupted then. Default: no limit.
    turn_timeout_ms: Option<u64>,
    /// Milliseconds until an approval that nobody answers is denied. Default: setting `approvalTimeoutMs`.
    approval_timeout_ms: Option<u64>,
}

/// Body of `POST /codex/threads/{threadId}/turns/steer`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SteerTurnBody {
    /// What the running turn shall hear.
    input: Input,
    /// Only if this turn runs: otherwise 409 `turn_conflict`, with the one that does in `details`.
    expected_turn_id: Option<TurnId>,
    /// The same as `expectedTurnId`.
    turn_id: Option<TurnId>,
}

/// Body of `POST /codex/threads/{threadId}/turns/interrupt`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InterruptTurnBody {
    /// Only if this turn runs: otherwise 409 `turn_conflict`, with the one that does in `details`. Default:
    /// whichever runs.
    turn_id: Option<TurnId>,
    /// The same as `turnId`.
    expected_turn_id: Option<TurnId>,
}

/// Reply of the routes that change a running turn.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TurnChangedView {
    /// Always `true`.
    ok: bool,
    thread_id: ThreadId,
    turn_id: Option<TurnId>,
    job: Job,
}

/// Starts a turn, as a job: at once, behind the turn that runs, or in the process that owns the thread.
#[utoipa::path(post, path = "/codex/threads/{threadId}/turns/start", tag = "codex",
    params(("threadId" = String, Path)), request_body = StartTurnBody, responses(
    (status = OK, description = "The turn has begun, or waits", body = SentView),
))]
pub(crate) async fn start_turn(
    State(app): State<Arc<App>>,
    PathParameter(thread_id): PathParameter<ThreadId>,
    NewJobId(job_id): NewJobId,
    body: JsonBody<StartTurnBody>,
) -> Result<Json<SentView>, RequestError> {
    let body = body.known()?;
    let (text, input) = read(body.input)?;
    let asked = MessageBody {
        message: Some(text),
        delivery: body.delivery,
        cwd: body.cwd,
        model: body.model,
        approval_policy: body.approval_policy,
        sandbox: body.sandbox,
        service_tier: body.service_tier,
        developer_instructions: body.developer_instructions,
        config: body.config,
        send_timeout_ms: body.send_timeout_ms,
        turn_timeout_ms: body.turn_timeout_ms,
        approval_timeout_ms: body.approval_timeout_ms,
        ensure_open: Some(body.delivery == DeliveryMode::Panel),
        ..MessageBody::default()
    };
    let defaults = app.defaults.clone();
    let mut message = checked(move || asked.into_continuation(job_id, &defaults)).await?;
    message.input = input;
    message.expected_turn_id = body.expected_turn_id;
    let sent = app.conversations.send(&thread_id, message).await;
    let sent = sent.map_err(|error| app.threads.as_thread_error(&thread_id, error))?;
    Ok(Json(SentView::new(sent, Some(thread_id))))
}

/// Adds words to the turn that runs.
#[utoipa::path(post, path = "/codex/threads/{threadId}/turns/steer", tag = "codex",
    params(("threadId" = String, Path)), request_body = SteerTurnBody, responses(
    (status = OK, description = "The turn has them", body = TurnChangedView),
))]
pub(crate) async fn steer_turn(
    State(app): State<Arc<App>>,
    PathParameter(thread_id): PathParameter<ThreadId>,
    body: JsonBody<SteerTurnBody>,
) -> Result<Json<TurnChangedView>, RequestError> {
    let SteerTurnBody { input, expected_turn_id, turn_id } = body.known()?;
    let (_, input) = read(input)?;
    let expected = one_of(expected_turn_id, turn_id)?;
    let job_id = app.threads.running_job(&thread_id, expected.as_deref()).await?;
    let steered = app.conversations.steer(&JobId::from(job_id.as_str()), &input).await;
    let (turn_id, job) = steered.map_err(|error| app.threads.as_thread_error(&thread_id, error))?;
    Ok(Json(TurnChangedView { ok: true, thread_id, turn_id: Some(turn_id.into()), job }))
}

/// Ends the turn that runs. Its job fails with the code `cancelled`.
#[utoipa::path(post, path = "/codex/threads/{threadId}/turns/interrupt", tag = "codex",
    params(("threadId" = String, Path)), request_body = InterruptTurnBody, responses(
    (status = OK, description = "It has ended, unless Codex takes long to stop", body = TurnChangedView),
))]
pub(crate) async fn interrupt_turn(
    State(app): State<Arc<App>>,
    PathParameter(thread_id): PathParameter<ThreadId>,
    body: JsonBody<InterruptTurnBody>,
) -> Result<Json<TurnChangedView>, RequestError> {
    let InterruptTurnBody { turn_id, expected_turn_id } = body.known()?;
    let expected = one_of(turn_id, expected_turn_id)?;
    let job_id = app.threads.running_job(&thread_id, expected.as_deref()).await?;
    let cancelled = app.conversations.cancel(&JobId::from(job_id.as_str())).await;
    let job = cancelled.map_err(|error| app.threads.as_thread_error(&thread_id, error))?;
    Ok(Json(TurnChangedView { ok: true, thread_id, turn_id: job.turn_id.clone(), job }))
}

fn one_of(first: Option<TurnId>, second: Option<TurnId>) -> Result<Option<TurnId>, RequestError> {
    match (first, second) {
        (Some(first), Some(second)) if first != second => {
            Err(RequestError::invalid("expectedTurnId", "differs from turnId; give one of them"))
        }
        (first, second) => Ok(first.or(second)),
    }
}

/// The pieces, and what they say in words.
fn read(input: Input) -> Result<(String, Vec<UserInput>), RequestError> {
    let pieces = match input {
        Input::Text(text) if text.trim().is_empty() => {
            return Err(RequestError::invalid("input", "must not be blank"));
        }
        Input::Text(text) => return Ok((text.clone(), vec![UserInput::Text { text }])),
        Input::Pieces(pieces) if pieces.is_empty() => {
            return Err(RequestError::invalid("input", "must have at least one piece"));
        }
        Input::Pieces(pieces) => pieces,
    };
    let mut texts = Vec::new();
    let mut read = Vec::new();
    for (index, piece) in pieces.into_iter().enumerate() {
        let field = |name: &str| format!("input[{index}].{name}");
        match (piece.get("type").and_then(Value::as_str), piece.get("text")) {
            (Some("text"), Some(Value::String(text))) if !text.trim().is_empty() => texts.push(text.clone()),
            (Some("text"), _) => {
                return Err(RequestError::invalid(field("text"), "must be a string that is not blank"));
            }
            (Some(kind), _) if !kind.is_empty() => {}
            _ => {
                return Err(RequestError::invalid(
                    field("type"),
                    "must be a string, for example text or localImage",
                ));
            }
        }
        let piece = serde_json::from_value(Value::Object(piece))
            .map_err(|error| RequestError::invalid(format!("input[{index}]"), error.to_string()))?;
        read.push(piece);
    }
    // A job shows words.
    let text = if texts.is_empty() { "(no text)".to_owned() } else { texts.join("\n") };
    Ok((text, read))
}
