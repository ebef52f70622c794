//! Communities (RFC 1997) and large communities (RFC 8092), and their text as FRR and IOS write it.

use super::as_text;
use core::fmt;
use core::str::FromStr;

/// RFC 1997: `ASN:VALUE`, 16 bits each.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Community(pub u32);

/// RFC 8092: `GLOBAL:LOCAL1:LOCAL2`.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LargeCommunity(pub u32, pub u32, pub u32);

impl Community {
    /// `internet`: as an entry of a list it matches every route.
    pub const INTERNET: Community = Community(0);
    /// GRACEFUL_SHUTDOWN (RFC 8326).
    pub const GRACEFUL_SHUTDOWN: Community = Community(0xffff_0000);
    /// ACCEPT_OWN (RFC 7611).
    pub const ACCEPT_OWN: Community = Community(0xffff_0001);
    /// LLGR_STALE (RFC 9494).
    pub const LLGR_STALE: Community = Community(0xffff_0006);
    /// NO_LLGR (RFC 9494).
    pub const NO_LLGR: Community = Community(0xffff_0007);
    /// BLACKHOLE (RFC 7999).
    pub const BLACKHOLE: Community = Community(0xffff_029a);
    /// NO_EXPORT: not beyond the AS or confederation.
    pub const NO_EXPORT: Community = Community(0xffff_ff01);
    /// NO_ADVERTISE: to nobody.
    pub const NO_ADVERTISE: Community = Community(0xffff_ff02);
    /// NO_EXPORT_SUBCONFED (`local-AS`): not beyond the member AS.
    pub const NO_EXPORT_SUBCONFED: Community = Community(0xffff_ff03);
    /// NOPEER (RFC 3765).
    pub const NOPEER: Community = Community(0xffff_ff04);
}

/// Names as FRR writes them, of the registry of well-known communities.
const NAMES: [(Community, &str); 15] = [
    (Community::INTERNET, "internet"),
    (Community::GRACEFUL_SHUTDOWN, "graceful-shutdown"),
    (Community::ACCEPT_OWN, "accept-own"),
    (Community(0xffff_0002), "route-filter-translated-v4"),
    (Community(0xffff_0003), "route-filter-v4"),
    (Community(0xffff_0004), "route-filter-translated-v6"),
    (Community(0xffff_0005), "route-filter-v6"),
    (Community::LLGR_STALE, "llgr-stale"),
    (Community::NO_LLGR, "no-llgr"),
    (Community(0xffff_0008), "accept-own-nexthop"),
    (Community::BLACKHOLE, "blackhole"),
    (Community::NO_EXPORT, "no-export"),
    (Community::NO_ADVERTISE, "no-advertise"),
    (Community::NO_EXPORT_SUBCONFED, "local-AS"),
    (Community::NOPEER, "no-peer"),
];

impl Community {
    /// The name of a well-known one.
    pub fn name(self) -> Option<&'static str> {
        NAMES.iter().find(|(community, _)| *community == self).map(|(_, name)| *name)
    }
}

/// A name, or `ASN:VALUE`.
impl fmt::Display for Community {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}:{}", self.0 >> 16, self.0 & 0xffff),
        }
    }
}

/// A name without regard to case (`gshut` is IOS's for `graceful-shutdown`), `ASN:VALUE`, or one number of 32 bits.
impl FromStr for Community {
    type Err = String;
    fn from_str(s: &str) -> Result<Community, String> {
        let named = NAMES.iter().find(|(_, name)| name.eq_ignore_ascii_case(s));
        if let Some((community, _)) = named {
            return Ok(*community);
        }
        if s.eq_ignore_ascii_case("gshut") {
            return Ok(Community::GRACEFUL_SHUTDOWN);
        }
        let parsed = match s.split_once(':') {
            Some((asn, value)) => number::<u16>(asn)
                .zip(number::<u16>(value))
                .map(|(asn, value)| u32::from(asn) << 16 | u32::from(value)),
            None => number(s),
        };
        parsed.map(Community).ok_or_else(|| {
            format!("`{s}` is not a community: expected AA:NN (0-65535 each) or a name, as no-export")
        })
    }
}

impl fmt::Display for LargeCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.0, self.1, self.2)
    }
}

impl FromStr for LargeCommunity {
    type Err = String;
    fn from_str(s: &str) -> Result<LargeCommunity, String> {
        let mut parts = s.split(':').map(number::<u32>);
        let mut next = || parts.next().flatten();
        let parsed = next().zip(next()).zip(next()).filter(|_| parts.next().is_none());
        parsed
            .map(|((a, b), c)| LargeCommunity(a, b, c))
            .ok_or_else(|| format!("`{s}` is not a large community: expected AA:BB:CC (0-4294967295 each)"))
    }
}

as_text!(Community, LargeCommunity);

/// Decimal digits and nothing else: no sign.
pub(super) fn number<N: FromStr>(s: &str) -> Option<N> {
    s.bytes().all(|b| b.is_ascii_digit()).then(|| s.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn communities_have_names_or_two_numbers() {
        for text in ["65001:100", "no-export", "local-AS", "blackhole", "no-peer", "internet", "0:1"] {
            assert_eq!(text.parse::<Community>().unwrap().to_string(), text);
        }
        assert_eq!("NO-Export".parse(), Ok(Community::NO_EXPORT));
        assert_eq!("gshut".parse(), Ok(Community::GRACEFUL_SHUTDOWN));
        assert_eq!("65535:666".parse(), Ok(Community::BLACKHOLE));
        assert_eq!("4294967041".parse(), Ok(Community::NO_EXPORT));
        for bad in ["", "65536:1", "1:65536", "1:", ":1", "1:2:3", "+1:2", "no-expor", "4294967296"] {
            assert!(bad.parse::<Community>().is_err(), "{bad}");
        }
    }

    #[test]
    fn large_communities_have_three_numbers() {
        let text = "4294967295:0:7";
        assert_eq!(text.parse::<LargeCommunity>().unwrap().to_string(), text);
        for bad in ["", "1:2", "1:2:3:4", "1:2:4294967296", "1::3", "-1:2:3"] {
            assert!(bad.parse::<LargeCommunity>().is_err(), "{bad}");
        }
    }
}
