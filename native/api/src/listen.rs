//! Binds the requested port, or the next free port if another bridge has it, which happens with a second VS
//! Code window.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use model::limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::SERVER_NAME;

/// The reason why the bridge cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program has the port.
    #[error(
        "Another program uses port {port}. Stop it, or choose another port (setting codexBridge.port, \
         flag --port)."
    )]
    Taken {
        /// The port.
        port: u16,
    },
    /// Another bridge has the requested port, and the ports after it are taken too.
    #[error(
        "Ports {first} to {last} are in use, the first of them by another bridge. Choose another port \
         (setting codexBridge.port, flag --port)."
    )]
    AllTaken {
        /// The requested port.
        first: u16,
        /// The last port that was tried.
        last: u16,
    },
    /// The operating system refused to bind the address.
    #[error("Cannot listen on {address}: {error}. Choose another host or port.")]
    Failed {
        /// The address.
        address: String,
        /// The error of the operating system.
        error: std::io::Error,
    },
}

/// The maximum time for a bridge to identify itself. It is long, because a busy bridge must not be taken for
/// another program.
const IDENTIFY_TIMEOUT: Duration = Duration::from_secs(5);

/// Listens on `port`, or on the next free port if another bridge has it.
///
/// # Errors
/// [`ListenError`] if another program has the port, all tried ports are taken, or an address cannot be bound.
pub async fn listen(address: IpAddr, port: u16) -> Result<(TcpListener, SocketAddr), ListenError> {
    let last = port.saturating_add(limits::PORT_ATTEMPTS_MAX);
    for candidate in port..=last {
        let address = SocketAddr::new(address, candidate);
        match TcpListener::bind(address).await {
            Ok(listener) => {
                let failed = |error| ListenError::Failed { address: address.to_string(), error };
                // The operating system chooses the port if the requested port is 0.
                let address = listener.local_addr().map_err(failed)?;
                return Ok((listener, address));
            }
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                // Only the requested port matters to the user. If another bridge has it, any next free port
                // is right, no matter which programs use the ports in between.
                if candidate == port && !is_bridge(address).await {
                    return Err(ListenError::Taken { port });
                }
                tracing::info!(port = candidate, "the port is taken; trying the next one");
            }
            Err(error) => return Err(ListenError::Failed { address: address.to_string(), error }),
        }
    }
    Err(ListenError::AllTaken { first: port, last })
}

/// Reports whether a bridge listens on an address, by the `Server` header of its reply. The bridge may refuse
/// the request.
async fn is_bridge(mut address: SocketAddr) -> bool {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
            SocketAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        });
    }
    let request = async {
        let mut stream = TcpStream::connect(address).await?;
        // Any path will do, because every reply has the header.
        let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut reply = Vec::new();
        stream.take(4096).read_to_end(&mut reply).await?;
        Ok::<_, std::io::Error>(reply)
    };
    match tokio::time::timeout(IDENTIFY_TIMEOUT, request).await {
        Ok(Ok(reply)) => {
            let head = String::from_utf8_lossy(&reply).to_ascii_lowercase();
            head.contains(&format!("server: {SERVER_NAME}"))
        }
        _ => false,
    }
}
