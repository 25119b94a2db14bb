//! Linux, where the kernel reports the user of each socket.
//!
//! The kernel is queried for a single socket (`sock_diag(7)`, about 20 µs). If a sandbox forbids that, the
//! table of all sockets is read (`proc(5)`, `/proc/net/tcp`, milliseconds on a large machine).

mod sock_diag;
mod socket_table;

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;

use super::PeerUser;

/// Tries both queries, because a sandbox may forbid them.
pub(super) fn can_identify_users() -> bool {
    let no_socket = SocketAddr::from(([127, 0, 0, 1], 0));
    sock_diag::owner(no_socket, no_socket).is_ok() || socket_table::owner(no_socket, no_socket).is_ok()
}

pub(super) fn user_of(peer: SocketAddr, local: SocketAddr) -> PeerUser {
    let Ok(own_process) = std::fs::metadata("/proc/self") else { return PeerUser::Unknown };
    // The socket of the peer is queried, for which `peer` is the local address.
    match sock_diag::owner(peer, local).or_else(|_| socket_table::owner(peer, local)) {
        Ok(Some(user)) if user == own_process.uid() => PeerUser::Same,
        Ok(Some(_)) => PeerUser::Other,
        // The peer has closed the connection. Its data can still be read, so it must not count as our own
        // user.
        Ok(None) | Err(_) => PeerUser::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn our_own_connections_have_our_user() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            // The machine may not have IPv6.
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (server, peer) = listener.accept().unwrap();
            let local = server.local_addr().unwrap();
            assert_eq!(user_of(peer, local), PeerUser::Same, "{address}");
            let own_user = Some(std::fs::metadata("/proc/self").unwrap().uid());
            assert_eq!(sock_diag::owner(peer, local).unwrap(), own_user, "{address}");
            assert_eq!(socket_table::owner(peer, local).unwrap(), own_user, "{address}");
            drop(client);
        }
    }

    #[test]
    fn a_closed_connection_has_no_owner() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, peer) = listener.accept().unwrap();
        drop(client);
        // The end of the data means that the connection is closed.
        assert_eq!(std::io::Read::read(&mut server, &mut [0]).unwrap(), 0);
        let local = server.local_addr().unwrap();
        assert_eq!(sock_diag::owner(peer, local).unwrap(), None);
        assert_eq!(socket_table::owner(peer, local).unwrap(), None);
        assert_eq!(user_of(peer, local), PeerUser::Unknown);
    }

    #[test]
    fn users_can_be_identified_on_linux() {
        assert!(can_identify_users());
    }

    #[test]
    fn a_missing_socket_has_no_owner() {
        let (peer, local) = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        assert_eq!(sock_diag::owner(peer, local).unwrap(), None);
        assert_eq!(socket_table::owner(peer, local).unwrap(), None);
    }
}
