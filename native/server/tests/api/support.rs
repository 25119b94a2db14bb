//! A bridge for one test, and what tests ask of it.

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

/// A running bridge with a scripted model, a throwaway Codex home and a workspace.
pub(crate) struct TestBridge {
    pub(crate) model: ScriptedModel,
    pub(crate) client: HttpClient,
    pub(crate) folders: Folders,
    pub(crate) bridge: Bridge,
}

/// What outlives one bridge.
pub(crate) struct Folders {
    pub(crate) home: CodexHome,
    temporary: TempDir,
}

impl Folders {
    pub(crate) fn for_model(model: &ScriptedModel) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        std::fs::create_dir(temporary.path().join("workspace")).unwrap();
        Self { home: CodexHome::for_model(&model.url()), temporary }
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        // As Codex names it: macOS' temporary folder is behind a link.
        self.temporary.path().join("workspace").canonicalize().unwrap()
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
            environment: vec![("CODEX_HOME".into(), self.home.path().display().to_string())],
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
        let folders = Folders::for_model(&model);
        let mut config = folders.config();
        change(&mut config);
        let bridge = Bridge::start(config, editor).await.unwrap();
        let client = HttpClient::new(bridge.url());
        Self { model, client, folders, bridge }
    }

    pub(crate) async fn get(&self, path: &str) -> HttpReply {
        self.client.get(path).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> HttpReply {
        self.client.post(path, &body).await.unwrap()
    }

    /// Starts a conversation; the reply must be a success.
    pub(crate) async fn create(&self, message: &str) -> Value {
        let reply = self.post("/conversations", json!({"message": message})).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }

    /// The job, once it has ended.
    pub(crate) async fn ended(&self, job_id: &str) -> Value {
        let reply = self.get(&format!("/jobs/{job_id}?waitMs=30000")).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let job = reply.body["job"].clone();
        assert!(matches!(job["status"].as_str(), Some("completed" | "failed")), "not ended: {job}");
        job
    }

    pub(crate) async fn ended_of(&self, reply: &Value) -> Value {
        self.ended(reply["job"]["jobId"].as_str().unwrap()).await
    }
}

/// Waits until `condition` gives something; fails after a time that is far above the slowest good case.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, condition: impl Fn() -> F) -> T {
    let deadline = tokio::time::Instant::now() + testkit::WAIT_MAX;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(tokio::time::Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The type of a value, as far as a client of the original depends on it.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether a process of this id is there and not a zombie.
#[cfg(target_os = "linux")]
pub(crate) fn is_running(pid: u64) -> bool {
    let state = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    state.is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

/// An app-server that is not the bridge's, in the same Codex home: what the panel in VS Code is.
pub(crate) async fn other_app_server(folders: &Folders) -> codex::app_server::AppServer {
    let launch = codex::launch::Launch {
        executable: codex_binary(),
        working_folder: folders.workspace(),
        environment: folders.config().environment,
    };
    codex::app_server::AppServer::start(&launch, "0.0.0-other").await.unwrap()
}

/// Another app-server that owns the conversation, once Codex has let go of it: closing takes about 0.1 s.
pub(crate) async fn another_owner(folders: &Folders, thread_id: &str) -> codex::app_server::AppServer {
    let other = other_app_server(folders).await;
    eventually("another process opens the conversation", || async {
        other.connection.thread_resume(thread_id, &Default::default()).await.ok()
    })
    .await;
    other
}

/// A conversation that another process owns and is busy with, and a message that waits in its queue.
pub(crate) async fn handed_over(
    test: &TestBridge,
    message: Value,
) -> (Value, codex::app_server::AppServer, String) {
    let first = test.create("hello").await;
    test.ended_of(&first).await;
    let thread_id = first["conversationId"].as_str().unwrap().to_owned();
    let other = another_owner(&test.folders, &thread_id).await;
    let input = [codex::protocol::UserInput::Text { text: "@model hold theirs".into() }];
    other.connection.turn_start(&thread_id, "their-message", &input, None).await.unwrap();
    test.model.wait_until_held("theirs").await;
    let handed = test.post(&format!("/conversations/{thread_id}/messages"), message).await.body;
    assert_eq!(handed["delivery"], "handed_over", "{handed}");
    (handed, other, thread_id)
}

/// A bridge that remembers only the last `jobs_max` jobs of its three.
pub(crate) async fn forgetful_bridge(jobs_max: u32) -> (Folders, Bridge, HttpClient) {
    let test = TestBridge::start().await;
    for number in 0..3 {
        let reply = test.create(&format!("number {number}")).await;
        test.ended_of(&reply).await;
    }
    test.bridge.stop().await;
    let mut config = test.folders.config();
    config.history_jobs_max = jobs_max;
    let again = Bridge::start(config, None).await.unwrap();
    let client = HttpClient::new(again.url());
    eventually("old jobs are forgotten", || async {
        let jobs = client.get("/jobs").await.unwrap().body["jobs"].as_array().unwrap().len();
        (jobs == jobs_max as usize).then_some(())
    })
    .await;
    (test.folders, again, client)
}
