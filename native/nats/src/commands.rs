//! Commands: requests to `<prefix>.<instance>.lanes.<operation>`, which the routes of the API answer.
//!
//! They are a NATS service (ADR-32): `$SRV.PING.codex-bridge` finds all bridges, and `$SRV.INFO.codex-bridge`
//! returns their subjects. One subscription receives all operations, so that an unknown operation gets a
//! reply, too. The reply is the body of the route. For an error, `Nats-Service-Error-Code` is the HTTP
//! status, and `Nats-Service-Error` is the error code of the API.

use std::collections::HashMap;
use std::sync::Arc;

use async_nats::service::{NATS_SERVICE_ERROR, NATS_SERVICE_ERROR_CODE, Request, Service, ServiceExt};
use async_nats::{Client, HeaderMap};
use futures_util::StreamExt;
use http::{HeaderName, HeaderValue};
use model::ids::InstanceId;
use model::limits;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::operations;
use super::subject::Subjects;
use crate::gateway::{CommandError, Gateway, Reply};

/// The name of all bridges among the services of a NATS system.
const SERVICE: &str = "codex-bridge";

/// Accepts commands. Cheap to clone.
#[derive(Debug)]
pub(super) struct Commands<G> {
    gateway: Arc<G>,
    context: CommandContext,
    /// Each command in progress holds a permit.
    permits: Arc<Semaphore>,
}

/// The parts of the bridge that commands need besides the routes.
#[derive(Debug, Clone)]
pub struct CommandContext {
    /// The id of this bridge process, which the metadata of the service contains.
    pub instance_id: InstanceId,
    /// The tasks that the bridge waits for when it stops.
    pub tasks: TaskTracker,
    /// Cancelled when the bridge stops.
    pub stopping: CancellationToken,
}

impl<G> Clone for Commands<G> {
    fn clone(&self) -> Self {
        Self {
            gateway: Arc::clone(&self.gateway),
            context: self.context.clone(),
            permits: Arc::clone(&self.permits),
        }
    }
}

impl<G: Gateway> Commands<G> {
    pub(super) fn new(gateway: G, context: CommandContext) -> Self {
        let permits = Arc::new(Semaphore::new(limits::NATS_COMMANDS_MAX));
        Self { gateway: Arc::new(gateway), context, permits }
    }

    /// Accepts commands over a connection until that ends. Commands in progress are finished anyway.
    pub(super) async fn serve(&self, client: &Client, subjects: &Subjects) -> Result<(), String> {
        let cannot_accept = |error: async_nats::Error| format!("cannot accept commands: {error}");
        let service = self.announce(client, subjects).await.map_err(cannot_accept)?;
        let stop = StopOnDrop(Some(service));
        let Some(service) = &stop.0 else { return Ok(()) };
        let mut requests = service
            .endpoint_builder()
            .name("lanes")
            .metadata(HashMap::from([("operations".to_owned(), operations::names())]))
            .add(subjects.operations())
            .await
            .map_err(cannot_accept)?;
        tracing::info!(subject = subjects.operations(), "accepting commands over NATS");
        loop {
            let permit =
                Arc::clone(&self.permits).acquire_owned().await.map_err(|error| error.to_string())?;
            let Some(request) = requests.next().await else {
                return Err("the subscription to commands ended".to_owned());
            };
            let (this, subjects, client) = (self.clone(), subjects.clone(), client.clone());
            let answer = async move {
                this.answer(&request, &subjects, client.max_payload()).await;
                drop(permit);
            };
            self.context.tasks.spawn(self.context.stopping.clone().run_until_cancelled_owned(answer));
        }
    }

    async fn announce(&self, client: &Client, subjects: &Subjects) -> Result<Service, async_nats::Error> {
        let metadata = HashMap::from([
            ("instance".to_owned(), subjects.instance().to_owned()),
            ("prefix".to_owned(), subjects.prefix().to_owned()),
            ("instanceId".to_owned(), self.context.instance_id.clone().into()),
        ]);
        client
            .service_builder()
            .description("A bridge to Codex: its lanes")
            .metadata(metadata)
            .start(SERVICE, env!("CARGO_PKG_VERSION"))
            .await
    }

    async fn answer(&self, request: &Request, subjects: &Subjects, payload_bytes_max: usize) {
        let message = &request.message;
        let operation = subjects.operation(&message.subject).unwrap_or_default();
        let mut reply = self.execute(operation, message.headers.as_ref(), &message.payload).await;
        let room = payload_bytes_max.saturating_sub(limits::NATS_HEADERS_BYTES_MAX);
        if reply.body.len() > room {
            let problem = format!(
                "the reply would have {} bytes, but the NATS server allows at most {room}; request less",
                reply.body.len()
            );
            reply = self.gateway.refuse(CommandError::invalid("limit", problem)).await;
        }
        tracing::debug!(operation, status = reply.status, "executed a command from NATS");
        if message.reply.is_none() {
            return;
        }
        if let Err(error) = request.respond_with_headers(Ok(reply.body.clone()), headers_of(&reply)).await {
            tracing::debug!(%error, operation, "cannot send the reply to a command");
        }
    }

    async fn execute(&self, operation: &str, headers: Option<&HeaderMap>, payload: &[u8]) -> Reply {
        let headers = http_headers(headers);
        if let Err(refusal) = self.gateway.authorize(&headers).await {
            return refusal;
        }
        match operations::route(operation, payload) {
            Ok(request) => self.gateway.forward(request, &headers).await,
            Err(error) => self.gateway.refuse(error).await,
        }
    }
}

/// Stops the service when it is dropped. Otherwise, the task of the library would keep answering pings.
struct StopOnDrop(Option<Service>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Some(service) = self.0.take() {
            // Stopping only sends signals, so there is nothing to wait for.
            tokio::spawn(service.stop());
        }
    }
}

/// Converts NATS headers, whose names are case-sensitive, to HTTP headers, whose names are not.
fn http_headers(headers: Option<&HeaderMap>) -> http::HeaderMap {
    let mut map = http::HeaderMap::new();
    for (name, values) in headers.into_iter().flat_map(HeaderMap::iter) {
        let Ok(name) = name.to_string().parse::<HeaderName>() else { continue };
        for value in values {
            if let Ok(value) = HeaderValue::from_str(value.as_str()) {
                map.append(&name, value);
            }
        }
    }
    map
}

fn headers_of(reply: &Reply) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("Content-Type", "application/json");
    if reply.status >= 400 {
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        headers.insert(NATS_SERVICE_ERROR, body["code"].as_str().unwrap_or("failed"));
        headers.insert(NATS_SERVICE_ERROR_CODE, reply.status.to_string().as_str());
    }
    if reply.replayed {
        headers.insert("Idempotency-Replayed", "true");
    }
    headers
}
