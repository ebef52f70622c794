//! Router solicitation and advertisement (RFC 4861 sections 4.1 and 4.2): by these two routers on a link find each
//! other. Prefixes, MTU and other options for hosts are passed over, and never sent.
//!
//! ```text
//!  0      1      2          4           5       6          8                12              16
//! | type | code | checksum | reserved (32)                | options ...                              solicitation
//! | type | code | checksum | hop limit | M O .. | lifetime | reachable time | retrans timer | options ... advertisement
//! ```

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::nd::{self, Options, ROUTER_ADVERTISEMENT, ROUTER_SOLICITATION};
use super::{u8_at, u16_at, u32_at};
use crate::port::Mac;
use bytes::BytesMut;
use core::net::Ipv6Addr;

/// A router message.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum RouterMessage {
    /// Which routers are there? With the asker's MAC unless it has no address yet.
    Solicitation {
        /// Source link-layer address option.
        source: Option<Mac>,
    },
    /// Here is one.
    Advertisement(Advertisement),
}

/// What a router says of itself and its link.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Advertisement {
    /// What hosts are to send with; 0: not said.
    pub hop_limit: u8,
    /// Hosts get addresses by DHCPv6.
    pub managed: bool,
    /// Hosts get other things by DHCPv6.
    pub other: bool,
    /// Seconds it can be used as a router; 0: it cannot, or no longer.
    pub lifetime: u16,
    /// Milliseconds a neighbor stays reachable without confirmation; 0: not said.
    pub reachable_ms: u32,
    /// Milliseconds between questions to a neighbor; 0: not said.
    pub retrans_ms: u32,
    /// Source link-layer address option.
    pub source: Option<Mac>,
}

impl RouterMessage {
    /// Reads and validates (section 6.1) the ICMPv6 message `icmp` of a packet from `src` to `dst`. `None`: drop it.
    pub fn parse(icmp: &[u8], src: Ipv6Addr, dst: Ipv6Addr, hop_limit: u8) -> Option<RouterMessage> {
        if !nd::is_sound(icmp, src, dst, hop_limit) {
            return None;
        }
        match u8_at(icmp, 0)? {
            ROUTER_SOLICITATION => {
                let Options { source, .. } = Options::parse(icmp.get(8..)?)?;
                // Who has no address yet cannot be answered by unicast.
                let sound = !(src.is_unspecified() && source.is_some());
                sound.then_some(RouterMessage::Solicitation { source })
            }
            ROUTER_ADVERTISEMENT if src.is_unicast_link_local() => {
                let flags = u8_at(icmp, 5)?;
                Some(RouterMessage::Advertisement(Advertisement {
                    hop_limit: u8_at(icmp, 4)?,
                    managed: flags & 0x80 != 0,
                    other: flags & 0x40 != 0,
                    lifetime: u16_at(icmp, 6)?,
                    reachable_ms: u32_at(icmp, 8)?,
                    retrans_ms: u32_at(icmp, 12)?,
                    source: Options::parse(icmp.get(16..)?)?.source,
                }))
            }
            _ => None,
        }
    }

    /// The frame that carries this from (`src_mac`, `src`) to (`dst_mac`, `dst`).
    pub fn emit(&self, src_mac: Mac, src: Ipv6Addr, dst_mac: Mac, dst: Ipv6Addr) -> BytesMut {
        let (mut icmp, source) = match *self {
            RouterMessage::Solicitation { source } => {
                (vec![ROUTER_SOLICITATION, 0, 0, 0, 0, 0, 0, 0], source)
            }
            RouterMessage::Advertisement(a) => {
                let flags = u8::from(a.managed) << 7 | u8::from(a.other) << 6;
                let mut icmp = vec![ROUTER_ADVERTISEMENT, 0, 0, 0, a.hop_limit, flags];
                icmp.extend_from_slice(&a.lifetime.to_be_bytes());
                icmp.extend_from_slice(&a.reachable_ms.to_be_bytes());
                icmp.extend_from_slice(&a.retrans_ms.to_be_bytes());
                (icmp, a.source)
            }
        };
        icmp.extend(source.into_iter().flat_map(nd::source_option));
        nd::frame(&icmp, src_mac, src, dst_mac, dst)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use crate::packet::ipv6::Header;

    /// What FRR 8.4 sends where BGP has an interface neighbor, captured on a veth pair.
    ///
    /// ```text
    /// Ethernet II, Src: 02:00:00:00:0a:01, Dst: 33:33:00:00:00:01
    /// IPv6, Src: fe80::ff:fe00:a01, Dst: ff02::1, hop limit 255, flow label 0xf4744
    /// Router Advertisement: cur hop limit 64, flags 0, lifetime 30 s, reachable time 0, retrans timer 0
    ///     Option: source link-layer address 02:00:00:00:0a:01
    /// ```
    const FRR: &str = "333300000001020000000a0186dd600f474400183afffe8000000000000000\
                       0000fffe000a01ff0200000000000000000000000000018600260740\
                       00001e00000000000000000101020000000a01";
    /// What it sends last when the neighbor is removed: a lifetime of 0.
    const FRR_FAREWELL: &str = "333300000001020000000b0186dd600af9f100183afffe8000000000000000\
                                0000fffe000b01ff0200000000000000000000000000018600242540\
                                00000000000000000000000101020000000b01";

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits.chunks(2).map(|d| u8::from_str_radix(str::from_utf8(d).unwrap(), 16).unwrap()).collect()
    }

