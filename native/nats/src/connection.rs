//! A connection to NATS, which is used once. It never reconnects, because the client library would send the
//! messages that it still holds after newer ones, and events would change their order. The caller opens a new
//! connection instead.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event};
use bridge::tls;
use model::limits;
use model::secret::Secret;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::config::{Identity, NatsConfig};

/// An address without a server, because nothing can listen on port 0.
const NOWHERE: &str = "nats://127.0.0.1:0";

/// A connection to NATS.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: Client,
    /// Cancelled when the connection is lost.
    pub(super) lost: CancellationToken,
    refusal: Arc<Mutex<Option<String>>>,
}

impl Connection {
    /// Connects to one of the servers.
    ///
    /// # Errors
    /// Returns a message for the user, without secrets, if the credentials cannot be read or no server
    /// accepts the connection.
    pub(super) async fn open(config: &NatsConfig) -> Result<Self, String> {
        let (lost, refusal) = (CancellationToken::new(), Arc::<Mutex<Option<String>>>::default());
        let options = connect_options(&config.identity).await?;
        let trusted = tokio::task::spawn_blocking(|| tls::client_config(tls::native_roots())).await;
        let options = options
            .name(format!("codex-bridge {}", config.subjects.instance()))
            .tls_client_config(trusted.map_err(|error| error.to_string())?)
            .connection_timeout(limits::NATS_CONNECT_TIMEOUT)
            .request_timeout(Some(limits::NATS_ACK_TIMEOUT))
            .ping_interval(limits::NATS_PING_INTERVAL)
            .subscription_capacity(limits::NATS_COMMANDS_WAITING_MAX)
            .ignore_discovered_servers()
            .reconnect_delay_callback(|_| Duration::ZERO)
            .max_reconnects(config.servers.len())
            .event_callback({
                let (lost, refusal) = (lost.clone(), Arc::clone(&refusal));
                move |event| {
                    let (lost, refusal) = (lost.clone(), Arc::clone(&refusal));
                    async move {
                        match event {
                            Event::Disconnected | Event::Closed => lost.cancel(),
                            Event::ServerError(error) => {
                                let mut refusal = refusal.lock();
                                *refusal = Some(error.to_string());
                            }
                            Event::SlowConsumer(_) => {
                                tracing::warn!(
                                    "dropped commands from NATS, because too many arrived at the same time"
                                );
                            }
                            _ => {}
                        }
                    }
                }
            });
        let client = options.connect(&config.servers).await.map_err(|error| describe(&error))?;
        // From now on the library cannot reconnect, and gives up immediately.
        client.set_server_pool(NOWHERE).await.map_err(|error| describe(&error))?;
        Ok(Self { client, lost, refusal })
    }

    /// Adds the last error of the server to a problem. If the server refuses a permission, the request only
    /// times out.
    pub(super) fn explain(&self, problem: String) -> String {
        let refusal = self.refusal.lock().take();
        match refusal {
            Some(refusal) => format!("{problem}; the server reported: {refusal}"),
            None => problem,
        }
    }
}

async fn connect_options(identity: &Identity) -> Result<ConnectOptions, String> {
    let options = ConnectOptions::new();
    match identity {
        Identity::Anonymous => Ok(options),
        Identity::Token(Secret(token)) => Ok(options.token(token.clone())),
        Identity::UserAndPassword(Secret(user), Secret(password)) => {
            Ok(options.user_and_password(user.clone(), password.clone()))
        }
        Identity::CredentialsFile(file) => {
            let text = tokio::fs::read_to_string(file)
                .await
                .map_err(|error| format!("cannot read the credentials file {}: {error}", file.display()))?;
            // The error of the library is not shown, because it may quote the file.
            options
                .credentials(&text)
                .map_err(|_| format!("{} is not a credentials file as written by nsc", file.display()))
        }
    }
}

/// Returns an error with its causes. The errors of the library themselves only name their kind.
pub(super) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = error.source();
    }
    text
}
