//! The code-context protocol: `/`, `/capabilities`, `/request`, `/tools/…`, `/sessions…`. Replies have the
//! format of the protocol, including errors: a refusal is 422 with `success: false`.
//!
//! The bridge serves these routes, and [`standalone`] serves them on a port of their own.

use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRef, State};
use axum::response::{IntoResponse, Response};
use bridge::code::stream::ToolEvent;
use bridge::code::{Caller, Code};
use bytes::Bytes;
use context::Refusal;
use futures_util::stream::unfold;
use http::StatusCode;
use model::clock::Timestamp;
use model::limits;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::CodeState;
use crate::extract;
use crate::request_error::RequestError;
use crate::sse;

/// Returns the routes, for any server whose state has the code of a workspace.
pub(crate) fn openapi_router<S>() -> OpenApiRouter<S>
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

/// Returns a server of these routes alone, with the extra routes of the original server.
pub(crate) fn standalone(code: Code, stopping: CancellationToken) -> axum::Router {
    let (router, _) = openapi_router::<CodeState>().split_for_parts();
    router
        .route("/health", axum::routing::get(async || Json(json!({"status": "ok"}))))
        .fallback(async || (StatusCode::NOT_FOUND, Json(json!({"error": "Not found"}))))
        .with_state(CodeState { code, stopping })
}

/// Body of `POST /request`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read leniently")]
struct AgentRequest {
    /// `semantic_search`, `explain_symbol`, `explain_file`, `get_context`, `get_dependencies`,
    /// `get_call_graph`, `summarize_repo`, `find_references`, `validate_code`, `list_capabilities`,
    /// `invoke_tool` or `list_tools`.
    #[schema(example = "semantic_search")]
    kind: String,
    /// The parameters of this kind of request. `GET /tools/list` describes them.
    #[schema(value_type = Option<Object>)]
    params: Option<Value>,
    /// An id that is returned with the answer.
    request_id: Option<String>,
    /// The name of the caller.
    source: Option<String>,
}

/// Reply of `POST /request`.
#[derive(Debug, Serialize, ToSchema)]
struct AgentResponse {
    success: bool,
    request_id: String,
    elapsed_ms: f64,
    /// The answer; empty if there is an error.
    #[schema(value_type = Object)]
    data: Value,
    /// The problem and how to solve it; empty if there is an answer.
    error: String,
    /// `unknown_tool`, `missing_required_arg`, `invalid_arguments`, `execution_error`, `timeout` or
    /// `permission_denied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
}

/// Body of `POST /tools/invoke`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read leniently")]
struct ToolInvocation {
    /// A tool of `GET /tools/list`.
    #[schema(example = "semantic_search")]
    tool_name: String,
    /// The arguments of the tool.
    #[schema(value_type = Option<Object>)]
    arguments: Option<Value>,
    /// An id that is returned with the result. Default: a new UUID.
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
    /// The reason why there is no result.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ToolError>,
}

/// An error of a tool.
#[derive(Debug, Serialize, ToSchema)]
struct ToolError {
    tool_name: String,
    /// `unknown_tool`, `missing_required_arg`, `invalid_arguments`, `execution_error`, `timeout` or
    /// `permission_denied`.
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
    /// Whether the session existed.
    closed: bool,
    session_id: String,
}

/// Returns the description of the code context: its version, requests and tools.
#[utoipa::path(get, path = "/", tag = "context", responses(
    (status = OK, description = "`{version, name, description, supported_requests, tools}`", body = Object),
))]
async fn get_manifest(State(CodeState { code, .. }): State<CodeState>) -> Response {
    manifest(&code)
}

/// Returns the description of the code context, as `GET /` does.
#[utoipa::path(get, path = "/capabilities", tag = "context", responses(
    (status = OK, description = "`{version, name, description, supported_requests, tools}`", body = Object),
))]
async fn get_capabilities(State(CodeState { code, .. }): State<CodeState>) -> Response {
    manifest(&code)
}

/// Answers a question about the code.
#[utoipa::path(post, path = "/request", tag = "context", request_body = AgentRequest, responses(
    (status = OK, description = "The answer", body = AgentResponse),
    (status = UNPROCESSABLE_ENTITY, description = "Refused: `success` is false, `error` has the reason",
        body = AgentResponse),
    (status = BAD_REQUEST, description = "The body is not a JSON object: `{error}`", body = Object),
))]
async fn answer_request(State(CodeState { code, .. }): State<CodeState>, body: Body) -> Response {
    let mut body = match read_object(body).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let started = Instant::now();
    let request_id = take_string(&mut body, "request_id").unwrap_or_default();
    let parameters = body.remove("params").unwrap_or_else(|| json!({}));
    let answer = match take_string(&mut body, "kind") {
        Some(kind) => code.ask(kind, parameters).await,
        None => Err(missing("kind")),
    };
    let elapsed_ms = started.elapsed().as_secs_f64() * 1e3;
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
    (status = UNPROCESSABLE_ENTITY, description = "Refused: `error` has the reason",
        body = ToolExecutionResult),
    (status = BAD_REQUEST, description = "The body is not a JSON object: `{error}`", body = Object),
))]
async fn invoke_tool(State(CodeState { code, .. }): State<CodeState>, body: Body) -> Response {
    let mut body = match read_object(body).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let started = Instant::now();
    let request_id = take_string(&mut body, "request_id").filter(|id| !id.is_empty());
    let request_id = request_id.unwrap_or_else(|| Uuid::new_v4().to_string());
    let arguments = body.remove("arguments").unwrap_or_else(|| json!({}));
    let tool = take_string(&mut body, "tool_name");
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
        execution_time_ms: started.elapsed().as_secs_f64() * 1e3,
        timestamp: epoch_seconds(),
        result_payload,
        error,
    };
    (status, Json(reply)).into_response()
}

