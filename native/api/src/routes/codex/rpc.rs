//! `/codex/rpc`: Codex's own methods.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::to_the_end;
use crate::App;
use crate::extract::JsonBody;
use crate::request_error::RequestError;

/// Body of `POST /codex/rpc`.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RpcBody {
    /// A method of `codex app-server`.
    #[schema(example = "thread/list")]
    method: String,
    /// Its parameters. Default: none.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    params: Value,
}

/// Reply of `POST /codex/rpc`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RpcView {
    /// Always `true`.
    ok: bool,
    method: String,
    /// What Codex answered.
    #[schema(value_type = Object)]
    result: Value,
}

/// Calls a method of Codex as it is, as far as the setting `codexBridge.rpc` allows.
///
/// With `safe` it must read or act on threads and turns; with `all` it may do anything but take the connection from the bridge or
/// answer for others; `off` refuses all: 403 `rpc_refused`. Codex's own refusal comes back as 502 `codex_refused`, with its code
/// and message in `details`. A thread that a job has is left alone: 409 `thread_busy`. Where a method needs a thread to be loaded,
/// the bridge loads it for the call, follows the turn that the call begins, and gives it back; so `thread/resume` only tells, and
/// a thread that `thread/start` makes is only kept once it has a name or a turn (`POST /codex/threads/start` gives it one).
#[utoipa::path(post, path = "/codex/rpc", tag = "codex", request_body = RpcBody, responses(
    (status = OK, description = "What Codex answered", body = RpcView),
))]
pub(crate) async fn call_codex(
    State(app): State<Arc<App>>,
    body: JsonBody<RpcBody>,
) -> Result<Json<RpcView>, RequestError> {
    let RpcBody { method, params } = body.known()?;
    if method.trim().is_empty() {
        return Err(RequestError::invalid("method", "must not be blank"));
    }
    if !(params.is_null() || params.is_object()) {
        return Err(RequestError::invalid("params", "must be an object"));
    }
    let (threads, name) = (app.threads.clone(), method.clone());
    let result = to_the_end(&app, async move { threads.rpc(&name, params).await }).await?;
    Ok(Json(RpcView { ok: true, method, result }))
}
