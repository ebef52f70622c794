//! The IPv4 header (RFC 791): parsed once, then changed in place with its checksum kept right.
//!
//! ```text
//!  0       1     2            4       6                8    9        10       12        16       20
//! |ver|ihl| tos | total length | ident | 0 DF MF offset | ttl| protocol | checksum | source | dest. | options
//! ```

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{bytes_at, put, u8_at, u16_at};
use crate::checksum;
use crate::counters::Drop;
use core::net::Ipv4Addr;

/// Bytes of a header without options.
pub const HEADER_LEN: usize = 20;
const DF: u16 = 0x4000;
const MF: u16 = 0x2000;

/// A header that passed RFC 1812 section 5.2.2.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Bytes of header, options included: 20..=60.
    pub header_len: usize,
    /// Bytes of the packet: no less than the header, no more than there are.
    pub total_len: usize,
    /// Type of service: DSCP and ECN.
    pub tos: u8,
    /// Identification.
    pub ident: u16,
    /// Don't fragment.
    pub df: bool,
    /// More fragments.
    pub mf: bool,
    /// Offset of this fragment in bytes, a multiple of 8.
    pub offset: usize,
    /// Time to live.
    pub ttl: u8,
    /// Protocol of the payload.
    pub protocol: u8,
    /// Source.
    pub src: Ipv4Addr,
    /// Destination.
    pub dst: Ipv4Addr,
}

impl Header {
    /// Reads and verifies the header; the error is why such a packet is dropped.
    pub fn parse(packet: &[u8]) -> Result<Header, Drop> {
        let header = Header::read(packet).ok_or(Drop::Ipv4Header)?;
        let bytes = packet.get(..header.header_len).ok_or(Drop::Ipv4Header)?;
        if !checksum::verify(bytes) {
            return Err(Drop::Ipv4Checksum);
        }
        Ok(header)
    }

    /// Reads the header without a look at its checksum: for packets that are about to get a new one.
    pub fn read(packet: &[u8]) -> Option<Header> {
        let fixed: [u8; HEADER_LEN] = bytes_at(packet, 0)?;
        let [vihl, tos, l0, l1, i0, i1, f0, f1, ttl, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = fixed;
        let header_len = usize::from(vihl & 0x0f).saturating_mul(4);
        let total_len = usize::from(u16::from_be_bytes([l0, l1]));
        let flags = u16::from_be_bytes([f0, f1]);
        if vihl >> 4 != 4 || header_len < HEADER_LEN || total_len < header_len || total_len > packet.len() {
            return None;
        }
        Some(Header {
            header_len,
            total_len,
            tos,
            ident: u16::from_be_bytes([i0, i1]),
            df: flags & DF != 0,
            mf: flags & MF != 0,
            offset: usize::from(flags & 0x1fff).saturating_mul(8),
            ttl,
            protocol,
            src: Ipv4Addr::new(s0, s1, s2, s3),
            dst: Ipv4Addr::new(d0, d1, d2, d3),
        })
    }

    /// Whether this is a piece of a larger packet.
    pub fn is_fragment(&self) -> bool {
        self.mf || self.offset != 0
    }

    /// Bytes after the header.
    pub fn payload_len(&self) -> usize {
        self.total_len.saturating_sub(self.header_len)
    }
}

/// Takes one from the TTL and corrects the checksum in place (RFC 1624). The caller knows the TTL is above zero.
pub fn decrement_ttl(packet: &mut [u8]) {
    if let (Some(old), Some(check)) = (u16_at(packet, 8), u16_at(packet, 10)) {
        let new = old.wrapping_sub(0x0100);
        put(packet, 8, &new.to_be_bytes());
        put(packet, 10, &checksum::adjust(check, old, new).to_be_bytes());
    }
}

/// Writes TTL, TOS, identification and DF, then a new checksum. `None` leaves a field as it is.
pub fn stamp(packet: &mut [u8], ttl: Option<u8>, tos: Option<u8>, ident: Option<u16>, df: Option<bool>) {
    if let Some(ttl) = ttl {
        put(packet, 8, &[ttl]);
    }
    if let Some(tos) = tos {
        put(packet, 1, &[tos]);
    }
    if let Some(ident) = ident {
        put(packet, 4, &ident.to_be_bytes());
    }
    if let (Some(df), Some(flags)) = (df, u16_at(packet, 6)) {
        let flags = if df { flags | DF } else { flags & !DF };
        put(packet, 6, &flags.to_be_bytes());
    }
    fill_checksum(packet);
}

/// Writes the length and the fragment fields, then a new checksum. `offset` in bytes.
pub fn set_fragment(packet: &mut [u8], total_len: u16, df: bool, mf: bool, offset: usize) {
    let flags = if df { DF } else { 0 } | if mf { MF } else { 0 } | ((offset >> 3) as u16 & 0x1fff);
    put(packet, 2, &total_len.to_be_bytes());
    put(packet, 6, &flags.to_be_bytes());
    fill_checksum(packet);
}

/// Computes the header checksum anew.
pub fn fill_checksum(packet: &mut [u8]) {
    let Some(vihl) = u8_at(packet, 0) else { return };
    let header_len = usize::from(vihl & 0x0f).saturating_mul(4);
    put(packet, 10, &[0, 0]);
    if let Some(header) = packet.get(..header_len) {
        let sum = checksum::checksum(header);
        put(packet, 10, &sum.to_be_bytes());
    }
}

/// A header of 20 bytes, for packets made here; its checksum is filled in by [`fill_checksum`] or [`stamp`].
pub fn header(
    src: Ipv4Addr,
    dst: Ipv4Addr,
    protocol: u8,
    ttl: u8,
    tos: u8,
    total_len: u16,
) -> [u8; HEADER_LEN] {
    let [l0, l1] = total_len.to_be_bytes();
    let ([s0, s1, s2, s3], [d0, d1, d2, d3]) = (src.octets(), dst.octets());
    [0x45, tos, l0, l1, 0, 0, 0, 0, ttl, protocol, 0, 0, s0, s1, s2, s3, d0, d1, d2, d3]
}

/// What a walk over the options found wrong.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum BadOptions {
    /// A length that cannot be; the offset in the packet of the option.
    Malformed(u8),
    /// A loose or strict source route.
    SourceRoute,
}

