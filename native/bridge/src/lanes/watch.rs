//! The look at all lanes: finds what a bridge process that died left unfinished, and brings lanes up to date.
//!
//! One runs when the bridge starts and at every interval; `/watch` shows it, and can ask for one, stop it and start it.

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

/// How the watcher stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WatchView {
    /// Whether it looks by itself.
    pub running: bool,
    /// Seconds between two looks.
    pub interval_sec: u64,
    /// When it last looked.
    pub last_tick_at: Option<Timestamp>,
    /// Looks since the bridge started.
    pub ticks: u64,
    /// What went wrong with the last one.
    pub last_error: Option<String>,
}

/// What one look found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tick {
    /// Lanes that were looked at.
    pub looked_at: usize,
    /// Lanes that are followed again, or whose workflow goes on.
    pub resumed: Vec<String>,
}

/// The watcher. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Watcher {
    lanes: Lanes,
    state: Arc<Mutex<WatchView>>,
    changed: Arc<Notify>,
}

impl Watcher {
    /// A watcher of `lanes`, which looks by itself once [`Self::run`] runs.
    #[must_use]
    pub fn new(lanes: Lanes) -> Self {
        let state = WatchView {
            running: true,
            interval_sec: limits::RECONCILE_INTERVAL.as_secs(),
            last_tick_at: None,
            ticks: 0,
            last_error: None,
        };
        Self { lanes, state: Arc::new(Mutex::new(state)), changed: Arc::default() }
    }

    /// Looks at every interval, for as long as it is polled.
    pub async fn run(self) {
        loop {
            let WatchView { running, interval_sec, .. } = self.status();
            if running && let Err(error) = self.tick().await {
                tracing::error!(%error, "cannot look at the lanes");
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(interval_sec)) => {}
                () = self.changed.notified() => {}
            }
        }
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> WatchView {
        self.state().clone()
    }

    /// Looks by itself from now on.
    pub fn start(&self, interval: Option<Duration>) -> WatchView {
        let view = {
            let mut state = self.state();
            state.running = true;
            if let Some(interval) = interval {
                state.interval_sec = interval.as_secs();
            }
            state.clone()
        };
        self.changed.notify_one();
        view
    }

    /// Looks no longer by itself.
    pub fn stop(&self) -> WatchView {
        let mut state = self.state();
        state.running = false;
        state.clone()
    }

    /// Looks now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn tick(&self) -> Result<Tick, Error> {
        let looked = self.lanes.look().await;
        let mut state = self.state();
        state.ticks += 1;
        state.last_tick_at = Some(Timestamp::now());
        state.last_error = looked.as_ref().err().map(ToString::to_string);
        looked
    }

    fn state(&self) -> MutexGuard<'_, WatchView> {
        self.state.lock()
    }
}

impl Lanes {
    /// Goes on with what was left unfinished: by this process, or by one that is gone.
    async fn look(&self) -> Result<Tick, Error> {
        let query = LaneQuery { limit: u32::MAX, ..LaneQuery::default() };
        let lanes = self.inner.store.lanes(query).await?;
        let mut tick = Tick { looked_at: lanes.len(), resumed: Vec::new() };
        for OwnedLane { lane, instance_id } in lanes {
            let is_ours = instance_id == self.inner.instance_id;
            if !is_ours && self.inner.peers.is_alive(&instance_id) {
                continue;
            }
            let lane_id = lane.lane_id.clone();
            if lane.is_simulated() && !is_ours {
                self.end_rehearsal(&lane_id, "the bridge that rehearsed it has ended").await?;
            } else if lane.active_job_id.is_some()
                && lane.status.is_active()
                && !self.inner.followed.has(&lane_id)
                && !self.inner.starting.has(&lane_id)
            {
                self.follow_in_background(&lane_id);
                tick.resumed.push(lane_id.clone().into());
            }
            if lane.workflow.is_some() && !is_ours && !self.inner.starting.has(&lane_id) {
                self.go_on_in_background(lane);
                tick.resumed.push(lane_id.into());
            }
        }
        Ok(tick)
    }
}
