//! The conversations with work, and what waits on each.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use model::ids::{JobId, ThreadId};
use model::limits;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::BegunSender;
use super::actions::Action;
use super::cli::Running;
use super::message::{DeliveryMode, Message};
use crate::error::Error;
use crate::jobs::LiveJob;

/// Something to do on a conversation.
#[derive(Debug)]
pub(super) enum Work {
    /// Run a message as a turn.
    Send { job: Arc<LiveJob>, message: Box<Message>, begun: BegunSender },
    /// Find out what became of a job: the bridge process that ran it is gone.
    Recover { job: Arc<LiveJob>, message: Option<Box<Message>> },
    /// Follow a `codex exec` that has just begun the conversation.
    Watch { job: Arc<LiveJob>, message: Box<Message>, running: Box<Running>, begun: BegunSender },
    /// Change the conversation itself.
    Act { action: Action, done: oneshot::Sender<Result<(), Error>> },
}

impl Work {
    pub(super) fn job(&self) -> Option<&Arc<LiveJob>> {
        match self {
            Self::Send { job, .. } | Self::Recover { job, .. } | Self::Watch { job, .. } => Some(job),
            Self::Act { .. } => None,
        }
    }

    /// What was accepted before is never turned away.
    fn is_recovered(&self) -> bool {
        match self {
            Self::Send { job, .. } => job.view().delivery.is_some(),
            Self::Recover { .. } | Self::Watch { .. } => true,
            Self::Act { .. } => false,
        }
    }

    /// Whether it may stand behind what this conversation has.
    fn may_wait_behind(&self, queue: &Queue) -> bool {
        match self {
            Self::Send { message, .. } => {
                // A conversation that lives in a session has a task also while it does nothing.
                !matches!(message.delivery, DeliveryMode::Start | DeliveryMode::Reject) || !queue.has_job()
            }
            Self::Recover { .. } | Self::Watch { .. } => true,
            Self::Act { .. } => !queue.has_job(),
        }
    }
}

/// Where work came to stand.
pub(super) enum Place {
    /// It has the conversation for itself; its task must be started.
    Front(Work),
    /// It is the next thing that the conversation's task does.
    Next,
    Behind,
    /// It may not wait, or too many do.
    Refused(Work, Error),
}

/// The conversations that have a task.
#[derive(Debug, Default)]
pub(super) struct Registry {
    active: Mutex<HashMap<ThreadId, Queue>>,
    /// When conversations were given back, for as long as Codex may still be closing them.
    released: Mutex<HashMap<ThreadId, Instant>>,
}

/// The work of one conversation.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) running: Option<Arc<LiveJob>>,
    pub(super) waiting: VecDeque<Work>,
    /// Told when work comes.
    arrived: Arc<Notify>,
}

impl Queue {
    fn is_full(&self) -> bool {
        self.waiting.len() >= limits::QUEUED_TURNS_MAX
    }

    /// Whether a job runs or waits, and not just a change of the conversation itself.
    fn has_job(&self) -> bool {
        self.running.is_some() || self.waiting.iter().any(|work| work.job().is_some())
    }
}

