//! `/conversations/{conversationId}/queue…`: the messages that wait.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::conversations::Waiting;
use model::ids::{JobId, ThreadId};
use model::job::Job;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::extract::{JsonBody, PathParameter, PathParameters};
use crate::request_error::RequestError;

/// Reply of `GET /conversations/{conversationId}/queue`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueueView {
    /// Always `true`.
    ok: bool,
    /// The conversation; the copy where one replaced it.
    conversation_id: ThreadId,
    /// The jobs that wait in this bridge, in the order in which they will run.
    jobs: Vec<Job>,
    /// The jobs that wait in the queue of the process that has the conversation.
    handed_over: Vec<Job>,
}

/// Reply of the routes of one job that waits.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueuedView {
    /// Always `true`.
    ok: bool,
    job: Job,
}

/// Body of `PATCH /conversations/{conversationId}/queue/{jobId}`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EditBody {
    /// The new words; pictures and options stay.
    message: String,
}

/// Lists the messages that wait: behind a running turn of the bridge, and with the process that has the conversation.
#[utoipa::path(get, path = "/conversations/{conversationId}/queue", tag = "conversations",
    params(("conversationId" = String, Path)), responses(
    (status = OK, description = "The jobs that wait", body = QueueView),
))]
pub(crate) async fn get_queue(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
) -> Result<Json<QueueView>, RequestError> {
    let Waiting { conversation_id, here, elsewhere } = app.conversations.waiting(&conversation_id).await?;
    Ok(Json(QueueView { ok: true, conversation_id, jobs: here, handed_over: elsewhere }))
}

/// Replaces the words of a message that waits.
#[utoipa::path(patch, path = "/conversations/{conversationId}/queue/{jobId}", tag = "conversations",
    params(("conversationId" = String, Path), ("jobId" = String, Path)), request_body = EditBody, responses(
    (status = OK, description = "The job", body = QueuedView),
))]
pub(crate) async fn edit_queued_message(
    State(app): State<Arc<App>>,
    PathParameters(conversation_id, job_id): PathParameters<ThreadId, JobId>,
    body: JsonBody<EditBody>,
) -> Result<Json<QueuedView>, RequestError> {
    let EditBody { message } = body.known()?;
    if message.trim().is_empty() {
        return Err(RequestError::invalid("message", "must not be blank"));
    }
    app.conversations.waiting_job(&conversation_id, &job_id).await?;
    let job = app.conversations.edit_waiting(&job_id, &message).await?;
    Ok(Json(QueuedView { ok: true, job }))
}

/// Takes a message that waits out of the queue. Its job fails with the code `cancelled`.
#[utoipa::path(delete, path = "/conversations/{conversationId}/queue/{jobId}", tag = "conversations",
    params(("conversationId" = String, Path), ("jobId" = String, Path)), responses(
    (status = OK, description = "The job", body = QueuedView),
))]
pub(crate) async fn remove_queued_message(
    State(app): State<Arc<App>>,
    PathParameters(conversation_id, job_id): PathParameters<ThreadId, JobId>,
) -> Result<Json<QueuedView>, RequestError> {
    app.conversations.waiting_job(&conversation_id, &job_id).await?;
    let job = app.conversations.remove_waiting(&job_id).await?;
    Ok(Json(QueuedView { ok: true, job }))
}
