//! `scripted-model --port 0`: the scripted model as a program, for callers that are not written in Rust.
//!
//! Its first line is `listening on http://127.0.0.1:PORT`. It ends when its standard input closes or a signal comes,
//! so that it never outlives the program that started it.

#![allow(clippy::expect_used)] // see lib.rs

use std::{env, process};

use testkit::ScriptedModel;
use tokio::io::AsyncReadExt;

#[tokio::main]
async fn main() {
    let code = match run().await {
        Ok(()) => 0,
        Err(message) => {
            eprintln!("scripted-model: {message}");
            2
        }
    };
    // Not by returning: the runtime would then wait for the thread that still reads standard input.
    process::exit(code);
}

async fn run() -> Result<(), String> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let port = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => 0,
        ["--port", port] => port.parse().map_err(|_| format!("{port:?} is not a port"))?,
        _ => return Err("usage: scripted-model [--port PORT]".to_owned()),
    };
    let model = ScriptedModel::start_on(port)
        .await
        .map_err(|error| format!("cannot listen on port {port}: {error}"))?;
    println!("listening on {}", model.url());
    tokio::select! {
        () = standard_input_closes() => {}
        () = asked_to_end() => {}
    }
    Ok(())
}

async fn standard_input_closes() {
    let mut input = tokio::io::stdin();
    let mut ignored = [0; 256];
    while input.read(&mut ignored).await.is_ok_and(|count| count > 0) {}
}

#[cfg(unix)]
async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("a handler for SIGTERM");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn asked_to_end() {
    let _ = tokio::signal::ctrl_c().await;
}
