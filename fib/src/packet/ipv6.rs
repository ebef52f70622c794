//! The IPv6 header and its chain of extension headers (RFC 8200), walked with a bound.
//!
//! ```text
//!  0                  4                8
//! |6| class | flow   | payload length |next| hop limit | source (16) | destination (16) | 40: extension ...
//! ```

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{bytes_at, put, u8_at, u16_at, u32_at};
use core::net::Ipv6Addr;

/// Bytes of the fixed header.
pub const HEADER_LEN: usize = 40;
/// Bytes of a fragment header.
pub const FRAGMENT_LEN: usize = 8;
/// The next-header value of a fragment header.
pub const FRAGMENT: u8 = 44;
/// The next-header value of "nothing follows".
pub const NO_NEXT: u8 = 59;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const AUTHENTICATION: u8 = 51;
const DESTINATION: u8 = 60;
const MOBILITY: u8 = 135;
/// RFC 8200 sets no bound; nobody sends more than a handful, and a walk must end soon.
const MAX_EXTENSIONS: usize = 8;

/// A header with settled lengths.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Bytes of the packet, header included: no more than there are.
    pub total_len: usize,
    /// Traffic class: DSCP and ECN.
    pub traffic_class: u8,
    /// Type of the header that follows.
    pub next_header: u8,
    /// Hop limit.
    pub hop_limit: u8,
    /// Source.
    pub src: Ipv6Addr,
    /// Destination.
    pub dst: Ipv6Addr,
}

impl Header {
    /// Reads the fixed header. `None`: truncated or not version 6.
    pub fn parse(packet: &[u8]) -> Option<Header> {
        let fixed: [u8; HEADER_LEN] = bytes_at(packet, 0)?;
        let total_len = HEADER_LEN.saturating_add(usize::from(u16_at(&fixed, 4)?));
        let class = u16_at(&fixed, 0)?;
        if class >> 12 != 6 || total_len > packet.len() {
            return None;
        }
        Some(Header {
            total_len,
            traffic_class: (class >> 4) as u8,
            next_header: u8_at(&fixed, 6)?,
            hop_limit: u8_at(&fixed, 7)?,
            src: Ipv6Addr::from_octets(bytes_at(&fixed, 8)?),
            dst: Ipv6Addr::from_octets(bytes_at(&fixed, 24)?),
        })
    }
}

/// A fragment header.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Fragment {
    /// Where the fragment header is.
    pub at: usize,
    /// Where the next-header byte that announced it is.
    pub announced_at: usize,
    /// Type of what was fragmented.
    pub next_header: u8,
    /// Offset in bytes, a multiple of 8.
    pub offset: usize,
    /// More fragments follow.
    pub more: bool,
    /// Identification.
    pub ident: u32,
}

/// What is at the end of the chain.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Upper {
    /// The upper-layer protocol (or the first header behind a fragment that is not the first).
    pub protocol: u8,
    /// Where it begins.
    pub at: usize,
    /// The fragment header passed on the way.
    pub fragment: Option<Fragment>,
    /// Where the per-fragment headers end: after the last hop-by-hop or routing header (RFC 8200 section 4.5).
    pub unfragmentable: usize,
    /// The next-header byte that announces what begins at `unfragmentable`.
    pub unfragmentable_announced_at: usize,
    /// A routing header with segments left, which is for us to refuse (RFC 5095): where its type is.
    pub routing: Option<usize>,
}

/// Why a chain cannot be followed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum BadChain {
    /// An extension header ends beyond the packet, there are too many, or a fragment is inside a fragment.
    Malformed,
    /// A hop-by-hop header anywhere but first (RFC 8200 section 4.3): where the byte that says so is.
    Misplaced(usize),
}

/// Follows the extension headers of `packet`, whose fixed header is `header`.
pub fn walk(packet: &[u8], header: &Header) -> Result<Upper, BadChain> {
    let packet = packet.get(..header.total_len).ok_or(BadChain::Malformed)?;
    let mut upper = Upper {
        protocol: header.next_header,
        at: HEADER_LEN,
        fragment: None,
        unfragmentable: HEADER_LEN,
        unfragmentable_announced_at: 6,
        routing: None,
    };
    let mut announced_at = 6;
    for _ in 0..MAX_EXTENSIONS {
        let (at, kind) = (upper.at, upper.protocol);
        let units = |unit: usize, extra: usize| {
            let n = u8_at(packet, at.saturating_add(1)).map(usize::from)?;
            Some(n.saturating_add(extra).saturating_mul(unit))
        };
        let len = match kind {
            FRAGMENT if upper.fragment.is_some() => return Err(BadChain::Malformed),
            HOP_BY_HOP if announced_at != 6 => return Err(BadChain::Misplaced(announced_at)),
            HOP_BY_HOP | ROUTING | DESTINATION | MOBILITY => units(8, 1),
            AUTHENTICATION => units(4, 2),
            FRAGMENT => Some(FRAGMENT_LEN),
            _ => return Ok(upper),
        };
        let len = len.ok_or(BadChain::Malformed)?;
        let end = at.saturating_add(len);
        let extension = packet.get(at..end).ok_or(BadChain::Malformed)?;
        let next = u8_at(extension, 0).ok_or(BadChain::Malformed)?;
        match kind {
            ROUTING if u8_at(extension, 3) != Some(0) && upper.routing.is_none() => {
                upper.routing = Some(at.saturating_add(2));
            }
            FRAGMENT => {
                let (Some(field), Some(ident)) = (u16_at(extension, 2), u32_at(extension, 4)) else {
                    return Err(BadChain::Malformed);
                };
                let offset = usize::from(field & 0xfff8);
                let more = field & 1 != 0;
                upper.fragment = Some(Fragment { at, announced_at, next_header: next, offset, more, ident });
            }
            _ => {}
        }
        (upper.protocol, upper.at, announced_at) = (next, end, at);
        if matches!(kind, HOP_BY_HOP | ROUTING) && upper.fragment.is_none() {
            (upper.unfragmentable, upper.unfragmentable_announced_at) = (end, at);
        }
        if upper.fragment.is_some_and(|f| f.offset != 0) {
            return Ok(upper);
        }
    }
    Err(BadChain::Malformed)
}

