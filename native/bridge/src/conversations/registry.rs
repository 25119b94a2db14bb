//! The conversations that have work, and the queue of each.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use model::activity::LoadedState;
use model::ids::{JobId, ThreadId};
use model::limits;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::message::{DeliveryMode, Message};
use super::work::{Sending, WorkItem};
use crate::error::Error;
use crate::jobs::LiveJob;

/// Where the registry placed a work item.
pub(super) enum Placement {
    /// At the front of a new queue. The caller must start the conversation's task with the item.
    Front(WorkItem),
    /// At the front of the queue of an idle task, which carries it out next.
    Next,
    /// Behind other work.
    Behind,
    /// Nowhere: the item may not wait, or the queue is full.
    Refused(WorkItem, Error),
}

/// The conversations that have a task.
#[derive(Debug, Default)]
pub(super) struct Registry {
    active: Mutex<HashMap<ThreadId, Queue>>,
    /// When writers were released, kept for as long as Codex may still be closing the threads.
    released: Mutex<HashMap<ThreadId, Instant>>,
}

/// The work of one conversation.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) running: Option<Arc<LiveJob>>,
    pub(super) waiting: VecDeque<WorkItem>,
    /// The activity and the goal of the thread, as its task last published them.
    state: LoadedState,
    /// Notified when work arrives.
    arrived: Arc<Notify>,
}

impl Queue {
    fn is_full(&self) -> bool {
        self.waiting.len() >= limits::QUEUED_TURNS_MAX
    }

    /// Reports whether a job runs or waits. Changes of the conversation itself do not count.
    fn has_job(&self) -> bool {
        self.running.is_some() || self.waiting.iter().any(|work| work.job().is_some())
    }

    /// Reports whether `work` may wait behind the work of this queue.
    fn may_append(&self, work: &WorkItem) -> bool {
        match work {
            WorkItem::Send(Sending { message, .. }) => {
                // A conversation that is pinned to an app-server has a task even while it is idle.
                !matches!(message.delivery, DeliveryMode::Start | DeliveryMode::Reject) || !self.has_job()
            }
            WorkItem::Recover { .. } | WorkItem::FollowExec { .. } => true,
            WorkItem::Act { .. } => !self.has_job(),
        }
    }
}

