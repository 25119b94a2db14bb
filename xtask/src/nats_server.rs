//! Finds nats-server, which the tests of NATS publish to, or installs it where this process may do so.

use std::process::{Command, Stdio};

use crate::{Failure, apt};

/// The paths to try. Debian installs it into a directory that only root's `PATH` contains.
const PATHS: [&str; 2] = ["/usr/sbin/nats-server", "nats-server"];
const ADVICE: &str = "The tests of NATS need nats-server, which was not found. On Debian and its \
                      derivatives: sudo apt-get install nats-server. Elsewhere: https://nats.io/download";

/// Makes sure that nats-server can be run.
pub(crate) fn prepare() -> Result<(), Failure> {
    if is_installed() {
        return Ok(());
    }
    if apt::may_install() {
        apt::install("nats-server")?;
    }
    if is_installed() { Ok(()) } else { Err(ADVICE.to_owned()) }
}

fn is_installed() -> bool {
    PATHS.iter().any(|path| {
        let status = Command::new(path).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    })
}
