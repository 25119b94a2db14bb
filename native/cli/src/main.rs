//! `codex-bridge`: the bridge without VS Code.

mod context;
mod dashboard;
mod foreground;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Drive Codex from programs over a local HTTP API.
#[derive(Debug, Parser)]
#[command(name = "codex-bridge", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the bridge in the foreground, without VS Code.
    Serve(Box<serve::ServeArguments>),
    /// Print a link that opens the dashboard of a running bridge and signs the browser in.
    Dashboard(dashboard::DashboardArguments),
    /// Answer questions about the code of a directory, in the terminal or over HTTP. Does not use Codex.
    Context(Box<context::ContextArguments>),
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let outcome = match command {
        Command::Serve(arguments) => serve::serve(*arguments).map(|()| ExitCode::SUCCESS),
        Command::Dashboard(arguments) => dashboard::dashboard(arguments).map(|()| ExitCode::SUCCESS),
        Command::Context(arguments) => context::context(*arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(message) => {
            eprintln!("codex-bridge: {message}");
            ExitCode::FAILURE
        }
    }
}
