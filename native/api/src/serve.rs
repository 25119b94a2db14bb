//! The server accepts connections, limits them, and passes their requests to the router.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::{HeaderValue, header};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use model::limits::{self, HttpLimits};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::SERVER_NAME;
use super::guard::{Guard, PeerUser, user_of};
use super::reply::explain_wrong_method;
use crate::sign_in::SessionEnd;

/// The options of a server.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Decides which requests may pass.
    pub guard: Arc<Guard>,
    /// The limits of connections.
    pub limits: HttpLimits,
    /// Cancelled when the server stops.
    pub stopping: CancellationToken,
}

/// An HTTP server behind a guard.
pub struct Server {
    options: ServerOptions,
    listener: TcpListener,
    address: SocketAddr,
    router: axum::Router,
    connections: Arc<Semaphore>,
}

impl Server {
    /// Returns a server of the routes of `router`. `listener` listens on `address`.
    #[must_use]
    pub fn new(
        options: ServerOptions,
        router: axum::Router,
        listener: TcpListener,
        address: SocketAddr,
    ) -> Self {
        let connections = Arc::new(Semaphore::new(connections_max(options.limits.connections_max)));
        Self { options, listener, address, router, connections }
    }

    /// Serves until the server stops, and then gives requests in progress a moment to finish.
    pub async fn run(self) {
        let open = TaskTracker::new();
        loop {
            // Above the limit, connections wait in the queue of the operating system.
            let accepted = tokio::select! {
                () = self.options.stopping.cancelled() => break,
                accepted = self.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer, permit)) => {
                    let connection = self.connection(stream, peer);
                    open.spawn(async move {
                        connection.await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    // The process is probably out of file descriptors. Wait for other connections to close.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            }
        }
        drop(self.listener);
        open.close();
        if tokio::time::timeout(limits::DRAIN_TIMEOUT, open.wait()).await.is_err() {
            tracing::debug!("closed connections with requests in progress");
        }
    }

    async fn accept(&self) -> std::io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
        let permit = Arc::clone(&self.connections).acquire_owned().await.map_err(std::io::Error::other)?;
        let (stream, peer) = self.listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok((stream, peer, permit))
    }

    fn connection(&self, stream: TcpStream, peer: SocketAddr) -> impl Future<Output = ()> + Send + 'static {
        // The listener may listen on all addresses, so the local address of this connection is needed.
        let user = user_of(peer, stream.local_addr().unwrap_or(self.address));
        let router = self.router.clone();
        let guard = Arc::clone(&self.options.guard);
        let stopping = self.options.stopping.clone();
        let headers_timeout = self.options.limits.headers_timeout;
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.options.limits.write_timeout));
        let stream = Box::pin(stream);
        let service = service_fn(move |request| respond(Arc::clone(&guard), router.clone(), user, request));
        async move {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(headers_timeout)
                .serve_connection(TokioIo::new(stream), service);
            tokio::pin!(connection);
            let served = tokio::select! {
                served = connection.as_mut() => served,
                () = stopping.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    match tokio::time::timeout(limits::DRAIN_TIMEOUT, connection).await {
                        Ok(served) => served,
                        Err(_) => Ok(()),
                    }
                }
            };
            if let Err(error) = served {
                tracing::debug!(%error, "a connection was interrupted");
            }
        }
    }
}

/// Returns the maximum number of connections: the configured number, or fewer if the limit of open files
/// would leave none for the database and Codex.
#[cfg(unix)]
fn connections_max(configured: usize) -> usize {
    let Ok((files, _)) = rlimit::Resource::NOFILE.get() else { return configured };
    let files = usize::try_from(files).unwrap_or(usize::MAX).saturating_sub(limits::FILES_RESERVED);
    if files < configured {
        tracing::info!(connections = files, "the limit of open files allows fewer connections at once");
    }
    files.clamp(1, configured)
}

#[cfg(not(unix))]
fn connections_max(configured: usize) -> usize {
    configured
}

/// Responds to a request: the guard first, then the router.
async fn respond(
    guard: Arc<Guard>,
    router: axum::Router,
    user: PeerUser,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let method = request.method().clone();
    let mut response = match guard.check(&method, request.uri().path(), request.headers(), user) {
        Ok(session_end) => {
            let response = explain_wrong_method(&method, router.oneshot(request.map(Body::new)).await?);
            session_end.into_iter().fold(response, until)
        }
        Err(error) => error.into_response(),
    };
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static(SERVER_NAME));
    Ok(response)
}

/// Returns the response. If it is a stream, it ends with the sign-in session.
fn until(response: Response, end: SessionEnd) -> Response {
    let is_stream = response.body().size_hint().exact().is_none();
    if is_stream {
        response.map(|body| Body::from_stream(body.into_data_stream().take_until(end)))
    } else {
        response
    }
}
