//! Which addresses belong to private networks, and which of them the operator lets answers of other servers name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The private networks that answers of other servers may lead to; none by default.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PrivateAddresses(Vec<Network>);

/// A range of addresses: the first bits are fixed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Network {
    address: IpAddr,
    bits: u8,
}

impl PrivateAddresses {
    /// Every address there is.
    pub fn all() -> Self {
        let whole = |address| Network { address, bits: 0 };
        Self(vec![whole(Ipv4Addr::UNSPECIFIED.into()), whole(Ipv6Addr::UNSPECIFIED.into())])
    }

    /// Whether an address may be reached: it is public, or in one of the networks.
    pub fn allow(&self, address: IpAddr) -> bool {
        let address = plain(address);
        !is_private(address) || self.0.iter().any(|network| network.contains(address))
    }
}

/// Reads `none`, `all`, or networks such as `10.0.0.0/8, fd00::/8` with commas between them; the error is the part
/// that is no network.
impl FromStr for PrivateAddresses {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" | "none" => Ok(Self::default()),
            "all" => Ok(Self::all()),
            list => {
                list.split(',').map(|part| Network::parse(part.trim())).collect::<Result<_, _>>().map(Self)
            }
        }
    }
}

impl Network {
    fn parse(text: &str) -> Result<Self, String> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| text.to_owned())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok()).filter(|bits| *bits <= most);
        Ok(Self { address, bits: bits.ok_or_else(|| text.to_owned())? })
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                u32::from(own).checked_shr(32 - u32::from(self.bits)).unwrap_or(0)
                    == u32::from(other).checked_shr(32 - u32::from(self.bits)).unwrap_or(0)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                u128::from(own).checked_shr(128 - u32::from(self.bits)).unwrap_or(0)
                    == u128::from(other).checked_shr(128 - u32::from(self.bits)).unwrap_or(0)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// The address of version 4 inside one of version 6 that only carries it.
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    let parts = six.segments();
    let four = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match parts {
        // Mapped (RFC 4291), translated (RFC 6052), 6to4 (RFC 3056).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => four(high, low),
        [0x2002, high, low, ..] => four(high, low),
        _ => address,
    }
}

/// Whether an address is none of the public internet's (IANA special-purpose address registries, 2026).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let [a, b, c, _] = four.octets();
            four.is_loopback()
                || four.is_private()
                || four.is_link_local()
                || four.is_multicast()
                || matches!((a, b, c), (0 | 240.., ..) | (100, 64..=127, _) | (192, 0, 0) | (198, 18..=19, _))
        }
        IpAddr::V6(six) => {
            let parts = six.segments();
            // Among these are the loopback and the unspecified address, and the old compatible ones.
            parts[..6] == [0; 6]
                || six.is_unique_local()
                || six.is_unicast_link_local()
                || six.is_multicast()
                || parts[0] & 0xffc0 == 0xfec0
                || (parts[0] == 0x64 && parts[1] == 0xff9b)
                || (parts[0] == 0x2001 && parts[1] < 0x0200)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(rule: &str, address: &str) -> bool {
        rule.parse::<PrivateAddresses>().unwrap().allow(address.parse().unwrap())
    }

    #[test]
    fn private_addresses_are_told_in_every_form() {
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:a00:1::1",
            "2002:7f00:1::",
            "2001::1",
        ] {
            assert!(!allow("none", address), "{address}");
            assert!(allow("all", address), "{address}");
        }
        for address in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
            "2001:4860::1",
        ] {
            assert!(allow("none", address), "{address}");
        }
    }

    #[test]
    fn networks_of_the_operator_are_let_in() {
        for (rule, address, want) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", true),
            ("10.0.0.0/8", "192.168.0.1", false),
            ("10.0.0.0/8, fd00::/8", "fd00::7", true),
            ("10.0.0.0/8, fd00::/8", "fc00::7", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("0.0.0.0/0", "::1", false),
            ("::1/128", "::1", true),
        ] {
            assert_eq!(allow(rule, address), want, "{rule} {address}");
        }
        for wrong in [
            "yes",
            "10.0.0.0/33",
            "10.0.0/8",
            "10.0.0.0/8 fd00::/8",
            "10.0.0.0/-1",
            "fd00::/129",
            "10.0.0.0/8,",
        ] {
            assert!(wrong.parse::<PrivateAddresses>().is_err(), "{wrong}");
        }
    }
}
