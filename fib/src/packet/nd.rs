//! Neighbor solicitation and advertisement (RFC 4861 sections 4.3 and 4.4), the two messages a router's
//! neighbor cache lives on, and what all discovery messages have in common. Router discovery is `router`'s; redirects
//! are not parsed.
//!
//! ```text
//!  0      1      2          4          8          24
//! | type | code | checksum | R S O    | target   | options: type, length in units of 8, ...
//! ```

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{bytes_at, ethernet, ipv6, protocol, put, u8_at};
use crate::checksum::Sum;
use crate::port::Mac;
use bytes::BytesMut;
use core::net::{IpAddr, Ipv6Addr};

/// ICMPv6 type of a router solicitation, the first of the five discovery messages.
pub const ROUTER_SOLICITATION: u8 = 133;
/// ICMPv6 type of a router advertisement.
pub const ROUTER_ADVERTISEMENT: u8 = 134;
/// ICMPv6 type of a neighbor solicitation.
pub const SOLICITATION: u8 = 135;
/// ICMPv6 type of a neighbor advertisement.
pub const ADVERTISEMENT: u8 = 136;
/// ICMPv6 type of a redirect, the last of the five.
pub const REDIRECT: u8 = 137;
const SOURCE_LINK_LAYER: u8 = 1;
const TARGET_LINK_LAYER: u8 = 2;

/// A neighbor message.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// Who has `target`? With the asker's MAC unless it asks for itself.
    Solicitation {
        /// The address asked for.
        target: Ipv6Addr,
        /// Source link-layer address option.
        source: Option<Mac>,
    },
    /// `target` is at this MAC.
    Advertisement {
        /// The address advertised.
        target: Ipv6Addr,
        /// Target link-layer address option.
        mac: Option<Mac>,
        /// The sender is a router.
        router: bool,
        /// In answer to a solicitation.
        solicited: bool,
        /// Replaces what was known.
        overrides: bool,
    },
}

impl Message {
    /// Reads and validates (section 7.1) the ICMPv6 message `icmp` of a packet from `src` to `dst`. `None`: drop it.
    pub fn parse(icmp: &[u8], src: Ipv6Addr, dst: Ipv6Addr, hop_limit: u8) -> Option<Message> {
        let flags = u8_at(icmp, 4)?;
        let target = Ipv6Addr::from_octets(bytes_at(icmp, 8)?);
        if !is_sound(icmp, src, dst, hop_limit) || target.is_multicast() || target.is_unspecified() {
            return None;
        }
        let Options { source, target: mac } = Options::parse(icmp.get(24..)?)?;
        match u8_at(icmp, 0)? {
            // Duplicate address detection: from ::, to the solicited-node group, without a link-layer address.
            SOLICITATION if src.is_unspecified() && (source.is_some() || !dst.is_multicast()) => None,
            SOLICITATION => Some(Message::Solicitation { target, source }),
            ADVERTISEMENT if flags & 0x40 != 0 && dst.is_multicast() => None,
            ADVERTISEMENT => Some(Message::Advertisement {
                target,
                mac,
                router: flags & 0x80 != 0,
                solicited: flags & 0x40 != 0,
                overrides: flags & 0x20 != 0,
            }),
            _ => None,
        }
    }

    /// The frame that carries this from (`src_mac`, `src`) to (`dst_mac`, `dst`).
    pub fn emit(&self, src_mac: Mac, src: Ipv6Addr, dst_mac: Mac, dst: Ipv6Addr) -> BytesMut {
        let (kind, flags, target, option) = match *self {
            Message::Solicitation { target, source } => {
                (SOLICITATION, 0, target, source.map(|m| (SOURCE_LINK_LAYER, m)))
            }
            Message::Advertisement { target, mac, router, solicited, overrides } => {
                let bit = |on: bool, bit: u8| if on { bit } else { 0 };
                let flags = bit(router, 0x80) | bit(solicited, 0x40) | bit(overrides, 0x20);
                (ADVERTISEMENT, flags, target, mac.map(|m| (TARGET_LINK_LAYER, m)))
            }
        };
        let mut buffer = [0; 32];
        put(&mut buffer, 0, &[kind, 0, 0, 0, flags]);
        put(&mut buffer, 8, &target.octets());
        let mut len = 24;
        if let Some((option, mac)) = option {
            put(&mut buffer, 24, &[option, 1]);
            put(&mut buffer, 26, &mac.0);
            len = 32;
        }
        frame(buffer.get(..len).unwrap_or_default(), src_mac, src, dst_mac, dst)
    }
}

/// The link-layer addresses among the options of a message; others are passed over (RFC 4861 section 4.6).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Options {
    pub source: Option<Mac>,
    pub target: Option<Mac>,
}

