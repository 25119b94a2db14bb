//! The workflow `start-visible`: a lane, its session, its thread and its first instruction, in durable steps.
//!
//! The remaining steps are recorded with the lane before anything else happens, with the id of the job that
//! the first instruction becomes. A task that resumes the workflow searches for that job, so that the
//! instruction is sent once.

use model::ids::LaneId;
use model::job::Job;
use model::lane::{Lane, LaneEvent, ReadinessMode, Workflow};
use serde_json::json;
use uuid::Uuid;

use super::sessions::SessionView;
use super::{Instruction, Lanes, NewLane};
use crate::error::Error;

/// The outcome of the workflow.
#[derive(Debug)]
pub struct Started {
    /// The lane.
    pub lane: Lane,
    /// The session of the lane.
    pub session: SessionView,
    /// The job of the first instruction, if one was sent.
    pub job: Option<Job>,
    /// Whether the first instruction was skipped because the thread cannot be loaded yet.
    pub kickoff_skipped: bool,
    /// Whether the lane existed before.
    pub existed: bool,
}

impl Lanes {
    /// Creates a lane, starts its session, creates its thread, and sends the first instruction. If the lane
    /// already exists, only its remaining steps are done, and none is repeated.
    ///
    /// # Errors
    /// The error of the step that failed. The steps before it stay done.
    pub async fn start_visible(
        &self,
        new: NewLane,
        kickoff_prompt: Option<String>,
    ) -> Result<Started, Error> {
        let this = self.clone();
        let started =
            self.inner.tasks.spawn(async move { this.start_visible_uncancelled(new, kickoff_prompt).await });
        started.await.map_err(|error| Error::Internal(format!("a workflow ended early: {error}")))?
    }

    async fn start_visible_uncancelled(
        &self,
        new: NewLane,
        kickoff_prompt: Option<String>,
    ) -> Result<Started, Error> {
        let existing = match &new.lane_id {
            Some(lane_id) => self.inner.store.lane(lane_id).await?,
            None => None,
        };
        let existed = existing.is_some();
        let lane = match existing {
            Some(lane) => lane,
            None => {
                let workflow =
                    Workflow { kickoff_prompt, kickoff_job_id: (Uuid::new_v4().to_string()).into() };
                let lane = self.prepare(new, Some(workflow)).await?;
                match self.insert(&lane).await {
                    Ok(()) => lane,
                    // Another request has created it meanwhile.
                    Err(Error::LaneExists(lane_id)) => self.get(&lane_id).await?,
                    Err(error) => return Err(error),
                }
            }
        };
        self.resume_workflow(lane, existed).await
    }

    /// Does the remaining steps of a lane's workflow, once no other task works on it.
    async fn resume_workflow(&self, lane: Lane, existed: bool) -> Result<Started, Error> {
        let lane_id = lane.lane_id.clone();
        let _claim = self.inner.starting.claim_when_free(&lane_id).await;
        self.resume_claimed_workflow(&lane_id, existed).await
    }

    async fn resume_claimed_workflow(&self, lane_id: &LaneId, existed: bool) -> Result<Started, Error> {
        let lane = self.ensure_session_and_thread(lane_id).await?;
        let session = self.session_status(lane_id).await?;
        let Some(Workflow { kickoff_prompt, kickoff_job_id }) = lane.workflow.clone() else {
            let job = match &lane.active_job_id {
                Some(job_id) => self.inner.jobs.find(job_id).await?,
                None => None,
            };
            return Ok(Started { lane, session, job, kickoff_skipped: false, existed });
        };
        let mut kickoff_skipped = false;
        let mut job = self.inner.jobs.find(&kickoff_job_id).await?;
        if let (None, Some(prompt)) = (&job, &kickoff_prompt) {
            if session.readiness_deferred && lane.readiness_mode == ReadinessMode::Lenient {
                kickoff_skipped = true;
                let payload = json!({"reason": session.readiness_reason, "kickoffPrompt": prompt});
                self.record_event(
                    &lane,
                    LaneEvent { event_type: "lane.turn.skipped.readiness_deferred", payload },
                )
                .await;
            } else {
                let (_, sent) = self
                    .prompt_uncancelled(lane_id, Instruction::Text(prompt.clone()), kickoff_job_id)
                    .await?;
                job = Some(sent);
            }
        }
        let lane = self
            .step(lane_id, |lane, now| {
                lane.workflow = None;
                lane.updated_at = now;
                Ok(vec![lane.updated()])
            })
            .await?;
        Ok(Started { lane, session, job, kickoff_skipped, existed })
    }

    /// Resumes a workflow whose bridge process died, in the background.
    pub(super) fn resume_workflow_in_background(&self, lane: Lane) {
        let this = self.clone();
        self.inner.tasks.spawn(async move {
            let lane_id = lane.lane_id.clone();
            if let Err(error) = this.resume_workflow(lane, true).await {
                tracing::error!(%error, %lane_id, "cannot resume the workflow of a lane");
                let problem = format!("the workflow could not be completed: {error}");
                let failed = this.step(&lane_id, move |lane, now| {
                    lane.workflow = None;
                    lane.problem = Some(problem);
                    lane.updated_at = now;
                    Ok(vec![lane.updated()])
                });
                if let Err(error) = failed.await {
                    tracing::error!(%error, %lane_id, "cannot record that a workflow failed");
                }
            }
        });
    }
}
