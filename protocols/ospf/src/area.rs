//! Area numbers: written `0.0.0.1` or `1`, printed dotted as FRR and IOS do in `show`.

use core::fmt;
use core::net::Ipv4Addr;
use core::str::FromStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An area (RFC 2328 section 3); the backbone is `0.0.0.0`.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AreaId(pub u32);

impl AreaId {
    /// Area 0.
    pub const BACKBONE: AreaId = AreaId(0);

    /// Whether this is area 0.
    pub fn is_backbone(self) -> bool {
        self == AreaId::BACKBONE
    }
}

impl fmt::Display for AreaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&Ipv4Addr::from_bits(self.0).to_string())
    }
}

impl fmt::Debug for AreaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AreaId {
    type Err = String;
    fn from_str(s: &str) -> Result<AreaId, String> {
        let number = s.bytes().all(|b| b.is_ascii_digit()).then(|| s.parse::<u32>().ok()).flatten();
        let dotted = || s.parse::<Ipv4Addr>().ok().map(Ipv4Addr::to_bits);
        number
            .or_else(dotted)
            .map(AreaId)
            .ok_or_else(|| format!("`{s}` is not an area: expected N or A.B.C.D"))
    }
}

impl Serialize for AreaId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AreaId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<AreaId, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = AreaId;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an area: N or A.B.C.D")
            }
            fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<AreaId, E> {
                u32::try_from(v)
                    .map(AreaId)
                    .map_err(|_| E::custom(format!("`{v}` is not an area: at most 4294967295")))
            }
            fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<AreaId, E> {
                u32::try_from(v)
                    .map(AreaId)
                    .map_err(|_| E::custom(format!("`{v}` is not an area: 0..=4294967295")))
            }
            fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<AreaId, E> {
                v.parse().map_err(E::custom)
            }
        }
        d.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_a_number_or_dotted() {
        assert_eq!("10".parse(), Ok(AreaId(10)));
        assert_eq!("0.0.0.10".parse(), Ok(AreaId(10)));
        assert_eq!(AreaId(256).to_string(), "0.0.1.0");
        assert!(["", "x", "1.2.3", "4294967296", "-1"].iter().all(|s| s.parse::<AreaId>().is_err()));
    }
}
