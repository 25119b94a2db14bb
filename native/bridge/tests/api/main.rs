//! The API on a real listener, with the real Codex binary and a scripted model.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod approvals;
mod bad_input;
mod cli;
mod contract;
mod control;
mod conversations;
mod deliveries;
mod editor;
mod events;
mod faults;
mod guard;
mod history;
mod idempotency;
mod lifecycle;
mod support;
mod webhooks;
