//! The writer thread. It groups waiting changes into one transaction (group commit). Under load, many changes
//! share the cost of one commit, and a single change is not delayed.

use std::sync::Arc;

use model::limits;
use parking_lot::Mutex;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{Notify, mpsc, oneshot};

use super::StoreError;

enum Request {
    Change(Change),
    /// Ends the thread. It is answered when all earlier changes are committed.
    Close(oneshot::Sender<()>),
}

/// A change of the database. It returns a function that answers the caller once the outcome of the whole
/// group is known.
type Change = Box<dyn FnOnce(&mut Transaction<'_>) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), StoreError>)>;

#[derive(Debug, Clone)]
pub(super) struct Writer {
    requests: mpsc::Sender<Request>,
    waiters: Waiters,
}

/// The waiters that are notified of every commit. Each has its own notification, which stores one commit
/// until it waits.
type Waiters = Arc<Mutex<Vec<Arc<Notify>>>>;

/// A queued write. It is executed even if nothing waits for it.
#[derive(Debug)]
pub struct Pending<T>(oneshot::Receiver<Result<T, StoreError>>);

impl<T> Pending<T> {
    /// Waits for the commit, and returns the result of the write.
    ///
    /// # Errors
    /// Returns an error if the write failed or was not committed. Nothing has changed then.
    pub async fn committed(self) -> Result<T, StoreError> {
        self.0.await.map_err(|_| StoreError::NotCommitted)?
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Change(_) => "Change",
            Self::Close(_) => "Close",
        })
    }
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (requests, waiting) = mpsc::channel(limits::STORE_WRITES_MAX);
        let waiters = Waiters::default();
        std::thread::Builder::new()
            .name("codex-bridge-store".to_owned())
            .spawn({
                let waiters = Arc::clone(&waiters);
                move || run(connection, waiting, &waiters)
            })
            .map_err(|_| StoreError::NotCommitted)?;
        Ok(Self { requests, waiters })
    }

    pub(super) fn committed(&self) -> Arc<Notify> {
        let committed = Arc::new(Notify::new());
        self.waiters.lock().push(Arc::clone(&committed));
        committed
    }

    /// Queues a change, and returns a handle that waits for its commit.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Pending<T>, StoreError> {
        let (reply, outcome) = oneshot::channel();
        let change: Change = Box::new(move |group| {
            // Each change has a savepoint, so that a failed change does not undo the others of its group.
            let done = group.savepoint().map_err(StoreError::from).and_then(|savepoint| {
                let value = change(&savepoint)?;
                savepoint.commit()?;
                Ok(value)
            });
            Box::new(move |committed| {
                if reply.send(committed.and(done)).is_err() {
                    tracing::debug!("the caller of a write was dropped; the write is committed anyway");
                }
            })
        });
        self.requests.send(Request::Change(change)).await.map_err(|_| StoreError::NotCommitted)?;
        Ok(Pending(outcome))
    }

    /// Commits the waiting changes, and ends the thread. Later writes fail.
    pub(super) async fn close(&self) {
        let (closed, waited) = oneshot::channel();
        if self.requests.send(Request::Close(closed)).await.is_ok() && waited.await.is_err() {
            tracing::debug!("the writer of the database had already ended");
        }
    }
}

fn run(mut connection: Connection, mut waiting: mpsc::Receiver<Request>, waiters: &Waiters) {
    let mut closed = None;
    while let Some(first) = waiting.blocking_recv() {
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(request) = next {
            match request {
                Request::Change(change) => group.push(change),
                Request::Close(reply) => {
                    closed = Some(reply);
                    waiting.close();
                }
            }
            next = if group.len() < limits::STORE_GROUP_MAX { waiting.try_recv().ok() } else { None };
        }
        if !group.is_empty() {
            commit(&mut connection, group);
            let mut waiters = waiters.lock();
            // If a waiter was dropped, ours is the only reference.
            waiters.retain(|waiter| Arc::strong_count(waiter) > 1);
            waiters.iter().for_each(|waiter| waiter.notify_one());
        }
    }
    drop(connection);
    if let Some(closed) = closed
        && closed.send(()).is_err()
    {
        tracing::debug!("the caller that closes the database was dropped");
    }
}

fn commit(connection: &mut Connection, group: Vec<Change>) {
    let mut answers = Vec::with_capacity(group.len());
    let committed = (|| {
        let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for change in group {
            answers.push(change(&mut transaction));
        }
        transaction.commit()?;
        Ok::<(), StoreError>(())
    })();
    if let Err(error) = &committed {
        tracing::error!(%error, "a write to the database failed");
    }
    for answer in answers {
        answer(committed.clone());
    }
}
