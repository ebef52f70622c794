//! The Ethernet II header: 14 bytes before every packet. No 802.1Q, no LLC: those are named and dropped.
//!
//! ```text
//!  0               6               12      14
//! | destination MAC | source MAC    | type  | packet ...
//! ```

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{bytes_at, put, u16_at};
use crate::counters::Drop;
use crate::port::Mac;
use bytes::BytesMut;

/// Bytes of the header.
pub const HEADER_LEN: usize = 14;
/// EtherType of IPv4.
pub const IPV4: u16 = 0x0800;
/// EtherType of ARP.
pub const ARP: u16 = 0x0806;
/// EtherType of IPv6.
pub const IPV6: u16 = 0x86dd;

/// What follows the header.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum EtherType {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
    /// ARP.
    Arp,
}

/// A parsed header.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Destination.
    pub dst: Mac,
    /// Source.
    pub src: Mac,
    /// Payload type.
    pub kind: EtherType,
}

impl Header {
    /// Reads the header; the error is why such a frame is dropped.
    pub fn parse(frame: &[u8]) -> Result<Header, Drop> {
        let (Some(dst), Some(src), Some(kind)) = (bytes_at(frame, 0), bytes_at(frame, 6), u16_at(frame, 12))
        else {
            return Err(Drop::Runt);
        };
        let kind = match kind {
            IPV4 => EtherType::Ipv4,
            IPV6 => EtherType::Ipv6,
            ARP => EtherType::Arp,
            0x8100 | 0x88a8 | 0x9100 => return Err(Drop::VlanTagged),
            0..0x0600 => return Err(Drop::Llc),
            _ => return Err(Drop::UnknownEtherType),
        };
        Ok(Header { dst: Mac(dst), src: Mac(src), kind })
    }
}

/// Rewrites both addresses in place; the type stays.
pub fn set_addresses(frame: &mut [u8], dst: Mac, src: Mac) {
    put(frame, 0, &dst.0);
    put(frame, 6, &src.0);
}

/// An IP packet behind an Ethernet header whose addresses are yet to be filled in.
pub fn wrap(packet: &[u8], kind: u16) -> BytesMut {
    let mut frame = BytesMut::with_capacity(HEADER_LEN.saturating_add(packet.len()));
    frame.extend_from_slice(&[0; 12]);
    frame.extend_from_slice(&kind.to_be_bytes());
    frame.extend_from_slice(packet);
    frame
}

/// The packet of a frame: empty if there is none.
pub fn payload(frame: &[u8]) -> &[u8] {
    frame.get(HEADER_LEN..).unwrap_or_default()
}

/// The packet of a frame, to be written to.
pub fn payload_mut(frame: &mut [u8]) -> &mut [u8] {
    frame.get_mut(HEADER_LEN..).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn frame(kind: u16) -> Vec<u8> {
        let mut f = vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        f.extend_from_slice(&kind.to_be_bytes());
        f
    }

    #[test]
    fn each_kind_of_frame_we_do_not_speak_has_its_own_name() {
        assert_eq!(Header::parse(&frame(IPV4)).map(|h| h.kind), Ok(EtherType::Ipv4));
        assert_eq!(Header::parse(&frame(IPV4)[..13]), Err(Drop::Runt));
        assert_eq!(Header::parse(&frame(0x8100)), Err(Drop::VlanTagged));
        assert_eq!(Header::parse(&frame(0x0026)), Err(Drop::Llc));
        assert_eq!(Header::parse(&frame(0x88cc)), Err(Drop::UnknownEtherType));
    }
}
