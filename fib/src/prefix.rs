//! An IP network, canonical by construction: the host bits are zero, so equal networks are equal values.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An IPv4 or IPv6 network. Ordered IPv4 first, then by address, then shorter mask first.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    addr: IpAddr,
    len: u8,
}

/// Why a text is not a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParsePrefixError {
    /// Not of the form `address/length`.
    Form(String),
    /// The length exceeds 32 (IPv4) or 128 (IPv6).
    Length(String),
}

impl fmt::Display for ParsePrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(s) => write!(f, "`{s}` is not a prefix: expected A.B.C.D/0-32 or X:X::X:X/0-128"),
            Self::Length(s) => {
                write!(f, "prefix length of `{s}` is out of range: 0-32 for IPv4, 0-128 for IPv6")
            }
        }
    }
}

impl core::error::Error for ParsePrefixError {}

impl Prefix {
    /// `0.0.0.0/0`.
    pub const DEFAULT_V4: Prefix = Prefix { addr: IpAddr::V4(Ipv4Addr::UNSPECIFIED), len: 0 };
    /// `::/0`.
    pub const DEFAULT_V6: Prefix = Prefix { addr: IpAddr::V6(Ipv6Addr::UNSPECIFIED), len: 0 };

    /// The network of `addr` with `len` leading bits; host bits are cleared. `len` is clamped to the
    /// family's width (32 or 128).
    pub fn new(addr: IpAddr, len: u8) -> Prefix {
        let len = len.min(width(addr));
        Prefix { addr: mask(addr, len), len }
    }

    /// The host prefix of `addr`: /32 or /128.
    pub fn host(addr: IpAddr) -> Prefix {
        Prefix { addr, len: width(addr) }
    }

    /// The network address.
    pub fn addr(&self) -> IpAddr {
        self.addr
    }

    /// The prefix length in bits.
    #[expect(clippy::len_without_is_empty, reason = "a prefix length, not a size")]
    pub fn len(&self) -> u8 {
        self.len
    }

    /// 32 or 128.
    pub fn width(&self) -> u8 {
        width(self.addr)
    }

    /// Whether this is an IPv4 network.
    pub fn is_v4(&self) -> bool {
        self.addr.is_ipv4()
    }

    /// Whether this is `0.0.0.0/0` or `::/0`.
    pub fn is_default(&self) -> bool {
        self.len == 0
    }

    /// Whether this covers exactly one address.
    pub fn is_host(&self) -> bool {
        self.len == self.width()
    }

    /// Whether `addr` is inside. Never true across families.
    pub fn contains(&self, addr: IpAddr) -> bool {
        self.addr.is_ipv4() == addr.is_ipv4() && mask(addr, self.len) == self.addr
    }

    /// Whether `other` is equal to or more specific than this.
    pub fn covers(&self, other: &Prefix) -> bool {
        self.len <= other.len && self.contains(other.addr)
    }

    /// The IPv4 netmask; `None` for IPv6.
    pub fn netmask(&self) -> Option<Ipv4Addr> {
        self.is_v4().then(|| Ipv4Addr::from_bits(mask32(self.len)))
    }

    /// The directed broadcast address of an IPv4 network of /30 or shorter (RFC 3021: /31 has none).
    pub fn broadcast(&self) -> Option<Ipv4Addr> {
        match self.addr {
            IpAddr::V4(a) if self.len <= 30 => Some(Ipv4Addr::from_bits(a.to_bits() | !mask32(self.len))),
            _ => None,
        }
    }

    /// The classful network mask length of an IPv4 address (RFC 791): 8, 16 or 24; 32 for class D and E.
    pub fn classful_len(addr: Ipv4Addr) -> u8 {
        match addr.octets()[0] {
            0..=127 => 8,
            128..=191 => 16,
            192..=223 => 24,
            _ => 32,
        }
    }
}

fn width(addr: IpAddr) -> u8 {
    if addr.is_ipv4() { 32 } else { 128 }
}

fn mask32(len: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(len.min(32))).unwrap_or(0)
}

fn mask128(len: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(len.min(128))).unwrap_or(0)
}

fn mask(addr: IpAddr, len: u8) -> IpAddr {
    match addr {
        IpAddr::V4(a) => IpAddr::V4(Ipv4Addr::from_bits(a.to_bits() & mask32(len))),
        IpAddr::V6(a) => IpAddr::V6(Ipv6Addr::from_bits(a.to_bits() & mask128(len))),
    }
}

impl FromStr for Prefix {
    type Err = ParsePrefixError;

