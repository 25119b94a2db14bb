//! What a bridge is started with. Filled in by the addon from VS Code's settings, and by the CLI from its flags.

mod in_force;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

use bridge::threads::methods::RpcMode;
use bridge::webhooks::WebhookConfig;
use codex::locate::LocateOptions;
use etcetera::BaseStrategy;
use model::lane::SessionIsolation;
use model::limits::{HttpLimits, SessionLimits};
use nats::NatsConfig;

/// What a bridge is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address to listen on: an IP address, or `localhost`.
    pub host: String,
    /// Port to listen on; 0 lets the operating system choose.
    pub port: u16,
    /// The token that every request must carry.
    pub auth_token: Option<String>,
    /// Origins of web pages that may call the API, for example `http://localhost:3000`.
    pub allowed_origins: Vec<String>,
    /// Where the database lives. Several bridges may share it.
    pub data_folder: PathBuf,
    /// Where clients find the running bridges.
    pub discovery_folder: PathBuf,
    /// Where Codex is looked for.
    pub locate: LocateOptions,
    /// Working folder of new conversations that name none.
    pub working_folder: PathBuf,
    /// The folders open in this window.
    pub workspace_folders: Vec<PathBuf>,
    /// Overrides of Codex's environment, for example `CODEX_HOME`.
    pub environment: Vec<(String, String)>,
    /// Until a turn must have begun, unless the request says otherwise.
    pub request_timeout: Duration,
    /// Until the editor must show a conversation, unless the request says otherwise.
    pub tab_timeout: Duration,
    /// Until an approval that nobody answers is denied, unless the request says otherwise.
    pub approval_timeout: Duration,
    /// In which process the turns of lanes run that do not say.
    pub lane_isolation: SessionIsolation,
    /// Bounds of the sessions of lanes.
    pub lane_sessions: SessionLimits,
    /// Whether the routes below `/debug` that make things up may be used.
    pub debug_routes: bool,
    /// Ended jobs older than this are forgotten.
    pub history_age_max: Duration,
    /// Of more jobs than this, the oldest ended ones are forgotten.
    pub history_jobs_max: u32,
    /// Which of Codex's own methods `POST /codex/rpc` calls.
    pub rpc: RpcMode,
    /// Bounds of its connections.
    pub http: HttpLimits,
    /// How webhooks are sent.
    pub webhooks: WebhookConfig,
    /// Where events are published, and whether commands come from there; `None` for nowhere.
    pub nats: Option<NatsConfig>,
    /// A port for the code of the workspace alone, beside the bridge's own, for clients that were made for the original.
    pub context_port: Option<u16>,
    /// Version of the program that starts the bridge.
    pub version: String,
}

impl Config {
    /// The defaults, on any free port of loopback.
    #[must_use]
    pub fn new(data_folder: PathBuf, discovery_folder: PathBuf, working_folder: PathBuf) -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 0,
            auth_token: None,
            allowed_origins: Vec::new(),
            data_folder,
            discovery_folder,
            locate: LocateOptions::default(),
            working_folder,
            workspace_folders: Vec::new(),
            environment: Vec::new(),
            request_timeout: DEFAULT_REQUEST_TIMEOUT,
            tab_timeout: DEFAULT_TAB_TIMEOUT,
            approval_timeout: DEFAULT_APPROVAL_TIMEOUT,
            lane_isolation: SessionIsolation::Process,
            lane_sessions: DEFAULT_LANE_SESSIONS,
            debug_routes: false,
            history_age_max: DEFAULT_HISTORY_AGE_MAX,
            history_jobs_max: DEFAULT_HISTORY_JOBS_MAX,
            rpc: RpcMode::Safe,
            http: HttpLimits::default(),
            webhooks: WebhookConfig::default(),
            nats: None,
            context_port: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// The port of the code-context bridge that clients were made for.
pub const DEFAULT_CONTEXT_PORT: u16 = 24_842;
/// The port that the original uses.
pub const DEFAULT_PORT: u16 = 8765;
/// As in the original.
pub const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(120);
/// As in the original.
pub const DEFAULT_TAB_TIMEOUT: Duration = Duration::from_secs(15);
/// Time to notice, read and decide; short enough that a job which nobody watches ends the same day.
pub const DEFAULT_APPROVAL_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// A process takes 80 to 150 MB; ended after half an hour without work.
pub const DEFAULT_LANE_SESSIONS: SessionLimits =
    SessionLimits { processes_max: 16, idle: Duration::from_secs(30 * 60) };
/// A month.
pub const DEFAULT_HISTORY_AGE_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// A job with its answer is some kilobytes.
pub const DEFAULT_HISTORY_JOBS_MAX: u32 = 10_000;

/// Environment variable that moves the discovery folder, for tests and for unusual homes.
pub const DISCOVERY_VARIABLE: &str = "CODEX_BRIDGE_DISCOVERY_DIR";

/// The platform's folder for data of this program: `~/.local/share/codex-bridge`, `~/Library/Application
/// Support/codex-bridge`, `%APPDATA%\codex-bridge`.
///
/// # Errors
/// When the platform does not tell the home folder.
pub fn default_data_folder() -> Result<PathBuf, String> {
    let strategy = etcetera::base_strategy::choose_native_strategy()
        .map_err(|error| format!("cannot tell where your data folder is ({error}); name one"))?;
    Ok(strategy.data_dir().join("codex-bridge"))
}

/// Where clients look for running bridges: `instances` in the platform's data folder, or where
/// [`DISCOVERY_VARIABLE`] says.
///
/// # Errors
/// When the platform does not tell the home folder.
pub fn discovery_folder() -> Result<PathBuf, String> {
    match std::env::var_os(DISCOVERY_VARIABLE) {
        Some(folder) if !folder.is_empty() => Ok(PathBuf::from(folder)),
        _ => Ok(default_data_folder()?.join("instances")),
    }
}

impl Config {
    /// Checks what a person may have got wrong, and makes folders absolute: other processes read them, too.
    ///
    /// # Errors
    /// For a person: what is wrong and what may be given.
    pub fn checked(mut self) -> Result<Self, String> {
        for origin in &mut self.allowed_origins {
            *origin = origin.trim_end_matches('/').to_ascii_lowercase();
            let is_origin = ["http://", "https://"].iter().any(|scheme| {
                origin.strip_prefix(scheme).is_some_and(|host| !host.is_empty() && !host.contains(['/', '*']))
            });
            if !is_origin {
                return Err(format!(
                    "{origin:?} is not an origin of web pages; write scheme and host, for example http://localhost:3000"
                ));
            }
        }
        for folder in [&mut self.data_folder, &mut self.discovery_folder] {
            *folder =
                std::path::absolute(&*folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        Ok(self)
    }

    /// The IP address to listen on.
    ///
    /// # Errors
    /// For a person: what may be given, or why this address must not be used.
    pub fn address(&self) -> Result<IpAddr, String> {
        let address = match self.host.as_str() {
            "" => return Err("host is empty; use 127.0.0.1".to_owned()),
            "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            "[::1]" => IpAddr::V6(Ipv6Addr::LOCALHOST),
            host => host.parse().map_err(|_| {
                format!("host must be an IP address or localhost, not {host:?}; use 127.0.0.1 for this machine only")
            })?,
        };
        if !address.is_loopback() && self.auth_token.is_none() {
            return Err(format!(
                "refusing to listen on {address} without a token: anybody who reaches that address could run programs \
                 as you. Set an auth token, or listen on 127.0.0.1"
            ));
        }
        Ok(address)
    }
}
