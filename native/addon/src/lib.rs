//! The Node addon: converts arguments, calls the core, and converts results. It makes no decisions.
//!
//! The core runs on its own tokio runtime, which [`Bridge::stop`] ends, so that nothing of it outlives a
//! deactivated extension. A panic never reaches the extension host. Synchronous functions catch it
//! (`catch_unwind`). Asynchronous functions only wait for tasks of the core's runtime, which turns a panic
//! into an error.

mod callback;
mod code;
mod host;
mod log;
mod subscription;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::InProcessReply;
use bridge::editor::Editor;
use bridge::events::{Filter, TypePatterns};
use bridge::webhooks::WebhookConfig;
use codex::locate::LocateOptions;
use model::limits::{HttpLimits, SessionLimits};
use model::secret::Secret;
use napi::bindgen_prelude::{Error, Result};
use napi_derive::napi;
use nats::{NatsConfig, NatsSettings};
use server::config::{self, Config};
use tokio::runtime::Runtime;
use tokio::sync::Mutex;

use callback::Callback;
pub use code::{
    CodeCallbacks, CodeDiagnostic, CodeLocation, CodePosition, CodeRange, FileQuestion, FunctionCalls,
    IndexProgress, KnownText, OutlineSymbol, PlaceQuestion, UnsavedFile, UnsavedQuestion,
};
use host::Listeners;
pub use host::{
    ApprovalAnswer, ApprovalRequest, ApprovalResolved, ConversationTab, HostCallbacks, LogLine, Question,
    QuestionOption, RevealRequest,
};
pub use subscription::{BridgeEvent, EventSubscription};

/// The maximum time for the remaining tasks of the runtime to end after the core has stopped.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(200);

/// The options for starting the bridge.
#[napi(object)]
pub struct BridgeOptions {
    /// The address to listen on; `codexBridge.host`.
    pub host: String,
    /// The port to listen on, 0 for any free one; `codexBridge.port`.
    pub port: u16,
    /// The token that every request must contain; `codexBridge.authToken`.
    pub auth_token: Option<String>,
    /// The time limit for a turn to start, in milliseconds; `codexBridge.requestTimeoutMs`.
    pub request_timeout_ms: u32,
    /// The time limit for a tab to open, in milliseconds; `codexBridge.tabTimeoutMs`.
    pub tab_timeout_ms: u32,
    /// The time until an unanswered approval is denied, in milliseconds; `codexBridge.approvalTimeoutMs`.
    pub approval_timeout_ms: u32,
    /// The origins of web pages that may call the API; `codexBridge.allowedOrigins`.
    pub allowed_origins: Vec<String>,
    /// The age in days at which ended jobs are deleted; `codexBridge.historyDaysMax`.
    pub history_days_max: u32,
    /// The maximum number of jobs, beyond which the oldest are deleted; `codexBridge.historyJobsMax`.
    pub history_jobs_max: u32,
    /// Which of Codex's own methods callers may use: `safe`, `all` or `off`; `codexBridge.rpc`.
    pub rpc: String,
    /// Whether webhooks may reach private networks; `codexBridge.webhooks.allowPrivateNetworks`.
    pub webhooks_allow_private_networks: bool,
    /// The default isolation of lanes, which decides in which process their turns run: `process` or `shared`;
    /// `codexBridge.lanes.sessionIsolation`.
    pub lane_session_isolation: String,
    /// The maximum number of concurrent lane sessions with their own process;
    /// `codexBridge.lanes.sessionsMax`.
    pub lane_sessions_max: u32,
    /// The idle time after which a lane session ends, in minutes; `codexBridge.lanes.sessionIdleMinutes`.
    pub lane_session_idle_minutes: u32,
    /// Whether Codex may record the environment of the login shell for each conversation;
    /// `codexBridge.shellSnapshot`.
    pub shell_snapshot: bool,
    /// Whether the routes below `/debug` that create synthetic data are enabled; `codexBridge.debugRoutes`.
    pub debug_routes: bool,
    /// The URL of the NATS servers to which events are published; `codexBridge.nats.url`.
    pub nats_url: Option<String>,
    /// The path of the NATS credentials file; `codexBridge.nats.credentials`.
    pub nats_credentials: Option<String>,
    /// The prefix of the bridge's NATS subjects; `codexBridge.nats.prefix`.
    pub nats_prefix: Option<String>,
    /// The name of this bridge on NATS; `codexBridge.nats.instance`.
    pub nats_instance: Option<String>,
    /// Whether lane commands from NATS are accepted; `codexBridge.nats.commands`.
    pub nats_commands: bool,
    /// The port of the server that only answers questions about code, 0 for none; `codexBridge.context.port`.
    pub context_port: u16,
    /// The data directory with the database: the extension's global storage.
    pub data_directory: String,
    /// The path of the Codex executable; `codexBridge.codexPath`.
    pub codex_path: Option<String>,
    /// The user's setting `chatgpt.cliExecutable`.
    pub chatgpt_cli_executable: Option<String>,
    /// The directory of the ChatGPT extension.
    pub chatgpt_extension_directory: Option<String>,
    /// The folders open in this window.
    pub workspace_folders: Vec<String>,
    /// The version of the extension.
    pub extension_version: String,
}

