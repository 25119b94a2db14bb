//! `/codex/threads/{threadId}/turns/…`: the turns of a thread, each of which is a job.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::conversations::message::{
    ApprovalPolicyName, ConfigOverrides, DeliveryMode, MessageBody, SandboxName, check_parts, check_text,
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
use crate::routes::validate_blocking;
use crate::sent_view::SentView;

/// The input of a turn.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged, expecting = "must be a string or an array of Codex input items")]
pub(crate) enum Input {
    /// A text message.
    Text(String),
    /// Input items in Codex's format, which are passed on unchanged. Examples: `{"type": "text", "text":
    /// "…"}`, `{"type": "localImage", "path": "…"}`, `{"type": "skill", "name": "…", "path": "…"}`.
    #[schema(value_type = Vec<Object>)]
    Items(Vec<Map<String, Value>>),
}

/// Body of `POST /codex/threads/{threadId}/turns/start`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartTurnBody {
    /// What Codex should do.
    input: Input,
    /// Refuses the request with 409 `turn_conflict` unless this turn is running or, if none is, is the newest
    /// of the thread. The error's `details` name the actual turn.
    expected_turn_id: Option<TurnId>,
    /// How to deliver the input to the thread.
    #[serde(default)]
    delivery: DeliveryMode,
    /// The absolute path of the working directory. Default: that of the thread.
    #[schema(value_type = Option<String>)]
    cwd: Option<PathBuf>,
    /// Model id.
    model: Option<String>,
    /// When Codex asks for approval.
    approval_policy: Option<ApprovalPolicyName>,
    /// What commands may access.
    sandbox: Option<SandboxName>,
    /// Service tier id.
    service_tier: Option<String>,
    /// Additional developer instructions.
    developer_instructions: Option<String>,
    /// Overrides of Codex's `config.toml`.
    config: Option<ConfigOverrides>,
    /// The time within which the turn must start, in milliseconds. Default: the setting `requestTimeoutMs`.
    send_timeout_ms: Option<u64>,
    /// The time after which the turn is interrupted, in milliseconds. Default: no limit.
    turn_timeout_ms: Option<u64>,
    /// The time after which an unanswered approval is denied, in milliseconds. Default: the setting
    /// `approvalTimeoutMs`.
    approval_timeout_ms: Option<u64>,
}

/// Body of `POST /codex/threads/{threadId}/turns/steer`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SteerTurnBody {
    /// The input to add to the running turn.
    input: Input,
    /// Refuses the request with 409 `turn_conflict` unless this turn is running. The error's `details` name
    /// the running turn.
    expected_turn_id: Option<TurnId>,
    /// An alias of `expectedTurnId`.
    turn_id: Option<TurnId>,
}

/// Body of `POST /codex/threads/{threadId}/turns/interrupt`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InterruptTurnBody {
    /// Refuses the request with 409 `turn_conflict` unless this turn is running. The error's `details` name
    /// the running turn. Default: any running turn.
    turn_id: Option<TurnId>,
    /// An alias of `turnId`.
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

/// Starts a turn as a job: at once, after the running turn, or in the process that owns the thread.
#[utoipa::path(post, path = "/codex/threads/{threadId}/turns/start", tag = "codex",
    params(("threadId" = String, Path)), request_body = StartTurnBody, responses(
    (status = OK, description = "The turn has started or is queued", body = SentView),
))]
pub(crate) async fn start_turn(
    State(app): State<Arc<App>>,
    PathParameter(thread_id): PathParameter<ThreadId>,
    NewJobId(job_id): NewJobId,
    body: JsonBody<StartTurnBody>,
) -> Result<Json<SentView>, RequestError> {
    let body = body.known()?;
    let (text, input) = validate_blocking(move || validate(body.input)).await?;
    let body_of_message = MessageBody {
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
    let mut message = validate_blocking(move || body_of_message.into_continuation(job_id, &defaults)).await?;
    message.input = input;
    message.expected_turn_id = body.expected_turn_id;
    let sent = app.conversations.send(&thread_id, message).await;
    let sent = sent.map_err(|error| app.threads.as_thread_error(&thread_id, error))?;
    Ok(Json(SentView::new(sent, Some(thread_id))))
}

/// Adds input to the running turn.
#[utoipa::path(post, path = "/codex/threads/{threadId}/turns/steer", tag = "codex",
    params(("threadId" = String, Path)), request_body = SteerTurnBody, responses(
    (status = OK, description = "The turn received the input", body = TurnChangedView),
))]
pub(crate) async fn steer_turn(
    State(app): State<Arc<App>>,
    PathParameter(thread_id): PathParameter<ThreadId>,
    body: JsonBody<SteerTurnBody>,
) -> Result<Json<TurnChangedView>, RequestError> {
    let SteerTurnBody { input, expected_turn_id, turn_id } = body.known()?;
    let (_, input) = validate_blocking(move || validate(input)).await?;
    let expected = same_turn(expected_turn_id, turn_id)?;
    let job_id = app.threads.running_job(&thread_id, expected.as_deref()).await?;
    let steered = app.conversations.steer(&JobId::from(job_id.as_str()), &input).await;
    let (turn_id, job) = steered.map_err(|error| app.threads.as_thread_error(&thread_id, error))?;
    Ok(Json(TurnChangedView { ok: true, thread_id, turn_id: Some(turn_id), job }))
}

