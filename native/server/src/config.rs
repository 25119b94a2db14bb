//! The configuration of a bridge. The addon fills it in from VS Code's settings, and the CLI from its flags.

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

/// The configuration of a bridge.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address to listen on: an IP address, or `localhost`.
    pub host: String,
    /// The port to listen on; 0 lets the operating system choose one.
    pub port: u16,
    /// The token that every request must carry; `None` if the user has not set one.
    pub auth_token: Option<String>,
    /// The origins of web pages that may call the API, for example `http://localhost:3000`.
    pub allowed_origins: Vec<String>,
    /// The directory of the database, log and keys. Several bridges may share it.
    pub data_directory: PathBuf,
    /// The directory in which each running bridge has an entry, so that clients find it.
    pub discovery_directory: PathBuf,
    /// Where to search for Codex.
    pub locate: LocateOptions,
    /// The working directory of new conversations whose request names none.
    pub working_directory: PathBuf,
    /// The workspace folders of this VS Code window.
    pub workspace_folders: Vec<PathBuf>,
    /// Environment variables to set for Codex, for example `CODEX_HOME`.
    pub environment: Vec<(String, String)>,
    /// The default of the maximum time until Codex must have started the turn of a message.
    pub request_timeout: Duration,
    /// The default of the maximum time until the editor must show a conversation.
    pub tab_timeout: Duration,
    /// The default of the time after which an unanswered approval is denied.
    pub approval_timeout: Duration,
    /// The session isolation of lanes whose request names none.
    pub lane_isolation: SessionIsolation,
    /// The limits of lane sessions.
    pub lane_sessions: SessionLimits,
    /// Whether Codex may record the environment of the user's login shell for each conversation. Without it,
    /// each command of a turn runs the login shell.
    pub shell_snapshot: bool,
    /// Whether the routes below `/debug` that create synthetic approvals and completions are enabled.
    pub debug_routes: bool,
    /// The age after which ended jobs are deleted.
    pub history_age_max: Duration,
    /// The maximum number of jobs. If there are more, the oldest ended ones are deleted.
    pub history_jobs_max: u32,
    /// Which of Codex's own methods `POST /codex/rpc` may call.
    pub rpc: RpcMode,
    /// The limits of HTTP connections.
    pub http: HttpLimits,
    /// The configuration of webhook delivery.
    pub webhooks: WebhookConfig,
    /// The NATS server to publish events to, and whether to accept commands from it; `None` if NATS is not
    /// used.
    pub nats: Option<NatsConfig>,
    /// A second port, which serves only code context, for clients of the original code-context bridge.
    pub context_port: Option<u16>,
    /// The version of the program that starts the bridge.
    pub version: String,
}

