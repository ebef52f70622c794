//! Netlink messages: a header of 16 bytes, a fixed part, attributes; all in host order, all aligned to 4.
//!
//! ```text
//!   0         4      6       8      12      16
//!   +---------+------+-------+------+-------+---------------+-------------- -
//!   | length  | type | flags | seq  | port  | ifinfomsg ... | attributes
//!   +---------+------+-------+------+-------+---------------+-------------- -
//!                                             attribute: length 2, type 2, value, padding
//! ```
//!
//! Pure. What is malformed ends the iteration: the kernel does not send it, and nobody else is heard.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::Port;
use std::net::Ipv4Addr;

const HEADER: usize = 16;
const IFINFOMSG: usize = 16;
const IFADDRMSG: usize = 8;

/// linux/rtnetlink.h: leave statistics out of a dump.
const RTEXT_FILTER_SKIP_STATS: u32 = 1 << 3;

/// The type bits of an attribute; above them "nested" and "network order".
const TYPE_MASK: u16 = 0x3fff;

/// One message of a datagram.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) seq: u32,
    pub(crate) body: &'a [u8],
}

impl Message<'_> {
    /// For NLMSG_ERROR: 0 acknowledges, anything else is an errno. For NLMSG_DONE likewise.
    pub(crate) fn errno(&self) -> i32 {
        u32_at(self.body, 0).map_or(0, |code| code.cast_signed().wrapping_neg())
    }
}

/// The messages of a datagram.
pub(crate) fn messages(mut bytes: &[u8]) -> impl Iterator<Item = Message<'_>> {
    std::iter::from_fn(move || {
        let length = u32_at(bytes, 0)? as usize;
        let message = bytes.get(..length)?;
        let found = Message {
            kind: u16_at(message, 4)?,
            flags: u16_at(message, 6)?,
            seq: u32_at(message, 8)?,
            body: message.get(HEADER..)?,
        };
        bytes = bytes.get(align(length)..).unwrap_or(&[]);
        Some(found)
    })
}

/// The attributes behind a fixed part, as (type, value).
pub(crate) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(bytes, 0)?);
        let kind = u16_at(bytes, 2)? & TYPE_MASK;
        let value = bytes.get(4..length)?;
        bytes = bytes.get(align(length)..).unwrap_or(&[]);
        Some((kind, value))
    })
}

impl Port {
    /// The body of an RTM_NEWLINK. `None` for other address families: a bridge repeats its ports' links as
    /// AF_BRIDGE, which say nothing about the link itself.
    pub(crate) fn parse(body: &[u8]) -> Option<Port> {
        let (fixed, rest) = body.split_at_checked(IFINFOMSG)?;
        if fixed.first() != Some(&(libc::AF_UNSPEC as u8)) {
            return None;
        }
        let flags = u32_at(fixed, 8)?;
        let mut port = Port {
            ifindex: u32_at(fixed, 4)?,
            ethernet: u16_at(fixed, 2)? == libc::ARPHRD_ETHER,
            up: flags & libc::IFF_UP as u32 != 0,
            // Not IFF_LOWER_UP: that one is set some time before the device takes frames.
            carrier: flags & libc::IFF_RUNNING as u32 != 0,
            ..Port::default()
        };
        for (kind, value) in attributes(rest) {
            match kind {
                libc::IFLA_IFNAME => port.name = text(value),
                libc::IFLA_ADDRESS => port.mac = value.try_into().ok(),
                libc::IFLA_MTU => port.mtu = u32_at(value, 0)?,
                libc::IFLA_LINKINFO => {
                    port.kind =
                        attributes(value).find(|(k, _)| *k == libc::IFLA_INFO_KIND).map(|(_, v)| text(v));
                }
                libc::IFLA_PROP_LIST => {
                    let names = attributes(value).filter(|(k, _)| *k == libc::IFLA_ALT_IFNAME);
                    port.altnames = names.map(|(_, v)| text(v)).collect();
                }
                _ => {}
            }
        }
        Some(port)
    }
}

