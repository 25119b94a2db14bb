//! Connections to a scripted peer, an environment for real app-servers, and bounded waits.

#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use codex::app_server::AppServer;
use codex::connection::{Connection, ThreadEvent, ThreadWatch};
use codex::launch::Launch;
use codex::protocol::{ApprovalPolicy, SandboxMode, ThreadOptions, UserInput};
use codex::rpc::{Notification, ServerRequest};
use codex::turn::{TurnEnd, TurnRecord};
use serde_json::Value;
use tempfile::TempDir;
use testkit::{CodexHome, PeerScript, ScriptedModel, ScriptedPeer, WAIT_MAX, codex_binary};

/// A time limit far above the duration of any call in these tests.
pub(crate) const LIMIT: Duration = WAIT_MAX;
/// A time limit for calls that should time out.
pub(crate) const SHORT: Duration = Duration::from_millis(30);

/// Returns a connection to a peer that plays this script.
pub(crate) fn connect(script: PeerScript) -> (Connection, ScriptedPeer) {
    let (client, peer) = ScriptedPeer::start(script);
    let (input, output) = tokio::io::split(client);
    (Connection::open(input, output), peer)
}

/// Waits for the future, and fails the test when that takes longer than [`WAIT_MAX`].
pub(crate) async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(WAIT_MAX, future).await.unwrap_or_else(|_| panic!("timed out waiting for {what}"))
}

/// Polls a condition that nothing announces until it is true.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    in_time(what, async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// Waits for the next event. `None` when the watch has ended.
pub(crate) async fn next(watch: &mut ThreadWatch) -> Option<ThreadEvent> {
    in_time("an event of the thread, or the end of its watch", watch.next()).await
}

/// Waits for the next event, which must be a notification.
pub(crate) async fn notification(watch: &mut ThreadWatch) -> Notification {
    match next(watch).await {
        Some(ThreadEvent::Notification(notification)) => notification,
        other => panic!("not a notification: {other:?}"),
    }
}

/// Waits for the next request and skips notifications.
pub(crate) async fn request(watch: &mut ThreadWatch) -> ServerRequest {
    loop {
        match next(watch).await {
            Some(ThreadEvent::Request(request)) => return request,
            Some(ThreadEvent::Notification(_)) => {}
            None => panic!("the watch ended without a request from Codex"),
        }
    }
}

/// Waits for a notification with this method and skips others.
pub(crate) async fn notification_of(watch: &mut ThreadWatch, method: &str) -> Notification {
    loop {
        let notification = notification(watch).await;
        if notification.method == method {
            return notification;
        }
    }
}

/// Waits for the end of the turn.
pub(crate) async fn turn_end(watch: &mut ThreadWatch, turn_id: &str) -> (TurnEnd, TurnRecord) {
    let mut record = TurnRecord::default();
    loop {
        if let Some(end) = record.observe(turn_id, &notification(watch).await) {
            return (end, record);
        }
    }
}

/// The schemas that the binary prints: of all its requests to clients, and of the answers that it accepts.
pub(crate) struct Schemas {
    directory: TempDir,
}

impl Schemas {
    pub(crate) fn of_the_binary() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().to_str().unwrap();
        let arguments = ["app-server", "generate-json-schema", "--experimental", "--out", out];
        let mut command = std::process::Command::new(codex_binary());
        let status = command.args(arguments).env("CODEX_HOME", out).status().unwrap();
        assert!(status.success(), "{status}");
        Self { directory }
    }

    fn read(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.directory.path().join(name)).unwrap()).unwrap()
    }

    /// Returns every method of a request to clients, and the name of its schemas.
    fn requests(&self) -> impl Iterator<Item = (String, String)> {
        let kinds = self.read("ServerRequest.json")["oneOf"].as_array().unwrap().clone();
        kinds.into_iter().map(|kind| {
            let method = kind["properties"]["method"]["enum"][0].as_str().unwrap().to_owned();
            let params = kind["properties"]["params"]["$ref"].as_str().unwrap();
            let name = params.rsplit('/').next().unwrap().strip_suffix("Params").unwrap().to_owned();
            (method, name)
        })
    }

    pub(crate) fn methods(&self) -> Vec<String> {
        self.requests().map(|(method, _)| method).collect()
    }

    /// Returns the violations of the schema in this answer to a request with this method.
    pub(crate) fn problems(&self, method: &str, answer: &Value) -> Vec<String> {
        let (_, name) = self.requests().find(|(known, _)| known == method).unwrap();
        let schema = self.read(&format!("{name}Response.json"));
        let validator = jsonschema::validator_for(&schema).unwrap();
        validator.iter_errors(answer).map(|problem| problem.to_string()).collect()
    }
}

/// Returns a message with one text part.
pub(crate) fn text(text: &str) -> [UserInput; 1] {
    [UserInput::Text { text: text.to_owned() }]
}

/// The environment of a real app-server: a scripted model, a Codex home that uses it, and a working
/// directory.
pub(crate) struct Place {
    pub(crate) model: ScriptedModel,
    home: CodexHome,
    workspace: TempDir,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let model = ScriptedModel::start().await;
        let home = CodexHome::for_model(&model.url());
        Self { model, home, workspace: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn directory(&self) -> PathBuf {
        // Codex reports the canonical path: on macOS, the temporary directory is behind a link.
        self.workspace.path().canonicalize().unwrap()
    }

    /// Returns how to start the real binary in this environment.
    pub(crate) fn launch(&self) -> Launch {
        Launch {
            executable: codex_binary(),
            working_directory: self.directory(),
            environment: vec![("CODEX_HOME".to_owned(), self.home.path().display().to_string())],
            overrides: Vec::new(),
        }
    }

    pub(crate) fn codex_home(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    /// Adds tables to Codex's configuration.
    pub(crate) fn add_config(&self, tables: &str) {
        self.home.add_config(tables);
    }

    /// Makes the configuration invalid.
    pub(crate) fn break_configuration(&self) {
        self.add_config("this is [not TOML");
    }

    pub(crate) async fn start(&self) -> AppServer {
        AppServer::start(&self.launch(), "0.0.0-test").await.unwrap()
    }

    /// Returns options for a thread with this approval policy and sandbox.
    pub(crate) fn options(&self, approval_policy: ApprovalPolicy, sandbox: SandboxMode) -> ThreadOptions {
        ThreadOptions {
            cwd: Some(self.directory()),
            approval_policy: Some(approval_policy),
            sandbox: Some(sandbox),
            ..ThreadOptions::default()
        }
    }

    /// Returns options for a thread without approvals and without a sandbox.
    pub(crate) fn unrestricted(&self) -> ThreadOptions {
        self.options(ApprovalPolicy::Never, SandboxMode::DangerFullAccess)
    }
}

/// Waits until a process has written its id to the file, followed by a line feed.
#[cfg(unix)]
pub(crate) async fn pid_in(file: &Path) -> u32 {
    let read = || std::fs::read_to_string(file).ok().filter(|text| text.ends_with('\n'));
    eventually(&format!("a process id in {}", file.display()), || read().is_some()).await;
    read().unwrap().trim().parse().unwrap()
}

/// Returns whether the process is running, and not only waiting to be reaped.
#[cfg(unix)]
pub(crate) fn is_running(pid: u32) -> bool {
    let output = std::process::Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output();
    let state = String::from_utf8(output.unwrap().stdout).unwrap();
    !state.trim().is_empty() && !state.trim_start().starts_with('Z')
}
