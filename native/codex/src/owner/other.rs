//! Systems that do not tell who holds a lock.

use std::collections::HashMap;
use std::path::Path;

use super::Owner;
use crate::ThreadId;

pub(super) fn owner(_: &Path) -> Option<Owner> {
    None
}

pub(super) fn owners(_: &Path) -> HashMap<ThreadId, Owner> {
    HashMap::new()
}