/// Checks the options (RFC 791 section 3.1) of a header of `header_len` bytes.
pub fn check_options(packet: &[u8], header_len: usize) -> Result<(), BadOptions> {
    const END: u8 = 0;
    const NOP: u8 = 1;
    const LOOSE: u8 = 131;
    const STRICT: u8 = 137;
    let mut at = HEADER_LEN;
    while at < header_len {
        let malformed = BadOptions::Malformed(u8::try_from(at).unwrap_or(u8::MAX));
        let len = match u8_at(packet, at).unwrap_or(END) {
            END => return Ok(()),
            NOP => 1,
            LOOSE | STRICT => return Err(BadOptions::SourceRoute),
            _ => usize::from(packet.get(at.saturating_add(1)).copied().ok_or(malformed)?).max(1),
        };
        let option = u8_at(packet, at);
        let next = at.saturating_add(len);
        if next > header_len || (len < 2 && option != Some(NOP)) {
            return Err(malformed);
        }
        at = next;
    }
    Ok(())
}

/// The options that go into fragments after the first: those with the copied flag (RFC 791 section 3.1), padded
/// to a multiple of 4.
pub fn copied_options(packet: &[u8], header_len: usize) -> ([u8; 40], usize) {
    let (mut kept, mut len, mut at) = ([0; 40], 0usize, HEADER_LEN);
    while at < header_len {
        let kind = u8_at(packet, at).unwrap_or(0);
        let size = match kind {
            0 => break,
            1 => 1,
            _ => usize::from(u8_at(packet, at.saturating_add(1)).unwrap_or(0)).max(2),
        };
        let end = at.saturating_add(size);
        if let Some(option) = packet.get(at..end).filter(|_| kind & 0x80 != 0 && end <= header_len) {
            put(&mut kept, len, option);
            len = len.saturating_add(size);
        }
        at = end;
    }
    (kept, len.min(40).next_multiple_of(4))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn packet(options: &[u8]) -> Vec<u8> {
        let src = Ipv4Addr::new(10, 0, 0, 1);
        let mut p =
            header(src, Ipv4Addr::new(10, 0, 1, 1), 17, 64, 0, 20 + options.len() as u16 + 8).to_vec();
        p[0] = 0x45 + (options.len() / 4) as u8;
        p.extend_from_slice(options);
        p.extend_from_slice(&[0; 8]);
        fill_checksum(&mut p);
        p
    }

    #[test]
    fn a_header_is_read_and_a_flipped_bit_is_noticed() {
        let good = packet(&[]);
        let h = Header::parse(&good).unwrap();
        assert_eq!((h.header_len, h.total_len, h.ttl, h.protocol), (20, 28, 64, 17));
        for bit in 0..160 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::parse(&bad).is_err(), "bit {bit}");
        }
        for len in 0..28 {
            assert_eq!(Header::parse(&good[..len]), Err(Drop::Ipv4Header));
        }
    }

    #[test]
    fn a_hop_costs_one_ttl_and_the_checksum_stays_right() {
        for ttl in 1..=255 {
            let mut p = packet(&[]);
            stamp(&mut p, Some(ttl), None, Some(u16::from(ttl) * 251), None);
            decrement_ttl(&mut p);
            assert_eq!(Header::parse(&p).map(|h| h.ttl), Ok(ttl - 1));
        }
    }

    #[test]
    fn options_are_walked_to_their_end() {
        let check = |o: &[u8]| check_options(&packet(o), 20 + o.len());
        assert_eq!(check(&[1, 1, 1, 0]), Ok(()));
        assert_eq!(check(&[148, 4, 0, 0]), Ok(()), "router alert");
        assert_eq!(check(&[1, 148, 2, 0]), Ok(()));
        assert_eq!(check(&[131, 7, 4, 10, 0, 0, 1, 0]), Err(BadOptions::SourceRoute));
        assert_eq!(check(&[1, 1, 1, 137]), Err(BadOptions::SourceRoute));
        assert_eq!(check(&[148, 5, 0, 0]), Err(BadOptions::Malformed(20)), "past the end");
        assert_eq!(check(&[1, 148, 0, 0]), Err(BadOptions::Malformed(21)), "shorter than itself");
        assert_eq!(check(&[1, 1, 1, 7]), Err(BadOptions::Malformed(23)), "no length");
    }

    #[test]
    fn only_options_with_the_copied_flag_go_into_later_fragments() {
        let record_route = [7, 7, 4, 0, 0, 0, 0];
        let alert = [148, 4, 0, 0];
        let p = packet(&[&record_route[..], &[1], &alert].concat());
        let (kept, len) = copied_options(&p, 32);
        assert_eq!(&kept[..len], alert);
    }
}
