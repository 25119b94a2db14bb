//! Work items of conversations: the plain data that the registry queues and a conversation's task carries
//! out.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use codex::exec::ExecRun;
use codex::protocol::RollBack;
use model::ids::{ThreadId, TurnId};
use model::job::Delivery;
use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::sync::oneshot;

use super::message::Message;
use crate::error::Error;
use crate::jobs::LiveJob;

/// A work item of one conversation.
#[derive(Debug)]
pub(super) enum WorkItem {
    /// Run a message as a turn.
    Send(Sending),
    /// Find out what became of a job whose bridge process has exited.
    Recover { job: Arc<LiveJob>, message: Option<Box<Message>> },
    /// Follow a `codex exec` that has just started the conversation.
    FollowExec { sending: Sending, exec: Box<ExecTurn> },
    /// Change the conversation itself.
    Act { action: Action, done: oneshot::Sender<Result<(), Error>> },
}

impl WorkItem {
    pub(super) fn job(&self) -> Option<&Arc<LiveJob>> {
        match self {
            Self::Send(sending) | Self::FollowExec { sending, .. } => Some(&sending.job),
            Self::Recover { job, .. } => Some(job),
            Self::Act { .. } => None,
        }
    }

    /// Reports whether the item was accepted before. Such an item is never refused.
    pub(super) fn is_accepted(&self) -> bool {
        match self {
            Self::Send(sending) => sending.job.view().delivery.is_some(),
            Self::Recover { .. } | Self::FollowExec { .. } => true,
            Self::Act { .. } => false,
        }
    }
}

/// A message on its way to Codex.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) job: Arc<LiveJob>,
    pub(super) message: Box<Message>,
    pub(super) sender: Sender,
}

impl Sending {
    /// Returns a message whose sender waits for the receipt.
    pub(super) fn new(job: Arc<LiveJob>, message: Message) -> (Self, ReceiptReceiver) {
        let (receipt, reply) = oneshot::channel();
        (Self { job, message: Box::new(message), sender: Sender(Some(receipt)) }, reply)
    }

    /// Returns the message and its sender, for the task of another conversation.
    pub(super) fn take(&mut self) -> Self {
        let sender = std::mem::replace(&mut self.sender, Sender::NOTIFIED);
        Self { job: Arc::clone(&self.job), message: self.message.clone(), sender }
    }
}

/// The sender of a message, who waits until it is delivered.
#[derive(Debug)]
pub(super) struct Sender(Option<ReceiptSender>);

impl Sender {
    /// A sender who was notified before.
    pub(super) const NOTIFIED: Self = Self(None);

    /// Notifies the sender of the delivery, or of the reason why the message was not delivered. Only the
    /// first outcome counts: a message that waits is delivered for its sender.
    pub(super) fn report(&mut self, outcome: Result<Receipt, Error>) {
        if let Some(receipt) = self.0.take()
            && receipt.send(outcome).is_err()
        {
            tracing::debug!("a message was delivered after its sender was dropped");
        }
    }
}

/// How a message was delivered, as its sender is notified.
#[derive(Debug)]
pub(super) struct Receipt {
    pub(super) conversation_id: ThreadId,
    pub(super) delivery: Delivery,
    /// The turn; `None` while the message waits.
    pub(super) turn_id: Option<TurnId>,
}

impl Receipt {
    /// Returns the receipt of a message in the queue of another process.
    pub(super) fn handed_over(conversation_id: &ThreadId, turn_id: Option<TurnId>) -> Self {
        Self { conversation_id: conversation_id.clone(), delivery: Delivery::HandedOver, turn_id }
    }
}

type ReceiptSender = oneshot::Sender<Result<Receipt, Error>>;

/// Receives the receipt of a message, or the reason why it was not delivered.
pub(super) type ReceiptReceiver = oneshot::Receiver<Result<Receipt, Error>>;

/// A running `codex exec` whose conversation is known.
#[derive(Debug)]
pub(super) struct ExecTurn {
    pub(super) run: ExecRun,
    /// The file with the JSON Schema of the answer. It must exist as long as the process runs.
    pub(super) _schema: Option<NamedTempFile>,
}

/// A change that needs exclusive use of a conversation.
#[derive(Debug)]
pub(super) enum Action {
    /// Replace the history that the model sees by a summary.
    Compact,
    /// Remove turns from the end of the conversation.
    RollBack(RollBack),
    /// Archive the conversation.
    Archive,
    /// Load the conversation in the app-server that it is pinned to.
    Load,
    /// Call a method of Codex that needs exclusive use of the conversation.
    Raw(RawCall),
}

/// A call of a Codex method that waits for its conversation.
#[derive(Debug)]
pub(super) struct RawCall {
    pub(super) method: String,
    pub(super) params: Value,
    pub(super) needs: Needs,
    /// Set by the task when it starts the call, or by the caller when it gives up, whichever is first.
    pub(super) claimed: Arc<AtomicBool>,
    pub(super) reply: oneshot::Sender<Result<Value, Error>>,
}

/// The requirement of a Codex method on the conversation that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// No requirement: any process may call the method at any time.
    Nothing,
    /// The conversation must be running a turn. Turns of jobs are off limits.
    Turn,
    /// The caller must hold the writer.
    Writer,
    /// The caller must hold the writer, also during the turn that the call starts.
    WriterForTurn,
    /// No process may have the conversation loaded.
    Unloaded,
    /// No requirement. The call loads the conversation.
    Loads,
    /// No requirement. The call creates a conversation, which is then loaded.
    LoadsNew,
}
