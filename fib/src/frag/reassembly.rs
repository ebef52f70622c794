//! Reassembly of packets for this router (RFC 791 section 3.2, RFC 8200 section 4.5). Transit fragments never come
//! here. Overlaps cost the whole packet (RFC 5722); memory, pieces and time are bounded.

#![expect(clippy::arithmetic_side_effects, reason = "only `Instant + Duration`, which saturates")]

use crate::counters::Drop;
use crate::packet::{ipv4, ipv6, put};
use crate::{Instant, PortId};
use bytes::BytesMut;
use core::net::IpAddr;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

/// Linux's `ipfrag_time`; RFC 1122 section 3.3.2 asks for 60 to 120 s, which only helps an attacker today.
const TIMEOUT_V4: Duration = Duration::from_secs(30);
/// RFC 8200 section 4.5.
const TIMEOUT_V6: Duration = Duration::from_secs(60);
/// A packet of 64 KiB in pieces for an MTU of 296 bytes.
const MAX_PIECES: usize = 256;
/// What a piece costs beside its bytes.
const OVERHEAD: usize = 64;

#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    protocol: u8,
    ident: u32,
}

/// One fragment, its place known, its headers still on.
#[derive(Debug)]
pub struct Piece {
    /// The IP packet.
    pub packet: BytesMut,
    /// Bytes of headers that belong to every fragment.
    pub head_len: usize,
    /// First byte of the fragment's data.
    pub data_at: usize,
    /// Where that data belongs.
    pub offset: usize,
    /// More follow.
    pub more: bool,
    /// What tells packets apart.
    pub ident: u32,
    pub src: IpAddr,
    pub dst: IpAddr,
    /// IPv4: part of the identity. IPv6: 0.
    pub protocol: u8,
    /// IPv6: the next-header byte to restore, and its value.
    pub announce: Option<(usize, u8)>,
}

impl Piece {
    /// The fragment in an IPv4 packet.
    pub fn v4(packet: BytesMut, h: &ipv4::Header) -> Piece {
        Piece {
            packet,
            head_len: h.header_len,
            data_at: h.header_len,
            offset: h.offset,
            more: h.mf,
            ident: u32::from(h.ident),
            src: IpAddr::V4(h.src),
            dst: IpAddr::V4(h.dst),
            protocol: h.protocol,
            announce: None,
        }
    }

    /// The fragment in an IPv6 packet.
    pub fn v6(packet: BytesMut, h: &ipv6::Header, f: &ipv6::Fragment) -> Piece {
        Piece {
            packet,
            head_len: f.at,
            data_at: f.at.saturating_add(ipv6::FRAGMENT_LEN),
            offset: f.offset,
            more: f.more,
            ident: f.ident,
            src: IpAddr::V6(h.src),
            dst: IpAddr::V6(h.dst),
            protocol: 0,
            announce: Some((f.announced_at, f.next_header)),
        }
    }
}

/// What became of a fragment.
#[derive(Debug)]
pub enum Outcome {
    /// Others are missing.
    Wait,
    /// The packet is whole.
    Whole(BytesMut),
    /// Refused, with how many fragments that cost.
    Refused(Drop, usize),
}

#[derive(Debug)]
struct Packet {
    /// Ordered by offset, without gaps or overlaps between neighbors in the list unless a piece is missing.
    pieces: Vec<(usize, BytesMut)>,
    head: Option<Head>,
    /// Length of the data, known from the last fragment.
    total: Option<usize>,
    cost: usize,
    deadline: Instant,
    ingress: Option<PortId>,
}

/// The headers of the first fragment.
#[derive(Debug)]
struct Head {
    /// As they came, an IPv6 fragment header included.
    bytes: BytesMut,
    /// How many of them the whole packet has.
    len: usize,
    announce: Option<(usize, u8)>,
}

/// A packet that was not completed in time.
#[derive(Debug)]
pub struct Expired {
    /// Where its first piece came in.
    pub ingress: Option<PortId>,
    /// How many fragments are lost.
    pub pieces: usize,
    /// The first fragment, if it was there: only then an error is owed.
    pub first: Option<BytesMut>,
}

/// Packets in pieces.
#[derive(Debug)]
pub struct Reassembly {
    limit: usize,
    cost: usize,
    packets: BTreeMap<Key, Packet>,
    deadlines: BTreeSet<(Instant, Key)>,
    evicted: usize,
}

impl Reassembly {
    pub fn new(limit: usize) -> Reassembly {
        Reassembly { limit, cost: 0, packets: BTreeMap::new(), deadlines: BTreeSet::new(), evicted: 0 }
    }

