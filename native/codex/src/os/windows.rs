//! Process control and file attributes on Windows.

use std::fs::Metadata;
use std::path::PathBuf;
use std::process::ExitStatus;

use process_wrap::tokio::{ChildWrapper, CommandWrap, CreationFlags, JobObject};
use tokio::process::Command;
use windows::Win32::System::Threading::CREATE_NO_WINDOW;

/// Keeps the command from opening a console window. An extension host has no console, so each console program
/// would open one of its own.
pub(crate) fn hide_console(command: &mut Command) {
    command.creation_flags(CREATE_NO_WINDOW.0);
}

/// Puts the child into a job object of its own without a console window, so that everything it starts can be
/// killed with it.
pub(crate) fn own_process_tree(command: &mut CommandWrap) {
    command.wrap(CreationFlags(CREATE_NO_WINDOW)).wrap(JobObject);
}

/// Does nothing: Windows has no interrupt signal for a process without a console.
pub(crate) fn interrupt(_: &dyn ChildWrapper) {}

/// Returns `None`: Windows has no signals.
pub(crate) fn exit_signal(_: ExitStatus) -> Option<i32> {
    None
}

/// Returns true: Windows decides by the file's name alone.
pub(crate) fn is_executable(_: &Metadata) -> bool {
    true
}

/// Returns `None`: Windows users have no login shell.
pub(crate) fn login_shell() -> Option<PathBuf> {
    None
}

/// Removes the prefix of a canonical path on a drive (`\\?\C:\…`), which many programs and people cannot
/// read.
pub(crate) fn without_verbatim_prefix(path: PathBuf) -> PathBuf {
    let is_on_drive = |rest: &&str| rest.as_bytes().get(1) == Some(&b':');
    match path.to_str().and_then(|text| text.strip_prefix(r"\\?\")).filter(is_on_drive) {
        Some(rest) => PathBuf::from(rest),
        None => path,
    }
}
