//! `codex-bridge serve`

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
    /// Address to listen on. Anything but loopback needs --auth-token.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,

    /// Port to listen on; the next free one when another bridge has it; 0 for any free one.
    #[arg(long, default_value_t = config::DEFAULT_PORT)]
    port: u16,

    /// Folder of the database [default: the platform's data folder].
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// The Codex executable [default: searched for; `GET /health` says where].
    #[arg(long, value_name = "PATH")]
    codex: Option<PathBuf>,

    /// Working folder of conversations that name none [default: this folder].
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,

    /// Token that every request must carry. Prefer the environment variable: other users can read a command line.
    #[arg(long, env = "CODEX_BRIDGE_AUTH_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    auth_token: Option<String>,

    /// Web pages of this origin may call the API, for example http://localhost:3000. Can be given several times.
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    allowed_origins: Vec<String>,

    /// Milliseconds until a turn must have begun, unless a request says otherwise.
    #[arg(long, value_name = "MS", default_value_t = millis(config::DEFAULT_REQUEST_TIMEOUT))]
    request_timeout_ms: u64,

    /// Milliseconds until an approval that nobody answers is denied, unless a request says otherwise.
    #[arg(long, value_name = "MS", default_value_t = millis(config::DEFAULT_APPROVAL_TIMEOUT))]
    approval_timeout_ms: u64,

    /// Run the turns of lanes in the bridge's own app-server, where a lane does not ask for a process of its own.
    #[arg(long)]
    shared_lane_sessions: bool,

    /// Lane sessions with a process of their own at once; each takes 80 to 150 MB.
    #[arg(long, value_name = "SESSIONS", default_value_t = config::DEFAULT_LANE_SESSIONS.processes_max)]
    lane_sessions_max: usize,

    /// End a lane's session when its lane did nothing for so long.
    #[arg(long, value_name = "MINUTES", default_value_t = config::DEFAULT_LANE_SESSIONS.idle.as_secs() / 60)]
    lane_session_idle_minutes: u64,

    /// Allow the routes below /debug that make approvals and completions up.
    #[arg(long)]
    debug_routes: bool,

    /// Which of Codex's own methods POST /codex/rpc calls: safe (those that read or act on threads and turns), all, or off.
    #[arg(long, value_name = "METHODS", default_value_t = RpcMode::Safe)]
    rpc: RpcMode,

    /// Forget ended jobs that are older than this.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    history_days_max: u32,

    /// Keep no more jobs than this.
    #[arg(long, value_name = "JOBS", default_value_t = config::DEFAULT_HISTORY_JOBS_MAX)]
    history_jobs_max: u32,

    /// Answer about the code of the working folder on this port, too, as the code-context bridge does that clients were made for.
    #[arg(long, value_name = "PORT")]
    context_port: Option<u16>,

    /// Webhooks may also reach private networks, for example 10.0.0.0/8.
    #[arg(long)]
    webhooks_allow_private_networks: bool,

    /// Publish every event to JetStream there: nats:// or tls://, host and port; several of one system with commas between. May hold
    /// user:password@ or token@; then prefer the environment variable: other users can read a command line.
    #[arg(long, env = "CODEX_BRIDGE_NATS_URL", hide_env_values = true, value_name = "URL", value_parser = secret)]
    nats_url: Option<Secret>,

    /// Token for NATS.
    #[arg(long, env = "CODEX_BRIDGE_NATS_TOKEN", hide_env_values = true, value_name = "TOKEN", value_parser = secret)]
    nats_token: Option<Secret>,

    /// Credentials for NATS, a file as nsc writes it.
    #[arg(long, value_name = "FILE")]
    nats_credentials: Option<PathBuf>,

    /// What the bridge's subjects begin with.
    #[arg(long, value_name = "TOKENS", default_value = nats::DEFAULT_PREFIX)]
    nats_prefix: String,

    /// Which bridge this is on NATS, the second token of its subjects [default: the name of this machine].
    #[arg(long, value_name = "TOKEN")]
    nats_instance: Option<String>,

    /// Take lane commands from NATS. Whoever may publish there can then make Codex work, as you, on this machine.
    #[arg(long)]
    nats_commands: bool,
}

/// Never shown, also not in what is said of wrong arguments.
#[expect(clippy::unnecessary_wraps, reason = "clap wants a parser's signature")]
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret(text.to_owned()))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Runs until a signal ends it.
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

/// Many systems allow a program 256 or 1024 open files unless it asks for more, and every connection is one.
fn raise_files_limit(config: &Config) {
    let wished = config.http.connections_max + limits::FILES_RESERVED;
    if let Err(error) = rlimit::increase_nofile_limit(u64::try_from(wished).unwrap_or(u64::MAX)) {
        tracing::warn!(%error, "cannot raise the limit of open files; fewer connections at once are possible");
    }
}

impl ServeArguments {
    fn into_config(self) -> Result<Config, String> {
        let working_folder = match self.cwd {
            Some(folder) => {
                folder.canonicalize().map_err(|error| format!("--cwd {}: {error}", folder.display()))?
            }
            None => {
                std::env::current_dir().map_err(|error| format!("cannot tell the working folder: {error}"))?
            }
        };
        if !working_folder.is_dir() {
            return Err(format!("--cwd {}: not a folder", working_folder.display()));
        }
        let locate = LocateOptions { explicit: self.codex, ..LocateOptions::from_environment() };
        Ok(Config {
            host: self.host,
            port: self.port,
            auth_token: self.auth_token.filter(|token| !token.is_empty()),
            allowed_origins: self.allowed_origins,
            data_folder: self.data_dir.map_or_else(config::default_data_folder, Ok)?,
            discovery_folder: config::discovery_folder()?,
            locate,
            workspace_folders: vec![working_folder.clone()],
            working_folder,
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
