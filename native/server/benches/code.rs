//! What questions about code cost over HTTP, on the server that `codex-bridge context` runs: the most trivial ones, beside a bare hyper handler
//! that sends as many bytes. What the answers themselves cost is measured by `cargo bench -p context --bench answers`.
//!
//! Run with `cargo bench -p server --bench code`; it needs no Codex.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot go on has failed")]

#[path = "figures/load.rs"]
mod load;

use bridge::code::Code;
use bytes::Bytes;
use hyper::Method;
use server::CodeServer;
use server::config::Config;
use tokio_util::sync::CancellationToken;

use load::{Asked, compare};

/// Each with its name.
const QUESTIONS: [(&str, &str); 3] = [
    ("POST /request, list_tools", r#"{"kind": "list_tools"}"#),
    (
        "POST /request, validate_code of a line",
        r#"{"kind": "validate_code", "params": {"code": "x = 1", "language": "python"}}"#,
    ),
    ("POST /request, explain_symbol", r#"{"kind": "explain_symbol", "params": {"symbol_name": "total"}}"#),
];

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("workspace");
    std::fs::create_dir(&workspace).unwrap();
    std::fs::write(workspace.join("price.py"), "def total(items):\n    return sum(items)\n").unwrap();
    let code = Code::new(vec![workspace.clone()], folder.path().join("code"), None);
    let config = Config::new(folder.path().join("data"), folder.path().join("discovery"), workspace);
    let stopping = CancellationToken::new();
    let server = CodeServer::start(config, code, stopping.clone()).await.unwrap();
    let address = server.url().trim_start_matches("http://").parse().unwrap();
    let served = tokio::spawn(server.run());
    let health = Asked { method: Method::GET, path: "/health", body: Bytes::new() };
    compare("GET /health", address, &health).await;
    for (name, question) in QUESTIONS {
        let body = Bytes::from_static(question.as_bytes());
        compare(name, address, &Asked { method: Method::POST, path: "/request", body }).await;
    }
    stopping.cancel();
    served.await.unwrap();
}
