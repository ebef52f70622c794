//! The Internet checksum (RFC 1071), its incremental update (RFC 1624), and the pseudo-headers.
//! Arithmetic only: where a checksum lives in a packet is known by `packet`.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use core::net::IpAddr;

/// A sum in progress. Only the last piece added may have an odd length.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum(u64);

impl Sum {
    /// Nothing summed yet.
    pub const ZERO: Sum = Sum(0);

    /// Adds `data` as big-endian 16-bit words, an odd last byte padded with zero.
    #[must_use]
    pub fn bytes(self, data: &[u8]) -> Sum {
        let (words, rest) = data.as_chunks::<4>();
        let sum = words.iter().fold(self.0, |sum, w| sum.wrapping_add(u64::from(u32::from_be_bytes(*w))));
        let rest = match *rest {
            [a] => u32::from_be_bytes([a, 0, 0, 0]),
            [a, b] => u32::from_be_bytes([a, b, 0, 0]),
            [a, b, c] => u32::from_be_bytes([a, b, c, 0]),
            _ => 0,
        };
        // A frame is at most 64 KiB: 2^14 words of 32 bits fit in 64 many times over.
        Sum(sum.wrapping_add(u64::from(rest)))
    }

    /// Adds one 16-bit word.
    #[must_use]
    pub fn word(self, word: u16) -> Sum {
        Sum(self.0.wrapping_add(u64::from(word)))
    }

    /// Adds the pseudo-header of TCP, UDP or ICMPv6 (RFC 793, RFC 8200 section 8.1). `len` in bytes.
    #[must_use]
    pub fn pseudo_header(self, src: IpAddr, dst: IpAddr, protocol: u8, len: usize) -> Sum {
        let sum = match (src, dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => self.bytes(&src.octets()).bytes(&dst.octets()),
            (IpAddr::V6(src), IpAddr::V6(dst)) => self.bytes(&src.octets()).bytes(&dst.octets()),
            _ => self,
        };
        Sum(sum.0.wrapping_add(u64::from(protocol)).wrapping_add(len as u64))
    }

    /// The sum folded to 16 bits, not complemented.
    pub fn fold(self) -> u16 {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum & 0xffff).wrapping_add(sum >> 16);
        }
        sum as u16
    }

    /// The value for a checksum field: the complement of the folded sum.
    pub fn checksum(self) -> u16 {
        !self.fold()
    }

    /// The value for a UDP checksum field, where zero means "none" and is sent as ones (RFC 768).
    pub fn udp_checksum(self) -> u16 {
        match self.checksum() {
            0 => 0xffff,
            sum => sum,
        }
    }
}

/// The checksum of `data` as a whole.
pub fn checksum(data: &[u8]) -> u16 {
    Sum::ZERO.bytes(data).checksum()
}

/// Whether `data`, its checksum field included, sums to what it should.
pub fn verify(data: &[u8]) -> bool {
    Sum::ZERO.bytes(data).fold() == 0xffff
}

/// The checksum after one covered 16-bit word changed from `old` to `new` (RFC 1624 equation 3).
pub fn adjust(check: u16, old: u16, new: u16) -> u16 {
    Sum::ZERO.word(!check).word(!old).word(new).checksum()
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// RFC 1071 section 3.
    #[test]
    fn the_example_of_rfc_1071_holds() {
        assert_eq!(Sum::ZERO.bytes(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]).fold(), 0xddf2);
    }

    /// RFC 1624 section 4: equation 2 gets this wrong.
    #[test]
    fn the_corner_case_of_rfc_1624_holds() {
        assert_eq!(adjust(0xdd2f, 0x5555, 0x3285), 0x0000);
    }

    #[test]
    fn an_odd_last_byte_is_padded() {
        assert_eq!(checksum(&[1, 2, 3]), checksum(&[1, 2, 3, 0]));
        assert_eq!(checksum(&[7]), checksum(&[7, 0]));
    }

    proptest! {
        #[test]
        fn adjusting_equals_summing_again(mut data in vec(any::<u8>(), 4..64), at in 0usize..31, new: u16) {
            let at = at.min(data.len() / 2 - 1) * 2;
            let before = checksum(&data);
            let old = u16::from_be_bytes([data[at], data[at + 1]]);
            data[at..at + 2].copy_from_slice(&new.to_be_bytes());
            let adjusted = adjust(before, old, new);
            // In ones' complement zero has two forms; whoever verifies takes either.
            prop_assert_eq!(Sum::ZERO.bytes(&data).word(0).fold() % 0xffff, !adjusted % 0xffff);
        }

        #[test]
        fn a_packet_with_its_checksum_verifies(mut data in vec(any::<u8>(), 2..99)) {
            data[..2].fill(0);
            let sum = checksum(&data);
            data[..2].copy_from_slice(&sum.to_be_bytes());
            prop_assert!(verify(&data));
        }
    }
}
