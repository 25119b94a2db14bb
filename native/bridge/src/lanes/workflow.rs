//! The workflow `start-visible`: a lane, its session, its thread and its first instruction, in durable steps.
//!
//! What is left to do is recorded with the lane before anything else happens, with the id of the job that the first
//! instruction becomes. Whoever goes on with it looks for that job, so that it is sent once.

use model::ids::LaneId;
use model::job::Job;
use model::lane::{Lane, LaneEvent, ReadinessMode, Workflow};
use serde_json::json;
use uuid::Uuid;

use super::sessions::SessionView;
use super::{Lanes, NewLane};
use crate::error::Error;

/// What the workflow came to.
#[derive(Debug)]
pub struct Started {
    /// The lane.
    pub lane: Lane,
    /// Its session.
    pub session: SessionView,
    /// The job of the first instruction, where one was sent.
    pub job: Option<Job>,
    /// Whether the first instruction was left out, because the thread cannot be loaded yet.
    pub kickoff_skipped: bool,
    /// Whether the lane was there before.
    pub existed: bool,
}

impl Lanes {
    /// Makes or takes over a lane, starts its session, makes its thread, and sends the first instruction. Asked again with
    /// the id of a lane that exists, it goes on with what is left of that one, and repeats nothing.
    ///
    /// # Errors
    /// What each step can fail with; the lane stays as far as it came.
    pub async fn start_visible(
        &self,
        new: NewLane,
        kickoff_prompt: Option<String>,
    ) -> Result<Started, Error> {
        let this = self.clone();
        let started =
            self.inner.tasks.spawn(async move { this.start_visible_to_the_end(new, kickoff_prompt).await });
        started.await.map_err(|error| Error::Internal(format!("a workflow ended early: {error}")))?
    }

    async fn start_visible_to_the_end(
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
                    // Another request was quicker.
                    Err(Error::LaneExists(lane_id)) => self.get(&LaneId::from(lane_id.as_str())).await?,
                    Err(error) => return Err(error),
                }
            }
        };
        self.go_on(lane, existed).await
    }

    /// Does what is left of a lane's workflow.
    async fn go_on(&self, lane: Lane, existed: bool) -> Result<Started, Error> {
        let lane_id = lane.lane_id.clone();
        // Whoever else is at it does the same.
        let _claim = self.inner.starting.claim_when_free(&lane_id).await;
        self.go_on_alone(&lane_id, existed).await
    }

    async fn go_on_alone(&self, lane_id: &LaneId, existed: bool) -> Result<Started, Error> {
        let lane = self.session_and_thread(lane_id).await?;
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
                self.tell(&lane, LaneEvent { event_type: "lane.turn.skipped.readiness_deferred", payload })
                    .await;
            } else {
                let (_, sent) = self.prompt_to_the_end(lane_id, prompt, kickoff_job_id).await?;
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

    /// Goes on with a workflow whose bridge process died, in the background.
    pub(super) fn resume_workflow_in_background(&self, lane: Lane) {
        let this = self.clone();
        self.inner.tasks.spawn(async move {
            let lane_id = lane.lane_id.clone();
            if let Err(error) = this.go_on(lane, true).await {
                tracing::error!(%error, %lane_id, "cannot go on with a lane's workflow");
                let problem = format!("its workflow could not be finished: {error}");
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
