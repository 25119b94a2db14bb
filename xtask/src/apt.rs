//! Packages of Debian and its relatives, where this process may install them (root, apt-get).

use crate::{
    Failure,
    run::{Program, heading},
};

/// Whether this process may install packages.
#[cfg(unix)]
pub(crate) fn may_install() -> bool {
    use std::process::{Command, Stdio};
    let apt = Command::new("apt-get").arg("--version").stdout(Stdio::null()).status();
    rustix::process::geteuid().is_root() && apt.is_ok_and(|status| status.success())
}

/// Whether this process may install packages.
#[cfg(not(unix))]
pub(crate) fn may_install() -> bool {
    false
}

/// Installs a package.
pub(crate) fn install(package: &str) -> Result<(), Failure> {
    heading(&format!("apt-get install {package}"));
    // Another package manager may be at work; the lock is worth waiting for.
    let wait = ["-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=3"];
    for task in [&["update"][..], &["install", "--yes", "--no-install-recommends", package]] {
        Program::new("apt-get", "It is part of Debian and its relatives.")
            .environment("DEBIAN_FRONTEND", "noninteractive")
            .args(wait)
            .args(task)
            .run()?;
    }
    Ok(())
}
