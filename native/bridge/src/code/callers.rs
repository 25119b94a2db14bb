//! Who said that they are there: agents open a session to be seen by others. Nothing depends on one.

use std::collections::VecDeque;

use model::clock::Timestamp;
use model::limits;
use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Somebody who said that they are there.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Caller {
    /// UUID.
    pub session_id: String,
    /// What they call themselves.
    pub agent_name: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// All of them, the oldest first.
#[derive(Debug, Default)]
pub struct Callers {
    open: Mutex<VecDeque<Caller>>,
}

impl Callers {
    /// Somebody came. Above the bound the oldest is forgotten: most never say that they go.
    pub fn open(&self, agent_name: String) -> Caller {
        let caller =
            Caller { session_id: Uuid::new_v4().to_string(), agent_name, created_at: Timestamp::now() };
        let mut open = self.all();
        if open.len() >= limits::CODE_CALLERS_MAX {
            open.pop_front();
        }
        open.push_back(caller.clone());
        caller
    }

    /// Somebody goes. Returns whether they were there.
    pub fn close(&self, session_id: &str) -> bool {
        let mut open = self.all();
        let before = open.len();
        open.retain(|caller| caller.session_id != session_id);
        open.len() < before
    }

    /// Who is there.
    #[must_use]
    pub fn list(&self) -> Vec<Caller> {
        self.all().iter().cloned().collect()
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Caller>> {
        self.open.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_come_and_go_and_never_become_too_many() {
        let callers = Callers::default();
        let first = callers.open("first".to_owned());
        assert!(callers.close(&first.session_id) && !callers.close(&first.session_id));
        for number in 0..=limits::CODE_CALLERS_MAX {
            callers.open(number.to_string());
        }
        let open = callers.list();
        assert_eq!(open.len(), limits::CODE_CALLERS_MAX);
        assert_eq!(open[0].agent_name, "1", "the oldest is forgotten");
    }
}
