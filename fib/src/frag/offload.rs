//! Offload in software: what `virtio_net_hdr` left undone is done here, when the frame goes to a sink that cannot.
//! A frame that stays between offload-capable links never comes this way.

use crate::checksum::Sum;
use crate::packet::transport::Layout;
use crate::packet::{ethernet, ipv4, ipv6, protocol, put, u8_at, u16_at, u32_at};
use crate::{Frame, Gso, GsoKind, Offload, PartialChecksum};
use bytes::BytesMut;

/// TCP's smallest sensible MSS gives 1365 segments of 64 KiB; more is an attack on whoever must cut them.
const MAX_SEGMENTS: usize = 2048;
const FIN_PSH: u8 = 0x09;
const CWR: u8 = 0x80;

/// Whether the offload notes fit the frame, so that nobody downstream trips over them.
pub fn is_sound(frame: &Frame) -> bool {
    let Offload { partial_checksum, gso } = frame.offload;
    let checksum_fits = partial_checksum.is_none_or(|p| {
        let end = usize::from(p.start).saturating_add(usize::from(p.offset)).saturating_add(2);
        usize::from(p.start) >= ethernet::HEADER_LEN && end <= frame.data.len()
    });
    let gso_fits = gso.is_none_or(|gso| {
        Layout::of(&frame.data).is_some_and(|layout| {
            let payload = frame.data.len().saturating_sub(layout.payload);
            let protocol = match gso.kind {
                GsoKind::Tcp4 | GsoKind::Tcp6 => protocol::TCP,
                GsoKind::Udp | GsoKind::UdpL4 => protocol::UDP,
            };
            let family = match gso.kind {
                GsoKind::Tcp4 => layout.src.is_ipv4(),
                GsoKind::Tcp6 => layout.src.is_ipv6(),
                GsoKind::Udp | GsoKind::UdpL4 => true,
            };
            let segments = payload.checked_div(usize::from(gso.size)).unwrap_or(usize::MAX);
            layout.protocol == protocol && family && segments <= MAX_SEGMENTS
        })
    });
    checksum_fits && gso_fits
}

/// The IP length of the largest packet this frame becomes on a real wire.
pub fn wire_len(frame: &Frame) -> usize {
    let whole = frame.data.len().saturating_sub(ethernet::HEADER_LEN);
    let Some(gso) = frame.offload.gso else { return whole };
    let Some(layout) = Layout::of(&frame.data) else { return whole };
    // Fragments of a UDP datagram repeat the IP header, segments the UDP or TCP header as well.
    let headers = if gso.kind == GsoKind::Udp { layout.l4 } else { layout.payload };
    let segment = headers.saturating_sub(ethernet::HEADER_LEN).saturating_add(usize::from(gso.size));
    segment.min(whole)
}

/// Leaves nothing undone in the checksum of a frame that will not be segmented. True if there was something.
pub fn finish_checksum(frame: &mut Frame) -> bool {
    let Offload { partial_checksum, gso } = core::mem::take(&mut frame.offload);
    if gso.is_some() {
        // What the field of a GSO frame holds differs between senders: start from scratch.
        if let Some(layout) = Layout::of(&frame.data) {
            fill_l4_checksum(&mut frame.data, &layout);
        }
    } else if let Some(partial) = partial_checksum {
        complete_checksum(&mut frame.data, partial);
    }
    gso.is_some() || partial_checksum.is_some()
}

/// Completes a partial checksum in place.
fn complete_checksum(data: &mut [u8], partial: PartialChecksum) {
    let start = usize::from(partial.start);
    let at = start.saturating_add(usize::from(partial.offset));
    if let Some(covered) = data.get(start..) {
        // The field holds the folded sum of the pseudo-header and is itself covered.
        let sum = Sum::ZERO.bytes(covered).udp_checksum();
        put(data, at, &sum.to_be_bytes());
    }
}

