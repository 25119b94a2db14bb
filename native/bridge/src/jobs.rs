//! The jobs of this bridge process while they run, and all jobs once they are stored.
//!
//! A [`LiveJob`] is the only way to change a job: the changed state is committed first and shown afterwards. What was
//! last heard of Codex ([`Progress`]) is shown at once and stored with the next step, because a write for each streamed
//! word would cost more than the word.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use codex::rpc::Notification;
use model::clock::Timestamp;
use model::event::EventSubject;
use model::ids::{InstanceId, JobId};
use model::job::{FailureCode, Job, JobEvent, NewJob, Progress, Refusal};
use model::limits;
use parking_lot::{Mutex as SyncMutex, MutexGuard};
use store::{JobCounts, JobPage, JobQuery, Store, StoreError};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::events::Events;

/// All jobs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Jobs {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    events: Events,
    instance_id: InstanceId,
    live: SyncMutex<HashMap<JobId, Arc<LiveJob>>>,
    running: watch::Sender<usize>,
    counts: SyncMutex<Option<(Instant, JobCounts)>>,
}

/// One unfinished job of this bridge process.
#[derive(Debug)]
pub struct LiveJob {
    /// Its id.
    pub job_id: JobId,
    state: watch::Sender<Job>,
    progress: SyncMutex<Progress>,
    /// Held while a change is being committed, so that changes follow one another.
    changing: Mutex<()>,
    cancel_requested: CancellationToken,
    cancel_reason: OnceLock<FailureCode>,
    /// Jobs whose messages joined its turn; they end as it does.
    joined: Mutex<Vec<Arc<LiveJob>>>,
    jobs: Jobs,
}

impl Jobs {
    /// The jobs of `store`, those of `instance_id` being this process's own.
    #[must_use]
    pub fn new(store: Store, events: Events, instance_id: InstanceId) -> Self {
        let inner = Inner {
            store,
            events,
            instance_id,
            live: SyncMutex::default(),
            running: watch::Sender::new(0),
            counts: SyncMutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Records a new job. `message` is all that is needed to dispatch it, as JSON.
    ///
    /// # Errors
    /// [`StoreError`]; there is no job then.
    pub async fn create(&self, new: NewJob, message: String) -> Result<Arc<LiveJob>, StoreError> {
        let job = Job::new(new, Timestamp::now());
        self.inner.store.insert_job(&self.inner.instance_id, &job, message).await?;
        Ok(self.track(job))
    }

    /// Takes over the unfinished jobs of bridge processes of which `is_alive` says that they are gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn adopt_orphans(
        &self,
        is_alive: impl Fn(&str) -> bool,
    ) -> Result<Vec<Arc<LiveJob>>, StoreError> {
        let mut adopted = Vec::new();
        for (owner, job) in self.inner.store.unfinished_jobs_of_others(&self.inner.instance_id).await? {
            if is_alive(&owner) {
                continue;
            }
            match self.inner.store.adopt_job(&job.job_id, &owner, &self.inner.instance_id).await {
                Ok(true) => adopted.push(self.track(job)),
                Ok(false) => {}
                // The next look finds it again; those adopted so far must not be lost.
                Err(error) => tracing::error!(%error, job_id = %job.job_id, "cannot adopt a job"),
            }
        }
        Ok(adopted)
    }

    fn track(&self, job: Job) -> Arc<LiveJob> {
        let live = Arc::new(LiveJob {
            job_id: job.job_id.clone(),
            progress: SyncMutex::new(job.progress.clone()),
            state: watch::Sender::new(job),
            changing: Mutex::default(),
            cancel_requested: CancellationToken::new(),
            cancel_reason: OnceLock::new(),
            joined: Mutex::default(),
            jobs: self.clone(),
        });
        let mut all = self.live();
        all.insert(live.job_id.clone(), Arc::clone(&live));
        self.inner.running.send_replace(all.len());
        drop(all);
        self.forget_counts();
        live
    }

    /// One job.
    ///
    /// # Errors
    /// [`Error::JobNotFound`].
    pub async fn get(&self, job_id: &JobId) -> Result<Job, Error> {
        self.find(job_id).await?.ok_or(Error::JobNotFound)
    }

    /// One job, if there is such a one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find(&self, job_id: &JobId) -> Result<Option<Job>, StoreError> {
        if let Some(live) = self.live_job(job_id) {
            return Ok(Some(live.view()));
        }
        self.inner.store.job(job_id).await
    }

