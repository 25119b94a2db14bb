//! The transitions of a lane without a turn, for testing clients that listen to lanes (`/debug`).
//!
//! ```text
//!            simulate_approval                    simulate_answer
//! inactive ────────────────────► NeedsApproval ───────────────────► Running
//!     │                               │                                │
//!     └───────────────────────────────┴── simulate_end ────────────────┴─────► Done
//! ```
//!
//! `lose_simulation` ends the simulation with `Interrupted`. A simulated lane is active and follows no job.

use serde_json::json;

use super::{Lane, LaneEvent, LaneRefusal, LaneStatus, Step};
use crate::clock::Timestamp;

impl Lane {
    /// Reports whether the lane is active without a turn.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.status.is_active() && self.active_job_id.is_none()
    }

    /// Starts to wait for a synthetic approval.
    ///
    /// # Errors
    /// Returns [`LaneRefusal::Busy`] if the lane has a real turn.
    pub fn simulate_approval(&mut self, now: Timestamp) -> Step {
        self.check_free_to_simulate()?;
        self.status = LaneStatus::NeedsApproval;
        self.problem = None;
        self.updated_at = now;
        Ok(vec![self.updated()])
    }

    /// Continues after the synthetic approval is resolved.
    ///
    /// # Errors
    /// Returns [`LaneRefusal::NotSimulated`] if the lane does not wait for a synthetic approval.
    pub fn simulate_answer(&mut self, now: Timestamp) -> Step {
        if !self.is_simulated() || self.status != LaneStatus::NeedsApproval {
            return Err(LaneRefusal::NotSimulated);
        }
        self.status = LaneStatus::Running;
        self.updated_at = now;
        Ok(vec![self.updated()])
    }

    /// Ends the lane as if its turn had completed.
    ///
    /// # Errors
    /// Returns [`LaneRefusal::Busy`] if the lane has a real turn.
    pub fn simulate_end(&mut self, note: Option<&str>, now: Timestamp) -> Step {
        self.check_free_to_simulate()?;
        self.status = LaneStatus::Done;
        self.problem = None;
        self.updated_at = now;
        let payload = json!({"status": "completed", "rehearsal": true, "note": note});
        let mut completed = self.event("lane.completed");
        completed.payload["rehearsal"] = true.into();
        completed.payload["note"] = note.into();
        Ok(vec![LaneEvent { event_type: "lane.turn.completed", payload }, completed])
    }

    /// Interrupts a simulation that nothing continues.
    ///
    /// # Errors
    /// Returns [`LaneRefusal::NotSimulated`] if the lane is inactive or has a real turn.
    pub fn lose_simulation(&mut self, problem: &str, now: Timestamp) -> Step {
        if !self.is_simulated() {
            return Err(LaneRefusal::NotSimulated);
        }
        self.lose_job(problem, now)
    }

    fn check_free_to_simulate(&self) -> Result<(), LaneRefusal> {
        if self.status.is_active() && !self.is_simulated() { Err(LaneRefusal::Busy) } else { Ok(()) }
    }
}
