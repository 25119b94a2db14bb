//! The result of a review, which Codex only writes to the rollout file of the thread.

use std::path::PathBuf;

use codex::protocol::last_review;
use model::job::Review;
use model::limits;

use super::ending::JobEnd;
use super::history::Turns;
use super::message::Message;
use super::thread::ThreadTask;

impl ThreadTask {
    /// Adds the findings to the end of a job that was a review.
    pub(super) async fn with_review(&self, mut end: JobEnd, message: &Message) -> JobEnd {
        if let JobEnd::Completed { result, warnings } = &mut end
            && message.review.is_some()
        {
            match self.read_review().await {
                Ok(review) => result.review = Some(review),
                Err(reason) => warnings.push(format!("result.review: {reason}; result.text has the review")),
            }
        }
        end
    }

    async fn read_review(&self) -> Result<Review, String> {
        let read = self.conversations.conversation(&self.thread_id, Turns::Omit).await;
        let conversation = read.map_err(|error| error.to_string())?;
        let path = conversation.thread.path.ok_or("Codex does not say where it stores the conversation")?;
        for attempt in 1.. {
            match read_rollout(path.clone()).await? {
                Some(review) => return Ok(review),
                // Codex may write the file a moment after it has sent the end of the turn.
                None if attempt < limits::REVIEW_ATTEMPTS_MAX => {
                    tokio::time::sleep(limits::REVIEW_RETRY_INTERVAL).await;
                }
                None => break,
            }
        }
        Err(format!("{} does not contain it", path.display()))
    }
}

async fn read_rollout(path: PathBuf) -> Result<Option<Review>, String> {
    let read = tokio::task::spawn_blocking(move || {
        last_review(&path).map_err(|error| format!("{} cannot be read ({error})", path.display()))
    });
    let review = read.await.map_err(|error| format!("reading it failed ({error})"))??;
    Ok(review.map(Review::from))
}
