//! The domain of the bridge: its values, and the state transitions that they allow.
//!
//! This crate is pure: it has no input or output, no randomness and no tokio. Times and ids are arguments.

pub mod activity;
pub mod approval;
pub mod clock;
pub mod delivery;
pub mod event;
pub mod event_pattern;
pub mod ids;
pub mod job;
pub mod lane;
pub mod limits;
pub mod retry;
pub mod secret;
pub mod surface;
pub mod webhook;
