//! Linux: the kernel names the user of each socket.
//!
//! It is asked for the one socket (`sock_diag(7)`, some 20 µs). Where a sandbox forbids that, its table of all sockets is
//! read (`proc(5)`, `/proc/net/tcp`, milliseconds on a large machine).

mod sock_diag;
mod socket_table;

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;

use super::PeerUser;

/// A sandbox may forbid both ways of asking.
pub(super) fn knows() -> bool {
    let nobody = SocketAddr::from(([127, 0, 0, 1], 0));
    sock_diag::owner(nobody, nobody).is_ok() || socket_table::owner(nobody, nobody).is_ok()
}

pub(super) fn user_of(peer: SocketAddr, local: SocketAddr) -> PeerUser {
    let Ok(ourselves) = std::fs::metadata("/proc/self") else { return PeerUser::Unknown };
    // Seen from the other side of the connection, its own address is the local one.
    match sock_diag::owner(peer, local).or_else(|_| socket_table::owner(peer, local)) {
        Ok(Some(user)) if user == ourselves.uid() => PeerUser::Same,
        Ok(Some(_)) => PeerUser::Other,
        // It hung up already. What it sent is still there to be read, so this must not pass for ours.
        Ok(None) | Err(_) => PeerUser::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn our_own_connections_are_ours() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            // A machine without IPv6 has nothing to test there.
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (server, peer) = listener.accept().unwrap();
            let local = server.local_addr().unwrap();
            assert_eq!(user_of(peer, local), PeerUser::Same, "{address}");
            let ourselves = Some(std::fs::metadata("/proc/self").unwrap().uid());
            assert_eq!(sock_diag::owner(peer, local).unwrap(), ourselves, "{address}");
            assert_eq!(socket_table::owner(peer, local).unwrap(), ourselves, "{address}");
            drop(client);
        }
    }

    #[test]
    fn a_connection_that_was_hung_up_is_nobodys() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, peer) = listener.accept().unwrap();
        drop(client);
        // The end of its bytes says that it is closed.
        assert_eq!(std::io::Read::read(&mut server, &mut [0]).unwrap(), 0);
        let local = server.local_addr().unwrap();
        assert_eq!(sock_diag::owner(peer, local).unwrap(), None);
        assert_eq!(socket_table::owner(peer, local).unwrap(), None);
        assert_eq!(user_of(peer, local), PeerUser::Unknown);
    }

    #[test]
    fn this_machine_tells() {
        assert!(knows());
    }

    #[test]
    fn a_socket_that_is_not_there_has_no_owner() {
        let (peer, local) = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        assert_eq!(sock_diag::owner(peer, local).unwrap(), None);
        assert_eq!(socket_table::owner(peer, local).unwrap(), None);
    }
}
