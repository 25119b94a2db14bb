//! Plays a script against a client.

use std::collections::VecDeque;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    sync::watch,
};

use super::script::{Action, PeerScript, Step};

pub(super) const RESPONSE: &str = "response";
const ANY_REQUEST: &str = "*";

/// The progress of a script.
#[derive(Debug, Clone, Default)]
pub struct PeerOutcome {
    /// All messages that the client has sent.
    pub received: Vec<Value>,
    /// Whether every step has been played.
    pub is_complete: bool,
    /// The description of an action of the client that the script does not allow.
    pub problem: Option<String>,
    /// The exit status of a process that plays this script.
    pub exit_status: i32,
}

/// Plays the script to its end, and then reads silently until the client closes the connection.
///
/// A notification that no step expects is skipped. A request that no step expects is refused and ends the
/// script.
pub async fn play<R, W>(script: PeerScript, reader: R, mut writer: W, progress: &watch::Sender<PeerOutcome>)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut steps = VecDeque::from(script.steps);
    progress.send_modify(|outcome| outcome.is_complete = steps.is_empty());
    let mut lines = BufReader::new(reader).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let message: Value = match serde_json::from_str(&line) {
            Ok(message) => message,
            Err(error) => {
                return report(progress, format!("the client sent a line that is not JSON: {error}: {line}"));
            }
        };
        progress.send_modify(|outcome| outcome.received.push(message.clone()));

        let always = script.always.iter().find(|step| matches(step, &message));
        let is_next =
            |step: &Step| matches(step, &message) && (always.is_none() || step.expect != ANY_REQUEST);
        let step = if steps.front().is_some_and(is_next) { steps.pop_front() } else { always.cloned() };
        let Some(step) = step else {
            let Some(expected) = steps.front() else { continue };
            if message["id"].is_null() || message["method"].is_null() {
                continue;
            }
            let problem = format!("the script expects `{}`, but the client sent {message}", expected.expect);
            let refusal = json!({ "id": message["id"], "error": { "code": -32600, "message": problem } });
            // A client that has disconnected misses the refusal, but the report contains the problem in any
            // case.
            let _ = write_line(&mut writer, &refusal.to_string()).await;
            return report(progress, problem);
        };
        for action in step.then {
            match act(action, &message["id"], &mut writer).await {
                Ok(None) => {}
                Ok(Some(exit_status)) => {
                    progress.send_modify(|outcome| {
                        outcome.exit_status = exit_status;
                        outcome.is_complete = steps.is_empty();
                    });
                    return;
                }
                // The client has closed its end, which it may: the script may be over already.
                Err(_) => return,
            }
        }
        progress.send_modify(|outcome| outcome.is_complete = steps.is_empty());
    }
}

fn report(progress: &watch::Sender<PeerOutcome>, problem: String) {
    progress.send_modify(|outcome| {
        outcome.problem = Some(problem);
        outcome.exit_status = 70;
    });
}

fn matches(step: &Step, message: &Value) -> bool {
    match message["method"].as_str() {
        Some(method) => step.expect == method || (step.expect == ANY_REQUEST && !message["id"].is_null()),
        None => step.expect == RESPONSE,
    }
}

/// Performs one action. Returns an exit status if the peer ends with this action.
async fn act<W: AsyncWrite + Unpin>(
    action: Action,
    id: &Value,
    writer: &mut W,
) -> std::io::Result<Option<i32>> {
    let line = match action {
        Action::Result(result) => json!({ "id": id, "result": result }).to_string(),
        Action::Error { code, message } => {
            json!({ "id": id, "error": { "code": code, "message": message } }).to_string()
        }
        Action::Notify { method, params } => json!({ "method": method, "params": params }).to_string(),
        Action::Request { id, method, params } => {
            json!({ "id": id, "method": method, "params": params }).to_string()
        }
        Action::Raw(line) => line,
        Action::LongLine(bytes) => long_line(bytes),
        Action::Partial(text) => {
            writer.write_all(text.as_bytes()).await?;
            writer.flush().await?;
            return Ok(None);
        }
        Action::Close => {
            writer.shutdown().await?;
            return Ok(Some(0));
        }
        Action::Exit(status) => {
            writer.shutdown().await?;
            return Ok(Some(status));
        }
    };
    write_line(writer, &line).await?;
    Ok(None)
}

async fn write_line<W: AsyncWrite + Unpin>(writer: &mut W, line: &str) -> std::io::Result<()> {
    writer.write_all(line.as_bytes()).await?;
    writer.write_all(b"\n").await?;
    writer.flush().await
}

/// Returns a notification that is valid except for its length.
fn long_line(bytes: usize) -> String {
    let frame = json!({ "method": "scripted/long", "params": { "filler": "" } }).to_string();
    let filler = "x".repeat(bytes.saturating_sub(frame.len()));
    json!({ "method": "scripted/long", "params": { "filler": filler } }).to_string()
}
