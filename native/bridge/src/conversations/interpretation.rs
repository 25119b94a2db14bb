//! The results that are more than a text: the findings of a review, which Codex only writes to the rollout
//! file of the thread, and answers that have a JSON Schema.

use std::path::PathBuf;

use codex::protocol::last_review;
use model::job::{JobResult, Review};
use model::limits;
use serde_json::Value;

use super::ending::JobEnd;
use super::history::Turns;
use super::message::Message;
use super::thread::ThreadTask;

impl ThreadTask {
    /// Adds to the end of a job what its message asked for: the findings of a review, or the answer as JSON.
    pub(super) async fn interpret(&self, mut end: JobEnd, message: &Message) -> JobEnd {
        let JobEnd::Completed { result, warnings } = &mut end else { return end };
        if message.review.is_some() {
            match self.read_review().await {
                Ok(review) => result.review = Some(review),
                Err(reason) => warnings.push(format!("result.review: {reason}; result.text has the review")),
            }
        }
        if let Some(schema) = &message.turn.output_schema
            && let Err(reason) = read_json(result, schema)
        {
            warnings.push(format!("result.json: {reason}"));
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

/// Reads the answer as JSON that matches a schema.
fn read_json(result: &mut JobResult, schema: &Value) -> Result<(), String> {
    let answer = serde_json::from_str(&result.text)
        .map_err(|error| format!("the answer is not JSON ({error}), although it has a schema"))?;
    jsonschema::validate(schema, &answer).map_err(|error| {
        format!("the answer does not match the schema: {error} (at `{}`)", error.instance_path())
    })?;
    result.json = Some(answer);
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_read_as_json_only_if_it_matches_the_schema() {
        let schema =
            json!({ "type": "object", "properties": { "sum": { "type": "integer" } }, "required": ["sum"] });
        let read = |text: &str| {
            let mut result = JobResult { text: text.to_owned(), ..JobResult::default() };
            read_json(&mut result, &schema).map(|()| result.json)
        };
        assert_eq!(read(r#"{"sum": 3}"#), Ok(Some(json!({ "sum": 3 }))));
        assert!(read(r#"{"sum": "three"}"#).unwrap_err().contains("(at `/sum`)"));
        assert!(read("three").unwrap_err().contains("not JSON"));
    }
}
