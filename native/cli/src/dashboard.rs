//! `codex-bridge dashboard`: prints a link that opens the dashboard of a running bridge and signs the browser
//! in.

use std::path::Path;

use bridge::instance::{self, DiscoveryEntry};
use clap::Args;
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::{Request, Uri, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use server::config;
use tokio::net::TcpStream;

/// The arguments of `codex-bridge dashboard`.
#[derive(Debug, Args)]
pub(crate) struct DashboardArguments {
    /// URL of the bridge [default: the bridge of the current directory, or else the one that started last].
    #[arg(long, value_name = "URL")]
    url: Option<String>,

    /// Token of the bridge. Prefer the environment variable: other users can read a command line.
    #[arg(long, env = "CODEX_BRIDGE_AUTH_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    auth_token: Option<String>,
}

/// Prints the sign-in link of a running bridge.
pub(crate) fn dashboard(arguments: DashboardArguments) -> Result<(), String> {
    let DashboardArguments { url, auth_token } = arguments;
    let running = instance::running(&config::discovery_directory()?);
    let found = match &url {
        Some(url) => running.iter().find(|entry| entry.url == url.trim_end_matches('/')),
        None => nearest(&running, &std::env::current_dir().unwrap_or_default()),
    };
    let Some(url) = url.or_else(|| found.map(|entry| entry.url.clone())) else {
        return Err("no bridge is running. Start one with `codex-bridge serve`, or in VS Code with \
                    Codex Bridge: Start Server"
            .to_owned());
    };
    let token = auth_token.filter(|token| !token.is_empty()).or_else(|| token_from_file(found?));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    let link = runtime.block_on(link(&url, token.as_deref()))?;
    println!("{link}");
    eprintln!("The link signs in one browser, once, and expires in five minutes.");
    Ok(())
}

/// Returns the bridge whose workspace contains the directory, or else the bridge that started last.
fn nearest<'a>(running: &'a [DiscoveryEntry], directory: &Path) -> Option<&'a DiscoveryEntry> {
    let has =
        |entry: &&DiscoveryEntry| entry.workspace_folders.iter().any(|root| directory.starts_with(root));
    let newest = |entries: Vec<&'a DiscoveryEntry>| entries.into_iter().max_by_key(|entry| entry.started_at);
    newest(running.iter().filter(has).collect()).or_else(|| newest(running.iter().collect()))
}

/// Reads the token that a bridge generated for itself.
fn token_from_file(entry: &DiscoveryEntry) -> Option<String> {
    let text = std::fs::read_to_string(entry.token_file.as_ref()?).ok()?;
    Some(text.trim().to_owned())
}

async fn link(url: &str, token: Option<&str>) -> Result<String, String> {
    let failed = |error: &dyn std::fmt::Display| format!("the bridge at {url} does not respond: {error}");
    let uri: Uri = url.parse().map_err(|error| format!("--url {url}: {error}"))?;
    let authority = uri
        .authority()
        .ok_or_else(|| format!("--url {url}: not the URL of a bridge, such as http://127.0.0.1:8765"))?;
    let stream = TcpStream::connect(authority.as_str()).await.map_err(|error| failed(&error))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    // The connection ends when the sender is dropped.
    tokio::spawn(connection);
    let mut request = Request::post("/dashboard/links").header(header::HOST, authority.as_str());
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| failed(&error))?;
    let response = sender.send_request(request).await.map_err(|error| failed(&error))?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|error| failed(&error))?.to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    match body["url"].as_str() {
        Some(link) => Ok(link.to_owned()),
        None if status == 401 => Err("the bridge requires a token: set CODEX_BRIDGE_AUTH_TOKEN".to_owned()),
        None if status == 404 => {
            Err(format!("the bridge at {url} is an older version without a dashboard; update it"))
        }
        None => Err(format!(
            "the bridge at {url} replied {status}: {}",
            body["error"].as_str().unwrap_or_default()
        )),
    }
}
