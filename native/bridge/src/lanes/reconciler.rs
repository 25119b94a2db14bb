//! The lane reconciler: finds the work that a dead bridge process left unfinished, and brings lanes up to
//! date.
//!
//! A reconciliation runs when the bridge starts and then at every interval. The routes under `/watch` show
//! its state, run it once, pause it and resume it.

use std::sync::Arc;
use std::time::Duration;

use model::clock::Timestamp;
use model::limits;
use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;
use store::{LaneQuery, OwnedLane};
use tokio::sync::Notify;
use utoipa::ToSchema;

use super::Lanes;
use crate::error::Error;

/// The state of the lane reconciler.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WatchView)]
pub struct ReconcilerStatus {
    /// Whether it reconciles at every interval.
    pub running: bool,
    /// The interval between two reconciliations in seconds.
    pub interval_sec: u64,
    /// When the last reconciliation ended.
    #[serde(rename = "lastTickAt")]
    pub last_reconciled_at: Option<Timestamp>,
    /// The number of reconciliations since the bridge started.
    #[serde(rename = "ticks")]
    pub reconciliations: u64,
    /// The error of the last reconciliation, if it failed.
    pub last_error: Option<String>,
}

/// The outcome of one reconciliation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Tick)]
pub struct Reconciliation {
    /// The number of lanes that were checked.
    #[serde(rename = "lookedAt")]
    pub checked: usize,
    /// The lanes that are followed again, or whose workflow was resumed.
    pub resumed: Vec<String>,
}

/// The lane reconciler. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LaneReconciler {
    lanes: Lanes,
    status: Arc<Mutex<ReconcilerStatus>>,
    resumed: Arc<Notify>,
}

impl LaneReconciler {
    /// Creates a reconciler of `lanes`. It reconciles at every interval once [`Self::run`] is polled.
    #[must_use]
    pub fn new(lanes: Lanes) -> Self {
        let status = ReconcilerStatus {
            running: true,
            interval_sec: limits::RECONCILE_INTERVAL.as_secs(),
            last_reconciled_at: None,
            reconciliations: 0,
            last_error: None,
        };
        Self { lanes, status: Arc::new(Mutex::new(status)), resumed: Arc::default() }
    }

    /// Reconciles at every interval, for as long as the future is polled.
    pub async fn run(self) {
        loop {
            let ReconcilerStatus { running, interval_sec, .. } = self.status();
            if running && let Err(error) = self.reconcile().await {
                tracing::error!(%error, "cannot reconcile the lanes");
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(interval_sec)) => {}
                () = self.resumed.notified() => {}
            }
        }
    }

    /// Returns the current state.
    #[must_use]
    pub fn status(&self) -> ReconcilerStatus {
        self.locked_status().clone()
    }

    /// Resumes the periodic reconciliation, starting with one now. Changes the interval if one is given.
    pub fn start(&self, interval: Option<Duration>) -> ReconcilerStatus {
        let status = {
            let mut status = self.locked_status();
            status.running = true;
            if let Some(interval) = interval {
                status.interval_sec = interval.as_secs();
            }
            status.clone()
        };
        self.resumed.notify_one();
        status
    }

    /// Pauses the periodic reconciliation.
    pub fn stop(&self) -> ReconcilerStatus {
        let mut status = self.locked_status();
        status.running = false;
        status.clone()
    }

    /// Reconciles all lanes now.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn reconcile(&self) -> Result<Reconciliation, Error> {
        let outcome = self.lanes.reconcile().await;
        let mut status = self.locked_status();
        status.reconciliations += 1;
        status.last_reconciled_at = Some(Timestamp::now());
        status.last_error = outcome.as_ref().err().map(ToString::to_string);
        outcome
    }

    fn locked_status(&self) -> MutexGuard<'_, ReconcilerStatus> {
        self.status.lock()
    }
}

impl Lanes {
    /// Resumes what was left unfinished by this process or by a bridge process that is gone.
    async fn reconcile(&self) -> Result<Reconciliation, Error> {
        let query = LaneQuery { limit: u32::MAX, ..LaneQuery::default() };
        let lanes = self.inner.store.lanes(query).await?;
        let mut outcome = Reconciliation { checked: lanes.len(), resumed: Vec::new() };
        for OwnedLane { lane, instance_id } in lanes {
            let is_ours = instance_id == self.inner.instance_id;
            if !is_ours && self.inner.peers.is_alive(&instance_id) {
                continue;
            }
            let lane_id = lane.lane_id.clone();
            if lane.is_simulated() && !is_ours {
                self.end_simulation(&lane_id, "the bridge that simulated it has ended").await?;
            } else if lane.active_job_id.is_some()
                && lane.status.is_active()
                && !self.inner.followed.has(&lane_id)
                && !self.inner.starting.has(&lane_id)
            {
                self.follow_in_background(&lane_id);
                outcome.resumed.push(lane_id.clone().into());
            }
            if lane.workflow.is_some() && !is_ours && !self.inner.starting.has(&lane_id) {
                self.resume_workflow_in_background(lane);
                outcome.resumed.push(lane_id.into());
            }
        }
        Ok(outcome)
    }
}
