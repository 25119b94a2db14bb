//! Tests the skill's client (`skills/codex-bridge-api/scripts`) as a process, against `codex-bridge serve`
//! with the real Codex and a scripted model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic fails the test")]

mod commands;
mod control;
mod original;
mod support;
mod windows;

/// Runs the client's own tests: the choice of a window, the parsing of events.
#[tokio::test]
async fn the_clients_own_tests_pass() {
    let tests = support::skill().join("tests");
    let output =
        support::python().args(["-m", "unittest", "discover", "--start-directory"]).arg(tests).output().await;
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
