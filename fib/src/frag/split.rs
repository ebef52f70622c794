//! Cutting a packet into fragments: IPv4 on the way (RFC 791 section 3.2), IPv6 only at its source (RFC 8200
//! section 4.5).

use crate::packet::{ethernet, ipv4, ipv6, put, u8_at};
use bytes::BytesMut;

/// Cuts the IPv4 packet of `frame` into fragments of at most `mtu` bytes each. `false`: it cannot be cut, and
/// nothing was put out.
pub fn split_v4(frame: &[u8], mtu: usize, out: &mut dyn FnMut(BytesMut)) -> bool {
    let packet = ethernet::payload(frame);
    let Some(h) = ipv4::Header::read(packet) else { return false };
    let (Some(header), Some(payload)) = (packet.get(..h.header_len), packet.get(h.header_len..h.total_len))
    else {
        return false;
    };
    let (options, options_len) = ipv4::copied_options(packet, h.header_len);
    let later_len = ipv4::HEADER_LEN.saturating_add(options_len);
    // The first header is the longest, so a first fragment with room means room in all.
    let room = |header_len: usize| mtu.saturating_sub(header_len) & !7;
    if room(h.header_len) == 0 {
        return false;
    }
    let mut rest = payload;
    let mut offset = h.offset;
    while !rest.is_empty() {
        let is_first = rest.len() == payload.len();
        let header_len = if is_first { h.header_len } else { later_len };
        let is_last = rest.len() <= mtu.saturating_sub(header_len);
        let take = if is_last { rest.len() } else { room(header_len) };
        let (chunk, tail) = rest.split_at_checked(take).unwrap_or((rest, &[]));
        let total_len = header_len.saturating_add(chunk.len());
        let mut fragment = BytesMut::with_capacity(ethernet::HEADER_LEN.saturating_add(total_len));
        fragment.extend_from_slice(frame.get(..ethernet::HEADER_LEN).unwrap_or_default());
        if is_first {
            fragment.extend_from_slice(header);
        } else {
            fragment.extend_from_slice(header.get(..ipv4::HEADER_LEN).unwrap_or_default());
            fragment.extend_from_slice(options.get(..options_len).unwrap_or_default());
            put(&mut fragment, ethernet::HEADER_LEN, &[0x40 | (header_len >> 2) as u8]);
        }
        fragment.extend_from_slice(chunk);
        // Fragments of a fragment: only the tail of the last keeps "no more" (RFC 791).
        ipv4::set_fragment(
            ethernet::payload_mut(&mut fragment),
            total_len as u16,
            h.df,
            h.mf || !is_last,
            offset,
        );
        out(fragment);
        offset = offset.saturating_add(chunk.len());
        rest = tail;
    }
    true
}

