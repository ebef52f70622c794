//! What the forwarder reads of layer 4: ports for the ECMP hash, header lengths for segmentation, and where the
//! checksum is.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{ethernet, ipv4, ipv6, protocol, u8_at, u32_at};
use core::net::IpAddr;

/// Where things are in a frame that carries a whole, unfragmented TCP or UDP packet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Source.
    pub src: IpAddr,
    /// Destination.
    pub dst: IpAddr,
    /// TCP or UDP.
    pub protocol: u8,
    /// First byte of the L4 header, from the start of the frame.
    pub l4: usize,
    /// First byte after the L4 header.
    pub payload: usize,
    /// The L4 checksum field.
    pub checksum: usize,
}

impl Layout {
    /// Finds the L4 header of `frame`. `None`: not TCP or UDP, a fragment, or truncated.
    pub fn of(frame: &[u8]) -> Option<Layout> {
        let packet = ethernet::payload(frame);
        let (src, dst, protocol, at) = match u8_at(packet, 0)? >> 4 {
            4 => {
                let h = ipv4::Header::read(packet).filter(|h| !h.is_fragment())?;
                (IpAddr::V4(h.src), IpAddr::V4(h.dst), h.protocol, h.header_len)
            }
            6 => {
                let h = ipv6::Header::parse(packet)?;
                let upper = ipv6::walk(packet, &h).ok().filter(|u| u.fragment.is_none())?;
                (IpAddr::V6(h.src), IpAddr::V6(h.dst), upper.protocol, upper.at)
            }
            _ => return None,
        };
        let (len, check) = match protocol {
            protocol::TCP => {
                let words = u8_at(packet, at.checked_add(12)?)? >> 4;
                (usize::from(words).checked_mul(4).filter(|len| *len >= 20)?, 16)
            }
            protocol::UDP => (8, 6),
            _ => return None,
        };
        let l4 = at.checked_add(ethernet::HEADER_LEN)?;
        let payload = l4.checked_add(len).filter(|end| *end <= frame.len())?;
        Some(Layout { src, dst, protocol, l4, payload, checksum: l4.checked_add(check)? })
    }
}

/// Both ports as one word, for protocols that begin with them.
pub fn ports(packet: &[u8], protocol: u8, at: usize) -> u32 {
    const DCCP: u8 = 33;
    const SCTP: u8 = 132;
    const UDP_LITE: u8 = 136;
    match protocol {
        protocol::TCP | protocol::UDP | DCCP | SCTP | UDP_LITE => u32_at(packet, at).unwrap_or(0),
        _ => 0,
    }
}

/// The ECMP hash of a flow: seeded, so that routers in a row do not all choose alike.
pub fn flow_hash(seed: u64, src: IpAddr, dst: IpAddr, protocol: u8, ports: u32) -> u32 {
    let wide = |a: IpAddr| match a {
        IpAddr::V4(a) => u128::from(a.to_bits()),
        IpAddr::V6(a) => a.to_bits(),
    };
    let (src, dst) = (wide(src), wide(dst));
    let last = (u64::from(ports) << 8) | u64::from(protocol);
    let words = [src as u64, (src >> 64) as u64, dst as u64, (dst >> 64) as u64, last];
    let hash = words.into_iter().fold(avalanche(seed), |hash, word| mix(hash ^ word));
    (avalanche(hash) >> 32) as u32
}

/// One round of a multiply-and-fold mixer.
fn mix(x: u64) -> u64 {
    let wide = u128::from(x ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (wide as u64) ^ ((wide >> 64) as u64)
}

/// The finalizer of SplitMix64: every input bit reaches every output bit.
fn avalanche(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn hash(seed: u64, port: u32) -> u32 {
        flow_hash(seed, "10.0.0.1".parse().unwrap(), "10.9.0.1".parse().unwrap(), 6, port)
    }

    #[test]
    fn flows_spread_evenly_over_two_paths() {
        let left = (0..10_000).filter(|port| hash(7, *port) >> 31 == 0).count();
        assert!((4_800..5_200).contains(&left), "{left} of 10000");
    }

    #[test]
    fn two_routers_in_a_row_do_not_choose_alike() {
        let alike = (0..10_000).filter(|p| hash(1, *p) >> 31 == hash(2, *p) >> 31).count();
        assert!((4_800..5_200).contains(&alike), "{alike} of 10000");
    }

    #[test]
    fn direction_and_protocol_count() {
        let (a, b) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        assert_ne!(flow_hash(1, a, b, 6, 0), flow_hash(1, b, a, 6, 0));
        assert_ne!(flow_hash(1, a, b, 6, 0), flow_hash(1, a, b, 17, 0));
    }
}