/// Writes the L4 checksum of a whole TCP or UDP frame from scratch.
fn fill_l4_checksum(data: &mut [u8], layout: &Layout) {
    put(data, layout.checksum, &[0, 0]);
    let Some(covered) = data.get(layout.l4..) else { return };
    let pseudo = Sum::ZERO.pseudo_header(layout.src, layout.dst, layout.protocol, covered.len());
    let sum = pseudo.bytes(covered);
    let sum = if layout.protocol == protocol::UDP { sum.udp_checksum() } else { sum.checksum() };
    put(data, layout.checksum, &sum.to_be_bytes());
}

/// Cuts a TCP or UDP GSO frame into finished frames, as a network card would. `false`: it cannot be cut.
pub fn segment(data: &[u8], gso: Gso, out: &mut dyn FnMut(BytesMut)) -> bool {
    let Some(layout) = Layout::of(data) else { return false };
    let (Some(headers), Some(payload)) = (data.get(..layout.payload), data.get(layout.payload..)) else {
        return false;
    };
    let size = usize::from(gso.size);
    if size == 0 || payload.len().div_ceil(size) > MAX_SEGMENTS {
        return false;
    }
    let last = payload.len().div_ceil(size).saturating_sub(1);
    for (n, chunk) in payload.chunks(size).enumerate() {
        let mut segment = BytesMut::with_capacity(headers.len().saturating_add(chunk.len()));
        segment.extend_from_slice(headers);
        segment.extend_from_slice(chunk);
        fix_ip(&mut segment, n);
        if layout.protocol == protocol::TCP {
            fix_tcp(&mut segment, layout.l4, n, size, n == last);
        } else {
            let len = segment.len().saturating_sub(layout.l4);
            put(&mut segment, layout.l4.saturating_add(4), &(len as u16).to_be_bytes());
        }
        fill_l4_checksum(&mut segment, &layout);
        out(segment);
    }
    true
}

/// Length and, for IPv4, an identification of its own for segment `n`.
fn fix_ip(segment: &mut [u8], n: usize) {
    let len = segment.len().saturating_sub(ethernet::HEADER_LEN);
    let packet = ethernet::payload_mut(segment);
    if u8_at(packet, 0).is_some_and(|b| b >> 4 == 6) {
        ipv6::set_total_len(packet, len);
    } else {
        let ident = u16_at(packet, 4).unwrap_or(0).wrapping_add(n as u16);
        put(packet, 2, &(len as u16).to_be_bytes());
        put(packet, 4, &ident.to_be_bytes());
        ipv4::fill_checksum(packet);
    }
}

