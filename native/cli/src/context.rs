//! `codex-bridge context`: answers about the code of some folders, without a bridge: over HTTP, or one answer in the terminal.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

mod answer;
mod questions;
mod server;
mod terminal;

use questions::{Question, Shown};
use server::ServerArguments;

/// Where indexes are kept, in the data folder: the server and the questions share them.
const CACHE_FOLDER: &str = "code";

/// What `codex-bridge context` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Without a command it serves the code-context protocol over HTTP until a signal ends it."
)]
pub(crate) struct ContextArguments {
    /// Folder whose code it is about [default: this folder]. Can be given several times.
    #[arg(long = "path", value_name = "DIR", global = true)]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    server: ServerArguments,

    #[command(flatten)]
    shown: Shown,

    #[command(subcommand)]
    question: Option<Question>,
}

/// Answers, or serves answers until a signal ends it.
pub(crate) fn context(arguments: ContextArguments) -> Result<ExitCode, String> {
    let ContextArguments { paths, server, shown, question } = arguments;
    let roots = roots(paths);
    let Some(question) = question else {
        return server::serve(server, roots?).map(|()| ExitCode::SUCCESS);
    };
    // What goes wrong with a question has a status of its own: `1` says that there is no answer.
    let answered = match server.given() {
        Some(name) => {
            Err(format!("{name} is for the server, which does not run while a question is answered"))
        }
        None => roots.and_then(|roots| answer::answer(&question, &shown, roots)),
    };
    Ok(answered.unwrap_or_else(|message| {
        terminal::complain(&message);
        ExitCode::from(answer::FAILED)
    }))
}

/// The folders, as they are found from anywhere.
fn roots(paths: Vec<PathBuf>) -> Result<Vec<PathBuf>, String> {
    let paths = if paths.is_empty() { vec![PathBuf::from(".")] } else { paths };
    let absolute = |path: PathBuf| {
        let folder = path.canonicalize().map_err(|error| format!("--path {}: {error}", path.display()))?;
        if folder.is_dir() { Ok(folder) } else { Err(format!("--path {}: not a folder", path.display())) }
    };
    paths.into_iter().map(absolute).collect()
}
