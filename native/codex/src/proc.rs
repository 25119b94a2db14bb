//! Reads what Linux shows of a process in `/proc/<pid>`. Source: proc(5).
//!
//! The crate `procfs` reads the files. It holds the process's directory open, so that no answer is about
//! another process that got the same id meanwhile. Whatever has gone or must not be read is `None`.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};

use procfs::process::{FDTarget, Process};
use procfs::{CurrentSI, KernelStats};

/// A running process.
pub(crate) struct Proc(Process);

impl Proc {
    /// Opens the process with this id.
    pub(crate) fn open(pid: u32) -> Option<Self> {
        Process::new(i32::try_from(pid).ok()?).ok().map(Self)
    }

    /// Opens each process of the current user. `None` when `/proc` is not available.
    pub(crate) fn of_this_user() -> Option<impl Iterator<Item = Self>> {
        let user = Process::myself().and_then(|process| process.uid()).ok()?;
        let processes = procfs::process::all_processes().ok()?.flatten();
        Some(processes.filter(move |process| process.uid().is_ok_and(|uid| uid == user)).map(Self))
    }

    /// Returns the process id.
    pub(crate) fn pid(&self) -> u32 {
        self.0.pid().unsigned_abs()
    }

    /// Returns the path of the executable, with ` (deleted)` at its end when an update has replaced it.
    pub(crate) fn executable(&self) -> Option<PathBuf> {
        self.0.exe().ok()
    }

    /// Returns the command line, program first. `Process::cmdline` is not used, because it fails on arguments
    /// that are not UTF-8 and leaves out empty ones.
    pub(crate) fn arguments(&self) -> Option<Vec<String>> {
        let mut line = Vec::new();
        self.0.open_relative("cmdline").ok()?.read_to_end(&mut line).ok()?;
        let arguments = line.split(|byte| *byte == 0);
        Some(arguments.map(|argument| String::from_utf8_lossy(argument).into_owned()).collect())
    }

    /// Returns the name that the kernel has for the process: the first 15 bytes of its file name, as a rule.
    pub(crate) fn name(&self) -> Option<String> {
        self.0.stat().ok().map(|stat| stat.comm)
    }

    /// Opens the parent process. `None` also where the parent is outside this container.
    pub(crate) fn parent(&self) -> Option<Self> {
        let pid = u32::try_from(self.0.stat().ok()?.ppid).ok()?;
        if pid == 0 { None } else { Self::open(pid) }
    }

    /// Returns the current directory.
    pub(crate) fn directory(&self) -> Option<PathBuf> {
        self.0.cwd().ok()
    }

    /// Returns the values of environment variables, as they were when the process started. Empty counts as
    /// unset.
    pub(crate) fn variables<const N: usize>(&self, names: [&str; N]) -> Option<[Option<PathBuf>; N]> {
        let environment = self.0.environ().ok()?;
        Some(names.map(|name| {
            environment.get(OsStr::new(name)).filter(|value| !value.is_empty()).map(PathBuf::from)
        }))
    }

    /// Returns when the process started, in milliseconds since the Unix epoch, exact to 10 ms. `booted_at` is
    /// [`booted_at`].
    pub(crate) fn started_at_ms(&self, booted_at: u64) -> Option<i64> {
        let ticks = self.0.stat().ok()?.starttime;
        let since_boot = ticks.checked_mul(1000)? / procfs::ticks_per_second();
        i64::try_from(booted_at.checked_mul(1000)?.checked_add(since_boot)?).ok()
    }

    /// Returns whether the process has this file open. The path must be canonical.
    pub(crate) fn has_open(&self, path: &Path) -> bool {
        let files = self.0.fd().into_iter().flatten().flatten();
        // `procfs` replaces what is not UTF-8 in a target, so the path is compared in that form.
        let path = path.to_string_lossy();
        files.into_iter().any(|file| matches!(&file.target, FDTarget::Path(target) if *target == *path))
    }
}

/// Returns when the system was started, in seconds since the Unix epoch. `procfs::boot_time_secs` is not
/// used, because it remembers the value, which changes when the clock is set.
pub(crate) fn booted_at() -> Option<u64> {
    KernelStats::current().ok().map(|stats| stats.btime)
}
