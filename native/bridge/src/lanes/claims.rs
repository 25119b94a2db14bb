//! Which lanes a task of this process works on, so that no second one does.

use std::collections::HashSet;
use std::sync::Arc;

use model::ids::LaneId;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

/// The lanes that are worked on. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Claims {
    lanes: Arc<Mutex<HashSet<LaneId>>>,
    given_back: Arc<Notify>,
}

/// A claim to one lane. Given back when it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    claims: Claims,
    lane_id: LaneId,
}

impl Claims {
    /// The claim to a lane, unless somebody has it.
    pub(super) fn claim(&self, lane_id: &LaneId) -> Option<Claim> {
        let is_new = self.lanes().insert(lane_id.to_owned());
        is_new.then(|| Claim { claims: self.clone(), lane_id: lane_id.to_owned() })
    }

    /// The claim to a lane, as soon as nobody has it.
    pub(super) async fn claim_when_free(&self, lane_id: &LaneId) -> Claim {
        loop {
            let given_back = self.given_back.notified();
            tokio::pin!(given_back);
            // From here on it hears, so that nothing is missed between the look and the wait.
            given_back.as_mut().enable();
            if let Some(claim) = self.claim(lane_id) {
                return claim;
            }
            given_back.await;
        }
    }

    /// Whether somebody works on it.
    pub(super) fn has(&self, lane_id: &LaneId) -> bool {
        self.lanes().contains(lane_id)
    }

    fn lanes(&self) -> MutexGuard<'_, HashSet<LaneId>> {
        self.lanes.lock()
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claims.lanes().remove(&self.lane_id);
        self.claims.given_back.notify_waiters();
    }
}
