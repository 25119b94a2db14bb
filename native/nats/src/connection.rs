//! One connection to NATS. It is never mended: what the client library still held would be sent after what is sent anew, and
//! events would change their order. Whoever uses it starts over with another one.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event};
use bridge::tls;
use model::limits;
use model::secret::Secret;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::config::{Identity, NatsConfig};

/// Nobody can be reached there: port 0 is never listened on.
const NOWHERE: &str = "nats://127.0.0.1:0";

/// A connection, until it is lost.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: Client,
    /// It is no more.
    pub(super) lost: CancellationToken,
    refusal: Arc<Mutex<Option<String>>>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// For a person: why not. Never with a secret.
    pub(super) async fn open(config: &NatsConfig) -> Result<Self, String> {
        let (lost, refusal) = (CancellationToken::new(), Arc::<Mutex<Option<String>>>::default());
        let options = identified(&config.identity).await?;
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
                                tracing::warn!("commands over NATS were lost: too many at once");
                            }
                            _ => {}
                        }
                    }
                }
            });
        let client = options.connect(&config.servers).await.map_err(|error| described(&error))?;
        // From here on the library has nowhere to reconnect to, and gives up at once.
        client.set_server_pool(NOWHERE).await.map_err(|error| described(&error))?;
        Ok(Self { client, lost, refusal })
    }

    /// The problem, with what the server last complained of: a refused permission shows itself as no answer.
    pub(super) fn explained(&self, problem: String) -> String {
        let refusal = self.refusal.lock().take();
        match refusal {
            Some(refusal) => format!("{problem}; the server said: {refusal}"),
            None => problem,
        }
    }
}

async fn identified(identity: &Identity) -> Result<ConnectOptions, String> {
    let options = ConnectOptions::new();
    match identity {
        Identity::Anonymous => Ok(options),
        Identity::Token(Secret(token)) => Ok(options.token(token.clone())),
        Identity::UserAndPassword(Secret(user), Secret(password)) => {
            Ok(options.user_and_password(user.clone(), password.clone()))
        }
        Identity::CredentialsFile(file) => {
            let text = tokio::fs::read_to_string(file).await.map_err(|error| {
                format!("the credentials file {} cannot be read: {error}", file.display())
            })?;
            // What the library says of it might quote it.
            options
                .credentials(&text)
                .map_err(|_| format!("{} is no credentials file as nsc writes it", file.display()))
        }
    }
}

/// An error with its causes; the library's own words name only its kind.
pub(super) fn described(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}
