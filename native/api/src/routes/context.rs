//! The code-context protocol: `/`, `/capabilities`, `/request`, `/tools/…`, `/sessions…`. It answers in its own shape, errors included: a
//! refusal is 422 with `success: false`.
//!
//! The routes stand on the bridge's server, and alone on a port of their own ([`alone`]).

use std::convert::Infallible;
use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRef, State};
use axum::response::{IntoResponse, Response};
use bridge::code::stream::ToolEvent;
use bridge::code::{Caller, Code};
use bytes::Bytes;
use context::Refusal;
use futures_util::StreamExt;
use futures_util::stream::{iter, unfold};
use http::{StatusCode, header};
use model::clock::Timestamp;
use model::limits;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::sync::broadcast;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::CodeState;
use crate::extract;
use crate::request_error::RequestError;

/// The routes, for any server that has the code of a workspace.
pub(crate) fn described<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    CodeState: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(get_manifest))
        .routes(routes!(get_capabilities))
        .routes(routes!(answer_request))
        .routes(routes!(invoke_tool))
        .routes(routes!(list_tools))
        .routes(routes!(stream_tools))
        .routes(routes!(list_callers))
        .routes(routes!(open_caller))
        .routes(routes!(close_caller))
}

/// The server of these routes alone, as the original has it.
pub(crate) fn alone(code: Code) -> axum::Router {
    let (router, _) = described::<CodeState>().split_for_parts();
    router
        .route("/health", axum::routing::get(async || Json(json!({"status": "ok"}))))
        .fallback(async || (StatusCode::NOT_FOUND, Json(json!({"error": "Not found"}))))
        .with_state(CodeState(code))
}

/// Body of `POST /request`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read leniently")]
struct AgentRequest {
    /// `semantic_search`, `explain_symbol`, `explain_file`, `get_context`, `get_dependencies`, `get_call_graph`, `summarize_repo`,
    /// `find_references`, `validate_code`, `list_capabilities`, `invoke_tool` or `list_tools`.
    #[schema(example = "semantic_search")]
    kind: String,
    /// What the kind takes; `GET /tools/list` describes it.
    #[schema(value_type = Option<Object>)]
    params: Option<Value>,
    /// Comes back with the answer.
    request_id: Option<String>,
    /// Who asks.
    source: Option<String>,
}

/// Reply of `POST /request`.
#[derive(Debug, Serialize, ToSchema)]
struct AgentResponse {
    success: bool,
    request_id: String,
    elapsed_ms: f64,
    /// The answer; empty without one.
    #[schema(value_type = Object)]
    data: Value,
    /// What is wrong and what to do; empty with an answer.
    error: String,
    /// `unknown_tool`, `missing_required_arg`, `invalid_arguments`, `execution_error`, `timeout` or `permission_denied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
}

/// Body of `POST /tools/invoke`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read leniently")]
struct ToolInvocation {
    /// One of `GET /tools/list`.
    #[schema(example = "semantic_search")]
    tool_name: String,
    /// What the tool takes.
    #[schema(value_type = Option<Object>)]
    arguments: Option<Value>,
    /// Comes back with the result; made where there is none.
    request_id: Option<String>,
}

/// Reply of `POST /tools/invoke`.
#[derive(Debug, Serialize, ToSchema)]
struct ToolExecutionResult {
    tool_name: String,
    request_id: String,
    success: bool,
    execution_time_ms: f64,
    /// Seconds since the Unix epoch.
    timestamp: f64,
    /// The result.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    result_payload: Option<Value>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ToolError>,
}

/// Why a tool has no result.
#[derive(Debug, Serialize, ToSchema)]
struct ToolError {
    tool_name: String,
    /// `unknown_tool`, `missing_required_arg`, `invalid_arguments`, `execution_error`, `timeout` or `permission_denied`.
    error_code: &'static str,
    error_message: String,
    request_id: String,
}

/// Reply of `GET /sessions`.
#[derive(Debug, Serialize, ToSchema)]
struct CallersView {
    sessions: Vec<Caller>,
    count: usize,
}

/// Reply of `POST /sessions/close`.
#[derive(Debug, Serialize, ToSchema)]
struct ClosedView {
    /// Whether there was such a session.
    closed: bool,
    session_id: String,
}

/// What the code context is and answers.
#[utoipa::path(get, path = "/", tag = "context", responses(
    (status = OK, description = "`{version, name, description, supported_requests, tools}`", body = Object),
))]
async fn get_manifest(State(CodeState(code)): State<CodeState>) -> Response {
    manifest(&code)
}

