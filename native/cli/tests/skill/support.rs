//! A running bridge for one test, and the client that talks to it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use testkit::{CodexHome, ScriptedModel, codex_binary};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

/// Returns the skill's directory in this checkout.
pub(crate) fn skill() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../skills/codex-bridge-api")
}

/// Returns a Python command. `cargo xtask test` has checked that Python is installed.
pub(crate) fn python() -> Command {
    let mut command = Command::new(if cfg!(windows) { "python" } else { "python3" });
    // Python must not write compiled files to the checkout.
    command.env("PYTHONDONTWRITEBYTECODE", "1").kill_on_drop(true);
    command
}

/// The environment that several bridges share: a user's home.
pub(crate) struct World {
    pub(crate) model: ScriptedModel,
    home: CodexHome,
    directory: TempDir,
}

/// A running `codex-bridge serve`.
pub(crate) struct Serve {
    process: Child,
    pub(crate) url: String,
}

/// The output and the exit code of the client.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Parses the standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let model = ScriptedModel::start().await;
        let home = CodexHome::for_model(&model.url());
        Self { model, home, directory: tempfile::tempdir().unwrap() }
    }

    /// Creates a world with one bridge that serves `project`.
    pub(crate) async fn serving() -> (Self, Serve) {
        let world = Self::new().await;
        let serve = world.serve("project", &[]).await;
        (world, serve)
    }

    /// Returns a directory in this world, which is created if it does not exist.
    pub(crate) fn directory(&self, name: &str) -> PathBuf {
        let directory = self.directory.path().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        directory
    }

    /// Starts a bridge for a directory of this world; `more` are additional flags.
    pub(crate) async fn serve(&self, directory: &str, more: &[&str]) -> Serve {
        let mut command = Command::new(env!("CARGO_BIN_EXE_codex-bridge"));
        command.arg("serve").args(more);
        if !more.contains(&"--port") {
            command.args(["--port", "0"]);
        }
        if !more.contains(&"--codex") {
            command.arg("--codex").arg(codex_binary());
        }
        command.arg("--data-dir").arg(self.directory("data")).arg("--cwd").arg(self.directory(directory));
        command
            .env("CODEX_HOME", self.home.path())
            .env("CODEX_BRIDGE_DISCOVERY_DIR", self.directory("discovery"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().expect("the line with the address");
        let url = line.strip_prefix("codex-bridge listening on ").unwrap().to_owned();
        Serve { process, url }
    }

    /// Returns a command that runs the client in the directory `project`.
    pub(crate) fn client(&self, arguments: &[&str]) -> Command {
        let mut command = python();
        command.arg(skill().join("scripts/bridge_client.py")).args(arguments);
        command
            .env("CODEX_BRIDGE_DISCOVERY_DIR", self.directory("discovery"))
            .current_dir(self.directory("project"));
        for variable in ["CODEX_BRIDGE_URL", "CODEX_BRIDGE_TOKEN", "CODEX_BRIDGE_AUTH_TOKEN"] {
            command.env_remove(variable);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.client(arguments)).await
    }

    /// Runs the client with input on standard input.
    pub(crate) async fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.client(arguments);
        let mut process = command.stdin(Stdio::piped()).spawn().unwrap();
        process.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
        read(process).await
    }
}

pub(crate) async fn ran(mut command: Command) -> Ran {
    read(command.spawn().unwrap()).await
}

pub(crate) async fn read(process: Child) -> Ran {
    let output = tokio::time::timeout(testkit::WAIT_MAX * 2, process.wait_with_output());
    let output = output.await.expect("the client ends").unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Serve {
    /// Kills the bridge, so that its discovery file is left behind.
    pub(crate) async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}

/// Returns the job's id in a reply.
pub(crate) fn job_id(reply: &Value) -> String {
    reply["job"]["jobId"].as_str().unwrap_or_else(|| panic!("no job in {reply}")).to_owned()
}
