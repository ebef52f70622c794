//! An IPv4 network as a small key: half of a [`Prefix`]'s size, in the same order.

use core::net::{IpAddr, Ipv4Addr};
use fib::Prefix;

/// A network: address without host bits, and length 0..=32.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Net {
    bits: u32,
    len: u8,
}

impl Net {
    /// The network of `address` with `len` leading bits, at most 32.
    pub(super) fn new(address: Ipv4Addr, len: u8) -> Net {
        let len = len.min(32);
        Net { bits: address.to_bits() & mask(len), len }
    }

    /// A stub link's network; `None`: its mask has holes.
    pub(super) fn masked(address: Ipv4Addr, mask: Ipv4Addr) -> Option<Net> {
        let ones = mask.to_bits().leading_ones();
        (mask.to_bits().count_ones() == ones).then(|| Net::new(address, ones as u8))
    }

    /// `None`: it is of IPv6.
    pub(super) fn from_prefix(prefix: &Prefix) -> Option<Net> {
        match prefix.addr() {
            IpAddr::V4(address) => Some(Net::new(address, prefix.len())),
            IpAddr::V6(_) => None,
        }
    }

    pub(super) fn prefix(self) -> Prefix {
        Prefix::new(IpAddr::V4(self.first()), self.len)
    }

    pub(super) fn is_default(self) -> bool {
        self.len == 0
    }

    pub(super) fn covers(self, other: Net) -> bool {
        self.len <= other.len && other.bits & mask(self.len) == self.bits
    }

    pub(super) fn contains(self, address: Ipv4Addr) -> bool {
        address.to_bits() & mask(self.len) == self.bits
    }

    /// Its lowest address.
    pub(super) fn first(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.bits)
    }

    /// Its highest address.
    pub(super) fn last(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.bits | !mask(self.len))
    }

    /// The longest network shorter than this one that could cover both it and `address`, which it does not contain.
    pub(super) fn shortened_to(self, address: Ipv4Addr) -> Option<Net> {
        let common = (self.bits ^ address.to_bits()).leading_zeros().min(32) as u8;
        let len = common.min(self.len.checked_sub(1)?);
        Some(Net::new(address, len))
    }
}

fn mask(len: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_ordered_as_prefixes_are() {
        let a = |s: &str| Net::from_prefix(&s.parse().unwrap()).unwrap();
        let sorted = [a("0.0.0.0/0"), a("10.0.0.0/8"), a("10.0.0.0/16"), a("10.0.1.0/24"), a("11.0.0.0/8")];
        assert!(sorted.is_sorted() && sorted.map(Net::prefix).is_sorted());
        assert!(a("10.0.0.0/8").covers(a("10.0.1.0/24")) && !a("10.0.1.0/24").covers(a("10.0.0.0/8")));
        assert_eq!(Net::masked(Ipv4Addr::new(10, 0, 0, 0), Ipv4Addr::new(255, 0, 255, 0)), None);
        assert_eq!(a("10.0.1.0/24").last(), Ipv4Addr::new(10, 0, 1, 255));
    }
}
