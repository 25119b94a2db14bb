//! A whole bridge: its configuration, its composition, and its start and stop.
//!
//! - [`Bridge`] is the control plane with its API, as the extension and `codex-bridge serve` run it.
//! - [`CodeServer`] answers questions about code alone, without a bridge: `codex-bridge context`.
//! - [`config`] holds the checked settings, and renders those in force for `GET /system`.

mod code_server;
pub mod config;
mod nats_gateway;
mod reconciler;
mod running_bridge;
mod start;

pub use code_server::CodeServer;
pub use running_bridge::Bridge;
pub use start::StartError;

/// The default log filter. The client library of NATS logs nothing, because the bridge reports its errors
/// itself.
pub const LOG_FILTER: &str = "info,async_nats=off";
