//! Tests the Codex client: its JSON-RPC connection with a scripted peer, and whole app-servers, real and
//! misbehaving ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot continue has failed"
)]

mod answers;
mod app_server;
mod approval;
mod connection;
mod decline;
mod exec;
mod faults;
mod history;
#[cfg(target_os = "linux")]
mod owner;
#[cfg(unix)]
mod processes;
mod support;
mod threads;
