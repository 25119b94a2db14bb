//! An app-server whose turns send events at a steady rate. Each event contains the time in nanoseconds since
//! the Unix epoch.

use std::io::{BufRead, Write};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

pub(crate) fn run() {
    if std::env::args().any(|argument| argument == "--version") {
        println!("codex-cli 0.0.0");
        return;
    }
    let mut threads = 0;
    for line in std::io::stdin().lock().lines() {
        let call: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let id = &call["id"];
        match call["method"].as_str() {
            Some("thread/start") => {
                threads += 1;
                send(
                    &json!({"id": id, "result": {"thread": {"id": format!("thread-{threads}"), "cwd": "/"}}}),
                );
            }
            Some("turn/start") => turn(id, &call["params"]),
            Some("bridge/methods") => {
                let message = "unknown variant, expected one of `thread/start`";
                send(&json!({"id": id, "error": {"code": -32600, "message": message}}));
            }
            _ if !id.is_null() => send(&json!({"id": id, "result": {}})),
            _ => {}
        }
    }
}

/// Runs a turn. Its message is the kind of events, their number, and their rate per second, for example `live
/// 1000 200`.
fn turn(id: &Value, params: &Value) {
    let message = params.pointer("/input/0/text").and_then(Value::as_str).unwrap();
    let words: Vec<&str> = message.split(' ').collect();
    let (count, rate): (u32, u32) = (words[1].parse().unwrap(), words[2].parse().unwrap());
    let thread = &params["threadId"];
    send(&json!({"id": id, "result": {"turn": {"id": "turn", "status": "inProgress"}}}));
    let started_at = Instant::now();
    for number in 0..count {
        let due = started_at + Duration::from_secs(1) * number / rate;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
        let stamp = format!("sent-at-{nanos}.");
        let (method, params) = match words[0] {
            "live" => (
                "item/agentMessage/delta",
                json!({"threadId": thread, "turnId": "turn", "itemId": "i", "delta": stamp}),
            ),
            _ => {
                let item = json!({"type": "agentMessage", "id": "i", "text": stamp});
                ("item/completed", json!({"threadId": thread, "turnId": "turn", "item": item}))
            }
        };
        send(&json!({"method": method, "params": params}));
    }
    let turn = json!({"id": "turn", "status": "completed", "items": []});
    send(&json!({"method": "turn/completed", "params": {"threadId": thread, "turn": turn}}));
}

fn send(message: &Value) {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(format!("{message}\n").as_bytes()).unwrap();
    stdout.flush().unwrap();
}