/// Interrupts the running turn. Its job fails with the code `cancelled`.
#[utoipa::path(post, path = "/codex/threads/{threadId}/turns/interrupt", tag = "codex",
    params(("threadId" = String, Path)), request_body = InterruptTurnBody, responses(
    (status = OK, description = "The job; it has ended unless Codex takes long to stop",
        body = TurnChangedView),
))]
pub(crate) async fn interrupt_turn(
    State(app): State<Arc<App>>,
    PathParameter(thread_id): PathParameter<ThreadId>,
    body: JsonBody<InterruptTurnBody>,
) -> Result<Json<TurnChangedView>, RequestError> {
    let InterruptTurnBody { turn_id, expected_turn_id } = body.known()?;
    let expected = same_turn(turn_id, expected_turn_id)?;
    let job_id = app.threads.running_job(&thread_id, expected.as_deref()).await?;
    let cancelled = app.conversations.cancel(&JobId::from(job_id.as_str())).await;
    let job = cancelled.map_err(|error| app.threads.as_thread_error(&thread_id, error))?;
    Ok(Json(TurnChangedView { ok: true, thread_id, turn_id: job.turn_id.clone(), job }))
}

fn same_turn(first: Option<TurnId>, second: Option<TurnId>) -> Result<Option<TurnId>, RequestError> {
    match (first, second) {
        (Some(first), Some(second)) if first != second => {
            Err(RequestError::invalid("expectedTurnId", "differs from turnId; set only one of them"))
        }
        (first, second) => Ok(first.or(second)),
    }
}

/// Validates the input. Returns its text, which the job shows, and its items. Reads files, so it may wait for
/// a disk.
fn validate(input: Input) -> Result<(String, Vec<UserInput>), RequestError> {
    let items = match input {
        Input::Text(text) => {
            check_text("input", &text)?;
            return Ok((text.clone(), vec![UserInput::Text { text }]));
        }
        Input::Items(items) if items.is_empty() => {
            return Err(RequestError::invalid("input", "must have at least one item"));
        }
        Input::Items(items) => items,
    };
    let mut texts = Vec::new();
    let mut validated = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let field = |name: &str| format!("input[{index}].{name}");
        match (item.get("type").and_then(Value::as_str), item.get("text")) {
            (Some("text"), Some(Value::String(text))) if !text.trim().is_empty() => texts.push(text.clone()),
            (Some("text"), _) => {
                return Err(RequestError::invalid(field("text"), "must be a non-blank string"));
            }
            (Some(kind), _) if !kind.is_empty() => {}
            _ => {
                return Err(RequestError::invalid(
                    field("type"),
                    "must be a non-empty string, for example text or localImage",
                ));
            }
        }
        let item = serde_json::from_value(Value::Object(item))
            .map_err(|error| RequestError::invalid(format!("input[{index}]"), error.to_string()))?;
        validated.push(item);
    }
    check_parts("input", &validated)?;
    // A job always shows a text.
    let text = if texts.is_empty() { "(no text)".to_owned() } else { texts.join("\n") };
    Ok((text, validated))
}
