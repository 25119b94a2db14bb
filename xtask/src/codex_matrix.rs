//! The flows that must work with every Codex version, run against each of them.

use std::env;

use crate::{
    Failure, checkout,
    codex_versions::{self, Codex},
    run::{Program, heading},
};

/// Runs `native/server/tests/codex_matrix`, which prints a table of flows and versions. `npm test` runs it, too, with the
/// installed version only.
pub(crate) fn codex_matrix() -> Result<(), Failure> {
    checkout::npm_packages()?;
    let versions = codex_versions::prepare()?;
    let named = versions.iter().map(|Codex { version, binary }| format!("{version}={}", binary.display()));
    let named =
        env::join_paths(named).map_err(|error| format!("A path of a Codex cannot be listed: {error}"))?;
    heading("flows with each Codex version");
    Program::cargo()
        .args(["test", "--package", "server", "--test", "codex_matrix", "--", "--nocapture"])
        .environment(testkit::CODEX_VERSIONS_VARIABLE, &named)
        .run()
}
