//! What `/debug` does: approvals and ends of turns that are made up, to see what listens to them work; and the clean-up of
//! lanes that say that they work although nothing does.

use model::approval::{Approval, ApprovalSource};
use model::ids::{JobId, LaneId};
use model::job::Job;
use model::lane::Lane;
use store::{LaneQuery, OwnedLane};

use super::Lanes;
use crate::approvals::Withdrawn;
use crate::error::Error;

/// What of the stale is cleared.
#[derive(Debug, Clone, Copy)]
pub struct Stale {
    /// Lanes that rehearse.
    pub rehearsals: bool,
    /// Lanes whose turn has ended or was never sent, and nobody follows it.
    pub orphaned_turns: bool,
}

/// What was cleared: ids of lanes.
#[derive(Debug, Default)]
pub struct Reconciled {
    /// Lanes that rehearsed.
    pub rehearsals: Vec<String>,
    /// Lanes whose turn was gone.
    pub orphaned_turns: Vec<String>,
}

impl Lanes {
    /// Makes up an approval for a lane: of its turn where one runs, else the lane says that it needs one.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`], [`Error::LaneConflict`] when its turn runs in another bridge process.
    pub async fn make_up_approval(
        &self,
        lane_id: &LaneId,
        source: ApprovalSource,
        reason: Option<String>,
    ) -> Result<(Lane, Approval), Error> {
        let lane = self.get(lane_id).await?;
        let approvals = &self.inner.approvals;
        if let Some(job) =
            lane.active_job_id.as_deref().and_then(|job_id| self.inner.jobs.live_job(&JobId::from(job_id)))
        {
            let (approval, _) = approvals.make_up(&lane, source, reason, Some(job)).await?;
            return Ok((lane, approval));
        }
        let lane = self.step(lane_id, Lane::simulate_approval).await?;
        let (approval, resolved) = approvals.make_up(&lane, source, reason, None).await?;
        let (this, lane_id, stopping) = (self.clone(), lane.lane_id.clone(), self.inner.stopping.clone());
        self.inner.tasks.spawn(async move {
            tokio::select! {
                () = resolved.cancelled() => {}
                () = stopping.cancelled() => return,
            }
            match this.step(&lane_id, Lane::simulate_answer).await {
                // The rehearsal is over.
                Ok(_) | Err(Error::LaneConflict { .. } | Error::LaneNotFound) => {}
                Err(error) => tracing::error!(%error, %lane_id, "cannot go on with a rehearsal"),
            }
        });
        Ok((lane, approval))
    }

    /// Makes up the good end of a lane's work.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`], [`Error::LaneConflict`] while a real turn runs.
    pub async fn make_up_end(&self, lane_id: &LaneId, note: Option<String>) -> Result<Lane, Error> {
        let lane = self.step(lane_id, move |lane, now| lane.simulate_end(note.as_deref(), now)).await?;
        self.inner.approvals.withdraw(Withdrawn::MadeUp(lane_id)).await;
        Ok(lane)
    }

    /// Clears what is stale, of this process and of those that are gone.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn reconcile(&self, stale: Stale) -> Result<Reconciled, Error> {
        let query = LaneQuery { limit: u32::MAX, ..LaneQuery::default() };
        let mut reconciled = Reconciled::default();
        for OwnedLane { lane, instance_id } in self.inner.store.lanes(query).await? {
            let is_ours = instance_id == self.inner.instance_id;
            if !lane.status.is_active() || (!is_ours && self.inner.peers.is_alive(&instance_id)) {
                continue;
            }
            let lane_id = lane.lane_id.clone();
            match &lane.active_job_id {
                None if stale.rehearsals => {
                    self.end_rehearsal(&lane_id, "the rehearsal was cleared").await?;
                    reconciled.rehearsals.push(lane_id.into());
                }
                Some(job_id) if stale.orphaned_turns && !self.inner.starting.has(&lane_id) => {
                    let job = self.inner.jobs.find(job_id).await?;
                    if self.clear_orphaned_turn(&lane, job).await? {
                        reconciled.orphaned_turns.push(lane_id.into());
                    }
                }
                _ => {}
            }
        }
        Ok(reconciled)
    }

    /// Ends a rehearsal that nobody goes on with.
    pub(super) async fn end_rehearsal(&self, lane_id: &LaneId, why: &'static str) -> Result<(), Error> {
        match self.step(lane_id, |lane, now| lane.lose_simulation(why, now)).await {
            // It came to an end by itself.
            Ok(_) | Err(Error::LaneConflict { .. } | Error::LaneNotFound) => {}
            Err(error) => return Err(error),
        }
        self.inner.approvals.withdraw(Withdrawn::MadeUp(lane_id)).await;
        Ok(())
    }

    /// Tells the lane what became of its turn. Returns whether that was the end of it.
    async fn clear_orphaned_turn(&self, lane: &Lane, job: Option<Job>) -> Result<bool, Error> {
        let stepped = match job {
            Some(job) if !job.status.is_end() => return Ok(false),
            Some(job) => self.step(&lane.lane_id, move |lane, now| lane.follow(&job, now)).await,
            None => self.step(&lane.lane_id, |lane, now| lane.lose_job("its turn was never sent", now)).await,
        };
        // What is left, a verification, is done as after any turn.
        self.follow_in_background(&lane.lane_id);
        match stepped {
            Ok(_) => Ok(true),
            Err(Error::LaneConflict { .. } | Error::LaneNotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
