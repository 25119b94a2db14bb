//! The HTTP edge: the only crate that knows HTTP.
//!
//! A request passes its connection ([`serve`] applies limits and gets the user of the peer from the operating
//! system), then the [`guard`], and then its route. A route file is named after the first segment of its
//! paths, and a handler after its `operationId`. [`extract`] reads bodies, queries and path parameters.
//! [`reply`] renders replies and [`request_error`] the errors. [`sse`] streams events, and [`event_page`]
//! returns them in pages. [`idempotency`] makes a repeated request take effect once. [`sent_view`] is the
//! reply to a message. The program that runs the bridge, and NATS, call the routes through [`in_process`].

mod app;
mod dashboard_files;
mod event_page;
mod extract;
pub mod guard;
mod idempotency;
mod in_process;
mod listen;
pub mod log_tail;
mod openapi;
mod reply;
pub mod request_error;
mod routes;
mod sent_view;
mod serve;
mod setting;
pub mod sign_in;
mod sse;

pub use app::App;
pub use in_process::{ForwardedReply, InProcess, InProcessReply};
pub use listen::{ListenError, listen};
pub use openapi::openapi_json;
pub use routes::health::{HealthView, health};
pub use routes::{code_router, router};
pub use serve::{Server, ServerOptions};
pub use setting::SettingView;

/// The `Server` header of every reply. A bridge recognizes another bridge by it.
pub const SERVER_NAME: &str = "codex-bridge";
