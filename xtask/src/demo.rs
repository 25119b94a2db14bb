//! Shows a conversation from end to end: a program posts a message over HTTP, the bridge passes it to the
//! real Codex, and the program follows the job to its answer. A scripted model answers Codex, so no account
//! is needed. All files are in a temporary directory.

mod server;

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{CodexHome, HttpClient, HttpReply, NoReply, ScriptedModel};

use crate::{
    Failure, checkout, dashboard,
    run::{Program, heading},
};
use server::Server;

/// The message of the demo. Lines that start with `@model` tell the scripted model what to do.
const MESSAGE: &str = "\
Please introduce yourself.
@model plan
@model delay 500
@model say Let me think.
@model delay 500
@model stream 6
@model say Hello! I am a scripted model. The bridge passed your message to the real Codex, which called me.";

/// How often to poll the job, in milliseconds, so that its events are shown as they arrive.
const FOLLOW_MS: u64 = 150;
/// The maximum time for the job. The demo's turn takes a second or two.
const JOB_LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn demo(keep: bool) -> Result<(), Failure> {
    checkout::npm_packages()?;
    heading("npm run build:dashboard");
    dashboard::build()?;
    heading("cargo build --package cli");
    Program::cargo().args(["build", "--package", "cli"]).run()?;
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| format!("Cannot start a runtime: {error}"))?;
    runtime.block_on(show(keep))
}

async fn show(keep: bool) -> Result<(), Failure> {
    let model = ScriptedModel::start().await;
    let home = CodexHome::for_model(&model.url());
    let workspace =
        tempfile::tempdir().map_err(|error| format!("Cannot create a temporary directory: {error}"))?;

    heading("codex-bridge serve");
    let server = Server::start(home.path(), workspace.path()).await?;
    println!("The bridge listens on {}", server.url);
    let client = HttpClient::new(&server.url);
    let health = body_of("GET /health", client.get("/health").await)?;
    println!("It found Codex: {}", health["codex"]);

    heading("POST /conversations");
    let body = json!({ "message": MESSAGE, "cwd": workspace.path().to_string_lossy() });
    println!("{body}");
    let reply = body_of("POST /conversations", client.post("/conversations", &body).await)?;
    println!("conversation {}", text(&reply, "/conversationId")?);
    let job_url = text(&reply, "/jobUrl")?.to_owned();

    heading(&format!("GET {job_url}"));
    let job = tokio::time::timeout(JOB_LIMIT, follow(&client, &job_url))
        .await
        .map_err(|_| format!("The job did not end within {} s.", JOB_LIMIT.as_secs()))??;

    heading("Answer");
    println!("{}", text(&job, "/result/text")?);
    if keep {
        keep_running(&server, workspace.path()).await?;
    }
    server.stop().await
}

/// Prints the job's status and events as they change, until the job ends.
async fn follow(client: &HttpClient, job_url: &str) -> Result<Value, Failure> {
    let mut shown = Value::Null;
    loop {
        let path = format!("{job_url}?waitMs={FOLLOW_MS}");
        let reply = body_of(&path, client.get(&path).await)?;
        let job = &reply["job"];
        let state = json!([job["status"], job["eventCount"], job["lastEventType"]]);
        if state != shown {
            println!("{:<10} {:>3} events, last: {}", word(&state[0]), state[1], word(&state[2]));
            shown = state;
        }
        match job["status"].as_str() {
            Some("completed") => return Ok(job.clone()),
            Some("failed") => return Err(format!("The job failed: {}", job["failure"])),
            Some("starting" | "running") => {}
            _ => return Err(format!("The job has an unknown status: {reply}")),
        }
    }
}

async fn keep_running(server: &Server, workspace: &std::path::Path) -> Result<(), Failure> {
    let url = &server.url;
    let cwd = workspace.display();
    heading("The bridge keeps running. In another terminal, try:");
    println!("curl {url}/health");
    println!("curl {url}/jobs");
    println!("curl --json '{{\"message\":\"hello\",\"cwd\":\"{cwd}\"}}' {url}/conversations");
    println!("Or open the dashboard in a browser: {url}/dashboard");
    println!("\nPress Ctrl-C to stop the bridge.");
    tokio::signal::ctrl_c().await.map_err(|error| format!("Cannot wait for Ctrl-C: {error}"))
}

/// Returns the body of a successful reply.
fn body_of(request: &str, reply: Result<HttpReply, NoReply>) -> Result<Value, Failure> {
    let reply = reply.map_err(|error| format!("{request} got no reply: {error}"))?;
    if !reply.status.is_success() {
        return Err(format!("{request} failed with status {}: {}", reply.status, reply.body));
    }
    Ok(reply.body)
}

/// Returns a string that the reply must have.
fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str, Failure> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("The reply has no string {pointer}: {value}"))
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}
