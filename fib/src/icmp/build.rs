//! Writing an ICMP error, and reading the one kind the forwarder itself learns from.

use super::IcmpError;
use crate::checksum::{Sum, checksum};
use crate::packet::{ethernet, ipv4, ipv6, protocol, put, u8_at, u16_at, u32_at};
use bytes::BytesMut;
use core::net::IpAddr;

/// An ICMPv4 error is at most this long (RFC 1812 section 4.3.2.3).
const MAX_V4: usize = 576;
/// An ICMPv6 error fits the minimum MTU (RFC 4443 section 2.4c).
const MAX_V6: usize = 1280;
const ICMP_LEN: usize = 8;
/// Precedence 6, internetwork control (RFC 1812 section 4.3.2.5).
const TOS: u8 = 0xc0;

/// A frame, its Ethernet addresses still blank, that tells the sender of `packet` about `error`; and its ICMP type.
/// `None`: the family has no such error, or the packet is no IP packet of `src`'s family.
pub fn build(error: IcmpError, packet: &[u8], src: IpAddr, ttl: u8) -> Option<(BytesMut, u8)> {
    let headers = |ip: usize| ethernet::HEADER_LEN.saturating_add(ip).saturating_add(ICMP_LEN);
    match src {
        IpAddr::V4(src) => {
            let offender = ipv4::Header::read(packet)?;
            let (kind, code, rest) = error.v4()?;
            let quote = packet.get(..offender.total_len.min(MAX_V4 - ipv4::HEADER_LEN - ICMP_LEN))?;
            let len = quote.len().saturating_add(ipv4::HEADER_LEN).saturating_add(ICMP_LEN);
            let mut frame = blank(ethernet::IPV4, headers(ipv4::HEADER_LEN), quote);
            let packet = ethernet::payload_mut(&mut frame);
            put(packet, 0, &ipv4::header(src, offender.src, protocol::ICMP, ttl, TOS, len as u16));
            ipv4::fill_checksum(packet);
            let icmp = packet.get_mut(ipv4::HEADER_LEN..)?;
            fill(icmp, kind, code, rest, Sum::ZERO);
            Some((frame, kind))
        }
        IpAddr::V6(src) => {
            let offender = ipv6::Header::parse(packet)?;
            let (kind, code, rest) = error.v6()?;
            let quote = packet.get(..offender.total_len.min(MAX_V6 - ipv6::HEADER_LEN - ICMP_LEN))?;
            let len = quote.len().saturating_add(ICMP_LEN);
            let mut frame = blank(ethernet::IPV6, headers(ipv6::HEADER_LEN), quote);
            let packet = ethernet::payload_mut(&mut frame);
            put(packet, 0, &ipv6::header(src, offender.src, protocol::ICMPV6, ttl, len as u16));
            let icmp = packet.get_mut(ipv6::HEADER_LEN..)?;
            let (src, dst) = (IpAddr::V6(src), IpAddr::V6(offender.src));
            fill(icmp, kind, code, rest, Sum::ZERO.pseudo_header(src, dst, protocol::ICMPV6, len));
            Some((frame, kind))
        }
    }
}

fn blank(ethertype: u16, headers: usize, quote: &[u8]) -> BytesMut {
    let mut frame = BytesMut::with_capacity(headers.saturating_add(quote.len()));
    frame.resize(headers, 0);
    put(&mut frame, 12, &ethertype.to_be_bytes());
    frame.extend_from_slice(quote);
    frame
}

fn fill(icmp: &mut [u8], kind: u8, code: u8, rest: u32, pseudo: Sum) {
    put(icmp, 0, &[kind, code, 0, 0]);
    put(icmp, 4, &rest.to_be_bytes());
    let sum = if pseudo == Sum::ZERO { checksum(icmp) } else { pseudo.bytes(icmp).checksum() };
    put(icmp, 2, &sum.to_be_bytes());
}

