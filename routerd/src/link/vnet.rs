//! `virtio_net_hdr` (virtio 1.2 section 5.1.6, linux/virtio_net.h): ten bytes before a frame that say which
//! work its sender left for the hardware.
//!
//! ```text
//!   0      1        2        4         6           8            10
//!   +------+--------+--------+---------+-----------+------------+
//!   |flags |gso_type|hdr_len |gso_size |csum_start |csum_offset |   16-bit fields in host order (legacy)
//!   +------+--------+--------+---------+-----------+------------+
//! ```
//!
//! Pure: bytes in, `fib::Offload` out and back. It never looks into the frame, it only refuses notes that
//! cannot be true of a frame of that length. Completing checksums and cutting segments is the forwarder's.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use core::fmt;
use fib::{Gso, GsoKind, Offload, PartialChecksum};

/// Bytes of the header.
pub const LEN: usize = 10;

/// Destination, source and EtherType.
const ETHERNET_HEADER: usize = 14;

const F_NEEDS_CSUM: u8 = 1;
const GSO_NONE: u8 = 0;
const GSO_TCPV4: u8 = 1;
const GSO_UDP: u8 = 3;
const GSO_TCPV6: u8 = 4;
const GSO_UDP_L4: u8 = 5;
const GSO_ECN: u8 = 0x80;

/// Why a header cannot belong to its frame.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Nonsense {
    /// The checksum would begin inside the Ethernet header, or its field lies beyond the end of the frame.
    ChecksumOutside,
    /// A segmentation type nobody has told us about.
    GsoType(u8),
    /// Segments without payload.
    GsoSizeZero,
}

impl fmt::Display for Nonsense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Nonsense::ChecksumOutside => f.write_str("checksum outside the frame"),
            Nonsense::GsoType(t) => write!(f, "unknown segmentation type {t}"),
            Nonsense::GsoSizeZero => f.write_str("segment size 0"),
        }
    }
}

/// What the header says about a frame of `frame_len` bytes.
///
/// # Errors
/// When it cannot be true.
pub fn decode(header: &[u8; LEN], frame_len: usize) -> Result<Offload, Nonsense> {
    let &[flags, gso_type, h0, h1, s0, s1, c0, c1, o0, o1] = header;
    let partial_checksum = (flags & F_NEEDS_CSUM != 0).then(|| PartialChecksum {
        start: u16::from_ne_bytes([c0, c1]),
        offset: u16::from_ne_bytes([o0, o1]),
    });
    let kind = match gso_type & !GSO_ECN {
        GSO_NONE => None,
        GSO_TCPV4 => Some(GsoKind::Tcp4),
        GSO_TCPV6 => Some(GsoKind::Tcp6),
        GSO_UDP => Some(GsoKind::Udp),
        GSO_UDP_L4 => Some(GsoKind::UdpL4),
        _ => return Err(Nonsense::GsoType(gso_type)),
    };
    let gso = kind.map(|kind| Gso {
        kind,
        ecn: gso_type & GSO_ECN != 0,
        size: u16::from_ne_bytes([s0, s1]),
        header_len: u16::from_ne_bytes([h0, h1]),
    });
    let offload = Offload { partial_checksum, gso };
    check(&offload, frame_len)?;
    Ok(offload)
}

/// The header for a frame of `frame_len` bytes.
///
/// # Errors
/// When the notes cannot be true of such a frame: sending it would only make the kernel refuse it.
pub fn encode(offload: &Offload, frame_len: usize) -> Result<[u8; LEN], Nonsense> {
    check(offload, frame_len)?;
    let mut flags = 0;
    let (mut start, mut offset) = (0, 0);
    if let Some(sum) = offload.partial_checksum {
        flags = F_NEEDS_CSUM;
        (start, offset) = (sum.start, sum.offset);
    }
    let (mut gso_type, mut header_len, mut size) = (GSO_NONE, 0, 0);
    if let Some(gso) = offload.gso {
        gso_type = match gso.kind {
            GsoKind::Tcp4 => GSO_TCPV4,
            GsoKind::Tcp6 => GSO_TCPV6,
            GsoKind::Udp => GSO_UDP,
            GsoKind::UdpL4 => GSO_UDP_L4,
        };
        if gso.ecn {
            gso_type |= GSO_ECN;
        }
        // A hint: how much the kernel should keep in one piece. It refuses more than there is.
        header_len = gso.header_len.min(u16::try_from(frame_len).unwrap_or(u16::MAX));
        size = gso.size;
    }
    let [h0, h1] = u16::to_ne_bytes(header_len);
    let [s0, s1] = u16::to_ne_bytes(size);
    let [c0, c1] = u16::to_ne_bytes(start);
    let [o0, o1] = u16::to_ne_bytes(offset);
    Ok([flags, gso_type, h0, h1, s0, s1, c0, c1, o0, o1])
}

