//! Platforms on which the owner of a TCP connection cannot be identified without special privileges.

use std::net::SocketAddr;

use super::PeerUser;

pub(super) fn can_identify_users() -> bool {
    false
}

pub(super) fn user_of(_: SocketAddr, _: SocketAddr) -> PeerUser {
    PeerUser::Unknown
}
