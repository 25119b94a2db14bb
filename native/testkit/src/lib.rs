//! What the tests and the demo need in place of an account, a network and a person at the keyboard:
//!
//! - [`ScriptedModel`]: a server for the Responses API that answers what the user's message tells it to, so that
//!   the real Codex binary runs every real flow offline;
//! - [`CodexHome`]: a throwaway `CODEX_HOME` that makes Codex talk to that model;
//! - [`codex_binary`]: the real Codex binary that npm installed, and [`codex_binaries`]: those of several versions;
//! - [`HttpClient`]: a client of the bridge's API; [`EventReader`]: one of its streams of events;
//! - [`WebhookReceiver`]: a receiver of webhooks that fails, hangs, redirects and dies on demand;
//! - [`NatsServer`]: a real NATS server that is killed and started on demand;
//! - [`ScriptedPeer`]: an app-server that misbehaves on demand, for the faults the real one will not show.
//!
//! Nothing of this is ever part of what is shipped.

// A helper for tests says "this must not happen here" by panicking: the test that called it then fails.
#![allow(clippy::expect_used, clippy::panic)]

mod codex_binary;
mod codex_home;
mod event_reader;
mod http_client;
mod model;
mod nats_server;
mod peer;
mod program;
mod webhook_receiver;

pub use codex_binary::{CODEX_VERSIONS_VARIABLE, codex_binaries, codex_binary, codex_binary_in};
pub use codex_home::CodexHome;
pub use event_reader::{EventReader, ServerSentEvent};
pub use http_client::{HttpClient, HttpReply, NoReply};
pub use model::{RecordedRequest, ScriptedModel};
pub use nats_server::{NatsPass, NatsServer};
pub use peer::{Action, PeerOutcome, PeerScript, ScriptedPeer, Step, play};
pub use program::testkit_program;
pub use webhook_receiver::{ReceivedWebhook, ReceiverAnswer, WebhookReceiver};

use std::time::Duration;

/// The longest that any wait in this crate lasts. A test that waits this long has failed, so the number only has to
/// be far above the slowest good case: a cold start of Codex on a loaded machine takes about two seconds.
pub const WAIT_MAX: Duration = Duration::from_secs(30);
