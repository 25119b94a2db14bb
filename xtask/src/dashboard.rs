//! The dashboard's files, which the bridge embeds.

use std::sync::OnceLock;

use crate::{Failure, run::Program};

/// Builds the dashboard, and fails if a browser would have to load too much. Later calls in the same run
/// return the first outcome.
pub(crate) fn build() -> Result<(), Failure> {
    static OUTCOME: OnceLock<Result<(), Failure>> = OnceLock::new();
    let outcome = OUTCOME.get_or_init(|| {
        Program::npm().args(["run", "build:dashboard"]).run()?;
        Program::node().args(["dashboard/size.mjs"]).run()
    });
    outcome.clone()
}
