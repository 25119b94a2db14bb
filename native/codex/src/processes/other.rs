//! Systems whose processes are not listed.

use std::path::Path;

use super::Running;

pub(super) fn running(_: &Path) -> Option<Running> {
    None
}
