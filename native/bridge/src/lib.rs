//! The control plane of Codex Bridge: everything but the edges to VS Code (crate `addon`) and the terminal (crate `cli`).

pub mod approvals;
mod bridge;
pub mod clock;
pub mod code;
pub mod config;
pub mod conversations;
pub mod editor;
pub mod error;
pub mod events;
pub mod http;
pub mod instance;
pub mod jobs;
pub mod lanes;
pub mod limits;
pub mod log_tail;
pub mod model;
pub mod nats;
pub mod session;
pub mod sessions;
pub mod sign_in;
pub mod store;
pub mod threads;
mod tls;
pub mod webhooks;

/// What is logged, unless the environment says otherwise. What the NATS client logs, the bridge says in words of its own.
pub const LOG_FILTER: &str = "info,async_nats=off";

pub use bridge::{Bridge, StartError};
pub use http::ListenError;
