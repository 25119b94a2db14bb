//! The process behind an app-server: how its end is told, and that it leaves nothing behind.
//!
//! Most of these run `stand-in.sh`: a shell script ends, hangs and leaves children as the test says.

use std::path::Path;

use codex::app_server::{AppServer, Exit, StartError};
use codex::connection::CallError;
use codex::launch::Launch;
use tempfile::TempDir;

use crate::support::{Place, eventually, in_time, is_running, next, pid_in, text};

/// Answers the handshake, and then goes on with what follows.
const HANDSHAKE: &str = r#"
read -r line; echo '{"id":1,"result":{"userAgent":"stand-in"}}'
read -r line; read -r line; echo '{"id":2,"error":{"code":-32600,"message":"no such method"}}'
"#;

/// A process that stays until it is killed, and writes its number to the file `child`.
const CHILD: &str = "sleep 600 <&- >&- 2>&- & echo $! > child\n";

fn stand_in(folder: &TempDir, script: &str) -> Launch {
    Launch {
        executable: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/client/stand-in.sh"),
        working_folder: folder.path().to_owned(),
        environment: vec![("STAND_IN".to_owned(), script.to_owned())],
    }
}

async fn start(folder: &TempDir, after_handshake: &str) -> AppServer {
    let script = format!("{HANDSHAKE}{after_handshake}");
    AppServer::start(&stand_in(folder, &script), "0").await.unwrap()
}

async fn gone(pid: u32) {
    eventually(&format!("the end of process {pid}"), || !is_running(pid)).await;
}

#[tokio::test]
async fn the_exit_code_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&folder, "exit 3").await;
    let exit = in_time("the exit", server.exited()).await;
    assert_eq!(exit, Exit { code: Some(3), signal: None });
    assert!(server.connection.is_closed());
    assert_eq!(in_time("the exit, asked again", server.exited()).await, exit);
    in_time("a stop of what has ended", server.stop()).await;
}

#[tokio::test]
async fn the_signal_that_ended_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&folder, "kill -9 $$").await;
    assert_eq!(in_time("the exit", server.exited()).await, Exit { code: None, signal: Some(9) });
}

#[tokio::test]
async fn stopping_gives_it_time_to_end_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&folder, "read -r line; exit 5").await;
    in_time("the stop", server.stop()).await;
    assert_eq!(server.exited().await, Exit { code: Some(5), signal: None });
}

#[tokio::test]
async fn one_that_ignores_the_end_of_its_input_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&folder, "exec sleep 600").await;
    in_time("the stop", server.stop()).await;
    assert_eq!(server.exited().await, Exit { code: None, signal: Some(9) });
    assert!(!is_running(server.pid));
}

#[tokio::test]
async fn one_that_closes_its_output_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&folder, "exec >&-; exec sleep 600").await;
    assert_eq!(in_time("the exit", server.exited()).await, Exit { code: None, signal: Some(9) });
}

#[tokio::test]
async fn what_it_started_ends_with_it() {
    for (case, after_handshake) in [("stopped", "read -r line"), ("exits by itself", "exit 1")] {
        let folder = tempfile::tempdir().unwrap();
        let server = start(&folder, &format!("{CHILD}{after_handshake}")).await;
        let child = pid_in(&folder.path().join("child")).await;
        if case == "stopped" {
            assert!(is_running(child));
            in_time("the stop", server.stop()).await;
        }
        in_time("the exit", server.exited()).await;
        eventually(&format!("the end of what it started ({case})"), || !is_running(child)).await;
    }
}

#[tokio::test]
async fn dropping_it_ends_it_and_what_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&folder, &format!("{CHILD}exec sleep 600")).await;
    let (pid, child) = (server.pid, pid_in(&folder.path().join("child")).await);
    assert!(is_running(pid) && is_running(child));
    drop(server);
    gone(pid).await;
    gone(child).await;
}

#[tokio::test]
async fn a_start_that_is_given_up_leaves_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let launch = stand_in(&folder, "echo $$ > pid; exec sleep 600");
    let file = folder.path().join("pid");
    let pid = tokio::select! {
        outcome = AppServer::start(&launch, "0") => panic!("it said nothing, but: {outcome:?}"),
        pid = pid_in(&file) => pid,
    };
    gone(pid).await;
}