/// Takes one from the hop limit. The caller knows it is above zero.
pub fn decrement_hop_limit(packet: &mut [u8]) {
    if let Some(limit) = u8_at(packet, 7) {
        put(packet, 7, &[limit.wrapping_sub(1)]);
    }
}

/// Writes hop limit and traffic class. `None` leaves a field as it is.
pub fn stamp(packet: &mut [u8], hop_limit: Option<u8>, traffic_class: Option<u8>) {
    if let Some(limit) = hop_limit {
        put(packet, 7, &[limit]);
    }
    if let (Some(class), Some(word)) = (traffic_class, u16_at(packet, 0)) {
        let word = (word & 0xf00f) | (u16::from(class) << 4);
        put(packet, 0, &word.to_be_bytes());
    }
}

/// Writes the payload length for a packet of `total_len` bytes.
pub fn set_total_len(packet: &mut [u8], total_len: usize) {
    let payload = u16::try_from(total_len.saturating_sub(HEADER_LEN)).unwrap_or(u16::MAX);
    put(packet, 4, &payload.to_be_bytes());
}

/// A fixed header, for packets made here.
pub fn header(src: Ipv6Addr, dst: Ipv6Addr, next: u8, hop_limit: u8, payload_len: u16) -> [u8; HEADER_LEN] {
    let mut header = [0; HEADER_LEN];
    put(&mut header, 0, &[0x60]);
    put(&mut header, 4, &payload_len.to_be_bytes());
    put(&mut header, 6, &[next, hop_limit]);
    put(&mut header, 8, &src.octets());
    put(&mut header, 24, &dst.octets());
    header
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn packet(first: u8, rest: &[u8]) -> Vec<u8> {
        let a = "2001:db8::1".parse().unwrap();
        let mut p = header(a, a, first, 64, rest.len() as u16).to_vec();
        p.extend_from_slice(rest);
        p
    }

    fn walked(first: u8, rest: &[u8]) -> Result<Upper, BadChain> {
        let p = packet(first, rest);
        walk(&p, &Header::parse(&p).unwrap())
    }

    #[test]
    fn a_packet_without_extensions_begins_at_byte_forty() {
        let upper = walked(17, &[0; 8]).unwrap();
        assert_eq!((upper.protocol, upper.at, upper.unfragmentable), (17, 40, 40));
    }

    #[test]
    fn the_chain_is_followed_over_options_and_a_fragment_header() {
        let hop_by_hop = [60, 0, 1, 4, 0, 0, 0, 0];
        let destination = [44, 0, 1, 4, 0, 0, 0, 0];
        let fragment = [17, 0, 0, 1, 0xde, 0xad, 0xbe, 0xef];
        let upper = walked(0, &[hop_by_hop, destination, fragment, [0; 8]].concat()).unwrap();
        assert_eq!((upper.protocol, upper.at), (17, 64));
        assert_eq!((upper.unfragmentable, upper.unfragmentable_announced_at), (48, 40));
        let f = upper.fragment.unwrap();
        assert_eq!((f.at, f.announced_at, f.offset, f.more, f.ident), (56, 48, 0, true, 0xdead_beef));
    }

    #[test]
    fn the_walk_ends_at_a_later_fragment() {
        // What follows looks like a destination options header: it is data.
        let upper = walked(44, &[60, 0, 0, 8, 0, 0, 0, 1, 255, 255]).unwrap();
        assert_eq!((upper.protocol, upper.at), (60, 48));
    }

    #[test]
    fn a_chain_that_never_ends_is_refused() {
        let many = [60, 0, 1, 4, 0, 0, 0, 0].repeat(40);
        assert_eq!(walked(60, &many), Err(BadChain::Malformed));
        assert_eq!(walked(60, &[17, 9, 0, 0]), Err(BadChain::Malformed));
        assert_eq!(walked(60, &[0, 0, 1, 4, 0, 0, 0, 0]), Err(BadChain::Misplaced(40)));
    }

    #[test]
    fn class_and_hop_limit_are_stamped_and_the_flow_label_stays() {
        let mut p = packet(59, &[]);
        p[1] = 0x0a;
        p[2] = 0xbc;
        stamp(&mut p, Some(1), Some(0xc0));
        let h = Header::parse(&p).unwrap();
        assert_eq!((h.hop_limit, h.traffic_class, p[1] & 0x0f, p[2]), (1, 0xc0, 0x0a, 0xbc));
    }
}
