//! Runs the flows that must work with every Codex version against each version.

use std::env;
use std::path::Path;

use crate::{
    Failure, checkout,
    codex_versions::{self, Codex},
    run::heading,
    rust_tests::{self, Selection},
};

/// Runs the test binary `codex_matrix`, which prints a table of flows and versions. `npm test` runs it as
/// well, but only with the installed version.
pub(crate) fn codex_matrix() -> Result<(), Failure> {
    checkout::npm_packages()?;
    let versions = codex_versions::prepare()?;
    let named = versions.iter().map(|Codex { version, binary }| format!("{version}={}", binary.display()));
    let named = env::join_paths(named).map_err(|error| format!("Cannot list the paths of Codex: {error}"))?;
    heading("flows with each Codex version");
    let environment = (testkit::CODEX_VERSIONS_VARIABLE, Path::new(&named));
    rust_tests::run(Selection::Binary("codex_matrix"), Some(environment))
}
