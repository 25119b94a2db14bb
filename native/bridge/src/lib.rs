//! The control plane: jobs, conversations, lanes, approvals, events, webhooks, and code questions.
//!
//! Everything that decides lives here. The HTTP edge (crate `api`), NATS (crate `nats`) and the composition
//! of a running bridge (crate `server`) are above it; the database (crate `store`) and the pure values (crate
//! `model`) are below it.

pub mod approvals;
pub mod code;
pub mod conversations;
pub mod editor;
pub mod error;
pub mod events;
pub mod instance;
pub mod jobs;
pub mod lanes;
pub mod login_shell;
pub mod nats_status;
pub mod supervisor;
pub mod thread_router;
pub mod threads;
pub mod tls;
pub mod webhooks;
