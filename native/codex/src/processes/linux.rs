//! Linux shows every process in `/proc`. Source: proc(5).

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{CodexProcess, Parent, ProcessKind, Running};
use crate::owner::linux::{command_line, describe, hidden, host, name, parent};
use crate::owner::{self, locks_folder};

/// Units of times in `/proc`, for each second: part of the kernel's interface on all platforms of Codex.
const TICKS_PER_SECOND: i64 = 100;

pub(super) fn running(codex_home: &Path) -> Option<Running> {
    let user = fs::metadata("/proc/self").ok()?.uid();
    let booted_at = booted_at();
    let mut processes: Vec<CodexProcess> = fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| fs::metadata(format!("/proc/{pid}")).is_ok_and(|process| process.uid() == user))
        .filter_map(|pid| codex_process(pid, booted_at))
        .collect();
    let mut homes: BTreeSet<PathBuf> =
        processes.iter().filter_map(|process| process.codex_home.clone()).collect();
    homes.insert(codex_home.to_owned());
    // Two names of one folder tell each thread twice.
    let mut threads: HashMap<u32, BTreeSet<String>> = HashMap::new();
    for home in homes {
        for (thread_id, owner) in owner::owners(&home) {
            threads.entry(owner.pid).or_default().insert(thread_id);
        }
    }
    for process in &mut processes {
        process.thread_ids = threads.remove(&process.pid).unwrap_or_default().into_iter().collect();
    }
    // Who has a thread is a Codex, whatever its file is called.
    processes.extend(threads.into_iter().filter_map(|(pid, thread_ids)| {
        let arguments = command_line(pid)?;
        let thread_ids = thread_ids.into_iter().collect();
        Some(CodexProcess { thread_ids, ..process(pid, &arguments, booted_at) })
    }));
    processes.sort_by_key(|process| process.pid);
    Some(Running { processes, hidden_thread_ids: hidden(&locks_folder(codex_home)) })
}

fn codex_process(pid: u32, booted_at: Option<i64>) -> Option<CodexProcess> {
    let executable = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    let arguments = command_line(pid)?;
    is_codex(&executable, &arguments).then(|| process(pid, &arguments, booted_at))
}

/// Whether this is Codex, and not one of the helpers that its binary is, too, under another name or option.
fn is_codex(executable: &Path, arguments: &[String]) -> bool {
    let is_named = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // What an update replaced.
        let name = name.strip_suffix(" (deleted)").unwrap_or(name);
        // Release files carry their platform: `codex-x86_64-unknown-linux-musl`.
        name == "codex" || ["codex-x86_64-", "codex-aarch64-"].iter().any(|head| name.starts_with(head))
    };
    let called = arguments.first().map(Path::new);
    let is_helper = arguments.get(1).is_some_and(|argument| argument.starts_with("--codex-run-as-"));
    is_named(executable) && called.is_some_and(is_named) && !is_helper
}

fn process(pid: u32, arguments: &[String], booted_at: Option<i64>) -> CodexProcess {
    let program = describe(arguments).or_else(|| name(pid)).unwrap_or_else(|| "codex".to_owned());
    let started_at_ms = booted_at.and_then(|booted_at| started_at(pid, booted_at));
    CodexProcess {
        pid,
        kind: ProcessKind::of(arguments),
        program,
        parent: starter(pid),
        cwd: fs::read_link(format!("/proc/{pid}/cwd")).ok(),
        codex_home: home(pid),
        started_at_ms,
        thread_ids: Vec::new(),
    }
}

fn starter(pid: u32) -> Option<Parent> {
    let mut pid = parent(pid).filter(|pid| *pid != 0)?;
    let mut arguments = command_line(pid).unwrap_or_default();
    if is_npm_script(&arguments) {
        pid = parent(pid).filter(|pid| *pid != 0)?;
        arguments = command_line(pid).unwrap_or_default();
    }
    let program = host(pid).map(str::to_owned).or_else(|| describe(&arguments)).or_else(|| name(pid))?;
    Some(Parent { pid, program })
}

fn is_npm_script(arguments: &[String]) -> bool {
    let file = |index: usize| arguments.get(index).and_then(|path| Path::new(path).file_name());
    file(0).is_some_and(|name| name == "node")
        && file(1).is_some_and(|name| name == "codex" || name == "codex.js")
}

fn home(pid: u32) -> Option<PathBuf> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let variable = |name: &str| {
        environment.split(|byte| *byte == 0).find_map(|variable| {
            let value = variable.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
            (!value.is_empty()).then(|| PathBuf::from(OsString::from_vec(value.to_vec())))
        })
    };
    variable("CODEX_HOME").or_else(|| variable("HOME").map(|home| home.join(".codex")))
}

/// Seconds since the Unix epoch.
fn booted_at() -> Option<i64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

fn started_at(pid: u32, booted_at: i64) -> Option<i64> {
    // Field 22; a name, field 2, may hold spaces and brackets.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let ticks: i64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    Some(booted_at * 1000 + ticks * 1000 / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codex_is_told_from_its_helpers_and_from_the_bridge() {
        let cases = [
            ("/opt/codex", &["codex", "exec"][..], true),
            ("/opt/codex (deleted)", &["codex"], true),
            ("/opt/codex-x86_64-unknown-linux-musl", &["/opt/codex-x86_64-unknown-linux-musl"], true),
            ("/opt/codex", &["codex-linux-sandbox", "--"], false),
            ("/opt/codex", &["codex", "--codex-run-as-apply-patch"], false),
            ("/opt/codex-bridge", &["codex-bridge", "serve"], false),
            ("/usr/bin/node", &["node", "/usr/bin/codex"], false),
        ];
        for (executable, arguments, expected) in cases {
            let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
            assert_eq!(is_codex(Path::new(executable), &arguments), expected, "{executable} {arguments:?}");
        }
    }

    #[test]
    fn the_script_of_an_npm_installation_is_known() {
        let is = |arguments: &[&str]| {
            is_npm_script(&arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>())
        };
        assert!(is(&["node", "/usr/bin/codex", "exec"]));
        assert!(is(&["/usr/bin/node", "/lib/codex.js"]));
        assert!(!is(&["node", "server.js"]));
    }
}
