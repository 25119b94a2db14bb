//! Tests the process of an app-server: how its exit is reported, and that it leaves no processes.
//!
//! Most tests run `stand-in.sh`, a shell script that exits, hangs and starts children on demand.

use std::path::Path;

use codex::app_server::{AppServer, Exit, StartError};
use codex::connection::CallError;
use codex::launch::Launch;
use tempfile::TempDir;

use crate::support::{Place, eventually, in_time, is_running, next, pid_in, text};

/// The shell script that answers the handshake.
const HANDSHAKE: &str = r#"
read -r line; echo '{"id":1,"result":{"userAgent":"stand-in"}}'
read -r line; read -r line; echo '{"id":2,"error":{"code":-32600,"message":"no such method"}}'
"#;

/// The shell script that starts a process which runs until it is killed, and writes its id to the file
/// `child`.
const CHILD: &str = "sleep 600 <&- >&- 2>&- & echo $! > child\n";

fn stand_in(directory: &TempDir, script: &str) -> Launch {
    Launch {
        executable: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/client/stand-in.sh"),
        working_directory: directory.path().to_owned(),
        environment: vec![("STAND_IN".to_owned(), script.to_owned())],
        overrides: Vec::new(),
    }
}

async fn start(directory: &TempDir, after_handshake: &str) -> AppServer {
    let script = format!("{HANDSHAKE}{after_handshake}");
    AppServer::start(&stand_in(directory, &script), "0").await.unwrap()
}

async fn gone(pid: u32) {
    eventually(&format!("the end of process {pid}"), || !is_running(pid)).await;
}

#[tokio::test]
async fn the_exit_code_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(&directory, "exit 3").await;
    let exit = in_time("the exit", server.exited()).await;
    assert_eq!(exit, Exit { code: Some(3), signal: None });
    assert!(server.connection.is_closed());
    assert_eq!(in_time("the exit, requested again", server.exited()).await, exit);
    in_time("the stop of a process that has exited", server.stop()).await;
}

#[tokio::test]
async fn the_signal_that_ended_the_process_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(&directory, "kill -9 $$").await;
    assert_eq!(in_time("the exit", server.exited()).await, Exit { code: None, signal: Some(9) });
}

#[tokio::test]
async fn stopping_gives_the_process_time_to_exit() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(&directory, "read -r line; exit 5").await;
    in_time("the stop", server.stop()).await;
    assert_eq!(server.exited().await, Exit { code: Some(5), signal: None });
}

#[tokio::test]
async fn a_process_that_ignores_the_end_of_its_input_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(&directory, "exec sleep 600").await;
    in_time("the stop", server.stop()).await;
    assert_eq!(server.exited().await, Exit { code: None, signal: Some(9) });
    assert!(!is_running(server.pid));
}

#[tokio::test]
async fn a_process_that_closes_its_output_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(&directory, "exec >&-; exec sleep 600").await;
    assert_eq!(in_time("the exit", server.exited()).await, Exit { code: None, signal: Some(9) });
}

#[tokio::test]
async fn child_processes_end_with_the_app_server() {
    for (case, after_handshake) in [("stopped", "read -r line"), ("exits by itself", "exit 1")] {
        let directory = tempfile::tempdir().unwrap();
        let server = start(&directory, &format!("{CHILD}{after_handshake}")).await;
        let child = pid_in(&directory.path().join("child")).await;
        if case == "stopped" {
            assert!(is_running(child));
            in_time("the stop", server.stop()).await;
        }
        in_time("the exit", server.exited()).await;
        eventually(&format!("the end of the child process ({case})"), || !is_running(child)).await;
    }
}

#[tokio::test]
async fn dropping_the_app_server_ends_it_and_its_child_processes() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(&directory, &format!("{CHILD}exec sleep 600")).await;
    let (pid, child) = (server.pid, pid_in(&directory.path().join("child")).await);
    assert!(is_running(pid) && is_running(child));
    drop(server);
    gone(pid).await;
    gone(child).await;
}

#[tokio::test]
async fn a_cancelled_start_leaves_no_process() {
    let directory = tempfile::tempdir().unwrap();
    let launch = stand_in(&directory, "echo $$ > pid; exec sleep 600");
    let file = directory.path().join("pid");
    let pid = tokio::select! {
        outcome = AppServer::start(&launch, "0") => panic!("started without a handshake: {outcome:?}"),
        pid = pid_in(&file) => pid,
    };
    gone(pid).await;
}

#[tokio::test]
async fn the_error_of_a_process_that_dies_in_the_handshake_contains_its_standard_error() {
    let directory = tempfile::tempdir().unwrap();
    for script in [
        "echo 'config.toml: line 3' >&2; exit 1",
        // The output ends before the reason is written.
        "exec >&-; read -r line; echo 'config.toml: line 3' >&2; exit 1",
        "read -r line; echo 'config.toml: line 3' >&2; kill -9 $$",
    ] {
        let error = AppServer::start(&stand_in(&directory, script), "0").await.unwrap_err();
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

/// The output and the exit arrive at the same moment and are noticed by different threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_output_before_the_exit_is_received() {
    for _ in 0..20 {
        let directory = tempfile::tempdir().unwrap();
        let server = start(
            &directory,
            r#"while ! [ -e go ]; do sleep 0.01; done
            for i in $(seq 1 500); do echo '{"method":"delta","params":{"threadId":"t"}}'; done
            echo goodbye >&2; exit 0"#,
        )
        .await;
        let mut watch = server.connection.watch("t");
        std::fs::write(directory.path().join("go"), "").unwrap();
        let mut received = 0;
        while next(&mut watch).await.is_some() {
            received += 1;
        }
        assert_eq!(received, 500);
        in_time("the exit", server.exited()).await;
        assert_eq!(server.stderr_last().as_deref(), Some("goodbye"));
    }
}

#[tokio::test]
async fn a_failed_start_leaves_no_process() {
    let directory = tempfile::tempdir().unwrap();
    let refuse = r#"echo $$ > pid; read -r line; echo '{"id":1,"error":{"code":-32600,"message":"too old"}}'
        exec sleep 600"#;
    let error = AppServer::start(&stand_in(&directory, refuse), "0").await.unwrap_err();
    assert!(matches!(&error, StartError::Handshake { error: CallError::Refused { .. }, .. }), "{error:?}");
    assert!(
        !is_running(pid_in(&directory.path().join("pid")).await),
        "the process has exited when the start has failed"
    );
}

#[tokio::test]
async fn the_last_lines_of_the_standard_error_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let long = "printf '%05000d\\n' 0 >&2";
    let server =
        start(&directory, &format!("for i in $(seq 1 100); do echo line $i >&2; done; {long}; exit 0")).await;
    in_time("the exit", server.exited()).await;
    assert_eq!(
        server.stderr_last().as_deref(),
        Some("line 100"),
        "the following line is too long and dropped"
    );
    let expected: Vec<String> = (61..=100).map(|number| format!("line {number}")).collect();
    assert_eq!(server.stderr_tail(), expected.join("\n"));
}

#[tokio::test]
async fn the_command_that_a_turn_runs_ends_with_the_app_server() {
    let place = Place::new().await;
    for case in ["stopped", "killed", "dropped"] {
        let server = place.start().await;
        let (thread, _watch) = server.connection.thread_start(&place.unrestricted()).await.unwrap();
        let message = text(&format!("@model run echo $$ > {case}; exec sleep 600"));
        server.connection.turn_start(&thread.id, "m", &message, None).await.unwrap();
        let command = pid_in(&place.directory().join(case)).await;
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
