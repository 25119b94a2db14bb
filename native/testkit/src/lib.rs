//! Replaces an account, a network and a person at the keyboard for the tests and the demo:
//!
//! - [`ScriptedModel`]: a server for the Responses API whose answers follow a script in the user's message,
//!   so that the real Codex binary runs every real flow offline.
//! - [`CodexHome`]: a temporary `CODEX_HOME` that makes Codex use that model.
//! - [`codex_binary`]: the real Codex binary that npm installed. [`codex_binaries`]: binaries of several
//!   versions.
//! - [`HttpClient`]: a client of the bridge's API. [`EventReader`]: a reader of its event streams.
//! - [`WebhookReceiver`]: a webhook receiver that fails, hangs, redirects and crashes on demand.
//! - [`NatsServer`]: a real NATS server that is killed and restarted on demand.
//! - [`ScriptedPeer`]: an app-server that misbehaves on demand, for faults that the real one does not show.
//!
//! This crate is never part of a release.

// A test helper panics when something must not happen, so that the calling test fails.
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

/// The maximum duration of every wait in this crate. A test that waits this long has failed, so the limit
/// only has to be far above the slowest successful case: a cold start of Codex on a loaded machine takes
/// about two seconds.
pub const WAIT_MAX: Duration = Duration::from_secs(30);
