//! The kernel's table of all TCP sockets.
//!
//! Source: proc(5), `/proc/net/tcp` and `/proc/net/tcp6`: after a heading one socket a line, of which field 1 is the local
//! and field 2 the remote address as hexadecimal `ADDRESS:PORT` (the address in words of the machine's byte order), field
//! 3 the state (`01`: established), field 7 the user id, field 9 the inode (0: closed by its process, and shown as root's).

use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

/// The user id of the socket that is bound to `local` and connected to `remote`.
pub(super) fn owner(local: SocketAddr, remote: SocketAddr) -> std::io::Result<Option<u32>> {
    // A kernel file: reading it does not wait for a disk.
    let table = std::fs::read_to_string(if local.is_ipv4() { "/proc/net/tcp" } else { "/proc/net/tcp6" })?;
    Ok(find(&table, local, remote))
}

fn find(table: &str, local: SocketAddr, remote: SocketAddr) -> Option<u32> {
    let (local, remote) = (hexadecimal(local), hexadecimal(remote));
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let is_it = fields.next()? == local && fields.next()? == remote;
        if !is_it || fields.next()? != "01" {
            return None;
        }
        let user = fields.nth(3)?.parse().ok()?;
        (fields.nth(1)? != "0").then_some(user)
    })
}

fn hexadecimal(address: SocketAddr) -> String {
    let octets = match address.ip() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let mut text = String::with_capacity(37);
    for word in octets.chunks_exact(4) {
        let word = u32::from_ne_bytes([word[0], word[1], word[2], word[3]]);
        // Writing to a String cannot fail.
        let _infallible = write!(text, "{word:08X}");
    }
    let _infallible = write!(text, ":{:04X}", address.port());
    text
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_read_from_the_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:223D 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1 0 100 0 0 10 0\n   \
            1: 0100007F:D431 0100007F:223D 01 00000000:00000000 00:00000000 00000000  1001        0 22 1 0 20 4 30 10 -1\n   \
            2: 0100007F:D433 0100007F:223D 05 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1\n   \
            3: 0100007F:D434 0100007F:223D 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1\n";
        let bridge = "127.0.0.1:8765".parse().unwrap();
        assert_eq!(find(table, "127.0.0.1:54321".parse().unwrap(), bridge), Some(1001));
        assert_eq!(find(table, "127.0.0.1:54322".parse().unwrap(), bridge), None);
        assert_eq!(find(table, "127.0.0.1:54323".parse().unwrap(), bridge), None, "closing");
        assert_eq!(find(table, "127.0.0.1:54324".parse().unwrap(), bridge), None, "without an owner");
    }
}
