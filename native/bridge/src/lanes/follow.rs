//! Follows the job of a lane, and verifies the lane when the job has completed.

use model::ids::{JobId, LaneId};
use model::job::Job;
use model::lane::{Lane, LaneStatus};
use model::limits;

use super::Lanes;
use crate::error::Error;

impl Lanes {
    /// Starts to follow the lane's job, unless a task of this process already does.
    pub(super) fn follow_in_background(&self, lane_id: &LaneId) {
        let Some(claim) = self.inner.followed.claim(lane_id) else { return };
        let (this, lane_id) = (self.clone(), lane_id.to_owned());
        self.inner.tasks.spawn(async move {
            let stopping = this.inner.stopping.clone();
            tokio::select! {
                followed = this.follow(&lane_id) => if let Err(error) = followed {
                    // The next reconciliation resumes it.
                    tracing::warn!(%error, %lane_id, "stopped following a lane");
                },
                () = stopping.cancelled() => {}
            }
            drop(claim);
        });
    }

    async fn follow(&self, lane_id: &LaneId) -> Result<(), Error> {
        let mut lane = self.get(lane_id).await?;
        while let (true, Some(job_id)) = (lane.status.is_active(), lane.active_job_id.clone()) {
            if lane.status == LaneStatus::Verifying {
                let results = self.verify(&lane).await?;
                lane = self.step(lane_id, |lane, now| lane.verified(results, now)).await?;
                continue;
            }
            let job = match self.next_state(&job_id, &lane).await {
                Ok(job) => job,
                Err(Error::JobNotFound) => {
                    self.step(lane_id, |lane, now| lane.lose_job("its turn was never sent", now)).await?;
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            lane = match self.step(lane_id, move |lane, now| lane.follow(&job, now)).await {
                Ok(lane) => lane,
                // Another task took the step.
                Err(Error::LaneConflict { lane, .. }) => *lane,
                Err(error) => return Err(error),
            };
        }
        Ok(())
    }

    /// Waits until the job has a state that the lane does not show yet, and returns the job.
    async fn next_state(&self, job_id: &JobId, lane: &Lane) -> Result<Job, Error> {
        let is_new = |job: &Job| {
            let needs_approval = lane.status == LaneStatus::NeedsApproval;
            job.status.is_end()
                || (job.turn_id.is_some() && lane.active_turn_id != job.turn_id)
                || (job.turn_id.is_some() && needs_approval == job.waiting_on.is_empty())
        };
        if let Some(live) = self.inner.jobs.live_job(job_id) {
            return Ok(live.wait_for(is_new).await);
        }
        // The job runs in another bridge process, whose progress is visible only in the database, or it has
        // ended.
        loop {
            let job = self.inner.jobs.get(job_id).await?;
            if is_new(&job) {
                return Ok(job);
            }
            tokio::time::sleep(limits::FOREIGN_JOB_INTERVAL).await;
        }
    }
}