#[tokio::test]
async fn one_that_dies_in_the_handshake_says_why() {
    let folder = tempfile::tempdir().unwrap();
    for script in [
        "echo 'config.toml: line 3' >&2; exit 1",
        // Its output ends before it says why.
        "exec >&-; read -r line; echo 'config.toml: line 3' >&2; exit 1",
        "read -r line; echo 'config.toml: line 3' >&2; kill -9 $$",
    ] {
        let error = AppServer::start(&stand_in(&folder, script), "0").await.unwrap_err();
        let StartError::Handshake { error: CallError::Closed { method }, stderr } = &error else {
            panic!("{error:?}")
        };
        assert_eq!((method.as_str(), stderr.as_str()), ("initialize", "config.toml: line 3"), "{script}");
        assert_eq!(
            error.to_string(),
            "the Codex app-server did not start: the Codex app-server ended before it answered initialize \
             (its output: config.toml: line 3)"
        );
    }
}

/// Its output and its exit are there at the same moment, and different threads notice them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_it_says_before_it_exits_is_heard() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let server = start(
            &folder,
            r#"while ! [ -e go ]; do sleep 0.01; done
            for i in $(seq 1 500); do echo '{"method":"delta","params":{"threadId":"t"}}'; done
            echo goodbye >&2; exit 0"#,
        )
        .await;
        let mut watch = server.connection.watch("t");
        std::fs::write(folder.path().join("go"), "").unwrap();
        let mut heard = 0;
        while next(&mut watch).await.is_some() {
            heard += 1;
        }
        assert_eq!(heard, 500);
        in_time("the exit", server.exited()).await;
        assert_eq!(server.stderr_last().as_deref(), Some("goodbye"));
    }
}

#[tokio::test]
async fn a_failed_start_leaves_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let refuse = r#"echo $$ > pid; read -r line; echo '{"id":1,"error":{"code":-32600,"message":"too old"}}'
        exec sleep 600"#;
    let error = AppServer::start(&stand_in(&folder, refuse), "0").await.unwrap_err();
    assert!(matches!(&error, StartError::Handshake { error: CallError::Refused { .. }, .. }), "{error:?}");
    assert!(!is_running(pid_in(&folder.path().join("pid")).await), "it is gone when the start has failed");
}

#[tokio::test]
async fn the_last_lines_of_its_standard_error_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let long = "printf '%05000d\\n' 0 >&2";
    let server =
        start(&folder, &format!("for i in $(seq 1 100); do echo line $i >&2; done; {long}; exit 0")).await;
    in_time("the exit", server.exited()).await;
    assert_eq!(server.stderr_last().as_deref(), Some("line 100"), "the one after it is too long to keep");
    let expected: Vec<String> = (61..=100).map(|number| format!("line {number}")).collect();
    assert_eq!(server.stderr_tail(), expected.join("\n"));
}

#[tokio::test]
async fn the_command_that_a_turn_runs_ends_with_the_app_server() {
    let place = Place::new().await;
    // Stopped, killed from outside, and dropped.
    for case in ["stopped", "killed", "dropped"] {
        let server = place.start().await;
        let (thread, _watch) = server.connection.thread_start(&place.free()).await.unwrap();
        let message = text(&format!("@model run echo $$ > {case}; exec sleep 600"));
        server.connection.turn_start(&thread.id, "m", &message, None).await.unwrap();
        let command = pid_in(&place.folder().join(case)).await;
        let pid = server.pid;
        assert!(is_running(command) && is_running(pid));
        match case {
            "stopped" => {
                in_time("the stop", server.stop()).await;
                assert!(!is_running(pid));
            }
            "killed" => {
                let status = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
                assert!(status.unwrap().success());
                let exit = in_time("the exit", server.exited()).await;
                assert_eq!(exit, Exit { code: None, signal: Some(9) });
            }
            _ => drop(server),
        }
        eventually(&format!("the end of the app-server ({case})"), || !is_running(pid)).await;
        eventually(&format!("the end of its command ({case})"), || !is_running(command)).await;
    }
}
