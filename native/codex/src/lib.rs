//! The Codex client: finds the executable, runs `codex app-server` and speaks its JSON-RPC protocol.
//!
//! Nothing outside this crate knows the app-server's wire format. The modules, from the outside in:
//!
//! - [`locate`] finds the executable on this machine and reports which paths it searched.
//! - [`app_server::AppServer`] is a running `codex app-server` process after its handshake.
//! - [`connection::Connection`] is the JSON-RPC connection: calls, notifications by thread, server requests.
//! - [`protocol`] holds the few methods and fields that the bridge interprets. Everything else is passed on
//!   as JSON.
//! - [`approval`] turns a request of the app-server into a question for a person, and a decision into its
//!   answer.
//! - [`owner`] tells which process owns a thread. [`processes`] lists the Codex processes.
//! - [`login_shell`] measures the shell that Codex runs for every conversation.
//! - [`exec`] runs a turn with `codex exec`, for binaries without a usable app-server.
//! - [`activity::Activity`] tells what runs on a loaded thread.
//! - [`turn::TurnRecord`] builds the result of a turn from its notifications or its stored form.
//!
//! No code here depends on a Codex version number. The binary is asked which methods it knows
//! ([`app_server::Methods`]), and fields are read leniently.

pub mod activity;
pub mod app_server;
pub mod approval;
pub mod connection;
pub mod decline;
pub mod exec;
mod ids;
pub mod launch;
mod lines;
pub mod locate;
pub mod login_shell;
mod os;
pub mod owner;
#[cfg(target_os = "linux")]
mod proc;
mod process;
pub mod processes;
pub mod protocol;
pub mod rate_limits;
pub mod rpc;
pub mod turn;

pub use ids::{ThreadId, TurnId};
