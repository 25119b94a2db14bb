//! `/conversations/{conversationId}/queue…`: the messages that wait for their turn.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::conversations::WaitingJobs;
use bridge::conversations::message::check_text;
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
    /// The id of the conversation, or of the copy that replaced it.
    conversation_id: ThreadId,
    /// The queued jobs of this bridge, in the order in which they will run.
    jobs: Vec<Job>,
    /// The jobs in the queue of the process that owns the conversation.
    handed_over: Vec<Job>,
}

/// Reply of the routes of one queued job.
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
    /// The new text. Images and options are not changed.
    message: String,
}

/// Lists the queued messages of a conversation: those of the bridge, and those of the process that owns it.
#[utoipa::path(get, path = "/conversations/{conversationId}/queue", tag = "conversations",
    params(("conversationId" = String, Path)), responses(
    (status = OK, description = "The queued jobs", body = QueueView),
))]
pub(crate) async fn get_queue(
    State(app): State<Arc<App>>,
    PathParameter(conversation_id): PathParameter<ThreadId>,
) -> Result<Json<QueueView>, RequestError> {
    let WaitingJobs { conversation_id, local, handed_over } =
        app.conversations.waiting(&conversation_id).await?;
    Ok(Json(QueueView { ok: true, conversation_id, jobs: local, handed_over }))
}

/// Replaces the text of a queued message.
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
    check_text("message", &message)?;
    app.conversations.waiting_job(&conversation_id, &job_id).await?;
    let job = app.conversations.edit_waiting(&job_id, &message).await?;
    Ok(Json(QueuedView { ok: true, job }))
}

/// Removes a message from the queue. Its job fails with the code `cancelled`.
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
