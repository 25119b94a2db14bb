//! A bridge for a test, and helpers for requests to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bridge::editor::Editor;
use codex::locate::LocateOptions;
use model::limits::SessionLimits;
use serde_json::{Value, json};
use server::Bridge;
use server::config::Config;
use tempfile::TempDir;
use testkit::{CodexHome, HttpClient, HttpReply, ScriptedModel, codex_binary};

/// A running bridge with a scripted model, a temporary Codex home and a workspace.
pub(crate) struct TestBridge {
    pub(crate) model: ScriptedModel,
    pub(crate) client: HttpClient,
    pub(crate) directories: Directories,
    pub(crate) bridge: Bridge,
}

/// The directories of a test, which outlive its bridges.
pub(crate) struct Directories {
    pub(crate) home: CodexHome,
    temporary: TempDir,
}

impl Directories {
    pub(crate) fn for_model(model: &ScriptedModel) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        for directory in ["workspace", "home"] {
            std::fs::create_dir(temporary.path().join(directory)).unwrap();
        }
        Self { home: CodexHome::for_model(&model.url()), temporary }
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        // Codex uses the canonical path. The temporary directory of macOS is behind a symbolic link.
        self.temporary.path().join("workspace").canonicalize().unwrap()
    }

    /// The home directory of Codex's commands and of the login shell.
    pub(crate) fn user_home(&self) -> PathBuf {
        self.temporary.path().join("home")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.temporary.path().join("data")
    }

    pub(crate) fn discovery(&self) -> PathBuf {
        self.temporary.path().join("discovery")
    }

    pub(crate) fn config(&self) -> Config {
        Config {
            locate: LocateOptions { explicit: Some(codex_binary()), ..LocateOptions::default() },
            workspace_folders: vec![self.workspace()],
            environment: vec![
                ("CODEX_HOME".into(), self.home.path().display().to_string()),
                // Codex runs the login shell, whose profile must not affect a test.
                ("HOME".into(), self.user_home().display().to_string()),
            ],
            request_timeout: Duration::from_secs(60),
            tab_timeout: Duration::from_secs(5),
            approval_timeout: Duration::from_secs(60),
            lane_sessions: SessionLimits { processes_max: 4, idle: Duration::from_secs(600) },
            history_jobs_max: 1000,
            ..Config::new(self.data(), self.discovery(), self.workspace())
        }
    }
}

impl TestBridge {
    pub(crate) async fn start() -> Self {
        Self::start_with(None, |_| {}).await
    }

    pub(crate) async fn start_with(
        editor: Option<Arc<dyn Editor>>,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let model = ScriptedModel::start().await;
        let directories = Directories::for_model(&model);
        let mut config = directories.config();
        change(&mut config);
        let bridge = Bridge::start(config, editor).await.unwrap();
        let client = HttpClient::new(bridge.url());
        Self { model, client, directories, bridge }
    }

    pub(crate) async fn get(&self, path: &str) -> HttpReply {
        self.client.get(path).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> HttpReply {
        self.client.post(path, &body).await.unwrap()
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> HttpReply {
        self.client.put(path, &body).await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str) -> HttpReply {
        self.client.delete(path).await.unwrap()
    }

    /// Starts a conversation and returns the reply, which must be a success.
    pub(crate) async fn create(&self, message: &str) -> Value {
        let reply = self.post("/conversations", json!({"message": message})).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }

    /// Waits until the job has ended and returns it.
    pub(crate) async fn wait_for_job_id(&self, job_id: &str) -> Value {
        let reply = self.get(&format!("/jobs/{job_id}?waitMs=30000")).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let job = reply.body["job"].clone();
        assert!(
            matches!(job["status"].as_str(), Some("completed" | "failed")),
            "the job has not ended: {job}"
        );
        job
    }

    /// Waits until the job of a reply has ended and returns it.
    pub(crate) async fn wait_for_job(&self, reply: &Value) -> Value {
        self.wait_for_job_id(reply["job"]["jobId"].as_str().unwrap()).await
    }
}

/// Waits until `condition` returns a value. Panics after a time that is far above the slowest good case.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    description: &str,
    condition: impl Fn() -> F,
) -> T {
    let deadline = tokio::time::Instant::now() + testkit::WAIT_MAX;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(tokio::time::Instant::now() < deadline, "timed out waiting until {description}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Returns the JSON type of a value.
pub(crate) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Reports whether a process with this id exists and is not a zombie.
#[cfg(target_os = "linux")]
pub(crate) fn is_running(pid: u64) -> bool {
    let state = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    state.is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

/// Starts an app-server that does not belong to the bridge, in the same Codex home, like the panel in VS
/// Code.
pub(crate) async fn other_app_server(directories: &Directories) -> codex::app_server::AppServer {
    let launch = codex::launch::Launch {
        executable: codex_binary(),
        working_directory: directories.workspace(),
        environment: directories.config().environment,
        overrides: Vec::new(),
    };
    codex::app_server::AppServer::start(&launch, "0.0.0-other").await.unwrap()
}

/// Starts another app-server that owns the conversation. It waits until Codex has closed the thread, which
/// takes about 0.1 s.
pub(crate) async fn another_owner(
    directories: &Directories,
    thread_id: &str,
) -> codex::app_server::AppServer {
    let other = other_app_server(directories).await;
    eventually("another process opens the conversation", || async {
        other.connection.thread_resume(thread_id, &Default::default()).await.ok()
    })
    .await;
    other
}

/// Sends a message to a conversation in which another process runs a turn, so that the message waits in the
/// queue of that process. Returns the reply, the other process and the id of the thread.
pub(crate) async fn hand_over_message(
    test: &TestBridge,
    message: Value,
) -> (Value, codex::app_server::AppServer, String) {
    let first = test.create("hello").await;
    test.wait_for_job(&first).await;
    let thread_id = first["conversationId"].as_str().unwrap().to_owned();
    let other = another_owner(&test.directories, &thread_id).await;
    let input = [codex::protocol::UserInput::Text { text: "@model hold theirs".into() }];
    other.connection.turn_start(&thread_id, "their-message", &input, None).await.unwrap();
    test.model.wait_until_held("theirs").await;
    let handed = test.post(&format!("/conversations/{thread_id}/messages"), message).await.body;
    assert_eq!(handed["delivery"], "handed_over", "{handed}");
    (handed, other, thread_id)
}

/// Runs three jobs and returns a bridge that has kept only the last `jobs_max` of them.
pub(crate) async fn bridge_with_pruned_history(jobs_max: u32) -> (Directories, Bridge, HttpClient) {
    let test = TestBridge::start().await;
    for number in 0..3 {
        let reply = test.create(&format!("number {number}")).await;
        test.wait_for_job(&reply).await;
    }
    test.bridge.stop().await;
    let mut config = test.directories.config();
    config.history_jobs_max = jobs_max;
    let again = Bridge::start(config, None).await.unwrap();
    let client = HttpClient::new(again.url());
    eventually("old jobs are pruned", || async {
        let jobs = client.get("/jobs").await.unwrap().body["jobs"].as_array().unwrap().len();
        (jobs == jobs_max as usize).then_some(())
    })
    .await;
    (test.directories, again, client)
}
