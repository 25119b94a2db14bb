//! The unfinished jobs of this bridge process, and all stored jobs.
//!
//! A job is changed only through its [`LiveJob`], which commits the changed state before it shows it. What
//! Codex reports ([`Progress`], [`LastNotification`]) is shown at once. It is stored with the next step and
//! by [`Jobs::store_progress`], because a write for each streamed word would cost more than the word.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use codex::rpc::Notification;
use codex::turn::TurnRecord;
use model::clock::Timestamp;
use model::event::EventSubject;
use model::ids::{InstanceId, JobId};
use model::job::{FailureCode, Job, JobEvent, LastNotification, NewJob, Progress, Refusal};
use model::limits;
use parking_lot::{Mutex as SyncMutex, MutexGuard};
use store::{JobCounts, JobDocument, JobPage, JobQuery, Store, StoreError};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::events::Events;

/// The jobs of a data directory. Cheap to clone.
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

/// An unfinished job of this bridge process.
#[derive(Debug)]
pub struct LiveJob {
    /// The id of the job.
    pub job_id: JobId,
    state: watch::Sender<Job>,
    /// The record of what the turns of the job have produced so far.
    record: SyncMutex<TurnRecord>,
    last_notification: SyncMutex<LastNotification>,
    /// Held while a change is being committed, so that changes are serialized.
    changing: Mutex<()>,
    cancel_requested: CancellationToken,
    cancel_reason: OnceLock<FailureCode>,
    /// Jobs whose messages joined the turn of this job. They end as it does.
    joined: Mutex<Vec<Arc<LiveJob>>>,
    jobs: Jobs,
}

impl Jobs {
    /// Creates the jobs of `store`, of which this process owns those of `instance_id`.
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

    /// Records a new job. `message` is JSON with everything that is needed to dispatch the job.
    ///
    /// # Errors
    /// [`StoreError`] if the job could not be stored. It does not exist then.
    pub async fn create(&self, new: NewJob, message: String) -> Result<Arc<LiveJob>, StoreError> {
        let job = Job::new(new, Timestamp::now());
        self.inner.store.insert_job(&self.inner.instance_id, &job, message).await?;
        Ok(self.track(job))
    }

