//! Deleting many lanes at once.

use std::time::Duration;

use model::clock::Timestamp;
use model::ids::LaneId;
use model::lane::LaneStatus;
use store::LaneQuery;

use super::Lanes;
use crate::error::Error;

/// Which lanes to delete.
#[derive(Debug, Clone)]
pub struct Cleanup {
    /// Those that stand at one of these.
    pub statuses: Vec<LaneStatus>,
    /// That did not change for so long.
    pub older_than: Duration,
    /// Only those that a test made.
    pub synthetic_only: bool,
    /// At most so many.
    pub limit: u32,
    /// Only tells which they are.
    pub dry_run: bool,
}

/// What was deleted.
#[derive(Debug, Default)]
pub struct CleanedUp {
    /// Lanes that match.
    pub matched: Vec<LaneId>,
    /// Of these, deleted.
    pub deleted: Vec<LaneId>,
    /// What was left behind of them.
    pub left: Vec<String>,
}

impl Lanes {
    /// Deletes the lanes that match. One that works on something never does.
    ///
    /// # Errors
    /// When the database cannot be read.
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
            match self.delete(lane_id).await {
                Ok(left) => {
                    cleaned.deleted.push(lane_id.clone());
                    cleaned.left.extend(left);
                }
                // It began something, or somebody else deleted it.
                Err(Error::LaneConflict { .. } | Error::LaneNotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(cleaned)
    }
}
