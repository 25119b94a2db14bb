//! A link to a scripted peer, a place for real app-servers, and bounded waits.

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

/// Far above what any call in these tests takes.
pub(crate) const LIMIT: Duration = WAIT_MAX;
/// For calls that are meant to run out of time.
pub(crate) const SHORT: Duration = Duration::from_millis(30);

/// A link to a peer that plays this script.
pub(crate) fn connect(script: PeerScript) -> (Connection, ScriptedPeer) {
    let (client, peer) = ScriptedPeer::start(script);
    let (input, output) = tokio::io::split(client);
    (Connection::open(input, output), peer)
}

/// Fails the test when this takes longer than anything good does.
pub(crate) async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(WAIT_MAX, future).await.unwrap_or_else(|_| panic!("in vain: {what}"))
}

/// Waits until a level is reached that nothing announces.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    in_time(what, async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// The next event; `None` when the watch has ended.
pub(crate) async fn next(watch: &mut ThreadWatch) -> Option<ThreadEvent> {
    in_time("an event of the thread, or the end of its watch", watch.next()).await
}

/// The next event, which must be a notification.
pub(crate) async fn notification(watch: &mut ThreadWatch) -> Notification {
    match next(watch).await {
        Some(ThreadEvent::Notification(notification)) => notification,
        other => panic!("not a notification: {other:?}"),
    }
}

/// Reads on until Codex asks something.
pub(crate) async fn request(watch: &mut ThreadWatch) -> ServerRequest {
    loop {
        match next(watch).await {
            Some(ThreadEvent::Request(request)) => return request,
            Some(ThreadEvent::Notification(_)) => {}
            None => panic!("the watch ended before Codex asked anything"),
        }
    }
}

/// Reads on until a notification of this method comes.
pub(crate) async fn notification_of(watch: &mut ThreadWatch, method: &str) -> Notification {
    loop {
        let notification = notification(watch).await;
        if notification.method == method {
            return notification;
        }
    }
}

/// Reads on until the turn ends.
pub(crate) async fn turn_end(watch: &mut ThreadWatch, turn_id: &str) -> (TurnEnd, TurnRecord) {
    let mut record = TurnRecord::default();
    loop {
        if let Some(end) = record.observe(turn_id, &notification(watch).await) {
            return (end, record);
        }
    }
}

/// The schemas that the binary prints: of every request it can make, and of the answers that it takes.
pub(crate) struct Schemas {
    folder: TempDir,
}

impl Schemas {
    pub(crate) fn of_the_binary() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().to_str().unwrap();
        let arguments = ["app-server", "generate-json-schema", "--experimental", "--out", out];
        let mut command = std::process::Command::new(codex_binary());
        let status = command.args(arguments).env("CODEX_HOME", out).status().unwrap();
        assert!(status.success(), "{status}");
        Self { folder }
    }

    fn read(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.folder.path().join(name)).unwrap()).unwrap()
    }

    /// Every method that the binary can ask with, and the name of its schemas.
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

    /// What the schema says against this answer to that method.
    pub(crate) fn problems(&self, method: &str, answer: &Value) -> Vec<String> {
        let (_, name) = self.requests().find(|(known, _)| known == method).unwrap();
        let schema = self.read(&format!("{name}Response.json"));
        let validator = jsonschema::validator_for(&schema).unwrap();
        validator.iter_errors(answer).map(|problem| problem.to_string()).collect()
    }
}

/// A message of one text.
pub(crate) fn text(text: &str) -> [UserInput; 1] {
    [UserInput::Text { text: text.to_owned() }]
}

/// A scripted model, a Codex home that uses it and a folder to work in: all that a real app-server needs.
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

    pub(crate) fn folder(&self) -> PathBuf {
        // As Codex names it: macOS' temporary folder is behind a link.
        self.workspace.path().canonicalize().unwrap()
    }

    /// How to start the real binary here.
    pub(crate) fn launch(&self) -> Launch {
        Launch {
            executable: codex_binary(),
            working_folder: self.folder(),
            environment: vec![("CODEX_HOME".to_owned(), self.home.path().display().to_string())],
        }
    }

    pub(crate) fn codex_home(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    /// Adds tables to Codex's configuration.
    pub(crate) fn add_config(&self, tables: &str) {
        self.home.add_config(tables);
    }

    /// Makes the configuration one that no Codex can read.
    pub(crate) fn spoil_configuration(&self) {
        self.add_config("this is [not TOML");
    }

    pub(crate) async fn start(&self) -> AppServer {
        AppServer::start(&self.launch(), "0.0.0-test").await.unwrap()
    }

    /// A thread that works here and whose commands may do this much.
    pub(crate) fn options(&self, approval_policy: ApprovalPolicy, sandbox: SandboxMode) -> ThreadOptions {
        ThreadOptions {
            cwd: Some(self.folder()),
            approval_policy: Some(approval_policy),
            sandbox: Some(sandbox),
            ..ThreadOptions::default()
        }
    }

    /// A thread that never asks and may do anything.
    pub(crate) fn free(&self) -> ThreadOptions {
        self.options(ApprovalPolicy::Never, SandboxMode::DangerFullAccess)
    }
}

/// Waits until a process has written its number there, in a line of its own.
#[cfg(unix)]
pub(crate) async fn pid_in(file: &Path) -> u32 {
    let read = || std::fs::read_to_string(file).ok().filter(|text| text.ends_with('\n'));
    eventually(&format!("a process number in {}", file.display()), || read().is_some()).await;
    read().unwrap().trim().parse().unwrap()
}

/// Whether a process of this number is there and not only waiting to be reaped.
#[cfg(unix)]
pub(crate) fn is_running(pid: u32) -> bool {
    let output = std::process::Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output();
    let state = String::from_utf8(output.unwrap().stdout).unwrap();
    !state.trim().is_empty() && !state.trim_start().starts_with('Z')
}
