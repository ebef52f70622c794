//! Addresses as the tries see them: a string of bits, read six at a time.

use crate::Prefix;
use core::fmt::Debug;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bits consumed by one node.
pub(super) const STRIDE: u8 = 6;

/// An IPv4 (`u32`) or IPv6 (`u128`) address.
pub(crate) trait Key: Copy + Ord + Debug + Default {
    /// Bits of an address.
    const WIDTH: u8;
    /// The six bits that begin `depth` bits from the left; zeros follow the last bit.
    fn slot(self, depth: u8) -> u8;
    /// The leftmost `bits` bits as a number; `bits` is at most 24.
    fn top(self, bits: u8) -> usize;
    /// This with the six bits at `depth`, zero so far, set to `slot`.
    fn with_slot(self, depth: u8, slot: u8) -> Self;
    /// As an address with a length.
    fn prefix(self, len: u8) -> Prefix;
    /// The address of a prefix, if it is of this family.
    fn of(addr: IpAddr) -> Option<Self>;
}

impl Key for u32 {
    const WIDTH: u8 = 32;

    #[inline(always)]
    fn slot(self, depth: u8) -> u8 {
        ((self << depth) >> 26) as u8
    }

    #[inline(always)]
    fn top(self, bits: u8) -> usize {
        // Two shifts, since one by 32 is none at all.
        ((self >> 1) >> (31 - bits)) as usize
    }

    fn with_slot(self, depth: u8, slot: u8) -> u32 {
        self | (u32::from(slot) << 26) >> depth
    }

    fn prefix(self, len: u8) -> Prefix {
        Prefix::new(IpAddr::V4(Ipv4Addr::from_bits(self)), len)
    }

    fn of(addr: IpAddr) -> Option<u32> {
        match addr {
            IpAddr::V4(a) => Some(a.to_bits()),
            IpAddr::V6(_) => None,
        }
    }
}

impl Key for u128 {
    const WIDTH: u8 = 128;

    #[inline(always)]
    fn slot(self, depth: u8) -> u8 {
        if depth <= 58 {
            // Nearly always: one shift of the upper half instead of four of both.
            ((self >> 64) as u64 >> (58 - depth)) as u8 & 63
        } else {
            ((self << depth) >> 122) as u8
        }
    }

    #[inline(always)]
    fn top(self, bits: u8) -> usize {
        (((self >> 64) as u64 >> 1) >> (63 - bits)) as usize
    }

    fn with_slot(self, depth: u8, slot: u8) -> u128 {
        self | (u128::from(slot) << 122) >> depth
    }

    fn prefix(self, len: u8) -> Prefix {
        Prefix::new(IpAddr::V6(Ipv6Addr::from_bits(self)), len)
    }

    fn of(addr: IpAddr) -> Option<u128> {
        match addr {
            IpAddr::V6(a) => Some(a.to_bits()),
            IpAddr::V4(_) => None,
        }
    }
}
