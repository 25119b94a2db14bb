//! `/reviews`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bridge::conversations::message::review::{ReviewBody, ReviewPlace};
use bridge::lanes::Instruction;

use super::conversations::with_warnings;
use super::validate_blocking;
use crate::App;
use crate::extract::{JsonBody, NewJobId};
use crate::request_error::RequestError;
use crate::sent_view::SentView;

/// Lets Codex's reviewer review changes: in a new conversation, in an existing one, or in that of a lane.
///
/// The review is a job. When it has ended, `job.result.review` contains the findings and the verdict, and
/// `job.result.text` the same as text.
#[utoipa::path(post, path = "/reviews", tag = "conversations", request_body = ReviewBody, responses(
    (status = OK, description = "The review has started or is queued", body = SentView),
))]
pub(super) async fn start_review(
    State(app): State<Arc<App>>,
    NewJobId(job_id): NewJobId,
    JsonBody { body, unknown }: JsonBody<ReviewBody>,
) -> Result<Json<SentView>, RequestError> {
    let place = body.place()?;
    if let ReviewPlace::Lane(lane_id) = place {
        // The routes of lanes refuse unknown fields, too.
        let body = JsonBody { body, unknown }.known()?;
        let (_, job) = app.lanes.prompt(&lane_id, Instruction::Review(Box::new(body)), job_id).await?;
        return match SentView::of_job(job) {
            Some(view) => Ok(Json(view)),
            None => Err(RequestError::internal("the review of a lane has no conversation".to_owned())),
        };
    }
    let defaults = app.defaults.clone();
    let message = validate_blocking(move || body.into_message(job_id, &defaults)).await?;
    let message = with_warnings(message, unknown);
    let (sent, requested) = match place {
        ReviewPlace::Conversation(conversation_id) => {
            (app.conversations.send(&conversation_id, message).await?, Some(conversation_id))
        }
        _ => (app.conversations.create(message).await?, None),
    };
    Ok(Json(SentView::new(sent, requested)))
}
