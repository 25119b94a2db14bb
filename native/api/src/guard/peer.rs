//! Whose a connection is, as the operating system tells. A file a platform.

use std::net::SocketAddr;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(not(target_os = "linux"))]
use other as platform;

/// Whose a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerUser {
    /// The user who runs the bridge.
    Same,
    /// Somebody else.
    Other,
    /// The operating system does not tell.
    Unknown,
}

/// Whether the user of a connection can be told on this machine.
#[must_use]
pub fn knows_the_user_of_a_connection() -> bool {
    platform::knows()
}

/// The user on the other side of a connection from `peer` to `local`.
pub(crate) fn user_of(peer: SocketAddr, local: SocketAddr) -> PeerUser {
    platform::user_of(peer, local)
}
