//! What a BGP route says of itself, as policy sees and changes it: the path attributes of RFC 4271 and of the communities.
//! Plain values; the wire form is the BGP crate's.

mod community;
mod extended;
mod path;

pub use community::{Community, LargeCommunity};
pub use extended::ExtendedCommunity;
pub use path::{AsPath, Segment, SegmentKind};

use bytes::Bytes;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr};
use core::str::FromStr;
use serde::{Deserialize, Serialize};

/// Types that serde knows by their text.
macro_rules! as_text {
    ($($type:ty),+) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<$type, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
pub(crate) use as_text;

/// ORIGIN (RFC 4271 5.1.1). Lower is better.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// `i`: an interior protocol, or `network`.
    Igp = 0,
    /// `e`.
    Egp = 1,
    /// `?`: redistributed.
    #[default]
    Incomplete = 2,
}

impl fmt::Display for Origin {
    /// `IGP`, `EGP`, `incomplete`: as `show` says it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Origin::Igp => "IGP",
            Origin::Egp => "EGP",
            Origin::Incomplete => "incomplete",
        })
    }
}

impl Origin {
    /// As in the configuration: `igp`, `egp`, `incomplete`.
    pub const fn name(self) -> &'static str {
        match self {
            Origin::Igp => "igp",
            Origin::Egp => "egp",
            Origin::Incomplete => "incomplete",
        }
    }

    /// `i`, `e` or `?`: the last column of a table of routes.
    pub const fn letter(self) -> char {
        match self {
            Origin::Igp => 'i',
            Origin::Egp => 'e',
            Origin::Incomplete => '?',
        }
    }
}

impl FromStr for Origin {
    type Err = String;
    fn from_str(s: &str) -> Result<Origin, String> {
        let all = [Origin::Igp, Origin::Egp, Origin::Incomplete];
        let found = all.into_iter().find(|o| o.name() == s);
        found.ok_or_else(|| format!("`{s}` is not an origin: expected igp, egp or incomplete"))
    }
}

/// AGGREGATOR (RFC 4271 5.1.7).
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregator {
    /// Whose.
    pub asn: u32,
    /// Which router.
    pub router: Ipv4Addr,
}

/// An attribute this software does not know: passed on when it is transitive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unknown {
    /// The flags as received: optional 0x80, transitive 0x40, partial 0x20.
    pub flags: u8,
    /// The type code.
    pub code: u8,
    /// The value.
    pub value: Bytes,
}

/// All attributes of a route, decoded. Communities are sorted and without duplicates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attributes {
    /// ORIGIN.
    pub origin: Origin,
    /// AS_PATH, with 4-octet ASes.
    pub as_path: AsPath,
    /// NEXT_HOP, or the global next hop of MP_REACH_NLRI; unspecified where there is none yet.
    pub next_hop: IpAddr,
    /// The link-local next hop beside it (RFC 2545).
    pub link_local: Option<core::net::Ipv6Addr>,
    /// MULTI_EXIT_DISC.
    pub med: Option<u32>,
    /// LOCAL_PREF.
    pub local_pref: Option<u32>,
    /// ATOMIC_AGGREGATE.
    pub atomic_aggregate: bool,
    /// AGGREGATOR.
    pub aggregator: Option<Aggregator>,
    /// COMMUNITIES.
    pub communities: Vec<Community>,
    /// EXTENDED COMMUNITIES.
    pub extended_communities: Vec<ExtendedCommunity>,
    /// LARGE_COMMUNITY.
    pub large_communities: Vec<LargeCommunity>,
    /// ORIGINATOR_ID (RFC 4456).
    pub originator_id: Option<Ipv4Addr>,
    /// CLUSTER_LIST (RFC 4456), nearest first.
    pub cluster_list: Vec<Ipv4Addr>,
    /// OTC (RFC 9234).
    pub only_to_customer: Option<u32>,
    /// Others, by code.
    pub unknown: Vec<Unknown>,
}

impl Default for Attributes {
    fn default() -> Attributes {
        Attributes {
            origin: Origin::Incomplete,
            as_path: AsPath::default(),
            next_hop: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            link_local: None,
            med: None,
            local_pref: None,
            atomic_aggregate: false,
            aggregator: None,
            communities: Vec::new(),
            extended_communities: Vec::new(),
            large_communities: Vec::new(),
            originator_id: None,
            cluster_list: Vec::new(),
            only_to_customer: None,
            unknown: Vec::new(),
        }
    }
}
