//! Selects features of transitive dependencies, so that every build of the workspace shares one feature set.
//! This crate has no code.
//!
//! Cargo unites the features that the selected packages ask for. Without this crate, `cargo test -p context`,
//! the build of the addon and `cargo test --workspace` would each compile their own tokio, with everything
//! that uses it.