    /// Takes over the unfinished jobs of the bridge processes that are not alive according to `is_alive`.
    ///
    /// # Errors
    /// [`StoreError`] if the unfinished jobs cannot be read. A job that cannot be adopted is logged and
    /// skipped.
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
                // The next attempt finds it again. The jobs that are already adopted must not be lost.
                Err(error) => tracing::error!(%error, job_id = %job.job_id, "cannot adopt a job"),
            }
        }
        Ok(adopted)
    }

    fn track(&self, job: Job) -> Arc<LiveJob> {
        let live = Arc::new(LiveJob {
            job_id: job.job_id.clone(),
            record: SyncMutex::new(job.progress.clone().map(Progress::into_record).unwrap_or_default()),
            last_notification: SyncMutex::new(job.last_notification.clone()),
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

    /// Returns a job.
    ///
    /// # Errors
    /// [`Error::JobNotFound`] if the job does not exist.
    pub async fn get(&self, job_id: &JobId) -> Result<Job, Error> {
        self.find(job_id).await?.ok_or(Error::JobNotFound)
    }

    /// Returns a job, or `None` if it does not exist.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn find(&self, job_id: &JobId) -> Result<Option<Job>, StoreError> {
        if let Some(live) = self.live_job(job_id) {
            return Ok(Some(live.view()));
        }
        self.inner.store.job(job_id).await
    }

    /// Waits until a job has ended, for at most `limit`, and returns its state.
    ///
    /// # Errors
    /// [`Error::JobNotFound`] if the job does not exist.
    pub async fn wait(&self, job_id: &JobId, limit: Duration) -> Result<Job, Error> {
        let deadline = Instant::now() + limit;
        if let Some(live) = self.live_job(job_id) {
            let mut state = live.state.subscribe();
            let ended = state.wait_for(|job| job.status.is_end());
            return match tokio::time::timeout_at(deadline, ended).await {
                Ok(_) | Err(_) => Ok(live.view()),
            };
        }
        // The job has ended, or it runs in another bridge process, whose progress is visible only in the
        // database.
        loop {
            let job = self.get(job_id).await?;
            if job.status.is_end() || Instant::now() >= deadline {
                return Ok(job);
            }
            tokio::time::sleep_until(deadline.min(Instant::now() + limits::FOREIGN_JOB_INTERVAL)).await;
        }
    }

    /// Returns a page of jobs, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn list(&self, query: JobQuery) -> Result<JobPage, StoreError> {
        let mut page = self.inner.store.jobs(query).await?;
        for job in &mut page.jobs {
            if let Some(live) = self.live_job(&job.job_id) {
                *job = JobDocument::of(&live.view())?;
            }
        }
        Ok(page)
    }

    /// Returns the number of jobs in each state. The counts are up to a second old, because other bridge
    /// processes write jobs too.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
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

    /// Returns a receiver of the number of unfinished jobs of this process.
    #[must_use]
    pub fn running(&self) -> watch::Receiver<usize> {
        self.inner.running.subscribe()
    }

    /// Returns the event log in which the jobs are recorded.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.inner.events
    }

    /// Returns the database that stores the jobs.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Returns an unfinished job of this process.
    #[must_use]
    pub fn live_job(&self, job_id: &JobId) -> Option<Arc<LiveJob>> {
        self.live().get(job_id).cloned()
    }

    /// Returns the unfinished jobs of this process in no particular order.
    #[must_use]
    pub fn live_views(&self) -> Vec<Job> {
        self.live().values().map(|job| job.view()).collect()
    }

    /// Stores what Codex has sent for the unfinished jobs since they were stored. Then other processes can
    /// show it, and the next start of the bridge continues from there.
    pub async fn store_progress(&self) {
        let news: Vec<_> = self.live().values().filter(|job| job.has_news()).cloned().collect();
        for job in news {
            if let Err(error) = job.note_while_unfinished().await {
                tracing::warn!(%error, job_id = %job.job_id, "cannot store the progress of a job");
            }
        }
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
    /// Returns the current state of the job.
    #[must_use]
    pub fn view(&self) -> Job {
        let mut job = self.state.borrow().clone();
        job.last_notification = self.last_notification().clone();
        if !job.status.is_end() {
            job.progress = Progress::of(&self.record());
        }
        job
    }

    /// Locks the record of what the turns of the job have produced so far.
    pub fn record(&self) -> MutexGuard<'_, TurnRecord> {
        self.record.lock()
    }

    /// Applies a state transition: commits it with its event, then shows it. A refused transition changes
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the transition could not be committed. Nothing has changed then.
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

    /// Updates a field without a state transition. Records no event.
    ///
    /// # Errors
    /// [`StoreError`] if the change could not be committed. Nothing has changed then.
    pub async fn note(&self, change: impl FnOnce(&mut Job, Timestamp)) -> Result<(), StoreError> {
        let _changing = self.changing.lock().await;
        let mut job = self.view();
        change(&mut job, Timestamp::now());
        self.commit(&job, None).await
    }

    /// Stores the job as it is, unless it has ended.
    async fn note_while_unfinished(&self) -> Result<(), StoreError> {
        let _changing = self.changing.lock().await;
        let job = self.view();
        if job.status.is_end() { Ok(()) } else { self.commit(&job, None).await }
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

    /// Requests the cancellation of the job. `reason` becomes the code of its failure. Only the first reason
    /// counts.
    pub fn request_cancel(&self, reason: FailureCode) {
        // An error means that there is already a reason.
        let _ = self.cancel_reason.set(reason);
        self.cancel_requested.cancel();
    }

    /// Completes when the cancellation of the job is requested.
    pub async fn cancel_requested(&self) {
        self.cancel_requested.cancelled().await;
    }

    /// Returns why the cancellation of the job was requested, or `None` if it was not.
    #[must_use]
    pub fn cancel_reason(&self) -> Option<FailureCode> {
        self.cancel_reason.get().copied()
    }

    /// Locks the list of jobs whose messages joined the turn of this job. The lock is held while another job
    /// is about to join, so that it is not missed when the turn ends.
    pub async fn joined(&self) -> tokio::sync::MutexGuard<'_, Vec<Arc<LiveJob>>> {
        self.joined.lock().await
    }

    /// Takes the jobs that joined the turn, which has ended.
    pub async fn take_joined(&self) -> Vec<Arc<LiveJob>> {
        std::mem::take(&mut *self.joined.lock().await)
    }

    /// Waits until `condition` is true of the job or the job has ended, and returns its state.
    pub async fn wait_for(&self, condition: impl Fn(&Job) -> bool) -> Job {
        let mut state = self.state.subscribe();
        // An error means that the job has ended and was dropped.
        let _ = state.wait_for(|job| job.status.is_end() || condition(job)).await;
        self.view()
    }

    /// Completes when the turn of the job has started or the job has ended.
    pub async fn started_or_ended(&self) {
        let mut state = self.state.subscribe();
        // An error means that the job has ended and was dropped.
        let _ = state.wait_for(|job| job.turn_id.is_some() || job.status.is_end()).await;
    }

    /// Returns the ids of the items of the job's turn that the event log contains.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn recorded_item_ids(&self) -> Result<HashSet<String>, StoreError> {
        self.jobs.inner.events.item_ids(&self.job_id).await
    }

    /// Counts a notification of Codex as the job's last one and publishes it to the listeners.
    pub async fn observe(&self, notification: &Notification) {
        {
            let mut last = self.last_notification();
            last.event_count += 1;
            last.last_event_at = Some(Timestamp::now());
            last.last_event_type = Some(notification.method.clone());
            last.last_event = Some(notification.identity());
        }
        let subject = || {
            let job = self.state.borrow();
            EventSubject {
                job_id: Some(self.job_id.clone()),
                conversation_id: job.conversation_id.clone(),
                lane_id: job.lane_id.clone(),
            }
        };
        self.jobs.inner.events.handle_codex(subject, notification).await;
    }

    /// Stores the last line that the Codex process wrote to stderr.
    pub fn observe_stderr(&self, line: Option<String>) {
        self.last_notification().last_stderr = line;
    }

    /// Reports whether Codex has sent anything since the job was stored.
    fn has_news(&self) -> bool {
        self.state.borrow().last_notification.event_count != self.last_notification().event_count
    }

    fn last_notification(&self) -> MutexGuard<'_, LastNotification> {
        self.last_notification.lock()
    }
}
