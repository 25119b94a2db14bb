//! The operations of `/debug`: simulated approvals and turn ends, for tests of the clients that listen to
//! them, and the cleanup of lanes that claim to be active although nothing runs on them.

use model::approval::{Approval, ApprovalSource};
use model::ids::LaneId;
use model::job::Job;
use model::lane::Lane;
use store::{LaneQuery, OwnedLane};

use super::Lanes;
use crate::approvals::Withdrawn;
use crate::error::Error;

/// The kinds of stale lanes to clear.
#[derive(Debug, Clone, Copy)]
pub struct StaleLanes {
    /// Lanes with a simulated turn.
    pub simulations: bool,
    /// Lanes whose turn has ended or was never sent, and that no task follows.
    pub orphaned_turns: bool,
}

/// The ids of the lanes that were cleared.
#[derive(Debug, Default)]
pub struct ClearedLanes {
    /// Lanes that had a simulated turn.
    pub simulations: Vec<String>,
    /// Lanes whose turn was gone.
    pub orphaned_turns: Vec<String>,
}

impl Lanes {
    /// Simulates an approval of a lane. It belongs to the lane's turn if one runs in this process. Otherwise
    /// the lane becomes active and needs an approval.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`], and [`Error::LaneConflict`] when the lane's turn runs in another bridge
    /// process.
    pub async fn simulate_approval(
        &self,
        lane_id: &LaneId,
        source: ApprovalSource,
        reason: Option<String>,
    ) -> Result<(Lane, Approval), Error> {
        let lane = self.get(lane_id).await?;
        let approvals = &self.inner.approvals;
        if let Some(job) = lane.active_job_id.as_ref().and_then(|job_id| self.inner.jobs.live_job(job_id)) {
            let (approval, _) = approvals.simulate(&lane, source, reason, Some(job)).await?;
            return Ok((lane, approval));
        }
        let lane = self.step(lane_id, Lane::simulate_approval).await?;
        let (approval, resolved) = approvals.simulate(&lane, source, reason, None).await?;
        let (this, lane_id, stopping) = (self.clone(), lane.lane_id.clone(), self.inner.stopping.clone());
        self.inner.tasks.spawn(async move {
            tokio::select! {
                () = resolved.cancelled() => {}
                () = stopping.cancelled() => return,
            }
            match this.step(&lane_id, Lane::simulate_answer).await {
                // A conflict means that the simulation has ended.
                Ok(_) | Err(Error::LaneConflict { .. } | Error::LaneNotFound) => {}
                Err(error) => tracing::error!(%error, %lane_id, "cannot continue a simulated turn"),
            }
        });
        Ok((lane, approval))
    }

    /// Simulates the successful end of a lane's work.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`], and [`Error::LaneConflict`] while a real turn runs.
    pub async fn simulate_completion(&self, lane_id: &LaneId, note: Option<String>) -> Result<Lane, Error> {
        let lane = self.step(lane_id, move |lane, now| lane.simulate_end(note.as_deref(), now)).await?;
        self.inner.approvals.withdraw(Withdrawn::Simulated(lane_id)).await;
        Ok(lane)
    }

    /// Clears the stale lanes of this process and of bridge processes that are gone.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn clear_stale(&self, stale: StaleLanes) -> Result<ClearedLanes, Error> {
        let query = LaneQuery { limit: u32::MAX, ..LaneQuery::default() };
        let mut cleared = ClearedLanes::default();
        for OwnedLane { lane, instance_id } in self.inner.store.lanes(query).await? {
            let is_ours = instance_id == self.inner.instance_id;
            if !lane.status.is_active() || (!is_ours && self.inner.peers.is_alive(&instance_id)) {
                continue;
            }
            let lane_id = lane.lane_id.clone();
            match &lane.active_job_id {
                None if stale.simulations => {
                    self.end_simulation(&lane_id, "the simulation was cleared").await?;
                    cleared.simulations.push(lane_id.into());
                }
                Some(job_id) if stale.orphaned_turns && !self.inner.starting.has(&lane_id) => {
                    let job = self.inner.jobs.find(job_id).await?;
                    if self.clear_orphaned_turn(&lane, job).await? {
                        cleared.orphaned_turns.push(lane_id.into());
                    }
                }
                _ => {}
            }
        }
        Ok(cleared)
    }

    /// Ends a simulated turn that nothing will continue.
    pub(super) async fn end_simulation(&self, lane_id: &LaneId, why: &'static str) -> Result<(), Error> {
        match self.step(lane_id, |lane, now| lane.lose_simulation(why, now)).await {
            // A conflict means that it has already ended.
            Ok(_) | Err(Error::LaneConflict { .. } | Error::LaneNotFound) => {}
            Err(error) => return Err(error),
        }
        self.inner.approvals.withdraw(Withdrawn::Simulated(lane_id)).await;
        Ok(())
    }

    /// Applies the outcome of its turn to a lane. Returns whether the turn had ended.
    async fn clear_orphaned_turn(&self, lane: &Lane, job: Option<Job>) -> Result<bool, Error> {
        let stepped = match job {
            Some(job) if !job.status.is_end() => return Ok(false),
            Some(job) => self.step(&lane.lane_id, move |lane, now| lane.follow(&job, now)).await,
            None => self.step(&lane.lane_id, |lane, now| lane.lose_job("its turn was never sent", now)).await,
        };
        // A verification may remain to be run, as after any turn.
        self.follow_in_background(&lane.lane_id);
        match stepped {
            Ok(_) => Ok(true),
            Err(Error::LaneConflict { .. } | Error::LaneNotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
