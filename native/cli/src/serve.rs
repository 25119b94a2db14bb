//! `codex-bridge serve`: runs the bridge in the foreground, without VS Code.

use std::path::PathBuf;
use std::time::Duration;

use bridge::threads::methods::RpcMode;
use bridge::webhooks::WebhookConfig;
use clap::Args;
use codex::locate::LocateOptions;
use model::lane::SessionIsolation;
use model::limits::{self, HttpLimits, SessionLimits};
use model::secret::Secret;
use nats::{self, NatsConfig, NatsSettings};
use server::Bridge;
use server::config::{self, Config};

use crate::foreground::{self, Running};

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Address to listen on. Any address other than a loopback address requires --auth-token.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,

    /// Port to listen on. If another bridge uses it, the next free port is used. 0 selects any free port.
    #[arg(long, default_value_t = config::DEFAULT_PORT)]
    port: u16,

    /// Directory of the database [default: the platform's data directory].
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Path of the Codex executable [default: searched for; `GET /health` reports the searched paths].
    #[arg(long, value_name = "PATH")]
    codex: Option<PathBuf>,

    /// Working directory of conversations that do not specify one [default: the current directory].
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,

    /// Token that every request must carry. Prefer the environment variable: other users can read a command
    /// line.
    #[arg(long, env = "CODEX_BRIDGE_AUTH_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    auth_token: Option<String>,

    /// Allow web pages from this origin to call the API, for example http://localhost:3000. Can be repeated.
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    allowed_origins: Vec<String>,

    /// Maximum time in milliseconds until a turn starts, unless a request specifies its own.
    #[arg(long, value_name = "MS", default_value_t = millis(config::DEFAULT_REQUEST_TIMEOUT))]
    request_timeout_ms: u64,

    /// Time in milliseconds after which an unanswered approval is denied, unless a request specifies its own.
    #[arg(long, value_name = "MS", default_value_t = millis(config::DEFAULT_APPROVAL_TIMEOUT))]
    approval_timeout_ms: u64,

    /// Run the turns of lanes in the bridge's app-server, unless a lane requests its own process.
    #[arg(long)]
    shared_lane_sessions: bool,

    /// Maximum number of concurrent lane sessions with their own process. Each takes 80 to 150 MB.
    #[arg(long, value_name = "SESSIONS", default_value_t = config::DEFAULT_LANE_SESSIONS.processes_max)]
    lane_sessions_max: usize,

    /// Minutes of inactivity after which a lane session ends.
    #[arg(long, value_name = "MINUTES", default_value_t = config::DEFAULT_LANE_SESSIONS.idle.as_secs() / 60)]
    lane_session_idle_minutes: u64,

    /// Do not let Codex record the environment of your login shell for each conversation. A conversation
    /// starts faster if your shell is slow, but each command of Codex runs the shell.
    #[arg(long)]
    no_shell_snapshot: bool,

    /// Enable the routes below /debug that create synthetic approvals and completions.
    #[arg(long)]
    debug_routes: bool,

    /// Codex methods that POST /codex/rpc may call: safe (those that read or act on threads and turns), all,
    /// or off.
    #[arg(long, value_name = "METHODS", default_value_t = RpcMode::Safe)]
    rpc: RpcMode,

    /// Number of days after which finished jobs are deleted.
    #[arg(
        long,
        value_name = "DAYS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    history_days_max: u32,

    /// Maximum number of finished jobs to keep. The oldest are deleted first.
    #[arg(long, value_name = "JOBS", default_value_t = config::DEFAULT_HISTORY_JOBS_MAX)]
    history_jobs_max: u32,

    /// Additional port that only answers questions about the code of the working directory, for clients of
    /// the code-context protocol, which expect 24842.
    #[arg(long, value_name = "PORT")]
    context_port: Option<u16>,

    /// Allow webhooks to reach private networks, for example 10.0.0.0/8.
    #[arg(long)]
    webhooks_allow_private_networks: bool,

    /// Publish every event to JetStream on this NATS server, for example nats://127.0.0.1:4222 or
    /// tls://nats.example.com. Separate several servers of one system with commas. If the URL contains
    /// user:password@ or token@, prefer the environment variable: other users can read a command line.
    #[arg(
        long,
        env = "CODEX_BRIDGE_NATS_URL",
        hide_env_values = true,
        value_name = "URL",
        value_parser = secret
    )]
    nats_url: Option<Secret>,

    /// Token for NATS.
    #[arg(
        long,
        env = "CODEX_BRIDGE_NATS_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        value_parser = secret
    )]
    nats_token: Option<Secret>,

    /// Credentials file for NATS, as written by nsc.
    #[arg(long, value_name = "FILE")]
    nats_credentials: Option<PathBuf>,

    /// Prefix of all NATS subjects.
    #[arg(long, value_name = "TOKENS", default_value = nats::DEFAULT_PREFIX)]
    nats_prefix: String,

    /// Name of this bridge on NATS, the second token of its subjects [default: the name of this machine].
    #[arg(long, value_name = "TOKEN")]
    nats_instance: Option<String>,

    /// Accept lane commands from NATS. Anyone who may publish on the subjects of these commands can then run
    /// Codex as you on this machine.
    #[arg(long)]
    nats_commands: bool,
}

