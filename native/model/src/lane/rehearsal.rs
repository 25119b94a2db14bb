//! A rehearsal: the steps of a lane without a turn, for whoever tests what listens to them (`/debug`).
//!
//! ```text
//!            rehearse_approval                    rehearse_answer
//! inactive ───────────────────► NeedsApproval ───────────────────► Running
//!     │                               │                               │
//!     └───────────────────────────────┴── rehearse_end ───────────────┴──────► Done
//! ```
//!
//! `lose_rehearsal` ends it as Interrupted. A lane that rehearses is active and follows no job.

use serde_json::json;

use super::{Lane, LaneEvent, LaneRefusal, LaneStatus, Step};
use crate::clock::Timestamp;

impl Lane {
    /// Whether it is active without a turn.
    #[must_use]
    pub fn is_rehearsing(&self) -> bool {
        self.status.is_active() && self.active_job_id.is_none()
    }

    /// An approval was made up for it.
    ///
    /// # Errors
    /// [`LaneRefusal::Busy`] with a real turn.
    pub fn rehearse_approval(&mut self, now: Timestamp) -> Step {
        self.check_free_to_rehearse()?;
        self.status = LaneStatus::NeedsApproval;
        self.problem = None;
        self.updated_at = now;
        Ok(vec![self.updated()])
    }

    /// That approval is resolved.
    ///
    /// # Errors
    /// [`LaneRefusal::NotRehearsing`].
    pub fn rehearse_answer(&mut self, now: Timestamp) -> Step {
        if !self.is_rehearsing() || self.status != LaneStatus::NeedsApproval {
            return Err(LaneRefusal::NotRehearsing);
        }
        self.status = LaneStatus::Running;
        self.updated_at = now;
        Ok(vec![self.updated()])
    }

    /// It did what it was asked to, or so it is told.
    ///
    /// # Errors
    /// [`LaneRefusal::Busy`] with a real turn.
    pub fn rehearse_end(&mut self, note: Option<&str>, now: Timestamp) -> Step {
        self.check_free_to_rehearse()?;
        self.status = LaneStatus::Done;
        self.problem = None;
        self.updated_at = now;
        let payload = json!({"status": "completed", "rehearsal": true, "note": note});
        let mut completed = self.event("lane.completed");
        completed.payload["rehearsal"] = true.into();
        completed.payload["note"] = note.into();
        Ok(vec![LaneEvent { event_type: "lane.turn.completed", payload }, completed])
    }

    /// Nobody goes on with the rehearsal.
    ///
    /// # Errors
    /// [`LaneRefusal::NotRehearsing`].
    pub fn lose_rehearsal(&mut self, problem: &str, now: Timestamp) -> Step {
        if !self.is_rehearsing() {
            return Err(LaneRefusal::NotRehearsing);
        }
        self.lose_job(problem, now)
    }

    fn check_free_to_rehearse(&self) -> Result<(), LaneRefusal> {
        if self.status.is_active() && !self.is_rehearsing() { Err(LaneRefusal::Busy) } else { Ok(()) }
    }
}