impl Config {
    /// Returns the default configuration, which listens on any free port of loopback.
    #[must_use]
    pub fn new(data_directory: PathBuf, discovery_directory: PathBuf, working_directory: PathBuf) -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 0,
            auth_token: None,
            allowed_origins: Vec::new(),
            data_directory,
            discovery_directory,
            locate: LocateOptions::default(),
            working_directory,
            workspace_folders: Vec::new(),
            environment: Vec::new(),
            request_timeout: DEFAULT_REQUEST_TIMEOUT,
            tab_timeout: DEFAULT_TAB_TIMEOUT,
            approval_timeout: DEFAULT_APPROVAL_TIMEOUT,
            lane_isolation: SessionIsolation::Process,
            lane_sessions: DEFAULT_LANE_SESSIONS,
            shell_snapshot: true,
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

/// The port of the original code-context bridge, which its clients expect.
pub const DEFAULT_CONTEXT_PORT: u16 = 24_842;
/// The default port, which is also that of the original Codex Bridge.
pub const DEFAULT_PORT: u16 = 8765;
/// The default of [`Config::request_timeout`], as in the original.
pub const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(120);
/// The default of [`Config::tab_timeout`], as in the original.
pub const DEFAULT_TAB_TIMEOUT: Duration = Duration::from_secs(15);
/// The default of [`Config::approval_timeout`]. It leaves time to notice, read and decide, and lets a job
/// that nobody watches end on the same day.
pub const DEFAULT_APPROVAL_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// The default limits of lane sessions. A process takes 80 to 150 MB, and its session ends after 30 minutes
/// without work.
pub const DEFAULT_LANE_SESSIONS: SessionLimits =
    SessionLimits { processes_max: 16, idle: Duration::from_secs(30 * 60) };
/// The default age after which ended jobs are deleted: 30 days.
pub const DEFAULT_HISTORY_AGE_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The default maximum number of jobs. A job with its answer takes a few kilobytes.
pub const DEFAULT_HISTORY_JOBS_MAX: u32 = 10_000;

/// The environment variable that overrides the discovery directory, for tests and for unusual home
/// directories.
pub const DISCOVERY_VARIABLE: &str = "CODEX_BRIDGE_DISCOVERY_DIR";

/// Returns the platform's data directory of this program: `~/.local/share/codex-bridge`,
/// `~/Library/Application Support/codex-bridge` or `%APPDATA%\codex-bridge`.
///
/// # Errors
/// Returns a message for the user if the platform does not report a home directory.
pub fn default_data_directory() -> Result<PathBuf, String> {
    let strategy = etcetera::base_strategy::choose_native_strategy()
        .map_err(|error| format!("cannot find your home directory ({error}); set a data directory"))?;
    Ok(strategy.data_dir().join("codex-bridge"))
}

/// Returns the directory in which clients find running bridges: the value of [`DISCOVERY_VARIABLE`], or else
/// `instances` in the platform's data directory.
///
/// # Errors
/// Returns a message for the user if the platform does not report a home directory.
pub fn discovery_directory() -> Result<PathBuf, String> {
    match std::env::var_os(DISCOVERY_VARIABLE) {
        Some(directory) if !directory.is_empty() => Ok(PathBuf::from(directory)),
        _ => Ok(default_data_directory()?.join("instances")),
    }
}

impl Config {
    /// Validates the origins, and makes the directories absolute, because other processes read them, too.
    ///
    /// # Errors
    /// Returns a message for the user if an entry of `allowed_origins` is not an origin, or if a directory
    /// cannot be made absolute.
    pub fn checked(mut self) -> Result<Self, String> {
        for origin in &mut self.allowed_origins {
            *origin = origin.trim_end_matches('/').to_ascii_lowercase();
            let is_origin = ["http://", "https://"].iter().any(|scheme| {
                origin.strip_prefix(scheme).is_some_and(|host| !host.is_empty() && !host.contains(['/', '*']))
            });
            if !is_origin {
                return Err(format!(
                    "{origin:?} is not an origin of web pages; write scheme and host, for example \
                     http://localhost:3000"
                ));
            }
        }
        for directory in [&mut self.data_directory, &mut self.discovery_directory] {
            *directory = std::path::absolute(&*directory)
                .map_err(|error| format!("{}: {error}", directory.display()))?;
        }
        Ok(self)
    }

    /// Returns the overrides of Codex's configuration, as [`codex::launch::Launch`] takes them.
    #[must_use]
    pub(crate) fn codex_overrides(&self) -> Vec<String> {
        let snapshot = (!self.shell_snapshot).then(|| "features.shell_snapshot=false".to_owned());
        snapshot.into_iter().collect()
    }

    /// Returns the IP address to listen on.
    ///
    /// # Errors
    /// Returns a message for the user if `host` is not an IP address, or if other machines could reach it and
    /// there is no token.
    pub fn address(&self) -> Result<IpAddr, String> {
        let address = match self.host.as_str() {
            "" => return Err("host is empty; use 127.0.0.1".to_owned()),
            "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            "[::1]" => IpAddr::V6(Ipv6Addr::LOCALHOST),
            host => host.parse().map_err(|_| {
                format!(
                    "host must be an IP address or localhost, not {host:?}; use 127.0.0.1 to accept only \
                     programs on this machine"
                )
            })?,
        };
        if !address.is_loopback() && self.auth_token.is_none() {
            return Err(format!(
                "refusing to listen on {address} without a token, because anyone who can reach it could run \
                 programs as you. Set an auth token, or listen on 127.0.0.1"
            ));
        }
        Ok(address)
    }
}
