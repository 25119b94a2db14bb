//! What the bridge knows about the world, and how it may change.
//!
//! Pure: no input or output, no clock, no randomness, no tokio. Time and ids come in as arguments.

pub mod approval;
pub mod clock;
pub mod delivery;
pub mod event;
pub mod event_pattern;
pub mod ids;
pub mod job;
pub mod lane;
pub mod limits;
pub mod secret;
pub mod surface;
pub mod webhook;
