//! Queries the kernel for one socket.
//!
//! Source: sock_diag(7) and the kernel's `linux/inet_diag.h`: a netlink header, `inet_diag_req_v2` in the
//! request and `inet_diag_msg` in the response. Numbers are in native byte order, and ports and addresses in
//! network byte order.

use std::io;
use std::net::{IpAddr, SocketAddr};

use rustix::net::netlink::{SOCK_DIAG, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST: u16 = 1;
const IPPROTO_TCP: u8 = 6;
const HEADER_BYTES: usize = 16;
const REQUEST_BYTES: u32 = 16 + 56;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
/// `inet_diag_msg` starts with the family and the state, …
const STATE_AT: usize = HEADER_BYTES + 1;
/// … followed by two more bytes, the id of the socket (48 bytes), expires, rqueue and wqueue.
const UID_AT: usize = HEADER_BYTES + 4 + 48 + 12;
const INODE_AT: usize = UID_AT + 4;
const TCP_ESTABLISHED: u8 = 1;
const ENOENT: i32 = 2;

/// Returns the user id of the socket that is bound to `local` and connected to `remote`, if there is one.
pub(super) fn owner(local: SocketAddr, remote: SocketAddr) -> io::Result<Option<u32>> {
    let socket =
        socket_with(AddressFamily::NETLINK, SocketType::DGRAM, SocketFlags::CLOEXEC, Some(SOCK_DIAG))?;
    let kernel = SocketAddrNetlink::new(0, 0);
    sendto(&socket, &request(local, remote), SendFlags::empty(), &kernel)?;
    // The kernel responds during `sendto`, so there is nothing to wait for.
    let mut response = [0; 1024];
    let (bytes, _) = recv(&socket, &mut response[..], RecvFlags::DONTWAIT)?;
    read(&response[..bytes])
}

/// Returns the request for a socket.
fn request(local: SocketAddr, remote: SocketAddr) -> Vec<u8> {
    let mut request = Vec::new();
    // nlmsghdr: length, type, flags, sequence, port
    request.extend(REQUEST_BYTES.to_ne_bytes());
    request.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    request.extend(NLM_F_REQUEST.to_ne_bytes());
    request.extend([0; 8]);
    // inet_diag_req_v2: family, protocol, extensions, padding, states
    let family = if local.is_ipv4() { AF_INET } else { AF_INET6 };
    request.extend([family, IPPROTO_TCP, 0, 0]);
    request.extend(u32::MAX.to_ne_bytes());
    // inet_diag_sockid: ports, addresses, interface, cookie ("any")
    request.extend(local.port().to_be_bytes());
    request.extend(remote.port().to_be_bytes());
    request.extend(address(local.ip()));
    request.extend(address(remote.ip()));
    request.extend(0_u32.to_ne_bytes());
    request.extend([0xff; 8]);
    request
}

fn address(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => {
            let mut padded = [0; 16];
            padded[..4].copy_from_slice(&address.octets());
            padded
        }
        IpAddr::V6(address) => address.octets(),
    }
}

/// Returns the user id in a response.
fn read(response: &[u8]) -> io::Result<Option<u32>> {
    let word =
        |at: usize| response.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_ne_bytes);
    let kind = response.get(4..6).and_then(|bytes| bytes.try_into().ok()).map(u16::from_ne_bytes);
    match kind {
        // A socket that was closed exists for a while without an owner, and is reported as root's.
        Some(SOCK_DIAG_BY_FAMILY)
            if response.get(STATE_AT) != Some(&TCP_ESTABLISHED) || word(INODE_AT) == Some(0) =>
        {
            Ok(None)
        }
        Some(SOCK_DIAG_BY_FAMILY) => Ok(word(UID_AT)),
        Some(NLMSG_ERROR) => {
            let code = word(HEADER_BYTES).map_or(0, |code| -code.cast_signed());
            if code == ENOENT { Ok(None) } else { Err(io::Error::from_raw_os_error(code)) }
        }
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}
