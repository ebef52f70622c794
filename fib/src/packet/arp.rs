//! ARP for IPv4 over Ethernet (RFC 826). Other address families are refused.
//!
//! ```text
//!  0      2      4   5   6     8            14         18           24        28
//! | hw=1 | 0800 | 6 | 4 | op  | sender MAC | sender IP | target MAC | target IP |
//! ```

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{bytes_at, ethernet};
use crate::port::Mac;
use bytes::BytesMut;
use core::net::Ipv4Addr;

/// Bytes of the packet, without Ethernet's padding.
pub const LEN: usize = 28;
const FIXED: [u8; 6] = [0, 1, 0x08, 0x00, 6, 4];

/// Request or reply.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Op {
    /// Who has?
    Request,
    /// Is at.
    Reply,
}

/// An ARP packet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Arp {
    /// Request or reply.
    pub op: Op,
    /// Sender's hardware address.
    pub sender_mac: Mac,
    /// Sender's protocol address; 0.0.0.0 in a probe (RFC 5227).
    pub sender: Ipv4Addr,
    /// Target's hardware address; meaningless in a request.
    pub target_mac: Mac,
    /// Target's protocol address.
    pub target: Ipv4Addr,
}

impl Arp {
    /// Reads the payload of a frame. `None`: too short, not IPv4 over Ethernet, an unknown operation, or a
    /// sender that no station can be.
    pub fn parse(data: &[u8]) -> Option<Arp> {
        if bytes_at::<6>(data, 0)? != FIXED {
            return None;
        }
        let op = match bytes_at::<2>(data, 6)? {
            [0, 1] => Op::Request,
            [0, 2] => Op::Reply,
            _ => return None,
        };
        let arp = Arp {
            op,
            sender_mac: Mac(bytes_at(data, 8)?),
            sender: Ipv4Addr::from_octets(bytes_at(data, 14)?),
            target_mac: Mac(bytes_at(data, 18)?),
            target: Ipv4Addr::from_octets(bytes_at(data, 24)?),
        };
        let sender_can_be =
            !arp.sender.is_multicast() && !arp.sender.is_broadcast() && !arp.sender.is_loopback();
        (arp.sender_mac.is_station() && sender_can_be).then_some(arp)
    }

    /// The frame that carries this from `src` to `dst`.
    pub fn emit(&self, dst: Mac, src: Mac) -> BytesMut {
        let mut packet = [0; LEN];
        let op = match self.op {
            Op::Request => [0, 1],
            Op::Reply => [0, 2],
        };
        let fields: [&[u8]; 6] = [
            &FIXED,
            &op,
            &self.sender_mac.0,
            &self.sender.octets(),
            &self.target_mac.0,
            &self.target.octets(),
        ];
        let mut at = 0usize;
        for field in fields {
            super::put(&mut packet, at, field);
            at = at.saturating_add(field.len());
        }
        let mut frame = ethernet::wrap(&packet, ethernet::ARP);
        ethernet::set_addresses(&mut frame, dst, src);
        frame
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    /// Captured from Linux: who has 10.0.0.2, tell 10.0.0.1.
    const REQUEST: [u8; 42] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x42, 0x0a, 0x00, 0x00, 0x01, 0x08, 0x06, // Ethernet
        0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, // Ethernet, IPv4, request
        0x02, 0x42, 0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x01, // sender
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x02, // target
    ];

    #[test]
    fn a_request_survives_the_round_trip() {
        let arp = Arp::parse(&REQUEST[14..]).unwrap();
        assert_eq!(
            (arp.op, arp.sender.to_string(), arp.target.to_string()),
            (Op::Request, "10.0.0.1".into(), "10.0.0.2".into())
        );
        assert_eq!(&arp.emit(Mac::BROADCAST, arp.sender_mac)[..], REQUEST);
    }

    #[test]
    fn what_is_not_ipv4_over_ethernet_is_refused() {
        for at in [0, 1, 2, 4, 5, 6, 7] {
            let mut wrong = REQUEST[14..].to_vec();
            wrong[at] ^= 0x10;
            assert_eq!(Arp::parse(&wrong), None, "byte {at}");
        }
        assert_eq!(Arp::parse(&REQUEST[14..41]), None);
    }

    #[test]
    fn a_sender_that_is_a_group_is_refused() {
        let mut wrong = REQUEST[14..].to_vec();
        wrong[8] |= 1;
        assert_eq!(Arp::parse(&wrong), None);
        let mut wrong = REQUEST[14..].to_vec();
        wrong[14] = 224;
        assert_eq!(Arp::parse(&wrong), None);
    }
}
