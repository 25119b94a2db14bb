//! Claims to lanes, so that only one task of this process works on a lane.

use std::collections::HashSet;
use std::sync::Arc;

use model::ids::LaneId;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

/// The claimed lanes. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Claims {
    lanes: Arc<Mutex<HashSet<LaneId>>>,
    released: Arc<Notify>,
}

/// The claim to one lane. It is released when it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    claims: Claims,
    lane_id: LaneId,
}

impl Claims {
    /// Claims a lane. Returns `None` if it is already claimed.
    pub(super) fn claim(&self, lane_id: &LaneId) -> Option<Claim> {
        let is_new = self.lanes().insert(lane_id.to_owned());
        is_new.then(|| Claim { claims: self.clone(), lane_id: lane_id.to_owned() })
    }

    /// Waits until a lane is unclaimed, and claims it.
    pub(super) async fn claim_when_free(&self, lane_id: &LaneId) -> Claim {
        loop {
            let released = self.released.notified();
            tokio::pin!(released);
            // Registers before the attempt, so that a release between the attempt and the wait is not missed.
            released.as_mut().enable();
            if let Some(claim) = self.claim(lane_id) {
                return claim;
            }
            released.await;
        }
    }

    /// Reports whether a lane is claimed.
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
        self.claims.released.notify_waiters();
    }
}