/// Parses a secret, whose value is never shown, not even in error messages about arguments.
#[expect(clippy::unnecessary_wraps, reason = "clap requires a fallible parser")]
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret(text.to_owned()))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Runs the bridge until a signal ends it.
pub(crate) fn serve(arguments: ServeArguments) -> Result<(), String> {
    foreground::log(server::LOG_FILTER);
    let config = arguments.into_config()?;
    raise_files_limit(&config);
    foreground::run(async {
        let bridge = Bridge::start(config, None).await.map_err(|error| error.to_string())?;
        let url = bridge.url().to_owned();
        Ok(Running { url, stop: Box::pin(async move { bridge.stop().await }) })
    })
}

/// Raises the limit of open files. Many systems allow a program only 256 or 1024 open files unless it asks
/// for more, and every connection takes one.
fn raise_files_limit(config: &Config) {
    let requested = config.http.connections_max + limits::FILES_RESERVED;
    if let Err(error) = rlimit::increase_nofile_limit(u64::try_from(requested).unwrap_or(u64::MAX)) {
        tracing::warn!(%error, "failed to raise the limit of open files; fewer connections are possible");
    }
}

impl ServeArguments {
    fn into_config(self) -> Result<Config, String> {
        let working_directory = match self.cwd {
            Some(directory) => {
                directory.canonicalize().map_err(|error| format!("--cwd {}: {error}", directory.display()))?
            }
            None => std::env::current_dir()
                .map_err(|error| format!("cannot determine the working directory: {error}"))?,
        };
        if !working_directory.is_dir() {
            return Err(format!("--cwd {}: not a directory", working_directory.display()));
        }
        let locate = LocateOptions { explicit: self.codex, ..LocateOptions::from_environment() };
        Ok(Config {
            host: self.host,
            port: self.port,
            auth_token: self.auth_token.filter(|token| !token.is_empty()),
            allowed_origins: self.allowed_origins,
            data_directory: self.data_dir.map_or_else(config::default_data_directory, Ok)?,
            discovery_directory: config::discovery_directory()?,
            locate,
            workspace_folders: vec![working_directory.clone()],
            working_directory,
            environment: Vec::new(),
            request_timeout: Duration::from_millis(self.request_timeout_ms),
            tab_timeout: config::DEFAULT_TAB_TIMEOUT,
            approval_timeout: Duration::from_millis(self.approval_timeout_ms),
            lane_isolation: if self.shared_lane_sessions {
                SessionIsolation::Shared
            } else {
                SessionIsolation::Process
            },
            lane_sessions: SessionLimits {
                processes_max: self.lane_sessions_max,
                idle: Duration::from_secs(self.lane_session_idle_minutes.saturating_mul(60)),
            },
            shell_snapshot: !self.no_shell_snapshot,
            debug_routes: self.debug_routes,
            history_age_max: Duration::from_secs(u64::from(self.history_days_max) * 24 * 60 * 60),
            history_jobs_max: self.history_jobs_max,
            rpc: self.rpc,
            http: HttpLimits::default(),
            webhooks: WebhookConfig {
                allow_private_networks: self.webhooks_allow_private_networks,
                ..WebhookConfig::default()
            },
            nats: NatsConfig::of(NatsSettings {
                url: self.nats_url,
                token: self.nats_token,
                credentials: self.nats_credentials,
                prefix: Some(self.nats_prefix),
                instance: self.nats_instance,
                commands: self.nats_commands,
            })?,
            context_port: self.context_port,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }
}
