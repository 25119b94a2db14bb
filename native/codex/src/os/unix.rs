//! Process control and file attributes on Unix.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use tokio::process::Command;

/// The number of `SIGINT`, which POSIX fixes.
const INTERRUPT_SIGNAL: i32 = 2;

/// Does nothing: programs do not open windows of their own here.
pub(crate) fn hide_console(_: &mut Command) {}

/// Makes the child the leader of a new process group, so that everything it starts can be killed with it.
pub(crate) fn own_process_tree(command: &mut CommandWrap) {
    command.wrap(ProcessGroup::leader());
}

/// Interrupts the process the way Ctrl-C does.
pub(crate) fn interrupt(child: &dyn ChildWrapper) {
    if let Err(error) = child.signal(INTERRUPT_SIGNAL) {
        tracing::debug!(%error, "the process to interrupt has already exited");
    }
}

/// Returns the number of the signal that ended the process.
pub(crate) fn exit_signal(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// Returns whether anybody may execute the file.
pub(crate) fn is_executable(metadata: &Metadata) -> bool {
    metadata.permissions().mode() & 0o111 != 0
}

/// Returns the login shell of this user, as the user database names it. Where that is no file, the shell is
/// the one in the environment, which the login sets from the user database.
pub(crate) fn login_shell() -> Option<PathBuf> {
    let user_id = std::fs::metadata("/proc/self").map(|process| process.uid().to_string()).ok();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let of_user = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let mut shell = of_user.filter_map(|fields| match fields[..] {
        [_, _, id, _, _, _, shell] if Some(id) == user_id.as_deref() => Some(PathBuf::from(shell)),
        _ => None,
    });
    let shell = shell.next().or_else(|| std::env::var_os("SHELL").map(PathBuf::from));
    shell.filter(|shell| shell.is_absolute())
}

/// Returns the path unchanged: canonical paths are readable here.
pub(crate) fn without_verbatim_prefix(path: PathBuf) -> PathBuf {
    path
}