/// Reads a "fragmentation needed" or "packet too big" among the ICMP messages for this router: whose path, and
/// its MTU (RFC 1191, RFC 8201). `icmp` begins with the ICMP header.
pub fn path_mtu(v6: bool, icmp: &[u8]) -> Option<(IpAddr, IpAddr, u32)> {
    let quoted = icmp.get(ICMP_LEN..)?;
    match (v6, u8_at(icmp, 0)?, u8_at(icmp, 1)?) {
        (false, 3, 4) if checksum(icmp) == 0 => {
            let src = u32_at(quoted, 12)?;
            let dst = u32_at(quoted, 16)?;
            // Routers older than RFC 1191 say 0: the size of the offender is then the only bound known.
            let said = u16_at(icmp, 6).filter(|mtu| *mtu >= 68);
            let mtu = said.or_else(|| u16_at(quoted, 2).map(|len| len.saturating_sub(1).max(576)))?;
            Some((IpAddr::from(src.to_be_bytes()), IpAddr::from(dst.to_be_bytes()), u32::from(mtu)))
        }
        (true, 2, 0) => {
            let src: [u8; 16] = crate::packet::bytes_at(quoted, 8)?;
            let dst: [u8; 16] = crate::packet::bytes_at(quoted, 24)?;
            Some((IpAddr::from(src), IpAddr::from(dst), u32_at(icmp, 4)?.max(1280)))
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use crate::checksum::verify;

    fn offender(len: usize) -> Vec<u8> {
        let (src, dst) = ([10, 0, 0, 1].into(), [10, 9, 9, 9].into());
        let mut p = ipv4::header(src, dst, 17, 1, 0, len as u16).to_vec();
        p.resize(len, 7);
        ipv4::fill_checksum(&mut p);
        p
    }

    #[test]
    fn an_error_quotes_as_much_as_fits_in_576_bytes() {
        for (len, whole) in [(28, 56), (548, 576), (549, 576), (1500, 576)] {
            let (frame, kind) =
                build(IcmpError::TtlExceeded, &offender(len), [10, 0, 0, 254].into(), 64).unwrap();
            let packet = ethernet::payload(&frame);
            let h = ipv4::Header::parse(packet).unwrap();
            assert_eq!((h.total_len, packet.len(), kind, h.tos, h.ttl), (whole, whole, 11, 0xc0, 64));
            assert_eq!(h.dst, core::net::Ipv4Addr::new(10, 0, 0, 1));
            assert!(verify(&packet[20..]));
            assert_eq!(packet[28..], offender(len)[..whole - 28]);
        }
    }

    #[test]
    fn the_mtu_travels_in_the_second_word_and_is_read_back() {
        let (frame, _) =
            build(IcmpError::TooBig { mtu: 1400 }, &offender(1500), [10, 0, 0, 254].into(), 64).unwrap();
        let icmp = &ethernet::payload(&frame)[20..];
        assert_eq!(icmp[..2], [3, 4]);
        assert_eq!(path_mtu(false, icmp), Some(([10, 0, 0, 1].into(), [10, 9, 9, 9].into(), 1400)));
    }

    #[test]
    fn an_icmpv6_error_stays_within_1280_bytes_and_sums_with_its_pseudo_header() {
        let src = "2001:db8::1".parse().unwrap();
        let mut p = ipv6::header(src, "2001:db8::2".parse().unwrap(), 17, 1, 1460).to_vec();
        p.resize(1500, 9);
        let own = "2001:db8::fe".parse().unwrap();
        let (frame, kind) = build(IcmpError::TooBig { mtu: 1400 }, &p, IpAddr::V6(own), 64).unwrap();
        let packet = ethernet::payload(&frame);
        assert_eq!((packet.len(), kind), (1280, 2));
        let icmp = &packet[40..];
        let sum = Sum::ZERO.pseudo_header(IpAddr::V6(own), IpAddr::V6(src), 58, icmp.len()).bytes(icmp);
        assert_eq!(sum.fold(), 0xffff);
        assert_eq!(path_mtu(true, icmp).map(|(.., mtu)| mtu), Some(1400));
    }
}
