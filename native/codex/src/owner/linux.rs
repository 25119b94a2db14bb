//! Linux lists the holders of locks in `/proc/locks`. Source: proc(5).
//!
//! The crate `procfs` is not used for this list. It does not tell a process that waits for a lock (a line
//! with `->`) from the one that holds it, and it rejects the whole list when it cannot read one line.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::Path;

use super::{LOCK_SUFFIX, Owner};
use crate::ThreadId;
use crate::proc::Proc;

pub(super) fn owner(lock_file: &Path) -> Option<Owner> {
    let file = fs::metadata(lock_file).ok()?;
    holder(&held_locks(), lock_file, file.dev(), file.ino()).map(identify)
}

pub(super) fn owners(locks_directory: &Path) -> HashMap<ThreadId, Owner> {
    let locks = held_locks();
    let mut programs: HashMap<u32, Owner> = HashMap::new();
    let files = fs::read_dir(locks_directory).into_iter().flatten().flatten();
    let owned = files.filter_map(|file| {
        // The directory has a file for every thread that ever existed, so only locked ones are examined
        // further.
        if !locks.contains_key(&file.ino()) {
            return None;
        }
        let thread_id = thread_of(&file)?;
        let device = file.metadata().ok()?.dev();
        let pid = holder(&locks, &file.path(), device, file.ino())?;
        let owner = programs.entry(pid).or_insert_with(|| identify(pid)).clone();
        Some((thread_id, owner))
    });
    owned.collect()
}

/// Returns the threads whose writer lock is held by a process that the kernel does not name, because it
/// belongs to another container.
pub(crate) fn hidden(locks_directory: &Path) -> Vec<ThreadId> {
    let unnamed: HashMap<u64, (u64, u64)> = lock_table()
        .lines()
        .filter_map(parse_line)
        .filter(|(_, held)| held.pid == 0)
        .map(|(inode, held)| (inode, held.device))
        .collect();
    if unnamed.is_empty() {
        return Vec::new();
    }
    let files = fs::read_dir(locks_directory).into_iter().flatten().flatten();
    let threads = files.filter_map(|file| {
        let device = unnamed.get(&file.ino())?;
        let thread_id = thread_of(&file)?;
        (device_numbers(file.metadata().ok()?.dev()) == *device).then_some(thread_id)
    });
    threads.collect()
}

/// Returns the thread that a lock file belongs to. `.coordination.lock` belongs to none.
fn thread_of(lock_file: &fs::DirEntry) -> Option<ThreadId> {
    let name = lock_file.file_name().into_string().ok()?;
    name.strip_suffix(LOCK_SUFFIX).filter(|id| !id.starts_with('.')).map(ThreadId::from)
}

/// A lock that a process holds on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    pid: u32,
    /// Major and minor number of the file's device.
    device: (u64, u64),
}

fn lock_table() -> String {
    fs::read_to_string("/proc/locks").unwrap_or_default()
}

/// Returns all write locks of named processes by inode.
fn held_locks() -> HashMap<u64, Vec<Held>> {
    let mut locks: HashMap<u64, Vec<Held>> = HashMap::new();
    for (inode, held) in lock_table().lines().filter_map(held_lock) {
        locks.entry(inode).or_default().push(held);
    }
    locks
}

/// Parses a line like [`parse_line`] and leaves out processes of other containers, whose id is 0.
fn held_lock(line: &str) -> Option<(u64, Held)> {
    parse_line(line).filter(|(_, held)| held.pid != 0)
}

/// Parses a write lock, for example `16: FLOCK  ADVISORY  WRITE 20060 fe:00:10281201 0 EOF`, into the file's
/// inode and the holder. Device numbers are hexadecimal. A line with `->` describes a process that waits for
/// the lock.
fn parse_line(line: &str) -> Option<(u64, Held)> {
    let mut fields = line.split_whitespace().skip(1);
    let kind = fields.next()?;
    let (_, access, pid, file) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    if kind == "->" || access != "WRITE" {
        return None;
    }
    let mut numbers = file.split(':');
    // A line in another format comes from an unknown kernel and names no lock of Codex.
    let mut device = || u64::from_str_radix(numbers.next()?, 16).ok();
    let device = (device()?, device()?);
    let inode = numbers.next()?.parse().ok()?;
    let pid = pid.parse().ok()?;
    Some((inode, Held { pid, device }))
}

fn holder(locks: &HashMap<u64, Vec<Held>>, path: &Path, device: u64, inode: u64) -> Option<u32> {
    let held = locks.get(&inode)?;
    let same_device = held.iter().find(|held| held.device == device_numbers(device));
    // Some file systems (btrfs, overlays) report another device to stat than in the kernel's list.
    same_device.or_else(|| held.iter().find(|held| has_open(held.pid, path))).map(|held| held.pid)
}

/// Splits a device number into major and minor number. The inverse of makedev(3) in glibc.
fn device_numbers(device: u64) -> (u64, u64) {
    let major = ((device >> 8) & 0xfff) | ((device >> 32) & !0xfff);
    let minor = (device & 0xff) | ((device >> 12) & 0xffff_ff00);
    (major, minor)
}

