//! The answers: one function for each operation of [`crate::protocol`].
//!
//! Each answer is made from one snapshot. The most important information comes first: signatures and
//! locations before bodies. [`budget`] drops what exceeds the limit and reports that in the answer.

mod budget;
mod calls;
mod dependencies;
mod explain;
mod files;
mod grep;
mod language_servers;
mod quality;
mod references;
mod request;
mod search;
mod summary;
mod symbols;
mod validation;

pub(crate) use calls::get_call_graph;
pub(crate) use dependencies::get_dependencies;
pub(crate) use explain::{explain_symbol, get_context, get_context_or_fail};
pub(crate) use files::explain_file;
pub(crate) use grep::grep_files;
pub(crate) use language_servers::{LanguageServers, Pause};
pub(crate) use quality::{find_duplicates, get_quality_score};
pub(crate) use references::find_references;
pub(crate) use request::{Analysis, Request};
pub(crate) use search::semantic_search;
pub(crate) use summary::summarize_repo;
pub(crate) use validation::validate_code;

/// The result of an operation: the members of the `data` object, or a refusal.
pub(crate) type Answer = Result<serde_json::Map<String, serde_json::Value>, crate::protocol::Refusal>;

/// Returns the members of an object literal.
fn members(value: serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    match value {
        serde_json::Value::Object(members) => members,
        _ => serde_json::Map::new(),
    }
}