impl Options {
    /// `None`: one has length zero or ends beyond the message, or an address cannot be a station's.
    pub fn parse(mut rest: &[u8]) -> Option<Options> {
        let mut found = Options::default();
        while let Some((kind, len)) = u8_at(rest, 0).zip(u8_at(rest, 1)) {
            let len = usize::from(len).saturating_mul(8);
            let option = rest.get(..len).filter(|o| !o.is_empty())?;
            let address = || bytes_at(option, 2).map(Mac).filter(|m| m.is_station());
            match kind {
                SOURCE_LINK_LAYER => found.source = Some(address()?),
                TARGET_LINK_LAYER => found.target = Some(address()?),
                _ => {}
            }
            rest = rest.get(len..)?;
        }
        rest.is_empty().then_some(found)
    }
}

/// What holds for every message (RFC 4861 sections 6.1 and 7.1): it crossed no router, its code is 0 and its checksum right.
pub(super) fn is_sound(icmp: &[u8], src: Ipv6Addr, dst: Ipv6Addr, hop_limit: u8) -> bool {
    let pseudo = Sum::ZERO.pseudo_header(IpAddr::V6(src), IpAddr::V6(dst), protocol::ICMPV6, icmp.len());
    hop_limit == 255 && u8_at(icmp, 1) == Some(0) && pseudo.bytes(icmp).fold() == 0xffff
}

/// A source link-layer address option.
pub(super) fn source_option(mac: Mac) -> [u8; 8] {
    let [a, b, c, d, e, f] = mac.0;
    [SOURCE_LINK_LAYER, 1, a, b, c, d, e, f]
}

/// The frame that carries a message, whose checksum is still zero, from (`src_mac`, `src`) to (`dst_mac`, `dst`).
pub(super) fn frame(icmp: &[u8], src_mac: Mac, src: Ipv6Addr, dst_mac: Mac, dst: Ipv6Addr) -> BytesMut {
    let pseudo = Sum::ZERO.pseudo_header(IpAddr::V6(src), IpAddr::V6(dst), protocol::ICMPV6, icmp.len());
    let check = pseudo.bytes(icmp).checksum();
    let len = u16::try_from(icmp.len()).unwrap_or(u16::MAX);
    let mut packet = Vec::with_capacity(ipv6::HEADER_LEN.saturating_add(icmp.len()));
    packet.extend_from_slice(&ipv6::header(src, dst, protocol::ICMPV6, 255, len));
    packet.extend_from_slice(icmp);
    put(&mut packet, ipv6::HEADER_LEN.saturating_add(2), &check.to_be_bytes());
    let mut frame = ethernet::wrap(&packet, ethernet::IPV6);
    ethernet::set_addresses(&mut frame, dst_mac, src_mac);
    frame
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn a(s: &str) -> Ipv6Addr {
        s.parse().unwrap()
    }

    const MAC: Mac = Mac([2, 0, 0, 0, 0, 1]);

    fn icmp(message: &Message, src: &str, dst: &str) -> Vec<u8> {
        message.emit(MAC, a(src), MAC, a(dst))[54..].to_vec()
    }

    #[test]
    fn both_messages_survive_the_round_trip() {
        let ask = Message::Solicitation { target: a("fe80::2"), source: Some(MAC) };
        let tell = Message::Advertisement {
            target: a("fe80::2"),
            mac: Some(MAC),
            router: true,
            solicited: true,
            overrides: false,
        };
        for message in [ask, tell] {
            let bytes = icmp(&message, "fe80::1", "fe80::2");
            assert_eq!(Message::parse(&bytes, a("fe80::1"), a("fe80::2"), 255), Some(message));
            assert_eq!(Message::parse(&bytes, a("fe80::1"), a("fe80::2"), 254), None, "crossed a router");
            assert_eq!(Message::parse(&bytes, a("fe80::1"), a("fe80::3"), 255), None, "checksum");
            for len in 0..bytes.len() {
                assert_eq!(Message::parse(&bytes[..len], a("fe80::1"), a("fe80::2"), 255), None);
            }
        }
    }

    #[test]
    fn an_option_of_length_zero_is_refused() {
        let mut bytes =
            icmp(&Message::Solicitation { target: a("fe80::2"), source: Some(MAC) }, "fe80::1", "fe80::2");
        bytes[25] = 0;
        // Keep the checksum right, so that it is the length that is refused.
        bytes[3] = bytes[3].wrapping_add(1);
        assert_eq!(Message::parse(&bytes, a("fe80::1"), a("fe80::2"), 255), None);
    }

    #[test]
    fn a_multicast_advertisement_cannot_be_solicited() {
        let tell = Message::Advertisement {
            target: a("fe80::2"),
            mac: Some(MAC),
            router: true,
            solicited: true,
            overrides: true,
        };
        let bytes = icmp(&tell, "fe80::2", "ff02::1");
        assert_eq!(Message::parse(&bytes, a("fe80::2"), a("ff02::1"), 255), None);
    }
}
