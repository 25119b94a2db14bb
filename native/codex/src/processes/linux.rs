//! Lists Codex processes on Linux, which shows every process in `/proc`.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::{CodexProcess, Parent, ProcessKind, Running};
use crate::ThreadId;
use crate::owner::linux::{hidden, host, program};
use crate::owner::{self, locks_directory};
use crate::proc::{Proc, booted_at};

pub(super) fn running(codex_home: &Path) -> Option<Running> {
    let booted_at = booted_at();
    let mut processes: Vec<CodexProcess> =
        Proc::of_this_user()?.filter_map(|process| codex_process(&process, booted_at)).collect();
    let mut homes: BTreeSet<PathBuf> =
        processes.iter().filter_map(|process| process.codex_home.clone()).collect();
    homes.insert(codex_home.to_owned());
    // A set, because two paths of one directory report each thread twice.
    let mut threads: HashMap<u32, BTreeSet<ThreadId>> = HashMap::new();
    for home in homes {
        for (thread_id, owner) in owner::owners(&home) {
            threads.entry(owner.pid).or_default().insert(thread_id);
        }
    }
    for process in &mut processes {
        process.thread_ids = threads.remove(&process.pid).unwrap_or_default().into_iter().collect();
    }
    // A process that owns a thread is Codex, whatever its executable is called.
    processes.extend(threads.into_iter().filter_map(|(pid, thread_ids)| {
        let process = Proc::open(pid)?;
        let arguments = process.arguments()?;
        let thread_ids = thread_ids.into_iter().collect();
        Some(CodexProcess { thread_ids, ..view(&process, &arguments, booted_at) })
    }));
    processes.sort_by_key(|process| process.pid);
    Some(Running { processes, hidden_thread_ids: hidden(&locks_directory(codex_home)) })
}

fn codex_process(process: &Proc, booted_at: Option<u64>) -> Option<CodexProcess> {
    let executable = process.executable()?;
    let arguments = process.arguments()?;
    is_codex(&executable, &arguments).then(|| view(process, &arguments, booted_at))
}

/// Returns whether this is Codex, and not one of the helpers that its binary also is under another name or
/// option.
fn is_codex(executable: &Path, arguments: &[String]) -> bool {
    let is_named = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // The kernel adds this to an executable that an update has replaced.
        let name = name.strip_suffix(" (deleted)").unwrap_or(name);
        // Release files carry their platform: `codex-x86_64-unknown-linux-musl`.
        name == "codex" || ["codex-x86_64-", "codex-aarch64-"].iter().any(|head| name.starts_with(head))
    };
    let called = arguments.first().map(Path::new);
    let is_helper = arguments.get(1).is_some_and(|argument| argument.starts_with("--codex-run-as-"));
    is_named(executable) && called.is_some_and(is_named) && !is_helper
}

fn view(process: &Proc, arguments: &[String], booted_at: Option<u64>) -> CodexProcess {
    CodexProcess {
        pid: process.pid(),
        kind: ProcessKind::of(arguments),
        program: program(process).unwrap_or_else(|| "codex".to_owned()),
        parent: starter(process),
        cwd: process.directory(),
        codex_home: home(process),
        started_at_ms: booted_at.and_then(|booted_at| process.started_at_ms(booted_at)),
        thread_ids: Vec::new(),
    }
}

fn starter(process: &Proc) -> Option<Parent> {
    let mut parent = process.parent()?;
    if is_npm_script(&parent.arguments().unwrap_or_default()) {
        parent = parent.parent()?;
    }
    let program = host(&parent).map(str::to_owned).or_else(|| program(&parent))?;
    Some(Parent { pid: parent.pid(), program })
}

fn is_npm_script(arguments: &[String]) -> bool {
    let file = |index: usize| arguments.get(index).and_then(|path| Path::new(path).file_name());
    file(0).is_some_and(|name| name == "node")
        && file(1).is_some_and(|name| name == "codex" || name == "codex.js")
}

/// Returns the Codex home that the process's environment selects.
fn home(process: &Proc) -> Option<PathBuf> {
    let [codex_home, home] = process.variables(["CODEX_HOME", "HOME"])?;
    codex_home.or_else(|| home.map(|home| home.join(".codex")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codex_is_distinguished_from_its_helpers_and_the_bridge() {
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
    fn the_script_of_an_npm_installation_is_recognized() {
        let is = |arguments: &[&str]| {
            is_npm_script(&arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>())
        };
        assert!(is(&["node", "/usr/bin/codex", "exec"]));
        assert!(is(&["/usr/bin/node", "/lib/codex.js"]));
        assert!(!is(&["node", "server.js"]));
    }
}
