//! Linux tells who holds a lock in `/proc/locks`, and what a process is in `/proc/<pid>`. Source: proc(5).

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::Path;

use super::{LOCK_SUFFIX, Owner};

pub(super) fn owner(lock_file: &Path) -> Option<Owner> {
    let file = fs::metadata(lock_file).ok()?;
    holder(&held_locks(), lock_file, file.dev(), file.ino()).map(identify)
}

pub(super) fn owners(locks_folder: &Path) -> HashMap<String, Owner> {
    let locks = held_locks();
    let mut programs: HashMap<u32, Owner> = HashMap::new();
    let files = fs::read_dir(locks_folder).into_iter().flatten().flatten();
    let owned = files.filter_map(|file| {
        // The folder has a file for each thread that ever was, so only those that are locked are looked at.
        if !locks.contains_key(&file.ino()) {
            return None;
        }
        let name = file.file_name().into_string().ok()?;
        // `.coordination.lock` is no thread's.
        let thread_id = name.strip_suffix(LOCK_SUFFIX).filter(|id| !id.starts_with('.'))?;
        let device = file.metadata().ok()?.dev();
        let pid = holder(&locks, &file.path(), device, file.ino())?;
        let owner = programs.entry(pid).or_insert_with(|| identify(pid)).clone();
        Some((thread_id.to_owned(), owner))
    });
    owned.collect()
}

/// The threads whose writer is held by a process that the kernel does not name to us: one of another container.
pub(crate) fn hidden(locks_folder: &Path) -> Vec<String> {
    let table = fs::read_to_string("/proc/locks").unwrap_or_default();
    let unnamed: HashMap<u64, (u64, u64)> = table
        .lines()
        .filter_map(lock_line)
        .filter(|(_, held)| held.pid == 0)
        .map(|(inode, held)| (inode, held.device))
        .collect();
    if unnamed.is_empty() {
        return Vec::new();
    }
    let files = fs::read_dir(locks_folder).into_iter().flatten().flatten();
    let threads = files.filter_map(|file| {
        let device = unnamed.get(&file.ino())?;
        let name = file.file_name().into_string().ok()?;
        let thread_id = name.strip_suffix(LOCK_SUFFIX).filter(|id| !id.starts_with('.'))?;
        (numbers(file.metadata().ok()?.dev()) == *device).then(|| thread_id.to_owned())
    });
    threads.collect()
}

/// A lock that a process holds on some file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    pid: u32,
    /// Major and minor number of the file's device.
    device: (u64, u64),
}

/// All locks for writing, by inode.
fn held_locks() -> HashMap<u64, Vec<Held>> {
    let mut locks: HashMap<u64, Vec<Held>> = HashMap::new();
    for (inode, held) in fs::read_to_string("/proc/locks").unwrap_or_default().lines().filter_map(held_lock) {
        locks.entry(inode).or_default().push(held);
    }
    locks
}

/// Reads `16: FLOCK  ADVISORY  WRITE 20060 fe:00:10281201 0 EOF`. Device numbers are hexadecimal. A line with `->` is of a
/// process that waits; a process of another container has the number 0.
fn held_lock(line: &str) -> Option<(u64, Held)> {
    lock_line(line).filter(|(_, held)| held.pid != 0)
}

fn lock_line(line: &str) -> Option<(u64, Held)> {
    let mut fields = line.split_whitespace().skip(1);
    let kind = fields.next()?;
    let (_, access, pid, file) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    if kind == "->" || access != "WRITE" {
        return None;
    }
    let mut numbers = file.split(':');
    // A line of another form is one of a kernel that we do not know; it names no lock of ours.
    let mut device = || u64::from_str_radix(numbers.next()?, 16).ok();
    let device = (device()?, device()?);
    let inode = numbers.next()?.parse().ok()?;
    let pid = pid.parse().ok()?;
    Some((inode, Held { pid, device }))
}

fn holder(locks: &HashMap<u64, Vec<Held>>, path: &Path, device: u64, inode: u64) -> Option<u32> {
    let held = locks.get(&inode)?;
    let alike = held.iter().find(|held| held.device == numbers(device));
    // Some file systems (btrfs, overlays) tell another device to stat than to the kernel's list.
    alike.or_else(|| held.iter().find(|held| has_open(held.pid, path))).map(|held| held.pid)
}

/// Major and minor number, as makedev(3) of glibc puts them together.
fn numbers(device: u64) -> (u64, u64) {
    let major = ((device >> 8) & 0xfff) | ((device >> 32) & !0xfff);
    let minor = (device & 0xff) | ((device >> 12) & 0xffff_ff00);
    (major, minor)
}

fn has_open(pid: u32, path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    files.into_iter().any(|file| fs::read_link(file.path()).is_ok_and(|target| target == path))
}

fn identify(pid: u32) -> Owner {
    let program = command_line(pid).and_then(|arguments| describe(&arguments));
    let mut program = program.or_else(|| name(pid)).unwrap_or_else(|| "an unknown program".to_owned());
    // An npm installation has a Node.js script between Codex and the program that started it.
    let parent = parent(pid);
    if let Some(host) = [parent, parent.and_then(self::parent)].into_iter().flatten().find_map(host) {
        program = format!("{program} ({host})");
    }
    Owner { pid, program }
}

/// Codex's subcommands that load threads.
const SUBCOMMANDS: [&str; 8] =
    ["app-server", "exec", "resume", "fork", "review", "mcp-server", "remote-control", "agents"];

/// The program's name and, of Codex, which of its subcommands it runs.
pub(crate) fn describe(arguments: &[String]) -> Option<String> {
    let program = Path::new(arguments.first()?).file_name()?.to_str()?;
    if !program.starts_with("codex") {
        return Some(program.to_owned());
    }
    let subcommand = arguments[1..].iter().find(|argument| SUBCOMMANDS.contains(&argument.as_str()));
    Some(subcommand.map_or_else(|| program.to_owned(), |subcommand| format!("{program} {subcommand}")))
}

/// The programs that start a Codex for their user, by a folder or the file name of their executable.
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

pub(crate) fn host(pid: u32) -> Option<&'static str> {
    host_of(&fs::read_link(format!("/proc/{pid}/exe")).ok()?)
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

pub(crate) fn command_line(pid: u32) -> Option<Vec<String>> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    Some(
        line.split(|byte| *byte == 0)
            .map(|argument| String::from_utf8_lossy(argument).into_owned())
            .collect(),
    )
}

pub(crate) fn name(pid: u32) -> Option<String> {
    Some(fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim().to_owned())
}

pub(crate) fn parent(pid: u32) -> Option<u32> {
    // "PID (NAME) STATE PARENT …"; a name may hold spaces and brackets.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernels_list_is_read() {
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
        assert_eq!(numbers(0xfe00), (254, 0));
    }

    #[test]
    fn a_program_is_told_by_its_command_line() {
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
    fn an_editor_is_told_by_its_executable() {
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
