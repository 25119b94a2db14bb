//! Connections to endpoints. The host name is resolved and each address is checked before it is connected to.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service;

use super::address::{Allowed, Refused};

/// Opens TCP connections for hyper, which adds TLS.
#[derive(Debug, Clone)]
pub(super) struct CheckedConnector {
    pub(super) allowed: Allowed,
    pub(super) timeout: Duration,
}

/// The reason why a connection failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("the URL has no host")]
    NoHost,
    #[error("cannot resolve the host name: {0}")]
    Unresolved(std::io::Error),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("{0}: {1}")]
    Failed(SocketAddr, std::io::Error),
    #[error("no connection within {0:?}")]
    TimedOut(Duration),
}

impl Service<Uri> for CheckedConnector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { allowed, timeout } = *self;
        Box::pin(async move {
            let connect = tokio::time::timeout(timeout, connect(&uri, allowed, timeout));
            connect.await.map_err(|_| ConnectError::TimedOut(timeout))?.map(TokioIo::new)
        })
    }
}

async fn connect(uri: &Uri, allowed: Allowed, timeout: Duration) -> Result<TcpStream, ConnectError> {
    let host = uri.host().ok_or(ConnectError::NoHost)?;
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    let addresses = resolve(host, port).await?;
    let mut error = ConnectError::NoHost;
    let mut reachable = Vec::new();
    for address in addresses {
        match allowed.check(address.ip()) {
            Ok(()) => reachable.push(address),
            Err(refused) => error = refused.into(),
        }
    }
    // An address that does not respond must leave time for the next one.
    let share = timeout / u32::try_from(reachable.len().clamp(1, 3)).unwrap_or(1);
    for address in reachable {
        match tokio::time::timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true).map_err(|error| ConnectError::Failed(address, error))?;
                return Ok(stream);
            }
            Ok(Err(failed)) => error = ConnectError::Failed(address, failed),
            Err(_) => error = ConnectError::TimedOut(share),
        }
    }
    Err(error)
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
    if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    Ok(tokio::net::lookup_host((host, port)).await.map_err(ConnectError::Unresolved)?.collect())
}