impl Registry {
    fn active(&self) -> MutexGuard<'_, HashMap<ThreadId, Queue>> {
        self.active.lock()
    }

    /// Puts work behind what the conversation has, or at the front when it has none. Whether it may wait is decided in the
    /// same step: of two messages that must start now, one does.
    pub(super) fn enqueue(&self, conversation_id: &ThreadId, work: Work) -> Place {
        let mut active = self.active();
        if let Some(queue) = active.get_mut(conversation_id) {
            if !work.is_recovered() {
                if !work.may_wait_behind(queue) {
                    return Place::Refused(work, Error::ConversationBusy(conversation_id.to_owned().into()));
                }
                if queue.is_full() {
                    return Place::Refused(work, Error::QueueFull { limit: limits::QUEUED_TURNS_MAX });
                }
            }
            let is_idle = queue.running.is_none() && queue.waiting.is_empty();
            queue.waiting.push_back(work);
            queue.arrived.notify_one();
            return if is_idle { Place::Next } else { Place::Behind };
        }
        let queue = Queue { running: work.job().cloned(), ..Queue::default() };
        active.insert(conversation_id.to_owned(), queue);
        Place::Front(work)
    }

    pub(super) fn is_active(&self, conversation_id: &ThreadId) -> bool {
        self.active().contains_key(conversation_id)
    }

    /// Whether a job runs or waits on it, and not just a change of the conversation itself.
    pub(super) fn is_busy(&self, conversation_id: &ThreadId) -> bool {
        self.active().get(conversation_id).is_some_and(Queue::has_job)
    }

    pub(super) fn is_full(&self, conversation_id: &ThreadId) -> bool {
        self.active().get(conversation_id).is_some_and(Queue::is_full)
    }

    pub(super) fn has_more(&self, conversation_id: &ThreadId) -> bool {
        self.active().get(conversation_id).is_some_and(|queue| !queue.waiting.is_empty())
    }

    /// The job whose turn runs on the conversation.
    pub(super) fn running(&self, conversation_id: &ThreadId) -> Option<Arc<LiveJob>> {
        self.active().get(conversation_id)?.running.clone()
    }

    /// The messages that wait on the conversation, in order.
    pub(super) fn waiting(&self, conversation_id: &ThreadId) -> Vec<Arc<LiveJob>> {
        let active = self.active();
        let waiting = active.get(conversation_id).map(|queue| queue.waiting.iter());
        waiting.into_iter().flatten().filter_map(Work::job).cloned().collect()
    }

    /// Changes the message of a job that waits. Returns whether it does.
    pub(super) fn change_waiting(&self, job_id: &JobId, change: impl FnOnce(&mut Message)) -> bool {
        let mut active = self.active();
        let waiting = active.values_mut().flat_map(|queue| queue.waiting.iter_mut());
        for work in waiting {
            if let Work::Send { job, message, .. } = work
                && job.job_id == *job_id
            {
                change(message);
                return true;
            }
        }
        false
    }

    /// Takes a message that waits out of its queue. One whose end is only to be found out may have been sent: it stays.
    pub(super) fn remove_waiting(&self, job_id: &JobId) -> Option<Work> {
        let mut active = self.active();
        active.values_mut().find_map(|queue| {
            let is_it = |work: &Work| matches!(work, Work::Send { job, .. } if job.job_id == *job_id);
            queue.waiting.iter().position(is_it).and_then(|index| queue.waiting.remove(index))
        })
    }

    /// Nothing runs on the conversation, though its task stays.
    pub(super) fn rest(&self, conversation_id: &ThreadId) {
        if let Some(queue) = self.active().get_mut(conversation_id) {
            queue.running = None;
        }
    }

    /// Told when work comes for a conversation that has a task.
    pub(super) fn arrived(&self, conversation_id: &ThreadId) -> Arc<Notify> {
        self.active().get(conversation_id).map(|queue| Arc::clone(&queue.arrived)).unwrap_or_default()
    }

    /// The next work of a conversation. When there is none the conversation is struck off in the same step, so that work
    /// which comes later gets a new task rather than none.
    pub(super) fn next_or_leave(&self, conversation_id: &ThreadId) -> Option<Work> {
        let mut active = self.active();
        let queue = active.get_mut(conversation_id)?;
        match queue.waiting.pop_front() {
            Some(work) => {
                queue.running = work.job().cloned();
                Some(work)
            }
            None => {
                active.remove(conversation_id);
                None
            }
        }
    }

    /// The conversation's writer was given back just now.
    pub(super) fn note_released(&self, conversation_id: &ThreadId) {
        let mut released = self.released.lock();
        released.retain(|_, moment| moment.elapsed() < limits::CLOSING_TIMEOUT);
        released.insert(conversation_id.to_owned(), Instant::now());
    }

    /// Whether Codex may still be closing it.
    pub(super) fn is_closing(&self, conversation_id: &ThreadId) -> bool {
        let released = self.released.lock();
        released.get(conversation_id).is_some_and(|moment| moment.elapsed() < limits::CLOSING_TIMEOUT)
    }

    /// Strikes a conversation off, with all that it has.
    pub(super) fn remove(&self, conversation_id: &ThreadId) -> Option<Queue> {
        self.active().remove(conversation_id)
    }
}
