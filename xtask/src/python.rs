//! Python, which runs the skill's client in its tests. Installed where it is missing and this process may do so (root,
//! apt-get), as the smoke test does with what it needs.

use std::process::{Command, Stdio};

use crate::{Failure, apt};

/// What the tests call it.
const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };
const NEEDED: &str = "The tests of the skill need Python 3.9 or newer";

enum Found {
    Good,
    TooOld,
    Missing,
}

/// Makes sure that it is there.
pub(crate) fn prepare() -> Result<(), Failure> {
    match find() {
        Found::Good => return Ok(()),
        Found::TooOld => return Err(format!("{NEEDED}, and `{PYTHON}` is older: https://www.python.org")),
        Found::Missing if apt::may_install() => {}
        Found::Missing => {
            return Err(format!(
                "{NEEDED}, and `{PYTHON}` was not found: https://www.python.org. On Debian and its relatives: sudo \
                 apt-get install python3"
            ));
        }
    }
    apt::install("python3")?;
    match find() {
        Found::Good => Ok(()),
        Found::TooOld | Found::Missing => Err(format!("{NEEDED}, and this system has none to install.")),
    }
}

fn find() -> Found {
    let is_new_enough = "import sys; sys.exit(sys.version_info < (3, 9))";
    let status = Command::new(PYTHON).args(["-c", is_new_enough]).stderr(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Found::Good,
        // Windows has a `python` that only leads to a shop, and ends with 9009.
        Ok(status) if status.code() == Some(1) => Found::TooOld,
        _ => Found::Missing,
    }
}