    pub fn set_limit(&mut self, bytes: usize) {
        self.limit = bytes;
    }

    /// Takes a fragment.
    pub fn insert(&mut self, now: Instant, ingress: Option<PortId>, piece: Piece) -> Outcome {
        let key = Key { src: piece.src, dst: piece.dst, protocol: piece.protocol, ident: piece.ident };
        let Piece { mut packet, head_len, data_at, offset, more, announce, .. } = piece;
        if data_at > packet.len() {
            return Outcome::Refused(Drop::FragmentInvalid, 1);
        }
        let data = packet.split_off(data_at);
        let end = offset.saturating_add(data.len());
        let max = usize::from(u16::MAX).saturating_sub(if announce.is_some() {
            head_len.saturating_sub(ipv6::HEADER_LEN)
        } else {
            head_len
        });
        if end > max || data.is_empty() || (more && !data.len().is_multiple_of(8)) {
            return Outcome::Refused(Drop::FragmentInvalid, self.forget(&key).saturating_add(1));
        }
        let timeout = if announce.is_some() { TIMEOUT_V6 } else { TIMEOUT_V4 };
        let cost = data.len().saturating_add(OVERHEAD);
        if !self.make_room(&key, cost) {
            return Outcome::Refused(Drop::ReassemblyFull, 1);
        }
        let deadline = now + timeout;
        let entry = self.packets.entry(key).or_insert_with(|| {
            self.deadlines.insert((deadline, key));
            Packet { pieces: Vec::new(), head: None, total: None, cost: 0, deadline, ingress }
        });
        match entry.place(offset, more, data) {
            Placed::Ok => {}
            Placed::Duplicate => return Outcome::Refused(Drop::FragmentDuplicate, 1),
            Placed::Conflict => {
                return Outcome::Refused(Drop::FragmentInvalid, self.forget(&key).saturating_add(1));
            }
        }
        entry.cost = entry.cost.saturating_add(cost);
        self.cost = self.cost.saturating_add(cost);
        if offset == 0 {
            entry.head = Some(Head { bytes: packet, len: head_len, announce });
        }
        if !entry.is_whole() {
            return Outcome::Wait;
        }
        match self.take(&key).and_then(Packet::join) {
            Some(whole) => Outcome::Whole(whole),
            None => Outcome::Refused(Drop::FragmentInvalid, 1),
        }
    }

    /// The next packet whose time is over.
    pub fn expire(&mut self, now: Instant) -> Option<Expired> {
        let (deadline, key) = *self.deadlines.first()?;
        if deadline > now {
            return None;
        }
        let packet = self.take(&key)?;
        let pieces = packet.pieces.len();
        let ingress = packet.ingress;
        let first = packet.head.and_then(|Head { bytes: mut head, .. }| {
            // A quotation of the first fragment as it was, its length made true.
            let (_, data) = packet.pieces.into_iter().next().filter(|(offset, _)| *offset == 0)?;
            head.extend_from_slice(&data);
            Some(relength(head))
        });
        Some(Expired { ingress, pieces, first })
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// How many fragments were lost to make room since the last call.
    pub fn take_evicted(&mut self) -> usize {
        core::mem::take(&mut self.evicted)
    }

    /// Makes room by forgetting the oldest; a source that already holds a quarter pays with its own.
    fn make_room(&mut self, key: &Key, cost: usize) -> bool {
        while self.cost.saturating_add(cost) > self.limit {
            let own: usize = self
                .packets
                .iter()
                .filter(|(k, _)| k.src == key.src)
                .fold(0, |sum, (_, p)| sum.saturating_add(p.cost));
            let greedy = own.saturating_mul(4) > self.limit;
            let victim = self.deadlines.iter().find(|(_, k)| k != key && (!greedy || k.src == key.src));
            let Some(victim) = victim.map(|(_, k)| *k) else { return false };
            let lost = self.forget(&victim);
            self.evicted = self.evicted.saturating_add(lost);
        }
        true
    }

    fn take(&mut self, key: &Key) -> Option<Packet> {
        let packet = self.packets.remove(key)?;
        self.deadlines.remove(&(packet.deadline, *key));
        self.cost = self.cost.saturating_sub(packet.cost);
        Some(packet)
    }

    fn forget(&mut self, key: &Key) -> usize {
        self.take(key).map_or(0, |packet| packet.pieces.len())
    }
}

enum Placed {
    Ok,
    Duplicate,
    Conflict,
}

impl Packet {
    fn place(&mut self, offset: usize, more: bool, data: BytesMut) -> Placed {
        let end = offset.saturating_add(data.len());
        let at = self.pieces.partition_point(|(o, _)| *o < offset);
        let before = at.checked_sub(1).and_then(|n| self.pieces.get(n));
        let after = self.pieces.get(at);
        if after.is_some_and(|(o, d)| *o == offset && *d == data) {
            return Placed::Duplicate;
        }
        let overlaps = before.is_some_and(|(o, d)| o.saturating_add(d.len()) > offset)
            || after.is_some_and(|(o, _)| *o < end);
        let beyond = match self.total {
            Some(total) => end > total || (!more && end != total),
            None => !more && self.pieces.last().is_some_and(|(o, d)| o.saturating_add(d.len()) > end),
        };
        if overlaps || beyond || self.pieces.len() >= MAX_PIECES {
            return Placed::Conflict;
        }
        if !more {
            self.total = Some(end);
        }
        self.pieces.insert(at, (offset, data));
        Placed::Ok
    }

