//! The TCP MD5 signature option (RFC 2385): signs what leaves and verifies what arrives. smoltcp knows nothing of it: it
//! skips the option, and is told of an MTU that leaves room for it.
//!
//! ```text
//!  signed, in this order                                  the option
//!  source, destination, zero, protocol, segment length    +--------+--------+-----------------+
//!  TCP header without options, its checksum zero          | kind 19| len 18 | MD5, 16 bytes   |
//!  data                                                   +--------+--------+-----------------+
//!  key                                                    behind two NOPs: 20 bytes
//! ```
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::segment::{self, HEADER, Segment};
use bytes::BytesMut;
use core::net::IpAddr;
use md5::{Digest, Md5};

/// Bytes the option takes of every segment.
pub const SPACE: usize = 20;
const KIND: u8 = 19;
const NOP: u8 = 1;

/// What is wrong with the signature of a segment.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There must be one.
    Missing,
    /// It was made with another key, or for another segment.
    Wrong,
    /// We have no key for this peer.
    Unexpected,
}

/// Signs a finished packet and repairs its lengths and checksums. `false`: its options leave no room.
pub fn sign(packet: &mut BytesMut, key: &[u8]) -> bool {
    let Some(segment) = Segment::emitted(packet) else { return false };
    let mut option = [NOP; SPACE];
    let [_, _, kind, len, ..] = &mut option;
    (*kind, *len) = (KIND, 18);
    if !segment::add_option(packet, segment.at, &option) {
        return false;
    }
    let Some(digest) = digest(packet, &segment, key) else { return false };
    // Behind the fixed header, two NOPs, kind and length.
    let start = segment.at.saturating_add(HEADER).saturating_add(4);
    let Some(place) = packet.get_mut(start..start.saturating_add(16)) else { return false };
    place.copy_from_slice(&digest);
    segment::finish(packet, &segment);
    true
}

/// Whether a packet's signature is as it must be with this key, or without one.
pub fn verify(packet: &[u8], segment: &Segment, key: Option<&[u8]>) -> Result<(), Fault> {
    let tcp = packet.get(segment.at..).unwrap_or_default();
    let signature = segment::options(tcp).find(|(kind, _)| *kind == KIND).map(|(_, value)| value);
    match (signature, key) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Fault::Missing),
        (Some(_), None) => Err(Fault::Unexpected),
        (Some(signature), Some(key)) => {
            let good = digest(packet, segment, key).is_some_and(|digest| same(&digest, signature));
            if good { Ok(()) } else { Err(Fault::Wrong) }
        }
    }
}

fn header_end(packet: &[u8], at: usize) -> Option<usize> {
    usize::from(packet.get(at.checked_add(12)?)? >> 4).checked_mul(4)?.checked_add(at)
}

fn digest(packet: &[u8], segment: &Segment, key: &[u8]) -> Option<[u8; 16]> {
    let (fixed, rest) = packet.get(segment.at..)?.split_first_chunk::<HEADER>()?;
    let skip = header_end(packet, segment.at)?.checked_sub(segment.at)?.checked_sub(HEADER)?;
    let data = rest.get(skip..)?;
    let len = u32::try_from(packet.len().checked_sub(segment.at)?).ok()?;
    let mut hash = Md5::new();
    match (segment.source.ip(), segment.destination.ip()) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            hash.update(source.octets());
            hash.update(destination.octets());
            hash.update([0, segment::protocol()]);
            hash.update(u16::try_from(len).ok()?.to_be_bytes());
        }
        (source, destination) => {
            // RFC 8200 section 8.1: the pseudo-header of IPv6.
            hash.update(v6(source));
            hash.update(v6(destination));
            hash.update(len.to_be_bytes());
            hash.update([0, 0, 0, segment::protocol()]);
        }
    }
    let mut header = *fixed;
    let [.., a, b, _, _] = &mut header;
    (*a, *b) = (0, 0);
    hash.update(header);
    hash.update(data);
    hash.update(key);
    Some(hash.finalize().into())
}

fn v6(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

/// Compares without telling by its duration how much is right.
fn same(a: &[u8; 16], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (x, y)| differ | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two Linux hosts with the key `sesame`: a SYN, and segments with data over either family.
    const CAPTURED: [&str; 3] = [
        "450000484b2040004006f18d7f0000017f000001dade00b327c3022700000000d002ffd7fe3c0000010113126fd894b3\
         a80b6be77c5da402f4dffe0c0204ffd7010104020103030a",
        "4500004f4b2240004006f1847f0000017f000001dade00b327c30228a2d78859a0180040fe4300000101131268dc4558\
         8fab2e34088a59532853f0d461207365676d656e7420776974682064617461",
        "600b16d0003b06400000000000000000000000000000000100000000000000000000000000000001c92200b3237a8e46\
         639afceda01800400043000001011312b7b98d5f0fb6ed0362889c9dbeddc64e61207365676d656e7420776974682064\
         617461",
    ];

    fn captured(n: usize) -> BytesMut {
        let digits: Vec<u8> = CAPTURED[n].bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(byte).collect()
    }

    fn check(packet: &[u8], key: Option<&[u8]>) -> Result<(), Fault> {
        verify(packet, &Segment::emitted(packet).unwrap(), key)
    }

    #[test]
    fn the_signatures_of_a_linux_kernel_are_good_and_no_bit_may_change() {
        for n in 0..CAPTURED.len() {
            let packet = captured(n);
            assert_eq!(check(&packet, Some(b"sesame")), Ok(()));
            assert_eq!(check(&packet, Some(b"sesame ")), Err(Fault::Wrong));
            assert_eq!(check(&packet, None), Err(Fault::Unexpected));
            let at = if n == 2 { 40 } else { 20 };
            // Ports, numbers, flags and window; the signature itself; the last byte of all.
            for place in (at..at + 12).chain([at + 14, at + 25, at + 39, packet.len() - 1]) {
                let mut changed = packet.clone();
                changed[place] ^= 1;
                if n == 0 && place == packet.len() - 1 {
                    assert_eq!(check(&changed, Some(b"sesame")), Ok(()), "other options are not signed");
                } else {
                    assert_eq!(check(&changed, Some(b"sesame")), Err(Fault::Wrong), "{n} {place}");
                }
            }
        }
    }

    #[test]
    fn signing_a_segment_again_gives_the_kernel_s_signature() {
        for n in 0..CAPTURED.len() {
            let mut packet = captured(n);
            let (at, option) = if n == 2 { (40, 60..80) } else { (20, 40..60) };
            let signed = packet.clone();
            let rest = packet.split_off(option.end);
            packet.truncate(option.start);
            packet.extend_from_slice(&rest);
            packet[at + 12] -= 5 << 4;
            match n {
                2 => packet[5] -= 20,
                _ => packet[3] -= 20,
            }
            assert!(sign(&mut packet, b"sesame"));
            let without_checksums = |mut p: BytesMut| {
                p[at + 16..at + 18].fill(0);
                p
            };
            // The kernel leaves the TCP checksum of these to hardware that is not there.
            assert_eq!(without_checksums(packet), without_checksums(signed));
        }
    }
}
