//! `scripted-app-server`: replaces the `codex` program and plays a JSON script on standard input and output.
//! The environment variable `SCRIPTED_APP_SERVER` contains the path of the script. `peer/script.rs` describes
//! the format.
//!
//! The program accepts any arguments. `--version` prints a version, as Codex does.

use std::{env, fs, path::Path, process};

use testkit::{PeerOutcome, PeerScript, play};
use tokio::sync::watch;

/// The environment variable with the path of the script.
const SCRIPT_VARIABLE: &str = "SCRIPTED_APP_SERVER";

#[tokio::main]
async fn main() {
    let code = match run().await {
        Ok(code) => code,
        Err(message) => {
            eprintln!("scripted-app-server: {message}");
            2
        }
    };
    // Returning would make the runtime wait for the thread that still reads standard input.
    process::exit(code);
}

async fn run() -> Result<i32, String> {
    if env::args().any(|argument| argument == "--version") {
        println!("codex-cli 0.0.0");
        return Ok(0);
    }
    let file =
        env::var_os(SCRIPT_VARIABLE).ok_or_else(|| format!("{SCRIPT_VARIABLE} must name the script"))?;
    let script = read_script(Path::new(&file))?;
    let (progress, _) = watch::channel(PeerOutcome::default());
    play(script, tokio::io::stdin(), tokio::io::stdout(), &progress).await;
    let outcome = progress.borrow();
    match &outcome.problem {
        Some(problem) => Err(problem.clone()),
        None => Ok(outcome.exit_status),
    }
}

fn read_script(file: &Path) -> Result<PeerScript, String> {
    let text =
        fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{} is not a script: {error}", file.display()))
}