/// Lists the tools with their parameters.
#[utoipa::path(get, path = "/tools/list", tag = "context", responses(
    (status = OK, description = "`{tools: [{name, description, parameters}], count}`", body = Object),
))]
async fn list_tools(State(CodeState { code, .. }): State<CodeState>) -> Response {
    reply(code.tools())
}

/// Streams tool events: each invocation, its completion, and the progress of the index.
///
/// Each frame is `data: {kind, content, metadata}`. The first frame is `tool_discovery`. The frames
/// `tool_invocation`, `index_progress` and `tool_completion` follow, each with a number as its `id`, and
/// `heartbeat`.
#[utoipa::path(get, path = "/tools/stream", tag = "context", responses(
    (status = OK, description = "Events", body = String, content_type = "text/event-stream"),
))]
async fn stream_tools(State(CodeState { code, stopping }): State<CodeState>) -> Response {
    let subscription = code.events().listen();
    let tools = match code.tools() {
        Ok(tools) => tools,
        Err(refusal) => return reply(Err(refusal)),
    };
    let names: Vec<&Value> =
        tools["tools"].as_array().into_iter().flatten().map(|tool| &tool["name"]).collect();
    let discovery = frame(None, "tool_discovery", &json!({"count": names.len(), "tools": names}));
    let frames = unfold(subscription, async |mut subscription| {
        Some((next_frame(&mut subscription).await?, subscription))
    });
    let heartbeat = || frame(None, "heartbeat", &json!({"timestamp": epoch_seconds()}));
    sse::stream(discovery, frames, heartbeat, stopping)
}

async fn next_frame(subscription: &mut broadcast::Receiver<ToolEvent>) -> Option<Bytes> {
    loop {
        return match subscription.recv().await {
            Ok(ToolEvent { number, kind, metadata }) => Some(frame(Some(number), kind, &metadata)),
            // The client sees the gap in the numbers.
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => None,
        };
    }
}

fn frame(number: Option<u64>, kind: &str, metadata: &Value) -> Bytes {
    let data = json!({"kind": kind, "content": "", "metadata": metadata});
    let id = number.map(|number| format!("id: {number}\n")).unwrap_or_default();
    format!("{id}data: {data}\n\n").into()
}

/// Lists the open code-context sessions.
#[utoipa::path(get, path = "/sessions", tag = "context", responses(
    (status = OK, description = "The sessions", body = CallersView),
))]
async fn list_callers(State(CodeState { code, .. }): State<CodeState>) -> Json<CallersView> {
    let sessions = code.callers().list();
    Json(CallersView { count: sessions.len(), sessions })
}

/// Opens a code-context session: `{agent_name?}`. It only makes an agent visible to others.
#[utoipa::path(post, path = "/sessions/create", tag = "context", request_body = Object, responses(
    (status = CREATED, description = "The session", body = Caller),
))]
async fn open_caller(State(CodeState { code, .. }): State<CodeState>, body: Body) -> Response {
    match read_object(body).await {
        Ok(mut body) => {
            let agent_name = take_string(&mut body, "agent_name").unwrap_or_default();
            let agent_name = agent_name.chars().take(limits::CODE_CALLER_NAME_MAX).collect();
            (StatusCode::CREATED, Json(code.callers().open(agent_name))).into_response()
        }
        Err(refusal) => refusal,
    }
}

/// Closes a code-context session: `{session_id}`.
#[utoipa::path(post, path = "/sessions/close", tag = "context", request_body = Object, responses(
    (status = OK, description = "The session id, and whether the session existed", body = ClosedView),
))]
async fn close_caller(State(CodeState { code, .. }): State<CodeState>, body: Body) -> Response {
    match read_object(body).await {
        Ok(mut body) => {
            let session_id = take_string(&mut body, "session_id").unwrap_or_default();
            let closed = code.callers().close(&session_id);
            Json(ClosedView { closed, session_id }).into_response()
        }
        Err(refusal) => refusal,
    }
}

fn manifest(code: &Code) -> Response {
    reply(code.capabilities())
}

fn reply(result: Result<Value, Refusal>) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(refusal) => {
            let body = json!({"error": refusal.message, "error_code": refusal.code.as_str()});
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

/// Reads a JSON object, whatever its content type, as the original server does.
async fn read_object(body: Body) -> Result<Map<String, Value>, Response> {
    let bad_request =
        |problem: String| (StatusCode::BAD_REQUEST, Json(json!({"error": problem}))).into_response();
    let bytes = extract::read(body, limits::CODE_BODY_TIMEOUT).await.map_err(RequestError::into_response)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(bad_request("Empty body".to_owned()));
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(bad_request(
            "Invalid JSON: the body must be an object, such as {\"kind\":\"list_tools\"}".to_owned(),
        )),
        Err(error) => Err(bad_request(format!("Invalid JSON: {error}"))),
    }
}

fn take_string(body: &mut Map<String, Value>, name: &str) -> Option<String> {
    match body.remove(name) {
        Some(Value::String(text)) => Some(text),
        // Some clients send a number as the id of a request.
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

fn missing(field: &str) -> Refusal {
    let code = context::protocol::Code::MissingRequiredArg;
    Refusal { code, message: format!("{field} is missing or not a string") }
}

fn epoch_seconds() -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "exact for the next two hundred thousand years")]
    let milliseconds = Timestamp::now().as_millis() as f64;
    milliseconds / 1e3
}