/// The interface an RTM_DELLINK is about; `None` for other families (a port that leaves its bridge).
pub(crate) fn deleted_link(body: &[u8]) -> Option<u32> {
    let fixed = body.get(..IFINFOMSG)?;
    if fixed.first() == Some(&(libc::AF_UNSPEC as u8)) { u32_at(fixed, 4) } else { None }
}

/// An address on an interface.
pub(crate) struct Address {
    pub(crate) ifindex: u32,
    pub(crate) address: Ipv4Addr,
    pub(crate) prefix_len: u8,
}

/// The body of an RTM_NEWADDR of family AF_INET.
pub(crate) fn ipv4_address(body: &[u8]) -> Option<Address> {
    let (fixed, rest) = body.split_at_checked(IFADDRMSG)?;
    let &[family, prefix_len, ..] = fixed else { return None };
    if i32::from(family) != libc::AF_INET {
        return None;
    }
    // On a point-to-point interface IFA_ADDRESS is the other end's; IFA_LOCAL is always ours.
    let (_, local) = attributes(rest).find(|(kind, _)| *kind == libc::IFA_LOCAL)?;
    let address = Ipv4Addr::from(<[u8; 4]>::try_from(local).ok()?);
    Some(Address { ifindex: u32_at(fixed, 4)?, address, prefix_len })
}

/// A question to the kernel.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    bytes: Vec<u8>,
}

impl Request {
    pub(crate) fn new(kind: u16, flags: i32) -> Request {
        let mut bytes = vec![0; 4];
        bytes.extend(kind.to_ne_bytes());
        bytes.extend((flags as u16).to_ne_bytes());
        bytes.extend([0; 8]);
        Request { bytes }
    }

    /// A `struct ifinfomsg`: the link, its flags and which of them are meant.
    pub(crate) fn link(mut self, ifindex: u32, flags: u32, mask: u32) -> Request {
        self.bytes.extend([0; 4]);
        for word in [ifindex, flags, mask] {
            self.bytes.extend(word.to_ne_bytes());
        }
        self
    }

    /// Any other fixed part.
    pub(crate) fn fixed(mut self, bytes: &[u8]) -> Request {
        self.bytes.extend(bytes);
        self
    }

    pub(crate) fn attribute(mut self, kind: u16, value: &[u8]) -> Request {
        let length = value.len().saturating_add(4);
        self.bytes.extend(u16::try_from(length).unwrap_or(u16::MAX).to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(value);
        self.bytes.resize(align(self.bytes.len()), 0);
        self
    }

    /// The datagram, numbered.
    pub(crate) fn finish(mut self, seq: u32) -> Vec<u8> {
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        for (at, word) in [(0, length), (8, seq)] {
            if let Some(field) = self.bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
                *field = word.to_ne_bytes();
            }
        }
        self.bytes
    }
}

/// Asks for every link, without statistics.
pub(crate) fn dump_links() -> Request {
    Request::new(libc::RTM_GETLINK, libc::NLM_F_REQUEST | libc::NLM_F_DUMP)
        .link(0, 0, 0)
        .attribute(libc::IFLA_EXT_MASK, &RTEXT_FILTER_SKIP_STATS.to_ne_bytes())
}

/// Asks for every IPv4 address.
pub(crate) fn dump_ipv4_addresses() -> Request {
    Request::new(libc::RTM_GETADDR, libc::NLM_F_REQUEST | libc::NLM_F_DUMP).fixed(&[
        libc::AF_INET as u8,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    ])
}

fn align(length: usize) -> usize {
    length.saturating_add(3) & !3
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|word| u16::from_ne_bytes(*word))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_ne_bytes(*word))
}

