//! `codex-bridge context`: answers questions about the code of some directories, without a bridge. It serves
//! answers over HTTP, or prints one answer in the terminal.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

mod answer;
mod questions;
mod server;
mod terminal;

use questions::{OutputOptions, Question};
use server::ServerArguments;

/// The subdirectory of the data directory for indexes. The server and the questions share them.
const CACHE_DIRECTORY: &str = "code";

/// The arguments of `codex-bridge context`.
#[derive(Debug, Args)]
#[command(
    after_help = "Without a command, serves the code-context protocol over HTTP until a signal ends it."
)]
pub(crate) struct ContextArguments {
    /// Directory whose code is indexed [default: the current directory]. Can be repeated.
    #[arg(long = "path", value_name = "DIR", global = true)]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    server: ServerArguments,

    #[command(flatten)]
    output: OutputOptions,

    #[command(subcommand)]
    question: Option<Question>,
}

/// Answers a question, or serves answers until a signal ends it.
pub(crate) fn context(arguments: ContextArguments) -> Result<ExitCode, String> {
    let ContextArguments { paths, server, output, question } = arguments;
    let roots = roots(paths);
    let Some(question) = question else {
        return server::serve(server, roots?).map(|()| ExitCode::SUCCESS);
    };
    // A failed question has an exit status of its own, because `1` means that nothing was found.
    let answer_result = match server.first_given() {
        Some(name) => {
            Err(format!("{name} is an option of the server and cannot be combined with a question"))
        }
        None => roots.and_then(|roots| answer::answer(&question, &output, roots)),
    };
    Ok(answer_result.unwrap_or_else(|message| {
        terminal::print_error(&message);
        ExitCode::from(answer::FAILED)
    }))
}

/// Returns the absolute paths of the directories.
fn roots(paths: Vec<PathBuf>) -> Result<Vec<PathBuf>, String> {
    let paths = if paths.is_empty() { vec![PathBuf::from(".")] } else { paths };
    let absolute = |path: PathBuf| {
        let directory = path.canonicalize().map_err(|error| format!("--path {}: {error}", path.display()))?;
        if directory.is_dir() {
            Ok(directory)
        } else {
            Err(format!("--path {}: not a directory", path.display()))
        }
    };
    paths.into_iter().map(absolute).collect()
}
