//! Serves answers about the code of some directories over HTTP, without a bridge.

use std::path::PathBuf;

use bridge::code::Code;
use clap::Args;
use server::CodeServer;
use server::config::{self, Config};
use tokio_util::sync::CancellationToken;

use crate::foreground::{self, Running};

/// The options of the server.
#[derive(Debug, Args)]
pub(super) struct ServerArguments {
    /// Address to listen on [default: 127.0.0.1]. Any address other than a loopback address requires
    /// --auth-token.
    #[arg(long)]
    host: Option<String>,

    /// Port to listen on. 0 selects any free port [default: 24842].
    #[arg(long, short)]
    port: Option<u16>,

    /// Token that every request must carry. Prefer the environment variable: other users can read a command
    /// line.
    #[arg(long, env = "CODEX_BRIDGE_AUTH_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    auth_token: Option<String>,

    /// Allow web pages from this origin to call the server, for example http://localhost:3000. Can be
    /// repeated.
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    allowed_origins: Vec<String>,
}

impl ServerArguments {
    /// Returns the first given option that applies only to the server. The token is not checked, because the
    /// environment may always contain it.
    pub(super) fn first_given(&self) -> Option<&'static str> {
        let given = [
            (self.host.is_some(), "--host"),
            (self.port.is_some(), "--port"),
            (!self.allowed_origins.is_empty(), "--allow-origin"),
        ];
        given.into_iter().find(|(is_given, _)| *is_given).map(|(_, name)| name)
    }
}

/// Serves answers until a signal ends it.
pub(super) fn serve(arguments: ServerArguments, roots: Vec<PathBuf>) -> Result<(), String> {
    foreground::log(server::LOG_FILTER);
    let ServerArguments { host, port, auth_token, allowed_origins } = arguments;
    let data_directory = config::default_data_directory()?;
    let code = Code::new(roots.clone(), data_directory.join(super::CACHE_DIRECTORY), None);
    let working_directory = roots.into_iter().next().unwrap_or_default();
    let config = Config {
        host: host.unwrap_or_else(|| "127.0.0.1".to_owned()),
        port: port.unwrap_or(config::DEFAULT_CONTEXT_PORT),
        auth_token: auth_token.filter(|token| !token.is_empty()),
        allowed_origins,
        ..Config::new(data_directory, config::discovery_directory()?, working_directory)
    };
    foreground::run(async {
        let stopping = CancellationToken::new();
        let server = CodeServer::start(config, code.clone(), stopping.clone());
        let server = server.await.map_err(|error| error.to_string())?;
        let url = server.url().to_owned();
        code.start_indexing().map_err(|refusal| refusal.to_string())?;
        let served = tokio::spawn(server.run());
        let stop = async move {
            stopping.cancel();
            if let Err(error) = served.await {
                tracing::error!(%error, "the server ended early");
            }
        };
        Ok(Running { url, stop: Box::pin(stop) })
    })
}
