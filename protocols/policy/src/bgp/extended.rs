//! Extended communities (RFC 4360, 5668) and their text. Route targets and sites of origin have words; what else there is
//! is shown as 16 hexadecimal digits.

use super::{as_text, community::number};
use core::fmt;
use core::net::Ipv4Addr;
use core::str::FromStr;

/// RFC 4360: type, subtype and six bytes.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExtendedCommunity(pub u64);

/// Subtype of a route target.
const ROUTE_TARGET: u8 = 2;
/// Subtype of a site of origin.
const SITE_OF_ORIGIN: u8 = 3;

impl ExtendedCommunity {
    /// The high byte of the type, with the bits 0x80 (IANA) and 0x40 (not transitive).
    pub fn kind(self) -> u8 {
        (self.0 >> 56) as u8
    }

    /// The low byte of the type.
    pub fn subtype(self) -> u8 {
        (self.0 >> 48) as u8
    }

    /// Whether it leaves the AS (RFC 4360 2).
    pub fn is_transitive(self) -> bool {
        self.kind() & 0x40 == 0
    }

    /// Whether it is a route target.
    pub fn is_route_target(self) -> bool {
        self.kind() <= 2 && self.subtype() == ROUTE_TARGET
    }

    /// Whether it is a site of origin.
    pub fn is_site_of_origin(self) -> bool {
        self.kind() <= 2 && self.subtype() == SITE_OF_ORIGIN
    }

    /// `rt VALUE` from `VALUE`: `AS:NN` or `A.B.C.D:NN`.
    pub fn route_target(value: &str) -> Result<ExtendedCommunity, String> {
        of(ROUTE_TARGET, value)
    }

    /// `soo VALUE` from `VALUE`: `AS:NN` or `A.B.C.D:NN`.
    pub fn site_of_origin(value: &str) -> Result<ExtendedCommunity, String> {
        of(SITE_OF_ORIGIN, value)
    }

    /// `65001:100` of a route target or a site of origin: what follows `rt` or `soo` in a configuration.
    pub fn value(self) -> String {
        let (high, low) = ((self.0 >> 16) as u32, self.0 as u32);
        match self.kind() & !0x40 {
            0 => format!("{}:{low}", high >> 16),
            1 => format!("{}:{}", Ipv4Addr::from_bits(high), low & 0xffff),
            _ => format!("{high}:{}", low & 0xffff),
        }
    }
}

/// The shortest encoding: a 2-octet AS with 32 bits, else an address or a 4-octet AS with 16.
fn of(subtype: u8, value: &str) -> Result<ExtendedCommunity, String> {
    let parsed = value.split_once(':').and_then(|(head, tail)| {
        let small = || number::<u16>(tail).map(u64::from);
        let (kind, body) = match (head.parse::<Ipv4Addr>(), number::<u32>(head)) {
            (Ok(address), _) => (1, u64::from(address.to_bits()) << 16 | small()?),
            (_, Some(asn @ 0..=0xffff)) => (0, u64::from(asn) << 32 | number::<u32>(tail).map(u64::from)?),
            (_, Some(asn)) => (2, u64::from(asn) << 16 | small()?),
            _ => return None,
        };
        Some(ExtendedCommunity(kind << 56 | u64::from(subtype) << 48 | body))
    });
    parsed.ok_or_else(|| format!("`{value}` is not expected here: AS:NN or A.B.C.D:NN is"))
}

/// `RT:65001:100`, `SoO:65001:100`, `0x0000000000000000`.
impl fmt::Display for ExtendedCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_route_target() {
            write!(f, "RT:{}", self.value())
        } else if self.is_site_of_origin() {
            write!(f, "SoO:{}", self.value())
        } else {
            write!(f, "0x{:016x}", self.0)
        }
    }
}

/// `rt 65001:100`, `RT:65001:100`, `soo 65001:100`, `SoO:65001:100`, `0x0002fde900000064`.
impl FromStr for ExtendedCommunity {
    type Err = String;
    fn from_str(s: &str) -> Result<ExtendedCommunity, String> {
        if let Some(digits) = s.strip_prefix("0x").filter(|d| d.len() == 16 && !d.starts_with('+')) {
            return u64::from_str_radix(digits, 16)
                .map(ExtendedCommunity)
                .map_err(|_| format!("`{s}` is not an extended community"));
        }
        let (word, value) = s.split_once([':', ' ']).unwrap_or((s, ""));
        match () {
            () if word.eq_ignore_ascii_case("rt") => of(ROUTE_TARGET, value.trim()),
            () if word.eq_ignore_ascii_case("soo") => of(SITE_OF_ORIGIN, value.trim()),
            () => Err(format!(
                "`{s}` is not an extended community: expected `rt AS:NN`, `soo AS:NN` or 0x and 16 digits"
            )),
        }
    }
}

as_text!(ExtendedCommunity);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_follows_the_size_of_the_as() {
        for (text, bits, shown) in [
            ("rt 65001:100000", 0x0002_fde9_0001_86a0, "RT:65001:100000"),
            ("soo 10.0.0.1:7", 0x0103_0a00_0001_0007, "SoO:10.0.0.1:7"),
            ("RT:4200000000:7", 0x0202_fa56_ea00_0007, "RT:4200000000:7"),
            ("0x030b000000000064", 0x030b_0000_0000_0064, "0x030b000000000064"),
        ] {
            let parsed: ExtendedCommunity = text.parse().unwrap();
            assert_eq!((parsed.0, parsed.to_string().as_str()), (bits, shown));
            assert_eq!(shown.parse(), Ok(parsed));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for bad in [
            "",
            "rt",
            "rt 1",
            "rt 10.0.0.1:65536",
            "rt 70000:65536",
            "1:2",
            "soo x:1",
            "0x12",
            "rt 1:4294967296",
        ] {
            assert!(bad.parse::<ExtendedCommunity>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_the_first_two_octet_types_have_words() {
        assert!(!ExtendedCommunity(0x4002_fde9_0000_0001).is_route_target());
        assert!(!ExtendedCommunity(0x4002_fde9_0000_0001).is_transitive());
        assert!(ExtendedCommunity(0x0202_0000_fde9_0001).is_route_target());
    }
}