    /// Reads `10.0.0.0/8` or `2001:db8::/32`. Host bits are cleared, as FRR does.
    fn from_str(s: &str) -> Result<Prefix, ParsePrefixError> {
        let form = || ParsePrefixError::Form(s.to_owned());
        let (addr, len) = s.split_once('/').ok_or_else(form)?;
        let addr: IpAddr = addr.parse().map_err(|_| form())?;
        if len.is_empty() || len.len() > 3 || !len.bytes().all(|b| b.is_ascii_digit()) {
            return Err(form());
        }
        let len: u8 = len.parse().map_err(|_| ParsePrefixError::Length(s.to_owned()))?;
        if len > width(addr) {
            return Err(ParsePrefixError::Length(s.to_owned()));
        }
        Ok(Prefix::new(addr, len))
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.addr, self.len))
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Prefix {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Prefix, D::Error> {
        let s = String::deserialize(d)?;
        s.parse().map_err(serde::de::Error::custom)
    }
}

/// An interface address with the length of its on-link prefix: `10.0.12.1/24`. Unlike [`Prefix`] the
/// host bits are kept.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IfAddr {
    addr: IpAddr,
    len: u8,
}

impl IfAddr {
    /// `len` is clamped to the family's width.
    pub fn new(addr: IpAddr, len: u8) -> IfAddr {
        IfAddr { addr, len: len.min(width(addr)) }
    }

    /// The interface's own address.
    pub fn addr(&self) -> IpAddr {
        self.addr
    }

    /// The on-link prefix length in bits.
    #[expect(clippy::len_without_is_empty, reason = "a prefix length, not a size")]
    pub fn len(&self) -> u8 {
        self.len
    }

    /// The on-link network.
    pub fn network(&self) -> Prefix {
        Prefix::new(self.addr, self.len)
    }

    /// Whether this is an IPv4 address.
    pub fn is_v4(&self) -> bool {
        self.addr.is_ipv4()
    }
}

impl FromStr for IfAddr {
    type Err = ParsePrefixError;

    fn from_str(s: &str) -> Result<IfAddr, ParsePrefixError> {
        let net: Prefix = s.parse()?;
        let addr = s.split_once('/').and_then(|(a, _)| a.parse().ok());
        addr.map(|addr| IfAddr { addr, len: net.len }).ok_or_else(|| ParsePrefixError::Form(s.to_owned()))
    }
}

impl fmt::Display for IfAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.addr, self.len))
    }
}

impl fmt::Debug for IfAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for IfAddr {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for IfAddr {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<IfAddr, D::Error> {
        let s = String::deserialize(d)?;
        s.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(s: &str) -> Prefix {
        s.parse().unwrap()
    }

    #[test]
    fn equal_networks_are_equal_values() {
        assert_eq!(p("10.1.2.3/8"), p("10.0.0.0/8"));
        assert_eq!(p("2001:db8::1/32"), p("2001:db8::/32"));
        assert_eq!(p("1.2.3.4/0"), Prefix::DEFAULT_V4);
    }

    #[test]
    fn text_that_is_no_prefix_is_refused_with_the_reason() {
        for bad in
            ["", "10.0.0.0", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "x/8", "10.0.0.0/0008"]
        {
            assert!(matches!(bad.parse::<Prefix>(), Err(ParsePrefixError::Form(_))), "{bad}");
        }
        for bad in ["10.0.0.0/33", "::/129", "::/999"] {
            assert!(matches!(bad.parse::<Prefix>(), Err(ParsePrefixError::Length(_))), "{bad}");
        }
    }

    #[test]
    fn covering_follows_the_bits() {
        assert!(p("10.0.0.0/8").covers(&p("10.255.0.0/16")));
        assert!(!p("10.0.0.0/16").covers(&p("10.0.0.0/8")));
        assert!(p("0.0.0.0/0").contains("255.1.2.3".parse().unwrap()));
        assert!(!p("0.0.0.0/0").contains("::1".parse().unwrap()));
    }

    #[test]
    fn broadcast_exists_up_to_slash_30() {
        assert_eq!(p("10.0.0.0/30").broadcast(), Some(Ipv4Addr::new(10, 0, 0, 3)));
        assert_eq!(p("10.0.0.0/31").broadcast(), None);
        assert_eq!(p("10.0.0.0/24").netmask(), Some(Ipv4Addr::new(255, 255, 255, 0)));
    }

    #[test]
    fn an_interface_address_keeps_its_host_bits() {
        let a: IfAddr = "10.0.12.1/24".parse().unwrap();
        assert_eq!(a.to_string(), "10.0.12.1/24");
        assert_eq!(a.network(), p("10.0.12.0/24"));
    }
}
