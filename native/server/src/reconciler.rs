//! Periodic work of a bridge: recovering the jobs and approvals of dead bridge processes, storing the
//! progress of jobs, and pruning the history.

use std::time::Duration;

use bridge::approvals::Approvals;
use bridge::conversations::Conversations;
use bridge::instance::Peers;
use bridge::jobs::Jobs;
use model::clock::Timestamp;
use model::limits;
use store::Store;
use tokio_util::sync::CancellationToken;

/// Ends or follows the jobs, and expires the approvals, of bridge processes that died.
pub(crate) struct Reconciler {
    pub(crate) jobs: Jobs,
    pub(crate) approvals: Approvals,
    pub(crate) conversations: Conversations,
    pub(crate) peers: Peers,
}

impl Reconciler {
    /// Reconciles at regular intervals until the bridge stops.
    pub(crate) async fn run(self, stopping: CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(limits::RECONCILE_INTERVAL) => {}
                () = stopping.cancelled() => return,
            }
            self.reconcile().await;
        }
    }

    /// Reconciles once.
    pub(crate) async fn reconcile(&self) {
        match self.jobs.adopt_orphans(|id| self.peers.is_alive(id)).await {
            Ok(orphans) => {
                for job in orphans {
                    tracing::info!(
                        job_id = %job.job_id,
                        "recovering a job whose bridge process ended"
                    );
                    self.conversations.recover(job).await;
                }
            }
            Err(error) => tracing::error!(%error, "cannot read the unfinished jobs of other processes"),
        }
        if let Err(error) = self.approvals.expire_orphans(|id| self.peers.is_alive(id)).await {
            tracing::error!(%error, "cannot expire the approvals of dead processes");
        }
    }
}

/// Stores the progress of running jobs at regular intervals until the bridge stops.
pub(crate) async fn store_progress(jobs: Jobs, stopping: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(limits::PROGRESS_STORE_INTERVAL) => {}
            () = stopping.cancelled() => return,
        }
        jobs.store_progress().await;
    }
}

/// Deletes records that exceed the limits of the settings, at regular intervals until the bridge stops.
pub(crate) async fn prune(store: Store, age_max: Duration, jobs_max: u32, stopping: CancellationToken) {
    loop {
        let created_before = Timestamp::now().before(age_max);
        let keys_before = Timestamp::now().before(limits::IDEMPOTENCY_AGE_MAX);
        if let Err(error) = store.prune_by_age(created_before, keys_before).await {
            tracing::error!(%error, "cannot prune events and idempotency keys");
        }
        let ended_before = Timestamp::now().before(limits::DELIVERIES_AGE_MAX);
        if let Err(error) = store.prune_deliveries(ended_before, limits::DELIVERIES_KEPT_MAX).await {
            tracing::error!(%error, "cannot prune deliveries");
        }
        match store.prune_jobs(created_before, jobs_max).await {
            Ok(0) => {}
            Ok(jobs) => tracing::info!(jobs, "deleted old jobs"),
            Err(error) => tracing::error!(%error, "cannot prune jobs"),
        }
        tokio::select! {
            () = tokio::time::sleep(limits::PRUNE_INTERVAL) => {}
            () = stopping.cancelled() => return,
        }
    }
}