impl BridgeOptions {
    fn into_config(self) -> std::result::Result<Config, String> {
        let some_path = |path: Option<String>| path.filter(|path| !path.is_empty()).map(PathBuf::from);
        let workspace_folders: Vec<PathBuf> = self.workspace_folders.into_iter().map(PathBuf::from).collect();
        let locate = LocateOptions {
            explicit: some_path(self.codex_path),
            chatgpt_cli_executable: some_path(self.chatgpt_cli_executable),
            chatgpt_extension_directory: some_path(self.chatgpt_extension_directory),
            ..LocateOptions::from_environment()
        };
        // A window without a folder uses the home directory, as VS Code's own terminal does.
        let working_directory =
            workspace_folders.first().cloned().or_else(std::env::home_dir).unwrap_or_default();
        Ok(Config {
            host: self.host,
            port: self.port,
            auth_token: self.auth_token.filter(|token| !token.is_empty()),
            allowed_origins: self.allowed_origins,
            data_directory: PathBuf::from(self.data_directory),
            discovery_directory: config::discovery_directory()?,
            locate,
            working_directory,
            workspace_folders,
            environment: Vec::new(),
            request_timeout: Duration::from_millis(self.request_timeout_ms.into()),
            tab_timeout: Duration::from_millis(self.tab_timeout_ms.into()),
            approval_timeout: Duration::from_millis(self.approval_timeout_ms.into()),
            lane_isolation: self.lane_session_isolation.parse()?,
            lane_sessions: SessionLimits {
                processes_max: usize::try_from(self.lane_sessions_max).unwrap_or(usize::MAX),
                idle: Duration::from_secs(u64::from(self.lane_session_idle_minutes) * 60),
            },
            shell_snapshot: self.shell_snapshot,
            debug_routes: self.debug_routes,
            history_age_max: Duration::from_secs(u64::from(self.history_days_max) * 24 * 60 * 60),
            history_jobs_max: self.history_jobs_max,
            rpc: self.rpc.parse()?,
            http: HttpLimits::default(),
            webhooks: WebhookConfig {
                allow_private_networks: self.webhooks_allow_private_networks,
                ..WebhookConfig::default()
            },
            nats: NatsConfig::of(NatsSettings {
                url: self.nats_url.map(Secret),
                token: None,
                credentials: some_path(self.nats_credentials),
                prefix: self.nats_prefix,
                instance: self.nats_instance,
                commands: self.nats_commands,
            })?,
            context_port: (self.context_port != 0).then_some(self.context_port),
            version: self.extension_version,
        })
    }
}

/// The response of a route of the HTTP API.
#[napi(object, object_from_js = false)]
pub struct BridgeReply {
    /// The HTTP status.
    pub status: u16,
    /// The body, or `null` if there is none.
    pub body: serde_json::Value,
}

/// A running bridge.
#[napi]
pub struct Bridge {
    core: Arc<server::Bridge>,
    runtime: Mutex<Option<Runtime>>,
    handle: tokio::runtime::Handle,
}

