//! Carries commands from NATS to the routes of the API, so that neither crate knows the other.

use std::sync::Arc;

use api::guard::Guard;
use api::request_error::RequestError;
use api::{ForwardedReply, InProcess};
use bridge::error::Error;
use http::HeaderMap;
use nats::{CommandError, Gateway, Reply, RoutedRequest};

/// The guard and the routes of one bridge.
#[derive(Debug)]
pub(crate) struct ApiGateway {
    guard: Arc<Guard>,
    routes: InProcess,
}

impl ApiGateway {
    pub(crate) fn new(guard: Arc<Guard>, routes: InProcess) -> Self {
        Self { guard, routes }
    }
}

impl Gateway for ApiGateway {
    async fn authorize(&self, headers: &HeaderMap) -> Result<(), Reply> {
        match self.guard.check_forwarded(headers) {
            Ok(()) => Ok(()),
            Err(error) => Err(reply(ForwardedReply::refusal(error).await)),
        }
    }

    async fn forward(&self, request: RoutedRequest, headers: &HeaderMap) -> Reply {
        let RoutedRequest { method, path, body } = request;
        reply(self.routes.forward(method, &path, headers, body).await)
    }

    async fn refuse(&self, error: CommandError) -> Reply {
        let error = match error {
            CommandError::OperationNotFound { name, available } => {
                RequestError::OperationNotFound { name, available }
            }
            CommandError::BadBody(problem) => RequestError::BadBody(problem),
            CommandError::Invalid { field, problem } => Error::Invalid { field, problem }.into(),
        };
        reply(ForwardedReply::refusal(error).await)
    }
}

fn reply(reply: ForwardedReply) -> Reply {
    let ForwardedReply { status, replayed, body } = reply;
    Reply { status, replayed, body }
}
