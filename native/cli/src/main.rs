//! `codex-bridge`: the bridge without VS Code.

mod context;
mod dashboard;
mod foreground;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Lets programs drive Codex over a local HTTP API.
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
    /// Answer questions about the code of a folder, without Codex.
    Context(context::ContextArguments),
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let outcome = match command {
        Command::Serve(arguments) => serve::serve(*arguments),
        Command::Dashboard(arguments) => dashboard::dashboard(arguments),
        Command::Context(arguments) => context::context(arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("codex-bridge: {message}");
            ExitCode::FAILURE
        }
    }
}
