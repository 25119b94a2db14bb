//! Which lanes a task of this process works on, so that no second one does.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The lanes that are worked on. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Claims {
    lanes: Arc<Mutex<HashSet<String>>>,
}

/// A claim to one lane. Given back when it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    claims: Claims,
    lane_id: String,
}

impl Claims {
    /// The claim to a lane, unless somebody has it.
    pub(super) fn claim(&self, lane_id: &str) -> Option<Claim> {
        let is_new = self.lanes().insert(lane_id.to_owned());
        is_new.then(|| Claim { claims: self.clone(), lane_id: lane_id.to_owned() })
    }

    /// Whether somebody works on it.
    pub(super) fn has(&self, lane_id: &str) -> bool {
        self.lanes().contains(lane_id)
    }

    fn lanes(&self) -> MutexGuard<'_, HashSet<String>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claims.lanes().remove(&self.lane_id);
    }
}