/// Cuts the IPv6 packet of `frame`, made by this router, into fragments of at most `mtu` bytes each. `false`: it
/// cannot be cut, and nothing was put out.
pub fn split_v6(frame: &[u8], mtu: usize, ident: u32, out: &mut dyn FnMut(BytesMut)) -> bool {
    let packet = ethernet::payload(frame);
    let Some(h) = ipv6::Header::parse(packet) else { return false };
    let Ok(upper) = ipv6::walk(packet, &h) else { return false };
    let at = upper.unfragmentable;
    let (Some(head), Some(payload)) = (packet.get(..at), packet.get(at..h.total_len)) else { return false };
    let header_len = at.saturating_add(ipv6::FRAGMENT_LEN);
    let room = mtu.saturating_sub(header_len) & !7;
    let Some(kind) = u8_at(packet, upper.unfragmentable_announced_at) else { return false };
    if room == 0 || upper.fragment.is_some() {
        return false;
    }
    let mut rest = payload;
    let mut offset = 0usize;
    while !rest.is_empty() {
        let is_last = rest.len() <= mtu.saturating_sub(header_len);
        let take = if is_last { rest.len() } else { room };
        let (chunk, tail) = rest.split_at_checked(take).unwrap_or((rest, &[]));
        let total_len = header_len.saturating_add(chunk.len());
        let mut fragment = BytesMut::with_capacity(ethernet::HEADER_LEN.saturating_add(total_len));
        fragment.extend_from_slice(frame.get(..ethernet::HEADER_LEN).unwrap_or_default());
        fragment.extend_from_slice(head);
        let field = (offset as u16 & 0xfff8) | u16::from(!is_last);
        fragment.extend_from_slice(&[kind, 0]);
        fragment.extend_from_slice(&field.to_be_bytes());
        fragment.extend_from_slice(&ident.to_be_bytes());
        fragment.extend_from_slice(chunk);
        let packet = ethernet::payload_mut(&mut fragment);
        put(packet, upper.unfragmentable_announced_at, &[ipv6::FRAGMENT]);
        ipv6::set_total_len(packet, total_len);
        out(fragment);
        offset = offset.saturating_add(chunk.len());
        rest = tail;
    }
    true
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub fn v4(options: &[u8], payload: usize) -> BytesMut {
        let len = 20 + options.len() + payload;
        let mut p = ipv4::header([10, 0, 0, 1].into(), [10, 0, 1, 1].into(), 17, 64, 0, len as u16).to_vec();
        p[0] = 0x45 + (options.len() / 4) as u8;
        p.extend_from_slice(options);
        p.extend((0..payload).map(|n| (n / 8) as u8));
        ipv4::fill_checksum(&mut p);
        ethernet::wrap(&p, ethernet::IPV4)
    }

    fn cut(frame: &[u8], mtu: usize) -> Vec<BytesMut> {
        let mut out = Vec::new();
        assert!(split_v4(frame, mtu, &mut |f| out.push(f)));
        out
    }

    #[test]
    fn later_fragments_carry_only_the_copied_options() {
        let record_route = [7, 7, 4, 0, 0, 0, 0, 1];
        let fragments = cut(&v4(&[&record_route[..], &[148, 4, 0, 0]].concat(), 300), 100);
        let lens: Vec<_> =
            fragments.iter().map(|f| ipv4::Header::parse(&f[14..]).unwrap().header_len).collect();
        assert_eq!(lens[0], 32);
        assert!(lens[1..].iter().all(|len| *len == 24));
        assert_eq!(fragments[1][14 + 20..14 + 24], [148, 4, 0, 0]);
    }

    #[test]
    fn a_fragment_is_cut_again_at_its_place() {
        let mut frame = v4(&[], 400);
        ipv4::set_fragment(&mut frame[14..], 420, false, true, 800);
        let headers: Vec<_> =
            cut(&frame, 220).iter().map(|f| ipv4::Header::parse(&f[14..]).unwrap()).collect();
        assert_eq!(headers.iter().map(|h| (h.offset, h.mf)).collect::<Vec<_>>(), [(800, true), (1000, true)]);
    }

    #[test]
    fn an_mtu_without_room_for_eight_bytes_cuts_nothing() {
        assert!(!split_v4(&v4(&[], 400), 27, &mut |_| panic!("put something out")));
    }

    #[test]
    fn ipv6_fragments_begin_after_the_hop_by_hop_header() {
        let src = "2001:db8::1".parse().unwrap();
        let mut p = ipv6::header(src, src, 0, 64, 8 + 3000).to_vec();
        p.extend_from_slice(&[17, 0, 1, 4, 0, 0, 0, 0]);
        p.resize(48 + 3000, 3);
        let mut out = Vec::new();
        assert!(split_v6(&ethernet::wrap(&p, ethernet::IPV6), 1280, 77, &mut |f| out.push(f)));
        let walked: Vec<_> = out
            .iter()
            .map(|f| {
                let h = ipv6::Header::parse(&f[14..]).unwrap();
                assert!(h.total_len <= 1280 && h.total_len == f.len() - 14 && h.next_header == 0);
                ipv6::walk(&f[14..], &h).unwrap().fragment.unwrap()
            })
            .collect();
        let fields: Vec<_> =
            walked.iter().map(|f| (f.at, f.next_header, f.ident, f.offset, f.more)).collect();
        assert_eq!(fields, [(48, 17, 77, 0, true), (48, 17, 77, 1224, true), (48, 17, 77, 2448, false)]);
    }

    proptest! {
        #[test]
        fn fragments_fit_and_cover_the_packet_once(payload in 1usize..4000, mtu in 68usize..1500) {
            let fragments = cut(&v4(&[], payload), mtu);
            let mut next = 0;
            for (n, f) in fragments.iter().enumerate() {
                let h = ipv4::Header::parse(&f[14..]).unwrap();
                prop_assert!(h.total_len <= mtu && h.total_len + 14 == f.len());
                prop_assert_eq!(h.offset, next);
                prop_assert_eq!(h.mf, n + 1 < fragments.len());
                next += h.payload_len();
            }
            prop_assert_eq!(next, payload);
        }
    }
}
