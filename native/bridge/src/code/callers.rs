//! The code-context sessions that agents open to be visible to others. No answer depends on one.

use std::collections::VecDeque;

use model::clock::Timestamp;
use model::limits;
use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A code-context session of an agent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Caller {
    /// The id of the session: a UUID.
    pub session_id: String,
    /// The name that the agent has given itself.
    pub agent_name: String,
    /// When the session was opened.
    pub created_at: Timestamp,
}

/// The open code-context sessions.
#[derive(Debug, Default)]
pub struct Callers {
    /// Oldest first.
    open: Mutex<VecDeque<Caller>>,
}

impl Callers {
    /// Opens a session. At the limit the oldest session is dropped, because most agents never close theirs.
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

    /// Closes a session. Reports whether it was open.
    pub fn close(&self, session_id: &str) -> bool {
        let mut open = self.all();
        let before = open.len();
        open.retain(|caller| caller.session_id != session_id);
        open.len() < before
    }

    /// Returns the open sessions, oldest first.
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
    fn sessions_are_opened_closed_and_limited() {
        let callers = Callers::default();
        let first = callers.open("first".to_owned());
        assert!(callers.close(&first.session_id) && !callers.close(&first.session_id));
        for number in 0..=limits::CODE_CALLERS_MAX {
            callers.open(number.to_string());
        }
        let open = callers.list();
        assert_eq!(open.len(), limits::CODE_CALLERS_MAX);
        assert_eq!(open[0].agent_name, "1", "the oldest session is dropped");
    }
}
