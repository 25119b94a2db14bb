//! The Codex client: finds the binary, runs `codex app-server`, speaks its JSON-RPC.

pub mod locate;