    /// One job, as soon as it ended, or as it is after `limit`.
    ///
    /// # Errors
    /// [`Error::JobNotFound`].
    pub async fn wait(&self, job_id: &JobId, limit: Duration) -> Result<Job, Error> {
        let deadline = Instant::now() + limit;
        if let Some(live) = self.live_job(job_id) {
            let mut state = live.state.subscribe();
            let ended = state.wait_for(|job| job.status.is_end());
            return match tokio::time::timeout_at(deadline, ended).await {
                Ok(_) | Err(_) => Ok(live.view()),
            };
        }
        // It has ended, or runs in another bridge process, of which only the database tells.
        loop {
            let job = self.get(job_id).await?;
            if job.status.is_end() || Instant::now() >= deadline {
                return Ok(job);
            }
            tokio::time::sleep_until(deadline.min(Instant::now() + limits::FOREIGN_JOB_INTERVAL)).await;
        }
    }

    /// Jobs, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self, query: JobQuery) -> Result<JobPage, StoreError> {
        let mut page = self.inner.store.jobs(query).await?;
        for job in &mut page.jobs {
            if let Some(live) = self.live_job(&job.job_id) {
                *job = live.view();
            }
        }
        Ok(page)
    }

    /// How many jobs are in which state; at most a second old, as other bridge processes may write, too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn counts(&self) -> Result<JobCounts, StoreError> {
        if let Some((counted_at, counts)) = &*self.cached_counts()
            && counted_at.elapsed() < limits::COUNTS_AGE_MAX
        {
            return Ok(counts.clone());
        }
        let counted_at = Instant::now();
        let counts = self.inner.store.job_counts().await?;
        *self.cached_counts() = Some((counted_at, counts.clone()));
        Ok(counts)
    }

    /// The number of unfinished jobs of this process, and its changes.
    #[must_use]
    pub fn running(&self) -> watch::Receiver<usize> {
        self.inner.running.subscribe()
    }

    /// What happens.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.inner.events
    }

    /// What the jobs are kept in.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// An unfinished job of this process.
    #[must_use]
    pub fn live_job(&self, job_id: &JobId) -> Option<Arc<LiveJob>> {
        self.live().get(job_id).cloned()
    }

    /// The unfinished jobs of this process, in no order.
    #[must_use]
    pub fn live_views(&self) -> Vec<Job> {
        self.live().values().map(|job| job.view()).collect()
    }

    fn live(&self) -> MutexGuard<'_, HashMap<JobId, Arc<LiveJob>>> {
        self.inner.live.lock()
    }

    fn cached_counts(&self) -> MutexGuard<'_, Option<(Instant, JobCounts)>> {
        self.inner.counts.lock()
    }

    fn forget_counts(&self) {
        *self.cached_counts() = None;
    }
}

impl LiveJob {
    /// Its present state.
    #[must_use]
    pub fn view(&self) -> Job {
        let mut job = self.state.borrow().clone();
        job.progress = self.progress().clone();
        job
    }

