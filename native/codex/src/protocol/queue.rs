//! The queue of messages that wait for a thread's next turn. Any process may read and change it, whoever owns
//! the thread. The owner runs the queued messages. Binaries before about 0.147 have no queue.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{CALL_LIMIT, UserInput, read};
use crate::connection::{CallError, Connection};

/// A queued message (`QueuedSubmission`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueuedSubmission {
    /// The id that Codex gave it.
    pub id: String,
    /// The message as Codex sent it: an array of `UserInput`.
    #[serde(default)]
    pub input: Value,
    /// The id that its sender gave it.
    #[serde(default)]
    pub client_user_message_id: String,
}

/// The maximum number of pages that are read. A thousand queued messages indicate an error of the sender.
const PAGES_MAX: usize = 20;
/// The number of messages on a page.
const PAGE_LENGTH: usize = 50;

impl Connection {
    /// `thread/queue/add`: adds a message to the thread's queue, whichever process owns the thread.
    ///
    /// # Errors
    /// [`CallError`] when the call fails, with [`crate::rpc::Refusal::MethodUnknown`] from binaries before
    /// about 0.147.
    pub async fn thread_queue_add(
        &self,
        thread_id: &str,
        client_message_id: &str,
        input: &[UserInput],
    ) -> Result<(), CallError> {
        let params = json!({"threadId": thread_id, "clientUserMessageId": client_message_id, "input": input});
        self.call("thread/queue/add", params, CALL_LIMIT).await.map(drop)
    }

    /// `thread/queue/list`: returns the messages in a thread's queue, the next one first. At most the first
    /// thousand.
    ///
    /// # Errors
    /// [`CallError`] when a call fails, with [`crate::rpc::Refusal::MethodUnknown`] from binaries before
    /// about 0.147.
    pub async fn thread_queue_list(&self, thread_id: &str) -> Result<Vec<QueuedSubmission>, CallError> {
        let method = "thread/queue/list";
        let mut queue = Vec::new();
        let mut cursor = Value::Null;
        for _ in 0..PAGES_MAX {
            let params = json!({"threadId": thread_id, "cursor": cursor, "limit": PAGE_LENGTH});
            let page: QueuePage = read(method, self.call(method, params, CALL_LIMIT).await?)?;
            queue.extend(page.data);
            match page.next_cursor {
                Some(next) => cursor = json!(next),
                None => break,
            }
        }
        Ok(queue)
    }

    /// Returns the client ids of the queued messages; see [`Self::thread_queue_list`].
    ///
    /// # Errors
    /// The errors of [`Self::thread_queue_list`].
    pub async fn thread_queue(&self, thread_id: &str) -> Result<Vec<String>, CallError> {
        let queue = self.thread_queue_list(thread_id).await?;
        Ok(queue.into_iter().map(|submission| submission.client_user_message_id).collect())
    }

    async fn queued(
        &self,
        thread_id: &str,
        client_message_id: &str,
    ) -> Result<Option<QueuedSubmission>, CallError> {
        let queue = self.thread_queue_list(thread_id).await?;
        Ok(queue.into_iter().find(|submission| submission.client_user_message_id == client_message_id))
    }

    /// `thread/queue/delete`: removes the message with this client id from the queue. Returns whether it was
    /// in the queue. A message that has become a turn is not.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_queue_remove(
        &self,
        thread_id: &str,
        client_message_id: &str,
    ) -> Result<bool, CallError> {
        let method = "thread/queue/delete";
        let Some(submission) = self.queued(thread_id, client_message_id).await? else { return Ok(false) };
        let params = json!({"threadId": thread_id, "queuedSubmissionId": submission.id});
        Ok(read::<Deleted>(method, self.call(method, params, CALL_LIMIT).await?)?.deleted)
    }

    /// `thread/queue/update`: replaces the content of the queued message with this client id, which keeps its
    /// place. Returns whether it was in the queue. A message that has become a turn is not.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_queue_replace(
        &self,
        thread_id: &str,
        client_message_id: &str,
        input: &[UserInput],
    ) -> Result<bool, CallError> {
        let Some(submission) = self.queued(thread_id, client_message_id).await? else { return Ok(false) };
        let params = json!({"threadId": thread_id, "queuedSubmissionId": submission.id, "input": input});
        match self.call("thread/queue/update", params, CALL_LIMIT).await {
            Ok(_) => Ok(true),
            // The message became a turn between the two calls.
            Err(CallError::Refused { error, .. })
                if error.message.contains("queued submission not found") =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// `thread/queue/start`: starts the queued message with this client id at once. A queue pauses when a
    /// turn is interrupted, also by the death of its process. Returns whether the message was in the queue.
    ///
    /// # Errors
    /// [`CallError`] when the call fails.
    pub async fn thread_queue_start(
        &self,
        thread_id: &str,
        client_message_id: &str,
    ) -> Result<bool, CallError> {
        let Some(submission) = self.queued(thread_id, client_message_id).await? else { return Ok(false) };
        let params = json!({"threadId": thread_id, "queuedSubmissionId": submission.id});
        self.call("thread/queue/start", params, CALL_LIMIT).await.map(|_| true)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueuePage {
    data: Vec<QueuedSubmission>,
    #[serde(default)]
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Deleted {
    deleted: bool,
}
