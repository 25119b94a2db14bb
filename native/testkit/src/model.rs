//! The scripted model: a server for `POST /v1/responses` whose answers the user's own message chooses.
//!
//! Lines of the last user message that start with `@model` are its script and run in their order; see
//! [`script`] for what they can say. Without any, the answer is `You said: <message>`.
//!
//! The server keeps no state about conversations. How far a script has come is read from the request itself, which
//! carries the whole conversation each time, so any number of conversations can run side by side.

mod conversation;
mod holds;
mod plan;
mod recorded;
mod script;
mod stream;
mod tools;

pub use recorded::RecordedRequest;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use holds::Holds;
use recorded::Recorded;

/// A request holds the whole conversation, and pictures in it as data URLs: far above axum's 2 MB.
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

    /// Starts the model on this loopback port; 0 takes a free one.
    ///
    /// # Errors
    /// When the port cannot be bound.
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
        // Small writes at once: with Nagle's algorithm every delta after the first could wait 40 ms.
        let listener = listener.tap_io(|connection| {
            // A connection that refuses the option still works.
            let _ = connection.set_nodelay(true);
        });
        let server = tokio::spawn(async move {
            // This never returns on its own; an error of one connection does not end the others.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, state, server })
    }

    /// Where the model listens, such as `http://127.0.0.1:40123`. The Responses API is under `/v1`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, oldest first; of very many only the last ones.
    #[must_use]
    pub fn requests(&self) -> Vec<Arc<RecordedRequest>> {
        self.state.recorded.all()
    }

    /// Waits until the model has been asked this often in all, and returns the requests so far.
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

    /// Lets every answer held under this name go on, now and from now on.
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
        Err(error) => return failure(StatusCode::BAD_REQUEST, &format!("the request is not JSON: {error}")),
    };
    let turn = conversation::read(&request);
    let mut plan = plan::plan(&turn, &tools::Offered::in_request(&request));
    state.recorded.add(RecordedRequest::new(request, turn.user_text));

    // Once the event stream has begun the status is spent, so a failure that comes first is sent as a status.
    if let Some(status) = plan.take_failure_before_output() {
        for wait in plan.actions {
            plan::pause(&wait, &state.holds).await;
        }
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return failure(status, "the script asked for this failure");
    }
    let events = stream::events(plan, turn.ids, state, body.len());
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response()
}

fn failure(status: StatusCode, message: &str) -> Response {
    let kind = if status.is_client_error() { "invalid_request_error" } else { "server_error" };
    (status, Json(json!({ "error": { "message": message, "type": kind, "code": null, "param": null } })))
        .into_response()
}

/// Lets a program in another process do what [`ScriptedModel::release`] does.
async fn release(State(state): State<Arc<ModelState>>, Path(name): Path<String>) -> Json<Value> {
    state.holds.release(&name);
    Json(json!({ "released": name }))
}

/// Tells a program in another process what the model was asked, oldest first.
async fn requests(State(state): State<Arc<ModelState>>) -> Json<Value> {
    let requests: Vec<Value> = state
        .recorded
        .all()
        .iter()
        .map(|request| json!({ "threadId": request.thread_id(), "userText": request.user_text() }))
        .collect();
    Json(json!({ "requests": requests }))
}
