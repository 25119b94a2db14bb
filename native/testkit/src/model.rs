//! The scripted model: a server for `POST /v1/responses` whose answers the user's message determines.
//!
//! Lines of the last user message that start with `@model` are the script and run in order; [`script`] lists
//! the directives. Without any, the answer is `You said: <message>`.
//!
//! The server keeps no state about conversations. Each request contains the whole conversation, from which
//! the progress of the script is read, so any number of conversations can run side by side.

mod conversation;
mod holds;
mod plan;
mod recorded;
mod script;
mod stream;
mod tools;

pub use recorded::RecordedRequest;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, State},
    http::{StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use holds::Holds;
use recorded::Recorded;
use script::Failure;

/// The maximum length of a request. A request contains the whole conversation, with images as data URLs,
/// which far exceeds axum's default of 2 MB.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A running scripted model. Dropping it closes its listener.
#[derive(Debug)]
pub struct ScriptedModel {
    address: SocketAddr,
    state: Arc<ModelState>,
    server: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct ModelState {
    holds: Holds,
    recorded: Recorded,
}

impl ScriptedModel {
    /// Starts the model on a free loopback port. Needs a running tokio runtime.
    ///
    /// # Panics
    /// When no port can be bound.
    pub async fn start() -> Self {
        Self::start_on(0).await.expect("a free loopback port for the scripted model")
    }

    /// Starts the model on this loopback port, or on a free one for 0.
    ///
    /// # Errors
    /// The operating system's error when the port cannot be bound.
    pub async fn start_on(port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(ModelState::default());
        let router = Router::new()
            .route("/v1/responses", post(respond))
            .route("/release/{name}", post(release))
            .route("/requests", get(requests))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(Arc::clone(&state));
        // Small writes are sent at once: with Nagle's algorithm, every delta after the first could wait 40
        // ms.
        let listener = listener.tap_io(|connection| {
            // A connection that refuses the option still works.
            let _ = connection.set_nodelay(true);
        });
        let server = tokio::spawn(async move {
            // This never returns by itself. An error of one connection does not end the others.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, state, server })
    }

    /// Returns the URL of the model, such as `http://127.0.0.1:40123`. The Responses API is under `/v1`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the requests so far, oldest first. Only the last 1000 are kept.
    #[must_use]
    pub fn requests(&self) -> Vec<Arc<RecordedRequest>> {
        self.state.recorded.all()
    }

    /// Waits until the model has received this number of requests in total, and returns the requests so far.
    ///
    /// # Panics
    /// When that takes longer than [`crate::WAIT_MAX`].
    pub async fn wait_for_requests(&self, count: usize) -> Vec<Arc<RecordedRequest>> {
        self.state.recorded.wait_for(count).await
    }

    /// Waits until an answer is held under this name (`@model hold NAME`).
    ///
    /// # Panics
    /// When that takes longer than [`crate::WAIT_MAX`].
    pub async fn wait_until_held(&self, name: &str) {
        self.state.holds.wait_until_held(name).await;
    }

    /// Lets all answers held under this name continue, now and in the future.
    pub fn release(&self, name: &str) {
        self.state.holds.release(name);
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn respond(State(state): State<Arc<ModelState>>, body: Bytes) -> Response {
    let request: Value = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, &format!("the request is not JSON: {error}")),
    };
    let turn = conversation::read(&request);
    let mut plan = plan::plan(&turn, &tools::Offered::in_request(&request));
    state.recorded.add(RecordedRequest::new(request, turn.user_text));

    // The status cannot change once the event stream has started, so a failure that comes first is sent as a
    // status.
    if let Some(failure) = plan.take_failure_before_output() {
        for wait in plan.actions {
            plan::pause(&wait, &state.holds).await;
        }
        return match failure {
            Failure::UsageLimit(seconds) => usage_limit(seconds),
            Failure::Status(status) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                refusal(status, "the script asked for this failure")
            }
        };
    }
    let events = stream::events(plan, turn.ids, state, body.len());
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response()
}

/// Replies as the provider does when the usage limit of an account is reached. Codex 0.169 was seen to report
/// the windows of these headers.
fn usage_limit(seconds: u64) -> Response {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let headers = [
        ("x-codex-primary-used-percent", "100".to_owned()),
        ("x-codex-primary-window-minutes", "300".to_owned()),
        ("x-codex-primary-reset-at", (now + seconds).to_string()),
        ("x-codex-secondary-used-percent", "40".to_owned()),
        ("x-codex-secondary-window-minutes", "10080".to_owned()),
        ("x-codex-secondary-reset-at", (now + seconds + 86_400).to_string()),
    ];
    let error = json!({
        "type": "usage_limit_reached",
        "message": "the script asked for this limit",
        "plan_type": "plus",
        "resets_at": now + seconds,
    });
    (StatusCode::TOO_MANY_REQUESTS, AppendHeaders(headers), Json(json!({ "error": error }))).into_response()
}

fn refusal(status: StatusCode, message: &str) -> Response {
    let kind = if status.is_client_error() { "invalid_request_error" } else { "server_error" };
    (status, Json(json!({ "error": { "message": message, "type": kind, "code": null, "param": null } })))
        .into_response()
}

/// Does the same as [`ScriptedModel::release`] for a program in another process.
async fn release(State(state): State<Arc<ModelState>>, Path(name): Path<String>) -> Json<Value> {
    state.holds.release(&name);
    Json(json!({ "released": name }))
}

/// Returns the requests to the model, oldest first, to a program in another process.
async fn requests(State(state): State<Arc<ModelState>>) -> Json<Value> {
    let requests: Vec<Value> = state
        .recorded
        .all()
        .iter()
        .map(|request| json!({ "threadId": request.thread_id(), "userText": request.user_text() }))
        .collect();
    Json(json!({ "requests": requests }))
}