/// FIN and PSH belong to the last segment, CWR to the first.
fn fix_tcp(segment: &mut [u8], tcp: usize, n: usize, size: usize, is_last: bool) {
    let seq_at = tcp.saturating_add(4);
    let seq = u32_at(segment, seq_at).unwrap_or(0).wrapping_add(n.saturating_mul(size) as u32);
    put(segment, seq_at, &seq.to_be_bytes());
    let flags_at = tcp.saturating_add(13);
    let mut flags = u8_at(segment, flags_at).unwrap_or(0);
    if !is_last {
        flags &= !FIN_PSH;
    }
    if n != 0 {
        flags &= !CWR;
    }
    put(segment, flags_at, &[flags]);
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use core::net::IpAddr;

    fn tcp4(payload: usize) -> Vec<u8> {
        let mut p = ipv4::header([10, 0, 0, 1].into(), [10, 0, 1, 1].into(), 6, 64, 0, (40 + payload) as u16)
            .to_vec();
        p[4..6].copy_from_slice(&0xfffeu16.to_be_bytes());
        p.extend_from_slice(&[
            0x30, 0x39, 0, 80, 0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 9, 0x50, 0x99, 1, 0, 0, 0, 0, 0,
        ]);
        p.extend((0..payload).map(|n| n as u8));
        ipv4::fill_checksum(&mut p);
        ethernet::wrap(&p, ethernet::IPV4).to_vec()
    }

    fn cut(data: &[u8], kind: GsoKind, size: u16) -> Vec<BytesMut> {
        let mut out = Vec::new();
        assert!(segment(data, Gso { kind, ecn: false, size, header_len: 0 }, &mut |s| out.push(s)));
        out
    }

    fn l4_is_right(frame: &[u8]) -> bool {
        let l = Layout::of(frame).unwrap();
        let covered = &frame[l.l4..];
        Sum::ZERO.pseudo_header(l.src, l.dst, l.protocol, covered.len()).bytes(covered).fold() == 0xffff
    }

    #[test]
    fn tcp_segments_carry_every_byte_once_with_rising_sequence_numbers() {
        let segments = cut(&tcp4(2500), GsoKind::Tcp4, 1000);
        assert_eq!(segments.iter().map(|s| s.len() - 54).collect::<Vec<_>>(), [1000, 1000, 500]);
        let bytes: Vec<u8> = segments.iter().flat_map(|s| s[54..].to_vec()).collect();
        assert_eq!(bytes, (0..2500).map(|n| n as u8).collect::<Vec<_>>());
        for (n, s) in segments.iter().enumerate() {
            let h = ipv4::Header::parse(&s[14..]).unwrap();
            assert_eq!(h.ident, 0xfffeu16.wrapping_add(n as u16));
            assert_eq!(u32_at(s, 38), Some(0xffff_fff0u32.wrapping_add(1000 * n as u32)));
            assert!(l4_is_right(s));
        }
        // 0x99 is CWR, ACK, PSH and FIN.
        assert_eq!(segments.iter().map(|s| s[47]).collect::<Vec<_>>(), [0x90, 0x10, 0x19]);
    }

    #[test]
    fn udp_segments_are_datagrams_of_their_own() {
        let src: core::net::Ipv6Addr = "2001:db8::1".parse().unwrap();
        let mut p = ipv6::header(src, src, 17, 64, 8 + 250).to_vec();
        p.extend_from_slice(&[0, 1, 0, 2, 1, 2, 0, 0]);
        p.extend([7; 250]);
        let segments = cut(&ethernet::wrap(&p, ethernet::IPV6), GsoKind::UdpL4, 100);
        assert_eq!(segments.len(), 3);
        assert_eq!(u16_at(&segments[2], 14 + 4), Some(58));
        assert_eq!(u16_at(&segments[2], 54 + 4), Some(58));
        assert!(segments.iter().all(|s| l4_is_right(s)));
    }

    #[test]
    fn a_partial_checksum_is_completed_to_what_a_full_one_would_be() {
        let mut full = tcp4(99);
        let layout = Layout::of(&full).unwrap();
        let mut partial = full.clone();
        fill_l4_checksum(&mut full, &layout);
        let pseudo =
            Sum::ZERO.pseudo_header(IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 1, 1]), 6, 119);
        partial[50..52].copy_from_slice(&pseudo.fold().to_be_bytes());
        complete_checksum(&mut partial, PartialChecksum { start: 34, offset: 16 });
        assert_eq!(partial, full);
    }

    #[test]
    fn notes_that_do_not_fit_the_frame_are_unsound() {
        let data = || BytesMut::from(&tcp4(100)[..]);
        let with = |partial: Option<(u16, u16)>, gso: Option<(GsoKind, u16)>| {
            let partial_checksum = partial.map(|(start, offset)| PartialChecksum { start, offset });
            let gso = gso.map(|(kind, size)| Gso { kind, ecn: false, size, header_len: 0 });
            is_sound(&Frame { data: data(), offload: Offload { partial_checksum, gso } })
        };
        assert!(with(Some((34, 16)), Some((GsoKind::Tcp4, 50))));
        assert!(!with(Some((34, 119)), None), "field past the end");
        assert!(!with(Some((13, 0)), None), "inside the Ethernet header");
        assert!(!with(None, Some((GsoKind::Tcp4, 0))));
        assert!(!with(None, Some((GsoKind::Tcp6, 50))));
        assert!(!with(None, Some((GsoKind::UdpL4, 50))));
    }
}
