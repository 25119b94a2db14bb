//! Decides which addresses webhooks may reach. Each connection is checked after its host name was resolved,
//! so neither a redirect nor a changing DNS answer bypasses the check.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kinds of addresses that may be reached in addition to public ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// The addresses of this machine.
    pub(crate) loopback: bool,
    /// The networks that cannot be reached from the internet.
    pub(crate) private: bool,
}

/// The error for an address that may not be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{address} {}", match kind {
    Kind::Never => "is never allowed: it is link-local, reserved, or serves a cloud's metadata",
    Kind::Private => "is in a private network; the setting codexBridge.webhooks.allowPrivateNetworks \
        (--webhooks-allow-private-networks) allows these",
    Kind::Loopback => "is this machine, and an endpoint elsewhere redirected to it",
    Kind::Public => "is refused",
})]
pub(crate) struct Refused {
    address: IpAddr,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Public,
    Loopback,
    Private,
    Never,
}

impl Allowed {
    /// Checks one address.
    ///
    /// # Errors
    /// [`Refused`] if the address may not be reached.
    pub(crate) fn check(self, address: IpAddr) -> Result<(), Refused> {
        let kind = kind_of(address);
        let is_allowed = match kind {
            Kind::Public => true,
            Kind::Loopback => self.loopback,
            Kind::Private => self.private,
            Kind::Never => false,
        };
        if is_allowed { Ok(()) } else { Err(Refused { address, kind }) }
    }
}

pub(crate) fn is_loopback(address: IpAddr) -> bool {
    kind_of(address) == Kind::Loopback
}

fn kind_of(address: IpAddr) -> Kind {
    match address {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => embedded(address).map_or_else(|| kind_of_v6(address), kind_of_v4),
    }
}

/// Returns the IPv4 address that an IPv6 address leads to: mapped (RFC 4291), translated (NAT64, RFC 6052) or
/// tunneled (6to4, RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let octets = address.octets();
    let v4_at = |start: usize| {
        let [a, b, c, d] = [octets[start], octets[start + 1], octets[start + 2], octets[start + 3]];
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => {
            Some(v4_at(12))
        }
        [0x2002, ..] => Some(v4_at(2)),
        // The deprecated IPv4-compatible form, but not :: and ::1.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => Some(v4_at(12)),
        _ => None,
    }
}

/// Classifies an address by the IANA IPv4 Special-Purpose Address Registry.
fn kind_of_v4(address: Ipv4Addr) -> Kind {
    /// The metadata services of Alibaba Cloud and Azure, which are not link-local.
    const METADATA: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];
    match address.octets() {
        _ if METADATA.contains(&address) => Kind::Never,
        // "This network", link-local, protocol assignments (with Oracle's metadata service), multicast,
        // reserved and broadcast.
        [0, ..] | [169, 254, ..] | [192, 0, 0, _] | [224..=255, ..] => Kind::Never,
        [127, ..] => Kind::Loopback,
        // RFC 1918, carrier-grade NAT (RFC 6598), benchmarking (RFC 2544).
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] | [198, 18..=19, ..] => {
            Kind::Private
        }
        _ => Kind::Public,
    }
}

/// Classifies an address by the IANA IPv6 Special-Purpose Address Registry.
fn kind_of_v6(address: Ipv6Addr) -> Kind {
    /// The metadata service of AWS, which is in a private network.
    const METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    match address.segments() {
        _ if address == METADATA => Kind::Never,
        [0, 0, 0, 0, 0, 0, 0, 1] => Kind::Loopback,
        // Unspecified, local-use translation, discard, Teredo, link-local, multicast.
        [0, 0, 0, 0, 0, 0, 0, 0]
        | [0x64, 0xff9b, 1, ..]
        | [0x100, ..]
        | [0x2001, 0, ..]
        | [0xfe80..=0xfebf, ..]
        | [0xff00..=0xffff, ..] => Kind::Never,
        // Unique local addresses, and the site-local addresses that they replaced.
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Kind::Private,
        _ => Kind::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_classified() {
        for (kind, addresses) in [
            (Kind::Loopback, "127.0.0.1 127.255.0.3 ::1 ::ffff:127.0.0.1 64:ff9b::7f00:1"),
            (
                Kind::Never,
                "0.0.0.0 0.1.2.3 169.254.169.254 169.254.0.1 192.0.0.192 224.0.0.1 239.1.1.1 \
                 255.255.255.255 240.0.0.1 100.100.100.200 168.63.129.16 :: fe80::1 febf::1 ff02::1 \
                 fd00:ec2::254 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::1 ::a9fe:a9fe \
                 2001::1 100::1",
            ),
            (
                Kind::Private,
                "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.127.255.255 198.18.0.1 \
                 fc00::1 fdff::1 fec0::1 ::ffff:10.0.0.1 2002:0a00:0001::1",
            ),
            (
                Kind::Public,
                "1.1.1.1 8.8.8.8 172.15.0.1 172.32.0.1 100.63.0.1 100.128.0.1 169.253.0.1 192.0.1.1 \
                 223.255.255.255 2606:4700::1111 2001:4860::8888 ::ffff:1.1.1.1",
            ),
        ] {
            for address in addresses.split_whitespace() {
                assert_eq!(kind_of(address.parse().unwrap()), kind, "{address}");
            }
        }
    }

    #[test]
    fn some_addresses_are_never_allowed() {
        let all = Allowed { loopback: true, private: true };
        let none = Allowed { loopback: false, private: false };
        assert!(all.check("169.254.169.254".parse().unwrap()).is_err());
        assert!(all.check("10.0.0.1".parse().unwrap()).is_ok());
        assert!(
            none.check("10.0.0.1".parse().unwrap()).unwrap_err().to_string().contains("allowPrivateNetworks")
        );
        assert!(none.check("127.0.0.1".parse().unwrap()).is_err());
        assert!(none.check("1.1.1.1".parse().unwrap()).is_ok());
    }
}