impl Registry {
    fn active(&self) -> MutexGuard<'_, HashMap<ThreadId, Queue>> {
        self.active.lock()
    }

    /// Appends work to the queue of a conversation, or creates the queue. The same step decides whether the
    /// work may wait, so that only one of two messages that must start now does.
    pub(super) fn enqueue(&self, conversation_id: &ThreadId, work: WorkItem) -> Placement {
        let mut active = self.active();
        if let Some(queue) = active.get_mut(conversation_id) {
            if !work.is_accepted() {
                if !queue.may_append(&work) {
                    let error = Error::ConversationBusy(conversation_id.to_string());
                    return Placement::Refused(work, error);
                }
                if queue.is_full() {
                    return Placement::Refused(work, Error::QueueFull { limit: limits::QUEUED_TURNS_MAX });
                }
            }
            let is_idle = queue.running.is_none() && queue.waiting.is_empty();
            queue.waiting.push_back(work);
            queue.arrived.notify_one();
            return if is_idle { Placement::Next } else { Placement::Behind };
        }
        let queue = Queue { running: work.job().cloned(), ..Queue::default() };
        active.insert(conversation_id.to_owned(), queue);
        Placement::Front(work)
    }

    pub(super) fn is_active(&self, conversation_id: &ThreadId) -> bool {
        self.active().contains_key(conversation_id)
    }

    /// Reports whether a job runs or waits on the conversation. Changes of the conversation itself do not
    /// count.
    pub(super) fn is_busy(&self, conversation_id: &ThreadId) -> bool {
        self.active().get(conversation_id).is_some_and(Queue::has_job)
    }

    pub(super) fn is_full(&self, conversation_id: &ThreadId) -> bool {
        self.active().get(conversation_id).is_some_and(Queue::is_full)
    }

    pub(super) fn has_waiting(&self, conversation_id: &ThreadId) -> bool {
        self.active().get(conversation_id).is_some_and(|queue| !queue.waiting.is_empty())
    }

    /// Returns the job whose turn runs on the conversation.
    pub(super) fn running(&self, conversation_id: &ThreadId) -> Option<Arc<LiveJob>> {
        self.active().get(conversation_id)?.running.clone()
    }

    /// Returns the activity and the goal of the conversation, as its task last published them.
    pub(super) fn state(&self, conversation_id: &ThreadId) -> LoadedState {
        self.active().get(conversation_id).map(|queue| queue.state.clone()).unwrap_or_default()
    }

    pub(super) fn set_state(&self, conversation_id: &ThreadId, state: LoadedState) {
        if let Some(queue) = self.active().get_mut(conversation_id) {
            queue.state = state;
        }
    }

    /// Returns the jobs that wait on the conversation, in order.
    pub(super) fn waiting(&self, conversation_id: &ThreadId) -> Vec<Arc<LiveJob>> {
        let active = self.active();
        let waiting = active.get(conversation_id).map(|queue| queue.waiting.iter());
        waiting.into_iter().flatten().filter_map(WorkItem::job).cloned().collect()
    }

    /// Changes the message of a waiting job. Returns whether the job was found waiting.
    pub(super) fn change_waiting(&self, job_id: &JobId, change: impl FnOnce(&mut Message)) -> bool {
        let mut active = self.active();
        let waiting = active.values_mut().flat_map(|queue| queue.waiting.iter_mut());
        for work in waiting {
            if let WorkItem::Send(sending) = work
                && sending.job.job_id == *job_id
            {
                change(&mut sending.message);
                return true;
            }
        }
        false
    }

    /// Reports whether a message waits in its queue.
    pub(super) fn is_waiting(&self, job_id: &JobId) -> bool {
        self.change_waiting(job_id, |_| {})
    }

    /// Removes a waiting message from its queue. A job that is being recovered stays, because its message may
    /// have been sent.
    pub(super) fn remove_waiting(&self, job_id: &JobId) -> Option<WorkItem> {
        let mut active = self.active();
        active.values_mut().find_map(|queue| {
            let is_match =
                |work: &WorkItem| matches!(work, WorkItem::Send(sending) if sending.job.job_id == *job_id);
            queue.waiting.iter().position(is_match).and_then(|index| queue.waiting.remove(index))
        })
    }

    /// Marks the conversation as idle. Its task stays.
    pub(super) fn set_idle(&self, conversation_id: &ThreadId) {
        if let Some(queue) = self.active().get_mut(conversation_id) {
            queue.running = None;
        }
    }

    /// Returns the signal that work has arrived for a conversation that has a task.
    pub(super) fn arrived(&self, conversation_id: &ThreadId) -> Arc<Notify> {
        self.active().get(conversation_id).map(|queue| Arc::clone(&queue.arrived)).unwrap_or_default()
    }

    /// Returns the next work of a conversation. If there is none, the same step removes the conversation, so
    /// that work that arrives later gets a new task.
    pub(super) fn next_or_remove(&self, conversation_id: &ThreadId) -> Option<WorkItem> {
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

    /// Records that the conversation's writer was released just now.
    pub(super) fn note_released(&self, conversation_id: &ThreadId) {
        let mut released = self.released.lock();
        released.retain(|_, moment| moment.elapsed() < limits::CLOSING_TIMEOUT);
        released.insert(conversation_id.to_owned(), Instant::now());
    }

    /// Reports whether Codex may still be closing the conversation.
    pub(super) fn is_closing(&self, conversation_id: &ThreadId) -> bool {
        let released = self.released.lock();
        released.get(conversation_id).is_some_and(|moment| moment.elapsed() < limits::CLOSING_TIMEOUT)
    }

    /// Removes a conversation together with its work.
    pub(super) fn remove(&self, conversation_id: &ThreadId) -> Option<Queue> {
        self.active().remove(conversation_id)
    }
}