    /// Changes it by one step: commits, then shows. A step that the state does not allow changes nothing.
    ///
    /// # Errors
    /// [`StoreError`]; nothing changed then.
    pub async fn step(
        &self,
        step: impl FnOnce(&mut Job, Timestamp) -> Result<JobEvent, Refusal>,
    ) -> Result<Result<Job, Refusal>, StoreError> {
        let _changing = self.changing.lock().await;
        let mut job = self.view();
        match step(&mut job, Timestamp::now()) {
            Ok(event) => self.commit(&job, Some(event)).await.map(|()| Ok(job)),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// Changes a side fact that is no step of its life.
    ///
    /// # Errors
    /// [`StoreError`]; nothing changed then.
    pub async fn note(&self, change: impl FnOnce(&mut Job, Timestamp)) -> Result<(), StoreError> {
        let _changing = self.changing.lock().await;
        let mut job = self.view();
        change(&mut job, Timestamp::now());
        self.commit(&job, None).await
    }

    async fn commit(&self, job: &Job, event: Option<JobEvent>) -> Result<(), StoreError> {
        let inner = &self.jobs.inner;
        inner.store.update_job(&inner.instance_id, job, event).await?;
        self.state.send_replace(job.clone());
        if event.is_some() {
            self.jobs.forget_counts();
        }
        if job.status.is_end() {
            let mut live = self.jobs.live();
            live.remove(&self.job_id);
            self.jobs.inner.running.send_replace(live.len());
        }
        Ok(())
    }

    /// Asks whoever runs the job to end it; `because` becomes its failure's code. The first reason stays.
    pub fn request_cancel(&self, reason: FailureCode) {
        // A second reason changes nothing.
        let _ = self.cancel_reason.set(reason);
        self.cancel_requested.cancel();
    }

    /// Completes when the job was called off.
    pub async fn cancel_requested(&self) {
        self.cancel_requested.cancelled().await;
    }

    /// Why the job was called off, if it was.
    #[must_use]
    pub fn cancel_reason(&self) -> Option<FailureCode> {
        self.cancel_reason.get().copied()
    }

    /// The jobs whose messages joined its turn. Held while one more is about to join, so that it is not missed at the end.
    pub async fn joined(&self) -> tokio::sync::MutexGuard<'_, Vec<Arc<LiveJob>>> {
        self.joined.lock().await
    }

    /// Takes the jobs that joined its turn, which has ended.
    pub async fn take_joined(&self) -> Vec<Arc<LiveJob>> {
        std::mem::take(&mut *self.joined.lock().await)
    }

    /// The job as soon as `is_so` holds of it, or as it ended.
    pub async fn wait_for(&self, is_so: impl Fn(&Job) -> bool) -> Job {
        let mut state = self.state.subscribe();
        // An error means that the job is gone, which it is once it has ended.
        let _ = state.wait_for(|job| job.status.is_end() || is_so(job)).await;
        self.view()
    }

    /// Completes when the job has ended, or its turn began.
    pub async fn started_or_ended(&self) {
        let mut state = self.state.subscribe();
        // An error means that the job is gone, which it is once it has ended.
        let _ = state.wait_for(|job| job.turn_id.is_some() || job.status.is_end()).await;
    }

    /// The ids of the items that were told of its turn.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn recorded_item_ids(&self) -> Result<HashSet<String>, StoreError> {
        self.jobs.inner.events.items_of(&self.job_id).await
    }

    /// Takes note of something that Codex told, and shows it to whoever listens.
    pub async fn observe(&self, notification: &Notification) {
        {
            let mut progress = self.progress();
            progress.event_count += 1;
            progress.last_event_at = Some(Timestamp::now());
            progress.last_event_type = Some(notification.method.clone());
            progress.last_event = Some(notification.identity());
        }
        let subject = || {
            let job = self.state.borrow();
            EventSubject {
                job_id: Some(self.job_id.clone()),
                conversation_id: job.conversation_id.clone(),
                lane_id: job.lane_id.clone(),
            }
        };
        self.jobs.inner.events.of_codex(subject, notification).await;
    }

    /// Takes note of the Codex process's last words.
    pub fn observe_stderr(&self, line: Option<String>) {
        self.progress().last_stderr = line;
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock()
    }
}
