//! Views of packets: what the forwarder reads from and writes to bytes, every access checked.
//! Parsing settles lengths and versions once; policy (is this source allowed?) is `forward`'s.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub mod arp;
pub mod ethernet;
pub mod ipv4;
pub mod ipv6;
pub mod nd;
pub mod router;
pub mod transport;

/// IP protocol numbers the forwarder knows.
pub mod protocol {
    /// ICMP.
    pub const ICMP: u8 = 1;
    /// TCP.
    pub const TCP: u8 = 6;
    /// UDP.
    pub const UDP: u8 = 17;
    /// ICMPv6.
    pub const ICMPV6: u8 = 58;
}

/// `N` bytes at `at`, if they are there.
pub(crate) fn bytes_at<const N: usize>(data: &[u8], at: usize) -> Option<[u8; N]> {
    data.get(at..)?.first_chunk::<N>().copied()
}

/// The byte at `at`.
pub(crate) fn u8_at(data: &[u8], at: usize) -> Option<u8> {
    data.get(at).copied()
}

/// The big-endian 16-bit word at `at`.
pub(crate) fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    bytes_at(data, at).map(u16::from_be_bytes)
}

/// The big-endian 32-bit word at `at`.
pub(crate) fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    bytes_at(data, at).map(u32::from_be_bytes)
}

/// Writes `bytes` at `at`; nothing is written where they do not fit.
pub(crate) fn put(data: &mut [u8], at: usize, bytes: &[u8]) {
    let end = at.saturating_add(bytes.len());
    if let Some(slot) = data.get_mut(at..end) {
        slot.copy_from_slice(bytes);
    }
}
