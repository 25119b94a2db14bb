//! Finds Python, which runs the skill's client in its tests, or installs it where this process may do so.

use std::process::{Command, Stdio};

use crate::{Failure, apt};

/// The name of the program that the tests run.
const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };
const NEEDED: &str = "The tests of the skill need Python 3.9 or newer";

enum Found {
    Suitable,
    TooOld,
    Missing,
}

/// Makes sure that a suitable Python can be run.
pub(crate) fn prepare() -> Result<(), Failure> {
    match find() {
        Found::Suitable => return Ok(()),
        Found::TooOld => return Err(format!("{NEEDED}, but `{PYTHON}` is older: https://www.python.org")),
        Found::Missing if apt::may_install() => {}
        Found::Missing => {
            return Err(format!(
                "{NEEDED}, but `{PYTHON}` was not found: https://www.python.org. On Debian and its \
                 derivatives: sudo apt-get install python3"
            ));
        }
    }
    apt::install("python3")?;
    match find() {
        Found::Suitable => Ok(()),
        Found::TooOld | Found::Missing => Err(format!("{NEEDED}, but the system's packages have none.")),
    }
}

fn find() -> Found {
    let is_new_enough = "import sys; sys.exit(sys.version_info < (3, 9))";
    let status = Command::new(PYTHON).args(["-c", is_new_enough]).stderr(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Found::Suitable,
        // Windows has a `python` that only opens the Microsoft Store and exits with 9009.
        Ok(status) if status.code() == Some(1) => Found::TooOld,
        _ => Found::Missing,
    }
}
