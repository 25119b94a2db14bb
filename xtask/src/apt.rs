//! Installs packages of Debian and its derivatives where this process may do so: as root, with apt-get.

use crate::{
    Failure,
    run::{Program, heading},
};

/// Reports whether this process may install packages.
#[cfg(unix)]
pub(crate) fn may_install() -> bool {
    use std::process::{Command, Stdio};
    let apt = Command::new("apt-get").arg("--version").stdout(Stdio::null()).status();
    rustix::process::geteuid().is_root() && apt.is_ok_and(|status| status.success())
}

/// Reports whether this process may install packages.
#[cfg(not(unix))]
pub(crate) fn may_install() -> bool {
    false
}

/// Installs a package.
pub(crate) fn install(package: &str) -> Result<(), Failure> {
    heading(&format!("apt-get install {package}"));
    // Waits for the lock if another package manager is running.
    let wait = ["-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=3"];
    for command in [&["update"][..], &["install", "--yes", "--no-install-recommends", package]] {
        Program::new("apt-get", "It is part of Debian and its derivatives.")
            .environment("DEBIAN_FRONTEND", "noninteractive")
            .args(wait)
            .args(command)
            .run()?;
    }
    Ok(())
}
