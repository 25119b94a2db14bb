//! `scripted-model [--port PORT] [--codex-home DIRECTORY]`: the scripted model as a program, for callers that
//! are not written in Rust. With a directory, it writes a configuration there that makes Codex use this
//! model.
//!
//! The first line of output is `listening on http://127.0.0.1:PORT`. The program exits when its standard
//! input closes or a signal arrives, so that it never outlives the program that started it.

#![allow(clippy::expect_used)] // see lib.rs

use std::{env, path::PathBuf, process};

use testkit::{CodexHome, ScriptedModel};
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
    // Returning would make the runtime wait for the thread that still reads standard input.
    process::exit(code);
}

async fn run() -> Result<(), String> {
    let options = Options::parse(env::args().skip(1))?;
    let model = ScriptedModel::start_on(options.port)
        .await
        .map_err(|error| format!("cannot listen on port {}: {error}", options.port))?;
    if let Some(directory) = options.codex_home {
        CodexHome::write(&directory, &model.url())
            .map_err(|error| format!("cannot write a configuration into {}: {error}", directory.display()))?;
    }
    println!("listening on {}", model.url());
    tokio::select! {
        () = standard_input_closes() => {}
        () = termination_signal() => {}
    }
    Ok(())
}

#[derive(Default)]
struct Options {
    port: u16,
    codex_home: Option<PathBuf>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--port" => {
                    let port = value()?;
                    options.port = port.parse().map_err(|_| format!("{port:?} is not a port"))?;
                }
                "--codex-home" => options.codex_home = Some(value()?.into()),
                _ => return Err("usage: scripted-model [--port PORT] [--codex-home DIRECTORY]".to_owned()),
            }
        }
        Ok(options)
    }
}

async fn standard_input_closes() {
    let mut input = tokio::io::stdin();
    let mut ignored = [0; 256];
    while input.read(&mut ignored).await.is_ok_and(|count| count > 0) {}
}

#[cfg(unix)]
async fn termination_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("a handler for SIGTERM");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn termination_signal() {
    // If no handler can be installed, the end of standard input still ends the program.
    let _ = tokio::signal::ctrl_c().await;
}