    fn is_whole(&self) -> bool {
        let held = self.pieces.iter().fold(0usize, |sum, (_, d)| sum.saturating_add(d.len()));
        self.head.is_some() && self.total == Some(held)
    }

    /// The packet as its sender made it.
    fn join(self) -> Option<BytesMut> {
        let Head { bytes: mut packet, len, announce } = self.head?;
        packet.truncate(len);
        packet.reserve(self.total?);
        for (_, data) in &self.pieces {
            packet.extend_from_slice(data);
        }
        if let Some((at, next)) = announce {
            put(&mut packet, at, &[next]);
        } else {
            let len = u16::try_from(packet.len()).ok()?;
            ipv4::set_fragment(&mut packet, len, false, false, 0);
        }
        Some(relength(packet))
    }
}

/// Writes the length a packet has into its header.
fn relength(mut packet: BytesMut) -> BytesMut {
    let len = packet.len();
    if packet.first().is_some_and(|b| b >> 4 == 6) {
        ipv6::set_total_len(&mut packet, len);
    } else {
        put(&mut packet, 2, &(len as u16).to_be_bytes());
        ipv4::fill_checksum(&mut packet);
    }
    packet
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::super::split::{split_v4, split_v6};
    use super::*;
    use crate::packet::ethernet;
    use proptest::prelude::*;

    /// The packet of a frame, its Ethernet header gone.
    fn packet_of(mut frame: BytesMut) -> BytesMut {
        frame.split_off(ethernet::HEADER_LEN)
    }

    const PORT: Option<PortId> = Some(PortId(1));

    fn datagram(ident: u16, payload: usize) -> BytesMut {
        let len = (20 + payload) as u16;
        let mut p = ipv4::header([10, 0, 0, 1].into(), [10, 0, 1, 1].into(), 17, 64, 0, len).to_vec();
        p.extend((0..payload).map(|n| (n / 8) as u8));
        ipv4::stamp(&mut p, None, None, Some(ident), None);
        BytesMut::from(&p[..])
    }

    fn fragments(packet: &[u8], mtu: usize) -> Vec<BytesMut> {
        let mut out = Vec::new();
        assert!(split_v4(&ethernet::wrap(packet, ethernet::IPV4), mtu, &mut |f| out.push(packet_of(f))));
        out
    }

    fn piece(packet: BytesMut) -> Piece {
        let h = ipv4::Header::parse(&packet).unwrap();
        Piece::v4(packet, &h)
    }

    #[test]
    fn a_packet_comes_back_as_it_was_whatever_the_order() {
        let whole = datagram(9, 3000);
        let mut parts = fragments(&whole, 576);
        parts.reverse();
        let mut r = Reassembly::new(1 << 20);
        let last = parts.pop().unwrap();
        for part in parts {
            assert!(matches!(r.insert(Instant::ZERO, PORT, piece(part)), Outcome::Wait));
        }
        let Outcome::Whole(back) = r.insert(Instant::ZERO, PORT, piece(last)) else { panic!("not whole") };
        assert_eq!(back, whole);
        assert_eq!((r.cost, r.packets.len(), r.deadlines.len()), (0, 0, 0));
    }

    #[test]
    fn an_ipv6_packet_comes_back_as_it_was() {
        let src = "2001:db8::1".parse().unwrap();
        let mut p = ipv6::header(src, src, 0, 64, 8 + 3000).to_vec();
        p.extend_from_slice(&[17, 0, 1, 4, 0, 0, 0, 0]);
        p.resize(48 + 3000, 3);
        let mut r = Reassembly::new(1 << 20);
        let mut last = Outcome::Wait;
        split_v6(&ethernet::wrap(&p, ethernet::IPV6), 1280, 77, &mut |f| {
            let packet = packet_of(f);
            let h = ipv6::Header::parse(&packet).unwrap();
            let fragment = ipv6::walk(&packet, &h).unwrap().fragment.unwrap();
            last = r.insert(Instant::ZERO, PORT, Piece::v6(packet, &h, &fragment));
        });
        let Outcome::Whole(back) = last else { panic!("not whole") };
        assert_eq!(back, p);
    }

    #[test]
    fn an_overlap_costs_the_whole_packet_and_a_duplicate_nothing() {
        let parts = fragments(&datagram(9, 3000), 576);
        let mut r = Reassembly::new(1 << 20);
        for part in &parts[..2] {
            r.insert(Instant::ZERO, PORT, piece(part.clone()));
        }
        let again = r.insert(Instant::ZERO, PORT, piece(parts[1].clone()));
        assert!(matches!(again, Outcome::Refused(Drop::FragmentDuplicate, 1)));
        let mut overlap = parts[1].clone();
        let h = ipv4::Header::parse(&overlap).unwrap();
        ipv4::set_fragment(&mut overlap, h.total_len as u16, false, true, h.offset + 8);
        let refused = r.insert(Instant::ZERO, PORT, piece(overlap));
        assert!(matches!(refused, Outcome::Refused(Drop::FragmentInvalid, 3)));
        assert_eq!((r.cost, r.packets.len(), r.deadlines.len()), (0, 0, 0));
    }

    #[test]
    fn a_packet_past_its_time_is_given_up_and_its_first_fragment_quoted() {
        let parts = fragments(&datagram(9, 3000), 576);
        let mut r = Reassembly::new(1 << 20);
        r.insert(Instant::ZERO, PORT, piece(parts[0].clone()));
        assert_eq!(r.next_deadline(), Some(Instant::from_secs(30)));
        assert!(r.expire(Instant::from_millis(29_999)).is_none());
        let expired = r.expire(Instant::from_secs(30)).unwrap();
        assert_eq!((expired.pieces, expired.first), (1, Some(parts[0].clone())));
        assert_eq!((r.cost, r.next_deadline()), (0, None));
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes_first() {
        let mut r = Reassembly::new(10_000);
        for ident in 0..100 {
            let first = fragments(&datagram(ident, 3000), 1020).remove(0);
            assert!(matches!(
                r.insert(Instant::from_secs(u64::from(ident)), PORT, piece(first)),
                Outcome::Wait
            ));
            assert!(r.cost <= 10_000);
        }
        assert_eq!(r.take_evicted(), 91);
        assert!(r.packets.keys().all(|k| k.ident >= 91));
    }

    #[test]
    fn a_last_fragment_that_ends_before_another_is_refused() {
        let parts = fragments(&datagram(9, 3000), 576);
        let mut r = Reassembly::new(1 << 20);
        r.insert(Instant::ZERO, PORT, piece(parts[3].clone()));
        let mut early = parts[1].clone();
        let h = ipv4::Header::parse(&early).unwrap();
        ipv4::set_fragment(&mut early, h.total_len as u16, false, false, h.offset);
        assert!(matches!(
            r.insert(Instant::ZERO, PORT, piece(early)),
            Outcome::Refused(Drop::FragmentInvalid, 2)
        ));
    }

    proptest! {
        #[test]
        fn hostile_pieces_never_break_the_books(ops in proptest::collection::vec((0u16..4, 0usize..40, 1usize..9, any::<bool>()), 0..80)) {
            let mut r = Reassembly::new(2_000);
            for (ident, offset, len, more) in ops {
                let mut p = datagram(ident, len * 8);
                let total = p.len() as u16;
                ipv4::set_fragment(&mut p, total, false, more, offset * 8);
                if let Outcome::Whole(whole) = r.insert(Instant::ZERO, PORT, piece(p)) {
                    prop_assert_eq!(ipv4::Header::parse(&whole).map(|h| h.total_len), Ok(whole.len()));
                }
                let cost: usize = r.packets.values().map(|p| p.cost).sum();
                prop_assert_eq!(cost, r.cost);
                prop_assert!(cost <= 2_000);
                prop_assert_eq!(r.packets.len(), r.deadlines.len());
            }
        }
    }
}
