//! The Codex client: finds the binary, runs `codex app-server`, speaks its JSON-RPC.
//!
//! Nothing outside this crate knows the app-server's wire format. From the outside in:
//!
//! - [`locate`] finds the executable on this machine and says where it looked.
//! - [`app_server::AppServer`] is one running `codex app-server` process with its handshake done.
//! - [`connection::Connection`] is the JSON-RPC link: calls, notifications by thread, server requests.
//! - [`protocol`] holds the few methods and fields that the bridge interprets; all else is passed on as JSON.
//! - [`approval`] turns a request of the app-server into a question for a person, and a decision into its answer.
//! - [`owner`] tells which process has a thread; [`processes`] which Codex processes there are.
//! - [`exec`] runs a turn with `codex exec`, where there is no app-server.
//! - [`turn::TurnRecord`] turns a turn's notifications, or its stored form, into what a caller wants to know.
//!
//! No code here switches on a Codex version: the binary is asked which methods it knows
//! ([`app_server::Methods`]), and fields are read leniently.

pub mod app_server;
pub mod approval;
pub mod connection;
pub mod decline;
pub mod exec;
pub mod launch;
mod lines;
pub mod locate;
mod os;
pub mod owner;
#[cfg(target_os = "linux")]
mod proc;
mod process;
pub mod processes;
pub mod protocol;
pub mod rpc;
pub mod turn;
