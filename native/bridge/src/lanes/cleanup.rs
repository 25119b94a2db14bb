//! Deleting many lanes at once.

use std::time::Duration;

use model::clock::Timestamp;
use model::ids::LaneId;
use model::lane::LaneStatus;
use store::LaneQuery;

use super::{Lanes, LocalFiles};
use crate::error::Error;

/// The criteria of the lanes to delete.
#[derive(Debug, Clone)]
pub struct Cleanup {
    /// The statuses to select.
    pub statuses: Vec<LaneStatus>,
    /// The minimum time since the last change.
    pub older_than: Duration,
    /// Whether to select only synthetic lanes.
    pub synthetic_only: bool,
    /// The maximum number of lanes.
    pub limit: u32,
    /// Whether to only return the matching lanes and delete nothing.
    pub dry_run: bool,
}

/// The outcome of a cleanup.
#[derive(Debug, Default)]
pub struct CleanedUp {
    /// The lanes that match.
    pub matched: Vec<LaneId>,
    /// The matching lanes that were deleted.
    pub deleted: Vec<LaneId>,
    /// What the deleted lanes left behind, as messages.
    pub left: Vec<String>,
}

impl Lanes {
    /// Deletes the lanes that match. An active lane never matches.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn clean_up(&self, cleanup: Cleanup) -> Result<CleanedUp, Error> {
        let age = i64::try_from(cleanup.older_than.as_millis()).unwrap_or(i64::MAX);
        let query = LaneQuery {
            statuses: cleanup.statuses.into_iter().filter(|status| !status.is_active()).collect(),
            updated_before: Some(Timestamp::from_millis(
                Timestamp::now().as_millis().saturating_sub(age) + 1,
            )),
            synthetic_only: cleanup.synthetic_only,
            limit: cleanup.limit,
            ..LaneQuery::default()
        };
        if query.statuses.is_empty() {
            return Ok(CleanedUp::default());
        }
        let matched: Vec<LaneId> = self.list(query).await?.into_iter().map(|lane| lane.lane_id).collect();
        let mut cleaned = CleanedUp { matched, ..CleanedUp::default() };
        if cleanup.dry_run {
            return Ok(cleaned);
        }
        for lane_id in &cleaned.matched {
            match self.delete(lane_id, LocalFiles::Keep).await {
                Ok(left) => {
                    cleaned.deleted.push(lane_id.clone());
                    cleaned.left.extend(left);
                }
                // It became active, or another request deleted it.
                Err(Error::LaneConflict { .. } | Error::LaneNotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(cleaned)
    }
}
