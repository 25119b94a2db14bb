//! Getting a port: the wished one, or the next free one when another bridge has it (a second window).

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use model::limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::SERVER_NAME;

/// Why the address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program has the port.
    #[error(
        "Port {port} is used by another program. Choose another port (setting codexBridge.port, flag --port), or stop that program."
    )]
    Taken {
        /// The port.
        port: u16,
    },
    /// Another bridge has the wished port, and whoever has those after it.
    #[error(
        "Ports {first} to {last} are all in use, the first of them by another bridge. Choose another port (setting codexBridge.port, flag --port)."
    )]
    AllTaken {
        /// The wished one.
        first: u16,
        /// The last one tried.
        last: u16,
    },
    /// The operating system does not allow it.
    #[error("Cannot listen on {address}: {error}. Choose another host or port.")]
    Failed {
        /// The address.
        address: String,
        /// What the operating system said.
        error: std::io::Error,
    },
}

/// Time for a bridge on this machine to answer that it is one; long, since a busy one must not pass for another program.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);

/// Listens on `port`, or, when another bridge has it, on the next free one.
///
/// # Errors
/// [`ListenError`].
pub async fn listen(address: IpAddr, port: u16) -> Result<(TcpListener, SocketAddr), ListenError> {
    let last = port.saturating_add(limits::PORT_ATTEMPTS_MAX);
    for candidate in port..=last {
        let address = SocketAddr::new(address, candidate);
        match TcpListener::bind(address).await {
            Ok(listener) => {
                let failed = |error| ListenError::Failed { address: address.to_string(), error };
                // The port that the operating system chose, where the wish was 0.
                let address = listener.local_addr().map_err(failed)?;
                return Ok((listener, address));
            }
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                // Only the wished port is worth a question to the user: who already shares it with another bridge
                // gets whichever port comes next, whoever has those between.
                if candidate == port && !is_bridge(address).await {
                    return Err(ListenError::Taken { port });
                }
                tracing::info!(port = candidate, "this port is taken; trying the next one");
            }
            Err(error) => return Err(ListenError::Failed { address: address.to_string(), error }),
        }
    }
    Err(ListenError::AllTaken { first: port, last })
}

/// Whether a bridge answers there. It need not let us in: its `Server` header tells.
async fn is_bridge(mut address: SocketAddr) -> bool {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
            SocketAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        });
    }
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        // A path that needs no work: the header is in every reply.
        let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut reply = Vec::new();
        stream.take(4096).read_to_end(&mut reply).await?;
        Ok::<_, std::io::Error>(reply)
    };
    match tokio::time::timeout(ASK_TIMEOUT, ask).await {
        Ok(Ok(reply)) => {
            let head = String::from_utf8_lossy(&reply).to_ascii_lowercase();
            head.contains(&format!("server: {SERVER_NAME}"))
        }
        _ => false,
    }
}
