//! About which packets an ICMP error may be sent at all (RFC 1812 section 4.3.2.7, RFC 4443 section 2.4e).
//! Without these rules two routers could answer each other's errors for ever.

use super::IcmpError;
use crate::packet::{ipv4, ipv6, protocol, u8_at};
use core::net::Ipv4Addr;

/// Whether `error` may be sent about `packet`, which came in a link-layer group frame or not.
pub fn may_answer(error: IcmpError, packet: &[u8], l2_group: bool) -> bool {
    match u8_at(packet, 0).map(|b| b >> 4) {
        Some(4) => !l2_group && v4(packet),
        Some(6) => v6(error, packet, l2_group),
        _ => false,
    }
}

fn v4(packet: &[u8]) -> bool {
    let Some(h) = ipv4::Header::read(packet) else { return false };
    let source_is_one_host = !(h.src.is_unspecified()
        || h.src.is_multicast()
        || h.src.is_loopback()
        || h.src.octets().first().is_some_and(|b| *b >= 240 || *b == 0));
    let to_one_host = !h.dst.is_multicast() && h.dst != Ipv4Addr::BROADCAST;
    // Which types are errors is known by name; an unknown type may be one, so it counts as one.
    let about_an_error = h.protocol == protocol::ICMP
        && h.offset == 0
        && !matches!(u8_at(packet, h.header_len), Some(0 | 8 | 9 | 10 | 13..=18));
    source_is_one_host && to_one_host && h.offset == 0 && !about_an_error
}

fn v6(error: IcmpError, packet: &[u8], l2_group: bool) -> bool {
    let Some(h) = ipv6::Header::parse(packet) else { return false };
    let upper = ipv6::walk(packet, &h).ok();
    let later_fragment = upper.and_then(|u| u.fragment).is_some_and(|f| f.offset != 0);
    let about_an_error = upper.is_some_and(|u| {
        // Types below 128 are errors (section 2.1); 137 is a redirect, which must not be answered either.
        u.protocol == protocol::ICMPV6 && u8_at(packet, u.at).is_none_or(|kind| kind < 128 || kind == 137)
    });
    let to_a_group = l2_group || h.dst.is_multicast();
    // Section 2.4 (e.3): path MTU discovery works for multicast too.
    let group_exempt = matches!(error, IcmpError::TooBig { .. });
    let source_is_one_host = !h.src.is_unspecified() && !h.src.is_multicast() && !h.src.is_loopback();
    source_is_one_host && !about_an_error && !later_fragment && (!to_a_group || group_exempt)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn packet(src: [u8; 4], dst: [u8; 4], protocol: u8, first: u8) -> Vec<u8> {
        let mut p = ipv4::header(src.into(), dst.into(), protocol, 1, 0, 28).to_vec();
        p.extend_from_slice(&[first, 0, 0, 0, 0, 0, 0, 0]);
        p
    }

    const A: [u8; 4] = [10, 0, 0, 1];
    const B: [u8; 4] = [10, 0, 1, 1];

    #[test]
    fn errors_are_not_answered_with_errors_but_echoes_are() {
        let answer = |p: &[u8]| may_answer(IcmpError::TtlExceeded, p, false);
        assert!(answer(&packet(A, B, 17, 0)));
        assert!(answer(&packet(A, B, 1, 8)), "echo request");
        for kind in [3, 4, 5, 11, 12, 40] {
            assert!(!answer(&packet(A, B, 1, kind)), "type {kind}");
        }
    }

    #[test]
    fn nothing_is_said_about_groups_or_to_impossible_sources() {
        let answer = |p: &[u8]| may_answer(IcmpError::TtlExceeded, p, false);
        assert!(!answer(&packet(A, [224, 0, 0, 9], 17, 0)));
        assert!(!answer(&packet(A, [255; 4], 17, 0)));
        for src in [[0; 4], [127, 0, 0, 1], [224, 0, 0, 1], [255; 4], [240, 0, 0, 1]] {
            assert!(!answer(&packet(src, B, 17, 0)), "{src:?}");
        }
        assert!(!may_answer(IcmpError::TtlExceeded, &packet(A, B, 17, 0), true), "link-layer broadcast");
    }

    #[test]
    fn only_the_first_fragment_is_answered() {
        let mut p = packet(A, B, 17, 0);
        p[6] = 0x20;
        assert!(may_answer(IcmpError::TtlExceeded, &p, false), "first");
        p[7] = 1;
        assert!(!may_answer(IcmpError::TtlExceeded, &p, false), "later");
    }

    #[test]
    fn packet_too_big_is_the_one_error_about_ipv6_multicast() {
        let src = "2001:db8::1".parse().unwrap();
        let p = ipv6::header(src, "ff0e::1".parse().unwrap(), 17, 1, 0).to_vec();
        assert!(may_answer(IcmpError::TooBig { mtu: 1280 }, &p, true));
        assert!(!may_answer(IcmpError::TtlExceeded, &p, true));
    }
}
