//! `/codex/rpc`: calls of Codex's methods.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::run_to_completion;
use crate::App;
use crate::extract::JsonBody;
use crate::request_error::RequestError;

/// Body of `POST /codex/rpc`.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RpcBody {
    /// A method of `codex app-server`.
    #[schema(example = "thread/list")]
    method: String,
    /// The parameters of the method. Default: none.
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
    /// The result that Codex returned.
    #[schema(value_type = Object)]
    result: Value,
}

/// Calls a method of Codex directly, if the setting `codexBridge.rpc` allows it.
///
/// `safe` allows methods that read or act on threads and turns. `all` allows every method except those that
/// would take over the bridge's connection or answer for another client. `off` allows none. A method that is
/// not allowed is refused with 403 `rpc_refused`. An error of Codex is returned as `codex_refused` (400 if
/// Codex refuses the request, 502 if it fails at it), with its code and message in `details`. A call that
/// would interfere with a thread's job is refused with 409 `thread_busy`.
///
/// If a method needs a loaded thread, the bridge loads it for the call, follows the turn that the call
/// starts, and unloads it afterwards. `thread/resume` therefore only returns the thread, and a thread of
/// `thread/start` is stored only once it has a name or a turn (`POST /codex/threads/start` names it).
#[utoipa::path(post, path = "/codex/rpc", tag = "codex", request_body = RpcBody, responses(
    (status = OK, description = "The result that Codex returned", body = RpcView),
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
    let result = run_to_completion(&app, async move { threads.rpc(&name, params).await }).await?;
    Ok(Json(RpcView { ok: true, method, result }))
}
