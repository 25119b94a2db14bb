//! A bridge as a process, and the environment that outlives it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{CodexHome, HttpClient, ScriptedModel, codex_binary};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The environment that outlives a bridge process.
pub(crate) struct World {
    pub(crate) model: ScriptedModel,
    home: CodexHome,
    pub(crate) directory: TempDir,
}

pub(crate) struct Serve {
    pub(crate) process: Child,
    pub(crate) client: HttpClient,
}

impl World {
    pub(crate) async fn new() -> Self {
        let model = ScriptedModel::start().await;
        let home = CodexHome::for_model(&model.url());
        Self { model, home, directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn log_file(&self) -> PathBuf {
        self.directory.path().join("log")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub(crate) async fn serve(&self) -> Serve {
        self.serve_with(&codex_binary(), "info").await
    }

    pub(crate) async fn serve_and_log(&self, level: &str) -> Serve {
        self.serve_with(&codex_binary(), level).await
    }

    pub(crate) async fn serve_with(&self, codex: &Path, level: &str) -> Serve {
        self.serve_changed(codex, |command| command.env("CODEX_BRIDGE_LOG", level)).await
    }

    /// Starts a bridge with other arguments or another environment.
    pub(crate) async fn serve_changed(
        &self,
        codex: &Path,
        change: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Serve {
        let log = std::fs::File::options().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_codex-bridge"));
        command
            .args(["serve", "--port", "0", "--codex"])
            .arg(codex)
            .arg("--data-dir")
            .arg(self.data())
            .arg("--cwd")
            .arg(self.directory.path())
            .env("CODEX_HOME", self.home.path())
            .env("CODEX_BRIDGE_DISCOVERY_DIR", self.directory.path().join("discovery"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true);
        let mut process = change(&mut command).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().expect("the line with the address");
        let url = line.strip_prefix("codex-bridge listening on ").unwrap();
        Serve { client: HttpClient::new(url), process }
    }
}

impl Serve {
    pub(crate) async fn create(&self, message: &str) -> Value {
        let body = json!({"message": message, "dangerouslyBypassApprovalsAndSandbox": true});
        let reply = self.client.post("/conversations", &body).await.unwrap();
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }

    pub(crate) async fn ended(&self, job_id: &str) -> Value {
        let job = self.client.get(&format!("/jobs/{job_id}?waitMs=30000")).await.unwrap().body["job"].clone();
        assert!(matches!(job["status"].as_str(), Some("completed" | "failed")), "not ended: {job}");
        job
    }

    pub(crate) async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}
