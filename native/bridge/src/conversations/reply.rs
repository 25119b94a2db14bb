//! The replies to senders: a message was delivered, or it waits; and the editor shows its conversation.

use std::sync::Arc;
use std::time::Duration;

use model::ids::ThreadId;
use model::job::Delivery;
use tokio::sync::oneshot;

use super::message::DeliveryMode;
use super::work::{Receipt, ReceiptReceiver};
use super::{Conversations, Dispatched, ending, send_timeout};
use crate::editor::{ConversationTab, EditorError};
use crate::error::Error;
use crate::jobs::LiveJob;

/// The outcome of waiting for the receipt of a message.
pub(super) enum Waited {
    /// The message was delivered.
    Delivered(Receipt),
    /// The message is still in the bridge's queue.
    StillWaits(ReceiptReceiver),
}

impl Conversations {
    /// Waits for the receipt of a message that the conversation's task should take next. If the task does not
    /// take it within `limit`, because turns of others run, the message is withdrawn if it had to start at
    /// once, and waits otherwise.
    pub(super) async fn wait_for_receipt(
        &self,
        job: &LiveJob,
        mut receipt: ReceiptReceiver,
        delivery: DeliveryMode,
        limit: Duration,
    ) -> Result<Waited, Error> {
        if let Ok(received) = tokio::time::timeout(limit, &mut receipt).await {
            return self.received(received).map(Waited::Delivered);
        }
        let registry = &self.inner.registry;
        if matches!(delivery, DeliveryMode::Start | DeliveryMode::Reject) {
            if registry.remove_waiting(&job.job_id).is_some() {
                let error = send_timeout(limit);
                ending::fail_job(job, error.as_failure()).await;
                return Err(error);
            }
        } else if registry.is_waiting(&job.job_id) {
            return Ok(Waited::StillWaits(receipt));
        }
        // The task has just taken the message. Every step from here on has a time limit of its own.
        self.received(receipt.await).map(Waited::Delivered)
    }

    fn received(
        &self,
        received: Result<Result<Receipt, Error>, oneshot::error::RecvError>,
    ) -> Result<Receipt, Error> {
        received.map_err(|_| {
            if self.inner.stopping.is_cancelled() {
                return Error::Stopping;
            }
            Error::Internal("a conversation's task dropped a message".to_owned())
        })?
    }

    /// Records that the message waits, and tells its sender so.
    pub(super) async fn queued(
        &self,
        job: Arc<LiveJob>,
        conversation_id: ThreadId,
        reply: ReceiptReceiver,
        open: Option<Duration>,
    ) -> Result<Dispatched, Error> {
        match job.step(|job, now| job.queue(Delivery::Queued, now)).await {
            Ok(Ok(_)) => {
                let tab = self.reveal(&job, &conversation_id, open).await;
                let delivery = Delivery::Queued;
                Ok(Dispatched { job: job.view(), conversation_id, delivery, turn_id: None, tab })
            }
            // The turn started before this could be recorded, or recording failed. The message was sent
            // either way.
            Ok(Err(_)) | Err(_) => self.reply(job, reply, open).await,
        }
    }

    /// Waits until the turn has started, and then until the editor shows it.
    pub(super) async fn reply(
        &self,
        job: Arc<LiveJob>,
        receipt: ReceiptReceiver,
        open: Option<Duration>,
    ) -> Result<Dispatched, Error> {
        let receipt = self.received(receipt.await)?;
        self.delivered(job, receipt, open).await
    }

    /// Waits until the editor shows the turn of a delivered message.
    pub(super) async fn delivered(
        &self,
        job: Arc<LiveJob>,
        receipt: Receipt,
        open: Option<Duration>,
    ) -> Result<Dispatched, Error> {
        let Receipt { conversation_id, delivery, turn_id } = receipt;
        // A thread without a turn cannot be opened, so this comes after the start of the turn.
        let tab = self.reveal(&job, &conversation_id, open).await;
        Ok(Dispatched { job: job.view(), conversation_id, delivery, turn_id, tab })
    }

    /// Shows the conversation in the editor if that was requested, and records the outcome in the job.
    pub(super) async fn reveal(
        &self,
        job: &LiveJob,
        conversation_id: &ThreadId,
        open: Option<Duration>,
    ) -> Option<ConversationTab> {
        let (Some(editor), Some(limit)) = (&self.inner.editor, open) else { return None };
        // The editor gets the same limit. This one is for an editor that does not keep to it.
        let revealed = tokio::select! {
            revealed = editor.reveal_conversation(conversation_id, limit) => revealed,
            () = tokio::time::sleep(limit + Duration::from_millis(500)) => {
                let limit_ms = limit.as_millis();
                Err(EditorError(format!("VS Code did not show the conversation within {limit_ms} ms")))
            }
            () = self.inner.stopping.cancelled() => Err(EditorError("the bridge is stopping".to_owned())),
        };
        let (tab, outcome) = match revealed {
            Ok(tab) => (Some(tab), Ok(())),
            Err(EditorError(reason)) => (None, Err(reason)),
        };
        if let Err(error) = job.note(|job, now| job.note_opened(outcome, now)).await {
            tracing::error!(%error, "cannot record whether the editor shows the conversation");
        }
        tab
    }
}