/// Starts the bridge. Rejects with a message that says what to do.
#[napi]
pub async fn start_bridge(options: BridgeOptions, host: HostCallbacks) -> Result<Bridge> {
    let (editor, listeners) = host.split();
    let Listeners { log, running_jobs_changed, index_progress_changed } = listeners;
    log::send_to(log);
    let config = options.into_config().map_err(Error::from_reason)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("codex-bridge")
        .enable_all()
        .build()
        .map_err(|error| Error::from_reason(format!("Cannot start the bridge's threads: {error}.")))?;
    let editor: Arc<dyn Editor> = Arc::new(editor);
    let started = runtime.spawn(server::Bridge::start(config, Some(editor))).await;
    let core = match started {
        Ok(Ok(core)) => Arc::new(core),
        Ok(Err(error)) => {
            runtime.shutdown_background();
            return Err(Error::from_reason(error.to_string()));
        }
        Err(panic) => {
            runtime.shutdown_background();
            return Err(Error::from_reason(format!("The bridge crashed while starting: {panic}.")));
        }
    };
    runtime.spawn(host::report_running_jobs(core.running_jobs(), running_jobs_changed));
    runtime.spawn(code::report_index_progress(core.index_progress(), index_progress_changed));
    let handle = runtime.handle().clone();
    Ok(Bridge { core, runtime: Mutex::new(Some(runtime)), handle })
}

#[napi]
impl Bridge {
    /// Returns the URL of the bridge, for example `http://127.0.0.1:8765`.
    #[napi(getter, catch_unwind)]
    pub fn url(&self) -> String {
        self.core.url().to_owned()
    }

    /// Returns the body of `GET /health`.
    #[napi]
    pub async fn health(&self) -> Result<serde_json::Value> {
        let core = Arc::clone(&self.core);
        let health = self.handle.spawn(async move { core.health().await });
        health.await.map_err(|_| Error::from_reason("The bridge has stopped."))
    }

    /// Calls a route of the HTTP API without a connection. `path` may contain a query.
    #[napi]
    pub async fn request(
        &self,
        method: String,
        path: String,
        body: Option<serde_json::Value>,
    ) -> Result<BridgeReply> {
        let core = Arc::clone(&self.core);
        let reply = self.handle.spawn(async move { core.request(&method, &path, body.as_ref()).await });
        let InProcessReply { status, body } =
            reply.await.map_err(|_| Error::from_reason("The bridge has stopped."))?;
        Ok(BridgeReply { status, body })
    }

    /// Calls `onEvent` for the events of jobs, approvals and lanes, of all bridges that share the data
    /// directory. Events are delivered once the promise has resolved.
    #[napi(ts_args_type = "onEvent: (event: BridgeEvent) => void")]
    pub async fn listen(&self, on_event: Callback<BridgeEvent, ()>) -> Result<EventSubscription> {
        let core = Arc::clone(&self.core);
        let types = TypePatterns::parse("job.*,approval.*,lane.*").map_err(Error::from_reason)?;
        let filter = Filter { types: Some(types), ..Filter::default() };
        let listener = self.handle.spawn(async move { core.listen(filter).await });
        let listener = listener
            .await
            .map_err(|_| Error::from_reason("The bridge has stopped."))?
            .map_err(|error| Error::from_reason(error.to_string()))?;
        Ok(EventSubscription::new(
            self.handle.spawn(subscription::forward(listener, on_event)).abort_handle(),
        ))
    }

    /// Sets the folders that are open in this window.
    #[napi(catch_unwind)]
    pub fn set_workspace_folders(&self, folders: Vec<String>) {
        self.core.set_workspace_folders(folders.into_iter().map(PathBuf::from).collect());
    }

    /// Ends every job with its true outcome, ends Codex and frees the port, within 4 s. Idempotent.
    #[napi]
    pub async fn stop(&self) -> Result<()> {
        let Some(runtime) = self.runtime.lock().await.take() else { return Ok(()) };
        let core = Arc::clone(&self.core);
        let stopped = runtime.spawn(async move { core.stop().await }).await;
        // Shutting down a runtime blocks until its threads end, so it runs on a thread for blocking work.
        let ended = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(SHUTDOWN_TIMEOUT)).await;
        stopped
            .and(ended)
            .map_err(|panic| Error::from_reason(format!("The bridge did not stop cleanly: {panic}.")))
    }
}