    fn parse(frame: &[u8]) -> Option<RouterMessage> {
        let h = Header::parse(&frame[14..])?;
        RouterMessage::parse(&frame[54..], h.src, h.dst, h.hop_limit)
    }

    fn said(lifetime: u16, mac: [u8; 6]) -> RouterMessage {
        let source = Some(Mac(mac));
        RouterMessage::Advertisement(Advertisement {
            hop_limit: 64,
            lifetime,
            source,
            ..Advertisement::default()
        })
    }

    #[test]
    fn frrs_advertisements_are_read_and_written_as_they_were() {
        for (hex, lifetime, mac) in [(FRR, 30, [2, 0, 0, 0, 0xa, 1]), (FRR_FAREWELL, 0, [2, 0, 0, 0, 0xb, 1])]
        {
            let mut frame = bytes(hex);
            assert_eq!(parse(&frame), Some(said(lifetime, mac)));
            let from = Mac(mac);
            let all = "ff02::1".parse().unwrap();
            let group = Mac([0x33, 0x33, 0, 0, 0, 1]);
            // A flow label we do not set.
            frame[15..18].fill(0);
            assert_eq!(said(lifetime, mac).emit(from, from.link_local(), group, all).to_vec(), frame);
        }
    }

    /// With the checksum made right again, so that it is `damage` that is judged.
    fn damaged(frame: &[u8], damage: impl FnOnce(&mut Vec<u8>)) -> Option<RouterMessage> {
        let h = Header::parse(&frame[14..]).unwrap();
        let mut icmp = frame[54..].to_vec();
        damage(&mut icmp);
        icmp[2..4].fill(0);
        let mac = Mac([2, 0, 0, 0, 0, 1]);
        parse(&nd::frame(&icmp, mac, h.src, mac, h.dst))
    }

    #[test]
    fn what_breaks_a_rule_is_refused() {
        let frame = bytes(FRR);
        assert!(damaged(&frame, |_| {}).is_some());
        assert_eq!(damaged(&frame, |icmp| icmp[1] = 1), None, "code");
        assert_eq!(damaged(&frame, |icmp| icmp[17] = 0), None, "an option of length zero");
        assert_eq!(damaged(&frame, |icmp| icmp[17] = 2), None, "an option beyond the end");
        assert_eq!(damaged(&frame, |icmp| icmp.push(1)), None, "half an option");
        assert_eq!(damaged(&frame, |icmp| icmp[18] |= 1), None, "the address of a group");
        for len in 4..24 {
            let short = damaged(&frame, |icmp| icmp.truncate(len));
            assert_eq!(short.is_some(), len == 16, "{len}: only the options can be missing");
        }
        let unknown = damaged(&frame, |icmp| icmp.extend([250, 1, 0, 0, 0, 0, 0, 0]));
        assert_eq!(unknown, parse(&frame), "options we do not know are passed over");
        let (h, icmp) = (Header::parse(&frame[14..]).unwrap(), &frame[54..]);
        assert_eq!(RouterMessage::parse(icmp, h.src, h.dst, 254), None, "it crossed a router");
        assert_eq!(RouterMessage::parse(icmp, h.src, "ff02::3".parse().unwrap(), 255), None, "checksum");
        let mac = Mac([2, 0, 0, 0, 0, 1]);
        let global = said(30, mac.0).emit(mac, "2001:db8::1".parse().unwrap(), mac, h.dst);
        assert_eq!(parse(&global), None, "a router speaks from its link-local address");
    }

    #[test]
    fn a_solicitation_survives_the_round_trip_and_has_no_link_layer_address_without_an_address() {
        let mac = Mac([2, 0, 0, 0, 0, 1]);
        let all = "ff02::2".parse().unwrap();
        for source in [Some(mac), None] {
            let ask = RouterMessage::Solicitation { source };
            assert_eq!(parse(&ask.emit(mac, mac.link_local(), mac, all)), Some(ask));
            let nobody = parse(&ask.emit(mac, Ipv6Addr::UNSPECIFIED, mac, all));
            assert_eq!(nobody, Some(ask).filter(|_| source.is_none()));
        }
    }
}
