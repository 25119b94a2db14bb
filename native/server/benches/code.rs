//! Measures the HTTP overhead of questions about code, on the server of `codex-bridge context`. The questions
//! are trivial, and a bare hyper handler that sends as many bytes is the baseline. `cargo bench -p context
//! --bench answers` measures the answers themselves.
//!
//! Run with `cargo bench -p server --bench code`; it needs no Codex.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step ends the benchmark")]

#[path = "figures/load.rs"]
mod load;

use bridge::code::Code;
use bytes::Bytes;
use hyper::Method;
use server::CodeServer;
use server::config::Config;
use tokio_util::sync::CancellationToken;

use load::{BenchRequest, compare};

/// The questions with their names.
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
    let directory = tempfile::tempdir().unwrap();
    let workspace = directory.path().join("workspace");
    std::fs::create_dir(&workspace).unwrap();
    std::fs::write(workspace.join("price.py"), "def total(items):\n    return sum(items)\n").unwrap();
    let code = Code::new(vec![workspace.clone()], directory.path().join("code"), None);
    let config = Config::new(directory.path().join("data"), directory.path().join("discovery"), workspace);
    let stopping = CancellationToken::new();
    let server = CodeServer::start(config, code, stopping.clone()).await.unwrap();
    let address = server.url().trim_start_matches("http://").parse().unwrap();
    let served = tokio::spawn(server.run());
    let health = BenchRequest { method: Method::GET, path: "/health", body: Bytes::new() };
    compare("GET /health", address, &health).await;
    for (name, question) in QUESTIONS {
        let body = Bytes::from_static(question.as_bytes());
        compare(name, address, &BenchRequest { method: Method::POST, path: "/request", body }).await;
    }
    stopping.cancel();
    served.await.unwrap();
}
