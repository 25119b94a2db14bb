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
    Send { job: Arc<LiveJob>, message: Box<Message>, receipt: ReceiptSender },
    /// Find out what became of a job whose bridge process has exited.
    Recover { job: Arc<LiveJob>, message: Option<Box<Message>> },
    /// Follow a `codex exec` that has just started the conversation.
    FollowExec { job: Arc<LiveJob>, message: Box<Message>, exec: Box<ExecTurn>, receipt: ReceiptSender },
    /// Change the conversation itself.
    Act { action: Action, done: oneshot::Sender<Result<(), Error>> },
}

impl WorkItem {
    pub(super) fn job(&self) -> Option<&Arc<LiveJob>> {
        match self {
            Self::Send { job, .. } | Self::Recover { job, .. } | Self::FollowExec { job, .. } => Some(job),
            Self::Act { .. } => None,
        }
    }

    /// Reports whether the item was accepted before. Such an item is never refused.
    pub(super) fn is_accepted(&self) -> bool {
        match self {
            Self::Send { job, .. } => job.view().delivery.is_some(),
            Self::Recover { .. } | Self::FollowExec { .. } => true,
            Self::Act { .. } => false,
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

/// Notifies the sender of a message of its delivery, or of the reason why it was not delivered.
pub(super) type ReceiptSender = oneshot::Sender<Result<Receipt, Error>>;

/// The other end of a [`ReceiptSender`].
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
