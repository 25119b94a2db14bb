//! Identifies the user of a connection, as reported by the operating system. Each platform has a file.

use std::net::SocketAddr;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(not(target_os = "linux"))]
use other as platform;

/// The user of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerUser {
    /// The user who runs the bridge.
    Same,
    /// Another user.
    Other,
    /// The operating system does not report the user.
    Unknown,
}

/// Reports whether the users of connections can be identified on this machine.
#[must_use]
pub fn can_identify_users() -> bool {
    platform::can_identify_users()
}

/// Returns the user on the other side of a connection from `peer` to `local`.
pub(crate) fn user_of(peer: SocketAddr, local: SocketAddr) -> PeerUser {
    platform::user_of(peer, local)
}
