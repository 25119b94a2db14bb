//! `codex-bridge context`: answers about the code of a folder, without a bridge.

use std::path::PathBuf;

use bridge::code::{Code, CodeServer};
use bridge::config::{self, Config};
use clap::Args;
use tokio_util::sync::CancellationToken;

use crate::foreground::{self, Running};

/// What `codex-bridge context` takes.
#[derive(Debug, Args)]
pub(crate) struct ContextArguments {
    /// Address to listen on. Anything but loopback needs --auth-token.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,

    /// Port to listen on; 0 for any free one.
    #[arg(long, short, default_value_t = config::DEFAULT_CONTEXT_PORT)]
    port: u16,

    /// Folder whose code it is about [default: this folder]. Can be given several times.
    #[arg(long = "path", value_name = "DIR")]
    paths: Vec<PathBuf>,

    /// Token that every request must carry. Prefer the environment variable: other users can read a command line.
    #[arg(long, env = "CODEX_BRIDGE_AUTH_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    auth_token: Option<String>,

    /// Web pages of this origin may ask, for example http://localhost:3000. Can be given several times.
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    allowed_origins: Vec<String>,
}

/// Answers until a signal ends it.
pub(crate) fn context(arguments: ContextArguments) -> Result<(), String> {
    foreground::log();
    let ContextArguments { host, port, paths, auth_token, allowed_origins } = arguments;
    let roots = roots(paths)?;
    let data_folder = config::default_data_folder()?;
    let code = Code::new(roots.clone(), data_folder.join("code"));
    let working_folder = roots.into_iter().next().unwrap_or_default();
    let config = Config {
        host,
        port,
        auth_token: auth_token.filter(|token| !token.is_empty()),
        allowed_origins,
        ..Config::new(data_folder, config::discovery_folder()?, working_folder)
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

/// The folders, as they are found from anywhere.
fn roots(paths: Vec<PathBuf>) -> Result<Vec<PathBuf>, String> {
    let paths = if paths.is_empty() { vec![PathBuf::from(".")] } else { paths };
    let absolute = |path: PathBuf| {
        let folder = path.canonicalize().map_err(|error| format!("--path {}: {error}", path.display()))?;
        if folder.is_dir() { Ok(folder) } else { Err(format!("--path {}: not a folder", path.display())) }
    };
    paths.into_iter().map(absolute).collect()
}
