//! The dashboard's files, which the bridge embeds.

use crate::{Failure, run::Program};

/// Builds them, and fails when a browser would have to load too much.
pub(crate) fn build() -> Result<(), Failure> {
    Program::npm().args(["run", "build:dashboard"]).run()?;
    Program::node().args(["dashboard/size.mjs"]).run()
}