/// The same notes after `by` bytes were inserted into the link-layer header (a VLAN tag put back).
///
/// # Errors
/// When an offset no longer fits its 16 bits.
pub fn shift(offload: Offload, by: u16) -> Result<Offload, Nonsense> {
    let partial_checksum = match offload.partial_checksum {
        None => None,
        Some(sum) => {
            let start = sum.start.checked_add(by).ok_or(Nonsense::ChecksumOutside)?;
            Some(PartialChecksum { start, ..sum })
        }
    };
    let gso = offload.gso.map(|gso| Gso { header_len: gso.header_len.saturating_add(by), ..gso });
    Ok(Offload { partial_checksum, gso })
}

fn check(offload: &Offload, frame_len: usize) -> Result<(), Nonsense> {
    if let Some(sum) = offload.partial_checksum {
        let start = usize::from(sum.start);
        let end = start.saturating_add(usize::from(sum.offset)).saturating_add(2);
        if start < ETHERNET_HEADER || end > frame_len {
            return Err(Nonsense::ChecksumOutside);
        }
    }
    match offload.gso {
        Some(gso) if gso.size == 0 => Err(Nonsense::GsoSizeZero),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP4: Offload = Offload {
        partial_checksum: Some(PartialChecksum { start: 34, offset: 16 }),
        gso: Some(Gso { kind: GsoKind::Tcp4, ecn: true, size: 1448, header_len: 66 }),
    };

    /// A captured header: TCP over IPv4 from a Linux 6.x veth, gso_size 1448, on a little-endian host.
    #[test]
    #[cfg(target_endian = "little")]
    fn a_header_from_a_real_veth_reads_as_the_kernel_meant_it() {
        let captured = [0x01, 0x01, 0x42, 0x00, 0xa8, 0x05, 0x22, 0x00, 0x10, 0x00];
        let Offload { partial_checksum, gso } = decode(&captured, 2962).unwrap();
        assert_eq!(partial_checksum, TCP4.partial_checksum);
        assert_eq!(gso, Some(Gso { ecn: false, ..TCP4.gso.unwrap() }));
        assert_eq!(encode(&Offload { partial_checksum, gso }, 2962).unwrap(), captured);
    }

    #[test]
    fn notes_survive_encoding_and_decoding() {
        for kind in [GsoKind::Tcp4, GsoKind::Tcp6, GsoKind::Udp, GsoKind::UdpL4] {
            for ecn in [false, true] {
                let gso = Some(Gso { kind, ecn, ..TCP4.gso.unwrap() });
                for partial_checksum in [None, TCP4.partial_checksum] {
                    let offload = Offload { partial_checksum, gso };
                    assert_eq!(decode(&encode(&offload, 4000).unwrap(), 4000), Ok(offload));
                }
            }
        }
        assert_eq!(encode(&Offload::default(), 60), Ok([0; LEN]));
        assert_eq!(decode(&[0; LEN], 60), Ok(Offload::default()));
    }

    #[test]
    fn a_checksum_field_must_lie_within_the_frame() {
        let bare = Offload { gso: None, ..TCP4 };
        let header = encode(&bare, 52).unwrap();
        assert_eq!(decode(&header, 52), Ok(bare));
        assert_eq!(decode(&header, 51), Err(Nonsense::ChecksumOutside));
        assert_eq!(encode(&bare, 51), Err(Nonsense::ChecksumOutside));
        let far = Offload {
            partial_checksum: Some(PartialChecksum { start: u16::MAX, offset: u16::MAX }),
            gso: None,
        };
        assert_eq!(encode(&far, 70_000), Err(Nonsense::ChecksumOutside));
    }

    #[test]
    fn a_checksum_cannot_begin_inside_the_ethernet_header() {
        let early = Offload { partial_checksum: Some(PartialChecksum { start: 13, offset: 0 }), gso: None };
        assert_eq!(encode(&early, 60), Err(Nonsense::ChecksumOutside));
    }

    #[test]
    fn unknown_or_empty_segmentation_is_refused() {
        assert_eq!(decode(&[0, 2, 0, 0, 1, 1, 0, 0, 0, 0], 60), Err(Nonsense::GsoType(2)));
        assert_eq!(decode(&[0, 0x45, 0, 0, 1, 1, 0, 0, 0, 0], 60), Err(Nonsense::GsoType(0x45)));
        assert_eq!(decode(&[0, GSO_TCPV4, 0, 0, 0, 0, 0, 0, 0, 0], 60), Err(Nonsense::GsoSizeZero));
    }

    #[test]
    fn the_header_length_hint_never_exceeds_the_frame() {
        let header = encode(&Offload { partial_checksum: None, ..TCP4 }, 40).unwrap();
        assert_eq!(u16::from_ne_bytes([header[2], header[3]]), 40);
    }

    #[test]
    fn a_tag_put_back_moves_the_checksum_with_it() {
        let shifted = shift(TCP4, 4).unwrap();
        assert_eq!(shifted.partial_checksum, Some(PartialChecksum { start: 38, offset: 16 }));
        assert_eq!(shifted.gso.map(|gso| gso.header_len), Some(70));
        let last =
            Offload { partial_checksum: Some(PartialChecksum { start: u16::MAX - 3, offset: 0 }), gso: None };
        assert_eq!(shift(last, 4), Err(Nonsense::ChecksumOutside));
    }
}
