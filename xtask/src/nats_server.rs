//! nats-server, against which the bridge's tests publish. Installed where it is missing and this process may do so.

use std::process::{Command, Stdio};

use crate::{Failure, apt};

/// Debian puts it where only root's `PATH` leads.
const PLACES: [&str; 2] = ["/usr/sbin/nats-server", "nats-server"];
const ADVICE: &str = "The tests of NATS need nats-server, which was not found. On Debian and its relatives: sudo apt-get install \
                      nats-server; elsewhere: https://nats.io/download";

/// Makes sure that it is there.
pub(crate) fn prepare() -> Result<(), Failure> {
    if is_there() {
        return Ok(());
    }
    if apt::may_install() {
        apt::install("nats-server")?;
    }
    if is_there() { Ok(()) } else { Err(ADVICE.to_owned()) }
}

fn is_there() -> bool {
    PLACES.iter().any(|place| {
        let status =
            Command::new(place).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    })
}