/// The same as `GET /`.
#[utoipa::path(get, path = "/capabilities", tag = "context", responses(
    (status = OK, description = "`{version, name, description, supported_requests, tools}`", body = Object),
))]
async fn get_capabilities(State(CodeState(code)): State<CodeState>) -> Response {
    manifest(&code)
}

/// Answers a question about the code.
#[utoipa::path(post, path = "/request", tag = "context", request_body = AgentRequest, responses(
    (status = OK, description = "The answer", body = AgentResponse),
    (status = UNPROCESSABLE_ENTITY, description = "Refused: `success` is false, `error` says why", body = AgentResponse),
    (status = BAD_REQUEST, description = "The body is no JSON object: `{error}`", body = Object),
))]
async fn answer_request(State(CodeState(code)): State<CodeState>, body: Body) -> Response {
    let mut body = match read_object(body).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let begun = Instant::now();
    let request_id = text(&mut body, "request_id").unwrap_or_default();
    let parameters = body.remove("params").unwrap_or_else(|| json!({}));
    let answer = match text(&mut body, "kind") {
        Some(kind) => code.ask(kind, parameters).await,
        None => Err(missing("kind")),
    };
    let elapsed_ms = begun.elapsed().as_secs_f64() * 1e3;
    match answer {
        Ok(data) => {
            let error = String::new();
            let reply =
                AgentResponse { success: true, request_id, elapsed_ms, data, error, error_code: None };
            Json(reply).into_response()
        }
        Err(Refusal { code, message }) => {
            let reply = AgentResponse {
                success: false,
                request_id,
                elapsed_ms,
                data: json!({}),
                error: message,
                error_code: Some(code.as_str()),
            };
            (StatusCode::UNPROCESSABLE_ENTITY, Json(reply)).into_response()
        }
    }
}

/// Calls a tool.
#[utoipa::path(post, path = "/tools/invoke", tag = "context", request_body = ToolInvocation, responses(
    (status = OK, description = "The result", body = ToolExecutionResult),
    (status = UNPROCESSABLE_ENTITY, description = "Refused: `error` says why", body = ToolExecutionResult),
    (status = BAD_REQUEST, description = "The body is no JSON object: `{error}`", body = Object),
))]
async fn invoke_tool(State(CodeState(code)): State<CodeState>, body: Body) -> Response {
    let mut body = match read_object(body).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let begun = Instant::now();
    let request_id = text(&mut body, "request_id").filter(|id| !id.is_empty());
    let request_id = request_id.unwrap_or_else(|| Uuid::new_v4().to_string());
    let arguments = body.remove("arguments").unwrap_or_else(|| json!({}));
    let tool = text(&mut body, "tool_name");
    let result = match &tool {
        Some(tool) => code.invoke(tool.clone(), arguments).await,
        None => Err(missing("tool_name")),
    };
    let tool_name = tool.unwrap_or_default();
    let (status, result_payload, error) = match result {
        Ok(payload) => (StatusCode::OK, Some(payload), None),
        Err(Refusal { code, message }) => {
            let error = ToolError {
                tool_name: tool_name.clone(),
                error_code: code.as_str(),
                error_message: message,
                request_id: request_id.clone(),
            };
            (StatusCode::UNPROCESSABLE_ENTITY, None, Some(error))
        }
    };
    let reply = ToolExecutionResult {
        tool_name,
        request_id,
        success: error.is_none(),
        execution_time_ms: begun.elapsed().as_secs_f64() * 1e3,
        timestamp: epoch_seconds(),
        result_payload,
        error,
    };
    (status, Json(reply)).into_response()
}

/// The tools with what they take.
#[utoipa::path(get, path = "/tools/list", tag = "context", responses(
    (status = OK, description = "`{tools: [{name, description, parameters}], count}`", body = Object),
))]
async fn list_tools(State(CodeState(code)): State<CodeState>) -> Response {
    told(code.tools())
}

/// What happens to the tools: each invocation, the building of the index, each end.
///
/// Frames `data: {kind, content, metadata}`: first `tool_discovery`, then `tool_invocation`, `index_progress` and `tool_completion`, each
/// with a number as its `id`, and `heartbeat`.
#[utoipa::path(get, path = "/tools/stream", tag = "context", responses(
    (status = OK, description = "Events", body = String, content_type = "text/event-stream"),
))]
async fn stream_tools(State(CodeState(code)): State<CodeState>) -> Response {
    let listening = code.events().listen();
    let tools = match code.tools() {
        Ok(tools) => tools,
        Err(refusal) => return told(Err(refusal)),
    };
    let names: Vec<&Value> =
        tools["tools"].as_array().into_iter().flatten().map(|tool| &tool["name"]).collect();
    let discovery = frame(None, "tool_discovery", &json!({"count": names.len(), "tools": names}));
    let rest = unfold(listening, async |mut listening| Some((next_frame(&mut listening).await?, listening)));
    let frames = iter([discovery]).chain(rest).map(Ok::<_, Infallible>);
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        (header::CACHE_CONTROL.as_str(), "no-store"),
        ("x-accel-buffering", "no"),
    ];
    (headers, Body::from_stream(frames)).into_response()
}