fn has_open(pid: u32, path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    Proc::open(pid).is_some_and(|process| process.has_open(&path))
}

fn identify(pid: u32) -> Owner {
    let process = Proc::open(pid);
    let program = process.as_ref().and_then(program);
    let mut program = program.unwrap_or_else(|| "an unknown program".to_owned());
    // An npm installation has a Node.js script between Codex and the program that started it.
    let parent = process.as_ref().and_then(Proc::parent);
    let grandparent = parent.as_ref().and_then(Proc::parent);
    if let Some(host) = [parent, grandparent].iter().flatten().find_map(host) {
        program = format!("{program} ({host})");
    }
    Owner { pid, program }
}

/// The subcommands of Codex that load threads.
const SUBCOMMANDS: [&str; 8] =
    ["app-server", "exec", "resume", "fork", "review", "mcp-server", "remote-control", "agents"];

/// Returns the name of the program that a process runs, for a person.
pub(crate) fn program(process: &Proc) -> Option<String> {
    process.arguments().and_then(|arguments| describe(&arguments)).or_else(|| process.name())
}

/// Returns the program's name and, for Codex, its subcommand.
pub(crate) fn describe(arguments: &[String]) -> Option<String> {
    let program = Path::new(arguments.first()?).file_name()?.to_str()?;
    if !program.starts_with("codex") {
        return Some(program.to_owned());
    }
    let subcommand = arguments[1..].iter().find(|argument| SUBCOMMANDS.contains(&argument.as_str()));
    Some(subcommand.map_or_else(|| program.to_owned(), |subcommand| format!("{program} {subcommand}")))
}

/// The programs that start Codex for their user, by a directory or the file name of their executable.
const HOSTS: [(&str, &str); 9] = [
    (".vscode-server", "Visual Studio Code"),
    ("code", "Visual Studio Code"),
    ("code-insiders", "Visual Studio Code"),
    ("code-server", "code-server"),
    ("codium", "VSCodium"),
    (".cursor-server", "Cursor"),
    ("cursor", "Cursor"),
    ("windsurf", "Windsurf"),
    ("codex-bridge", "Codex Bridge"),
];

/// Returns the name of the editor or other known program that this process is.
pub(crate) fn host(process: &Proc) -> Option<&'static str> {
    host_of(&process.executable()?)
}

fn host_of(executable: &Path) -> Option<&'static str> {
    let is = |name: &str| match name {
        // Remote editors run on a Node.js of their own.
        ".vscode-server" | ".cursor-server" | "code-server" => {
            executable.iter().any(|part| part.eq_ignore_ascii_case(name))
        }
        name => executable.file_name().is_some_and(|file| file.eq_ignore_ascii_case(name)),
    };
    HOSTS.iter().find(|(name, _)| is(name)).map(|(_, host)| *host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_lock_table_is_parsed() {
        let cases = [
            (
                "16: FLOCK  ADVISORY  WRITE 20060 fe:00:10281201 0 EOF",
                Some((10_281_201, Held { pid: 20060, device: (254, 0) })),
            ),
            ("1: POSIX  ADVISORY  READ 20060 fe:00:10281209 128 128", None),
            ("16: -> FLOCK  ADVISORY  WRITE 20061 fe:00:10281201 0 EOF", None),
            ("16: FLOCK  ADVISORY  WRITE 0 fe:00:10281201 0 EOF", None),
            ("16: OFDLCK ADVISORY  WRITE -1 fe:00:10281201 0 EOF", None),
            ("nonsense", None),
        ];
        for (line, expected) in cases {
            assert_eq!(held_lock(line), expected, "{line}");
        }
        assert_eq!(device_numbers(0xfe00), (254, 0));
    }

    #[test]
    fn a_program_is_described_by_its_command_line() {
        let cases = [
            (&["/opt/codex", "-c", "a=1", "app-server", "-x"][..], Some("codex app-server")),
            (&["codex", "exec", "resume", "id"], Some("codex exec")),
            (&["codex", "please fix it"], Some("codex")),
            (&["/usr/bin/node", "x.js"], Some("node")),
            (&[""], None),
        ];
        for (arguments, expected) in cases {
            let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
            assert_eq!(describe(&arguments).as_deref(), expected, "{arguments:?}");
        }
    }

    #[test]
    fn an_editor_is_recognized_by_its_executable() {
        let cases = [
            ("/usr/share/code/code", Some("Visual Studio Code")),
            ("/home/a/.vscode-server/bin/1/node", Some("Visual Studio Code")),
            ("/usr/lib/code-server/lib/node", Some("code-server")),
            ("/opt/Cursor/cursor", Some("Cursor")),
            ("/home/vscode/.nvm/bin/node", None),
            ("/usr/bin/node", None),
            ("/usr/bin/zcode", None),
        ];
        for (executable, expected) in cases {
            assert_eq!(host_of(Path::new(executable)), expected, "{executable}");
        }
    }
}