/// Up to the first NUL; interface names are bytes, nearly always ASCII.
fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value.split(|&byte| byte == 0).next().unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newlink(family: u8) -> Vec<u8> {
        let altnames =
            [(libc::IFLA_ALT_IFNAME, "to-spine-1\0"), (7, "x"), (libc::IFLA_ALT_IFNAME, "uplink\0")];
        let nested = |parts: &[(u16, &str)]| {
            let mut request = Request { bytes: Vec::new() };
            for (kind, value) in parts {
                request = request.attribute(*kind, value.as_bytes());
            }
            request.bytes
        };
        let up = (libc::IFF_UP | libc::IFF_RUNNING) as u32;
        Request::new(libc::RTM_NEWLINK, 0)
            .fixed(&[family, 0])
            .fixed(&libc::ARPHRD_ETHER.to_ne_bytes())
            .fixed(&7u32.to_ne_bytes())
            .fixed(&up.to_ne_bytes())
            .fixed(&[0; 4])
            .attribute(libc::IFLA_IFNAME, b"eth1\0")
            .attribute(libc::IFLA_MTU, &9500u32.to_ne_bytes())
            .attribute(libc::IFLA_ADDRESS, &[2, 0, 0, 0, 0, 1])
            .attribute(libc::IFLA_LINKINFO | 0x8000, &nested(&[(libc::IFLA_INFO_KIND, "veth\0")]))
            .attribute(libc::IFLA_PROP_LIST | 0x8000, &nested(&altnames))
            .finish(5)
    }

    #[test]
    fn a_link_message_says_all_about_a_port() {
        let bytes = newlink(0);
        let message = messages(&bytes).next().unwrap();
        assert_eq!((message.kind, message.seq), (libc::RTM_NEWLINK, 5));
        let expected = Port {
            ifindex: 7,
            name: "eth1".into(),
            altnames: vec!["to-spine-1".into(), "uplink".into()],
            mac: Some([2, 0, 0, 0, 0, 1]),
            mtu: 9500,
            up: true,
            carrier: true,
            kind: Some("veth".into()),
            ethernet: true,
        };
        assert_eq!(Port::parse(message.body), Some(expected));
        assert_eq!(deleted_link(message.body), Some(7));
    }

    #[test]
    fn a_port_leaving_its_bridge_is_not_a_vanished_port() {
        let bytes = newlink(libc::AF_BRIDGE as u8);
        let message = messages(&bytes).next().unwrap();
        assert_eq!((Port::parse(message.body), deleted_link(message.body)), (None, None));
    }

    #[test]
    fn a_datagram_holds_several_messages() {
        let mut bytes = newlink(0);
        bytes.extend(Request::new(libc::NLMSG_DONE as u16, 0).fixed(&0i32.to_ne_bytes()).finish(6));
        let kinds: Vec<u16> = messages(&bytes).map(|message| message.kind).collect();
        assert_eq!(kinds, [libc::RTM_NEWLINK, libc::NLMSG_DONE as u16]);
    }

    #[test]
    fn errors_are_errno_values() {
        let bytes = Request::new(libc::NLMSG_ERROR as u16, 0).fixed(&(-libc::EBUSY).to_ne_bytes()).finish(1);
        assert_eq!(messages(&bytes).next().map(|message| message.errno()), Some(libc::EBUSY));
    }

    #[test]
    fn an_address_is_read_from_its_local_attribute() {
        let body = |family: i32| {
            let request = Request { bytes: Vec::new() }.fixed(&[family as u8, 24, 0, 0]);
            request
                .fixed(&3u32.to_ne_bytes())
                .attribute(1, &[10, 0, 0, 2])
                .attribute(libc::IFA_LOCAL, &[10, 0, 0, 1])
                .bytes
        };
        let found = ipv4_address(&body(libc::AF_INET)).unwrap();
        assert_eq!((found.ifindex, found.address, found.prefix_len), (3, Ipv4Addr::new(10, 0, 0, 1), 24));
        assert!(ipv4_address(&body(libc::AF_INET6)).is_none());
    }

    #[test]
    fn cut_or_garbled_messages_end_the_reading_without_a_panic() {
        let bytes = newlink(0);
        for end in 0..bytes.len() {
            assert_eq!(messages(&bytes[..end]).count(), 0);
            let _ = Port::parse(&bytes[..end]);
            let _ = ipv4_address(&bytes[..end]);
        }
        for at in 0..bytes.len() {
            for value in [0, 1, 3, 0x7f, 0xff] {
                let mut garbled = bytes.clone();
                garbled[at] = value;
                // A length of zero must not make it run in place.
                for message in messages(&garbled).take(100) {
                    assert!(attributes(message.body).take(100).count() < 100);
                    let _ = Port::parse(message.body);
                }
            }
        }
    }
}