async fn next_frame(listening: &mut broadcast::Receiver<ToolEvent>) -> Option<Bytes> {
    loop {
        return match tokio::time::timeout(limits::STREAM_HEARTBEAT, listening.recv()).await {
            Ok(Ok(ToolEvent { number, kind, metadata })) => Some(frame(Some(number), kind, &metadata)),
            // The numbers tell.
            Ok(Err(broadcast::error::RecvError::Lagged(_))) => continue,
            Ok(Err(broadcast::error::RecvError::Closed)) => None,
            Err(_) => Some(frame(None, "heartbeat", &json!({"timestamp": epoch_seconds()}))),
        };
    }
}

fn frame(number: Option<u64>, kind: &str, metadata: &Value) -> Bytes {
    let data = json!({"kind": kind, "content": "", "metadata": metadata});
    let id = number.map(|number| format!("id: {number}\n")).unwrap_or_default();
    format!("{id}data: {data}\n\n").into()
}

/// Who said that they are there.
#[utoipa::path(get, path = "/sessions", tag = "context", responses(
    (status = OK, description = "The sessions", body = CallersView),
))]
async fn list_callers(State(CodeState(code)): State<CodeState>) -> Json<CallersView> {
    let sessions = code.callers().list();
    Json(CallersView { count: sessions.len(), sessions })
}

/// Says that somebody is there: `{agent_name?}`.
#[utoipa::path(post, path = "/sessions/create", tag = "context", request_body = Object, responses(
    (status = CREATED, description = "The session", body = Caller),
))]
async fn open_caller(State(CodeState(code)): State<CodeState>, body: Body) -> Response {
    match read_object(body).await {
        Ok(mut body) => {
            let agent_name = text(&mut body, "agent_name").unwrap_or_default();
            let agent_name = agent_name.chars().take(limits::CODE_CALLER_NAME_MAX).collect();
            (StatusCode::CREATED, Json(code.callers().open(agent_name))).into_response()
        }
        Err(refused) => refused,
    }
}

/// Says that somebody goes: `{session_id}`.
#[utoipa::path(post, path = "/sessions/close", tag = "context", request_body = Object, responses(
    (status = OK, description = "Whether they were there", body = ClosedView),
))]
async fn close_caller(State(CodeState(code)): State<CodeState>, body: Body) -> Response {
    match read_object(body).await {
        Ok(mut body) => {
            let session_id = text(&mut body, "session_id").unwrap_or_default();
            let closed = code.callers().close(&session_id);
            Json(ClosedView { closed, session_id }).into_response()
        }
        Err(refused) => refused,
    }
}

fn manifest(code: &Code) -> Response {
    told(code.capabilities())
}

fn told(told: Result<Value, Refusal>) -> Response {
    match told {
        Ok(value) => Json(value).into_response(),
        Err(refusal) => {
            let body = json!({"error": refusal.message, "error_code": refusal.code.as_str()});
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

/// The body as the original reads it: whatever its type is called, a JSON object.
async fn read_object(body: Body) -> Result<Map<String, Value>, Response> {
    let bad = |problem: String| (StatusCode::BAD_REQUEST, Json(json!({"error": problem}))).into_response();
    let bytes = extract::read(body, limits::CODE_BODY_TIMEOUT).await.map_err(RequestError::into_response)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(bad("Empty body".to_owned()));
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => {
            Err(bad("Invalid JSON: the body must be an object, such as {\"kind\":\"list_tools\"}".to_owned()))
        }
        Err(error) => Err(bad(format!("Invalid JSON: {error}"))),
    }
}

fn text(body: &mut Map<String, Value>, name: &str) -> Option<String> {
    match body.remove(name) {
        Some(Value::String(text)) => Some(text),
        // Some clients count their requests.
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

fn missing(field: &str) -> Refusal {
    let code = context::protocol::Code::MissingRequiredArg;
    Refusal { code, message: format!("{field} is missing, or no text") }
}

fn epoch_seconds() -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "exact for the next two hundred thousand years")]
    let milliseconds = Timestamp::now().as_millis() as f64;
    milliseconds / 1e3
}
