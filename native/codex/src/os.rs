//! Process control and file attributes, with one file per operating system. Both files have the same
//! functions.

#[cfg(unix)]
#[path = "os/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "os/windows.rs"]
mod system;

pub(crate) use system::{
    exit_signal, hide_console, interrupt, is_executable, login_shell, own_process_tree,
    without_verbatim_prefix,
};
