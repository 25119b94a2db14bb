//! The API on a real listener, with the real Codex binary and a scripted model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod activity;
mod approvals;
mod bad_input;
mod codex_activity;
mod codex_exec;
mod codex_rpc;
mod codex_threads;
mod contention;
mod context;
mod contract;
mod control;
mod conversations;
mod dashboard;
mod debug;
mod delivery_modes;
mod editor;
mod events;
mod faults;
mod guard;
mod history;
mod idempotency;
mod in_process;
mod job_results;
mod lanes;
mod lifecycle;
mod nats;
mod operator_flows;
mod races;
mod reviews;
mod support;
mod system;
mod upgrade;
mod webhooks;
