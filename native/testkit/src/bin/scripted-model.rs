//! `scripted-model [--port PORT] [--codex-home FOLDER]`: the scripted model as a program, for callers that are not
//! written in Rust. With a folder, it writes a configuration into it that makes Codex use this model.
//!
//! Its first line is `listening on http://127.0.0.1:PORT`. It ends when its standard input closes or a signal comes,
//! so that it never outlives the program that started it.

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
    // Not by returning: the runtime would then wait for the thread that still reads standard input.
    process::exit(code);
}

async fn run() -> Result<(), String> {
    let options = Options::parse(env::args().skip(1))?;
    let model = ScriptedModel::start_on(options.port)
        .await
        .map_err(|error| format!("cannot listen on port {}: {error}", options.port))?;
    if let Some(folder) = options.codex_home {
        CodexHome::write(&folder, &model.url())
            .map_err(|error| format!("cannot write a configuration into {}: {error}", folder.display()))?;
    }
    println!("listening on {}", model.url());
    tokio::select! {
        () = standard_input_closes() => {}
        () = asked_to_end() => {}
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
                _ => return Err("usage: scripted-model [--port PORT] [--codex-home FOLDER]".to_owned()),
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
    // If it cannot be listened for, the end of stdin still ends the program.
    let _ = tokio::signal::ctrl_c().await;
}
