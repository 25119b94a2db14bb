//! A server of code context alone, without a bridge: `codex-bridge context`.

use api::guard::Guard;
use api::{Server, ServerOptions, code_router, listen};
use bridge::code::Code;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::start::{StartError, generate_token, make_data_directory};

/// A server of the code-context protocol.
pub struct CodeServer {
    server: Server,
    url: String,
}

impl CodeServer {
    /// Starts to listen on the address of `config`.
    ///
    /// # Errors
    /// Returns an error if a setting is invalid, the data directory cannot be used, or the address cannot be
    /// listened on.
    pub async fn start(config: Config, code: Code, stopping: CancellationToken) -> Result<Self, StartError> {
        let config = config.checked().map_err(StartError::Config)?;
        let address = config.address().map_err(StartError::Config)?;
        make_data_directory(&config)?;
        let token = generate_token(&config)?.map(|(token, _)| token);
        let (listener, address) = listen(address, config.port).await?;
        let guard = Guard::new(address, config.auth_token, token, &config.allowed_origins);
        let router = code_router(code, guard.allowed_origins(), stopping.clone());
        let options = ServerOptions { guard: guard.into(), limits: config.http, stopping };
        Ok(Self { server: Server::new(options, router, listener, address), url: format!("http://{address}") })
    }

    /// Returns the URL of this server.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Serves requests until the server is stopped.
    pub async fn run(self) {
        self.server.run().await;
    }
}
